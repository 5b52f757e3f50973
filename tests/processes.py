"""Processes under way in a test: how to begin one, and how to wait until something has happened.

A test waits for what happens, never for a time in which it usually happens: a busy machine takes longer. To hold a
process at a request, delay the answer (`upload:delay=600`); `emulator.clear_faults()` lets it go on.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from contentsync.emulator.faults import INITS
from contentsync.emulator.server import Emulator
from tests.cli.support import Studio

PATIENCE = 120.0  # seconds; only a fault takes so long, also on a busy machine


def until(happens: Callable[[], bool], process: subprocess.Popen[Any] | None = None) -> None:
    """Wait until something has happened. process: the one that makes it happen; it must not end before."""
    ends_at = time.monotonic() + PATIENCE
    while not happens():
        assert time.monotonic() < ends_at, "it never happened"
        assert process is None or process.poll() is None or happens(), _last_words(process)
        time.sleep(0.01)


def heed_signals() -> None:
    """What the tests themselves may run under (a job in the background, nohup) is not passed on."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@contextmanager
def begun(
    studio: Studio, *args: str, stdout: int = subprocess.PIPE, stderr: int = subprocess.PIPE
) -> Iterator[subprocess.Popen[str]]:
    """`contentsync ARGS` under way, in a process of its own that is gone in the end."""
    with subprocess.Popen(
        [sys.executable, "-m", "contentsync", *args],
        cwd=studio.root,
        env=dict(os.environ) | studio.environment,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        text=True,
        preexec_fn=heed_signals if os.name != "nt" else None,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def count(emulator: Emulator, endpoint: str) -> int:
    """How many requests to an endpoint have begun; the emulator may still be at the last one."""
    return sum(request["endpoint"] == endpoint for request in emulator.requests())


def inits(emulator: Emulator) -> int:
    return sum(count(emulator, endpoint) for endpoint in INITS)


def heeded() -> None:
    """Give a process time to heed a signal that it says nothing about."""
    time.sleep(1.0)


def stop(process: subprocess.Popen[str], number: int = signal.SIGINT) -> None:
    """Send it a first signal, and wait until it heeds it. It says so of Ctrl-C only."""
    process.send_signal(number)
    if number == signal.SIGINT:
        assert process.stderr and any("stopping" in line for line in process.stderr)
    else:
        heeded()


@contextmanager
def waiting_for_the_lock(studio: Studio, *args: str) -> Iterator[subprocess.Popen[str]]:
    """`contentsync ARGS` once it waits for the apply lock that another process has: it has opened the lock's file."""
    tried, observer = _Opened("apply.lock"), Observer()
    observer.schedule(tried, str(studio.root / ".contentsync"))
    observer.start()
    try:
        with begun(studio, *args) as process:
            until(tried.seen.is_set, process)
            yield process
    finally:
        observer.stop()
        observer.join()


class _Opened(FileSystemEventHandler):
    """Hears whether anyone opens a file of this name."""

    def __init__(self, name: str) -> None:
        self._name, self.seen = name, threading.Event()

    def on_opened(self, event: FileSystemEvent) -> None:
        if str(event.src_path).endswith(self._name):
            self.seen.set()


def _last_words(process: subprocess.Popen[Any]) -> str:
    return f"it ended with {process.returncode} before that: {process.communicate()}"
