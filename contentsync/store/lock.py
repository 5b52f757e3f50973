"""Which process may send? OS locks that end with their process, each with a file that names the holder.

Two locks decide who may send, for two dangers. The apply lock is beside the state: two runs on one state would take
the same steps twice. The lock of an open_id is in the user's data folder: two checkouts have a state each, so one
learns what the other has begun only from this machine's journal, and only if it reads the journal after the other
wrote it.

A third lock only keeps a second watcher of one state from working beside the first.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from contentsync.clock import Clock
from contentsync.errors import Problem, StoreError, StoreLocked

SLICE: Final = 0.25  # seconds


@contextmanager
def apply_lock(folder: Path, doing: str, clock: Clock, timeout: float = 0.0) -> Iterator[None]:
    """Hold the project's apply lock while the block runs.

    doing: what the holder is at, for the message that others get. timeout: seconds to wait for it.
    Raises StoreLocked while another process has it; StoreError where no lock can be had.
    """
    with _held(folder / "apply.lock", doing, clock, timeout, "here"):
        yield


@contextmanager
def account_lock(
    folder: Path,
    open_id: str,
    account: str,
    doing: str,
    clock: Clock,
    timeout: float = 0.0,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[None]:
    """Hold the right to send for an identity on this machine, whichever checkout asks.

    folder: the user's data folder. stopped: asked while it waits; True gives up. Else as `apply_lock`.
    """
    (folder / "locks").mkdir(parents=True, exist_ok=True, mode=0o700)
    name = hashlib.sha256(open_id.encode()).hexdigest()[:32]  # an open_id may hold anything, a file's name may not
    with _held(folder / "locks" / f"{name}.lock", doing, clock, timeout, f"for account {account}", stopped):
        yield


@contextmanager
def watch_lock(folder: Path, clock: Clock) -> Iterator[None]:
    """Hold the place of the only watcher of a state. folder: the state's. Raises StoreLocked, StoreError."""
    with _held(folder / "watch.lock", "contentsync watch", clock, 0.0, "here"):
        yield


class SharedLock:
    """A lock that several threads of this process hold together: the first one takes it, the last one lets it go."""

    def __init__(self, take: Callable[[], AbstractContextManager[None]]) -> None:
        self._take, self._holders = take, 0
        self._mutex, self._taken = threading.Lock(), ExitStack()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold it while the block runs. Raises what taking it raises."""
        with self._mutex:
            if not self._holders:
                self._taken.enter_context(self._take())
            self._holders += 1
        try:
            yield
        finally:
            with self._mutex:
                self._holders -= 1
                if not self._holders:
                    self._taken.close()


@contextmanager
def _held(
    path: Path,
    doing: str,
    clock: Clock,
    timeout: float,
    where: str,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[None]:
    lock, note = FileLock(path, thread_local=False), path.with_name(f"{path.name}.json")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _acquire(lock, timeout, stopped)
    except Timeout:
        raise StoreLocked(_by_whom(note, where, clock.now())) from None
    except (OSError, NotImplementedError) as err:
        what = f"can't create a lock in {path.parent}: {getattr(err, 'strerror', None) or err}"
        raise StoreError(Problem("state-read-only", what, "make the folder writable")) from err
    try:
        _write_note(note, doing, clock.now())
        yield
    finally:
        with suppress(OSError):
            note.unlink()
        lock.release()


def _acquire(lock: FileLock, timeout: float, stopped: Callable[[], bool]) -> None:
    """Wait in slices, so that a stop is heard. Raises Timeout."""
    left = timeout
    while left > SLICE and not stopped():
        with suppress(Timeout):
            lock.acquire(timeout=SLICE)
            return
        left -= SLICE
    lock.acquire(timeout=0 if stopped() else left)


def holder() -> str:
    """This process, as others should read of it: pid and host."""
    return f"process {os.getpid()} on {socket.gethostname()}"


def _write_note(note: Path, doing: str, now: datetime) -> None:
    with suppress(OSError):
        note.unlink()  # what a killed holder left; on a full disk nothing could be written over it
    with suppress(OSError):  # the lock is held whether or not others can read by whom
        note.write_text(json.dumps({"holder": holder(), "since": now.isoformat(), "doing": doing}), encoding="utf-8")


def _by_whom(note: Path, where: str, now: datetime) -> Problem:
    try:
        told = json.loads(note.read_text(encoding="utf-8"))
        since = datetime.fromisoformat(told["since"])
        what = (
            f"{told['holder']} has been running `{told['doing']}` {where} for {_age((now - since).total_seconds())}"
        )
    except (OSError, ValueError, KeyError, TypeError):
        what = f"another process is working {where}; it did not record its name"
    return Problem(
        "locked", what, "wait until that process ends, which releases the lock; then run the command again"
    )


def _age(seconds: float) -> str:
    """How long, for a person; a clock that was set back makes it nothing."""
    whole = max(0, round(seconds))
    return f"{whole} s" if whole < 120 else f"{whole // 60} min" if whole < 7200 else f"{whole // 3600} h"
