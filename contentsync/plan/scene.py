"""Which facts do the decisions about one account need? Finds each fact once, and makes actions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import cached_property

from contentsync.errors import Problem
from contentsync.lifecycle import OPEN, Phase
from contentsync.media_urls import shown
from contentsync.plan.action import AccountFacts, Action, Change, Kind, World, fingerprint
from contentsync.plan.elsewhere import Elsewhere
from contentsync.plan.match import Lookalikes
from contentsync.plan.moves import Moves
from contentsync.plan.schedule import FreeSlots, Window, due_clock, holds_slot, late_clock, needs_slot, window_of
from contentsync.post import DesiredPost
from contentsync.post_state import Attempt, PostState
from contentsync.remote_post import RemotePost


class Scene:
    """One account: its declared posts and rows by name, its free slots and its free videos."""

    def __init__(self, facts: AccountFacts, posts: Mapping[str, DesiredPost], world: World) -> None:
        self.facts = facts
        self.world = world
        self.now = world.now
        self.posts = posts
        self.due_now = due_clock(world.now, facts.tiktok_now)
        self.late_now = late_clock(world.now, facts.tiktok_now)
        self._facts_rows = {row.name: row for row in sorted(facts.rows, key=lambda row: row.name)}
        self.rows = {name: self._with_slot(row) for name, row in self._facts_rows.items()}
        self.faulty = {one.name: one for one in world.faulty.get(facts.account.name, ())}
        self.moves = Moves(posts, self.rows, frozenset(self.faulty))
        self.claims = Counter(post.post_id for post in posts.values() if post.post_id)
        self.slots = FreeSlots(facts.account, self._taken(), self.late_now)
        self.unknown = next((row for row in self.rows.values() if has_phase(row, Phase.UNKNOWN)), None)

    def missed_slot(self, post: DesiredPost) -> datetime | None:
        """The slot that passed while nothing was sent for a post that asks for one."""
        row = self._facts_rows.get(post.name)
        is_missed = post.next_slot and row and row.slot_at and window_of(post, row, None).is_over(self.late_now)
        return row.slot_at if row and is_missed else None

    def _with_slot(self, row: PostState) -> PostState:
        """The row, without a slot that it gave up."""
        holds = holds_slot(self.posts.get(row.name), row, self.facts.account, self.late_now)
        return row if holds or row.slot_at is None else replace(row, slot_at=None)

    def _taken(self) -> set[datetime]:
        """The slots that posts have; a post that was removed has none, unless its manifest may be elsewhere."""
        declared = self.posts.keys() | self.faulty.keys()
        rows = [row for row in self.rows.values() if row.slot_at and not row.removed_at]
        kept = (r for r in rows if self.world.unread or r.name in declared or self.moves.takes(r))
        return {row.slot_at for row in kept if row.slot_at}

    def freed(self) -> list[PostState]:
        """The rows that still have a slot to come in the state, and gave it up."""
        taken = self._taken()
        return [row for row in self.facts.rows if row.slot_at and row.slot_at not in taken and row.slot_at > self.now]

    @cached_property
    def free_videos(self) -> list[RemotePost]:
        """The public videos that belong to no post, and that no manifest names."""
        taken = self.facts.bindings
        return [v for v in self.facts.remote.videos if v.post_id not in taken and v.post_id not in self.claims]

    @cached_property
    def lookalikes(self) -> Lookalikes:
        return Lookalikes(self.free_videos)

    @cached_property
    def removed(self) -> dict[str, PostState]:
        """The tombstones of posts that may have been published, by the media they had."""
        gone = [row for row in self.rows.values() if row.removed_at and may_have_shown(row)]
        return {
            mark: row for row in gone for mark in (row.media_digest, *(a.media_digest for a in row.attempts)) if mark
        }

    @cached_property
    def elsewhere(self) -> Elsewhere:
        """What receipts and the journal tell of posts, and the rows do not know."""
        return Elsewhere(self.facts, self.world.lineage)

    @property
    def paused(self) -> str:
        """Why nothing is begun for the account; empty where it is not paused."""
        if self.facts.pause:
            return self.facts.pause.said(self.facts.account.timezone)
        return "the account is paused" if self.facts.account.paused else ""

    def key(self, row: PostState) -> str:
        """The key of a row by the account's present name."""
        return f"{self.facts.account.name}/{row.name}"

    def window(self, post: DesiredPost, row: PostState | None) -> Window:
        """The post's window, with the slot that is next where it needs one."""
        return window_of(post, row, self.slots.look() if needs_slot(post, row) else None)

    def opens_at(self, post: DesiredPost) -> datetime | None:
        """When the window of a post opens, as far as that is settled."""
        return window_of(post, self.rows.get(post.name), None).opens_at

    def blocked(self, post: DesiredPost, problem: Problem, reason: str = "") -> Action:
        return self.action(Kind.BLOCKED, post, reason or problem.what, problems=(problem,))

    def action(
        self,
        kind: Kind,
        post: DesiredPost,
        reason: str,
        *,
        due_at: datetime | None = None,
        changes: tuple[Change, ...] = (),
        problems: tuple[Problem, ...] = (),
        left: bool = False,
        moved_from: str = "",
        adopts: str = "",
    ) -> Action:
        """An action for a declared post, with all that the plan tells of it."""
        if kind is Kind.UNCHANGED:
            return Action(kind, post.key, reason)
        placed = tuple(p if p.where else replace(p, where=post.where) for p in problems)
        return Action(
            kind=kind,
            post=post.key,
            reason=reason,
            where=str(post.where) if post.where.file else "",
            mode=post.mode,
            due_at=due_at,
            not_sent=post.settings_not_sent(),
            changes=changes,
            media=tuple(replace(item, url=shown(item.url)) for item in post.media),
            problems=placed,
            digest=fingerprint(post),
            left=left,
            moved_from=moved_from,
            adopts=adopts,
            sends=post.settings_sent(),
        )


def has_phase(row: PostState, *phases: Phase) -> bool:
    return any(attempt.phase in phases for attempt in row.attempts)


def unsettled(row: PostState) -> Attempt | None:
    """The attempt of which the end is not known; while there is one, no other may begin."""
    return next((a for a in reversed(row.attempts) if a.phase in OPEN or a.phase is Phase.UNKNOWN), None)


def may_have_shown(row: PostState) -> bool:
    """Whether anything of this row can be at TikTok; a tombstone without its attempts does not say."""
    shown = OPEN | {Phase.PUBLISHED, Phase.DELIVERED, Phase.UNKNOWN, Phase.ABANDONED}
    return bool(row.bound_post_id) or not row.attempts or has_phase(row, *shown)


def settle(key: str) -> str:
    """The hint for an unknown outcome, which only a person settles."""
    return f"check TikTok's app, then run: contentsync resolve {key} --published, --not-published or --keep"


def see(key: str) -> str:
    """The hint that points a person to the evidence."""
    return f"see: contentsync explain {key}"
