"""Do hints about files come, and where they can't, does polling take over? Real folders, real inotify."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from watchdog.observers.api import BaseObserver, EventEmitter, ObservedWatch

from contentsync.watch.files import FileHints, Scan, watches_held
from contentsync.watch.mounts import silent_kind
from contentsync.watch.wakeups import Hint, ThreadWakeups

ROOT_ON_EXT4 = "24 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"


class Site:
    """A folder that is watched."""

    def __init__(self, root: Path, **seams: Any) -> None:
        self.root, self.wakes = root, ThreadWakeups()
        (root / "posts").mkdir(parents=True)
        (root / "contentsync.yaml").touch()
        self.hints = FileHints(root, self.wakes, poll=False, mounts=root / "none", **seams)

    def heard(self, name: str, seconds: float = 60.0) -> bool:
        """Whether a hint names this file in time."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if name in self.wakes.wait(0.2).paths:
                return True
        return False

    def quiet(self, seconds: float = 0.5) -> bool:
        hint = self.wakes.wait(seconds)
        return hint == Hint()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path / "studio")
    assert made.hints.tend(0.0) is None
    yield made
    made.hints.close()


def test_a_written_a_renamed_and_a_new_folders_file_is_told(site: Site) -> None:
    (site.root / "posts" / "a.yaml").write_text("x")
    assert site.heard("posts/a.yaml")
    (site.root / "posts" / "a.yaml").rename(site.root / "posts" / "b.yaml")
    assert site.heard("posts/b.yaml")
    (site.root / "posts" / "deep" / "er").mkdir(parents=True)
    (site.root / "posts" / "deep" / "er" / "c.yaml").write_text("x")
    assert site.heard("posts/deep/er/c.yaml")
    (site.root / "contentsync.yaml").write_text("x")
    assert site.heard("contentsync.yaml")


def test_what_contentsync_git_and_editors_write_for_themselves_is_not(site: Site) -> None:
    for name in (".contentsync/state.db", ".git/index", "receipts/acme/a.json", "posts/.a.yaml.swp"):
        path = site.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    assert site.quiet()


def test_reading_is_not_told(site: Site) -> None:
    path = site.root / "posts" / "a.yaml"
    path.write_text("x")
    site.heard("posts/a.yaml")
    while not site.quiet(0.2):
        pass
    for _ in range(50):
        path.read_text()
        list(path.parent.iterdir())
    assert site.quiet()


def test_a_folder_that_comes_later_or_takes_anothers_place_is_watched_too(site: Site) -> None:
    (site.root / "more").mkdir()
    (site.root / "posts").rename(site.root / "old")
    (site.root / "posts").mkdir()
    site.hints.tend(100.0)
    assert site.wakes.wait(20.0).lost  # nothing was heard in between
    (site.root / "posts" / "a.yaml").write_text("x")
    assert site.heard("posts/a.yaml")
    (site.root / "more" / "b.yaml").write_text("x")
    assert site.heard("more/b.yaml")


def test_an_observer_that_died_is_replaced(site: Site) -> None:
    observer = site.hints._observer
    assert observer is not None
    observer.stop()
    observer.join()
    site.hints.tend(1.0)
    assert site.wakes.wait(20.0).lost
    (site.root / "posts" / "a.yaml").write_text("x")
    assert site.heard("posts/a.yaml")


def test_a_queue_that_overflowed_is_a_reason_for_a_full_look(site: Site) -> None:
    logging.getLogger("watchdog.observers.inotify_c").warning("Inotify queue overflowed; events were lost")
    assert site.wakes.wait(10.0).lost


