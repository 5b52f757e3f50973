"""How does a program of the project get a notice? As JSON on its standard input, without our secrets around it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from contentsync.notices import Notice

FORMAT: Final = "contentsync.notice/1"
SECONDS: Final = 10


def send(command: Sequence[str], folder: Path, environ: Mapping[str, str], notice: Notice, seconds: float) -> str:
    """Run the program once for the notice. Returns why that failed; empty where it did not.

    environ: without secrets. seconds: then the program, with all that it started, is ended. What it prints is never
    shown: it may hold secrets.
    """
    text = json.dumps({"format": FORMAT, **notice.as_json()}, ensure_ascii=False) + "\n"
    try:
        process = subprocess.Popen(  # noqa: S603 - a command that the user has granted, without a shell
            list(command),
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, ValueError) as err:
        return f"the program could not be started ({type(err).__name__})"
    try:
        process.communicate(text.encode("utf-8", "replace"), timeout=min(seconds, SECONDS))
    except subprocess.TimeoutExpired:
        _end(process)
        return f"the program took longer than {min(seconds, SECONDS):g} seconds"
    return f"the program ended with {process.returncode}" if process.returncode else ""


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the program and what it started."""
    if hasattr(os, "killpg"):
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            process.kill()
    else:
        process.kill()
    process.wait()
