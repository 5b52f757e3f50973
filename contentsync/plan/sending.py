"""May this one post be sent, and when? Checks evidence, time, pauses and blocks, in this order.

The danger: a create for a post that exists already, or outside the time that its author wants. The rule: another
open_id, knowledge of other witnesses and the media of a removed post block the post first. Only then its window, a
pause or an expiry can make it wait. Only a post that passes all of these becomes a `Wanted`; `guards` then applies
caps and guards over all posts.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from contentsync import limits
from contentsync.errors import Problem
from contentsync.lifecycle import Phase
from contentsync.plan.action import Action, Kind
from contentsync.plan.ahead import window_too_short
from contentsync.plan.blocks import blocks_of, notes_of
from contentsync.plan.guards import Wanted, warned
from contentsync.plan.scene import Scene, settle
from contentsync.plan.schedule import Window, missed
from contentsync.post import DesiredPost, Mode
from contentsync.post_state import Attempt, PostState
from contentsync.times import in_words

_DAY: Final = timedelta(hours=24)
INBOX_FULL: Final = "spam-risk-too-many-pending-share"


def wanted(scene: Scene, post: DesiredPost, row: PostState | None, reason: str) -> Action | Wanted:
    """A create for `reason`, unless evidence, its time, a pause or a problem forbids it."""
    if problem := _other_open_id(scene):
        return scene.blocked(post, problem)
    told = scene.elsewhere.against(post.key, post.media_digest, post.generation)
    if problem := told or _returned(scene, post, row):
        return scene.blocked(post, problem)
    window = scene.window(post, row)
    if held := held_back(scene, post, window):
        return held
    times = _earliest(scene, post, row, window)
    blocks = blocks_of(post, scene.facts, scene.world)
    alike = scene.lookalikes.of(post)
    notes = notes_of(post, scene.world, alike if "lookalike" in scene.world.allow else ())
    if not times:
        made = _now(scene, post, row, reason, window, (*stopped(scene), *blocks), notes)
        return replace(made, alike=alike) if isinstance(made, Wanted) else made
    if window.new_slot:
        scene.slots.take()
    due_at, why = max(times, key=lambda time: time[0])
    left = due_at != window.opens_at
    notes = (*notes, *window_too_short(post, window, scene.world))
    waits = scene.action(Kind.WAIT, post, why, due_at=due_at, problems=notes, left=left)
    waits = warned(waits, *(replace(block, where=block.where or post.where) for block in blocks))
    ahead = scene.now - scene.due_now  # of TikTok's clock; caps are counted by this machine's
    earliest, ends = due_at if left else due_at + ahead, window.ends_at and window.ends_at + ahead
    return Wanted(waits, post, row, scene.facts, earliest, earliest, ends, alike)


def _other_open_id(scene: Scene) -> Problem | None:
    """The problem of posts under another open_id: nothing is created until a person says whose they are."""
    if not scene.facts.formers:
        return None
    name, former = scene.facts.account.name, scene.facts.formers[0]
    what = f"{name} has a new open_id; the earlier one, {former.identity.shown}, has {former.counted}"
    hint = (
        f"if this is the same TikTok account in another app, run: contentsync accounts rebind {name}; if it is "
        "another TikTok account, give one of the two a name of its own in contentsync.yaml"
    )
    return Problem("open-id-changed", what, hint)


def _now(
    scene: Scene,
    post: DesiredPost,
    row: PostState | None,
    reason: str,
    window: Window,
    blocks: tuple[Problem, ...],
    notes: tuple[Problem, ...],
) -> Action | Wanted:
    if blocks:
        return scene.action(Kind.BLOCKED, post, blocks[0].what, problems=(*blocks, *notes))
    create = scene.action(Kind.CREATE, post, reason, problems=notes)
    return Wanted(create, post, row, scene.facts, scene.now, window.opens_at or scene.now, window.ends_at)


def held_back(scene: Scene, post: DesiredPost, window: Window) -> Action | None:
    """The action for a post that a pause or the end of its window holds back; None if nothing does."""
    if post.hold:
        return scene.action(Kind.WAIT, post, "hold: true")
    if window.is_over(scene.late_now):
        return scene.blocked(post, missed(window, scene.now, scene.late_now, scene.facts.account.timezone))
    if scene.paused:
        return scene.action(Kind.WAIT, post, scene.paused)
    if post.next_slot and window.opens_at is None:
        what = f"account {post.account} has no free slot"
        hint = "add slots in contentsync.yaml, or write the time in publish_at"
        return scene.blocked(post, Problem("no-slots", what, hint, post.place_of("publish_at")))
    if window.is_empty:
        ends, opens = _spoken(scene, window.ends_at), _spoken(scene, window.opens_at)
        what = f"it expires {ends}, before it may be sent: {opens}"
        return scene.blocked(post, Problem("window-empty", what, "give it a later expires_at"))
    return None


def _spoken(scene: Scene, moment: datetime | None) -> str:
    """A time of the author's as people read it, in the zone of the account."""
    return in_words(moment, scene.facts.account.timezone, scene.now) if moment else "never"