def test_watchdog_says_nothing_on_the_terminal(site: Site, capfd: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("watchdog.observers.inotify_c").warning("Inotify queue overflowed; events were lost")
    assert capfd.readouterr() == ("", "")


class Exhausted(BaseObserver):
    """An observer on a machine that has no more watches to give."""

    def __init__(self) -> None:
        super().__init__(emitter_class=EventEmitter)

    def schedule(self, *_: object, **__: object) -> ObservedWatch:
        raise OSError(28, "inotify watch limit reached")


def test_where_the_limit_of_watches_is_reached_it_polls_and_says_so(tmp_path: Path) -> None:
    site = Site(tmp_path / "studio", observer=Exhausted)
    told = site.hints.tend(0.0)
    assert told is not None
    assert (told.code, "inotify watch limit reached" in told.what, site.hints.mode) == (
        "watch-polls",
        True,
        "polling",
    )
    (site.root / "posts" / "a.yaml").write_text("x")
    site.hints.tend(1000.0)
    assert site.wakes.wait(10.0).files


def test_where_no_further_watcher_may_be_made_it_polls_and_says_so(tmp_path: Path) -> None:
    def refused() -> BaseObserver:
        raise OSError(24, "inotify instance limit reached")

    site = Site(tmp_path / "studio", observer=refused)
    told = site.hints.tend(0.0)
    assert told is not None
    assert (told.code, "inotify instance limit reached" in told.what) == ("watch-polls", True)
    (site.root / "posts" / "a.yaml").write_text("x")
    site.hints.tend(1000.0)
    assert site.wakes.wait(10.0).files


def test_folders_that_the_kernel_left_out_are_noticed(tmp_path: Path) -> None:
    held = [7]
    site = Site(tmp_path / "studio", held=lambda: held[0])
    for number in range(5):
        (site.root / "posts" / str(number)).mkdir()
    assert (site.hints.tend(0.0), site.hints.tend(1000.0)) == (None, None)
    held[0] = 4
    told = site.hints.tend(2000.0)
    site.hints.close()
    assert told is not None
    assert "3 folders can't be watched" in told.what


@pytest.mark.skipif(sys.platform != "linux", reason="fdinfo as Linux has it")
def test_the_kernel_says_how_many_it_watches(site: Site) -> None:
    until = time.monotonic() + 10
    while watches_held() != 2 and time.monotonic() < until:  # the root and posts; the threads may be starting
        time.sleep(0.01)
    assert watches_held() == 2


@pytest.mark.parametrize(
    ("mounts", "kind"),
    [
        (ROOT_ON_EXT4, ""),
        (ROOT_ON_EXT4 + "30 24 0:40 / /home/anna rw - nfs4 nas:/anna rw\n", "nfs4"),
        (ROOT_ON_EXT4 + "30 24 0:40 / /home rw - cifs //nas/anna rw\n", "cifs"),
        (ROOT_ON_EXT4 + "30 24 0:40 / /home/anna rw shared:7 - fuse.sshfs nas:/anna rw\n", "fuse.sshfs"),
        (ROOT_ON_EXT4 + "30 24 0:40 / /home/anna rw - 9p host rw\n", "9p"),
        (ROOT_ON_EXT4 + "30 24 0:40 / /home/ann rw - nfs nas:/anna rw\n", ""),
        ("30 24 0:40 / /home rw - nfs nas:/ rw\n31 30 0:41 / /home/anna rw - tmpfs tmpfs rw\n", ""),
        ("1 0 0:40 / / rw - overlay overlay rw\n", ""),
        ("1 0 0:40 / /home/anna rw - ext4 x rw\n2 0 0:40 / /home/anna rw - virtiofs x rw\n", "virtiofs"),
        (ROOT_ON_EXT4 + "30 24 0:40 / /home/anna/my\\040clips rw - nfs4 nas:/anna rw\n", ""),
        ("nonsense\n\n- \n", ""),
    ],
)
def test_file_systems_that_tell_of_no_changes_are_known(mounts: str, kind: str) -> None:
    assert silent_kind(mounts, "/home/anna/studio") == kind


def test_on_such_a_file_system_it_polls_from_the_start_and_says_so_once(tmp_path: Path) -> None:
    (tmp_path / "studio").mkdir()
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"1 0 0:40 / {os.path.realpath(tmp_path)} rw - nfs4 nas:/ rw\n")
    hints = FileHints(tmp_path / "studio", ThreadWakeups(), poll=False, mounts=mounts)
    first = hints.tend(0.0)
    assert first is not None
    assert "nfs4 tells of no changes" in first.what


def test_a_scan_sees_every_kind_of_change(tmp_path: Path) -> None:
    (tmp_path / "posts").mkdir()
    scan, clock = Scan(tmp_path), 0.0

    def changed() -> bool:
        nonlocal clock
        clock += 1000
        return scan.changed(clock)

    assert changed() is False
    (tmp_path / "posts" / "a.yaml").write_text("one")
    assert changed() is True
    assert changed() is False
    (tmp_path / "posts" / "a.yaml").write_text("four")
    assert changed() is True
    (tmp_path / "posts" / "a.yaml").rename(tmp_path / "posts" / "b.yaml")
    assert changed() is True
    (tmp_path / "posts" / "b.yaml").unlink()
    assert changed() is True
    (tmp_path / ".contentsync").mkdir()
    (tmp_path / ".contentsync" / "state.db").write_text("x")
    assert changed() is False


def test_a_scan_that_takes_long_comes_less_often(tmp_path: Path) -> None:
    scan = Scan(tmp_path)
    scan.changed(0.0)
    (tmp_path / "a").touch()
    assert scan.changed(0.1) is False
    assert scan.changed(scan.every) is True
