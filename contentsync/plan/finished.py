"""What happens to a post whose attempts have all ended? It was published, failed, abandoned or removed.

The danger: a published post is sent again because its manifest changed, its video vanished from the public list, or
an old failure is retried. The rule: a success or an abandoned attempt settles its generation, and only a higher
generation sends the post again. After a failure a new attempt needs a reason that is on disk or that a person gave:
changed content, `--retry`, a documented temporary failure, or a newer token after removed access.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any, Final

from contentsync import limits
from contentsync.errors import Level, Problem
from contentsync.lifecycle import SUCCESS, Phase
from contentsync.media_urls import without_queries
from contentsync.plan.action import Action, Change, Kind
from contentsync.plan.guards import Wanted
from contentsync.plan.scene import Scene
from contentsync.plan.sending import wanted
from contentsync.plan.settled import settling
from contentsync.post import DesiredPost, Mode, Privacy
from contentsync.post_state import Attempt, PostState

NEVER_STARTED: Final = "new"
ACCESS_REMOVED: Final = "auth-removed"  # of an attempt that TikTok ended since its user took the access away
_DRIFT_GRACE: Final = timedelta(hours=limits.DRIFT_GRACE_HOURS)


def finished(scene: Scene, post: DesiredPost, row: PostState) -> Action | Wanted:
    """The action for a post that has a row and no attempt under way."""
    settled = settling(row, post.generation)
    if post.generation > row.generation and settled is None:
        return wanted(scene, post, row, f"generation {post.generation}, after {row.generation}")
    if row.removed_at is not None:
        what = f"was removed from the state on {row.removed_at:%Y-%m-%d}"
        return scene.blocked(post, Problem("returned", what, "raise its `generation` to post it again"))
    if settled is not None:
        return _published(scene, post, row, settled) if settled.phase in SUCCESS else _kept(scene, post, row, settled)
    if row.bound_post_id:
        return _drifted(scene, post, row, None) or scene.action(Kind.UNCHANGED, post, "bound")
    if post.generation < row.generation:
        return _lowered(scene, post, row.generation, "tried")
    if row.last is None:
        return wanted(scene, post, row, NEVER_STARTED)
    return _ended(scene, post, row, row.last)


def _published(scene: Scene, post: DesiredPost, row: PostState, done: Attempt) -> Action:
    if post.generation < done.generation:
        return _lowered(scene, post, done.generation, "posted")
    drift = _drifted(scene, post, row, done)
    if done.digest != post.digest and row.acked_digest != post.digest:
        reason = "edited after it was sent; TikTok can't edit a post"
        gone = (Problem("not-visible", drift.reason, level=Level.WARNING),) if drift else ()
        told = (*gone, _acceptable(post))
        return scene.action(Kind.FROZEN, post, reason, changes=_changes(done, post), problems=told)
    return drift or scene.action(Kind.UNCHANGED, post, str(done.phase))


def _lowered(scene: Scene, post: DesiredPost, generation: int, was: str) -> Action:
    what = f"its generation is {post.generation}, but generation {generation} was already {was}"
    where = post.place_of("generation")
    return scene.blocked(post, Problem("generation-lower", what, f"write generation: {generation}", where))


def _kept(scene: Scene, post: DesiredPost, row: PostState, last: Attempt) -> Action:
    if post.digest in {last.digest, row.acked_digest}:
        return scene.action(Kind.UNCHANGED, post, "abandoned")
    reason = "edited after its attempt was abandoned, which may be live; raise its generation to post it"
    return scene.action(Kind.FROZEN, post, reason, changes=_changes(last, post), problems=(_acceptable(post),))


def _acceptable(post: DesiredPost) -> Problem:
    """What can be done about an edit that TikTok can't take."""
    what = "TikTok's API can neither edit nor delete: the post stays as it was sent"
    hint = (
        "edit or delete it in TikTok's app, where the app allows it; then keep the manifest as it is: "
        f"contentsync ack {post.key}; or raise its `generation` to post it as a new video"
    )
    return Problem("edited-after-sent", what, hint, level=Level.NOTE)


