"""What does a state offer for posts, their attempts and their videos?"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Protocol

from contentsync.post import DesiredPost
from contentsync.post_state import Attempt, PostState
from contentsync.store.port.values import Pin, Shared


class Posts(Protocol):
    """The posts of one project, with their attempts and the videos that they became."""

    def marks(self) -> dict[str, str]:
        """One value for each row, by uid: another one after every change that matters to a plan.

        Empty for a post whose video is known to be gone.
        """
        ...

    def mark_of(self, row: PostState, bound: Collection[str]) -> str:
        """The same value of a row that was read. bound: the videos that are bound to it."""
        ...

    def has_kin(self, open_id: str, known: frozenset[str], shared: Shared) -> bool:
        """Whether any post but those of the known uids shares some of this."""
        ...

    def others_show(self, open_id: str, known: frozenset[str]) -> bool:
        """Whether any post but those of the known uids has an attempt that may have become a post at TikTok."""
        ...

    def posts(self, open_id: str) -> list[PostState]:
        """All posts of an identity, with their attempts."""
        ...

    def post(self, uid: str) -> PostState | None: ...

    def post_named(self, open_id: str, name: str) -> PostState | None: ...

    def attempt(self, attempt_id: str) -> Attempt:
        """The attempt as it stands now. Raises KeyError where there is none."""
        ...

    def attempts_since(self, since: datetime) -> list[Attempt]:
        """The attempts of all identities that began at or after `since`, oldest first."""
        ...

    def changed_since(self, since: datetime) -> list[PostState]:
        """The posts with an attempt that changed at or after `since`."""
        ...

    def unfinished_or_since(self, open_id: str, since: datetime) -> list[PostState]:
        """The posts of an identity with an attempt that is open or unknown, or that began, changed or ended since."""
        ...

    def has_unknown(self, open_id: str) -> bool: ...

    def ensure_post(self, post: DesiredPost, open_id: str, *, now: datetime) -> PostState:
        """The row of a post, made where there is none."""
        ...

    def begin(self, post: DesiredPost, attempt: Attempt, now: datetime) -> Attempt:
        """Record an intent (R1), at its post, which is made where there is none.

        `attempt.post_uid` may be empty. Raises AttemptOpen where a further attempt may not begin (R2); Overtaken
        where another machine wrote first: what it wrote is known now, and must be looked at before beginning.
        """
        ...

    def save(self, attempt: Attempt, what: str, *, binds: bool = False, **detail: object) -> Attempt:
        """Write what is now known of an attempt; returns it as written.

        what: the event, for the history; a change of phase raises the serial. binds: the caller claims
        `attempt.post_id`, by likeness or by a person's word.
        Raises Superseded where the row is no longer the one that `attempt` was made from; AttemptOpen where the
        claimed video belongs to another post.
        """
        ...

    def move(self, row: PostState, post: DesiredPost, now: datetime, why: str = "") -> bool:
        """Give the row of a renamed post its new name; False where that name is taken by now."""
        ...

    def acknowledge(self, row: PostState, digest: str, why: str, now: datetime) -> None:
        """Accept an edit made after publication."""
        ...

    def see_edit(self, row: PostState, media: str, now: datetime) -> None:
        """Remember the edited media, so that a later rename is recognised. media: as DesiredPost.media_digest."""
        ...

    def remove(self, row: PostState, why: str, now: datetime) -> None:
        """Reduce a post to a tombstone. Raises AttemptOpen where an attempt is open or unknown by now."""
        ...

    def restore(
        self, row: PostState, now: datetime, old_names: Collection[str] = (), what: str = "restored", **detail: object
    ) -> bool:
        """Take in a row of a lost state, or what an older copy does not know, with the videos they became.

        old_names: a row of one of these names with the same attempt gets this row's name.
        what, detail: for the history. False where the row contradicts what is known.
        """
        ...

    def bind_post(self, post: DesiredPost, open_id: str, post_id: str, how: str, now: datetime) -> bool:
        """Bind a post without an attempt to an existing video; False where the video belongs to another post."""
        ...

    def bind_further(self, attempt: Attempt, post_id: str, how: str, now: datetime) -> bool:
        """Bind a video to an attempt as of `now`, or earlier; False where it belongs to another post."""
        ...

    def bound_by(self, attempt: Attempt) -> tuple[str, datetime] | None:
        """How, and as of when, the video that an attempt names was bound."""
        ...

    def bindings(self, open_id: str) -> dict[str, str]:
        """Which post each bound video belongs to: post_id to the post's uid."""
        ...

    def mark_public(self, uids: Iterable[str], now: datetime) -> None:
        """Remember that these posts were seen in the public list."""
        ...

    def name_account(self, open_id: str, account: str, now: datetime) -> int:
        """Give all rows of an open_id the account's present name; returns how many had another."""
        ...

    def give_slots(
        self, open_id: str, freed: Collection[PostState], given: Collection[Pin], rule: str, now: datetime
    ) -> None:
        """Take the slots of these rows back, and give posts theirs, all in one step.

        freed: the rows as they were read; one that has another slot by now keeps it. given: a post that has a slot
        keeps it, and a slot that another post has is not given. rule: of the account's slots (plan.schedule.rule_of).
        """
        ...
