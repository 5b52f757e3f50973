"""How is a whole plan carried out? Accounts side by side, one account in order; then the outcomes are waited for.

The plan alone decides what is done. New attempts for one post are begun here only, under rules R2, R4 and R7: a
definite failure or an orphan before it, at most three inits in a run and six in a day.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from contentsync import limits
from contentsync.attempt.step import Step
from contentsync.attempt.steps import Steps
from contentsync.attempt.told import Outcome, Result, Tell, Told
from contentsync.attempt.waiting import Stopped
from contentsync.errors import Problem
from contentsync.lifecycle import SUCCESS, Event, Phase
from contentsync.plan.action import Action, Kind
from contentsync.plan.moves import has_past, marks_of_row
from contentsync.post import Attempt, DesiredPost, Mode, PostState
from contentsync.store.port import AttemptOpen, Superseded

DAY: Final = timedelta(hours=24)
PATIENCE: Final = timedelta(minutes=2)  # how long a run waits for a limit by the minute
IDLE_STEPS: Final = 4  # steps that may get an upload nowhere before others have their turn
NOT_FETCHABLE: Final = frozenset({"url-refused", "url-other-file"})
NOT_AS_PLANNED: Final = frozenset({"media-changed", "edited-before-sent", "edited-while-uploading"})
RESULT_OF: Final = {
    Phase.PUBLISHED: Result.PUBLISHED,
    Phase.DELIVERED: Result.DELIVERED,
    Phase.FAILED: Result.FAILED,
    Phase.ORPHANED: Result.FAILED,
    Phase.UNKNOWN: Result.UNKNOWN,
    Phase.ABANDONED: Result.OBSERVED,
    Phase.PROCESSING: Result.PROCESSING,
    Phase.UPLOADING: Result.UPLOADING,
    Phase.INTENT: Result.UPLOADING,
}


@dataclass(frozen=True, slots=True)
class Run:
    """What is common to one apply."""

    tell: Tell
    #: Seconds to wait for final states; 0: do not wait.
    wait: float = 600.0
    #: The digest of the saved plan; empty where the plan was not saved.
    plan_digest: str = ""
    id: str = field(default_factory=lambda: uuid.uuid4().hex)


@dataclass
class _Following:
    """An attempt that TikTok is at work on. due: the next look, monotonic seconds; pause: from look to look."""

    post: DesiredPost | None
    action: Action
    attempt: Attempt
    due: float
    pause: float
    problem: Problem | None = None


class AccountRun:
    """One account's part of a plan."""

    def __init__(self, open_id: str, steps: Steps, run: Run) -> None:
        self.open_id = open_id
        self.steps = steps
        self.run = run
        self.store = steps.store
        self.clock = steps.clock
        self.outcomes: list[Outcome] = []
        self._following: list[_Following] = []
        self._stopped: dict[Mode | None, Problem] = {}  # by the mode that is stopped; None: all posts
        self._inits: dict[str, int] = {}

    def carry_out(self, actions: Iterable[Action], posts: dict[str, DesiredPost]) -> list[Outcome]:
        """Do what the actions say, in their order, then wait for what TikTok is at work on."""
        for action in actions:
            if self.steps.stop.is_set():
                break
            self._carry(action, posts.get(action.post))
        self._follow_all()
        return self.outcomes

    def _carry(self, action: Action, post: DesiredPost | None) -> None:
        if post is not None and action.kind in _SEEN:
            self._see_edit(post)
        match action.kind:
            case Kind.MOVE if post is not None:
                self._move(action, post)
            case Kind.ADOPT if post is not None:
                self._adopt(action, post)
            case Kind.WAIT if post is not None and post.next_slot and action.due_at and not action.left:
                self.store.pin_slot(post, self.open_id, action.due_at, self.clock.now())
            case Kind.RESUME:
                self._resume(action, post)
            case Kind.CREATE if post is not None:
                self._create(action, post)
            case _:
                pass

    # What needs no request.

    def _see_edit(self, post: DesiredPost) -> None:
        """Media that took the place of what was sent are the post's own, also under a name that it gets later."""
        row = self.store.post_named(self.open_id, post.name)
        if row is not None and has_past(row) and post.media and post.media_digest not in marks_of_row(row):
            self.store.see_edit(row, post.media_digest, self.clock.now())

    def _move(self, action: Action, post: DesiredPost) -> None:
        old = action.moved_from.partition("/")[2]
        row = self.store.post_named(self.open_id, old)
        moved = row is not None and self._moved(row, post)
        self._outcome(action.post, Result.MOVED if moved else Result.NOT_STARTED)
        if self._receipt(post.name) and moved and row is not None:
            self.steps.at_work.remove_receipt(action.moved_from, row, self.run.tell)
        if moved and action.then is not None:
            self._carry(replace(action, kind=action.then, then=None), post)

    def _moved(self, row: PostState, post: DesiredPost) -> bool:
        if row.name == post.name:
            return self.store.name_account(self.open_id, post.account, self.clock.now()) >= 0
        return self.store.move(row, post, self.clock.now())

    def _adopt(self, action: Action, post: DesiredPost) -> None:
        row, now = self.store.post_named(self.open_id, post.name), self.clock.now()
        last = row.last if row else None
        if last is not None and last.phase is Phase.UNKNOWN:
            found = last.after(Event.FOUND, now, post_id=action.adopts, upload_url="")
            try:
                self.store.save(found, "adopted", binds=True, reason=action.reason)
                result = Result.ADOPTED
            except (AttemptOpen, Superseded):
                result = Result.UNKNOWN
        else:
            bound = self.store.bind_post(post, self.open_id, action.adopts, "manifest", now)
            result = Result.ADOPTED if bound else Result.NOT_STARTED
        self._outcome(action.post, result, post_id=action.adopts)
        self._receipt(post.name)

    # What does.

    def _resume(self, action: Action, post: DesiredPost | None) -> None:
        row = self.store.post_named(self.open_id, action.post.partition("/")[2])
        last = row.last if row else None
        if last is None:
            return
        if not last.is_open:  # settled since the plan was made
            self._ended(action.post, Step(last))
            return
        if not last.may_be_live and (stopped := self._stop_of(last.mode)):
            self._not_started(action.post, stopped)
            return
        if last.phase is Phase.INTENT and last.init_sent_at is None and not self._is_ready(post):
            return
        self._told("resume", action.post, phase=str(last.phase))
        self._work(action, post, last)

    def _create(self, action: Action, post: DesiredPost) -> None:
        if stopped := self._stop_of(post.mode):
            self._not_started(action.post, stopped)
            return
        if not self._is_ready(post):
            return
        attempt = self._begin(action, post)
        if attempt is not None:
            self._work(action, post, attempt)

    def _is_ready(self, post: DesiredPost | None) -> bool:
        """Whether TikTok can fetch what it is to fetch, and nobody asked to stop; else the outcome is told."""
        problem = self._unready(post)
        if post is not None and problem is not None:
            result = Result.CHANGED if problem.code in NOT_AS_PLANNED else Result.FAILED
            self._outcome(post.key, Result.HELD if problem.code in NOT_FETCHABLE else result, problem)
        return problem is None and not self.steps.stop.is_set()

    def _unready(self, post: DesiredPost | None) -> Problem | None:
        return self.steps.at_work.make_ready(post, self.run.tell) if post is not None and post.pulls else None

    def _use_plan(self) -> bool:
        """Mark the saved plan as used by this run; False where another run used it."""
        digest = self.run.plan_digest
        return not digest or self.store.use_plan(digest, self.run.id, self.clock.now())

    def _begin(self, action: Action, post: DesiredPost) -> Attempt | None:
        """Put an intent on disk; None where that may not be, with the outcome told."""
        if action.kind is Kind.CREATE and not self._use_plan():
            problem = Problem("plan-used", "this plan was used before", "make a new one: contentsync plan --out")
            self._outcome(action.post, Result.NOT_STARTED, problem)
            return None
        now = self.clock.now()
        media = post.media[0]
        intent = Attempt(
            id=uuid.uuid4().hex,
            post_uid="",
            open_id=self.open_id,
            generation=post.generation,
            phase=Phase.INTENT,
            mode=post.mode,
            pulls=post.pulls,
            digest=post.digest,
            media_digest=post.media_digest,
            sha256=media.sha256,
            size=media.size,
            created_at=now,
            updated_at=now,
            run_id=self.run.id,
            plan_digest=self.run.plan_digest,
            sent=json.dumps(post.sent_values(), ensure_ascii=False, sort_keys=True),
            caption=post.caption,
            privacy=str(post.privacy or ""),
            duration=media.facts.duration if media.facts else None,
        )
        try:
            attempt = self.store.begin(post, intent, now)
        except AttemptOpen:
            what = "it has an open attempt, or was posted, since the plan was made"
            self._outcome(action.post, Result.NOT_STARTED, Problem("attempt-open", what, "plan again"))
            return None
        self._receipt(post.name)
        return attempt

    def _work(self, action: Action, post: DesiredPost | None, attempt: Attempt) -> None:
        """Take steps until TikTok is at work, the attempt has ended for this run, or a new one takes its place.

        Bytes are sent whatever the time to wait for final states; passing trouble on the way is waited out.
        """
        idle = 0
        while True:
            before = (attempt.id, attempt.phase, attempt.sent_bytes)
            step = self._advance(attempt, post)
            attempt = step.attempt
            idle = idle + 1 if before == (attempt.id, attempt.phase, attempt.sent_bytes) else 0
            if _is_all_sent(attempt) and step.again_in is not None:
                self._follow(action, post, step)
                return
            if attempt.is_open and step.again_in is not None and idle < IDLE_STEPS and self._wait(step.again_in):
                continue
            again = self._once_more(action, post, step)
            if again is None:
                self._ended(action.post, step)
                return
            attempt = again

    def _wait(self, seconds: float) -> bool:
        """Let time pass; False, and soon, where a stop is asked for."""
        try:
            self.clock.sleep(seconds)
        except Stopped:
            return False
        return not self.steps.stop.is_set()

    def _advance(self, attempt: Attempt, post: DesiredPost | None) -> Step:
        before = attempt.phase
        if before is Phase.INTENT and attempt.init_sent_at is None:
            self._inits[attempt.post_uid] = self._inits.get(attempt.post_uid, 0) + 1
        step = self.steps.advance(attempt, post)
        if step.attempt.phase is not before or step.attempt.post_id != attempt.post_id:
            row = self.store.post(attempt.post_uid)
            if row is not None:
                self.steps.at_work.write_receipt(row, self.run.tell)
        return step

    def _once_more(self, action: Action, post: DesiredPost | None, step: Step) -> Attempt | None:
        """A new attempt in this same run, where passing trouble ended the last one and it published nothing for sure.

        None where there may be none (R4, R7), or not now.
        """
        attempt = step.attempt
        if post is None or step.stop or step.sign_in or self.steps.stop.is_set():
            return None
        if self._stop_of(attempt.mode) or not self._may_repeat(attempt):
            return None
        if self._inits.get(attempt.post_uid, 0) >= limits.INITS_PER_RUN:
            return None
        if post.digest != attempt.digest or self._inits_today(attempt) >= limits.INITS_PER_POST_A_DAY:
            return None
        wait = ((attempt.not_before or self.clock.now()) - self.clock.now()).total_seconds()
        if wait > PATIENCE.total_seconds():
            return None
        pause = max(wait, self.steps.at_work.poll_initial if step.problem else 0.0)
        self._told("again", action.post, reason=attempt.problem_what, in_seconds=round(pause, 3))
        return self._begin(action, post) if self._wait(pause) and not self._unready(post) else None

    def _stop_of(self, mode: Mode) -> Problem | None:
        """Why nothing more of this mode may be sent: a post before ended so, or one is unknown; None where it may."""
        if None not in self._stopped and self.store.has_unknown(self.open_id):
            what = "a post of it may be live or not"
            self._stopped[None] = Problem("account-has-unknown", what, "settle it first: contentsync plan names it")
        return self._stopped.get(None) or self._stopped.get(mode)

    def _may_repeat(self, attempt: Attempt) -> bool:
        if attempt.problem_code == "media-changed":  # the file is still another one
            return False
        return attempt.phase is Phase.ORPHANED or (attempt.phase is Phase.FAILED and attempt.retry)

    def _inits_today(self, attempt: Attempt) -> int:
        row, since = self.store.post(attempt.post_uid), self.clock.now() - DAY
        return sum(1 for a in (row.attempts if row else ()) if a.init_sent_at and a.init_sent_at > since)

    # Waiting for what TikTok is at work on.

    def _follow(self, action: Action, post: DesiredPost | None, step: Step) -> None:
        pause = step.again_in or self.steps.at_work.poll_initial
        due = self.clock.monotonic() + pause
        self._following.append(_Following(post, action, step.attempt, due, pause, step.problem))
        self._told("processing", action.post, publish_id=step.attempt.publish_id)

    def _follow_all(self) -> None:
        """Look at each open attempt, ever more rarely, until it is final or the time to wait is over."""
        until = self.clock.monotonic() + self.run.wait
        while self._following and not self.steps.stop.is_set():
            following = min(self._following, key=lambda f: f.due)
            if following.due > until or not self._wait(following.due - self.clock.monotonic()):
                break
            self._following.remove(following)
            self._look(following)
        for left in self._following:
            self._ended(left.action.post, Step(left.attempt, problem=left.problem))
        self._following.clear()

    def _look(self, following: _Following) -> None:
        step = self._advance(following.attempt, following.post)
        following.attempt, following.problem = step.attempt, step.problem
        if step.attempt.is_open and step.again_in is not None:
            following.pause = min(max(following.pause * 1.5, step.again_in), self.steps.at_work.poll_max)
            following.due = self.clock.monotonic() + following.pause
            self._following.append(following)
            return
        again = self._once_more(following.action, following.post, step)
        if again is None:
            self._ended(following.action.post, step)
        else:
            self._work(following.action, following.post, again)

    # How it ended.

    def _ended(self, post: str, step: Step) -> None:
        attempt = step.attempt
        result = RESULT_OF[attempt.phase]
        if attempt.phase is Phase.FAILED and attempt.retry and attempt.not_before:
            result = Result.HELD  # a cap: nothing is wrong with the post
        problem = step.problem or _problem_of(attempt)
        if attempt.phase in SUCCESS or attempt.phase is Phase.PROCESSING:
            problem = None if attempt.phase in SUCCESS else step.problem
        if problem is not None and problem.code in NOT_AS_PLANNED:
            result = Result.CHANGED
        elif attempt.is_open and _is_all_sent(attempt):
            result = Result.PROCESSING
        stops = step.stop or step.sign_in or attempt.phase is Phase.UNKNOWN
        if stops:
            why = problem or Problem("stopped", "an earlier post of this account stopped it", "")
            self._stopped.setdefault(step.of_mode, why)
        self._outcome(post, result, problem, post_id=attempt.post_id, sign_in=step.sign_in, stops_account=stops)

    def _not_started(self, post: str, stopped: Problem) -> None:
        what = f"not sent, since this account was stopped: {stopped.what}"
        self._outcome(post, Result.NOT_STARTED, replace(stopped, what=what))

    def _outcome(
        self,
        post: str,
        result: Result,
        problem: Problem | None = None,
        *,
        post_id: str = "",
        sign_in: bool = False,
        stops_account: bool = False,
    ) -> None:
        problem = problem and problem.addressed(post)
        self.outcomes.append(Outcome(post, result, problem, post_id, sign_in, stops_account))
        detail = {"result": str(result), "post_id": post_id or None}
        if problem is not None:
            detail |= {"code": problem.code, "what": problem.what, "hint": problem.hint}
        self._told("done", post, **detail)

    def _receipt(self, name: str) -> bool:
        """Whether the receipt of a post is as it should be by now."""
        row = self.store.post_named(self.open_id, name)
        return row is not None and self.steps.at_work.write_receipt(row, self.run.tell)

    def _told(self, event: str, post: str, **detail: object) -> None:
        self.run.tell(Told(event, post, detail))


_SEEN: Final = frozenset({Kind.FROZEN, Kind.RESUME, Kind.UNKNOWN, Kind.DRIFT, Kind.WAIT})  # of which media are kept


def _is_all_sent(attempt: Attempt) -> bool:
    """Whether nothing is left but to look: TikTok has all, or the address to send the rest to is gone."""
    over = attempt.phase is Phase.UPLOADING and attempt.last_put_at is not None and not attempt.upload_url
    return attempt.phase is Phase.PROCESSING or over


def _problem_of(attempt: Attempt) -> Problem | None:
    if not attempt.problem_code:
        return None
    return Problem(attempt.problem_code, attempt.problem_what, "")
