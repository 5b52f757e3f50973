"""Which bytes were settled posts sent with? Whoever needs only their digests does not look into them again.

The danger: a post that will be sent and was never looked into. The rule: only the rows say what is settled, never a
cache; the digest of the file on disk must be the one that was sent; and where a plan shows a post that was not looked
into, it is made again with a look into it (operations/plan.py). `validate` and `probe` look into every file.
"""

from __future__ import annotations

from collections.abc import Set
from functools import cache
from typing import Final

from contentsync.media.look import Sent
from contentsync.plan.settled import sent_media
from contentsync.project import Project

_ONE_BY_ONE: Final = 50  # posts up to which reading single rows costs less than reading all


class SentMedia:
    """What each post was sent with, by its key."""

    def __init__(self, project: Project, looked_into: Set[str] = frozenset()) -> None:
        """looked_into: the posts that are to be looked into, whatever they were sent with."""
        self._project = project
        self._looked_into = looked_into
        self._asked = 0
        self._sent_of = cache(self._read_all)
        self._identity_of = cache(self._read_identity)

    def __call__(self, key: str) -> Sent | None:
        """The digest and size of the one file that a settled post was sent with; None for any other post."""
        account, _, name = key.partition("/")
        open_id = self._identity_of(account)
        if not open_id or key in self._looked_into:
            return None
        self._asked += 1
        if self._asked > _ONE_BY_ONE:
            return self._sent_of(open_id).get(name)
        row = self._project.reading_store.post_named(open_id, name)
        return sent_media(row) if row else None

    def _read_identity(self, account: str) -> str | None:
        return self._project.at_work(account).open_id if account in self._project.settings.accounts else None

    def _read_all(self, open_id: str) -> dict[str, Sent | None]:
        return {row.name: sent_media(row) for row in self._project.reading_store.posts(open_id)}
