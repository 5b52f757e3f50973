"""Which attempts were begun on this machine, for which open_id and by which state? In the user's data folder.

The journal outlives a deleted project. So a new state is not taken for the first one, nor an older copy for the
newest. Each open_id has one file, and each note is one line. Notes are only added: each whole attempt before its init
is sent, and later its outcome.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import field, replace
from itertools import takewhile
from pathlib import Path
from typing import Any, Final

from contentsync.errors import Problem, StoreError
from contentsync.evidence.compare import tells_more
from contentsync.evidence.record import MALFORMED, as_json, tried_of
from contentsync.evidence.witness import Source, Tried, Witness
from contentsync.frozen import frozen
from contentsync.lifecycle import Phase
from contentsync.post_state import Attempt, PostState

_FEW: Final = 8
#: A value that says which attempt or post a note is about, with its quotes.
_VALUE: Final = re.compile(rb'"(?:name|media_digest|media|id|attempt)"\s*:\s*("(?:[^"\\]|\\.)*")')

# What a later note of an attempt repeats of the first one.
_BRIEF: Final = frozenset(
    (
        "id",
        "number",
        "generation",
        "phase",
        "publish_id",
        "post_id",
        "media_digest",
        "started_at",
        "finished_at",
        "updated_at",
    )
)


@frozen
class Noted:
    """What the journal says of one attempt; of none, where only that a state works for the identity was noted."""

    #: The state that noted it last.
    lineage: str
    #: The post's name at that time.
    name: str = ""
    tried: Tried | None = None
    #: The attempt as in record.py, as far as it was noted.
    told: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def witness(self) -> Witness:
        """The same, to be compared."""
        tried = (self.tried,) if self.tried else ()
        media = self.tried.media if self.tried else ""
        return Witness(Source.JOURNAL, self.name, tried, media=media, lineage=self.lineage)


def read(folder: Path, open_id: str) -> list[Noted]:
    """The notes about an identity, one for each attempt and each state, oldest first.

    A damaged or incomplete line is ignored.
    """
    return of_pages(_lines_of(folder, open_id))


def of_pages(lines: Iterable[bytes]) -> list[Noted]:
    """The same of lines that were read already."""
    found: dict[object, Noted] = {}
    for note in filter(None, map(_note_of, lines)):
        mark = (note.tried.id or (note.name, note.tried)) if note.tried else ("", note.lineage)
        found[mark] = _together(found[mark], note) if mark in found else note
    return list(found.values())


def concerning(lines: Iterable[bytes], names: Collection[str]) -> list[bytes]:
    """The lines about attempts of posts with these names or media, and perhaps a few more."""
    every = list(lines)
    marks = {json.dumps(mark).encode() for mark in names if mark}
    notes = map(_note_of, _holding(every, marks))
    ids = {note.tried.id for note in notes if note and note.tried and note.tried.id}
    return _holding(every, marks | {json.dumps(one).encode() for one in ids})


def _holding(lines: Sequence[bytes], marks: Set[bytes]) -> list[bytes]:
    """The lines that hold one of these values: to look for each costs too much where there are many."""
    if len(marks) > _FEW:
        return [line for line in lines if not marks.isdisjoint(_VALUE.findall(line))]
    found = {number for mark in marks for number, line in enumerate(lines) if mark in line}
    return [lines[number] for number in sorted(found)]


def names_another_state(lines: Sequence[bytes], lineage: str) -> bool:
    """Whether any attempt or state was noted last by another state than this one."""
    begin = _begin(lineage)
    if all(not line or line.startswith(begin) for line in lines):
        return False
    return any(note.lineage != lineage for note in of_pages(lines))


def _ends_with(lines: Sequence[bytes], lineage: str) -> bool:
    """Whether the last notes are by this state: then no later one of another state stands in their place."""
    begin = _begin(lineage)
    last = takewhile(lambda line: not line or line.startswith(begin), reversed(lines))
    return any(_note_of(line) for line in last if line)


def _begin(lineage: str) -> tuple[bytes, bytes]:
    """How the notes of a state begin: each line begins with its lineage."""
    ours = json.dumps({"lineage": lineage}).encode()[:-1]
    return ours + b",", ours + b"}"


class Journal:
    """The journal, as one state reads it and adds to it."""

    def __init__(self, folder: Path, lineage: str) -> None:
        self._folder, self._lineage = folder, lineage

    @property
    def is_there(self) -> bool:
        """Whether anything is noted, of whatever identity."""
        return any((self._folder / "lineages").glob("*.jsonl"))

    def read(self, open_id: str) -> list[Noted]:
        """What is noted of an identity, whichever state did it."""
        return read(self._folder, open_id)

    def pages(self, open_id: str) -> list[bytes]:
        """The lines about an identity, not looked into yet."""
        return _lines_of(self._folder, open_id)

    def note_state(self, open_id: str) -> None:
        """Remember that this state posts for an identity, on disk before this returns. Raises StoreError."""
        lines = _lines_of(self._folder, open_id)
        if _ends_with(lines, self._lineage):
            return  # to read them all takes a second for 10,000 posts
        if not any(one.lineage == self._lineage for one in of_pages(lines)):
            _add(self._folder, open_id, {"lineage": self._lineage})

    def note_attempt(self, attempt: Attempt, name: str, *, whole: bool) -> None:
        """Remember how far an attempt of the post `name` got, on disk before this returns. Raises StoreError.

        whole: with all that it sends, as the first note of an attempt has it.
        """
        told = {key: value for key, value in as_json(attempt).items() if whole or key in _BRIEF}
        _add(self._folder, attempt.open_id, {"lineage": self._lineage, "name": name, "told": told})

    def note_ends(self, row: PostState, *, whole: bool = False) -> None:
        """Remember how a post stands. whole: all its attempts, as first notes. Raises StoreError."""
        for attempt in row.attempts if whole else row.attempts[-1:]:
            self.note_attempt(attempt, row.name, whole=whole)

    def follow(self, old: str, new: str) -> None:
        """Let what is noted of one open_id count for another one of the same account, too. Raises StoreError.

        May be repeated: a line that is there is not added again.
        """
        there = _lines_of(self._folder, new)
        for line in _lines_of(self._folder, old):
            if line not in there and _note_of(line):
                _add_line(self._folder, new, line)


def witnesses(notes: Iterable[Noted]) -> tuple[Witness, ...]:
    """What the notes say of attempts, one witness each."""
    return tuple(note.witness() for note in notes if note.tried)


def _together(one: Noted, later: Noted) -> Noted:
    """Two notes of one attempt; the phase is the one that tells more, and of two alike the later."""
    if one.tried is None or later.tried is None:
        return later
    phase = one.tried.phase if tells_more(one.tried, later.tried) else later.tried.phase
    publish_id, media = later.tried.publish_id or one.tried.publish_id, later.tried.media or one.tried.media
    tried = replace(later.tried, phase=phase, publish_id=publish_id, media=media)
    told = {**one.told, **{key: value for key, value in later.told.items() if value is not None}}
    return Noted(later.lineage, later.name, tried, told | {"phase": str(phase)} if told else {})


def _file_of(folder: Path, open_id: str) -> Path:
    """An open_id may hold anything, and a file's name may not."""
    return folder / "lineages" / f"{hashlib.sha256(open_id.encode()).hexdigest()[:32]}.jsonl"


