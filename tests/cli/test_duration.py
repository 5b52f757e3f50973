"""What is a time span on the command line? The same on every command that takes one."""

from __future__ import annotations

import click
import pytest

from contentsync.cli.duration import DURATION, Duration
from tests.cli.support import Studio
from tests.test_docs import commands


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("30", 30.0),
        ("0.5", 0.5),
        ("0", 0.0),
        ("30s", 30.0),
        ("2m", 120.0),
        ("1h", 3600.0),
        ("1.5s", 1.5),
        ("20ms", 0.02),
    ],
)
def test_seconds_and_spans_as_manifests_write_them_are_taken(told: str, seconds: float) -> None:
    assert DURATION.convert(told, None, None) == seconds


@pytest.mark.parametrize(
    "told", ["", "soon", "-1", "1 h", "1e3", "inf", "nan", "1.2.3", ".", "4000d", "9" * 13, "２"]
)
def test_what_is_no_span_is_refused_with_the_forms(told: str) -> None:
    with pytest.raises(click.BadParameter, match=r"30, 0\.5, 30s, 2m, 1h"):
        DURATION.convert(told, None, None)


def test_every_command_that_waits_for_the_lock_takes_the_same() -> None:
    waits = {
        verb: option.type
        for verb, command in commands()
        for option in command.params
        if "--lock-timeout" in option.opts
    }
    assert {"apply", "resolve", "ack", "import", "cancel", "state mv", "state rm", "state rebuild"} <= set(waits)
    assert all(isinstance(kind, Duration) for kind in waits.values())


def test_a_span_that_can_not_be_read_is_a_wrong_command_line(offline: Studio) -> None:
    refused = offline.run("resolve", "launch", "--keep", "--lock-timeout", "soon")
    assert (refused.code, "'soon' is no time; write seconds" in refused.err) == (64, True)
    taken = offline.run("resolve", "launch", "--keep", "--lock-timeout", "30s")
    assert "unknown-post" in taken.err
