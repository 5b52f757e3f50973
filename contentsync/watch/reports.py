"""What must be reported, and what was reported already? Each problem once, and its end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from contentsync.attempt.told import Result
from contentsync.clock import Clock
from contentsync.errors import Problem
from contentsync.notices import Notice, NoticeKind, Notify
from contentsync.watch.feed import Feed
from contentsync.watch.outlook import Concern
from contentsync.watch_event import Happened, Word

MANY: Final = 20  # new problems of one look that are told one by one; the others in one line
_NOTICE_OF_RESULT: Final = {
    Result.PUBLISHED: NoticeKind.PUBLISHED,
    Result.DELIVERED: NoticeKind.DELIVERED,
    Result.FAILED: NoticeKind.FAILED,
    Result.UNKNOWN: NoticeKind.UNKNOWN,
}
_ENDS: Final = frozenset({Result.PUBLISHED, Result.DELIVERED, Result.FAILED, Result.UNKNOWN})
_NOTICE_OF_CODE: Final = {
    "missed": NoticeKind.MISSED,
    "not-approved": NoticeKind.NEEDS_APPROVAL,
    "approval-lapsed": NoticeKind.NEEDS_APPROVAL,
    "root-gone": NoticeKind.ROOT_GONE,
    "manifests-vanished": NoticeKind.ROOT_GONE,
    "outcome-unknown": NoticeKind.UNKNOWN,
}
_GIT_ONLY: Final = frozenset({"git-at-work", "watch-polls"})  # these end by themselves, or need nobody


class Reports:
    """Reports each event once on the feed, and as a notice if a person who is away must know."""

    def __init__(self, feed: Feed, notify: Notify, clock: Clock) -> None:
        self._feed, self._notify, self._clock = feed, notify, clock
        self._told: set[tuple[str, str, str]] = set()
        self._unsure: set[tuple[str, str, str]] = set()  # of files, that one look saw: it may be half saved
        self._standing: dict[str, Problem] = {}
        #: The posts whose end was reported since they were last sent.
        self.ended: set[str] = set()
        #: Results of posts since the start, by word.
        self.results: dict[str, int] = {}

    @property
    def standing(self) -> Mapping[str, Problem]:
        """The problems that exist now, by subject."""
        return dict(self._standing)

    def event(self, word: Word, words: str, *, post: str = "", account: str = "", **detail: object) -> None:
        """Report one event."""
        self._feed.tell(Happened(word, self._clock.now(), words, post, account, detail=detail))

    def is_told(self, concern: Concern) -> bool:
        """Whether it was reported, and was there ever since."""
        return concern.key in self._told

    def concerns(self, found: Iterable[Concern]) -> bool:
        """Report the new ones; forget those that are gone, so that they are reported when they return.

        What concerns a file is reported once two looks saw it, as the file may be half saved. Returns whether any
        waits for another look.
        """
        now = {concern.key: concern for concern in found}
        seen_before = self._told | self._unsure
        self._unsure = {key for key, concern in now.items() if not concern.post and key not in seen_before}
        new = [concern for key, concern in now.items() if key not in self._told | self._unsure]
        self._told = set(now) - self._unsure
        for concern in new[:MANY]:
            self.concern(concern)
        if len(new) > MANY:
            words = f"{len(new) - MANY} more problems; see all of them: contentsync plan --no-refresh"
            self.event(Word.PROBLEM, words, more=len(new) - MANY)
        for concern in new[MANY:]:
            self._send_notice(concern)
        return bool(self._unsure)

    def concern(self, concern: Concern) -> None:
        """Report one problem of a post or file."""
        self._problem(concern.problem, concern.post, concern.account)
        self._send_notice(concern)

    def stands(self, subject: str, problem: Problem, account: str = "") -> None:
        """The whole watch, or an account, has this problem now; reported if it is new.

        One mistake in the project file hinders looking, asking and sending; it is reported once.
        """
        before = self._standing.get(subject)
        self._standing[subject] = problem
        if (before is not None and before.code == problem.code) or self._stands_elsewhere(subject, problem):
            return
        self._problem(problem, "", account)
        if problem.code not in _GIT_ONLY:
            kind = _NOTICE_OF_CODE.get(problem.code, NoticeKind.TROUBLE)
            self._notify(Notice(kind, account, "", self._clock.now(), problem.what, {"code": problem.code}))

    def is_over(self, subject: str) -> None:
        """The problem with this subject is gone; reported if it was there."""
        problem = self._standing.pop(subject, None)
        if problem is not None and not self._stands_elsewhere(subject, problem):
            account = subject.partition(":")[2]
            self._feed.tell(
                Happened(Word.SOLVED, self._clock.now(), f"over: {problem.what}", account=account, problem=problem)
            )

    def _stands_elsewhere(self, subject: str, problem: Problem) -> bool:
        others = (name for name, other in self._standing.items() if name != subject and other == problem)
        return ":" not in subject and any(":" not in name for name in others)

    def result(self, post: str, result: Result, problem: Problem | None = None, post_id: str = "") -> None:
        """Report the result of a post."""
        if result in _ENDS:
            self.ended.add(post)
        self.results[str(result)] = self.results.get(str(result), 0) + 1
        words = str(result).replace("-", " ") + (f" as {post_id}" if post_id else "")
        words += f": {problem.what}" if problem else ""
        account = post.partition("/")[0]
        detail = {"result": str(result), "post_id": post_id or None}
        now = self._clock.now()
        self._feed.tell(Happened(Word.RESULT, now, words, post, account, problem, detail))
        if kind := _NOTICE_OF_RESULT.get(result):
            facts = {"result": str(result), "post_id": post_id or None}
            self._notify(Notice(kind, account, post, now, f"{post}: {words}", facts, about=post_id))

    def _problem(self, problem: Problem, post: str, account: str) -> None:
        self._feed.tell(Happened(Word.PROBLEM, self._clock.now(), problem.what, post, account, problem))

    def _send_notice(self, concern: Concern) -> None:
        problem = concern.problem
        kind = _NOTICE_OF_CODE.get(problem.code, NoticeKind.FAULTY)
        facts = {"code": problem.code, "hint": problem.hint or None}
        said = f"{concern.post}: {problem.what}" if concern.post else str(problem)
        now = self._clock.now()
        self._notify(Notice(kind, concern.account, concern.post, now, said, facts, about=concern.mark[-12:]))
