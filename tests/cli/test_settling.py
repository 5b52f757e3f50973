"""The commands by which a person settles: what they say, how they exit, what a damaged state or a full disk does."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from contentsync.cli.main import run as run_command
from contentsync.emulator.config import Video
from contentsync.emulator.faults import INITS
from contentsync.emulator.server import Emulator
from tests.cli.disks import a_disk
from tests.cli.support import Ran, Studio

Run = Callable[..., Ran]
PULL = "https://media.acme.example/a.mp4"


@pytest.fixture
def run(studio: Studio, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line in this process: the same as a user's, without the half second that a process takes."""
    monkeypatch.chdir(studio.root)
    for name, value in studio.environment.items():
        monkeypatch.setenv(name, value)

    def ran(*args: str) -> Ran:
        capsys.readouterr()
        code = run_command(list(args))
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return ran


def inits(emulator: Emulator) -> int:
    return sum(request["endpoint"] in INITS for request in emulator.requests())


def an_unknown(studio: Studio, run: Run, emulator: Emulator) -> None:
    studio.post("launch", video=PULL, privacy="only_me")
    emulator.add_fault("video_init:drop_after")
    assert run("apply", "--auto-approve").code == 4
    emulator.clear_faults()


def state_file(studio: Studio) -> Path:
    return studio.root / ".contentsync" / "state.db"


# What they say.


@pytest.mark.parametrize(
    ("args", "phase"),
    [
        (["--published"], "published"),
        (["--published", "--post-id", "7400000000000000077"], "published as 7400000000000000077"),
        (["--not-published"], "orphaned"),
        (["--keep"], "abandoned"),
    ],
)
def test_resolve_settles_an_unknown(
    studio: Studio, run: Run, emulator: Emulator, args: list[str], phase: str
) -> None:
    an_unknown(studio, run, emulator)
    ran = run("resolve", "launch", *args, "--because", "looked into the app")
    assert (ran.code, ran.out) == (0, f"acme/launch: {phase}\n")
    history = run("state", "history", "launch").out.splitlines()[-1]
    assert "resolved-" in history and "“looked into the app”" in history


def test_a_video_that_the_public_list_speaks_against_is_doubted_and_taken(
    studio: Studio, run: Run, emulator: Emulator
) -> None:
    studio.post("launch", video=PULL, privacy="everyone")
    emulator.add_fault("video_init:drop_after")
    assert run("apply", "--auto-approve").code == 4
    run("refresh")

    ran = run("resolve", "launch", "--published", "--post-id", "123")

    assert (ran.code, ran.out) == (0, "acme/launch: published as 123\n")
    assert "[post-id-doubtful]" in ran.err
    assert "does not show video 123" in ran.err


@pytest.mark.parametrize("state", ["unknown", "new"])
def test_the_same_word_said_twice_changes_nothing(studio: Studio, run: Run, emulator: Emulator, state: str) -> None:
    if state == "unknown":
        an_unknown(studio, run, emulator)
    else:
        studio.post("launch")
        run("plan")
    word = ("resolve", "launch", "--published", "--post-id", "7400000000000000077")
    first = run(*word)
    before = run("state", "history", "--json").out
    again = run(*word)
    assert (first.code, again.code, again.out) == (0, 0, first.out), again
    assert run("state", "history", "--json").out == before
    other = run(*word[:-1], "7400000000000000078")
    assert other.code == 64


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["launch"], ""),
        (["launch", "--keep", "--post-id", "7"], ""),
        (["launch", "--published", "--post-id", "seven"], "post-id-malformed"),
        (["lanch", "--keep"], "unknown-post"),
        (["other", "--keep"], "nothing-to-resolve"),
        (["new", "--not-published"], "nothing-to-resolve"),
    ],
)
def test_resolve_refuses_what_makes_no_sense(
    studio: Studio, run: Run, emulator: Emulator, args: list[str], code: str
) -> None:
    studio.post("other")
    run("apply", "--auto-approve")
    an_unknown(studio, run, emulator)
    studio.post("new")
    ran = run("resolve", *args)
    assert (ran.code, code in ran.err) == (64, True)


