"""Do the documents say what is there, all of it, and nothing else? README.md and docs/ against the source.

`python -m tests.test_docs` renews what is made from the source: the picture in docs/lifecycle.md.
"""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml
from pydantic import BaseModel

from contentsync.attempt.told import Result
from contentsync.cli import exits
from contentsync.cli import main as cli
from contentsync.cli.terminal.plan_text import SYMBOLS
from contentsync.emulator import admin, faults
from contentsync.lifecycle import NEXT, Phase
from contentsync.manifest import codes, project_schema, schema
from contentsync.plan import document
from contentsync.plan.action import Kind
from contentsync.plan.guard_names import GUARDS
from contentsync.tiktok import refusals

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
TOP = (ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md")
PAGES = (*TOP, *sorted(DOCS.glob("*.md")), ROOT / "examples" / "README.md")
BEGIN = "<!-- made from contentsync.lifecycle.NEXT: python -m tests.test_docs renews it -->\n"
END = "<!-- end -->\n"


def text(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def section(page: str, heading: str) -> str:
    """What stands below a heading, up to the next one of its level or above."""
    level = heading.partition(" ")[0]
    _, found, rest = page.partition(f"\n{heading}\n")
    assert found, f"there is no heading {heading!r}"
    return re.split(rf"\n#{{1,{len(level)}}} ", rest)[0]


# Commands


def all_commands() -> str:
    """The pages that describe commands, one behind the other."""
    return "".join("\n" + page.read_text("utf-8") for page in sorted(DOCS.glob("commands-*.md")))


@pytest.mark.parametrize("page", sorted(DOCS.glob("commands-*.md")), ids=lambda page: page.name)
def test_a_page_on_commands_begins_with_a_link_to_each_of_them_and_is_short(page: Path) -> None:
    content = page.read_text("utf-8")
    index = content.partition("\n## ")[0]
    headings = re.findall(r"^## (.+)$", content, re.MULTILINE)
    assert [name for name in headings if f"[{name}](#{name})" not in index] == []
    assert len(content.splitlines()) <= 250


def test_each_command_is_described_once() -> None:
    assert sorted(re.findall(r"^## (.+)$", all_commands(), re.M)) == sorted(cli.COMMANDS)


def commands() -> Iterator[tuple[str, click.Command]]:
    """Each command with its words, those of a group too."""
    for verb, command in _members(cli.group):
        yield verb, command
        if isinstance(command, click.Group):
            yield from ((f"{verb} {name}", inner) for name, inner in _members(command))


def _members(group: click.Group) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield name, command


def options(command: click.Command) -> set[str]:
    """The long options of a command, and the short ones that have no long one."""
    given = [param for param in command.params if isinstance(param, click.Option)]
    names = [[name for name in param.opts if name.startswith("--")] or param.opts for param in given]
    return {name for group in names for name in group}


@pytest.mark.parametrize("verb", cli.COMMANDS)
def test_each_command_has_a_section(verb: str) -> None:
    assert f"contentsync {verb}" in section(all_commands(), f"## {verb}")


@pytest.mark.parametrize("words", [words for words, _ in commands()])
def test_each_option_is_documented_at_its_command(words: str) -> None:
    told = section(all_commands(), f"## {words.partition(' ')[0]}")
    command = dict(commands())[words]
    assert {name for name in options(command) if not re.search(rf"`{name}[ `]", told)} == set()


def test_the_options_before_the_command_are_documented() -> None:
    told = text("commands.md").partition("\n## ")[0]
    assert {name for name in options(cli.group) if name not in told} == set()


def test_no_document_names_a_command_or_option_that_is_not_there() -> None:
    known = dict(commands())
    assert [fault for span in spans() for fault in faults_of(span, known)] == []


def spans() -> Iterator[str]:
    """Every `contentsync …` in the documents, in a line of text or of a shell block."""
    for page in PAGES:
        content = page.read_text("utf-8")
        yield from re.findall(r"`(contentsync [^`]+)`", content)
        for line in shell_lines(content):
            yield from (part for part in line.split(" && ") if part.startswith("contentsync "))


def faults_of(span: str, known: dict[str, click.Command]) -> Iterator[str]:
    words = [word.strip("[]…") for word in span.split()[1:]]
    if words[0] == "-C":
        words = words[2:]
    verbs = [" ".join(words[:count]) for count in (2, 1) if " ".join(words[:count]) in known]
    if not verbs:
        yield f"{span}: no such command"
        return
    there = options(known[verbs[0]]) | {"--help"}
    yield from (f"{span}: no {word}" for word in words if word.startswith("--") and word not in there)


def shell_lines(content: str) -> Iterator[str]:
    for block in re.findall(r"```sh\n(.*?)```", content, re.S):
        yield from block.replace("\\\n", " ").splitlines()


# What the commands tell


def test_each_exit_code_is_documented() -> None:
    told = section(text("commands.md"), "## Exit codes")
    numbers = {value for name, value in vars(exits).items() if name.isupper() and isinstance(value, int)}
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", told, re.M)} == numbers


def test_which_exit_code_wins_is_documented() -> None:
    assert ", ".join(map(str, exits.ORDER)) in section(text("commands.md"), "## Exit codes")


PARTS_OF_A_PLAN = (
    document.PlanDocument,
    document.PlanAccount,
    document.PlanAction,
    document.PlanMedia,
    document.PlanProblem,
)


@pytest.mark.parametrize("model", PARTS_OF_A_PLAN)
def test_each_key_of_a_plan_is_documented(model: type[BaseModel]) -> None:
    told = section(text("json.md"), "## plan --json")
    assert {key for key in model.model_fields if f"`{key}`" not in told} == set()


def test_each_result_of_apply_is_documented() -> None:
    told = section(text("json.md"), "## apply --json")
    assert {result for result in Result if f"`{result}`" not in told} == set()


def test_each_variable_of_the_environment_is_documented() -> None:
    read = {
        name for source in sources() for name in re.findall(r'"(CONTENTSYNC_[A-Z_]+)["{]', source.read_text("utf-8"))
    }
    assert {name for name in read if name not in text("environment.md")} == set()


def test_each_action_and_guard_stands_in_the_page_on_plans() -> None:
    told = text("plan.md")
    rows = {kind: f"| `{SYMBOLS[kind]}` | {kind} |" for kind in Kind if kind in SYMBOLS}
    assert {kind for kind, row in rows.items() if row not in told} == set()
    assert {guard for guard in GUARDS if f"| `{guard}` |" not in told} == set()


def test_each_fault_and_route_of_the_emulator_is_documented() -> None:
    told = text("emulator.md")
    names = {*faults.ENDPOINTS, *faults.GROUPS, *faults.Action}
    assert {name for name in names if not re.search(rf"`{name}[`=]", told)} == set()
    assert {route for route in admin.ROUTES if f"`{route[0]} {admin.PREFIX}{route[1]}`" not in told} == set()


def test_the_pipelines_for_a_ci_are_yaml_whose_commands_are_there() -> None:
    blocks = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", text("ci.md"), re.S)]
    steps = [step for job in blocks[0]["jobs"].values() for step in job["steps"]]
    lines = "\n".join(step.get("run", "") for step in steps)
    run = re.findall(r"^contentsync [^|\n]+", lines, re.M)
    assert len(run) == 3
    assert [fault for span in run for fault in faults_of(span, dict(commands()))] == []


# Keys


def test_each_key_of_a_manifest_is_documented() -> None:
    told = section(text("manifest.md"), "## A manifest")
    assert set(re.findall(r"^\| `(\w+)` \|", told.partition("\n### ")[0], re.M)) == set(schema.KEYS)


def test_each_key_of_the_project_is_documented() -> None:
    told = section(text("manifest.md"), "## The project file")
    wanted = set(project_keys())
    assert set(re.findall(r"^\| `([\w.]+)` \|", told, re.M)) == wanted


def project_keys() -> Iterator[str]:
    """The keys that take a value, with those round them: `app.client_key`, `accounts.NAME.mode`, `notify.N.url`."""
    shapes = {
        path.replace("notify.*", "notify.N").replace("policy.*", "policy.N").replace("*", "NAME"): shape
        for path, shape in project_schema.SHAPES.items()
    }
    groups = set(shapes)
    for path, shape in shapes.items():
        before = f"{path}." if path else ""
        yield from (f"{before}{key}" for key in shape.model_fields if f"{before}{key}" not in groups)


# Problem codes

FIRST = {"Problem": 0, "ScalarError": 0, "_note": 0, "stale": 0, "Failure": 0, "Refusal": 0, "matching": 1}
FIRST |= {"_breach": 3, "_of_time": 1}  # of plan/policy.py
COMPOSED = {
    "upload-{}": {"upload-400", "upload-403", "upload-404", "upload-408", "upload-416", "upload-429", "upload-500"},
    "unknown-{}": {"unknown-account", "unknown-guard", "unknown-post"},
    "{}-too-long": {"caption-too-long", "title-too-long"},
    "yaml-{}": {"yaml-alias", "yaml-anchor"},
}


def sources() -> list[Path]:
    return sorted((ROOT / "contentsync").rglob("*.py"))


def codes_in_source() -> set[str]:
    """Every code that can be told: literal ones by their place in a call, the others by COMPOSED and the tables."""
    tables = (refusals.REFUSALS, refusals.OAUTH, refusals.FAILURES)
    found = set(codes.CODES) | {code for table in tables for code in table}
    for source in sources():
        if "emulator" not in source.parts:
            for node in ast.walk(ast.parse(source.read_text("utf-8"))):
                found.update(codes_of(node))
    return {code.replace("_", "-") for code in found}


def codes_of(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.keyword) and node.arg == "problem_code":
        yield from constants(node.value)
    if not isinstance(node, ast.Call):
        return
    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
    place = FIRST.get(name)
    if place is None or len(node.args) <= place:
        return
    value = node.args[place]
    if isinstance(value, ast.JoinedStr):
        yield from COMPOSED[re.sub(r"\{[^}]*\}", "{}", ast.unparse(value)[2:-1])]
    elif isinstance(value, ast.Constant | ast.BoolOp):
        yield from constants(value)


def constants(value: ast.expr) -> Iterator[str]:
    for node in ast.walk(value):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
            yield node.value


def codes_in_docs() -> list[str]:
    rows = re.findall(r"^\| (`[a-z0-9-]+`(?:, `[a-z0-9-]+`)*) \|", text("problems.md"), re.M)
    return [code for row in rows for code in re.findall(r"[a-z0-9-]+", row)]


def test_each_problem_code_is_documented() -> None:
    assert codes_in_source() - set(codes_in_docs()) == set()


@pytest.mark.slow
def test_no_problem_code_is_documented_that_is_never_told() -> None:
    assert set(codes_in_docs()) - codes_in_source() == set()


def test_each_problem_code_is_documented_once() -> None:
    told = codes_in_docs()
    assert sorted(told) == sorted(set(told))


# What is made from the source, or recorded


def picture() -> str:
    """The table of phases and events as a Mermaid state diagram."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {Phase.INTENT}"]
    for phase, row in NEXT.items():
        lines += [f"    {phase} --> {after}: {event}" for event, after in row.items()]
        lines += [f"    {phase} --> [*]"] * (not row)
    return "\n".join([*lines, "```"]) + "\n"


def with_picture(page: str) -> str:
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}{picture()}{END}{rest.partition(END)[2]}"


def test_the_picture_of_an_attempt_is_the_table() -> None:
    assert text("lifecycle.md") == with_picture(text("lifecycle.md"))


def test_each_phase_is_explained() -> None:
    assert {phase for phase in Phase if f"\n| {phase} |" not in text("lifecycle.md")} == set()


def recorded_plan_lines(content: str) -> set[str]:
    """The lines of a shown plan, without what the clock and the width of a column make of them."""
    lines = (re.sub(r"\s+", " ", re.sub(r", in [\d a-z]+$", "", line)).strip() for line in content.splitlines())
    return {line for line in lines if line and not line.startswith(("…", "Plan:"))}


def test_the_plan_in_the_readme_is_from_the_recorded_demo() -> None:
    shown = re.search(r"```text\n(.*?)```", PAGES[0].read_text("utf-8"), re.S)
    assert shown is not None
    assert recorded_plan_lines(shown[1]) - recorded_plan_lines(text("demo.md")) == set()


@pytest.mark.slow
def test_the_recorded_demo_still_holds() -> None:
    command = [sys.executable, "-m", "contentsync", "demo"]
    environment = os.environ | {"NO_COLOR": "1", "PYTHONUTF8": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=True)
    recorded = re.search(r"```text\n(.*?)```", text("demo.md"), re.S)
    assert recorded is not None
    assert shape(done.stdout) == shape(recorded[1].partition("\n")[2])


def shape(session: str) -> tuple[list[str], list[str]]:
    """The commands and summaries of a session in their order; and each post with its mark and first word, sorted."""
    said = re.findall(r"^(?:\$ |# |\d+ posts|Plan:|Applied:|Nothing|That was).*", session, re.M)
    posts = re.findall(r"^  (\S +\S+/\S+ +\w+)", session, re.M)
    return said, sorted(re.sub(r" +", " ", post) for post in posts)


# The README


def test_the_commands_of_the_readme_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    own, _ = section(PAGES[0].read_text("utf-8"), "## Your own").split("Many clips")
    for command in (part for line in shell_lines(own) for part in line.split(" && ")):
        verb, *args = shlex.split(command)
        if verb == "cd":
            monkeypatch.chdir(args[0])
        else:
            assert (command, cli.run(args)) == (command, exits.DONE)
    assert "+ me/hello" in capsys.readouterr().out


def test_the_first_screen_of_the_readme_holds_both_commands() -> None:
    first = "\n".join(PAGES[0].read_text("utf-8").splitlines()[:24])
    assert "pip install . && .venv/bin/contentsync demo" in first
    assert ".venv/bin/nox" in first


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_link_inside_the_repository_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)", page.read_text("utf-8"))
    targets = [(page.parent / path if path else page, anchor) for path, anchor in links]
    assert [target for target in targets if not leads(*target)] == []


def leads(target: Path, anchor: str) -> bool:
    if not target.exists():
        return False
    return not anchor or anchor in anchors(target.read_text("utf-8"))


def anchors(content: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", content, re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_line_ends_in_blanks(page: Path) -> None:
    assert [line for line in page.read_text("utf-8").splitlines() if line != line.rstrip()] == []


if __name__ == "__main__":
    (DOCS / "lifecycle.md").write_text(with_picture(text("lifecycle.md")), "utf-8")
