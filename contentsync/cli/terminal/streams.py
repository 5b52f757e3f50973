"""Can all output be written? It is UTF-8 in every locale; no character ends a run."""

from __future__ import annotations

import io
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
