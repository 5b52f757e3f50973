"""A command answered by a person at a terminal; what it says is read through pipes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.cli.support import Ran, Studio

pty = pytest.importorskip("pty", reason="needs a terminal")


def answered(studio: Studio, *args: str, typed: str) -> Ran:
    """`contentsync ARGS` with a terminal as stdin, at which these lines are typed."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "contentsync", *args],
        cwd=studio.root,
        env=dict(os.environ) | {"PYTHONUTF8": "1"} | studio.environment,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        os.close(theirs)
        os.write(ours, f"{typed}\n".encode())
        out, err = process.communicate(timeout=100)
    os.close(ours)
    return Ran(process.returncode, out, err)
