"""Who may apply? An OS lock that dies with its process, and a note beside it that says who holds it."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from contentsync.clock import Clock
from contentsync.errors import Problem, StoreError, StoreLocked


@contextmanager
def apply_lock(folder: Path, doing: str, clock: Clock, timeout: float = 0.0) -> Iterator[None]:
    """Hold the project's apply lock while the block runs.

    doing: what the holder is at, for the message that others get. timeout: seconds to wait for it.
    Raises StoreLocked while another process has it; StoreError where no lock can be had.
    """
    lock, note = FileLock(folder / "apply.lock"), folder / "apply.lock.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=timeout)
    except Timeout:
        raise StoreLocked(_held(note, clock.now())) from None
    except (OSError, NotImplementedError) as err:
        what = f"no lock can be taken in {folder}: {getattr(err, 'strerror', None) or err}"
        raise StoreError(Problem("state-read-only", what, "make the folder writable for you")) from err
    try:
        _write_note(note, doing, clock.now())
        yield
    finally:
        with suppress(OSError):
            note.unlink()
        lock.release()


def holder() -> str:
    """This process, as others should read of it: pid and host."""
    return f"process {os.getpid()} on {socket.gethostname()}"


def _write_note(note: Path, doing: str, now: datetime) -> None:
    with suppress(OSError):
        note.unlink()  # what a killed holder left; on a full disk nothing could be written over it
    with suppress(OSError):  # the lock is held whether or not others can read by whom
        note.write_text(json.dumps({"holder": holder(), "since": now.isoformat(), "doing": doing}), encoding="utf-8")


def _held(note: Path, now: datetime) -> Problem:
    try:
        told = json.loads(note.read_text(encoding="utf-8"))
        since = datetime.fromisoformat(told["since"])
        what = f"{told['holder']} has been at `{told['doing']}` here for {_age((now - since).total_seconds())}"
    except (OSError, ValueError, KeyError, TypeError):
        what = "another process is applying this project; it left no note of itself"
    return Problem("locked", what, "wait until it is done, then run this again; the lock goes when the process ends")


def _age(seconds: float) -> str:
    """How long, for a person; a clock that was set back makes it nothing."""
    whole = max(0, round(seconds))
    return f"{whole} s" if whole < 120 else f"{whole // 60} min" if whole < 7200 else f"{whole // 3600} h"
