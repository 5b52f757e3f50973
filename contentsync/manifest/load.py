"""What does this folder ask for? Reads a project; gives settings, desired posts and all problems in one run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Final

from contentsync.destinations import host_on_this_machine
from contentsync.errors import Level, Problem
from contentsync.faulty import Faulty
from contentsync.files import inside
from contentsync.frozen import frozen
from contentsync.manifest import json_text, markdown
from contentsync.manifest.attachments import Attachments, OnProgress, SentBy
from contentsync.manifest.checked_document import CheckedDocument, tell_doubles
from contentsync.manifest.document import TOO_MANY, Document, at
from contentsync.manifest.files import find, linked_folders, read_bytes
from contentsync.manifest.loaded import PROBLEMS_OF_A_FILE, Loaded, Told, bounded, placed
from contentsync.manifest.remembered import Memory, Remembered
from contentsync.manifest.settings import NOTHING_SAID, load_settings
from contentsync.manifest.source import read_yaml
from contentsync.manifest.wording import shown
from contentsync.media.look import CachedReader, MediaCache, MediaLook, MediaReader, Sent
from contentsync.post import DesiredPost
from contentsync.settings import Settings
from contentsync.standard_paths import PROJECT_FILE
from contentsync.trust import UserSays

_AT_ONCE: Final = 500  # files whose documents are held at the same time
__all__ = ["Loaded", "load", "load_settings"]


def load(
    root: Path,
    environ: Mapping[str, str],
    paths: Sequence[Path] | None = None,
    probe: MediaReader | None = None,
    cache: MediaCache | None = None,
    memory: Memory | None = None,
    user: UserSays = NOTHING_SAID,
    found: Sequence[str] | None = None,
    on_progress: OnProgress | None = None,
    sent_by: SentBy = lambda _: None,
) -> Loaded:
    """The project of `root`: its settings, its posts, and all that is wrong with either.

    paths: only these manifests and folders (absolute, or from the current folder); all of them unless given.
    probe: looks into media. cache: keeps what it saw. memory: keeps what sound manifests declared; it
    needs a cache. user: what the user says of the project. found: the manifests, from the root, where somebody
    looked for them already, or left some out. on_progress: told how many files were read. sent_by: what a settled
    post was sent with, by its key: such a film is not looked into.
    """
    settings, problems = load_settings(root, environ, user)
    desk = _Desk(root, settings, _reader(probe, cache), on_progress, sent_by)
    if settings and cache and memory and not problems:
        desk.remember(memory, cache)
    files = sorted(found) if found is not None else desk.names() if paths is None else desk.names_of(paths)
    desk.read(files)
    told = placed([*((frozenset[str](), problem) for problem in problems), *desk.told])
    return Loaded(
        settings,
        tuple(desk.posts),
        tuple(desk.faulty),
        tuple(desk.unread),
        tuple(files),
        tuple(told),
        frozenset(desk.attachments.hashed_only),
    )


def _reader(probe: MediaReader | None, cache: MediaCache | None) -> MediaReader:
    reader = probe or _Disk()
    return CachedReader(reader, cache) if cache else reader


class _Disk:
    """Reads files; imported with the first one, since most plans read none."""

    def read(self, path: Path, sent: Sent | None = None) -> MediaLook:
        from contentsync.media.disk import DiskReader

        return DiskReader().read(path, sent)


class _Desk:
    """One run over the manifests: gathers the posts and problems of all files."""

    def __init__(
        self,
        root: Path,
        settings: Settings | None,
        reader: MediaReader,
        on_progress: OnProgress | None,
        sent_by: SentBy,
    ) -> None:
        self.posts: list[DesiredPost] = []
        self.faulty: list[Faulty] = []
        self.unread: list[str] = []
        self.told: list[Told] = []
        self._root = root
        self._settings = settings
        self._is_near = settings is not None and bool(host_on_this_machine(settings.base_url))
        self.attachments = Attachments(root, reader, self._is_near, on_progress, sent_by)
        self._remembered: Remembered | None = None

    def remember(self, memory: Memory, looks: MediaCache) -> None:
        """Take from `memory` what it knows of manifests, and give it what it does not know."""
        settings = self._settings or Settings()
        self._remembered = Remembered(self._root, settings, memory, looks, is_near=self._is_near)

    def names(self) -> list[str]:
        """All manifests, from the root, sorted; a note where no glob fits any."""
        globs = (self._settings or Settings()).manifests
        names, _ = find(self._root, globs)
        for folder, leads_out in linked_folders(self._root, globs):
            place = "a place outside the project" if leads_out else "another folder"
            what = f"{shown(folder)} is a link to {place}; links are not entered, so no manifest in it is read"
            hint = "replace the link with the folder itself, or name the real folder in `manifests`"
            self.told.append((frozenset(), at(Problem("folder-linked", what, hint), folder, (1, 1, 1))))
            self.unread.append(folder)
        if not names:
            what = f"no file matches {shown(globs[0])}" + (f" or the {len(globs) - 1} others" if globs[1:] else "")
            hint = "write one: contentsync new CLIP; or correct `manifests`"
            problem = Problem("no-manifests", what, hint, level=Level.NOTE)
            self.told.append((frozenset(), at(problem, PROJECT_FILE, (1, 1, 1))))
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

    def read(self, names: Sequence[str]) -> None:
        """Read and judge these files."""
        if self._remembered:
            self._remembered.look_up(names)
        files: list[_File] = []
        for start in range(0, len(names), _AT_ONCE):
            self.attachments.expected = max(0, len(names) - start - _AT_ONCE)
            files += self._some(names[start : start + _AT_ONCE])
        self.attachments.end_progress()
        doubled = _doubled(files)
        files = [one.parsed(self._parse) if one.keys & doubled else one for one in files]
        tell_doubles([judged for one in files for judged in one.judged])
        for one in files:
            self._take(one)

    def _some(self, names: Sequence[str]) -> list[_File]:
        """These files, judged. Only what they declare is held: their documents take far more memory."""
        files = [self._file(name) for name in names]
        self.attachments.read_ahead([document for one in files for document in one.documents])
        return [self._without_documents(self._judge(one)) for one in files]

    def _without_documents(self, file: _File) -> _File:
        """The file with what it declares alone; with its documents where one key is in several of them."""
        if file.known is not None or len(file.keys) < sum(len(document.keys) for document in file.judged):
            return file
        self._keep(file)
        return _File(file.name, file.data, known=file.declared())

    def _keep(self, file: _File) -> None:
        """Keep the posts of a sound file for the next run."""
        posts = [post for document in file.judged for post in document.posts]
        keys = {post.key for post in posts}
        if not self._remembered or not file.is_sound or keys != file.keys or len(keys) < len(posts):
            return
        if self._may_be_kept(file, posts):
            self._remembered.keep(file.name, file.data, posts)

    def _file(self, name: str) -> _File:
        data, problem = read_bytes(self._root, name)
        if problem:
            return _File(name, data, (problem,))
        known = self._remembered.posts(name, data) if self._remembered else None
        return _parsed(name, data) if known is None else _File(name, data, known=_Declared(tuple(known)))

    def _judge(self, file: _File) -> _File:
        if not file.documents:
            return file
        return replace(file, judged=self._judged(file.documents, len(file.problems)), documents=[])

    def _parse(self, file: _File) -> _File:
        return self._judge(_parsed(file.name, file.data))

    def _take(self, file: _File) -> None:
        """Take what a file declares, and what is wrong with it."""
        known = file.known or file.declared()
        self.told += known.told
        self.posts += known.posts
        self.faulty += known.faulty
        if known.is_unsure:
            self.unread.append(file.name)

    def _may_be_kept(self, file: _File, posts: list[DesiredPost]) -> bool:
        """Whether a later run would find the same: not where a folder tells more, or where media were only hashed."""
        is_hashed_only = any(item.path in self.attachments.hashed_only for post in posts for item in post.media)
        return not is_hashed_only and not any(_names_a_folder(one.document) for one in file.judged)

    def _judged(self, documents: list[Document], told: int) -> list[CheckedDocument]:
        """The documents of one file. told: how many problems it has already; past a hundred nothing is judged."""
        from contentsync.manifest.desired import Reading

        found = []
        for document in documents:
            reading = Reading(document, self._settings, self.attachments)
            if told < PROBLEMS_OF_A_FILE:
                found.append(CheckedDocument(document, reading.posts(), reading.about))
                told += document.errors
                continue
            document.is_whole = False
            if told == PROBLEMS_OF_A_FILE:
                document.add(TOO_MANY)
                told += 1
            found.append(CheckedDocument(document, [], {}))
        return found


@frozen
class _Declared:
    """What a manifest declares, and what is wrong with it."""

    #: The sound posts.
    posts: tuple[DesiredPost, ...]
    faulty: tuple[Faulty, ...] = ()
    told: tuple[Told, ...] = ()
    #: Whether it may declare a post whose key can't be read.
    is_unsure: bool = False
    #: Keys that none of the posts has: of documents that can't be read to the end, for example.
    further_keys: frozenset[str] = frozenset()

    @property
    def keys(self) -> frozenset[str]:
        return self.further_keys.union([post.key for post in self.posts])


@frozen
class _File:
    """One manifest on its way to posts."""

    name: str
    data: bytes
    #: Of the file as a whole.
    problems: tuple[Problem, ...] = ()
    #: Its documents, until they are judged.
    documents: list[Document] = field(default_factory=list)
    #: Its documents; none where it is known what they declare.
    judged: list[CheckedDocument] = field(default_factory=list)
    #: What it declares, where its documents are not held any more, or where that is known from an earlier run.
    known: _Declared | None = None

    @property
    def keys(self) -> frozenset[str]:
        """The keys of its posts, as far as they can be read."""
        if self.known is not None:
            return self.known.keys
        return frozenset([key for document in self.judged for key in document.keys])

    @property
    def is_sound(self) -> bool:
        """Whether it was judged, and nothing is wrong with it, nor with any post in it."""
        is_fine = all(one.document.is_whole and not one.document.problems for one in self.judged)
        return bool(self.judged) and not self.problems and is_fine

    def declared(self) -> _Declared:
        """What its documents declare."""
        told: list[Told] = [(frozenset(), problem) for problem in self.problems]
        told += [one for document in self.judged for one in document.told()]
        posts = tuple(post for document in self.judged for post in document.sound())
        return _Declared(
            posts,
            faulty=tuple(one for document in self.judged for one in document.faulty()),
            told=tuple(bounded(told)),
            is_unsure=bool(self.problems) or any(document.is_unsure for document in self.judged),
            further_keys=self.keys - {post.key for post in posts},
        )

    def parsed(self, parse: Callable[[_File], _File]) -> _File:
        """The same with its documents."""
        return self if self.known is None else parse(self)


def _parsed(name: str, data: bytes) -> _File:
    documents, problems = _reader_of(name)(data, name)
    return _File(name, data, tuple(problems), documents)


def _doubled(files: Iterable[_File]) -> frozenset[str]:
    """The keys that more than one file declares."""
    seen: set[str] = set()
    twice: set[str] = set()
    for file in files:
        keys = file.keys
        twice |= keys & seen
        seen |= keys
    return frozenset(twice)


def _names_a_folder(document: Document) -> bool:
    """Whether what the document declares also depends on which files are in a folder."""
    return isinstance(document.value.get("photos"), str)


def _reader_of(name: str) -> Callable[[bytes, str], tuple[list[Document], list[Problem]]]:
    """What reads a file of this name."""
    suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122
    if suffix in markdown.SUFFIXES:
        return markdown.read_markdown
    return json_text.read_json if suffix in json_text.SUFFIXES else read_yaml
