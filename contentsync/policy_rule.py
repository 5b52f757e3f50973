"""What may a project's policy demand of its posts? One rule, as values; `plan/policy.py` applies it. Pure."""

from __future__ import annotations

from datetime import timedelta

from contentsync.errors import Level, Place
from contentsync.frozen import frozen


@frozen
class Hours:
    """A part of each day, in minutes after midnight of the account's zone; it may go past midnight."""

    start: int
    end: int

    def hold(self, minute: int) -> bool:
        """Whether this minute of a day is in them; `end` itself is not."""
        if self.start < self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end

    def __str__(self) -> str:
        return f"{_clock(self.start)}-{_clock(self.end)}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@frozen
class Rule:
    """One rule; exactly one of its demands is set."""

    #: Its name in messages.
    id: str
    #: ERROR blocks a post; WARNING is only reported.
    level: Level = Level.ERROR
    #: The accounts that it is for; all of them where it names none.
    accounts: frozenset[str] = frozenset()
    #: Words that a post's text must hold before the rule asks for anything; empty: always.
    when: tuple[str, ...] = ()
    banned: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    disclosure: tuple[str, ...] = ()
    #: Between two direct posts of one account.
    spacing: timedelta | None = None
    #: Between the same media on two accounts.
    same_content_within: timedelta | None = None
    #: When direct posts may go out.
    hours: Hours | None = None
    #: How many posts that everyone sees one day of an account may have.
    public_per_day: int | None = None
    #: The place of the rule in the project file.
    where: Place | None = None

    def concerns(self, account: str) -> bool:
        return not self.accounts or account in self.accounts

    @property
    def is_about_time(self) -> bool:
        """Whether it looks at when posts go out, and not at one post alone."""
        times = (self.spacing, self.same_content_within, self.hours, self.public_per_day)
        return any(value is not None for value in times)
