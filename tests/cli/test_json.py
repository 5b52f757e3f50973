"""Every command that reads has --json: one document with a format, on success and where a problem ends it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import click
import pytest

from contentsync.cli.main import COMMANDS, group
from contentsync.emulator.server import Emulator
from tests.cli.support import Ran, Studio

READING = {
    "validate": "problems",
    "plan": "plan",
    "plan --no-refresh": "plan",
    "status": "status",
    "explain acme/one": "explain",
    "accounts": "accounts",
    "videos acme": "videos",
    "refresh": "refresh",
    "state list": "rows",
    "state history": "history",
    "state show acme/one": "state",
    "hosting list": "hosting",
    "webhooks list": "webhooks",
    "trust --show": "trust",
    "approve --list": "approvals",
    "agenda": "agenda",
    "stats": "stats",
    "notify test": "notify",
    "calendar": "calendar",
    "handover": "handover",
    "probe posts/one.mp4": "probe",
}
# What changes something, asks a person, or prints a script, a secret or a stream of lines.
NOT_READING = {
    *("init", "apply", "approve", "pause", "resume", "cancel", "resolve", "ack", "import", "login", "logout", "demo"),
    *("schema", "emulator", "completion", "comments"),
    *("import-csv", "watch", "new", "fmt"),
    "show",  # it reads a file that plan --out wrote; its JSON is tested with its pages
    *(
        "state backup",
        "state migrate",
        "state mv",
        "state rebuild",
        "state rm",
        "state unlock",
        "state unpin",
    ),
    *("hosting prune", "accounts rebind", "token export", "token key", "webhooks send", "webhooks serve"),
}


def commands(command: click.Command, name: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command with its name; those of groups too."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            assert found is not None
            yield from commands(found, f"{name} {inner}".strip())
        if command.invoke_without_command and name:
            yield name, command
    else:
        yield name, command


def document(ran: Ran) -> dict[str, object]:
    told = json.loads(ran.out)
    assert isinstance(told, dict) and re.fullmatch(r"contentsync\.[a-z-]+/1", str(told["format"])), told
    return told


def test_every_command_is_known_as_reading_or_not() -> None:
    names = {name for name, _ in commands(group)}
    read = {max((n for n in names if call == n or call.startswith(f"{n} ")), key=len) for call in READING}
    assert read - NOT_READING == names - NOT_READING


@pytest.fixture
def posted(studio: Studio, emulator: Emulator) -> Studio:
    studio.post("one")
    assert studio.run("apply", "--auto-approve").code == 0
    studio.post("two", hold=True)
    return studio


def test_each_reading_command_prints_one_document(posted: Studio) -> None:
    for call, kind in READING.items():
        ran = posted.run(*call.split(), "--json")
        assert ran.code == 0, (call, ran)
        assert document(ran)["format"] == f"contentsync.{kind}/1", call


@pytest.mark.slow
@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("explain acme/nothing", "unknown-post"),
        ("state show acme/nothing", "unknown-post"),
        ("plan --account nobody", "unknown-account"),
        ("status --bogus", "usage"),
        ("videos acme --limit 0", "usage"),
        ("videos nobody", "unknown-account"),
    ],
)
def test_a_problem_that_ends_a_command_is_a_document_too(posted: Studio, call: str, code: str) -> None:
    ran = posted.run(*call.split(), "--json")
    told = document(ran)
    assert (ran.code, told["format"]) == (64, "contentsync.problems/1")
    assert [problem["code"] for problem in told["problems"]] == [code]  # type: ignore[attr-defined,index]
    assert ran.err


def test_a_faulty_project_is_a_document_of_problems_for_every_command(posted: Studio) -> None:
    posted.write("contentsync.yaml", "version: 1\nacounts: {}\n")
    for call in READING:
        if not call.startswith("probe"):
            ran = posted.run(*call.split(), "--json")
            assert (ran.code, document(ran)["format"]) == (1, "contentsync.problems/1"), call


def test_every_option_says_what_it_does() -> None:
    mute = [
        f"{name} {option.opts[0]}"
        for name, command in commands(group)
        for option in command.params
        if isinstance(option, click.Option) and not option.help
    ]
    assert mute == []


@pytest.mark.parametrize("name", ["plan", "apply", "status", "explain", "validate", "login", "resolve", "import"])
def test_what_people_use_most_has_examples_in_its_help(name: str) -> None:
    command = group.get_command(click.Context(group), name)
    assert command is not None and f"contentsync {name}" in (command.help or "")
    assert name in COMMANDS


COMPLETED = [
    (("explain", ""), {"acme/one", "acme/two"}),
    (("plan", "--only", "acme/t"), {"acme/two"}),
    (("plan", "--account", "acme_"), {"acme_de"}),
    (("login", "ac"), {"acme", "acme_de"}),
    (("apply", "--allow", "same"), {"same-media"}),
    (("apply", "--retry", ""), {"acme/one", "acme/two"}),
]


@pytest.mark.parametrize(
    ("words", "offered"), COMPLETED, ids=lambda value: " ".join(value if isinstance(value, tuple) else sorted(value))
)
def test_a_shell_completes_accounts_posts_and_guards(
    words: tuple[str, ...], offered: set[str], offline: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    from click.shell_completion import ShellComplete

    offline.post("one")
    offline.post("two")
    monkeypatch.chdir(offline.root)
    *before, incomplete = words
    found = ShellComplete(group, {}, "contentsync", "_X").get_completions(list(before), incomplete)
    assert {item.value for item in found} == offered


def test_a_shell_completes_nothing_where_there_is_no_project(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    from click.shell_completion import ShellComplete

    monkeypatch.chdir(tmp_path)
    assert ShellComplete(group, {}, "contentsync", "_X").get_completions(["explain"], "") == []
