"""May an attempt begin now? Decides from the post's row, the account's stop and the run's id, in any process.

The danger: a second attempt publishes a post twice while the first one may still become public. And an attempt
that always fails would be started for ever.

The rule. A post has at most one attempt without a known end (R2). A new attempt follows only one that certainly
published nothing: an orphan, or a definite failure (R4). After the commit point nothing else leads here (R7).
At most three attempts of a post begin in one run, and at most six inits of it are sent in 24 hours. Nothing begins
for an account that has an unknown attempt, or that something stopped in this run.

Why that is enough: an attempt is on disk, with its run, before its init is sent. So every attempt is counted,
whichever process began it and wherever that process died. If two processes read the same row at the same moment, the
constraint of the store lets only one of them write; the other gets `AttemptOpen`. The account's stop is on disk too.

This module does not look at other witnesses (receipts, the journal, the public list), nor at what the author wants
(the window, a pause, an edit). The planner does.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Protocol

from contentsync import limits
from contentsync.errors import Problem
from contentsync.frozen import frozen
from contentsync.lifecycle import OPEN, SUCCESS, Phase
from contentsync.post import DesiredPost, Mode
from contentsync.post_state import Attempt, PostState

DAY: Final = timedelta(hours=24)


@frozen
class Held:
    """Why no attempt may begin now."""

    #: In words, for the person.
    problem: Problem
    #: When time alone will allow it; None where another run or a person has to.
    again_at: datetime | None = None


class Stops(Protocol):
    """What the state knows of an account as a whole."""

    def has_unknown(self, open_id: str) -> bool:
        """Whether any attempt of the account may be live or not."""
        ...

    def account_stop(self, open_id: str, run_id: str, mode: Mode) -> Problem | None:
        """What stopped the account's posts of this mode in this run; None where nothing did."""
        ...


def stop_of(stops: Stops, open_id: str, run_id: str, mode: Mode) -> Problem | None:
    """Why no further post of this mode may be sent for an account in this run; None where one may."""
    if not stops.has_unknown(open_id):
        return stops.account_stop(open_id, run_id, mode)
    what = "one of its posts may be live or not"
    return Problem("account-has-unknown", what, "settle that post first; contentsync plan shows which one it is")


def held(post: DesiredPost, row: PostState | None, run_id: str, now: datetime) -> Held | None:
    """Why the attempt of a plan may not begin; None if it may. row: as it is on disk now."""
    attempts = row.attempts if row else ()
    if any(a.phase in OPEN or a.phase is Phase.UNKNOWN for a in attempts) or _has_ended_well(attempts, post):
        what = "another process started or finished this post after the plan was made"
        return Held(Problem("attempt-open", what, "run apply again; it makes a new plan"))
    if sum(a.run_id == run_id for a in attempts) >= limits.INITS_PER_RUN:
        what = f"this post was started {limits.INITS_PER_RUN} times in this run"
        return Held(Problem("begun-too-often", what, "run apply again"))
    sent = sorted(a.init_sent_at for a in attempts if a.init_sent_at and a.init_sent_at > now - DAY)
    if len(sent) >= limits.INITS_PER_POST_A_DAY:
        again_at = sent[-limits.INITS_PER_POST_A_DAY] + DAY
        what = f"this post was started {limits.INITS_PER_POST_A_DAY} times in 24 h"
        return Held(Problem("begun-too-often", what, "nothing to do: apply starts it again after that"), again_at)
    return None


def repeats_at(post: DesiredPost, row: PostState | None, run_id: str, now: datetime) -> datetime | None:
    """When a further attempt may follow the row's last one by itself; None where none may in this run.

    Stricter than `held`: nobody asked for this attempt, so the failure of the last one must be temporary, and
    the content must be what was sent then.
    """
    last = row.last if row else None
    if last is None or not _may_be_repeated(last) or (post.digest, post.generation) != (last.digest, last.generation):
        return None
    if found := held(post, row, run_id, now):
        return found.again_at
    return max(now, last.not_before or now)


def _may_be_repeated(last: Attempt) -> bool:
    if last.problem_code == "media-changed":  # the file is still another one
        return False
    return last.phase is Phase.ORPHANED or (last.phase is Phase.FAILED and last.retry)


def _has_ended_well(attempts: tuple[Attempt, ...], post: DesiredPost) -> bool:
    ended = SUCCESS | {Phase.ABANDONED}
    return any(a.phase in ended and a.generation >= post.generation for a in attempts)
