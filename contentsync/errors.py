"""How are problems described? As data, with the few exceptions that callers catch.

Nothing here prints or knows exit codes; `cli/` does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from contentsync.frozen import frozen


class Level(StrEnum):
    """How serious a problem is: an error stops the command, the others are only reported."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in a file: the path as the user wrote it (relative to the project), line and column from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@frozen
class Problem:
    """One thing that is wrong, as data.

    code: stable, `[a-z0-9-]+`, documented; scripts match it and the place, never the words.
    what: the fact, with its numbers. hint: one step that fixes it. source: the offending line of the file,
    width: how many columns of it to underline.
    """

    code: str
    what: str
    hint: str = ""
    where: Place | None = None
    level: Level = Level.ERROR
    source: str = ""
    width: int = 1

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.what} [{self.code}]"

    def addressed(self, key: str) -> Problem:
        """With POST and ACCOUNT in the hint's commands filled in. key: of the post, or the account's name alone."""
        account, slash, _ = key.partition("/")
        named = {"POST": key if slash else "POST", "ACCOUNT": account or "ACCOUNT"}
        hint = _BLANKS.sub(lambda found: named[found[0]], self.hint)
        return self if hint == self.hint else replace(self, hint=hint)


# What a command of ours is about, where whoever worded the hint did not know the post.
_BLANKS: Final = re.compile(
    r"(?<=--retry )POST\b|(?<=resolve )POST\b|(?<=status )POST\b|(?<=explain )POST\b|(?<=login )ACCOUNT\b"
)


def by_place(problems: Iterable[Problem]) -> list[Problem]:
    """The problems in reading order: by file, line, column; those without a place first."""
    return sorted(problems, key=lambda p: (p.where or Place("", 0, 0), p.code))


class ContentsyncError(Exception):
    """Base of all that contentsync raises on purpose; carries at least one problem."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(str(p) for p in problems))
        self.problems: Sequence[Problem] = problems


class ManifestError(ContentsyncError):
    """The project or a manifest can't be used as it is written."""


class UsageError(ContentsyncError):
    """The command was called in a way that makes no sense: an unknown account, post or option."""


class StalePlan(ContentsyncError):
    """A saved plan no longer fits what it was made from, was used, has expired or was altered."""


class StoreLocked(ContentsyncError):
    """Another process holds the apply lock."""


class StoreError(ContentsyncError):
    """The state can't be opened, read or written: newer, corrupt, full, read-only."""


class SignInNeeded(ContentsyncError):
    """No usable token, a missing scope, or the token of another identity."""


class TokensUnusable(SignInNeeded, StoreError):
    """The place for tokens can't be read or written; a kind of SignInNeeded for callers of TikTok."""


class Refused(ContentsyncError):
    """TikTok said no: a parsed answer with a known refusal.

    error_code: TikTok's own `error.code`. http_status: as answered. log_id: to quote to TikTok's support.
    """

    def __init__(self, problem: Problem, error_code: str, http_status: int = 0, log_id: str = "") -> None:
        super().__init__(problem)
        self.error_code = error_code
        self.http_status = http_status
        self.log_id = log_id

    @property
    def problem(self) -> Problem:
        return self.problems[0]


class Unanswered(ContentsyncError):
    """The request may have reached TikTok, and its effect is unknown: a timeout, a 5xx, a broken connection."""

    def __init__(self, problem: Problem, http_status: int = 0, log_id: str = "") -> None:
        super().__init__(problem)
        self.http_status = http_status
        self.log_id = log_id

    @property
    def problem(self) -> Problem:
        return self.problems[0]


class NotSent(ContentsyncError):
    """The request never left this machine: the connection could not be made."""

    @property
    def problem(self) -> Problem:
        return self.problems[0]
