"""Lay out manifests: which files would change, and change them. Their meaning and comments stay."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from contentsync.errors import Level, ManifestError, Place, Problem
from contentsync.files import inside, replace_whole
from contentsync.frozen import frozen
from contentsync.manifest import markdown
from contentsync.manifest.decoding import decoded
from contentsync.manifest.files import find, read_bytes
from contentsync.manifest.layout import laid_out
from contentsync.manifest.load import load_settings
from contentsync.root import user_says

_BOM: Final = b"\xef\xbb\xbf"
_TEXTS: Final = (".yaml", ".yml", *markdown.SUFFIXES)


@frozen
class Formatted:
    """One manifest, before and after."""

    #: Its path from the root.
    file: str
    before: str
    after: str
    #: Its bytes in the new layout, with the line ends that it has.
    data: bytes
    #: Why it is left as it is; None where it has its layout, or gets it.
    left: Problem | None = None

    @property
    def is_changed(self) -> bool:
        return self.before != self.after


def look(root: Path, environ: Mapping[str, str], paths: Sequence[Path]) -> list[Formatted]:
    """Every manifest of the project, or those at `paths`, in its layout; nothing is written.

    Raises ManifestError for a faulty project file, and for a path outside of the project.
    """
    settings, problems = load_settings(root, environ, user_says(root, environ))
    if settings is None:
        raise ManifestError(*problems)
    names, _ = find(root, settings.manifests)
    chosen = names if not paths else sorted(set(_chosen(root, names, paths)))
    return [_formatted(root, name) for name in chosen if name.lower().endswith(_TEXTS)]


def write(root: Path, found: Formatted) -> None:
    """Give a manifest its layout on disk; whole or not at all. Raises ManifestError."""
    path = inside(root, root / found.file).resolve()
    try:
        replace_whole(path, found.data, stat.S_IMODE(path.stat().st_mode))
    except OSError as err:
        what = f"{found.file} can't be written: {err.strerror or err}"
        raise ManifestError(Problem("manifest-unwritable", what, "make the file writable")) from err


def _chosen(root: Path, names: Sequence[str], paths: Sequence[Path]) -> Iterator[str]:
    for path in paths:
        name = os.path.relpath(path.absolute(), root.absolute()).replace(os.sep, "/")
        if path.is_dir():
            yield from (one for one in names if name == "." or one.startswith(f"{name}/"))
        else:
            inside(root, path.absolute())
            yield name


def _formatted(root: Path, name: str) -> Formatted:
    data, problem = read_bytes(root, name)
    text, refused = ("", problem) if problem else decoded(data, name)
    is_markdown = name.lower().endswith(markdown.SUFFIXES)
    if refused:
        return Formatted(name, "", "", data, _left(refused, name))
    made = laid_out(text, name, is_markdown=is_markdown)
    return Formatted(name, text, made.text, _as_bytes(made.text, data), made.left)


def _left(refused: Problem, name: str) -> Problem:
    what = f"not formatted: {refused.what}"
    return Problem("fmt-faulty", what, refused.hint, refused.where or Place(name), Level.ERROR)


def _as_bytes(text: str, like: bytes) -> bytes:
    """The text with the byte order mark and the line ends that the file had."""
    is_windows = b"\r\n" in like and like.count(b"\r\n") == like.count(b"\n")
    body = text.replace("\n", "\r\n") if is_windows else text
    return (_BOM if like.startswith(_BOM) else b"") + body.encode()
