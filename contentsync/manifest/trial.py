"""What would be wrong with a manifest that is not on disk yet? CheckedDocument as if it lay at its place already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from contentsync.destinations import host_on_this_machine
from contentsync.errors import Problem
from contentsync.frozen import frozen
from contentsync.manifest import markdown
from contentsync.manifest.attachments import Attachments, OnProgress
from contentsync.manifest.checked_document import keys_of
from contentsync.manifest.desired import Reading
from contentsync.manifest.document import Document
from contentsync.manifest.markdown import read_markdown
from contentsync.manifest.source import read_yaml
from contentsync.media.disk import DiskReader
from contentsync.media.look import CachedReader, MediaCache
from contentsync.post import DesiredPost
from contentsync.settings import Settings


@frozen
class Tried:
    """What a manifest would declare."""

    keys: tuple[str, ...]
    posts: tuple[DesiredPost, ...]
    #: Each problem with the key of the manifest that it is about; empty for all of it.
    problems: tuple[tuple[str, Problem], ...]


class Trial:
    """Checks manifests one by one; each media file is read once."""

    def __init__(
        self, root: Path, settings: Settings, cache: MediaCache, on_progress: OnProgress | None = None
    ) -> None:
        is_near = bool(host_on_this_machine(settings.base_url))
        self._settings = settings
        self._attachments = Attachments(root, CachedReader(DiskReader(), cache), is_near, on_progress)

    def read_files(self, names: Iterable[str]) -> None:
        """Look into these files, from the root, several at a time, before manifests that name them are judged."""
        self._attachments.read_files(names)

    def judge(self, name: str, text: str) -> Tried:
        """What `text` declares as the file `name`, a path from the root."""
        read = read_markdown if name.endswith(markdown.SUFFIXES) else read_yaml
        documents, problems = read(text.encode(), name)
        keys: list[str] = []
        posts: list[DesiredPost] = []
        told = [("", problem) for problem in problems]
        for document in documents:
            posts += Reading(document, self._settings, self._attachments).posts()
            keys += keys_of(document)
            told += _about(document)
        return Tried(tuple(keys), tuple(posts), tuple(told))


def _about(document: Document) -> Iterator[tuple[str, Problem]]:
    """The problems of a document, each with its key."""
    at = {spot[:2]: str(path[0]) for path, spot in (*document.spots.items(), *document.keys.items()) if path}
    for problem in document.problems:
        where = problem.where
        key = at.get((where.line, where.column), "") if where else ""
        yield key or _named(problem), problem


def _named(problem: Problem) -> str:
    """The key of a problem of something that is missing: `privacy-missing` is about privacy."""
    return problem.code.removesuffix("-missing") if problem.code in _MISSING else ""


_MISSING = frozenset({"privacy-missing", "mode-missing", "account-missing"})
