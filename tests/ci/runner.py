"""A small stand-in for GitHub's runner: runs the steps of a workflow's job as they stand in the file, with bash.

Composite actions of examples/ci and the one of the repository are run step by step; actions of others are told from
their names and recorded. Of expressions it knows those that look up a value, and in conditions `==`, `!=`, `&&`, `||`
and `!`; conditions of jobs are the test's.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
KIT = ROOT / "examples" / "ci"
EXPRESSION = re.compile(r"\$\{\{\s*([\w.\[\]'-]+)\s*\}\}")
OURS = re.compile(r"OWNER/contentsync/examples/ci/([\w-]+)@[0-9a-f]{40}")


def workflow(path: str) -> dict[str, Any]:
    """A YAML file of the kit; YAML 1.1 reads its key `on` as true."""
    read: dict[Any, Any] = yaml.safe_load((KIT / path).read_text("utf-8"))
    return {"on" if key is True else key: value for key, value in read.items()}


@dataclass
class Step:
    """How a step ended."""

    name: str
    code: int
    said: str


@dataclass
class Runner:
    """One job: its folder, and what GitHub would give it."""

    folder: Path
    temp: Path
    environment: dict[str, str]
    context: dict[str, Any] = field(default_factory=dict)
    done: list[Step] = field(default_factory=list)
    #: Files that were uploaded as artifacts, by the name of the artifact.
    artifacts: dict[str, bytes] = field(default_factory=dict)

    def job(self, path: str, name: str) -> list[Step]:
        """Run a job of a workflow; the first step that fails ends it."""
        whole = workflow(path)
        job = whole["jobs"][name]
        self.context["env"] = {"PACKAGE": "pip"}  # is there already: nothing is installed in a test
        self.environment |= {"PACKAGE": "pip"} | self._resolved(job.get("env", {}), {})
        self._steps(job["steps"], {}, self.environment)
        return self.done

    def whole(self, **given: str) -> list[Step]:
        """Run the repository's own action, as `uses: OWNER/contentsync@COMMIT` does."""
        self._composite("", {"package": "pip"} | given, self.environment)
        return self.done

    def _applies(self, step: dict[str, Any]) -> bool:
        """Whether the condition of a step holds."""
        words = step.get("if", "true").replace("&&", " and ").replace("||", " or ").replace("true", "True")
        words = re.sub(r"!(?!=)", " not ", words)
        words = re.sub(r"\bgithub[\w.]*", lambda found: repr(self._looked_up(found[0], {})), words)
        return bool(eval(words))

    def _steps(
        self, steps: list[dict[str, Any]], inputs: Mapping[str, str], environment: dict[str, str]
    ) -> dict[str, Any]:
        outputs: dict[str, Any] = {}
        for step in filter(self._applies, steps):
            scope = {"inputs": inputs, "steps": {key: {"outputs": value} for key, value in outputs.items()}}
            given = environment | self._resolved(step.get("env", {}), scope)
            if "run" in step:
                found = self._run(step, given)
            else:
                found = self._use(step["uses"], self._resolved(step.get("with", {}), scope), environment)
            if "id" in step:
                outputs[step["id"]] = found
            if self.done and self.done[-1].code:
                break
        return outputs

    def _use(self, action: str, given: dict[str, str], environment: dict[str, str]) -> dict[str, str]:
        if ours := OURS.fullmatch(action):
            return self._composite(ours[1], given, environment)
        name = action.partition("@")[0]
        if name == "actions/upload-artifact":
            return self._upload(given)
        if name == "actions/download-artifact":
            folder = self.folder / given["path"]
            folder.mkdir()
            (folder / "comment.md").write_bytes(self.artifacts[given["name"]])
        return {}

    def _composite(self, name: str, given: dict[str, str], environment: dict[str, str]) -> dict[str, str]:
        folder = KIT / name if name else ROOT
        action = workflow(str(folder / "action.yml"))
        inputs = {key: str(told.get("default", "")) for key, told in action["inputs"].items()} | given
        inputs = {key: self._text(value, {}) for key, value in inputs.items()}
        missing = [key for key, told in action["inputs"].items() if told.get("required") and not inputs[key]]
        assert not missing, f"{name} needs {missing}"
        inner = environment | {"GITHUB_ACTION_PATH": str(folder)}
        outputs = self._steps(action["runs"]["steps"], inputs, inner)
        scope = {"steps": {key: {"outputs": value} for key, value in outputs.items()}}
        return {key: self._text(told["value"], scope) for key, told in action.get("outputs", {}).items()}

    def _upload(self, given: dict[str, str]) -> dict[str, str]:
        path = Path(given["path"])
        if not path.exists():
            return {}
        name = path.name if given.get("archive") == "False" else given["name"]
        self.artifacts[name] = path.read_bytes()
        return {"artifact-url": f"https://github.example/artifacts/{name}"}

    def _run(self, step: dict[str, Any], environment: dict[str, str]) -> dict[str, str]:
        assert "${{" not in step["run"], "an expression inside of a script can inject"
        outputs = self.temp / f"output{len(self.done)}"
        outputs.touch()
        bin_folder = str(Path(sys.executable).parent)
        given = {
            "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
            "HOME": os.environ["HOME"],
            "NO_PROXY": "*",
            "PYTHONUTF8": "1",
            "CI": "true",
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_OUTPUT": str(outputs),
        } | environment
        command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]]
        ran = subprocess.run(command, cwd=self.folder, env=given, capture_output=True, text=True, timeout=200)
        self.done.append(Step(step.get("name", step["run"][:30]), ran.returncode, ran.stdout + ran.stderr))
        return dict(line.split("=", 1) for line in outputs.read_text().splitlines())

    def _resolved(self, values: Mapping[str, Any], scope: Mapping[str, Any]) -> dict[str, str]:
        return {key: self._text(str(value), scope) for key, value in values.items()}

    def _text(self, value: str, scope: Mapping[str, Any]) -> str:
        return EXPRESSION.sub(lambda found: str(self._looked_up(found[1], scope)), value)

    def _looked_up(self, path: str, scope: Mapping[str, Any]) -> Any:
        value: Any = {**self.context, **scope}
        for part in path.split("."):
            value = value.get(part, "") if isinstance(value, Mapping) else ""
        return value
