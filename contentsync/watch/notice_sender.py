"""How does watch send notices? In a thread of its own, so that nothing ever waits for a recipient.

What became of posts is worked out from the state, as every command does (`operations/notify.py`). Only what no state
knows, such as a folder that is gone, is passed on as it was told.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from contentsync.clock import Clock
from contentsync.errors import ContentsyncError, Problem
from contentsync.notices import Notice, NoticeKind
from contentsync.operations.notify import Notifier
from contentsync.operations.plan import Made
from contentsync.operations.recipients import send_at_once
from contentsync.project import Project
from contentsync.watch.feed import Feed, Live
from contentsync.watch.work import OpenProject, machine_errors
from contentsync.watch_event import Happened, Word

#: Seconds between two looks for what becomes worth telling by time alone, such as a draft that waits.
EVERY: Final = 60.0
#: Seconds that recipients have at the end.
LAST_WORDS: Final = 5.0
#: Seconds that recipients have otherwise; the thread has nothing else to do.
SECONDS: Final = 30.0
_AS_TOLD: Final = frozenset({NoticeKind.FAULTY, NoticeKind.PAUSED, NoticeKind.ROOT_GONE, NoticeKind.TROUBLE})
_MOST: Final = 200


class NoticeSender:
    """Keeps and sends the notices of one watch. `tell` and `hear` return at once, from any thread."""

    def __init__(
        self,
        open_project: OpenProject,
        clock: Clock,
        feed: Feed,
        on_round: Callable[[Project], None] = lambda _: None,
    ) -> None:
        """on_round: called with the project as it is now, about once a minute."""
        self._open, self._clock, self._feed, self._on_round = open_project, clock, feed, on_round
        self._heard: deque[Notice] = deque(maxlen=_MOST)
        self._made: Made | None = None
        self._woken = threading.Event()
        self._is_over = False
        self._said: set[str] = set()
        #: The project of the last round: what is known of its recipients while its folder is gone.
        self._project: Project | None = None
        self._thread = threading.Thread(target=self._run, name="watch-notify", daemon=True)

    def start(self) -> None:
        """Begin. What happens from now on is reported."""
        self._notifier()
        self._feed.listen(self.hear)
        self._woken.set()  # what an earlier process left
        self._thread.start()

    def tell(self, notice: Notice) -> None:
        """Take a notice of the loop."""
        if notice.kind in _AS_TOLD:
            self._heard.append(_dated(notice))
        self._woken.set()

    def hear(self, live: Live) -> None:
        """Take the newest plan. From the first plan follows what an earlier process did not report."""
        if isinstance(live, Made):
            is_first, self._made = self._made is None, live
            if is_first:
                self._woken.set()

    def close(self) -> None:
        """Send what is left, for a few seconds, and end."""
        self._is_over = True
        self._woken.set()
        self._thread.join(LAST_WORDS * 2)

    def _run(self) -> None:
        while not self._is_over:
            self._woken.wait(EVERY)
            self._woken.clear()
            self.round(LAST_WORDS if self._is_over else SECONDS)

    def round(self, seconds: float) -> None:
        """Send all notices that are due now. seconds: for all recipients together."""
        notices = [self._heard.popleft() for _ in range(len(self._heard))]
        notifier = self._notifier()
        if notifier is None:
            self._tell_unkept(notices, seconds)
            return
        problems = list(notifier.refused)
        try:
            with machine_errors():  # a disk that fails ends no thread: later notices are sent
                problems += self._told_now(notifier, notices, seconds)
        except ContentsyncError as err:
            problems += err.problems
        self._say(problems)
        self._close()

    def _told_now(self, notifier: Notifier, notices: list[Notice], seconds: float) -> list[Problem]:
        if self._project is not None:
            self._on_round(self._project)
        for notice in notices:
            notifier.tell(notice)
        if self._made is not None:
            notifier.tell_happened(self._made)
        return notifier.send(seconds)

    def _notifier(self) -> Notifier | None:
        """The recipients as the project names them now; None while it can't be opened."""
        try:
            with machine_errors():
                self._project = self._open()
                return Notifier(self._project)
        except ContentsyncError:  # the loop tells it
            return None

    def _tell_unkept(self, notices: list[Notice], seconds: float) -> None:
        if self._project is not None:
            for notice in notices:
                send_at_once(self._project, notice, seconds)

    def _close(self) -> None:
        if self._project is not None:
            self._project.close()
            self._project.close_state()

    def _say(self, problems: list[Problem]) -> None:
        """Report a problem with sending notices once."""
        for problem in problems:
            if str(problem) not in self._said:
                self._said.add(str(problem))
                self._feed.tell(Happened(Word.PROBLEM, self._clock.now(), problem.what, problem=problem))


def _dated(notice: Notice) -> Notice:
    """The notice. If the problem returns an hour later, it is sent again."""
    return notice if notice.about else replace(notice, about=f"{notice.facts.get('code')} {notice.at:%Y-%m-%d %H}")
