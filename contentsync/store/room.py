"""Can the state be written: is there room on its disk, and may this user write there?"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

ROOM: Final = 1_000_000  # bytes that must be free before anything is begun


def why_not_writable(path: Path) -> str:
    """Why nothing can be written to the state at `path`, in words; empty where it can."""
    try:
        if free(path.parent) < ROOM:
            return "no room on its disk"
    except OSError as err:
        return err.strerror or str(err)
    return "" if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK) else "it is read-only"


def free(folder: Path) -> int:
    """The bytes that are free on the disk of a folder. Raises OSError."""
    if hasattr(os, "statvfs"):
        disk = os.statvfs(folder)
        return disk.f_bavail * disk.f_frsize
    import shutil  # with it come three packers, and most systems need none

    return shutil.disk_usage(folder).free
