"""What does this folder ask for? A project in; settings, desired posts and all problems out, in one run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from contentsync.destinations import host_on_this_machine
from contentsync.errors import Level, Problem, by_place
from contentsync.files import inside
from contentsync.manifest import json_text, markdown
from contentsync.manifest.attachments import Attachments
from contentsync.manifest.document import PROBLEMS_OF_A_DOCUMENT, TOO_MANY, Document, at
from contentsync.manifest.files import PROJECT_FILE, find, read_bytes
from contentsync.manifest.settings import NOTHING_SAID, load_settings
from contentsync.manifest.source import read_yaml
from contentsync.manifest.wording import shown
from contentsync.media import CachedReader, DiskReader, MediaCache, MediaReader
from contentsync.post import DesiredPost, Settings
from contentsync.trust import UserSays

PROBLEMS_OF_A_FILE: Final = PROBLEMS_OF_A_DOCUMENT
__all__ = ["Loaded", "load", "load_posts", "load_settings"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A project as it is written.

    settings: None where the project file can't be read; one with faults gives those that are good. posts: the sound
    ones, in the order of their places. problems: of all files, by place. unsound: the keys of posts that have errors,
    so far as they can be read; such a post was not taken away, it is only not understood.
    """

    settings: Settings | None
    posts: tuple[DesiredPost, ...] = ()
    problems: tuple[Problem, ...] = ()
    unsound: frozenset[str] = frozenset()

    @property
    def has_errors(self) -> bool:
        """Whether anything forbids acting on it."""
        return any(problem.level is Level.ERROR for problem in self.problems)


def load(
    root: Path,
    environ: Mapping[str, str],
    paths: Sequence[Path] | None = None,
    probe: MediaReader | None = None,
    cache: MediaCache | None = None,
    user: UserSays = NOTHING_SAID,
) -> Loaded:
    """The project of `root`: its settings, its posts, and all that is wrong with either.

    paths: only these manifests and folders (absolute, or from the current folder); all of them unless given.
    probe: looks into media. cache: keeps what it saw. user: what the user says of the project.
    """
    settings, problems = load_settings(root, environ, user)
    desk = _Desk(root, settings, _reader(probe, cache))
    posts = desk.posts(desk.names() if paths is None else desk.names_of(paths))
    return Loaded(settings, tuple(posts), tuple(by_place([*problems, *desk.problems])), frozenset(desk.unsound))


def load_posts(
    root: Path, settings: Settings, probe: MediaReader | None = None, cache: MediaCache | None = None
) -> tuple[list[DesiredPost], list[Problem]]:
    """The sound posts of all manifests in the order of their places, and all problems, by place."""
    desk = _Desk(root, settings, _reader(probe, cache))
    posts = desk.posts(desk.names())
    return posts, by_place(desk.problems)


def _reader(probe: MediaReader | None, cache: MediaCache | None) -> MediaReader:
    reader = probe or DiskReader()
    return CachedReader(reader, cache) if cache else reader


