"""The kit for CIs: its steps run as they stand, against a local remote, the emulator and a stand-in for the forge."""

from __future__ import annotations

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from contentsync.emulator.server import Emulator
from tests.ci.forge import Forge, a_forge
from tests.ci.runner import KIT, ROOT, Runner, workflow
from tests.cli.shared_state import SHARED, Site
from tests.cli.test_ci_recipe import Ci
from tests.store.git.remotes import git

pytestmark = pytest.mark.slow

FILES = [ROOT / "action.yml", *sorted(path for path in KIT.rglob("*.y*ml"))]


@pytest.fixture
def ci(tmp_path: Path, emulator: Emulator) -> Ci:
    return Ci(Site.made(tmp_path, emulator, "one", project=SHARED))


@pytest.fixture
def forge() -> Iterator[Forge]:
    with a_forge() as served:
        yield served


def runner(ci: Ci, forge: Forge, event: dict[str, Any], *, secrets: bool = False) -> Runner:
    """A fresh runner with the event of GitHub; the checkout is the whole repository at main."""
    checkout = ci.checked_out(full=True)
    temp = checkout.root.with_suffix(".temp")
    temp.mkdir()
    path = temp / "event.json"
    path.write_text(json.dumps(event))
    environment = {
        "GITHUB_API_URL": forge.url,
        "GITHUB_REPOSITORY": "acme/content",
        "GITHUB_EVENT_PATH": str(path),
        "CONTENTSYNC_DATA_DIR": str(checkout.root.with_suffix(".data")),
        "CONTENTSYNC_API_URL": ci.secrets["CONTENTSYNC_API_URL"],
    }
    context = {"github": {"token": forge.token}, "secrets": ci.secrets if secrets else {}}
    return Runner(checkout.root, temp, environment, context)


PULL = {"pull_request": {"number": 7}}


def codes(one: Runner) -> list[tuple[str, int]]:
    return [(step.name, step.code) for step in one.done]


def test_a_pull_request_gets_one_comment_that_changes_only_when_the_plan_does(ci: Ci, forge: Forge) -> None:
    forge.add("<!-- contentsync plan x -->\nnot ours", author="mallory")
    first = runner(ci, forge, PULL)
    first.job("github/posts.yml", "plan")
    assert [code for _, code in codes(first)] == [0] * len(first.done), first.done
    assert forge.writes == ["POST /repos/acme/content/issues/7/comments"]
    body = forge.comments[1]["body"]
    assert "acme/one" in body and "(https://github.example/artifacts/plan.html)" in body
    assert b"<html" in first.artifacts["plan.html"].lower()

    runner(ci, forge, PULL).job("github/posts.yml", "plan")
    assert len(forge.writes) == 1

    ci.merge("two")
    runner(ci, forge, PULL).job("github/posts.yml", "plan")
    assert forge.writes[1:] == ["PATCH /repos/acme/content/issues/comments/2"]
    assert "acme/two" in forge.comments[1]["body"]
    assert forge.comments[0]["body"].endswith("not ours")


def on(one: Runner, event: str) -> Runner:
    """The same runner for an event of this name."""
    one.context["github"] |= {
        "event_name": event,
        "event": json.loads(Path(one.environment["GITHUB_EVENT_PATH"]).read_text()),
    }
    return one


def test_one_step_comments_a_pull_request_and_posts_a_merge(ci: Ci, forge: Forge) -> None:
    pull = on(runner(ci, forge, PULL), "pull_request")
    assert [step.code for step in pull.whole()] == [0] * 4, pull.done
    assert "acme/one" in forge.comments[0]["body"] and "(https://github.example/" in forge.comments[0]["body"]
    assert ci.site.captions() == []

    merged = on(runner(ci, forge, {}, secrets=True), "push")
    merged.environment |= ci.secrets
    assert [step.code for step in merged.whole()] == [0, 0], merged.done
    assert ci.site.captions() == ["About one"]


