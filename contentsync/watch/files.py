"""Which files changed? Events of the operating system where they work, else a scan at intervals.

Both are hints: the look that follows reads everything. watchdog calls no handler when the kernel dropped events, and
leaves out subfolders that it can't watch; both are noticed here, and covered by full looks in any case.
"""

from __future__ import annotations

import logging
import os
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from contentsync.errors import Level, Problem
from contentsync.watch.mounts import silent_kind
from contentsync.watch.wakeups import ThreadWakeups

#: Without a filter watchdog hears of our own reading, and is busy with that for ever in a large tree.
EVENTS: Final[list[type[FileSystemEvent]]] = [
    FileClosedEvent,
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileDeletedEvent,
    DirCreatedEvent,
    DirMovedEvent,
    DirDeletedEvent,
]
OURS: Final = frozenset({"receipts"})
TEND_EVERY: Final = 5.0  # seconds between two looks at the watches themselves
FIRST_COUNT: Final = 10.0  # seconds after which folders that are not watched are counted
COUNT_EVERY: Final = 300.0  # seconds between two such counts
POLL_EVERY: Final = 2.0  # seconds, at least, between two scans
SHARE: Final = 0.005  # of one processor, at most, for scans
MOUNTS: Final = Path("/proc/self/mountinfo")
#: The name of a folder in the root (`.` for the root), its device and its inode.
Folder = tuple[str, int, int]
_LOGGER: Final = logging.getLogger("watchdog")


def is_ours(parts: tuple[str, ...]) -> bool:
    """Whether a path from the root can be ignored: hidden, or written by contentsync itself."""
    return not parts or parts[0] in OURS or any(part.startswith(".") for part in parts)


class FileHints:
    """Watches the files of a project, and says which changed."""

    def __init__(
        self,
        root: Path,
        wakeups: ThreadWakeups,
        *,
        poll: bool,
        mounts: Path = MOUNTS,
        observer: Callable[[], BaseObserver] = Observer,
        held: Callable[[], int] | None = None,
    ) -> None:
        """poll: a person asks for scans. mounts: where the mounted file systems are listed.

        observer: makes what watches. held: how many folders the kernel watches for this process.
        """
        self._root, self._wakeups, self._new_observer, self._held = root, wakeups, observer, held or watches_held
        self._why_polling = "you asked for it" if poll else _silent(root, mounts)
        self._observer: BaseObserver | None = None
        self._watched: frozenset[Folder] = frozenset()
        self._tend_at = self._count_at = 0.0
        self._scan: Scan | None = None

    @property
    def mode(self) -> str:
        return "polling" if self._why_polling else "events"

    def tend(self, now: float) -> Problem | None:
        if self._why_polling:
            return self._poll(now)
        if now < self._tend_at and self._is_alive():
            return None
        self._tend_at = now + TEND_EVERY
        folders = frozenset(_folders(self._root))
        if not self._is_alive() or folders != self._watched:
            self._watch(folders)
            self._count_at = now + FIRST_COUNT
        if now >= self._count_at and not self._why_polling:
            self._count_at = now + COUNT_EVERY
            self._refuse_gaps(folders)
        return self._poll(now) if self._why_polling else None

    def close(self) -> None:
        observer, self._observer = self._observer, None
        if observer is not None and observer.is_alive():
            observer.stop()
            observer.join(5.0)

    # Events.

    def _is_alive(self) -> bool:
        observer = self._observer
        return observer is not None and observer.is_alive() and all(one.is_alive() for one in observer.emitters)

    def _refuse_gaps(self, folders: frozenset[Folder]) -> None:
        """Scan instead if some folders are not watched: watchdog leaves those out silently."""
        wanted = 1 + sum(1 + _count(self._root / name) for name, _, _ in folders if name != ".")
        held = self._held()
        if 0 < held < wanted:
            what = f"{wanted - held} folders can't be watched: the limit fs.inotify.max_user_watches is reached"
            self._fall_back(what)

    def _watch(self, folders: frozenset[Folder]) -> None:
        """Watch the root itself, and each of these folders of it with all below."""
        self.close()
        _quieten(self._wakeups)
        handler, again = _Handler(self._root, self._wakeups), bool(self._watched)
        try:
            self._observer = observer = self._new_observer()  # asks the kernel already, which may refuse
            observer.start()  # first: what can't be watched is then refused here, and not in a thread
            for name, _, _ in sorted(folders):
                observer.schedule(handler, str(self._root / name), recursive=name != ".", event_filter=EVENTS)
        except FileNotFoundError:
            return  # a folder went away meanwhile; the next time tells
        except OSError as err:
            self._fall_back(f"files can't be watched: {err.strerror or err}")
            return
        self._watched = folders
        if again:
            self._wakeups.files_changed(lost=True)  # nothing was heard in between

    # Scans.

    def _fall_back(self, why: str) -> None:
        self.close()
        self._why_polling = why

    def _poll(self, now: float) -> Problem | None:
        if self._scan is None:
            self._scan = Scan(self._root)
            self._scan.changed(now)
        elif self._scan.changed(now):
            self._wakeups.files_changed()
        what = f"watch looks for changed files every {self._scan.every:.0f} s, because {self._why_polling}"
        return Problem(
            "watch-polls", what, "nothing to do: only the start of an upload is a little later", level=Level.NOTE
        )


