"""What is a draft? One row or record of another tool, as the keys of a manifest, and what is wrong with it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from enum import StrEnum
from typing import Final

from contentsync.errors import Level, Place, Problem
from contentsync.frozen import frozen
from contentsync.manifest.writer import Value

#: Files that are photos by their names.
PICTURES: Final = (".jpg", ".jpeg", ".webp", ".png", ".gif", ".heic", ".heif", ".avif", ".bmp", ".tif", ".tiff")


class Shape(StrEnum):
    """What a draft's files are said to be."""

    VIDEO = "video"
    PHOTOS = "photos"
    #: Not given: recognised by the names of the files.
    FILE = "file"


@frozen
class Draft:
    """A post as another tool has it."""

    #: The file that it was read from, and the line where it begins.
    where: Place
    #: Keys of a manifest, all but the files; nothing here was checked yet.
    values: Mapping[str, Value] = field(default_factory=dict)
    #: The files or URLs as they are written there.
    media: tuple[str, ...] = ()
    shape: Shape = Shape.FILE
    #: The column of each key, from 1, and the heading of that column.
    columns: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    #: What is wrong with it, and what it can't take along.
    problems: tuple[Problem, ...] = ()

    @property
    def is_faulty(self) -> bool:
        return any(problem.level is Level.ERROR for problem in self.problems)

    def place_of(self, key: str) -> Place:
        """The line of the draft, and the column of a key."""
        return Place(self.where.file, self.where.line, self.columns.get(key, (1, ""))[0])


@frozen
class Taken:
    """What was read from one file."""

    drafts: tuple[Draft, ...] = ()
    #: About the file as a whole: an error means that nothing of it can be used.
    problems: tuple[Problem, ...] = ()

    @property
    def is_unusable(self) -> bool:
        return any(problem.level is Level.ERROR for problem in self.problems)


def lost(what: str, where: Place | None, hint: str = "") -> Problem:
    """The note about something that a manifest can't express."""
    return Problem("not-carried-over", what, hint, where, Level.NOTE)


def skipped(what: str, where: Place | None, hint: str = "") -> Problem:
    """The warning about a record that does not become a manifest."""
    return Problem("not-imported", what, hint, where, Level.WARNING)


def held(drafts: Iterable[Draft]) -> tuple[Draft, ...]:
    """The drafts; those without a time are held, so that no archive of another tool goes out at once."""
    return tuple(
        draft if "publish_at" in draft.values else replace(draft, values={**draft.values, "hold": True})
        for draft in drafts
    )
