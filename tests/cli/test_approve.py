"""Approve once, send later: only what a person approved goes out, as it was approved, and no other post beside it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from unittest import mock

import pytest

from contentsync.clock import SystemClock
from contentsync.emulator.faults import INITS
from contentsync.emulator.server import Emulator
from tests.cli.shared_state import Site
from tests.cli.support import Ran, Studio


def inits(emulator: Emulator) -> int:
    return sum(request["endpoint"] in INITS for request in emulator.requests())


def asked(studio: Studio, answer: str, *args: str) -> Ran:
    """A command at a terminal, at which a person answers."""
    with (
        mock.patch("click.prompt", return_value=answer),
        mock.patch("contentsync.cli.commands.approve.sys") as terminal,
    ):
        terminal.stdin.isatty.return_value = True
        return studio.run(*args)


def test_only_what_was_approved_is_sent(studio: Studio, emulator: Emulator) -> None:
    studio.post("launch")
    studio.post("other")
    given = asked(studio, "yes", "approve", "launch")
    assert (
        given.code == 0
        and "Approved: 1 post. `contentsync watch` and `contentsync apply" in given.out
        and "About launch" in given.out
    )
    ran = studio.run("apply", "--approved")
    assert ran.code == 5 and inits(emulator) == 1
    assert "acme/other" in ran.out and "not approved" in ran.out
    listed = studio.run("approve", "--list", "--json").json
    assert listed["format"] == "contentsync.approvals/1"
    assert [(one["post"], one["valid"], one["how"]) for one in listed["approvals"]] == [
        ("acme/launch", False, "terminal")
    ]
    assert "used" in listed["approvals"][0]["why_not"]


def test_nothing_is_approved_without_a_yes(studio: Studio) -> None:
    studio.post("launch")
    assert asked(studio, "y", "approve", "--all").code == 130
    assert studio.run("approve", "--all").code == 64
    assert studio.run("approve").code == 64
    assert studio.run("approve", "--list").out == "Nothing was approved.\n"


def one_letter(studio: Studio) -> None:
    studio.post("launch", caption="About launch!")


def the_time(studio: Studio) -> None:
    studio.post("launch", expires_at="2031-01-01T00:00:00Z")


def back_again(studio: Studio) -> None:
    one_letter(studio)
    studio.post("launch")


@pytest.mark.parametrize(
    ("edit", "code", "word"),
    [(one_letter, 5, "the caption"), (the_time, 5, "expires_at"), (back_again, 0, "")],
)
def test_an_edit_after_the_approval_is_not_sent(
    studio: Studio, emulator: Emulator, edit: Callable[[Studio], None], code: int, word: str
) -> None:
    studio.post("launch")
    studio.run("approve", "--all", "--auto-approve")
    edit(studio)
    ran = studio.run("apply", "--approved")
    assert ran.code == code and inits(emulator) == (code == 0)
    assert f"its approval lapsed: {word}" in ran.out or code == 0


def test_one_byte_of_the_media_voids_the_approval(studio: Studio, emulator: Emulator) -> None:
    studio.post("launch")
    studio.run("approve", "--all", "--auto-approve")
    studio.video("launch.mp4", mark="another")
    ran = studio.run("apply", "--approved")
    assert ran.code == 5 and "its approval lapsed: the media changed" in ran.out and inits(emulator) == 0


def test_a_revoked_approval_sends_nothing(studio: Studio, emulator: Emulator) -> None:
    studio.post("launch")
    studio.run("approve", "--all", "--auto-approve")
    assert "revoked" in studio.run("approve", "launch", "--revoke").out
    assert studio.run("approve", "launch", "--revoke").out == "No approval fits.\n"
    assert studio.run("apply", "--approved").code == 5 and inits(emulator) == 0


def test_what_is_not_due_yet_waits_whether_approved_or_not(studio: Studio) -> None:
    later = (SystemClock().now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    studio.post("launch", publish_at=later)
    ran = studio.run("apply", "--approved")
    assert ran.code == 0, ran.out + ran.err
    assert "valid" in studio.run("approve", "--all", "--auto-approve").out + studio.run("approve", "--list").out
    assert studio.run("apply", "--approved").code == 0


def test_what_nobody_approved_takes_no_room_from_what_was(studio: Studio, emulator: Emulator) -> None:
    project = (studio.root / "contentsync.yaml").read_text()
    studio.write(
        "contentsync.yaml", project.replace("inits_per_minute: 100,", "inits_per_minute: 100, posts_per_day: 1,")
    )
    studio.post("a")
    studio.post("b")
    studio.run("approve", "b", "--auto-approve")
    studio.run("apply", "--approved")
    assert inits(emulator) == 1
    assert [line["what"] for line in history(studio, "b")][:1] == ["intent"]


def history(studio: Studio, name: str) -> list[dict[str, object]]:
    changes = studio.run("state", "history", name, "--json").json["changes"]
    return [change for change in changes if change["attempt_id"]]


def test_a_saved_plan_and_the_prompt_write_the_same_record(studio: Studio) -> None:
    studio.post("launch")
    studio.run("plan", "--out", "plan.json", "--only", "launch")
    assert studio.run("apply", "plan.json").code == 0
    studio.post("idea", "acme_de")
    with mock.patch("click.prompt", return_value="yes"), mock.patch("contentsync.cli.commands.apply.sys") as terminal:
        terminal.stdin.isatty.return_value = True
        assert studio.run("apply").code == 0
    found = studio.run("approve", "--list", "--json").json["approvals"]
    assert {one["post"]: one["how"] for one in found} == {"acme/launch": "saved plan", "acme_de/idea": "prompt"}


def test_apply_approved_goes_with_no_other_kind_of_yes(studio: Studio) -> None:
    assert studio.run("apply", "--approved", "--auto-approve").code == 64


def test_a_plan_saved_before_a_pause_waits_and_is_not_used_up(studio: Studio, emulator: Emulator) -> None:
    studio.post("launch")
    studio.run("plan", "--out", "plan.json")
    studio.run("pause", "acme")
    assert studio.run("apply", "plan.json").code == 0 and inits(emulator) == 0
    studio.run("resume")
    assert studio.run("apply", "plan.json").code == 0 and inits(emulator) == 1


def test_a_yes_on_one_machine_lets_another_send_and_a_no_stops_it(tmp_path: Path, emulator: Emulator) -> None:
    site = Site.made(tmp_path, emulator, "launch", "other")
    laptop, runner = site.clone("laptop"), site.clone("runner")
    assert laptop.run("approve", "--all", "--auto-approve").code == 0
    assert runner.run("approve", "other", "--revoke").code == 0
    assert runner.run("apply", "--approved").code == 5 and inits(emulator) == 1
    laptop.run("status")
    found = {one["post"]: one["why_not"] for one in laptop.run("approve", "--list", "--json").json["approvals"]}
    assert "used" in found["acme/launch"] and "revoked" in found["acme/other"]
