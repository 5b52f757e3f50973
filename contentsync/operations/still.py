"""Is there still nothing to do? A plan that found nothing answers the next, while all that it looked at is the same.

The danger: an answer that is kept too long hides an edit, or a post that is due. The rule: an answer is kept only for
a plan without a network that found nothing to do and said nothing that time alone changes. It holds while all of this
is the same as before that plan began: the bytes of the project file and of the user's own files, the variables that
they read, the stat of the state, and the name and stat of every file in the folders of the manifests. After one
difference, or in any doubt, the whole plan is made.

Why that is enough: a plan without a network is made from exactly these and from the clock. With no attempt under way,
no manifest that differs from what was sent, and no video that was seen to vanish, no rule compares anything with the
clock. What matters only for a post that would be sent (receipts, the journal) decides nothing here.

All of this is imported before a plan is made, so it imports little: no parser, no planner, no database.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from contentsync import __version__
from contentsync.clock import Clock
from contentsync.errors import ContentsyncError, Level, Place, Problem
from contentsync.files import leads_out
from contentsync.git_index import is_tracked
from contentsync.places import LOCAL_FOLDER, PROJECT_FILE, USER_FILE, config_folder, data_folder, grant_file
from contentsync.root import find_root
from contentsync.store.machine_secret import machine_secret
from contentsync.store.room import why_not_writable
from contentsync.tree import RACY, Stat, Tree, stat_of

if TYPE_CHECKING:
    from contentsync.operations.plan import Made
    from contentsync.project import Project

_VERSION: Final = 1  # raised when the same files would give another answer
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FILE: Final = "nothing-to-do"
_MOST: Final = 1 << 20  # bytes
_OURS: Final = "CONTENTSYNC_"
_READ: Final = ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "SUDO_UID", "APPDATA", "LOCALAPPDATA", "PYTHONTZPATH")
_VARIABLE: Final = re.compile(rb"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_EXPECTED: Final = (OSError, ValueError, TypeError, KeyError, RecursionError)


class Answer(NamedTuple):
    """What the plan said."""

    #: How many posts are as declared.
    unchanged: int
    notes: tuple[Problem, ...]


class Still:
    """The question, asked before a plan is made; and the answer of that plan, for the next one."""

    def __init__(self, root: Path, environ: Mapping[str, str], clock: Clock) -> None:
        """clock: the one by which files get their times."""
        self._root, self._environ = root, environ
        self._began = (clock.now() - _EPOCH) // timedelta(microseconds=1) * 1000
        self._tree: Tree | None = None
        self._state: tuple[str, Stat | None] = ("", None)
        self._texts = self._texts_now()

    @classmethod
    def around(cls, start: Path, environ: Mapping[str, str], clock: Clock) -> Still | None:
        """The question about the project around `start`; None where only the plan itself can say what is wrong."""
        if os.name == "nt":
            return None  # there st_ctime is when a file was made: a write whose time is put back leaves no trace
        try:
            return cls(find_root(start, environ), environ, clock)
        except (ContentsyncError, OSError):
            return None

    def answer(self) -> Answer | None:
        """What the last plan said, if that still holds."""
        try:
            kept = self._kept()
            if kept is None or kept["texts"] != self._texts or not self._is_state(*kept["state"]):
                return None
            if any(stat_of(path) != _stat(seen) for path, seen in kept["others"]):
                return None
            self._tree = Tree(str(self._root), kept["tops"])
            if not self._tree.is_whole or self._tree.digest() != kept["tree"]:
                return None
            return Answer(kept["unchanged"], tuple(map(_problem, kept["notes"])))
        except _EXPECTED:
            return None

    def begin(self, project: Project) -> None:
        """Look at all that the plan is about to read."""
        from contentsync.manifest.files import folders_of

        path = str(self._root / project.settings.state)
        if project.settings.state_by_user or Path(path).parent != self._root / LOCAL_FOLDER:
            return
        self._state = (path, stat_of(path))
        tops = folders_of(project.settings.manifests)
        if self._tree is None or self._tree.tops != tops:
            self._tree = Tree(str(self._root), tops)

    def keep(self, made: Made, project: Project) -> None:
        """Keep what the plan says, if it may be kept."""
        path, seen = self._state
        if self._tree is None or seen is None or not self._may_be_kept(made, project):
            return
        others = _others(project)
        if others is None:
            return
        told = {
            "texts": self._texts,
            "state": [path, list(seen)],
            "tops": self._tree.tops,
            "tree": self._tree.digest(),
            "others": others,
            "unchanged": made.plan.unchanged,
            "notes": [_told(note) for note in made.notes],
        }
        self._write(told)

    def _may_be_kept(self, made: Made, project: Project) -> bool:
        from contentsync.trust import hide

        if made.plan.actions or made.is_partial or self._state[1] is None:
            return False
        said = json.dumps([_told(note) for note in made.notes], ensure_ascii=False)
        if hide(said, project.settings.hidden) != said:
            return False  # what came out of the environment is never written down
        if any(facts.remote.gone or facts.pause for facts in made.world.accounts.values()):
            return False
        if max(self._state[1][1:3]) + RACY >= self._began or not self._is_state(*self._state):
            return False
        tree = self._tree
        assert tree is not None
        return tree.is_whole and tree.is_settled(self._began) and all(map(tree.holds, made.media))

    def _is_state(self, path: str, seen: Stat | None) -> bool:
        """Whether the state is the one that was seen, and nothing of it waits beside its file."""
        log = stat_of(f"{path}-wal")
        if seen is None or stat_of(path) != _stat(seen) or (log and log[0]):
            return False
        place = Path(path)
        if leads_out(self._root, place) or leads_out(self._root, place.parent):
            return False
        return not why_not_writable(place) and not is_tracked(place)

    # What is compared by its bytes.

    def _texts_now(self) -> list[list[str]]:
        """A digest of each text that a plan depends on: the files that are read whole, and the variables."""
        environ = self._environ
        files = [
            self._root / PROJECT_FILE,
            config_folder(environ) / USER_FILE,
            grant_file(data_folder(environ), self._root),
        ]
        texts = [_bytes_of(path) for path in files]
        named = {name.decode() for name in _VARIABLE.findall(texts[0] or b"")} | set(_READ)
        values = {name: value for name, value in environ.items() if name.startswith(_OURS) or name in named}
        told = json.dumps(values, sort_keys=True).encode("utf-8", "surrogatepass")
        digests = ["" if text is None else self._mark(text) for text in texts]
        return [["", self._mark(told)], *([str(path), digest] for path, digest in zip(files, digests, strict=True))]

    @cached_property
    def _secret(self) -> bytes:
        return machine_secret(data_folder(self._environ))

    def _mark(self, text: bytes) -> str:
        """A digest that only this user on this machine can make."""
        head = json.dumps([_VERSION, __version__, str(self._root)]).encode()
        return blake2b(b"%d " % len(head) + head + text, key=self._secret, digest_size=32).hexdigest()

    # Where it is kept: a small file, so that no database has to be opened.

    @property
    def _place(self) -> Path:
        return self._root / LOCAL_FOLDER / _FILE

    def _kept(self) -> dict[str, Any] | None:
        """What was kept by this user on this machine, whole; None for anything else."""
        data = _bytes_of(self._place)
        if data is None:
            return None
        proof, _, text = data.partition(b"\n")
        if proof != self._mark(text).encode():
            return None
        kept = json.loads(text)
        return kept if isinstance(kept, dict) else None

    def _write(self, told: Mapping[str, object]) -> None:
        text = json.dumps(told, ensure_ascii=True).encode()
        part = self._place.with_name(f"{_FILE}.part")
        try:
            part.write_bytes(self._mark(text).encode() + b"\n" + text)
            part.replace(self._place)  # not flushed: half a file has no proof
        except OSError:
            return  # it only costs time


def _others(project: Project) -> list[list[object]] | None:
    """The stats of what the settings also depend on: the rules of time zones, and files that a command names.

    None where the rules of a zone lie in no file of the machine.
    """
    import zoneinfo

    settings = project.settings
    zones = {settings.timezone, *(account.timezone for account in settings.accounts.values())} - {"UTC"}
    paths = [f"{folder}/{zone}" for zone in sorted(zones) for folder in zoneinfo.TZPATH]
    if any(not any(path.endswith(f"/{zone}") and stat_of(path) for path in paths) for zone in zones):
        return None
    paths += [str(project.root / argument) for _, command in settings.wanted.commands for argument in command]
    return [[path, stat_of(path)] for path in paths]


def _stat(told: Iterable[int] | None) -> Stat | None:
    """A stat as it was kept."""
    if told is None:
        return None
    size, written, changed, inode = map(int, told)
    return size, written, changed, inode


def _bytes_of(path: Path) -> bytes | None:
    """The bytes of a small file; None where there is none."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST + 1)
    except OSError:
        return None
    return data if len(data) <= _MOST else None


def _told(note: Problem) -> list[object]:
    where = note.where and [note.where.file, note.where.line, note.where.column]
    return [note.code, note.what, note.hint, where, str(note.level), note.source, note.width]


def _problem(told: list[Any]) -> Problem:
    code, what, hint, where, level, source, width = told
    return Problem(code, what, hint, where and Place(*where), Level(level), source, width)
