"""How is it kept which manifests rest? By folder, a line each: how its files looked, and what rests there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from contentsync.frozen import frozen
from contentsync.operations.nothing_to_do import NothingToDo, Spot, problem_of, told_problem
from contentsync.operations.settled import Odd
from contentsync.tree import Folder, Stat

DETAILS: Final = "resting-details"


@frozen
class Entry:
    """A manifest that rests."""

    name: str
    #: Its own stat, and that of each of its media; None for media that are not there.
    files: Mapping[str, Stat | None]
    #: The key of each of its posts, with its fingerprint, and the uid and the mark of its row.
    posts: tuple[tuple[str, str, str, str], ...]
    #: The accounts for which it declares a direct post.
    direct: tuple[str, ...]
    odd: Odd | None

    def as_json(self) -> list[Any]:
        odd = self.odd and [self.odd.key, told_problem(self.odd.problem), sorted(self.odd.keys)]
        return [self.name, list(self.files.items()), self.posts, self.direct, odd]

    @classmethod
    def of_json(cls, told: list[Any]) -> Entry:
        name, files, posts, direct, odd = told
        return cls(
            name,
            {path: seen and (seen[0], seen[1], seen[2], seen[3]) for path, seen in files},
            tuple((key, sign, uid, mark) for key, sign, uid, mark in posts),
            tuple(direct),
            odd and Odd(name, odd[0], problem_of(odd[1]), frozenset(odd[2])),
        )


@dataclass(slots=True)
class Page:
    """What rests in one folder."""

    folder: str
    #: The folders that its manifests and media are in, each with how its files looked.
    looks: dict[str, str]
    #: The other manifests of the folder.
    others: list[str]
    prints: dict[str, str]
    direct: list[str]
    odd: list[Odd]
    #: The uids of the rows of its posts, and one digest over their marks.
    uids: list[str]
    rows: str
    #: The details, of a page that was made just now.
    details: str = ""
    #: Where the details of any other page are, and the line that says all this of it.
    spot: Spot | None = None
    line: str = ""

    @classmethod
    def made(cls, folder: str, entries: list[Entry], others: list[str], tree: Looks) -> Page:
        marks = {uid: mark for entry in entries for _, _, uid, mark in entry.posts}
        folders = {folder, *(path.rpartition("/")[0] for entry in entries for path in entry.files)}
        return cls(
            folder,
            {name: tree.look(name) for name in sorted(folders)},
            sorted(others),
            {key: sign for entry in entries for key, sign, _, _ in entry.posts},
            sorted({name for entry in entries for name in entry.direct}),
            [entry.odd for entry in entries if entry.odd],
            list(marks),
            _digest_of_rows(marks, marks),
            json.dumps([entry.as_json() for entry in entries], separators=(",", ":")),
        )

    def at(self, spot: Spot) -> str:
        """The line for a page whose details were put there."""
        odd = [[one.file, one.key, told_problem(one.problem), sorted(one.keys)] for one in self.odd]
        keys, marks = "\n".join(self.prints), "\n".join(self.prints.values())
        rows = [self.uids, self.rows]
        told = [self.folder, self.looks, self.others, keys, marks, self.direct, odd, rows, spot]
        return json.dumps(told, separators=(",", ":"))

    @classmethod
    def of_line(cls, line: str) -> Page:
        folder, looks, others, keys, marks, direct, odd, (uids, rows), (start, size, mark) = json.loads(line)
        prints = dict(zip(keys.split("\n"), marks.split("\n"), strict=True)) if keys else {}
        told = [Odd(file, key, problem_of(problem), frozenset(which)) for file, key, problem, which in odd]
        return cls(folder, looks, others, prints, direct, told, uids, rows, "", (start, size, mark), line)

    def has_same_rows(self, marks: Mapping[str, str]) -> bool:
        """Whether no row of its posts has changed. marks: of all rows by now."""
        return self.rows == _digest_of_rows(self.uids, marks)

    def entries(self, still: NothingToDo) -> list[Entry]:
        """The manifests. Raises DetailsLost where their details are not there any more."""
        return [Entry.of_json(told) for told in json.loads(self.text(still))]

    def text(self, still: NothingToDo) -> str:
        """The details. Raises DetailsLost."""
        return still.read_at(DETAILS, self.spot) if self.spot else self.details


class Looks:
    """How the folders of a scan look."""

    def __init__(self, folders: Mapping[str, Folder]) -> None:
        self._folders = folders
        self._looks: dict[str, str] = {}
        self._files: dict[str, dict[str, Stat]] = {}

    def look(self, folder: str) -> str:
        """One digest of the names and stats in a folder; empty if there is no folder."""
        if folder not in self._looks:
            found = self._folders.get(folder)
            self._looks[folder] = _digest(found) if found else ""
        return self._looks[folder]

    def stat(self, path: str) -> Stat | None:
        """The stat of a file; None where it is not there."""
        folder, _, name = path.rpartition("/")
        return self._of(folder).get(name)

    def is_link(self, path: str) -> bool:
        folder, _, name = path.rpartition("/")
        return f"{name}\0" in self._of(folder)

    def names(self, folder: str) -> Iterator[str]:
        """The files in a folder, from the root."""
        found = self._folders.get(folder)
        begin = f"{folder}/" if folder else ""
        return (begin + name for name in found.names if not name.endswith("\0")) if found else iter(())

    def _of(self, folder: str) -> dict[str, Stat]:
        if folder not in self._files:
            found = self._folders.get(folder)
            self._files[folder] = dict(found.files()) if found else {}
        return self._files[folder]


def _digest_of_rows(uids: Iterable[str], marks: Mapping[str, str]) -> str:
    told = "\n".join([f"{uid} {marks.get(uid, '')}" for uid in uids])
    return blake2b(told.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _digest(found: Folder) -> str:
    names = "\0".join(found.names).encode("utf-8", "surrogateescape")
    return blake2b(b"%d " % len(names) + names + found.values.tobytes(), digest_size=16).hexdigest()
