"""Which public video belongs to a post? The one that its manifest names, or that its unknown attempt matches."""

from __future__ import annotations

from contentsync.errors import Level, Problem
from contentsync.lifecycle import Phase
from contentsync.plan.action import Action, Kind
from contentsync.plan.caps import MAY_SHOW
from contentsync.plan.match import candidates, may_fit
from contentsync.plan.scene import Scene, see, settle, unsettled
from contentsync.post import DesiredPost
from contentsync.post_state import Attempt, PostState
from contentsync.remote_post import RemotePost


def bound(scene: Scene, post: DesiredPost, row: PostState | None) -> Action:
    """The action for a manifest that names its video; such a post is never sent."""
    post_id = post.post_id or ""
    if row is not None and post_id in {row.bound_post_id, row.post_id}:
        return scene.action(Kind.UNCHANGED, post, "bound")
    if problem := _twice(scene, post_id, row) or _made_another(post, row):
        return scene.blocked(post, problem)
    last = unsettled(row) if row else None
    if last is not None and last.phase is not Phase.UNKNOWN:
        reason = f"was left {last.phase}: TikTok is asked for the outcome before the post is bound to video {post_id}"
        return scene.action(Kind.RESUME, post, reason)
    return scene.action(Kind.ADOPT, post, f"its manifest binds it to video {post_id}", adopts=post_id)


def _twice(scene: Scene, post_id: str, row: PostState | None) -> Problem | None:
    """Why this post can't have the video: another has it, or asks for it too."""
    holder = scene.facts.bindings.get(post_id)
    if holder is not None and (row is None or holder != row.uid):
        other = next((scene.key(r) for r in scene.rows.values() if r.uid == holder), "another post")
        what = f"video {post_id} already belongs to {other}"
    elif holder is None and scene.claims[post_id] > 1:
        what = f"video {post_id} is claimed by {scene.claims[post_id]} manifests"
    else:
        return None
    return Problem("video-bound-twice", what, "remove this post_id from one of the two manifests")


def _made_another(post: DesiredPost, row: PostState | None) -> Problem | None:
    if row is None or not row.post_id:
        return None
    what = f"the post is video {row.post_id} already, and can't be bound to video {post.post_id} too"
    return Problem("post-id-of-a-made-post", what, see(post.key))


def unknown(scene: Scene, post: DesiredPost, last: Attempt) -> Action:
    """The action for an attempt that may be live: adopt the one matching video, or leave it to a person."""
    found, rivalled = _fitting(scene, last)
    if len(found) == 1 and not rivalled:
        video = found[0]
        reason = f"public video {video.post_id} matches its caption, duration and time"
        return scene.action(Kind.ADOPT, post, reason, adopts=video.post_id)
    what = last.problem_what or "the outcome is unknown"
    problem = Problem(last.problem_code or "outcome-unknown", what, settle(post.key), level=Level.WARNING)
    several = f"; {len(found)} public videos match" if len(found) > 1 else ""
    several = f"; public video {found[0].post_id} matches both this post and another one" if rivalled else several
    return scene.action(Kind.UNKNOWN, post, f"may be live{several}: {what}", problems=(problem,))


def _fitting(scene: Scene, attempt: Attempt) -> tuple[list[RemotePost], bool]:
    """The free videos that match the attempt, and whether the only match also matches another attempt."""
    found = candidates(attempt, scene.free_videos)
    if len(found) != 1:
        return found, False
    rivals = (
        other
        for row in scene.rows.values()
        for other in row.attempts
        if other.id != attempt.id and not other.post_id and other.phase in MAY_SHOW
    )
    return found, any(may_fit(rival, found[0]) for rival in rivals)
