"""Is there still nothing to do? A plan that found nothing to do is repeated while all its inputs are the same.

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
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import blake2b
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from contentsync import __version__
from contentsync.clock import Clock
from contentsync.errors import ContentsyncError, Level, Place, Problem
from contentsync.files import leads_out
from contentsync.git_index import is_tracked
from contentsync.root import find_root
from contentsync.standard_paths import LOCAL_FOLDER, PROJECT_FILE, USER_FILE, config_folder, data_folder, grant_file
from contentsync.store.machine_secret import machine_secret
from contentsync.store.room import why_not_writable
from contentsync.tree import RACY, Stat, Tree, stat_of

if TYPE_CHECKING:
    from contentsync.operations.plan import Made
    from contentsync.project import Project

_VERSION: Final = 1  # raised when the same files would give another answer
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FILE: Final = "nothing-to-do"
_PROVEN: Final = "state-proven"
_OURS: Final = "CONTENTSYNC_"
_READ: Final = ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "SUDO_UID", "APPDATA", "LOCALAPPDATA", "PYTHONTZPATH")
_VARIABLE: Final = re.compile(rb"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_EXPECTED: Final = (OSError, ValueError, TypeError, KeyError, RecursionError)


#: Where a text is in a file of several: its first byte, how many, and their keyed digest.
Spot = tuple[int, int, str]


class DetailsLost(Exception):
    """A text is not where it was kept."""


class Answer(NamedTuple):
    """What the plan said."""

    #: How many posts are as declared.
    unchanged: int
    notes: tuple[Problem, ...]


class NothingToDo:
    """The question, asked before a plan is made; and what that plan found, for the next one."""

    def __init__(self, root: Path, environ: Mapping[str, str], clock: Clock, *, only_reads: bool = False) -> None:
        """clock: the one by which files get their times. only_reads: as in `around`."""
        self._only_reads = only_reads
        self._root, self._environ = root, environ
        #: When it was asked, in nanoseconds.
        self.began = (clock.now() - _EPOCH) // timedelta(microseconds=1) * 1000
        #: The folders of the manifests, as they were before anything of them was read.
        self.tree: Tree | None = None
        self._state: tuple[str, Stat | None] = ("", None)
        self._texts = self._texts_now()
        self._tracked: dict[str, bool] = {}

    @classmethod
    def around(
        cls, start: Path, environ: Mapping[str, str], clock: Clock, *, only_reads: bool = False
    ) -> NothingToDo | None:
        """The question about the project around `start`; None where only the plan itself can say what is wrong.

        only_reads: nothing is written to the state by what the plan says.
        """
        if os.name == "nt":
            return None  # there st_ctime is when a file was made: a write whose time is put back leaves no trace
        try:
            return cls(find_root(start, environ), environ, clock, only_reads=only_reads)
        except (ContentsyncError, OSError):
            return None

    def answer(self) -> Answer | None:
        """What the last plan said, if that still holds."""
        try:
            text = self.read(_FILE)
            kept = json.loads(text) if text else None
            if kept is None or not self._is_same(kept["basis"]):
                return None
            self.tree = Tree(str(self._root), kept["tops"])
            if not self.tree.is_whole or self.tree.digest() != kept["tree"]:
                return None
            return Answer(kept["unchanged"], tuple(map(problem_of, kept["notes"])))
        except _EXPECTED:
            return None

    def begin(self, project: Project) -> None:
        """Look at all that the plan is about to read."""
        from contentsync.manifest.files import folders_of

        path = str(self._root / project.settings.state)
        if not project.settings.state_by_user and Path(path).parent == self._root / LOCAL_FOLDER:
            self._state = (path, stat_of(path))
        tops = folders_of(project.settings.manifests)
        if self.tree is None or self.tree.tops != tops:
            self.tree = Tree(str(self._root), tops)

    def keep(self, made: Made, project: Project) -> None:
        """Keep what the plan says, if it may be kept."""
        basis = self.basis(project)
        if self.tree is None or basis is None or not basis["state"] or not self._may_be_kept(made, project):
            return
        told = {
            "basis": basis,
            "tops": self.tree.tops,
            "tree": self.tree.digest(),
            "unchanged": made.plan.unchanged,
            "notes": [told_problem(note) for note in made.notes],
        }
        self.write(_FILE, json.dumps(told))

    def is_proven(self) -> bool:
        """Whether the state is the one that an earlier plan found whole: nothing was written to it since.

        Opening it proves every page, which takes longer than all that a small plan reads of it. A plan that is
        followed by a write has it proven, too.
        """
        path, seen = self._state
        if seen is None or not self._only_reads:
            return False
        return self.read(_PROVEN) == _told_state(path, seen) and self._is_state(path, seen)

    def keep_proven(self) -> None:
        """Keep that the state was whole when this plan opened it."""
        path, seen = self._state
        if seen is None or max(seen[1:3]) + RACY >= self.began or not self._is_state(path, seen):
            return
        told = _told_state(path, seen)
        if self.read(_PROVEN) != told:
            self.write(_PROVEN, told)

    def basis(self, project: Project) -> dict[str, Any] | None:
        """All that a plan depends on, apart from the manifests and media; None where that can't be relied on.

        Its state is None where only the rows can say whether they changed: it was written just now, or is shared.
        """
        path, seen = self._state
        others = _others(project)
        if others is None or {name for _, name in project.settings.wanted.variables} - self._named():
            return None  # a variable whose name is written with escapes, so that the bytes do not show it
        is_known = seen and max(seen[1:3]) + RACY < self.began and self._is_state(path, seen)
        return {"texts": self._texts, "state": [path, list(seen)] if seen and is_known else None, "others": others}

    def holds(self, path: str) -> bool:
        """Whether the scan of the folders covers this file."""
        return self.tree is not None and self.tree.holds(path)

    def _is_same(self, basis: Mapping[str, Any]) -> bool:
        """Whether nothing has changed of what was kept by `basis`."""
        if basis["texts"] != self._texts or not self._is_state(*basis["state"]):
            return False
        return all(stat_of(path) == _stat(seen) for path, seen in basis["others"])

    def _may_be_kept(self, made: Made, project: Project) -> bool:
        from contentsync.trust import hide

        if made.plan.actions or made.is_partial or made.media is None:
            return False
        said = json.dumps([told_problem(note) for note in made.notes], ensure_ascii=False)
        if hide(said, project.settings.hidden) != said:
            return False  # what came out of the environment is never written down
        if any(facts.remote.gone or facts.pause for facts in made.world.accounts.values()):
            return False
        tree = self.tree
        assert tree is not None
        return tree.is_whole and tree.is_settled(self.began) and all(map(tree.holds, made.media))

    def _is_state(self, path: str, seen: Iterable[int] | None) -> bool:
        """Whether the state is the one that was seen, with nothing in its write-ahead log."""
        log = stat_of(f"{path}-wal")
        if seen is None or stat_of(path) != _stat(seen) or (log and log[0]):
            return False
        place = Path(path)
        if leads_out(self._root, place) or leads_out(self._root, place.parent):
            return False
        if path not in self._tracked:
            self._tracked[path] = is_tracked(place)
        return not why_not_writable(place) and not self._tracked[path]

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
        self._project_file = texts[0] or b""
        named = self._named() | set(_READ)
        values = {name: value for name, value in environ.items() if name.startswith(_OURS) or name in named}
        told = json.dumps(values, sort_keys=True).encode("utf-8", "surrogatepass")
        digests = ["" if text is None else self._mark(text) for text in texts]
        return [["", self._mark(told)], *([str(path), digest] for path, digest in zip(files, digests, strict=True))]

    def _named(self) -> set[str]:
        """The variables that the bytes of the project file name."""
        return {name.decode() for name in _VARIABLE.findall(self._project_file)}

    @cached_property
    def _secret(self) -> bytes:
        return machine_secret(data_folder(self._environ))

    def _mark(self, text: bytes) -> str:
        """A digest that only this user on this machine can make."""
        head = json.dumps([_VERSION, __version__, str(self._root)]).encode()
        return blake2b(b"%d " % len(head) + head + text, key=self._secret, digest_size=32).hexdigest()

    # Where it is kept: in small files, so that no database has to be opened.

    def read(self, name: str) -> str | None:
        """What was kept under this name by this user on this machine, whole; None for anything else."""
        data = _bytes_of(self._root / LOCAL_FOLDER / name)
        if data is None:
            return None
        proof, _, text = data.partition(b"\n")
        return text.decode() if proof == self._mark(text).encode() else None

    def write(self, name: str, text: str) -> None:
        """Keep a text under this name."""
        place = self._root / LOCAL_FOLDER / name
        part = place.with_name(f"{name}.part")
        data = text.encode()
        try:
            part.write_bytes(self._mark(data).encode() + b"\n" + data)
            part.replace(place)  # not flushed: half a file has no proof
        except OSError:
            return  # it only costs time

    def size_of(self, name: str) -> int:
        """How many bytes are kept under this name."""
        seen = stat_of(str(self._root / LOCAL_FOLDER / name))
        return seen[0] if seen else 0

    def read_at(self, name: str, spot: Spot) -> str:
        """The text that `add` put there. Raises DetailsLost for anything else."""
        start, size, mark = spot
        try:
            with (self._root / LOCAL_FOLDER / name).open("rb") as file:
                file.seek(start)
                data = file.read(size)
        except OSError as err:
            raise DetailsLost(name) from err
        if self._mark(data) != mark:
            raise DetailsLost(name)
        return data.decode()

    def add(self, name: str, texts: Sequence[str], *, is_new: bool) -> list[Spot]:
        """Keep texts behind those that are kept under this name, or in their place. Raises DetailsLost.

        Only the marks prove them, so that nothing else of the file has to be read.
        """
        place = self._root / LOCAL_FOLDER / name
        parts = [text.encode() for text in texts]
        written = place.with_name(f"{name}.part") if is_new else place
        try:
            with written.open("wb" if is_new else "ab") as file:
                start = file.seek(0, os.SEEK_END)
                file.write(b"".join(parts))
            if is_new:
                written.replace(place)
        except OSError as err:
            raise DetailsLost(name) from err
        ends = list(accumulate(map(len, parts), initial=start))
        return [(begin, len(part), self._mark(part)) for begin, part in zip(ends, parts, strict=False)]


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
    return [[path, seen and list(seen)] for path, seen in ((path, stat_of(path)) for path in paths)]


def _told_state(path: str, seen: Stat) -> str:
    return json.dumps(["the state is whole", path, list(seen)])


def _stat(told: Iterable[int] | None) -> Stat | None:
    """The stat that was kept."""
    if told is None:
        return None
    size, written, changed, inode = map(int, told)
    return size, written, changed, inode


def _bytes_of(path: Path) -> bytes | None:
    """The bytes of a file; None if there is none."""
    try:
        return path.read_bytes() if path.is_file() else None
    except OSError:
        return None


def told_problem(problem: Problem) -> list[object]:
    """A problem in the form in which it is kept."""
    where = problem.where and [problem.where.file, problem.where.line, problem.where.column]
    return [problem.code, problem.what, problem.hint, where, str(problem.level), problem.source, problem.width]


def problem_of(told: list[Any]) -> Problem:
    """The problem that was kept."""
    code, what, hint, where, level, source, width = told
    return Problem(code, what, hint, where and Place(*where), Level(level), source, width)
