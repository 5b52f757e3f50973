"""Make one manifest from files and answers. Which answers are needed depends on the account and the mode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from contentsync.errors import Place, Problem, UsageError
from contentsync.frozen import frozen
from contentsync.importers.draft import PICTURES, Draft, Shape
from contentsync.manifest.writer import Value
from contentsync.media.disk import DiskReader
from contentsync.media.look import CachedReader
from contentsync.operations.draft_files import Choices
from contentsync.operations.drafting import Drafting, Entry, slug, write
from contentsync.operations.probe import probe
from contentsync.post import Mode
from contentsync.project import Project
from contentsync.store.machine_secret import machine_secret
from contentsync.store.sqlite.cache import FileCache


@frozen
class Asked:
    """What is known of the post before it is written: files, values by key, and where it goes."""

    files: tuple[Path, ...]
    values: Mapping[str, Value]
    into: Path | None = None
    markdown: bool = False

    def with_value(self, key: str, value: Value) -> Asked:
        """The same with one more answer."""
        return replace(self, values={**self.values, key: value})


def posts_of(files: Sequence[Path]) -> list[tuple[Path, ...]]:
    """The files of each post: a clip is a post of its own; pictures, or a folder of them, are one post together."""
    clips = not any(file.is_dir() or file.suffix.lower() in PICTURES for file in files)
    return [(file,) for file in files] if clips else [tuple(files)]


def suggested_name(files: Sequence[Path]) -> str:
    """A name for the post, from its first file; for photos of a folder from the folder."""
    first = files[0]
    return slug(first.stem if len(files) == 1 else first.absolute().parent.name) or slug(first.stem)


def mode_of(project: Project, asked: Asked) -> str:
    """The mode of the post, as far as it is known now; else empty."""
    if mode := str(asked.values.get("mode", "")):
        return mode
    account = project.settings.accounts.get(str(asked.values.get("account", "")))
    found = (account.mode if account else None) or project.settings.defaults.mode
    return str(found) if found else ""


def lacking(project: Project, asked: Asked) -> list[str]:
    """The keys that need an answer and have none, in the order in which a person is asked.

    Raises UsageError for an account that the project does not have.
    """
    missing = [] if asked.values.get("account") else ["account"]
    if not missing:
        project.account(str(asked.values["account"]))
    mode = mode_of(project, asked)
    if not missing and not mode:
        missing.append("mode")
    if not missing and mode == Mode.DIRECT and "privacy" not in asked.values:
        missing.append("privacy")
    return missing


def with_sure_answers(project: Project, asked: Asked) -> Asked:
    """The same with what can be only one thing: the account of a project that has one, and a name."""
    known = list(project.settings.accounts)
    if "account" not in asked.values and len(known) == 1:
        asked = asked.with_value("account", known[0])
    return asked if "name" in asked.values else asked.with_value("name", suggested_name(asked.files))


def drafts(project: Project, asked: Sequence[Asked]) -> list[Entry]:
    """The manifests that would be written, with everything that is wrong with each. All go to the same place."""
    drafting = Drafting(project, Choices(into=asked[0].into, markdown=asked[0].markdown))
    try:
        entries = drafting.entries(map(_draft, asked))
    finally:
        drafting.close()
    return [replace(one, problems=tuple(replace(problem, where=None) for problem in one.problems)) for one in entries]


def _draft(asked: Asked) -> Draft:
    pictures = all(file.suffix.lower() in PICTURES or file.is_dir() for file in asked.files)
    shape = Shape.PHOTOS if pictures or len(asked.files) > 1 else Shape.VIDEO
    return Draft(Place(str(Path("new").absolute())), asked.values, tuple(_absolute(asked.files)), shape)


def media_refused(project: Project, files: Sequence[Path]) -> list[Problem]:
    """What is wrong with files that no answer can make fit; folders are not looked into."""
    cache = FileCache(project.root / ".contentsync" / "cache.db", machine_secret(project.data_folder))
    try:
        reader = CachedReader(DiskReader(), cache)
        looked = [probe(file, reader) for file in files if file.is_file()]
    finally:
        cache.close()
    return [problem for probed in looked if not probed.is_fine for problem in probed.problems]


def _absolute(files: Sequence[Path]) -> list[str]:
    return [file.absolute().as_posix() for file in files]


def carry_out(project: Project, entry: Entry) -> None:
    """Write the manifest. Raises ManifestError where it can't be, UsageError where it is there already."""
    if entry.is_there:
        hint = "edit it, or give another --name"
        raise UsageError(Problem("manifest-exists", f"{entry.file} is there already, and says the same", hint))
    write(project, entry)
