"""An account with videos from before contentsync: asked about once, said once, and never in the way again."""

from __future__ import annotations

import os
import pty
from pathlib import Path
from typing import Any

import pytest

from contentsync.emulator.server import Emulator
from contentsync.emulator.world import Video
from tests.cli.at_a_terminal import answered
from tests.cli.signing import Login, a_studio, consented
from tests.cli.support import Ran, Studio

QUESTION = "acme already has 2 public videos that this project did not post."


@pytest.fixture
def old(emulator: Emulator) -> Emulator:
    """An account with two videos from before."""
    emulator.add_video("acme", Video("Summer"))
    emulator.add_video("acme", Video("Winter"))
    return emulator


def titles(emulator: Emulator) -> list[str]:
    return [post.caption for post in emulator.posts()]


@pytest.mark.usefixtures("old")
def test_plan_agenda_and_apply_say_it_once_for_the_account_and_json_for_each_post(studio: Studio) -> None:
    for name in ("one", "two", "three"):
        studio.post(name)
    studio.post("four", publish_at="2031-06-01T09:00:00")
    for args in (("plan",), ("agenda", "--days", "3660"), ("apply", "--auto-approve")):
        said = studio.run(*args).out
        assert said.count("acme has 2 public videos that this state does not know") == 1, said
        assert said.count("contentsync import acme") == 1, said
        assert all(f"acme/{name}" in said for name in ("one", "two", "three", "four")), said
    codes = [[p["code"] for p in action["problems"]] for action in studio.run("plan", "--json").json["actions"]]
    assert all("existing-posts" in found for found in codes) and len(codes) == 4


def test_one_command_ends_it_for_every_post(studio: Studio, old: Emulator) -> None:
    studio.post("one")
    studio.post("two")
    assert studio.run("apply", "--auto-approve").code == 5
    assert studio.run("import", "acme").code == 0
    assert studio.run("apply", "--auto-approve").code == 0
    assert titles(old) == ["About one", "About two"]


def test_a_first_apply_at_a_terminal_asks_and_a_yes_is_recorded(studio: Studio, old: Emulator) -> None:
    studio.post("one")
    ran = answered(studio, "apply", typed="y\nyes")
    assert (ran.code, ran.err.count(QUESTION)) == (0, 1), ran
    assert titles(old) == ["About one"]
    history = studio.run("state", "history", "--json").out
    assert '"acquainted"' in history


def test_a_no_changes_nothing_and_is_asked_again_another_time(studio: Studio, old: Emulator) -> None:
    studio.post("one")
    for _ in range(2):
        ran = answered(studio, "apply", typed="n")
        assert (ran.code, ran.err.count(QUESTION), titles(old)) == (5, 1, []), ran


def test_what_other_evidence_says_is_not_asked_away(studio: Studio, old: Emulator) -> None:
    studio.post("one", privacy="only_me")
    assert studio.run("import", "acme").code == 0
    assert studio.run("apply", "--auto-approve").code == 0
    for path in (studio.root / ".contentsync").iterdir():
        path.unlink()
    studio.post("two")
    ran = answered(studio, "apply", typed="yes")
    assert (ran.code, QUESTION in ran.err, len(old.posts())) == (5, False, 1), ran


def signed_in(studio: Studio, typed: str) -> Ran:
    ours, theirs = pty.openpty()
    login = Login(studio, "acme", "--no-browser", "--scope", "all", stdin=theirs)
    os.close(theirs)
    os.write(ours, f"{consented(login.address())}\n{typed}\n".encode())
    ran = login.ends()
    os.close(ours)
    return ran


@pytest.mark.parametrize(("typed", "code"), [("y", 0), ("n", 5)])
def test_a_sign_in_at_a_terminal_asks(tmp_path: Path, old: Emulator, typed: str, code: int) -> None:
    studio = a_studio(tmp_path, old)
    studio.post("one")
    ran = signed_in(studio, typed)
    assert (ran.code, ran.err.count(QUESTION)) == (0, 1), ran
    assert studio.run("apply", "--auto-approve").code == code
    assert QUESTION not in (signed_in(studio, "n").err if typed == "y" else "")


def test_a_sign_in_that_can_not_look_is_a_sign_in_all_the_same(tmp_path: Path, old: Emulator) -> None:
    studio = a_studio(tmp_path, old)
    old.add_fault("video_list:status=500,count=all")
    ran: Any = signed_in(studio, "y")
    assert (ran.code, QUESTION in ran.err) == (0, False), ran
    assert "acme is signed in" in ran.out


def test_the_exit_code_of_posts_that_were_held_back_is_explained(studio: Studio, old: Emulator) -> None:
    studio.post("one")
    studio.post("two")
    assert studio.run("apply", "--auto-approve", "--only", "one", "--allow", "existing-posts").code == 0
    studio.post("three")
    ran = studio.run("apply", "--auto-approve")
    assert (ran.code, titles(old)) == (5, ["About one", "About three"]), ran
    assert "Applied: 1 of 1 action done; exit 5: 1 post held back, as the plan says." in ran.out
