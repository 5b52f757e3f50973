"""A real process whose machine sleeps for five hours, and which lives through the nights in which clocks change.

The emulator's clock is the true time too. tests/watch/test_watch.py has many more such nights on a virtual clock.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contentsync.emulator.config import Account, App, Config, Limits, Pace
from contentsync.emulator.server import Emulator
from contentsync.times import rfc3339
from tests.cli.support import PROJECT, Studio
from tests.watch.test_watch_process import QUICK, Watcher

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals as POSIX has them")
HOURS = 3600.0


class Night:
    """True time, for the emulator and for a watch in a process of its own."""

    def __init__(self, folder: Path, begins: datetime) -> None:
        self._file = folder / "shift"
        self.shift = 0.0
        self.set_by(begins.timestamp() - time.time())

    def set_by(self, seconds: float) -> None:
        """Let so many seconds pass at once: the machine sleeps."""
        self.shift += seconds
        new = self._file.with_suffix(".new")
        new.write_text(str(self.shift))
        new.replace(self._file)

    def now(self) -> float:
        return time.time() + self.shift

    @property
    def environment(self) -> dict[str, str]:
        return {"SHIFT_FILE": str(self._file), "TZ": "Europe/Berlin"}


@contextmanager
def watching(folder: Path, begins: datetime, **posts: dict[str, str]) -> Iterator[tuple[Night, Watcher, Emulator]]:
    """A watch that begins at a time and has looked once; by name what its posts have besides the usual."""
    night = Night(folder, begins)
    config = Config(
        accounts=(Account("acme", private=False), Account("acme_de", private=False)),
        app=App(audited=True), limits=Limits.off(), pace=Pace(processing_polls=1, moderation_polls=0),
        default_duration=1,
    )  # fmt: skip
    with Emulator(config, now=night.now) as emulator:
        studio = Studio(folder / "studio", emulator.environment | night.environment)
        studio.write("contentsync.yaml", f"{PROJECT}timezone: Europe/Berlin\n{QUICK}")
        for name, more in posts.items():
            studio.post(name, **more)
        watcher = Watcher(
            studio.root, studio.environment, program=(str(Path(__file__).with_name("on_shifted_clock.py")),)
        )
        try:
            watcher.until(lambda: watcher.told("next"))
            yield night, watcher, emulator
        finally:
            watcher.close()


def test_after_a_sleep_of_five_hours_what_is_due_goes_out_and_what_is_over_is_missed(tmp_path: Path) -> None:
    begins = datetime(2026, 11, 26, 20, 0, tzinfo=UTC)
    due = rfc3339(begins + timedelta(hours=2))
    posts = {"launch": {"publish_at": due, "grace": "10h"}, "late": {"publish_at": due, "account": "acme_de"}}
    with watching(tmp_path, begins, **posts) as (night, watcher, emulator):
        assert emulator.posts() == []
        night.set_by(5 * HOURS)
        watcher.until(lambda: watcher.told("result", "acme/launch", result="published"))
        watcher.until(lambda: "missed" in watcher.codes())
        assert watcher.end() == 0
        assert [post.caption for post in emulator.posts()] == ["About launch"]


def test_in_the_night_in_which_an_hour_is_skipped_a_post_goes_out_at_its_time(tmp_path: Path) -> None:
    begins = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)  # 01:30 in Berlin; half an hour later it is 03:00
    with watching(tmp_path, begins, early={"publish_at": "2026-03-29T03:00:00"}) as (night, watcher, emulator):
        due = datetime(2026, 3, 29, 1, 0, tzinfo=UTC).timestamp()
        night.set_by(due - 2 - night.now())
        watcher.until(lambda: watcher.told("result", "acme/early", result="published"))
        assert night.now() >= due
        assert watcher.end() == 0
        assert len(emulator.posts()) == 1


def test_in_the_night_in_which_an_hour_comes_twice_a_post_goes_out_at_the_one_that_it_names(tmp_path: Path) -> None:
    first, second = (datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1))  # both are 02:30 in Berlin
    with watching(tmp_path, first, twice={"publish_at": "2026-10-25T02:30:00+01:00"}) as (night, watcher, emulator):
        assert not watcher.told("sending")
        night.set_by(second.timestamp() - 2 - night.now())
        watcher.until(lambda: watcher.told("result", "acme/twice", result="published"))
        assert night.now() >= second.timestamp()
        assert watcher.end() == 0
        assert len(emulator.posts()) == 1