def test_one_step_sends_on_a_schedule_what_is_approved_only(ci: Ci, forge: Forge) -> None:
    timed = on(runner(ci, forge, {}, secrets=True), "schedule")
    timed.environment |= ci.secrets
    assert timed.whole()[-1].code == 5 and ci.site.captions() == []


def test_one_step_fails_for_a_faulty_manifest_after_it_commented(ci: Ci, forge: Forge) -> None:
    one = on(runner(ci, forge, PULL), "pull_request")
    (one.folder / "posts" / "bad.yaml").write_text("name: bad\naccount: acme\nvideo: none.mp4\n")
    assert (one.whole()[-1].name, one.done[-1].code) == ("Fail where a manifest has errors", 1)
    assert "media-not-found" in forge.comments[0]["body"]


def test_one_step_writes_no_comment_for_a_fork(ci: Ci, forge: Forge) -> None:
    fork = {"pull_request": {"number": 7, "head": {"repo": {"fork": True}}}}
    one = on(runner(ci, forge, fork), "pull_request")
    assert {step.code for step in one.whole()} == {0} and forge.calls == []


@pytest.mark.parametrize("event", ["pull_request_target", "issue_comment", "workflow_run"])
def test_one_step_refuses_events_that_mix_foreign_files_with_secrets(ci: Ci, forge: Forge, event: str) -> None:
    one = on(runner(ci, forge, PULL, secrets=True), event)
    one.environment |= ci.secrets
    assert [(step.name, step.code) for step in one.whole()] == [("Refuse other events", 1)]
    assert ci.site.captions() == [] and forge.calls == []


def test_what_is_new_in_each_plan_is_no_change_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    script = runpy.run_path(str(KIT / "comment" / "sticky_comment.py"))
    notes = "- **note** `the last copy is from 23:{}` (`state-copy`)\n- **note** `{}` (`other`)"
    plan = f"### Plan\n\n{notes}\n\nPlan `sha256:{{}}`, made"
    marks = [script["with_mark"](plan.format(*told), "plan", "").partition("\n")[0] for told in ("1xa", "2xb", "2yb")]
    assert marks[0] == marks[1] != marks[2]


def test_a_merge_posts_with_the_state_on_its_branch_and_the_next_plan_leaves_that_out(ci: Ci, forge: Forge) -> None:
    merged = runner(ci, forge, {}, secrets=True)
    merged.job("github/posts.yml", "apply")
    assert [code for _, code in codes(merged)] == [0, 0], merged.done
    assert ci.site.captions() == ["About one"]
    again = runner(ci, forge, {}, secrets=True)
    again.job("github/posts.yml", "apply")
    assert ci.site.captions() == ["About one"]
    runner(ci, forge, PULL).job("github/posts.yml", "plan")
    assert "1 unchanged" in forge.comments[0]["body"] and "acme/one" not in forge.comments[0]["body"]


def test_a_faulty_manifest_is_commented_on_and_fails_the_job(ci: Ci, forge: Forge) -> None:
    one = runner(ci, forge, PULL)
    (one.folder / "posts" / "bad.yaml").write_text("name: bad\naccount: acme\nvideo: none.mp4\n")
    one.job("github/posts.yml", "plan")
    assert (one.done[-1].name, one.done[-1].code) == ("Fail where a manifest has errors", 1)
    assert "media-not-found" in forge.comments[0]["body"]


def test_a_faulty_project_file_is_said_so(ci: Ci, forge: Forge) -> None:
    one = runner(ci, forge, PULL)
    (one.folder / "contentsync.yaml").write_text("version: 9\n")
    one.job("github/posts.yml", "plan")
    assert one.done[-1].code == 1
    assert forge.comments[0]["body"].endswith("The plan can't be made: the log of this check shows why.\n")


HOSTILE = (
    "@everyone closes #1 ![x](https://evil.example/p.png) ``` </details> $(touch pwned) `touch pwned` ${{ env.X }}"
)


