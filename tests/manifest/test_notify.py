"""`notify:` in the project file: who is told what, and why nobody else can be."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from contentsync.errors import Level, Problem
from contentsync.manifest.settings import load_settings
from contentsync.notices import Notice, NoticeKind
from contentsync.settings import Settings
from contentsync.trust import Wanted, without_secrets
from tests.builders import NOW

ADDRESS = "slack://hunter1/hunter2/hunter3"
ENTRY = "notify:\n  - url: ${CONTENTSYNC_NOTIFY_SLACK}\n"


def read(root: Path, text: str, granted: bool = True, **environ: str) -> tuple[Settings, list[Problem]]:
    """The settings of a project with accounts acme and lily, which the user granted unless told otherwise."""
    (root / "contentsync.yaml").write_text(text + "accounts: {acme: {}, lily: {}}\n", "utf-8")
    settings, problems = load_settings(root, environ)
    if granted and settings and not settings.granted:
        settings, problems = load_settings(root, environ | {"CONTENTSYNC_TRUST": settings.wanted.digest})
    assert settings is not None
    return settings, problems


def told(problems: list[Problem]) -> list[str]:
    return [f"{p.where.line}:{p.where.column} {p.code}" for p in problems if p.where and p.level is Level.ERROR]


def test_an_address_comes_from_a_variable_and_is_never_shown(tmp_path: Path) -> None:
    settings, problems = read(tmp_path, ENTRY, CONTENTSYNC_NOTIFY_SLACK=ADDRESS)
    (one,) = settings.notify
    assert (one.name, one.url, one.refused, problems) == ("${CONTENTSYNC_NOTIFY_SLACK}", ADDRESS, None, [])
    assert "hunter" not in repr(settings)
    assert settings.hidden == {"CONTENTSYNC_NOTIFY_SLACK": ADDRESS}


def test_an_entry_chooses_events_and_accounts(tmp_path: Path) -> None:
    text = "notify:\n  - command: [./tell.sh, now]\n    events: [published, failed]\n    accounts: [acme]\n"
    settings, problems = read(tmp_path, text + "    sign_in_within: 3d\n")
    (one,) = settings.notify
    assert (one.name, one.command, problems) == ("./tell.sh now", ("./tell.sh", "now"), [])
    assert one.sign_in_within == timedelta(days=3)
    failed, missed = NoticeKind.FAILED, NoticeKind.MISSED
    asked = [(failed, "acme"), (failed, "lily"), (missed, "acme"), (failed, "")]
    assert [one.wants(Notice(kind, name, "", NOW, "")) for kind, name in asked] == [True, False, False, True]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("notify:\n  - events: [published]\n", "2:5 notify-entry"),
        ("notify:\n  - {url: '${CONTENTSYNC_NOTIFY_A}', command: [x]}\n", "2:5 notify-entry"),
        ("notify: [hello]\n", "1:10 notify-entry"),
        ("notify:\n  - command: [x]\n    evnts: [failed]\n", "3:5 unknown-key"),
        ("notify:\n  - command: [x]\n    events: [publish]\n", "3:14 unknown-word"),
        ("notify:\n  - command: [x]\n    events: []\n", "3:13 empty-list"),
        ("notify:\n  - command: [x]\n    accounts: [acne]\n", "3:16 unknown-account"),
        ("notify:\n  - command: ./tell.sh\n", "2:14 wrong-type"),
        ("notify: {url: x}\n", "1:9 wrong-type"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(text: str, expected: str, tmp_path: Path) -> None:
    _, problems = read(tmp_path, text)
    assert told(problems) == [expected]


@pytest.mark.parametrize(("line", "meant"), [("evnts: [failed]", "events"), ("accounts: [acne]", "acme")])
def test_a_near_word_is_suggested(line: str, meant: str, tmp_path: Path) -> None:
    _, problems = read(tmp_path, f"notify:\n  - command: [x]\n    {line}\n")
    assert [problem.hint for problem in problems if problem.level is Level.ERROR] == [f'did you mean "{meant}"?']


@pytest.mark.parametrize(
    "entry",
    [
        "slack://hunter1/hunter2/hunter3",
        "'https://evil.example/${CONTENTSYNC_NOTIFY_SLACK}'",
        "'json://evil.example/${CONTENTSYNC_CLIENT_KEY}'",
        "'${CONTENTSYNC_NOTIFY_SLACK}?to=hunter'",
        "'${CONTENTSYNC_API_URL}'",
        "'${CONTENTSYNC_CLIENT_SECRET}'",
        "'${OTHER}'",
    ],
)
@pytest.mark.parametrize("form", ["  - url: <>\n    wrong: 1\n", "  - {wrong: 1, url: <>}\n"])
def test_an_address_or_a_part_of_one_in_the_file_is_refused_unseen(entry: str, form: str, tmp_path: Path) -> None:
    environ = dict.fromkeys(("CONTENTSYNC_NOTIFY_SLACK", "CONTENTSYNC_API_URL", "OTHER"), "hunter9hunter")
    settings, problems = read(tmp_path, "notify:\n" + form.replace("<>", entry), **environ)
    assert any("literal-secret" in line or "variable-refused" in line for line in told(problems)), problems
    assert "hunter" not in repr(problems)
    assert all("hunter" not in one.name for one in settings.notify)


@pytest.mark.parametrize("written", ["|\n      slack://hunter1", "\n      slack://hunter1"])
def test_an_address_on_a_line_of_its_own_is_refused_unseen(written: str, tmp_path: Path) -> None:
    _, problems = read(tmp_path, f"notify:\n  - url: {written}\n")
    assert "literal-secret" in " ".join(told(problems))
    assert "hunter" not in repr(problems)


def test_an_address_as_a_plain_item_is_refused_unseen(tmp_path: Path) -> None:
    _, problems = read(tmp_path, f"notify:\n  - {ADDRESS}\n")
    assert told(problems) == ["2:5 notify-entry"]
    assert "hunter" not in repr(problems)


@pytest.mark.parametrize("key", ["state", "timezone", "api: {base_url", "hosting: {base_url"])
def test_no_other_key_reads_the_address_of_a_recipient(key: str, tmp_path: Path) -> None:
    value = "${CONTENTSYNC_NOTIFY_SLACK}"
    _, problems = read(tmp_path, f"{key}: '{value}'{'}' if '{' in key else ''}\n", CONTENTSYNC_NOTIFY_SLACK=ADDRESS)
    assert "variable-refused" in " ".join(told(problems))


def test_nothing_is_sent_before_the_entry_is_trusted(tmp_path: Path) -> None:
    settings, _ = read(tmp_path, ENTRY, granted=False, CONTENTSYNC_NOTIFY_SLACK=ADDRESS)
    (one,) = settings.notify
    assert one.refused is not None and one.refused.code == "notify-not-trusted"


@pytest.mark.parametrize("change", ["    accounts: [lily]\n", "    events: [failed]\n", "  - command: [./tell.sh]\n"])
def test_any_change_of_who_is_told_what_asks_again(change: str, tmp_path: Path) -> None:
    before, _ = read(tmp_path, ENTRY)
    after, _ = read(tmp_path, ENTRY + change)
    assert before.wanted.digest != after.wanted.digest


def test_a_grant_from_before_there_were_notices_still_holds() -> None:
    wanted = Wanted(commands=(("accounts.acme.token_command", ("pass", "show")),))
    assert wanted.digest == "sha256:04c0159687d7df4397886f0c81f67d8d5276da88ddc8311861cc316cedfa4705"


def test_a_variable_that_is_not_set_is_a_note(tmp_path: Path) -> None:
    settings, problems = read(tmp_path, ENTRY)
    assert [(p.code, p.level) for p in problems] == [("unset-variable", Level.NOTE)]
    assert settings.notify[0].refused is not None and settings.notify[0].refused.code == "notify-unset"


def test_a_program_gets_no_address() -> None:
    environ = {"CONTENTSYNC_NOTIFY_SLACK": ADDRESS, "COPY": ADDRESS, "PATH": "/bin"}
    assert without_secrets(environ, ()) == {"PATH": "/bin"}
