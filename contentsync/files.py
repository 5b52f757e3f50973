"""Does a path stay inside a folder? And how is a file replaced so that it survives a crash?

All readers and writers of a project's files use this check, and all writers use this way of replacing a file.

A repository can contain links, and rows and plan files can contain any text. So a path is followed through all its
links before anything is read, written or deleted there. A link that is created between this check and the use of the
path is not noticed: a program that can do that on this machine already acts as its user.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

from contentsync.errors import ManifestError, Problem

_SOURCES = frozenset([".yaml", ".yml", ".md", ".markdown", ".mp4", ".mov", ".webm", ".jpg", ".jpeg", ".webp", ".png"])
_HINT = "replace the link with the file or folder itself"


def leads_out(root: Path, path: Path) -> bool:
    """Whether `path`, with every link in it followed, is not below `root`, nor `root` itself."""
    real_root, real = os.path.realpath(root), os.path.realpath(path)
    return real != real_root and not real.startswith(real_root.rstrip(os.sep) + os.sep)


def inside(root: Path, path: Path) -> Path:
    """`path`, if it stays inside `root`. Raises ManifestError."""
    if leads_out(root, path):
        raise ManifestError(Problem("path-outside", f"{_told(root, path)} points outside {root}", _HINT))
    return path


def folder_inside(root: Path, folder: Path) -> Path:
    """`folder`, if neither it nor anything that lies directly in it is a link out of `root`. Raises ManifestError."""
    names_inside(root, folder)
    return folder


def names_inside(root: Path, folder: Path) -> list[str]:
    """The names in `folder`, checked as in `folder_inside`; none where it can't be read. Raises ManifestError."""
    inside(root, folder)
    try:
        with os.scandir(folder) as entries:
            found = [(entry.name, entry.is_symlink()) for entry in entries]
    except OSError:
        return []  # there is none yet, or whoever opens it says why it can't be opened
    for name in sorted(name for name, is_link in found if is_link):
        inside(root, folder / name)
    return [name for name, _ in found]


def output_place(root: Path, path: Path) -> Path:
    """`path`, where the user wants a result, and which may lie anywhere. Raises ManifestError.

    One in `root` must not be a link out of it. What is there must not be a manifest or media: a shell that completes
    `--html posts/*` would otherwise cost a clip.
    """
    if path.suffix.lower() in _SOURCES and path.is_file():
        what = f"{path} is there, and by its name it is a manifest or a clip, so it is not replaced"
        raise ManifestError(Problem("output-unwritable", what, "name another file"))
    seen = Path(os.path.abspath(path))  # noqa: PTH100 - links are judged, not followed
    if seen.is_relative_to(root) or seen.is_relative_to(os.path.abspath(root)):  # noqa: PTH100
        inside(root, seen)
    return path


def local_place(upload: str, root: Path) -> Path:
    """The folder that a file:// address or a path means; a relative one begins at the project's root."""
    if "://" in upload:
        from urllib.parse import urlsplit
        from urllib.request import url2pathname

        return Path(url2pathname(urlsplit(upload).path))
    return root / upload


def _told(root: Path, path: Path) -> str:
    try:
        return str(path.relative_to(root))
    except ValueError:
        return str(path)


def replace_whole(path: Path, data: bytes, mode: int = 0o600, prefix: str = "") -> None:
    """Replace a file: after a crash at any moment the old content is there, or the new one, and nothing between.

    The data are on disk before the name points to them. mode: of the new file, from its first byte on never wider.
    prefix: of the name that the file has until then, where leftovers are looked for. Raises OSError.
    """
    import tempfile  # it takes as long as all else that this module imports, and most commands replace nothing

    handle, part = tempfile.mkstemp(dir=path.parent, prefix=prefix or f".{path.name}-", suffix=".tmp")  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if mode != 0o600:
            Path(part).chmod(mode)
        Path(part).replace(path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def write_new(path: Path, data: bytes) -> None:
    """Write a file that is there whole or not at all, and never in the place of another. Raises OSError."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")  # another process may write the same file now
    try:
        part.unlink(missing_ok=True)
        with part.open("xb") as file:  # never through a link
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _name_once(part, path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _name_once(part: Path, path: Path) -> None:
    """Give a written file its name. Raises FileExistsError where something has it already, if only just now."""
    try:
        os.link(part, path, follow_symlinks=False)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError):  # a file system without hard links: look first, which is nearly as good
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, "a file of that name exists", str(path)) from None
        part.rename(path)
    else:
        part.unlink()


def _sync_folder(folder: Path) -> None:
    """Put the names in a folder on disk, where the system has a way to."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