def _lines_of(folder: Path, open_id: str) -> list[bytes]:
    try:
        return _file_of(folder, open_id).read_bytes().splitlines()
    except OSError:
        return []


def _add(folder: Path, open_id: str, said: Mapping[str, object]) -> None:
    _add_line(folder, open_id, json.dumps(said).encode())


def _add_line(folder: Path, open_id: str, line: bytes) -> None:
    path = _file_of(folder, open_id)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _append(path, b"\n" + line + b"\n")  # begins a line, whatever was cut off before it
    except OSError as err:
        what = f"can't record this machine's posts in {folder}: {err.strerror or err}"
        hint = "make the folder writable, or name another one in CONTENTSYNC_DATA_DIR"
        raise StoreError(Problem("data-folder-unusable", what, hint)) from err


def _append(path: Path, line: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        written = os.write(handle, line)
        if written < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(handle)
    finally:
        os.close(handle)


def _note_of(line: bytes) -> Noted | None:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, Mapping) or not isinstance(said.get("lineage"), str):
        return None
    told, name = said.get("told"), _text(said, "name")
    if not isinstance(told, Mapping):
        return Noted(said["lineage"], name, _tried_before(said))
    try:
        return Noted(said["lineage"], name, tried_of(told), told)
    except MALFORMED:
        return None


def _tried_before(said: Mapping[str, Any]) -> Tried | None:
    """What a note of an earlier version says of an attempt: that it was begun, or that TikTok took its init."""
    if not _text(said, "attempt"):
        return None
    return Tried(
        phase=Phase.UPLOADING if said.get("sent") is True else Phase.INTENT,
        number=_count(said, "number"),
        generation=_count(said, "generation"),
        id=_text(said, "attempt"),
        media=_text(said, "media"),
    )


def _text(said: Mapping[str, Any], key: str) -> str:
    value = said.get(key)
    return value if isinstance(value, str) else ""


def _count(said: Mapping[str, Any], key: str) -> int:
    value = said.get(key)
    return value if isinstance(value, int) else 1
