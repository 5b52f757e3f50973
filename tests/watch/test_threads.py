"""A thread of watch that dies of a defect is reported and ends the watch; others only end what they were doing."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from contentsync.board.serve import Board
from contentsync.project import Project
from contentsync.watch.feed import Feed
from contentsync.watch.notice_sender import NoticeSender
from contentsync.watch.port import Port
from contentsync.watch.threads import VITAL, ending_with_its_threads
from contentsync.watch.workers import Job, ThreadWorker
from tests.builders import ManualClock
from tests.cli.support import PROJECT, Studio, an_emulator
from tests.watch.test_watch_process import PATIENCE, QUICK, Watcher


class Defect(Exception):
    """An error that nobody expects."""


def dies() -> None:
    raise Defect("by a defect")


def run_and_die(name: str) -> None:
    thread = threading.Thread(target=dies, name=name)
    thread.start()
    thread.join()


@pytest.mark.parametrize("name", ["watch-notify", "watch-port", "board", "board-pulse"])
def test_a_vital_thread_that_dies_stops_the_watch_and_its_error_ends_the_process(name: str) -> None:
    stop, told = threading.Event(), list[str]()
    hook = threading.excepthook
    with pytest.raises(Defect), ending_with_its_threads(stop, lambda name, err: told.append(f"{name} {err}")):
        run_and_die(name)
        assert stop.wait(5)
    assert told == [f"{name} by a defect"]
    assert threading.excepthook is hook


@pytest.mark.parametrize("name", ["notice", "Thread-7 (process_request_thread)"])
def test_another_thread_that_dies_is_reported_and_ends_nothing(name: str) -> None:
    stop, told = threading.Event(), list[str]()
    with ending_with_its_threads(stop, lambda name, _: told.append(name)):
        run_and_die(name)
    assert told == [name]
    assert not stop.is_set()


def test_what_the_loop_handed_to_a_thread_dies_in_the_loop() -> None:
    worker = ThreadWorker("send", lambda: None)
    job: Job[None] = Job(worker)
    job.start(dies)
    worker.close()
    with pytest.raises(Defect):
        job.take()


def started(root: Path, opened: Callable[[], Project]) -> list[Callable[[], None]]:
    """Starts each part of a watch that has threads; what ends them."""
    sender = NoticeSender(opened, ManualClock(), Feed())
    port, board = Port("127.0.0.1", 0, {}), Board(opened, "127.0.0.1:0")
    board.start()
    sender.start()
    return [sender.close, port.close, board.stop]


def test_each_thread_that_watch_starts_for_itself_counts_as_vital(tmp_path: Path) -> None:
    studio = Studio(tmp_path / "studio")
    before = set(threading.enumerate())

    def opened() -> Project:
        return Project.open(studio.root, dict(os.environ) | studio.environment)

    ends = started(studio.root, opened)
    try:
        names = {thread.name for thread in set(threading.enumerate()) - before}
    finally:
        for end in ends:
            end()
    assert {"watch-notify", "watch-port", "board"} <= names
    assert all(name.startswith(VITAL) for name in names if "AnyIO" not in name)


DYING = """
from contentsync.watch import {module}
def dies(*args, **more):
    raise KeyError("by a defect")
{module}.{name} = dies
from contentsync.cli.main import main
raise SystemExit(main())
"""


@pytest.mark.skipif(os.name == "nt", reason="signals as POSIX has them")
@pytest.mark.parametrize(
    ("module", "name", "is_told"),
    [("notice_sender", "NoticeSender.round", True), ("loop", "send", False), ("loop", "refresh", False)],
)
def test_a_process_whose_thread_dies_says_so_as_json_and_ends_as_a_defect(
    tmp_path: Path, module: str, name: str, is_told: bool
) -> None:
    with an_emulator() as emulator:
        studio = Studio(tmp_path / "studio", emulator.environment)
        studio.write("contentsync.yaml", PROJECT + QUICK)
        studio.post("launch")
        program = ("-c", DYING.format(module=module, name=name), "--log-format", "json")
        watcher = Watcher(studio.root, studio.environment, program=program)
        try:
            assert watcher.process.wait(PATIENCE) == 70
            entries = [json.loads(line) for line in watcher.error.splitlines()]
        finally:
            watcher.close()
    events = [entry["event"] for entry in entries]
    assert ("thread-died" in events) == is_told
    assert any(entry["event"] == "defect" and "KeyError" in entry["message"] for entry in entries)
