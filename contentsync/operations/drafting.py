"""How does a draft become a manifest? Finds its files, gives it a name and a place, and judges it; writes nothing.

A manifest lies in the folder of its media, because it may name only files beside or below it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import Final

from contentsync.errors import Level, ManifestError, Problem
from contentsync.files import inside, write_new
from contentsync.frozen import frozen
from contentsync.importers.draft import Draft
from contentsync.manifest.trial import Trial
from contentsync.manifest.wording import listed, shown
from contentsync.manifest.writer import Value, markdown_of, yaml_of
from contentsync.operations.draft_files import Choices, DraftFiles, as_keys, seen_from
from contentsync.operations.validate import past_problem
from contentsync.post import DesiredPost
from contentsync.project import Project
from contentsync.store.machine_secret import machine_secret
from contentsync.store.sqlite.cache import FileCache

_LONGEST_NAME: Final = 63
_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")


@frozen
class Entry:
    """A manifest that would be written."""

    draft: Draft
    #: Its path from the root; empty where it has no place.
    file: str = ""
    text: str = ""
    values: Mapping[str, Value] = field(default_factory=dict)
    posts: tuple[DesiredPost, ...] = ()
    keys: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    #: Whether exactly this manifest is there already.
    is_there: bool = False

    @property
    def is_sound(self) -> bool:
        return bool(self.file) and not any(problem.level is Level.ERROR for problem in self.problems)


class Drafting:
    """Turns drafts into manifests, one by one; no two get the same name or file."""

    def __init__(self, project: Project, choices: Choices) -> None:
        self._project, self._choices = project, choices
        self._root = project.root.resolve()
        loaded = project.load()
        self._declared = {one.key: one.where.file for one in loaded.faulty}
        self._declared |= {post.key: post.where.file for post in loaded.posts}
        self._files = DraftFiles(self._root, project.settings.manifests, choices)
        self._names: set[str] = set()
        self._taken: dict[str, Draft] = {}
        self._cache = FileCache(project.root / ".contentsync" / "cache.db", machine_secret(project.data_folder))
        self._trial = Trial(project.root, project.settings, self._cache, project.on_progress)
        self._now = project.clock.now()

    def close(self) -> None:
        """Close the cache of media facts."""
        self._cache.close()

    def entries(self, drafts: Iterable[Draft]) -> list[Entry]:
        """The manifest of each draft, with all that is wrong with it, each at its place in the draft's file.

        The files of all are read first, several at a time.
        """
        made = [self._made(draft) for draft in drafts]
        self._trial.read_files(path for _, files in made for path in files)
        return [self._judged(entry) if entry.text else entry for entry, _ in made]

    def _made(self, draft: Draft) -> tuple[Entry, list[str]]:
        """The manifest of a draft, without a judgment, and the files that it names, from the root."""
        values = dict(draft.values)
        if odd := tuple(_unwritable(values, draft)):
            return Entry(draft, values=values, problems=_placed([*draft.problems, *odd], draft)), []
        values |= {key: _with_newlines(value) for key, value in values.items()}
        found, lacking = self._files.of(draft)
        account = self._account(values)
        if not account.problems:
            values |= account.values
        for key, chosen in (("privacy", self._choices.privacy), ("mode", self._choices.mode)):
            if chosen:
                values.setdefault(key, chosen)
        values["name"] = self._name(draft, str(values.get("name", "")), found)
        folder, apart = self._files.folder(draft, found)
        problems = [*draft.problems, *lacking, *account.problems, *apart]
        if folder is None or not found:
            return Entry(draft, values=values, problems=_placed(problems, draft)), []
        values |= as_keys(draft.shape, [seen_from(folder, path) for path in found])
        values.pop("account" if "accounts" in values else "", None)
        text = (markdown_of if self._choices.markdown else yaml_of)(values)
        file = f"{folder}/{values['name']}{self._choices.suffix}".removeprefix("./")
        local = [path for path in found if (self._root / path).is_file()]
        return Entry(draft, file, text, values, problems=_placed(problems, draft)), local

    def _judged(self, entry: Entry) -> Entry:
        tried = self._trial.judge(entry.file, entry.text)
        known = {(problem.code, problem.where) for problem in entry.problems}
        found = [replace(p, where=entry.draft.place_of(key), source="", width=1) for key, p in tried.problems]
        found = [problem for problem in found if (problem.code, problem.where) not in known]
        path = self._root / entry.file
        is_there = path.is_file() and path.read_bytes() == entry.text.encode()
        doubles = () if is_there else tuple(self._doubles(entry, tried.keys, os.path.lexists(path)))
        late = [replace(p, where=entry.draft.place_of("publish_at")) for p in self._late(tried.posts)]
        problems = (*entry.problems, *found, *doubles, *late)
        made = replace(entry, posts=tried.posts, keys=tried.keys, problems=problems, is_there=is_there)
        if made.is_sound:
            self._taken |= dict.fromkeys((entry.file, *tried.keys), entry.draft)
        return made

    def _late(self, posts: tuple[DesiredPost, ...]) -> Iterator[Problem]:
        """The warning about a post whose time is past."""
        for post in posts[:1]:
            if post.publish_at and post.publish_at <= self._now and not post.post_id:
                account = self._project.settings.accounts.get(post.account)
                zone = account.timezone if account else self._project.settings.timezone
                yield past_problem(post, post.publish_at, self._now, zone)

    def _doubles(self, entry: Entry, keys: tuple[str, ...], is_file: bool) -> Iterator[Problem]:
        """Why the manifest would take the place of another file or post."""
        where = entry.draft.place_of("name")
        if is_file:
            what = f"{entry.file} is there already, and says something else; nothing is overwritten"
            yield Problem("manifest-exists", what, "give this one another name, or delete that file", where)
        for key in keys:
            first = self._taken.get(key)
            other = self._declared.get(key, "") or (str(first.where) if first else "")
            if other and not (is_file and other == entry.file):
                yield Problem(
                    "duplicate-post", f"{key} is declared already, in {other}", "give it another name", where
                )
        if entry.file in self._taken and not any(key in self._taken for key in keys):
            what = f"{entry.file} would hold two posts: of {self._taken[entry.file].where}, and this one"
            yield Problem("manifest-exists", what, "give one of them another name", where)

    def _account(self, values: Mapping[str, Value]) -> _Chosen:
        """The account of a draft, by its name here."""
        known = list(self._project.settings.accounts)
        if "accounts" in values:
            given = values["accounts"]
            return _Chosen(
                {"accounts": [self._meant(one) or one for one in given]} if isinstance(given, list) else {}
            )
        given = str(values.get("account", ""))
        meant = self._meant(given) or ("" if self._choices.foreign else given)
        chosen = meant or self._choices.account or (known[0] if len(known) == 1 else "")
        if chosen:
            return _Chosen({"account": chosen})
        what = f"no account is given{f': {shown(given)} is not an account of this project' if given else ''}"
        hint = f"give --account {listed(known[:5])}" if known else "add an account to contentsync.yaml"
        return _Chosen({}, (Problem("account-missing", what, hint),))

    def _meant(self, given: str) -> str:
        """The account that a name means, ignoring case and punctuation; empty for none."""
        known = self._project.settings.accounts
        return given if given in known else next((one for one in known if _bare(one) == _bare(given) != ""), "")

    def _name(self, draft: Draft, given: str, found: list[str]) -> str:
        """The name that a draft gives, as names are spelt here; or one from its file, with a number if need be."""
        if name := slug(given):
            self._names.add(name)
            return name
        file = found[0] if found else next(iter(draft.media), "")
        name = slug(Path(re.split(r"[?#]", file)[0]).stem) or f"post-{draft.where.line}"
        number, made = 1, name
        while made in self._names:
            number += 1
            made = f"{name[: _LONGEST_NAME - 5]}-{number}"
        self._names.add(made)
        return made


@frozen
class _Chosen:
    values: Mapping[str, Value]
    problems: tuple[Problem, ...] = ()


def write(project: Project, entry: Entry) -> None:
    """Write the manifest, whole, and never over another file. Raises ManifestError."""
    path = project.root / entry.file
    try:
        inside(project.root, path.parent).mkdir(parents=True, exist_ok=True)
        write_new(path, entry.text.encode())
    except OSError as err:
        what = f"{entry.file} can't be written: {err.strerror or err}"
        raise ManifestError(Problem("manifest-unwritable", what, "fix that, then run it again: it goes on")) from err


def slug(text: str) -> str:
    """A text as the name of a post: a-z, 0-9, `_`, `-` and single dots; empty where nothing is left."""
    kept = re.sub(r"[^a-z0-9_.]+", "-", text.strip().lower())
    return re.sub(r"\.{2,}", ".", kept)[:_LONGEST_NAME].strip("-._")


def _bare(name: str) -> str:
    return "".join(char for char in name.casefold() if char.isalnum())


def _unwritable(values: Mapping[str, Value], draft: Draft) -> Iterator[Problem]:
    """What no manifest can contain: control characters and lone surrogates."""
    texts = [(key, part) for key, value in values.items() for part in (value if isinstance(value, list) else [value])]
    for key, text in [*texts, *(("video", path) for path in draft.media)]:
        if isinstance(text, str) and (found := _UNWRITABLE.search(text)):
            what = f"{key} contains the control character U+{ord(found[0]):04X}"
            yield Problem("control-character", what, "delete it", draft.place_of(key))


def _with_newlines(value: Value) -> Value:
    return value.replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value


def _placed(problems: list[Problem], draft: Draft) -> tuple[Problem, ...]:
    """The problems, those without a place at the draft's line."""
    return tuple(p if p.where else replace(p, where=draft.where) for p in problems)
