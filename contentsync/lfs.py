"""Which command fetches files that Git LFS keeps? Pure."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterable
from typing import Final

_LISTED: Final = 100


def lfs_command(prefix: str, names: Iterable[str]) -> str:
    """The one command that fetches exactly these files.

    prefix: the path of the project within its git repository, as `git lfs` counts from there; with a `/` at its end.
    """
    listed = sorted(f"{prefix}{name}" for name in dict.fromkeys(names))
    if len(listed) > _LISTED:
        listed = sorted({f"{posixpath.dirname(name) or '.'}/**" for name in listed})
    return f"git lfs pull --include={shlex.quote(','.join(listed))}"