def test_a_hostile_pull_request_runs_nothing_and_gets_no_secret(ci: Ci, forge: Forge) -> None:
    one = runner(ci, forge, PULL)
    name = "$(touch pwned);`touch pwned`"
    shutil.copy(one.folder / "posts" / "one.mp4", one.folder / "posts" / f"{name}.mp4")
    manifest = {"name": "evil", "account": "acme", "video": f"{name}.mp4", "caption": HOSTILE, "privacy": "everyone"}
    (one.folder / "posts" / f"{name}.yaml").write_text(yaml.safe_dump(manifest))
    project = one.folder / "contentsync.yaml"
    project.write_text(project.read_text() + "policy_cmd: [touch, pwned]\nnotify: [{command: [touch, pwned]}]\n")
    one.job("github/posts.yml", "plan")
    assert not list(one.folder.rglob("pwned"))
    body = forge.comments[0]["body"]
    outside = re.sub(r"```.*?```|<code>.*?</code>|(`+).*?\1", "", body, flags=re.S)
    assert "@everyone" not in outside and "evil.example" not in outside
    assert not [value for name, value in ci.secrets.items() if "API_URL" not in name and value in body]


COMMAND = "##[set-output name=code]0 ##[add-mask]e"


@pytest.mark.parametrize("job", ["plan", "apply"])
def test_text_of_a_manifest_is_no_command_to_the_runner(ci: Ci, forge: Forge, job: str) -> None:
    """GitHub's runner looks for commands in all that a step prints, and for these anywhere in a line."""
    one = runner(ci, forge, PULL, secrets=job == "apply")
    (one.folder / "posts" / "bad.yaml").write_text(f'name: bad\naccount: acme\nvideo: "{COMMAND}.mp4"\n')
    one.job("github/posts.yml", job)
    said = next(step.said for step in one.done if step.name.lower() == job)
    token = re.search(r"^::stop-commands::([0-9a-f]{64})$", said, re.M)
    assert token
    before, _, rest = said.partition(token[0])
    held, resumed, after = rest.partition(f"\n::{token[1]}::\n")
    assert resumed and "##[" in held and "##[" not in before + after


def test_forks_get_a_comment_by_a_second_workflow_that_takes_nothing_from_them(ci: Ci, forge: Forge) -> None:
    sha = "a" * 40
    head = {"head_branch": "idea", "head_sha": sha, "head_repository": {"owner": {"login": "mallory"}}}
    forge.pulls = [
        {"number": 6, "head": {"label": "mallory:idea", "sha": "b" * 40}},
        {"number": 7, "head": {"label": "mallory:idea", "sha": sha}},
    ]
    checked = runner(ci, forge, PULL)
    checked.job("github/forks-plan.yml", "plan")
    assert forge.calls == [] and checked.done[-1].code == 0

    plan = runner(ci, forge, {"workflow_run": head})
    plan.context["github"]["token"] = ""
    plan.job("github/forks-comment.yml", "plan")
    assert forge.calls == []
    comment = runner(ci, forge, {"workflow_run": head})
    comment.artifacts = plan.artifacts
    comment.context["needs"] = {"plan": {"outputs": {"page-url": "https://github.example/page"}}}
    comment.job("github/forks-comment.yml", "comment")
    assert forge.writes == ["POST /repos/acme/content/issues/7/comments"]

    moved = runner(ci, forge, {"workflow_run": head | {"head_sha": "c" * 40}})
    moved.artifacts = plan.artifacts
    moved.job("github/forks-comment.yml", "comment")
    assert len(forge.writes) == 1 and "no open pull request" in moved.done[-1].said


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_file_pins_its_actions_and_keeps_expressions_out_of_scripts(path: Path) -> None:
    text = path.read_text("utf-8")
    assert re.findall(r"uses: (?!\S+@[0-9a-f]{40}(?:\s|$)).*", text) == []
    for script in scripts(yaml.safe_load(text)):
        assert "${{" not in script
        assert not re.search(r"\$GITHUB_(HEAD_REF|REF|ACTOR)", script)