def _drifted(scene: Scene, post: DesiredPost, row: PostState, done: Attempt | None) -> Action | None:
    """The drift of a post that was public and is no longer listed; new videos are listed late."""
    gone = scene.facts.remote.gone.get(row.post_id) if row.post_id else None
    meant_public = done is None or done.mode is Mode.DRAFT or done.privacy == Privacy.EVERYONE
    if gone is None or not meant_public or scene.now - _public_since(done, gone) <= _DRIFT_GRACE:
        return None
    return scene.action(Kind.DRIFT, post, f"was public as {row.post_id}, and is no longer visible")


def bound_drift(scene: Scene, post: DesiredPost, row: PostState) -> Action | None:
    """The same for a post that its manifest binds to a video."""
    return _drifted(scene, post, row, row.success)


def _public_since(done: Attempt | None, gone: datetime) -> datetime:
    return done.finished_at if done is not None and done.finished_at else gone


def _ended(scene: Scene, post: DesiredPost, row: PostState, last: Attempt) -> Action | Wanted:
    """The action after an attempt that certainly published nothing."""
    may_repeat = last.phase is Phase.ORPHANED and last.problem_code != "upload-too-slow"
    why = last.problem_what or "cut off"
    if may_repeat:
        return wanted(scene, post, row, f"its last attempt published nothing: {why}")
    if last.digest != post.digest:
        return wanted(scene, post, row, "changed since it failed")
    if post.key in scene.world.retry:
        return wanted(scene, post, row, f"retry requested after: {why}")
    if last.problem_code == ACCESS_REMOVED:
        return _given_again(scene, post, row, last)
    if last.retry:
        if last.publish_id and last.may_be_live and (problem := _not_looked(scene)):
            return scene.blocked(post, problem, f"failed: {why}; {problem.what}")
        return wanted(scene, post, row, f"repeated after: {why}")
    problem = Problem(last.problem_code or "failed", why, _fix(scene, last)).addressed(post.key)
    return scene.blocked(post, problem, f"failed: {why}")


def _fix(scene: Scene, last: Attempt) -> str:
    """What fixes a definite failure, as it was said when it failed, and the command that tries again."""
    hints, code, again = scene.world.hints, last.problem_code, "contentsync apply --retry POST"
    cause = (last.is_photos and hints.get(f"photos:{code}")) or hints.get(code, "fix the cause")
    return cause if again in cause else f"{cause}; then: {again}"


def _given_again(scene: Scene, post: DesiredPost, row: PostState, last: Attempt) -> Action | Wanted:
    """The action after removed access: a token that is newer than the removal sends the post again.

    A token of unknown age, as from the environment, is tried once.
    """
    facts, why = scene.facts, last.problem_what
    same = [a for a in row.attempts if (a.digest, a.problem_code) == (last.digest, ACCESS_REMOVED)]
    if facts.token_since is None:
        is_new = facts.creator is not None and len(same) == 1
    else:
        is_new = facts.token_since > (last.finished_at or last.created_at)
    if is_new:
        return wanted(scene, post, row, f"access was granted again after: {why}")
    again = f": contentsync apply --retry {post.key}" if facts.token_since is None else " apply sends it again"
    hint = f"{facts.renewal}; then{again}"
    return scene.blocked(post, Problem(ACCESS_REMOVED, why, hint), f"failed: {why}")


def _not_looked(scene: Scene) -> Problem | None:
    """Why a failed post that TikTok had completely is not repeated: the unread list may show it."""
    if scene.facts.creator is None or not scene.facts.creator.list_unread:
        return None
    what = "the public list can't be read now, and might show the post after all"
    return Problem("list-not-read", what, "run the command again in a few minutes")


def _changes(done: Attempt, post: DesiredPost) -> tuple[Change, ...]:
    """The settings that differ from what was sent; none if that is not recorded.

    Receipts store media URLs without their query, so the comparison ignores queries.
    """
    before, after = _sent(done), json.loads(json.dumps(post.sent_values()))
    was, now = without_queries(before), without_queries(after)
    keys = dict.fromkeys([*before, *after]) if before else ()
    return tuple(Change(k, was.get(k), now.get(k)) for k in keys if before.get(k) not in (after.get(k), now.get(k)))


def _sent(attempt: Attempt) -> dict[str, Any]:
    try:
        told = json.loads(attempt.sent)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
