"""Can what is said always be written? Output is UTF-8 whatever the locale says; no character ends a run."""

from __future__ import annotations

import io
import sys


def speak_utf8() -> None:
    """Make this process write UTF-8, and escape what UTF-8 can't hold (half a pair, as in odd file names).

    A locale, a Windows pipe or PYTHONIOENCODING may ask for less, and would end a run at the first other character,
    perhaps after posts went out. What is typed is read as the locale says; a byte that it does not know is no yes.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="backslashreplace")
