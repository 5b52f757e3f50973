"""May a post be sent, and when? Its time, the switches, and what speaks against it; caps and guards come after."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from contentsync import limits
from contentsync.errors import Problem
from contentsync.lifecycle import SUCCESS, Phase
from contentsync.plan.action import Action, Kind, Receipt
from contentsync.plan.blocks import blocks_of, notes_of
from contentsync.plan.guards import Wanted, warned
from contentsync.plan.scene import Scene, settle
from contentsync.plan.schedule import Window
from contentsync.post import Attempt, DesiredPost, Mode, PostState

_DAY: Final = timedelta(hours=24)
INBOX_FULL: Final = "spam-risk-too-many-pending-share"
_LOST: Final = "state-lost"  # an attempt that was made from its receipt, and knows no more than that


def wanted(scene: Scene, post: DesiredPost, row: PostState | None, reason: str) -> Action | Wanted:
    """A create for `reason`, unless its time, a switch or a problem speaks against it."""
    if problem := _told_elsewhere(scene, post, row) or noted_here(scene, post, row) or _returned(scene, post, row):
        return scene.blocked(post, problem)
    window = scene.window(post, row)
    if held := held_back(scene, post, window):
        return held
    times = _earliest(scene, post, row, window)
    blocks = blocks_of(post, scene.facts, scene.world)
    notes = notes_of(post, scene.world, scene.lookalikes.of(post.caption))
    if not times:
        return _now(scene, post, row, reason, window, (*stopped(scene), *blocks), notes)
    if window.new_slot:
        scene.slots.take()
    due_at, why = max(times, key=lambda time: time[0])
    left = due_at != window.opens_at
    waits = scene.action(Kind.WAIT, post, why, due_at=due_at, problems=notes, left=left)
    waits = warned(waits, *(replace(block, where=block.where or post.where) for block in blocks))
    ahead = scene.now - scene.due_now  # of TikTok's clock; caps are counted by this machine's
    earliest, ends = due_at if left else due_at + ahead, window.ends_at and window.ends_at + ahead
    return Wanted(waits, post, row, scene.facts, earliest, earliest, ends)


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
    """What the author's or the account's switches, or the end of its time, make of a post that would be sent."""
    if post.hold:
        return scene.action(Kind.WAIT, post, "hold: true")
    if window.is_over(scene.late_now):
        what = f"its window ended at {window.ends_at:%Y-%m-%d %H:%M} UTC; it is not posted late"
        return scene.blocked(post, Problem("missed", what, "give it a new publish_at, or a longer grace"))
    if scene.is_paused:
        return scene.action(Kind.WAIT, post, "the account is paused")
    if post.next_slot and window.opens_at is None:
        what = f"account {post.account} has no free slot"
        hint = "give it slots in contentsync.yaml, or write a time"
        return scene.blocked(post, Problem("no-slots", what, hint, post.place_of("publish_at")))
    if window.is_empty:
        ends, opens = f"{window.ends_at:%Y-%m-%d %H:%M}", f"{window.opens_at:%Y-%m-%d %H:%M}"
        what = f"it expires at {ends} UTC, before it may be sent at {opens} UTC"
        return scene.blocked(post, Problem("window-empty", what, "give it a later expires_at"))
    return None


def waiting_for(scene: Scene, post: DesiredPost, window: Window) -> str:
    """What a post waits for whose window is ahead, by one clock or by both."""
    what = "waits for its slot" if post.next_slot else "waits for its publish_at"
    return what if window.is_ahead(scene.now) else f"{what}, which is still ahead by TikTok's clock"


def stopped(scene: Scene) -> tuple[Problem, ...]:
    """An unknown outcome stops its account: what else is wrong there is not known either."""
    if scene.unknown is None:
        return ()
    key = scene.key(scene.unknown)
    what = f"{key} may be live or not; nothing else is sent for this account until that is settled"
    return (Problem("account-has-unknown", what, settle(key)),)


def _earliest(scene: Scene, post: DesiredPost, row: PostState | None, window: Window) -> list[tuple[datetime, str]]:
    """What it has to wait for, and in which words; empty where it is due now."""
    last = row.last if row else None
    times = []
    if room := _inits_room(row, scene.now):
        times.append((room, f"was begun {limits.INITS_PER_POST_A_DAY} times in 24 h"))
    passing = last is not None and last.phase is Phase.FAILED and last.retry and post.key not in scene.world.retry
    if passing and last and last.not_before and not _inbox_has_room(scene, last):
        times.append((last.not_before, f"waits after: {last.problem_what or 'a failure that passes'}"))
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


def _told_elsewhere(scene: Scene, post: DesiredPost, row: PostState | None) -> Problem | None:
    """What a committed receipt tells and this state does not: it was made from another state, or a later one."""
    receipt, other = scene.facts.receipts.get(post.name), ""
    if receipt is None and row is None:
        other, receipt = scene.receipts_of_media.get(post.media_digest, ("", None))
    if receipt is None or receipt.generation < post.generation or "existing-posts" in scene.world.allow:
        return None
    if receipt.phase == "declared" or (row is not None and row.attempts and _is_known(receipt, row)):
        return None
    hint = "bring the old state back, or run: contentsync state rebuild; --allow existing-posts posts it all the same"
    whose = f"it has the media of {other}, and the receipt of that" if other else "its receipt"
    return _not_known(receipt, hint, whose)


def noted_here(scene: Scene, post: DesiredPost, row: PostState | None) -> Problem | None:
    """What this machine remembers of an attempt that no row can be: another state made it, or a newer copy.

    What this post began later was begun in knowledge of that.
    """
    if "existing-posts" in scene.world.allow:
        return None
    at = max((scene.facts.noted_at.get(a.id, -1) for a in row.attempts), default=-1) if row else -1
    marked = (*scene.not_known.get(post.name, ()), *scene.not_known.get(post.media_digest, ()))
    noted = next((one for one in marked if one.generation >= post.generation and one.at >= at), None)
    if noted is None:
        return None
    other = f"as {noted.name} " if noted.name != post.name else ""
    by = "a newer copy of this state" if noted.lineage == scene.world.lineage else "another state on this machine"
    hint = (
        "bring that state back, or run: contentsync state rebuild; or pass --allow existing-posts, if it is not there"
    )
    return Problem("existing-posts", f"{by} sent it {other}before, and this one does not know of that", hint)


def lost_by_moving(scene: Scene, row: PostState) -> Problem | None:
    """What the receipt under a row's old name tells and this state does not: a move would write over it."""
    receipt = scene.facts.receipts.get(row.name)
    if receipt is None or receipt.phase == "declared" or "existing-posts" in scene.world.allow:
        return None
    older = receipt.attempts <= len(row.attempts) and receipt.generation <= row.generation
    if _is_known(receipt, row) or (row.success is not None and older):
        return None
    hint, whose = "bring the newer state back, or run: contentsync state rebuild", f"it was {row.key}"
    return _not_known(receipt, hint, f"{whose}, and the receipt of that")


