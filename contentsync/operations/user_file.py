"""How is a file written that the user named, such as a page?"""

from __future__ import annotations

from pathlib import Path

from contentsync.errors import ContentsyncError, Problem
from contentsync.files import refuse_link_out


class Unwritable(ContentsyncError):
    """A file can't be written where the user named it."""


def write(root: Path, path: Path, text: str) -> None:
    """Write `text` to `path`, anywhere except behind a link that leads out of `root`.

    Raises ManifestError for such a link, Unwritable where the file can't be written.
    """
    path = refuse_link_out(root, path)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as err:
        what = f"{path} can't be written: {err.strerror or err}"
        raise Unwritable(Problem("file-unwritable", what, "name a file in a folder that you may write to")) from err