class Scan:
    """Looks at all names and times, at intervals that grow with what a look costs."""

    def __init__(self, root: Path) -> None:
        self._root, self._next_at = root, 0.0
        self._seen: int | None = None
        self.every = POLL_EVERY

    def changed(self, now: float) -> bool:
        """Whether anything changed since the last time; False while the interval lasts."""
        if now < self._next_at:
            return False
        began = time.perf_counter()
        seen = hash(frozenset(_stats(self._root)))
        self.every = max(POLL_EVERY, (time.perf_counter() - began) / SHARE)
        self._next_at = now + self.every
        before, self._seen = self._seen, seen
        return before is not None and before != seen


class _Handler(FileSystemEventHandler):
    """Turns events into hints."""

    def __init__(self, root: Path, wakeups: ThreadWakeups) -> None:
        self._root, self._wakeups = os.fspath(root), wakeups

    def on_any_event(self, event: FileSystemEvent) -> None:
        names = [self._name(path) for path in (event.src_path, event.dest_path) if path]
        told = [name for name in names if name]
        if told:
            self._wakeups.files_changed(told)

    def _name(self, path: bytes | str) -> str:
        """The path from the root; empty if it can be ignored."""
        name = os.path.relpath(os.fsdecode(path), self._root).replace(os.sep, "/")
        return "" if is_ours(tuple(name.split("/"))) else name


class _Lost(logging.Handler):
    """Watchdog reports lost events in its log only."""

    def __init__(self, wakeups: ThreadWakeups) -> None:
        super().__init__(logging.WARNING)
        self._wakeups = wakeups

    def emit(self, record: logging.LogRecord) -> None:  # noqa: ARG002
        self._wakeups.files_changed(lost=True)


def _quieten(wakeups: ThreadWakeups) -> None:
    """Keep watchdog's words off the terminal; each of its warnings is a reason for a full look."""
    warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"watchdog\..*")
    _LOGGER.propagate = False
    for handler in [one for one in _LOGGER.handlers if isinstance(one, _Lost)]:
        _LOGGER.removeHandler(handler)
    _LOGGER.addHandler(_Lost(wakeups))


def _silent(root: Path, mounts: Path) -> str:
    """Why no events come from the file system of the root; empty if they do."""
    if os.fspath(root).startswith(("\\\\", "//")):
        return "the project is on a network drive"
    try:
        kind = silent_kind(mounts.read_text("utf-8", "replace"), os.path.realpath(root))
    except OSError:
        return ""  # not Linux
    return f"a file system of the kind {kind} tells of no changes" if kind else ""


def _folders(root: Path) -> Iterator[Folder]:
    """The root itself and the folders in it that may hold manifests or media, each with what it is.

    A folder that was moved away is still watched, under its new name; the one in its place is another.
    """
    try:
        for entry in (*_entries(str(root)), None):
            if entry is None:
                found = root.stat()
                yield ".", found.st_dev, found.st_ino
            elif not is_ours((entry.name,)) and entry.is_dir(follow_symlinks=False):
                found = entry.stat()
                yield entry.name, found.st_dev, found.st_ino
    except OSError:
        return


def watches_held() -> int:
    """How many folders the kernel watches for this process; 0 where that can't be seen.

    Source: man 5 proc, /proc/PID/fdinfo, "inotify".
    """
    try:
        return sum(_watches(Path(entry.path)) for entry in os.scandir("/proc/self/fdinfo"))
    except OSError:
        return 0


def _watches(fdinfo: Path) -> int:
    try:
        return fdinfo.read_bytes().count(b"inotify wd:")
    except OSError:
        return 0


def _count(folder: Path) -> int:
    return sum(len(names) for _, names, _ in os.walk(folder))


def _stats(root: Path) -> Iterator[tuple[Any, ...]]:
    """A value that differs after a change of any file below the root."""
    pending = [str(root)]
    while pending:
        folder = pending.pop()
        for entry in _entries(folder):
            if is_ours(Path(entry.path).relative_to(root).parts):
                continue
            try:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                else:
                    found = entry.stat()
                    yield entry.path, found.st_size, found.st_mtime_ns, found.st_ino
            except OSError:
                yield (entry.path,)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []
