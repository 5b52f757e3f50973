"""Which faulty posts are settled? Posts that were sent are not checked again, whatever is wrong with them today."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from contentsync.errors import Level, ManifestError, Problem
from contentsync.faulty import Faulty
from contentsync.frozen import frozen
from contentsync.manifest.loaded import Loaded
from contentsync.operations.state_rows import all_rows
from contentsync.plan.action import AccountFacts
from contentsync.plan.settled import split
from contentsync.post import DesiredPost
from contentsync.project import Project

_ABSENT = frozenset({"media-not-found", "media-dvc-pointer", "media-annex-pointer", "photos-empty"})


class Odd(NamedTuple):
    """What is wrong today with the settled posts of one file."""

    file: str
    #: The first of them, and its first problem.
    key: str
    problem: Problem
    #: All of them.
    keys: frozenset[str]


@frozen
class History:
    """The faulty posts, parted."""

    #: The settled ones of the project's accounts, by key: they are planned as declared.
    posts: dict[str, DesiredPost]
    #: All that are settled, those of accounts that the project no longer has among them.
    keys: frozenset[str]
    #: The others: they are blocked.
    faulty: tuple[Faulty, ...]
    #: What is odd about the settled ones, in a line or two.
    notes: tuple[Problem, ...]


def load_sound(project: Project) -> Loaded:
    """The manifests, all valid except those of settled posts. Raises ManifestError with every problem."""
    loaded = project.load()
    if loaded.faulty:
        rows = {row.key: row for row in all_rows(project)}
        loaded = loaded.excusing(frozenset(split(loaded.faulty, rows)[0]))
    if loaded.has_errors:
        raise ManifestError(*loaded.problems)
    return loaded


def settled_posts(
    project: Project, loaded: Loaded, facts: Mapping[str, AccountFacts], further: Sequence[Odd] = ()
) -> History:
    """Part the faulty posts into those that are settled and those that are not.

    further: what is odd about settled posts that were left out.
    """
    if not loaded.faulty:
        return History({}, frozenset(), (), tuple(_told(further)))
    rows = {f"{name}/{row.name}": row for name, known in facts.items() for row in known.rows}
    gone = {one.account for one in loaded.faulty} - project.settings.accounts.keys()
    if gone:
        rows |= {row.key: row for row in all_rows(project) if row.account in gone}
    settled, faulty = split(loaded.faulty, rows)
    of_gone = {key for key in settled if key.partition("/")[0] in gone}
    keys = frozenset(settled)
    told = [one for one in loaded.faulty if one.key in keys - of_gone]
    return History(
        posts={key: post for key, post in settled.items() if key not in of_gone},
        keys=keys,
        faulty=faulty,
        notes=(*_told([*odd_of(told), *further]), *_of_gone(of_gone)),
    )


def odd_of(told: Iterable[Faulty]) -> list[Odd]:
    """What is wrong today with settled posts, by file. A missing media file is not mentioned."""
    found: dict[str, Odd] = {}
    for one in told:
        for problem in one.problems:
            if problem.code not in _ABSENT:
                first = found.setdefault(one.where.file, Odd(one.where.file, one.key, problem, frozenset()))
                found[one.where.file] = first._replace(keys=first.keys | {one.key})
    return list(found.values())


def _told(odd: Sequence[Odd]) -> list[Problem]:
    """One line for all settled posts that would not be valid today."""
    if not odd:
        return []
    posts = frozenset[str]().union(*(one.keys for one in odd))
    first = min(odd, key=lambda one: one.file)
    what = f"settled posts that would not be valid today: {len(posts)}, such as {first.key} ({first.problem.what})"
    hint = "you need to do nothing: they stay as they were sent"
    return [Problem("settled-not-judged", what, hint, first.problem.where, Level.NOTE)]


def _of_gone(keys: Iterable[str]) -> list[Problem]:
    count: dict[str, int] = {}
    for key in keys:
        name = key.partition("/")[0]
        count[name] = count.get(name, 0) + 1
    return [
        Problem(
            "account-gone",
            f"account {name} is not in the project file any more; its settled posts stay as they are: {number}",
            "put the account back, or delete its manifests",
            level=Level.NOTE,
        )
        for name, number in sorted(count.items())
    ]
