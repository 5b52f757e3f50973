"""What happens to an attempt without a known end, and to rows without a manifest?"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from contentsync.errors import Level
from contentsync.lifecycle import OPEN, Phase
from contentsync.plan import binding
from contentsync.plan.action import Action, Kind
from contentsync.plan.blocks import behind, blocks_of, cap_of
from contentsync.plan.policy import TimeRules, against, errors
from contentsync.plan.scene import Scene, settle, unsettled
from contentsync.plan.sending import held_back, stopped, waiting_for
from contentsync.post import DesiredPost
from contentsync.post_state import Attempt, PostState
from contentsync.times import in_words
from contentsync.upload_hour import Hour, judge, left_by_tiktok, words

# Of a pull whose init was sent: without its publish_id TikTok can't be asked about it.
_LOST: Final = "the answer to its init is lost, or another process waits for it; apply records the attempt as unknown"


def unfinished(scene: Scene, post: DesiredPost, row: PostState, last: Attempt) -> Action:
    """The next step of an attempt that is open or unknown; no other may begin beside it."""
    if problem := scene.elsewhere.against(post.key, last.media_digest, last.generation):
        return scene.blocked(post, problem)
    if last.phase is Phase.UNKNOWN:
        return binding.unknown(scene, post, last)
    if until := _in_other_hands(scene, last):
        reason = (
            f"{last.host} is sending it (last heard of {in_words(last.updated_at, scene.facts.account.timezone)})"
        )
        return replace(scene.action(Kind.WAIT, post, reason, due_at=until, left=True), in_other_hands=True)
    if is_live(last):
        asked = "TikTok is asked for the outcome" if last.publish_id else _LOST
        reason = f"was left {last.phase}; {asked}{_why_longer(scene, last)}"
        return scene.action(Kind.RESUME, post, reason)
    window = scene.window(post, row)
    if held := held_back(scene, post, window):
        if over := next((problem for problem in held.blockers if problem.code == "missed"), None):
            reason = f"was left {last.phase}, and its window is over: the attempt is ended, nothing more is sent"
            return scene.action(Kind.RESUME, post, reason, problems=(replace(over, level=Level.WARNING),))
        left = f"{held.reason}; its upload was left {last.phase}"
        return replace(held, reason=left) if held.kind is Kind.WAIT else held
    if window.is_ahead(scene.due_now):
        if window.new_slot:
            scene.slots.take()
        reason = f"{waiting_for(scene, post, window)}; its upload was left {last.phase}"
        return scene.action(Kind.WAIT, post, reason, due_at=window.opens_at)
    if problems := stopped(scene):
        return scene.action(Kind.BLOCKED, post, problems[0].what, problems=problems)
    if last.digest != post.digest or last.generation < post.generation:
        return _edited(scene, post, last)
    return _going_on(scene, post, last)


def _in_other_hands(scene: Scene, last: Attempt) -> datetime | None:
    """Until when an attempt of another machine is left alone; None where this machine may go on with it.

    What has passed its commit point anyone may follow: nothing is sent for it.
    """
    until = last.updated_at + scene.world.takeover
    return until if last.is_begun_elsewhere(scene.world.machine) and until > scene.now else None


def is_live(attempt: Attempt) -> bool:
    """Whether TikTok may have the complete post, so that it can only be asked."""
    return attempt.may_be_live or attempt.phase is Phase.PROCESSING


def _runs_until(scene: Scene, last: Attempt) -> datetime | None:
    """The end of an open upload's hour, by this machine's clock as it goes; None where it is over."""
    date, expires = scene.facts.tiktok_now, last.upload_expires_at
    if last.phase is not Phase.UPLOADING or expires is None or judge(last, scene.now, date) is not Hour.RUNS:
        return None
    return expires if expires > scene.now else scene.now + (left_by_tiktok(last, date) or timedelta())


def _why_longer(scene: Scene, last: Attempt) -> str:
    """What to add where an upload's hour is over by this machine's clock only."""
    left, expires = left_by_tiktok(last, scene.facts.tiktok_now), last.upload_expires_at
    past = last.phase is Phase.UPLOADING and expires is not None and expires <= scene.now
    return f"; {words(left)}" if past and left is not None and left > timedelta() else ""


def _edited(scene: Scene, post: DesiredPost, last: Attempt) -> Action:
    """The action for an edit during an attempt: the old content is not sent, the new one waits for the end."""
    if until := _runs_until(scene, last):
        reason = f"edited during its upload; the old upload is left to expire first{_why_longer(scene, last)}"
        return scene.action(Kind.WAIT, post, reason, due_at=until, left=True)
    return scene.action(Kind.RESUME, post, f"edited after it was left {last.phase}: the old attempt is ended first")


def _going_on(scene: Scene, post: DesiredPost, last: Attempt) -> Action:
    """Resume an attempt, unless the policy forbids it by now; if its init is still to be sent, only if it may be."""
    reason = f"was left {last.phase}"
    if broken := against(post, scene.world):
        return scene.action(Kind.BLOCKED, post, f"{broken[0].what}; its upload {reason}", problems=broken)
    if problems := behind(scene.world):  # its last byte must be announced first
        return scene.action(Kind.BLOCKED, post, f"{problems[0].what}; its upload {reason}", problems=tuple(problems))
    if last.phase is Phase.INTENT:
        if blocks := blocks_of(post, scene.facts, scene.world):
            return scene.action(Kind.BLOCKED, post, blocks[0].what, problems=blocks)
        if cap := cap_of(post, scene.facts):
            return scene.action(Kind.WAIT, post, f"{cap}; it {reason}", left=True)
        if broken := tuple(errors(TimeRules(scene.world).problems(post, scene.facts, scene.now))):
            return scene.action(Kind.BLOCKED, post, f"{broken[0].what}; it {reason}", problems=broken)
    return scene.action(Kind.RESUME, post, reason)


def vanished(scene: Scene) -> list[Action]:
    """The actions for rows without a manifest.

    While a file can't be read, a manifest may be in it: then only what TikTok has already is followed.
    """
    declared = scene.posts.keys() | scene.faulty.keys()
    gone = [row for name, row in scene.rows.items() if name not in declared and not row.removed_at]
    return [action for row in gone if not scene.moves.takes(row) and (action := _without_manifest(scene, row))]


def _without_manifest(scene: Scene, row: PostState) -> Action | None:
    key, open_one = scene.key(row), unsettled(row)
    if open_one is not None:
        return _left_open(scene, key, open_one)
    last = row.last
    if scene.world.unread or (last is None and not row.bound_post_id):
        return None
    stays = row.success is not None or row.bound_post_id
    reason = "its manifest is gone; the video stays at TikTok" if stays else "its manifest is gone"
    if scene.world.machine:  # other clones declare posts, too
        reason = f"{reason}; or its manifest is in commits that this clone has not pulled"
    return Action(Kind.FORGET, key, reason, mode=last.mode if last else None)


def _left_open(scene: Scene, key: str, last: Attempt) -> Action | None:
    """The action for an open attempt without a manifest: it is followed, but nothing more is sent."""
    if last.phase not in OPEN:
        return Action(Kind.UNKNOWN, key, f"may be live, and its manifest is gone; {settle(key)}", mode=last.mode)
    if is_live(last):
        found = "but TikTok has it and is still asked for the outcome" if last.publish_id else f"and {_LOST}"
        reason = f"its manifest is gone, {found}"
        return Action(Kind.RESUME, key, reason, mode=last.mode)
    if scene.world.unread:
        return None
    if until := _runs_until(scene, last):
        reason = f"its manifest is gone; its upload is left to expire{_why_longer(scene, last)}"
        return Action(Kind.WAIT, key, reason, mode=last.mode, due_at=until)
    return Action(Kind.RESUME, key, "its manifest is gone; its attempt is ended", mode=last.mode)