def scripts(value: Any) -> Iterator[str]:
    """Every script in a file: `run` of GitHub, `script` of GitLab."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("run", "entry") and isinstance(inner, str):
                yield inner
            yield from (list(inner) if key in ("script", "before_script") else scripts(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from scripts(inner)


def test_no_job_has_more_rights_than_it_needs() -> None:
    posts = workflow("github/posts.yml")
    assert posts["permissions"] == {}
    assert posts["jobs"]["plan"]["permissions"] == {"contents": "read", "pull-requests": "write"}
    assert "fork" in posts["jobs"]["plan"]["if"] and "secrets" not in json.dumps(posts["jobs"]["plan"])
    assert posts["jobs"]["apply"]["permissions"] == {"contents": "write"}
    forks = workflow("github/forks-comment.yml")["jobs"]
    assert forks["plan"]["permissions"] == {"contents": "read"}
    assert forks["comment"]["permissions"] == {"pull-requests": "write"}
    assert not [job for job in forks["comment"]["steps"] if "checkout" in job.get("uses", "")]
    assert workflow("github/forks-plan.yml")["permissions"] == {"contents": "read"}
    kept = [step["with"]["persist-credentials"] for name in ("github/posts.yml", "github/forks-plan.yml")
            for step in workflow(name)["jobs"]["plan"]["steps"] if "checkout" in step.get("uses", "")]  # fmt: skip
    assert kept == [False, False]


def test_the_jobs_of_gitlab_run(ci: Ci) -> None:
    told = yaml.safe_load((KIT / "gitlab" / "contentsync.gitlab-ci.yml").read_text("utf-8"))
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": os.environ["HOME"],
    }

    def script(job: str, folder: Path, more: dict[str, str]) -> None:
        """All lines in one shell, as GitLab's runner has them."""
        lines = [line.replace('"$PACKAGE"', "pip") for line in told[".contentsync"]["before_script"]]
        whole = "\n".join([*lines, *told[job]["script"]])
        given = environment | {"NO_PROXY": "*", "CONTENTSYNC_DATA_DIR": str(folder.with_suffix(".data"))} | more
        command = ["bash", "-e", "-o", "pipefail", "-c", whole]
        ran = subprocess.run(command, cwd=folder, env=given, capture_output=True, text=True)
        assert ran.returncode == code, ran

    code = 0
    plan = ci.checked_out(full=True)
    script("contentsync plan", plan.root, {})
    assert "acme/one" in (plan.root / "plan.md").read_text() and (plan.root / "plan.html").exists()
    script("contentsync apply", ci.checked_out().root, ci.secrets)
    assert ci.site.captions() == ["About one"]
    (plan.root / "posts" / "bad.yaml").write_text("name: bad\naccount: acme\nvideo: none.mp4\n")
    (plan.root / "plan.html").unlink()
    code = 1
    script("contentsync plan", plan.root, {})
    assert "media-not-found" in (plan.root / "plan.md").read_text() and (plan.root / "plan.html").exists()


def test_the_hooks_that_pre_commit_installs_are_those_of_the_kit() -> None:
    told = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    local = yaml.safe_load((KIT / "pre-commit-config.yaml").read_text("utf-8"))["repos"][0]["hooks"]
    assert [hook | {"language": "system", "description": ""} for hook in told] == [
        hook | {"description": ""} for hook in local
    ]


def test_the_hooks_for_a_commit_run(ci: Ci) -> None:
    hooks = yaml.safe_load((KIT / "pre-commit-config.yaml").read_text("utf-8"))["repos"][0]["hooks"]
    checkout = ci.checked_out(full=True)
    for hook in hooks:
        files = git(checkout.root, "ls-files").splitlines()
        fitting = [name for name in files if re.search(hook["files"], name)]
        assert fitting
        args = hook["entry"].split()[1:] + (fitting if hook.get("pass_filenames", True) else [])
        assert checkout.process(*args).code == 0
