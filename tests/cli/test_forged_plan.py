"""A plan file that was written by someone else: it shows one thing, and may do no other."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from contentsync.emulator.server import Emulator
from contentsync.plan.planfile import digest_of
from tests.cli.support import Studio

Change = Callable[[dict[str, Any]], None]


def forge(studio: Studio, change: Change) -> None:
    """A saved plan of one post, with a change and a digest that fits it."""
    studio.post("launch")
    assert studio.run("plan", "--out", "plan.json").code == 0
    path = studio.root / "plan.json"
    body = json.loads(path.read_text("utf-8"))
    change(body)
    body["digest"] = digest_of(body)
    path.write_text(json.dumps(body, ensure_ascii=False, indent=2) + "\n", "utf-8")


def inits(emulator: Emulator) -> int:
    counts: dict[str, int] = emulator.ledger()["requests"]  # type: ignore[assignment]
    return sum(count for name, count in counts.items() if "init" in name)


FORGERIES: dict[str, Change] = {
    "another caption": lambda plan: plan["actions"][0]["sends"].update(caption="Harmless"),
    "another privacy": lambda plan: plan["actions"][0]["sends"].update(privacy="only_me"),
    "another mode": lambda plan: plan["actions"][0].update(mode="draft"),
    "another film": lambda plan: plan["actions"][0]["media"][0].update(path="posts/other.mp4"),
    "other bytes": lambda plan: plan["actions"][0]["media"][0].update(sha256="0" * 64),
    "another length": lambda plan: plan["actions"][0]["media"][0].update(bytes=1),
    "another manifest": lambda plan: plan["actions"][0].update(where="posts/other.yaml:1:1"),
    "a made-up note": lambda plan: plan["actions"][0]["problems"].append(
        {"code": "rehearsal", "what": "nothing is published", "hint": "", "level": "note", "where": None}
    ),
    "a note of the whole plan": lambda plan: plan["notes"].append(
        {"code": "rehearsal", "what": "nothing is published", "hint": "", "level": "note", "where": None}
    ),
    "something that is not sent": lambda plan: plan["actions"][0].update(not_sent=["caption"]),
    "another nickname": lambda plan: plan["accounts"]["acme"].update(nickname="My own test account"),
    "a private account": lambda plan: plan["accounts"]["acme"].update(public=False),
    "a sandbox": lambda plan: plan["accounts"]["acme"].update(sandbox=True),
    "a summary that hides it": lambda plan: plan["summary"].update(create=0, wait=1),
    "an unknown key": lambda plan: plan.update(comment="approved by the boss"),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", FORGERIES)
def test_a_plan_that_shows_something_else_sends_nothing(case: str, studio: Studio, emulator: Emulator) -> None:
    forge(studio, FORGERIES[case])
    told = studio.run("apply", "plan.json")
    assert (told.code, inits(emulator)) == (7, 0), told


def test_a_plan_that_shows_what_is_sent_is_carried_out(studio: Studio, emulator: Emulator) -> None:
    forge(studio, lambda plan: plan["actions"][0].update(reason="in other words"))
    assert (studio.run("apply", "plan.json").code, inits(emulator)) == (0, 1)


def test_what_was_read_from_the_environment_is_not_in_a_plan_file_and_the_file_still_holds(
    studio: Studio, emulator: Emulator
) -> None:
    open_id = emulator.accounts["acme"].open_id
    studio.environment["CONTENTSYNC_ACME"] = open_id
    project = (studio.root / "contentsync.yaml").read_text()
    studio.write("contentsync.yaml", project.replace("acme: {", "acme: {open_id: '${CONTENTSYNC_ACME}', ", 1))
    studio.post("launch")
    told = studio.run("plan", "--json", "--out", "plan.json")
    saved = (studio.root / "plan.json").read_text()
    assert (told.code, open_id in told.out + told.err + saved) == (0, False)
    assert told.json["accounts"]["acme"]["open_id"] == "${CONTENTSYNC_ACME}"
    assert (studio.run("apply", "plan.json").code, inits(emulator)) == (0, 1)
