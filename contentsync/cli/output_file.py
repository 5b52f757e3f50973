"""How is a result written to the file that a person named? Whole or not at all, and never through a link out."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from contentsync.errors import ContentsyncError, Problem
from contentsync.files import output_place, replace_whole

_MODE: Final = 0o644


class UnwritableFile(ContentsyncError):
    """A result can't be written to the file that the person named."""


def write_named(path: Path, content: bytes, root: Path) -> None:
    """Write a page, table or calendar. root: the project's. Raises UnwritableFile, ManifestError."""
    path = output_place(root, path)
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(content)  # a pipe or a device, which no other file may replace
        else:
            replace_whole(path, content, _MODE)
    except OSError as err:
        what = f"{path} can't be written: {err.strerror or type(err).__name__}"
        raise UnwritableFile(
            Problem("output-unwritable", what, "name a file in a folder that you may write to")
        ) from err
