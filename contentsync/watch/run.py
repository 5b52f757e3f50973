"""How is a watch put together? From threads, file events, clocks and the listeners."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from contentsync.attempt.waiting import Stop
from contentsync.clock import Clock
from contentsync.errors import Problem
from contentsync.project import Project
from contentsync.watch.away import Away
from contentsync.watch.feed import Feed
from contentsync.watch.files import FileHints
from contentsync.watch.hands import ThreadHands
from contentsync.watch.loop import Parts, Watch
from contentsync.watch.outside import Outside
from contentsync.watch.seat import only_watcher
from contentsync.watch.wakes import ThreadWakes
from contentsync.watch.work import OpenProject


def run_watch(
    project: Project,
    open_project: OpenProject,
    clock: Clock,
    feed: Feed,
    stop: Stop,
    stand_by: Callable[[Problem], None],
    *,
    poll: bool,
    outside: Outside | None,
) -> None:
    """Watch until a stop is asked for. stand_by: called while another watch has the place."""
    with only_watcher(project, clock, stop, stand_by) as is_ours:
        if not is_ours:
            return
        wakes = ThreadWakes()
        away = Away(open_project, clock, feed, outside.look if outside else lambda _: None)
        parts = Parts(
            project.root,
            open_project,
            clock,
            wakes,
            ThreadHands("send", wakes.wake),
            ThreadHands("ask", wakes.wake),
            stop,
            FileHints(project.root, wakes, poll=poll),
            feed,
            away.tell,
            jitter=lambda: random.uniform(0.9, 1.1),  # noqa: S311 - no secret
        )
        watch = Watch(parts)
        if outside:
            outside.show(watch.health)
        with _telling(away):
            watch.run()


@contextmanager
def _telling(away: Away) -> Iterator[None]:
    away.start()
    try:
        yield
    finally:
        away.close()
