"""Does a path stay inside a folder? The one check that all readers and writers of a project's files share.

A repository can hold links, and rows and plan files can hold any text. So a path is followed through all links to
where it really leads, before anything is read, written or deleted there. A link that is put in place between this
check and the use of the path is not seen: whoever can do that on this machine already acts as its user.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from contentsync.errors import ManifestError, Problem

_HINT = "take the link out, and put the file or folder itself there"


def leads_out(root: Path, path: Path) -> bool:
    """Whether `path`, with every link in it followed, is not below `root`, nor `root` itself."""
    real_root, real = os.path.realpath(root), os.path.realpath(path)
    return real != real_root and not real.startswith(real_root.rstrip(os.sep) + os.sep)


def inside(root: Path, path: Path) -> Path:
    """`path`, if it stays inside `root`. Raises ManifestError."""
    if leads_out(root, path):
        raise ManifestError(Problem("path-outside", f"{_told(root, path)} leads out of {root}", _HINT))
    return path


def folder_inside(root: Path, folder: Path) -> Path:
    """`folder`, if neither it nor anything that lies directly in it is a link out of `root`. Raises ManifestError."""
    inside(root, folder)
    try:
        links = [entry.name for entry in os.scandir(folder) if entry.is_symlink()]
    except OSError:
        return folder  # there is none yet, or whoever opens it says why it can't be opened
    for name in sorted(links):
        inside(root, folder / name)
    return folder


def refuse_link_out(root: Path, path: Path) -> Path:
    """`path`, which the user named and which may lie anywhere; but one in `root` must not be a link out of it.

    Raises ManifestError.
    """
    seen = Path(os.path.abspath(path))  # noqa: PTH100 - links are judged, not followed
    if seen.is_relative_to(root) or seen.is_relative_to(os.path.abspath(root)):  # noqa: PTH100
        inside(root, seen)
    return path


def local_place(upload: str, root: Path) -> Path:
    """The folder that a file:// address or a path means; a relative one begins at the project's root."""
    if "://" in upload:
        return Path(url2pathname(urlsplit(upload).path))
    return root / upload


def _told(root: Path, path: Path) -> str:
    try:
        return str(path.relative_to(root))
    except ValueError:
        return str(path)
