"""Which posts are meant? Names, globs and accounts of a command, turned into keys of posts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from contentsync.errors import ManifestError, Problem, UsageError
from contentsync.plan.action import GUARDS
from contentsync.post import DesiredPost, PostState
from contentsync.project import Project, unknown

if TYPE_CHECKING:
    from contentsync.manifest.load import Loaded


@dataclass(frozen=True, slots=True)
class Wish:
    """Which posts, and how. only, exclude: globs of keys or names. allow: guards to lift. retry: keys."""

    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    retry: tuple[str, ...] = ()
    refresh: bool = True
    full_list: bool = False


def load(project: Project) -> Loaded:
    """The manifests, all of them sound. Raises ManifestError with every problem."""
    loaded = project.load()
    if loaded.has_errors:
        raise ManifestError(*loaded.problems)
    return loaded


def select(project: Project, posts: dict[str, DesiredPost], wish: Wish) -> frozenset[str] | None:
    """The keys that are meant; None for all. Raises UsageError for a name or glob that nothing answers to."""
    for name in wish.accounts:
        project.account(name)
    for guard in wish.allow:
        if guard not in GUARDS:
            raise UsageError(unknown("guard", guard, list(GUARDS)))
    if not (wish.only or wish.exclude or wish.accounts):
        return None
    keys = known_keys(project, posts)
    for glob in (*wish.only, *wish.exclude):
        if not any(_fits(key, glob) for key in keys):
            raise UsageError(unknown("post", glob, keys))
    return frozenset(
        key
        for key in keys
        if (not wish.accounts or key.partition("/")[0] in wish.accounts)
        and (not wish.only or any(_fits(key, glob) for glob in wish.only))
        and not any(_fits(key, glob) for glob in wish.exclude)
    )


def full_keys(project: Project, names: Iterable[str]) -> tuple[str, ...]:
    """The keys that these names or keys mean. Raises UsageError for one that is not there, or not one."""
    wanted = tuple(names)
    keys = known_keys(project, {post.key: post for post in project.load().posts}) if wanted else []
    return tuple(one_key(keys, name) for name in wanted)


def known_keys(project: Project, posts: dict[str, DesiredPost]) -> list[str]:
    """The keys of all posts that are declared or remembered."""
    rows = [row.key for rows in rows_by_account(project).values() for row in rows]
    return list(dict.fromkeys([*posts, *rows]))


def _fits(key: str, glob: str) -> bool:
    return fnmatchcase(key, glob) or fnmatchcase(key.partition("/")[2], glob)


def rows_by_account(project: Project) -> dict[str, list[PostState]]:
    """The rows of each declared account, as far as its open_id is known."""
    found = {}
    for account in project.all_at_work():
        if account.open_id:
            found[account.name] = account.store.posts(account.open_id)
    return found


def one_key(keys: list[str], name: str) -> str:
    found = [key for key in keys if name in {key, key.partition("/")[2]}]
    if len(found) == 1:
        return found[0]
    if found:
        hint = f"write the account before it: {' or '.join(found)}"
        raise UsageError(Problem("several-posts", f'{len(found)} posts are called "{name}"', hint))
    raise UsageError(unknown("post", name, keys))
