"""Read TikTok into the state: the public list, open attempts, late post ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace

from contentsync.account import AccountAtWork
from contentsync.errors import ContentsyncError, Level, Problem
from contentsync.frozen import frozen
from contentsync.operations.side_by_side import side_by_side
from contentsync.project import Project
from contentsync.remote import as_last_known


@frozen
class Seen:
    """What a refresh found of one account: how many public videos, and attempts that are still open."""

    videos: int
    open: int
    notes: tuple[Problem, ...] = ()
    #: By post key: why TikTok gave no news of an open attempt.
    no_news: Mapping[str, Problem] = field(default_factory=dict)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All that a person should know; what concerns one post names it."""
        last_known = {key: as_last_known(one) for key, one in self.no_news.items()}
        return (*self.notes, *(replace(one, what=f"{key}: {one.what}") for key, one in last_known.items()))

    @property
    def is_whole(self) -> bool:
        """Whether all that could be read was read."""
        return all(note.code != "list-not-read" or note.level is Level.NOTE for note in self.notes)


def refresh_all(
    project: Project, names: tuple[str, ...], *, full_list: bool
) -> tuple[dict[str, Seen], dict[str, ContentsyncError]]:
    """Read TikTok into the state for these accounts, or for all; and those that could not be asked.

    Raises StoreError where there is no state to read into.
    """
    project.catch_up()
    project.store.check()  # never into a copy of it; and before TikTok is asked
    accounts = [project.at_work(name) for name in names] or project.all_at_work()
    failures: dict[str, ContentsyncError] = {}

    def read(account: AccountAtWork) -> Seen:
        asked = account.ask(full_list=full_list)
        open_id, store = asked.creator.open_id, account.store
        unfinished = store.unfinished_or_since(open_id, project.clock.now())
        still_open = sum(bool(row.last and row.last.is_open) for row in unfinished)
        return Seen(len(store.listed_ids(open_id)), still_open, asked.notes, asked.no_news)

    return dict(side_by_side(accounts, read, failures)), failures