def test_a_wrong_name_gets_suggestions_everywhere(studio: Studio, run: Run) -> None:
    studio.post("launch")
    run("apply", "--auto-approve")
    for verb in (["resolve", "--keep"], ["ack"], ["state", "show"], ["state", "rm"], ["state", "history"]):
        ran = run(*verb, "lanch")
        assert (ran.code, "did you mean acme/launch?" in ran.err) == (64, True)


def test_ack_and_state_rm_say_what_they_did(studio: Studio, run: Run) -> None:
    studio.post("launch")
    run("apply", "--auto-approve")
    studio.post("launch", video="launch.mp4", caption="Corrected")
    assert "contentsync ack acme/launch" in run("plan").out
    assert (run("ack", "launch").code, "1 post as declared" in run("plan").out) == (0, True)
    assert "until its generation is 2" in run("state", "rm", "launch").out
    assert (run("state", "rm", "launch").code, "[returned]" in run("plan").out) == (64, True)


def test_the_state_is_listed_shown_and_copied(studio: Studio, run: Run, tmp_path: Path) -> None:
    studio.post("launch")
    run("apply", "--auto-approve")
    shown = run("state", "show", "launch")
    assert (shown.json["attempts"][0]["phase"], "upload_url" in shown.out) == ("published", False)
    assert run("state", "list").out.startswith("acme/launch  published  1 attempt  7")
    copied = run("state", "backup", str(tmp_path / "copy.db"))
    assert (copied.code, "1 posts, 1 attempts" in copied.out) == (0, True)
    assert run("state", "backup", str(tmp_path / "copy.db")).code == 1


def test_to_look_into_a_state_that_is_not_there_is_no_harm(studio: Studio, run: Run, tmp_path: Path) -> None:
    assert (run("state", "list").out, run("state", "history").out) == ("", "")
    assert (run("state", "backup", str(tmp_path / "copy.db")).code, run("state", "unlock").code) == (1, 0)


def test_import_lists_then_binds_and_the_plan_has_nothing_to_do(studio: Studio, run: Run, emulator: Emulator) -> None:
    assert "0 video" not in run("import", "acme").out
    emulator.add_video("acme", Video("Hello\nthere"))
    emulator.add_video("acme", Video("About mine"))
    studio.post("mine")
    listed = run("import", "acme").out
    assert "1 video of acme noted" in listed
    assert "  Hello there  " in listed
    ran = run("import", "acme", "--write", "posts/imported")
    assert (ran.code, "1 video of acme bound" in ran.out) == (0, True)
    assert 'write post_id: "' in ran.out
    assert run("import", "acme", "--write", "elsewhere").code == 64
    assert run("import", "acmee").code == 64


# A state that nothing can be built on.