def ended_elsewhere(scene: Scene, post: DesiredPost, row: PostState) -> Problem | None:
    """What a receipt tells of the end of an attempt that is open here: this is an older copy of the state."""
    receipt, taken_in = scene.facts.receipts.get(post.name), row.last is not None and row.last.problem_code == _LOST
    if receipt is None or receipt.attempts < len(row.attempts) or taken_in:
        return None
    if receipt.phase not in SUCCESS | {Phase.ABANDONED}:
        return None
    return _not_known(receipt, "bring the newer state back, or run: contentsync state rebuild")


def _not_known(receipt: Receipt, hint: str, whose: str = "its receipt") -> Problem:
    what = f"{whose} says {receipt.phase}, but this state does not know of that"
    return Problem("existing-posts", what, hint)


def _is_known(receipt: Receipt, row: PostState) -> bool:
    """Whether a receipt is no more than an older word about the attempts of this row."""
    if receipt.attempts > len(row.attempts) or receipt.generation > row.generation:
        return False
    if receipt.post_id:
        return receipt.post_id == row.post_id
    return row.success is not None or receipt.phase not in SUCCESS


def _returned(scene: Scene, post: DesiredPost, row: PostState | None) -> Problem | None:
    """A new name whose media a removed post had: it may be that post."""
    twin = scene.removed.get(post.media_digest)
    if twin is None or (row is not None and row.attempts) or post.generation > twin.generation:
        return None
    assert twin.removed_at is not None
    what = f"has the media of {scene.key(twin)}, which was removed from the state on {twin.removed_at:%Y-%m-%d}"
    return Problem("returned", what, "raise its `generation` to post it again")
