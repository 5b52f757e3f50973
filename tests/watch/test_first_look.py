"""A first look may take minutes: a stop that is asked for meanwhile ends it, and the watch ends as it always does."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contentsync.cli.terminal.interrupt import ended_at_once, stoppable
from contentsync.project import Project
from contentsync.watch.feed import Feed, Live
from contentsync.watch.loop import Parts, Watch
from contentsync.watch.wakeups import ThreadWakeups
from contentsync.watch.workers import InlineWorker
from contentsync.watch_event import Happened
from tests.builders import ManualClock


def test_a_signal_ends_the_first_look_at_once_and_the_watch_in_order(tmp_path: Path) -> None:
    heard: list[Live] = []
    feed = Feed()
    feed.listen(heard.append)
    with stoppable(said="") as stop:

        def long_look() -> Project:
            os.kill(os.getpid(), signal.SIGTERM)
            pytest.fail("the look went on")

        @contextmanager
        def at_once() -> Iterator[None]:
            with ended_at_once(stop):
                yield

        parts = Parts(
            tmp_path, long_look, ManualClock(), ThreadWakeups(), InlineWorker(), InlineWorker(), stop, feed=feed,
            ended_at_once=at_once,
        )  # fmt: skip
        (tmp_path / "contentsync.yaml").write_text("version: 1\n")
        Watch(parts).run()
        assert stop.by == signal.SIGTERM
        assert not stop.asking
    assert [str(one.word) for one in heard if isinstance(one, Happened)] == ["watching", "stopping", "stopped"]


def test_a_stop_that_came_before_the_look_ends_it_too() -> None:
    with stoppable(said="") as stop:
        stop.set()
        with pytest.raises(KeyboardInterrupt), ended_at_once(stop):
            pytest.fail("the look began")
    assert isinstance(stop, threading.Event)
