"""Get the clients that others wrote: `python tests/foreign/install.py` puts them into .foreign, away from our own.

It needs a package index, and the standard library alone. Exits 0 also where that fails: the tests then skip.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parent.parent / ".foreign"
WANTED = HERE / "requirements.txt"
STAMP = FOLDER / "installed.txt"


def main() -> int:
    """Make or renew the environment; says what came of it."""
    wanted = WANTED.read_text("utf-8")
    if STAMP.is_file() and STAMP.read_text("utf-8") == wanted:
        return 0
    if importlib.util.find_spec("ensurepip") is None:
        print("foreign clients: not to be had here, this Python has no ensurepip", file=sys.stderr)
        return 0
    venv.create(FOLDER, with_pip=True, clear=True)
    (FOLDER / ".gitignore").write_text("*\n", "utf-8")
    quiet = ("-qq", "--disable-pip-version-check", "--no-input", "--no-deps")
    done = subprocess.run([program("python"), "-m", "pip", "install", *quiet, "-r", str(WANTED)], check=False)
    if done.returncode:
        print(f"foreign clients: not to be had here, pip ended with {done.returncode}", file=sys.stderr)
        return 0
    STAMP.write_text(wanted, "utf-8")
    return 0


def program(name: str) -> Path:
    """A program of the environment."""
    found = FOLDER / "bin" / name
    return found if found.parent.is_dir() else FOLDER / "Scripts" / f"{name}.exe"


def is_installed() -> bool:
    """Whether what requirements.txt names is there."""
    return STAMP.is_file() and STAMP.read_text("utf-8") == WANTED.read_text("utf-8")


if __name__ == "__main__":
    sys.exit(main())