class _Desk:
    """One run over the manifests: gathers the posts and problems of all files."""

    def __init__(self, root: Path, settings: Settings | None, reader: MediaReader) -> None:
        self.problems: list[Problem] = []
        self.unsound: set[str] = set()
        self._root = root
        self._settings = settings
        is_near = settings is not None and bool(host_on_this_machine(settings.base_url))
        self._attachments = Attachments(root, reader, is_near)

    def names(self) -> list[str]:
        """All manifests, from the root, sorted; a note where no glob fits any."""
        globs = (self._settings or Settings()).manifests
        names, _ = find(self._root, globs)
        if not names:
            what = f"no file fits {shown(globs[0])}" + (f" or the {len(globs) - 1} others" if globs[1:] else "")
            problem = Problem("no-manifests", what, "add a manifest, or mend manifests", level=Level.NOTE)
            self.problems.append(at(problem, PROJECT_FILE, (1, 1, 1)))
        return names

    def names_of(self, paths: Sequence[Path]) -> list[str]:
        """The manifests that `paths` name or hold, sorted."""
        every: list[str] | None = None
        chosen: set[str] = set()
        for path in paths:
            name = os.path.relpath(path.absolute(), self._root.absolute()).replace(os.sep, "/")
            if path.is_dir():
                every = self.names() if every is None else every
                chosen.update(one for one in every if name == "." or one.startswith(f"{name}/"))
            elif name != PROJECT_FILE:
                inside(self._root, path.absolute())
                chosen.add(name)
        return sorted(chosen)

    def posts(self, names: Iterable[str]) -> list[DesiredPost]:
        """The sound posts of these files."""
        posts: list[DesiredPost] = []
        files: list[tuple[list[Document], list[Problem]]] = []
        for name in names:
            documents, problems = self._read(name)
            files.append((documents, problems))
            posts += self._judged(documents, len(problems))
        self._refuse_doubles([document for documents, _ in files for document in documents])
        for documents, problems in files:
            self.problems += _bounded([*problems, *(p for document in documents for p in document.problems)])
        return [post for post in posts if post.key not in self.unsound]

    def _judged(self, documents: list[Document], told: int) -> list[DesiredPost]:
        """The sound posts of one file. told: how many problems it has already; past a hundred nothing is judged."""
        from contentsync.manifest.desired import Reading

        posts: list[DesiredPost] = []
        for document in documents:
            if told < PROBLEMS_OF_A_FILE:
                posts += Reading(document, self._settings, self._attachments).posts()
                told += document.errors
                continue
            document.is_whole = False
            if told == PROBLEMS_OF_A_FILE:
                document.add(TOO_MANY)
                told += 1
        return posts

    def _read(self, name: str) -> tuple[list[Document], list[Problem]]:
        data, problem = read_bytes(self._root, name)
        return ([], [problem]) if problem else _reader_of(name)(data, name)

    def _refuse_doubles(self, documents: Iterable[Document]) -> None:
        """Refuse each key that stands twice, and note the keys of all documents with errors."""
        first: dict[str, Document] = {}
        for document in documents:
            for key in _keys(document):
                other = first.setdefault(key, document)
                if other is not document:
                    what = f"{key} stands twice; first in {other.place(('name',))}"
                    document.add(Problem("duplicate-post", what, "rename one of them"), ("name",))
                    self.unsound.add(key)
            if document.has_errors or not document.is_whole:
                self.unsound.update(_keys(document))


def _reader_of(name: str) -> Callable[[bytes, str], tuple[list[Document], list[Problem]]]:
    """What reads a file of this name."""
    suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122
    if suffix in markdown.SUFFIXES:
        return markdown.read_markdown
    return json_text.read_json if suffix in json_text.SUFFIXES else read_yaml


def _bounded(problems: list[Problem]) -> list[Problem]:
    """The problems of one file, a hundred of each level; past those only that there are more."""
    if len(problems) <= PROBLEMS_OF_A_FILE:
        return problems
    kept: list[Problem] = []
    for level in Level:
        listed = by_place(problem for problem in problems if problem.level is level)
        kept += listed[:PROBLEMS_OF_A_FILE]
        if len(listed) > PROBLEMS_OF_A_FILE and kept[-1].code != TOO_MANY.code:
            kept.append(replace(TOO_MANY, where=listed[PROBLEMS_OF_A_FILE].where, level=level))
    return kept


def _keys(document: Document) -> list[str]:
    """The keys of the posts that a document asks for, also of one with errors, so far as they can be read."""
    name, account, accounts = (document.value.get(key) for key in ("name", "account", "accounts"))
    named = [account, *(accounts if isinstance(accounts, list) else ())]
    return [f"{one}/{name}" for one in dict.fromkeys(x for x in named if isinstance(x, str) and x) if name]
