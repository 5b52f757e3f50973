"""Can all output be written? It is UTF-8 in every locale; no character and no closed stream ends a run."""

from __future__ import annotations

import io
import os
import sys


def speak_utf8() -> None:
    """Make this process write UTF-8, and escape what UTF-8 can't hold (half a pair, as in odd file names).

    A locale, a Windows pipe or PYTHONIOENCODING may ask for less, and would end a run at the first other character,
    perhaps after posts went out. Input is read in the locale's encoding; a byte that does not fit is not a yes.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="backslashreplace")


def open_what_is_closed() -> None:
    """Lead standard streams that were closed at the start to the null device.

    Otherwise the next file that is opened, such as the state, would get the number of a standard stream, and a
    program started from here would write its output into that file.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
            setattr(sys, name, open(number, "w" if number else "r", encoding="utf-8", closefd=False))  # noqa: SIM115
