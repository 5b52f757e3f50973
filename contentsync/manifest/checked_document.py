"""Which posts does one document declare, which of them are faulty, and which of its problems are about which post?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from contentsync.errors import Level, Problem
from contentsync.faulty import Faulty
from contentsync.manifest.document import TOO_MANY, Document
from contentsync.manifest.document import Path as KeyPath
from contentsync.manifest.loaded import Told
from contentsync.post import DesiredPost

# Of a post with one of these problems it is not sure which key it has, so that a vanished one may be meant.
_UNSURE: Final = frozenset(
    {"name-pattern", "account-pattern", "account-missing", "unknown-account", "duplicate-key", "text-cut-by-comment"}
)

# The problem of a post whose file can't be read to the end; the error itself is reported once, at its place.
_BROKEN_OFF: Final = Problem(
    "yaml-syntax", "its file can't be read to the end", "fix the error that contentsync validate shows in this file"
)


class CheckedDocument:
    """One document once it is judged. about: of problems that only some of its posts have, their keys, by id."""

    def __init__(self, document: Document, posts: list[DesiredPost], about: dict[int, set[str]]) -> None:
        self.document = document
        self.posts = posts
        self.keys = frozenset(keys_of(document))
        self.about = about

    @property
    def is_unsure(self) -> bool:
        """Whether it may declare a post whose key can't be read."""
        document = self.document
        return not (self.keys and document.is_whole) or any(p.code in _UNSURE for p in document.problems)

    def add(self, problem: Problem, path: KeyPath, key: str) -> None:
        """Tell a problem of one of its posts."""
        kept = self.document.add(problem, path)
        if kept.code == problem.code:  # not where there were too many problems
            self.about.setdefault(id(kept), set()).add(key)

    def told(self) -> list[Told]:
        """Its problems, each with the keys it is about."""
        return [(self._keys_of(problem), problem) for problem in self.document.problems]

    def sound(self) -> list[DesiredPost]:
        """Its posts that no error is about; none where one is about the document as a whole."""
        if not self.document.has_errors:
            return self.posts if self.document.is_whole else []
        about = [self.about.get(id(problem)) for problem in self._errors()]
        bad = set[str]().union(*(keys for keys in about if keys))
        is_whole = self.document.is_whole and all(keys is not None for keys in about)
        return [post for post in self.posts if post.key not in bad] if is_whole else []

    def faulty(self) -> list[Faulty]:
        """Its posts that have errors."""
        document = self.document
        if document.is_whole and not document.has_errors:
            return []
        errors = self._errors()
        mine = {key: tuple(p for p in errors if key in self._keys_of(p)) for key in self.keys}
        if not document.is_whole:
            mine = {
                key: problems or (document.tell(TOO_MANY if document.is_full else _BROKEN_OFF),)
                for key, problems in mine.items()
            }
        read = {post.key: post for post in self.posts} if document.is_whole else {}
        return [Faulty(key, document.place(), found, read.get(key)) for key, found in mine.items() if found]

    def _errors(self) -> list[Problem]:
        return [problem for problem in self.document.problems if problem.level is Level.ERROR]

    def _keys_of(self, problem: Problem) -> frozenset[str]:
        about = self.about.get(id(problem))
        return self.keys if about is None else frozenset(about)


def tell_doubles(documents: Iterable[CheckedDocument]) -> None:
    """Two manifests with one key are both errors: contentsync can't know which one is meant."""
    declared: dict[str, list[CheckedDocument]] = {}
    for judged in documents:
        for key in judged.keys:
            declared.setdefault(key, []).append(judged)
    for key, several in declared.items():
        for judged in several if len(several) > 1 else ():
            other = several[0] if judged is not several[0] else several[1]
            what = f"{key} is declared twice, also in {other.document.place(('name',))}"
            judged.add(Problem("duplicate-post", what, "rename one of them, or delete it"), ("name",), key)


def keys_of(document: Document) -> list[str]:
    """The keys of the posts that a document asks for, also of a document with errors, as far as they can be read."""
    name, account, accounts = (document.value.get(key) for key in ("name", "account", "accounts"))
    named = [account, *(accounts if isinstance(accounts, list) else ())]
    if not isinstance(name, str) or not name:
        return []
    return [f"{one}/{name}" for one in dict.fromkeys(x for x in named if isinstance(x, str) and x)]
