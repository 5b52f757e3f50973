"""The result of loading a project: its settings, the valid posts, the faulty ones, and each problem with its posts.

An error blocks only the posts that it is about.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from contentsync.errors import Level, Place, Problem
from contentsync.faulty import Faulty
from contentsync.frozen import frozen
from contentsync.manifest.document import PROBLEMS_OF_A_DOCUMENT, TOO_MANY
from contentsync.post import DesiredPost
from contentsync.settings import Settings

PROBLEMS_OF_A_FILE: Final = PROBLEMS_OF_A_DOCUMENT
Told = tuple[frozenset[str], Problem]  # a problem, with the keys of the posts it is about; none: a whole file

_STAYS: Final = "you need to do nothing: the post stays as it was sent"


@frozen
class Loaded:
    """A project as it is written."""

    #: None where the project file can't be read; one with faults gives the settings that are good.
    settings: Settings | None
    #: The sound posts, in the order of their places.
    posts: tuple[DesiredPost, ...] = ()
    #: The posts that have errors, as far as their keys can be read.
    faulty: tuple[Faulty, ...] = ()
    #: The files that may declare further posts, which could not be read; a vanished post may be in one of them.
    unread: tuple[str, ...] = ()
    #: The files that were read.
    files: tuple[str, ...] = ()
    #: All problems of all files, by place, with the posts that each is about.
    told: tuple[Told, ...] = ()
    #: The media that were not looked into, because settled posts were sent with exactly these bytes.
    hashed_only: frozenset[str] = frozenset()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All problems of all files, by place."""
        return tuple(problem for _, problem in self.told)

    @property
    def has_errors(self) -> bool:
        """Whether anything is wrong with any post or file."""
        return any(problem.level is Level.ERROR for _, problem in self.told)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of all declared posts, sound or not."""
        return (*(post.key for post in self.posts), *(one.key for one in self.faulty))

    @property
    def unsound(self) -> frozenset[str]:
        """The keys of the posts that have errors."""
        return frozenset(one.key for one in self.faulty)

    def excusing(self, settled: frozenset[str]) -> Loaded:
        """The same, with the errors of settled posts as notes."""
        told = tuple(
            (keys, replace(problem, level=Level.NOTE, hint=_STAYS) if keys and keys <= settled else problem)
            for keys, problem in self.told
        )
        return replace(self, told=told, faulty=tuple(one for one in self.faulty if one.key not in settled))

    def problems_of(
        self, selected: frozenset[str] | None, settled: frozenset[str] = frozenset()
    ) -> tuple[Problem, ...]:
        """The problems of the selected posts (None: of all), and of files whose posts can't be read.

        Posts that are not selected can't fail: with a selection, a file that can't be read is a warning. Settled
        posts can't fail either: their problems are left out.
        """
        found = []
        for keys, problem in self.told:
            if not keys:
                of_file = selected is not None and problem.level is Level.ERROR
                found.append(replace(problem, level=Level.WARNING) if of_file else problem)
            elif (keys if selected is None else keys & selected) - settled:
                found.append(problem)
        return tuple(found)


def bounded(told: list[Told]) -> list[Told]:
    """The problems of one file, a hundred of each level; past those only that there are more."""
    if len(told) <= PROBLEMS_OF_A_FILE:
        return told
    kept: list[Told] = []
    for level in Level:
        listed = placed(one for one in told if one[1].level is level)
        kept += listed[:PROBLEMS_OF_A_FILE]
        if len(listed) > PROBLEMS_OF_A_FILE and kept[-1][1].code != TOO_MANY.code:
            keys, first = listed[PROBLEMS_OF_A_FILE]
            kept.append((keys, replace(TOO_MANY, where=first.where, level=level)))
    return kept


def placed(told: Iterable[Told]) -> list[Told]:
    """In reading order."""
    return sorted(told, key=lambda one: (one[1].where or _NOWHERE, one[1].code))


_NOWHERE: Final = Place("", 0, 0)