def truncated(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def newer(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()


def foreign(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE notes (text)")
    db.close()


def one_bad_page(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096 * 5 : 4096 * 6] = os.urandom(4096)
    path.write_bytes(data)


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "garbage": (lambda path: path.write_bytes(os.urandom(9_000)), "state-corrupt"),
    "empty": (lambda path: path.write_bytes(b""), "state-corrupt"),
    "truncated": (truncated, "state-corrupt"),
    "one bad page": (one_bad_page, "state-corrupt"),
    "newer": (newer, "state-newer"),
    "foreign": (foreign, "state-foreign"),
}


@pytest.mark.parametrize(("damage", "code"), DAMAGE.values(), ids=DAMAGE)
def test_nothing_is_built_on_a_state_that_is_damaged(
    studio: Studio, run: Run, emulator: Emulator, damage: Callable[[Path], object], code: str
) -> None:
    studio.post("launch")
    studio.run("apply", "--auto-approve")  # a process of its own, so that the file is closed
    studio.post("second")
    damage(state_file(studio))
    for command in (["apply", "--auto-approve"], ["resolve", "launch", "--keep"], ["state", "rebuild"]):
        ran = run(*command)
        problem, hint = ran.err.splitlines()
        assert (ran.code, f"[{code}]" in problem, hint.startswith("  hint: ")) == (1, True, True)
    assert inits(emulator) == 1


LOOKS = (
    ["plan"],
    ["plan", "--no-refresh"],
    ["status", "--json"],
    ["refresh"],
    ["explain", "launch"],
    ["state", "list"],
    ["state", "history"],
    ["state", "backup", "copy.db"],
)


@pytest.mark.parametrize(("damage", "code"), DAMAGE.values(), ids=DAMAGE)
def test_who_looks_is_told_too_that_the_state_itself_is_damaged(
    studio: Studio, run: Run, emulator: Emulator, damage: Callable[[Path], object], code: str
) -> None:
    studio.post("launch")
    studio.run("apply", "--auto-approve")
    damage(state_file(studio))
    for command in LOOKS:
        ran = run(*command)
        told = [code] if "--json" in command else []
        found = [problem["code"] for line in ran.out.splitlines() for problem in json.loads(line)["problems"]]
        assert (ran.code, found) == (1, told)
        assert any(f"[{code}]" in line and str(state_file(studio)) in line for line in ran.err.splitlines())
        assert "  hint: " in ran.err
    assert not (studio.root / "copy.db").exists()


def test_a_damaged_state_is_rebuilt_once_it_is_moved_away(studio: Studio, run: Run, emulator: Emulator) -> None:
    studio.post("launch", privacy="only_me")
    run("apply", "--auto-approve")
    state_file(studio).write_bytes(b"garbage" * 1000)
    assert "contentsync state rebuild" in run("plan").err
    for file in state_file(studio).parent.glob("state.db*"):
        file.rename(studio.root / file.name)
    rebuilt = run("state", "rebuild")
    assert (rebuilt.code, "acme: 1 row made from receipts" in rebuilt.out) == (0, True)
    assert (run("apply", "--auto-approve").code, inits(emulator)) == (0, 1)


def test_on_a_full_disk_nothing_is_begun(studio: Studio, run: Run, emulator: Emulator) -> None:
    studio.post("launch")
    with a_disk(state_file(studio).parent, "size=1m"):
        ran = run("apply", "--auto-approve")
        problem, hint = ran.err.splitlines()
    assert (ran.code, "[state-full]" in problem, "free some space" in hint) == (1, True, True)
    assert inits(emulator) == 0


def test_on_a_disk_that_fills_up_nothing_is_sent_without_its_intent(
    studio: Studio, run: Run, emulator: Emulator
) -> None:
    with a_disk(state_file(studio).parent, "size=3m"):
        run("apply", "--auto-approve")
        studio.post("launch")
        fill = state_file(studio).with_name("fill")
        free = shutil.disk_usage(fill.parent).free
        fill.write_bytes(b"\0" * (free - 4096))
        ran = run("apply", "--auto-approve")
        assert (ran.code, "[state-full]" in ran.err, inits(emulator)) == (1, True, 0)
        fill.unlink()
        assert run("apply", "--auto-approve").code == 0
    assert len(emulator.posts()) == 1


def test_on_a_read_only_disk_nothing_is_begun_and_a_plan_can_still_be_made(
    studio: Studio, run: Run, emulator: Emulator
) -> None:
    folder = state_file(studio).parent
    with a_disk(folder, "size=8m"):
        studio.post("launch")
        studio.run("apply", "--auto-approve")
        studio.post("second")
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        ran = run("apply", "--auto-approve")
        assert (ran.code, len(ran.err.splitlines()), "[state-read-only]" in ran.err) == (1, 2, True)
    assert inits(emulator) == 1
