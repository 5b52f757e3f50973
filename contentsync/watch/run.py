"""How is a watch put together? From threads, file events, clocks and the listeners."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from contentsync.attempt.waiting import Stop
from contentsync.clock import Clock
from contentsync.errors import Problem
from contentsync.project import Project
from contentsync.watch.endpoints import Endpoints
from contentsync.watch.feed import Feed
from contentsync.watch.files import FileHints
from contentsync.watch.loop import Parts, Watch
from contentsync.watch.notice_sender import NoticeSender
from contentsync.watch.standby import only_watcher
from contentsync.watch.wakeups import ThreadWakeups
from contentsync.watch.work import OpenProject
from contentsync.watch.workers import ThreadWorker


def run_watch(
    project: Project,
    open_project: OpenProject,
    clock: Clock,
    feed: Feed,
    stop: Stop,
    stand_by: Callable[[Problem], None],
    *,
    poll: bool,
    ended_at_once: Callable[[], AbstractContextManager[None]] = nullcontext,
    endpoints: Endpoints | None,
) -> bool:
    """Watch until a stop is asked for; False where it came before this watch had the place.

    stand_by: called once while another watch has the place. ended_at_once: as in Parts.
    """
    with only_watcher(project, clock, stop, stand_by) as is_ours:
        if not is_ours:
            return False
        wakeups = ThreadWakeups()
        notices = NoticeSender(open_project, clock, feed, endpoints.look if endpoints else lambda _: None)
        parts = Parts(
            project.root,
            open_project,
            clock,
            wakeups,
            ThreadWorker("send", wakeups.wake),
            ThreadWorker("ask", wakeups.wake),
            stop,
            FileHints(project.root, wakeups, poll=poll),
            feed,
            notices.tell,
            ended_at_once=ended_at_once,
            jitter=lambda: random.uniform(0.9, 1.1),  # noqa: S311 - no secret
        )
        watch = Watch(parts)
        if endpoints:
            endpoints.show(watch.health)
        with _telling(notices):
            watch.run()
        return True


@contextmanager
def _telling(notices: NoticeSender) -> Iterator[None]:
    notices.start()
    try:
        yield
    finally:
        notices.close()
