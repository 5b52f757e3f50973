"""Where are the files of a draft, and where does its manifest go? A manifest names only files below its folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from contentsync.errors import Place, Problem
from contentsync.frozen import frozen
from contentsync.importers.draft import PICTURES, Draft, Shape
from contentsync.manifest.files import would_find
from contentsync.manifest.wording import listed, shown
from contentsync.manifest.writer import Value

_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_ELSEWHERE: Final = "posts"  # for manifests that name no file on disk


@frozen
class Choices:
    """What holds for drafts that do not say it themselves, and where things are."""

    account: str = ""
    privacy: str = ""
    mode: str = ""
    #: Where the files are; else beside the draft's own file, in the project's root, or in posts.
    media: Path | None = None
    #: Where the manifests go; else into the folder of their media.
    into: Path | None = None
    markdown: bool = False
    #: The drafts' account is a name of another tool's.
    foreign: bool = False

    @property
    def suffix(self) -> str:
        """Of the manifests that are written."""
        return ".md" if self.markdown else ".yaml"


class DraftFiles:
    """Finds files below one project."""

    def __init__(self, root: Path, globs: Sequence[str], choices: Choices) -> None:
        """root: with its links followed. globs: where manifests are read from."""
        self._root, self._globs, self._choices = root, globs, choices
        self._known_folders: dict[str, list[Path]] = {}

    def of(self, draft: Draft) -> tuple[list[str], list[Problem]]:
        """The files of a draft as paths from the root, and URLs as they are."""
        found: list[str] = []
        problems: list[Problem] = []
        for written in draft.media:
            path, problem = self._file(draft, written)
            found += [path] if path else []
            problems += [problem] if problem else []
        return found, problems

    def _file(self, draft: Draft, written: str) -> tuple[str, Problem | None]:
        where = draft.place_of(draft.shape if draft.shape is not Shape.FILE else "video")
        if _URL.match(written):
            local = re.split(r"[?#]", written)[0].rpartition("/")[2]
            if not (self._choices.media and local and _existing(self._choices.media, local)):
                return written, None
            written = local
        for folder in self._folders(draft.where.file):
            if path := _existing(folder, written):
                return self._from_root(path, written, where)
        looked = listed([_told(folder, self._root) for folder in self._folders(draft.where.file)])
        what = f"{shown(written)} is not in {looked}"
        hint = "fix the name, or say where the files are: --media DIR"
        if self._choices.media:
            hint = "with --media, names are looked for there only: fix the name, or leave --media out"
        return "", Problem("media-not-found", what, hint, where)

    def _folders(self, file: str) -> list[Path]:
        """Where the files of drafts from this file are looked for."""
        if file not in self._known_folders:
            self._known_folders[file] = list(dict.fromkeys(self._found_folders(file)))
        return self._known_folders[file]

    def _found_folders(self, file: str) -> Iterator[Path]:
        if self._choices.media:
            yield self._choices.media.resolve()
            return
        beside = Path(file).resolve().parent
        yield beside
        if file.endswith(".tweet"):
            yield from (parent / "media" for parent in beside.parents[:2])
        yield from (self._root, self._root / _ELSEWHERE)

    def _from_root(self, path: Path, written: str, where: Place) -> tuple[str, Problem | None]:
        if path.is_relative_to(self._root):
            return path.relative_to(self._root).as_posix(), None
        what = f"{shown(written)} lies outside of the project, in {path.parent}"
        return "", Problem("path-outside", what, f"copy it into the project, for example into {_ELSEWHERE}", where)

    def folder(self, draft: Draft, found: list[str]) -> tuple[str | None, list[Problem]]:
        """Where the manifest goes, from the root; None where there is no such place."""
        local = [path for path in found if not _URL.match(path)]
        where = draft.place_of("video")
        into = self._choices.into
        if into is not None:
            folder = into.resolve().relative_to(self._root).as_posix()
        else:
            folder = os.path.commonpath([Path(path).parent.as_posix() for path in local]) if local else _ELSEWHERE
        folder = folder or "."
        if any(not (folder == "." or path.startswith(f"{folder}/")) for path in local):
            what = f"{shown(local[0])} does not lie in {folder}, and a manifest names only files below it"
            return None, [Problem("media-apart", what, "choose another --into, or move the file", where)]
        globs = self._globs
        if not would_find(globs, f"{folder}/name{self._choices.suffix}".removeprefix("./")):
            what = f"no manifest is read from {folder}: `manifests` has {', '.join(globs)}"
            return None, [Problem("folder-not-read", what, "move the files below posts, and import again", where)]
        return folder, []


def _existing(folder: Path, name: str) -> Path | None:
    """The file or folder of that name, with its links followed; None if there is none, or the name is impossible."""
    try:
        path = (folder / name).resolve()
        return path if path.exists() else None
    except (OSError, ValueError):  # too long for a name, or with a NUL in it
        return None


def seen_from(folder: str, path: str) -> str:
    """A path as the manifest in `folder` writes it."""
    return path if _URL.match(path) or folder == "." else path.removeprefix(f"{folder}/")


def as_keys(shape: Shape, files: list[str]) -> dict[str, Value]:
    """The files as `video` or `photos`, recognised by their names if the draft does not say."""
    if shape is Shape.FILE:
        pictures = all(re.split(r"[?#]", file)[0].lower().endswith(PICTURES) for file in files)
        is_folder = len(files) == 1 and "." not in files[0].rpartition("/")[2]
        shape = Shape.PHOTOS if pictures or is_folder or len(files) > 1 else Shape.VIDEO
    if shape is Shape.VIDEO and len(files) == 1:
        return {"video": files[0]}
    one_folder = len(files) == 1 and not files[0].lower().endswith(PICTURES) and not _URL.match(files[0])
    return {"photos": files[0] if one_folder else files}


def _told(folder: Path, root: Path) -> str:
    return folder.relative_to(root).as_posix() if folder.is_relative_to(root) and folder != root else str(folder)