def waiting_for(scene: Scene, post: DesiredPost, window: Window) -> str:
    """The reason of a wait for a window that has not opened, by one clock or by both."""
    what = "waits for its slot" if post.next_slot else "waits for its publish_at"
    if missed := scene.missed_slot(post):
        what = f"missed its slot, {_spoken(scene, missed)}, and waits for the next one"
    return what if window.is_ahead(scene.now) else f"{what}, which is still in the future by TikTok's clock"


def stopped(scene: Scene) -> tuple[Problem, ...]:
    """The problem of an account that an unknown outcome stops."""
    if scene.unknown is None:
        return ()
    key = scene.key(scene.unknown)
    what = f"{key} may be live or not; nothing else is sent for this account until that is settled"
    return (Problem("account-has-unknown", what, settle(key)),)


def _earliest(scene: Scene, post: DesiredPost, row: PostState | None, window: Window) -> list[tuple[datetime, str]]:
    """The times that the post must wait for, with a reason each; empty if it is due now."""
    last = row.last if row else None
    times = []
    if room := _inits_room(row, scene.now):
        times.append((room, f"was started {limits.INITS_PER_POST_A_DAY} times in 24 h"))
    passing = last is not None and last.phase is Phase.FAILED and last.retry and post.key not in scene.world.retry
    if passing and last and last.not_before and not _inbox_has_room(scene, last):
        why = last.problem_what.partition(" (TikTok:")[0] or "a temporary failure"
        times.append((last.not_before, f"waits: {why}"))
    times = [(moment, why) for moment, why in times if moment > scene.now]
    if window.opens_at and window.is_ahead(scene.due_now):
        times.append((window.opens_at, waiting_for(scene, post, window)))
    return times


def _inbox_has_room(scene: Scene, refused: Attempt) -> bool:
    """Whether a draft was posted from the inbox after TikTok refused this one, since the inbox was full."""
    if refused.problem_code != INBOX_FULL:
        return False
    tried = (attempt for row in scene.facts.rows for attempt in row.attempts)
    posted = [a for a in tried if a.mode is Mode.DRAFT and a.phase is Phase.PUBLISHED]
    return any(a.updated_at > refused.updated_at for a in posted)


def _inits_room(row: PostState | None, now: datetime) -> datetime | None:
    """When a post that was started too often today may be started again; None for now."""
    sent = (
        sorted(a.init_sent_at for a in row.attempts if a.init_sent_at and a.init_sent_at > now - _DAY) if row else []
    )
    return sent[-limits.INITS_PER_POST_A_DAY] + _DAY if len(sent) >= limits.INITS_PER_POST_A_DAY else None


def _returned(scene: Scene, post: DesiredPost, row: PostState | None) -> Problem | None:
    """The problem of a post with the media of a removed post: it may be that post."""
    twin = scene.removed.get(post.media_digest)
    if twin is None or (row is not None and row.attempts) or post.generation > twin.generation:
        return None
    assert twin.removed_at is not None
    what = f"has the media of {scene.key(twin)}, which was removed from the state on {twin.removed_at:%Y-%m-%d}"
    return Problem("returned", what, "raise its `generation` to post it again")
