"""Make manifests of a spreadsheet, or of what another tool exported: first show all of them, then write the files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final

from contentsync.errors import Level, ManifestError, Place, Problem, UsageError
from contentsync.frozen import frozen
from contentsync.importers.buffer import read_buffer
from contentsync.importers.dates import Order
from contentsync.importers.decoding import BYTES, decoded
from contentsync.importers.draft import Taken
from contentsync.importers.postiz import read_postiz
from contentsync.importers.sheet import read_sheet
from contentsync.importers.twitter_together import read_tweet
from contentsync.operations.draft_files import Choices
from contentsync.operations.drafting import Drafting, Entry, write
from contentsync.project import Project


class Source(StrEnum):
    """What the file comes from."""

    CSV = "csv"
    POSTIZ = "postiz"
    BUFFER = "buffer"
    TWITTER_TOGETHER = "twitter-together"


@frozen
class Proposal:
    """All that an import would write, and all problems with it."""

    entries: tuple[Entry, ...] = ()
    #: About the file as a whole, and about what is left out of it.
    problems: tuple[Problem, ...] = ()

    @property
    def to_write(self) -> list[Entry]:
        """The sound ones that are not there yet."""
        return [entry for entry in self.entries if entry.is_sound and not entry.is_there]

    @property
    def there(self) -> list[Entry]:
        """Those that an earlier import wrote."""
        return [entry for entry in self.entries if entry.is_sound and entry.is_there]

    @property
    def bad(self) -> list[Entry]:
        return [entry for entry in self.entries if not entry.is_sound]

    @property
    def has_errors(self) -> bool:
        return bool(self.bad) or any(problem.level is Level.ERROR for problem in self.problems)


def propose(project: Project, file: Path, source: Source, order: Order | None, choices: Choices) -> Proposal:
    """What an import of `file` would write. Writes nothing.

    Raises ManifestError for a file that can't be read or used at all, UsageError for choices that are none here.
    """
    _check(project, choices)
    taken = _read_all(file, source, order)
    if taken.is_unusable:
        raise ManifestError(*taken.problems)
    drafting = Drafting(project, choices)
    try:
        return Proposal(tuple(drafting.entries(taken.drafts)), taken.problems)
    finally:
        drafting.close()


def carry_out(project: Project, proposal: Proposal) -> Iterator[Entry]:
    """Write what was proposed, each file whole, and yield each once it is on disk. Raises ManifestError."""
    for entry in proposal.to_write:
        write(project, entry)
        yield entry


def _check(project: Project, choices: Choices) -> None:
    if choices.account:
        project.account(choices.account)
    root = project.root.resolve()
    if choices.into is not None and not choices.into.resolve().is_relative_to(root):
        what = f"{choices.into} lies outside of the project"
        raise UsageError(Problem("path-outside", what, f"choose a folder below {root}"))


def _read_all(file: Path, source: Source, order: Order | None) -> Taken:
    if source is Source.TWITTER_TOGETHER:
        files = sorted(file.rglob("*.tweet")) if file.is_dir() else [file]
        if not files:
            what = f"there is no .tweet file in {file}"
            return Taken(problems=(Problem("export-unreadable", what, "name the folder tweets", Place(str(file))),))
        return _joined(_read(one, read_tweet) for one in files)
    readers: dict[Source, Callable[[str, str], Taken]] = {
        Source.CSV: lambda text, name: read_sheet(text, name, order),
        Source.BUFFER: lambda text, name: read_buffer(text, name, order),
        Source.POSTIZ: read_postiz,
    }
    return _read(file, readers[source])


def _read(file: Path, reader: Callable[[str, str], Taken]) -> Taken:
    try:
        with file.open("rb") as opened:
            data = opened.read(BYTES + 1)
    except OSError as err:
        what = f"the file can't be read: {err.strerror or err}"
        return Taken(problems=(Problem("file-unreadable", what, "check its name", Place(str(file))),))
    text, problem = decoded(data, str(file))
    return Taken(problems=(problem,)) if problem else reader(text, str(file))


def _joined(taken: Iterable[Taken]) -> Taken:
    """What was read from several files; one that can't be read does not stop the others."""
    every = list(taken)
    drafts = tuple(draft for one in every for draft in one.drafts)
    return Taken(drafts, tuple(problem for one in every for problem in one.problems))


FOREIGN: Final = frozenset({Source.POSTIZ, Source.BUFFER, Source.TWITTER_TOGETHER})
