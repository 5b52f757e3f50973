"""Which posts does a command mean? Turns names, globs and accounts into keys of posts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from contentsync.errors import Level, ManifestError, Problem, UsageError
from contentsync.frozen import frozen
from contentsync.plan.guard_names import GUARDS
from contentsync.post_state import PostState
from contentsync.project import Project, unknown
from contentsync.standard_paths import PROJECT_FILE

if TYPE_CHECKING:
    from contentsync.manifest.attachments import SentBy
    from contentsync.manifest.load import Loaded


@frozen
class Wish:
    """Which posts to plan, and how. only, exclude: globs of keys or names. allow: guards to lift. retry: keys."""

    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    retry: tuple[str, ...] = ()
    refresh: bool = True
    full_list: bool = False
    #: Refuse the whole project where any post or file of it has errors.
    strict: bool = False

    @property
    def selects(self) -> bool:
        """Whether it means only some of the posts."""
        return bool(self.only or self.exclude or self.accounts)


def load_all(project: Project, found: Sequence[str] | None = None, sent_by: SentBy = lambda _: None) -> Loaded:
    """The manifests, sound or not. Raises ManifestError for a faulty project file, which stops everything.

    found, sent_by: as in Project.load.
    """
    loaded = project.load(found=found, sent_by=sent_by)
    if any(p.level is Level.ERROR and p.where and p.where.file == PROJECT_FILE for p in loaded.problems):
        raise ManifestError(*loaded.problems)
    return loaded


def select(project: Project, loaded: Loaded, wish: Wish) -> frozenset[str] | None:
    """The keys that are meant; None for all. Raises UsageError for a name or glob that matches nothing."""
    for name in wish.accounts:
        project.account(name)
    for guard in wish.allow:
        if guard not in GUARDS:
            raise UsageError(unknown("guard", guard, list(GUARDS)))
    if not wish.selects:
        return None
    only = frozenset(wish.only)
    if only and only <= frozenset(loaded.keys) and not (wish.exclude or wish.accounts):
        return only  # whole keys: each fits itself alone, and no row needs to be read
    keys = known_keys(project, loaded)
    for glob in (*wish.only, *(() if loaded.unread else wish.exclude)):  # it may name a post that can't be read
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
    """The keys that these names or keys mean. Raises UsageError for an unknown or ambiguous one."""
    wanted = tuple(names)
    keys = known_keys(project, project.load()) if wanted else []
    return tuple(one_key(keys, name) for name in wanted)


def known_keys(project: Project, loaded: Loaded) -> list[str]:
    """The keys of all posts that are declared, sound or not, or remembered."""
    rows = [row.key for rows in rows_by_account(project).values() for row in rows]
    return list(dict.fromkeys([*loaded.keys, *rows]))


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
