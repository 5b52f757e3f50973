"""Did a failed attempt really fail? TikTok has said FAILED of posts that are public.

The danger: a new attempt after such a failure posts twice.

The rule: before a new attempt, and at each refresh while the failure is recent, TikTok is asked once more, and its
public list is compared. Evidence that the post exists makes the attempt published, or unknown until a person settles
it. While TikTok can't be asked, no new attempt begins.

What that leaves open: a post that no list shows, and of which TikTok says FAILED for ever without an id.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from contentsync.attempt.step import Step, said
from contentsync.attempt.waiting import Stopped
from contentsync.errors import NotSent, Problem, Refused, SignInNeeded, Unanswered
from contentsync.lifecycle import SUCCESS, Event, Phase
from contentsync.plan.match import resembles
from contentsync.post_state import Attempt, PostState
from contentsync.remote_post import RemotePost
from contentsync.store.port.conflicts import Superseded
from contentsync.tiktok import wire

if TYPE_CHECKING:
    from contentsync.attempt.looking import Looking

THERE: Final = "failed-but-there"  # the code of an attempt that something speaks for, though TikTok says FAILED
RECENT: Final = timedelta(days=7)
LACKS_SCOPE: Final = frozenset({"scope_not_authorized", "scope_permission_missed"})


def doubtful(row: PostState | None, now: datetime) -> list[Attempt]:
    """The recent failures of complete uploads of a post, newest first; none if the post is published."""
    if row is None or row.success is not None:
        return []
    mine = [a for a in reversed(row.attempts) if a.generation == row.generation]
    return [a for a in mine if is_doubtful(a, now)]


def is_doubtful(attempt: Attempt, now: datetime) -> bool:
    """Whether TikTok may still turn out to have published a failed attempt."""
    ended = attempt.finished_at or attempt.created_at
    had_all = attempt.phase is Phase.FAILED and bool(attempt.publish_id) and attempt.may_be_live
    return had_all and now - ended < RECENT


def too_fresh(attempt: Attempt, now: datetime, patience: float) -> float:
    """Seconds to wait, up to `patience`, before TikTok is asked again: it may correct its answer soon."""
    since = (now - (attempt.finished_at or now)).total_seconds()
    return min(max(patience - since, 0.0), patience)


def reconsider(steps: Looking, row: PostState | None, generation: int) -> Step | None:
    """Ask once more about the recent failures of a post, before an attempt of this generation follows them.

    Returns the step of a failure that did not fail, or about which TikTok can't be asked; None if all are failures.
    """
    failures = doubtful(row, steps.now) if row and row.generation == generation else []
    for failed in failures:
        try:
            steps.clock.sleep(too_fresh(failed, steps.now, steps.at_work.poll_max))
            step = ask_again(steps, failed)
        except (Superseded, Stopped):
            return Step(steps.store.attempt(failed.id), again_in=steps.at_work.poll_initial)
        if step.again_in is not None or step.attempt.phase is not Phase.FAILED:
            return step
    return None


def ask_again(steps: Looking, attempt: Attempt, listed: Iterable[RemotePost] | None = None) -> Step:
    """Ask TikTok again about a failed attempt. Changes the attempt if there is evidence that the post exists.

    listed: public videos that were just read; None reads the newest page of the list.
    The step has again_in if TikTok can't be asked now. Raises Superseded and StoreError.
    """
    try:
        status = steps.client.status(attempt.publish_id)
    except Refused as err:
        if err.error_code != "invalid_publish_id":
            return Step(attempt, again_in=steps.at_work.poll_max, problem=err.problem)
        status = wire.Status("FAILED")  # TikTok forgot it; FAILED was its last word
    except (Unanswered, NotSent, SignInNeeded) as err:
        return Step(attempt, again_in=steps.at_work.poll_max, problem=err.problems[0])
    if status.published or status.delivered:
        return _is_out(steps, attempt, status)
    if not status.failed or status.post_ids:
        return doubt(steps, attempt, _words(status))
    return _compared(steps, attempt, listed)


def doubt(steps: Looking, attempt: Attempt, what: str) -> Step:
    """Mark a failed attempt as unknown because it may be live; evidence or a person settles it."""
    problem = Problem("failed-but-there", f"TikTok reports that the post failed, but {what}", "check the TikTok app")
    row = steps.store.post(attempt.post_uid)
    if row is not None and any(a.is_open or a.phase is Phase.UNKNOWN for a in row.attempts if a.id != attempt.id):
        return Step(attempt, problem=problem)  # one attempt may be open; the other one is followed
    doubted = attempt.after(Event.CONTRADICTED, steps.now, upload_url="", **said(problem))
    return Step(steps.save(doubted, "contradicted"), problem=problem)


def words_of_id(post_ids: Iterable[str]) -> str:
    return f"names video {', '.join(post_ids)} as the post"


def _words(status: wire.Status) -> str:
    return words_of_id(status.post_ids) if status.post_ids else "is processing it again"


def _is_out(steps: Looking, attempt: Attempt, status: wire.Status) -> Step:
    row = steps.store.post(attempt.post_uid)
    if row is not None and any(a.phase in SUCCESS and a.generation == attempt.generation for a in row.attempts):
        what = f"an earlier attempt, {attempt.publish_id}, turned out to be published as well"
        return Step(attempt, problem=Problem("posted-twice", what, "delete one of the two in the TikTok app"))
    event = Event.PUBLISHED if status.published else Event.DELIVERED
    post_id = next(iter(status.post_ids), "")
    found = attempt.after(event, steps.now, post_id=post_id, problem_code="", problem_what="", retry=False)
    return Step(steps.save(found, str(event), post_ids=status.post_ids))


def _compared(steps: Looking, attempt: Attempt, listed: Iterable[RemotePost] | None) -> Step:
    """Compare the attempt with the public list; without permission to read the list, TikTok's answer counts."""
    try:
        videos = _newest(steps) if listed is None else listed
    except Refused as err:
        again = None if err.error_code in LACKS_SCOPE else steps.at_work.poll_max
        return Step(attempt, again_in=again, problem=None if again is None else err.problem)
    except (Unanswered, NotSent, SignInNeeded) as err:
        return Step(attempt, again_in=steps.at_work.poll_max, problem=err.problems[0])
    fitting = _fitting(steps, attempt, videos)
    return doubt(steps, attempt, fitting) if fitting else Step(attempt)


def shown(steps: Looking, attempt: Attempt) -> str:
    """The evidence for a failed attempt in the list as it was last read; empty for none."""
    if not attempt.may_be_live:
        return ""
    listed = steps.store.videos(attempt.open_id)
    return _fitting(steps, attempt, (video for video, gone_at in listed if gone_at is None))


def _fitting(steps: Looking, attempt: Attempt, videos: Iterable[RemotePost]) -> str:
    bound = steps.store.bindings(attempt.open_id)
    found = [video for video in videos if video.post_id not in bound and resembles(attempt, video)]
    return f"public video {found[0].post_id} matches its caption, duration and time" if found else ""


def _newest(steps: Looking) -> list[RemotePost]:
    return [video.post for video in steps.client.videos().videos]
