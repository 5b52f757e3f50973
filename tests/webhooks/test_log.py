"""What the receiver's log says of events that change nothing, so that nobody waits for them to."""

from __future__ import annotations

import json

import pytest

from contentsync.cli.commands.webhooks import REFUSED_LINES, Teller
from contentsync.cli.terminal.flood import Flood
from contentsync.stored_event import EventState, StoredEvent
from contentsync.webhooks.decide import Came
from contentsync.webhooks.inbox import Received
from contentsync.webhooks.work import Worked
from tests.builders import NOW

DIGEST = "0123456789abcdef"


@pytest.mark.parametrize(
    ("name", "effect", "words"),
    [
        ("portability.download.ready", "keep", "kept, without effect"),
        ("post.publish.someday", "keep", "kept, without effect"),
        ("video.publish.completed", "hint", ""),
        ("post.publish.complete", "look", ""),
    ],
)
def test_an_event_without_effect_is_said_to_have_none(
    capsys: pytest.CaptureFixture[str], name: str, effect: str, words: str
) -> None:
    for as_json in (True, False):
        Teller(as_json).tell(Received(200, "received", name, DIGEST))
    told = capsys.readouterr()
    assert json.loads(told.out)["effect"] == effect
    assert told.err.rstrip().endswith(words or DIGEST[:12])


def test_a_hint_that_led_nowhere_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    event = StoredEvent(DIGEST, NOW, NOW, NOW, "video.upload.failed", "open-1", "share-1", "{}")
    Teller(False).tell(Worked(event, Came(EventState.KEPT, "no-id-of-ours")))
    assert "no-id-of-ours (publish_id not in the state; " in capsys.readouterr().err


def test_a_flood_of_what_is_refused_costs_few_lines_and_hides_no_event(capsys: pytest.CaptureFixture[str]) -> None:
    teller = Teller(True)
    for _ in range(1000):
        teller.tell(Received(401, "not-signed"))
    teller.tell(Received(200, "received", "post.publish.complete", DIGEST))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["status"] for line in lines] == [401] * REFUSED_LINES + [200]


def test_how_many_lines_were_left_out_is_told_with_the_next_one() -> None:
    flood = Flood(2, 60.0)
    assert [flood.takes(second) for second in (0, 1, 2, 59, 60, 61, 200)] == [
        (True, 0), (True, 0), (False, 0), (False, 0), (True, 2), (True, 0), (True, 0),
    ]  # fmt: skip
