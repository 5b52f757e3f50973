"""How is one account's part of a plan carried out? Its actions in order, each checked again before it begins.

`operations/last_look.py` decides right before each intent whether the action is still right. `attempt.begin` decides
whether an attempt may begin, `attempt.steps` takes its steps, and `following` waits for TikTok.
"""

from __future__ import annotations

import json
import uuid
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from contentsync.apply.around import Run
from contentsync.apply.local import LocalActions
from contentsync.apply.outcome import ended, is_all_sent, not_ready, result_of
from contentsync.attempt import begin
from contentsync.attempt.doubt import is_doubtful
from contentsync.attempt.step import Step
from contentsync.attempt.steps import Steps
from contentsync.attempt.told import Outcome, Result, Told
from contentsync.attempt.waiting import Stopped
from contentsync.errors import Problem, StoreError, StoreLocked
from contentsync.lifecycle import Phase
from contentsync.plan.action import Action, Kind
from contentsync.post import DesiredPost, Mode
from contentsync.post import Kind as MediaKind
from contentsync.post_state import Attempt
from contentsync.store.port.conflicts import AttemptOpen, Overtaken
from contentsync.tiktok.wire import Endpoint

PATIENCE: Final = timedelta(minutes=2)  # how long a run waits for a limit by the minute
UNREACHABLE: Final = "state-unreachable"
OVERTAKEN: Final = 20  # times that other machines may write first before a claim is given up
GLANCE: Final = 3.0  # seconds after which a run that waits for a limit looks for a pause
IDLE_STEPS: Final = 4  # steps that may get an upload nowhere before others have their turn


@dataclass
class Followed:
    """An attempt that TikTok is processing, or one with a temporary failure that will be repeated."""

    #: The account that it belongs to.
    by: AccountRun
    #: What its manifest asks for; None where that is gone.
    post: DesiredPost | None
    #: What the plan said of it.
    action: Action
    #: How the last step left it.
    step: Step
    #: When to look next, in monotonic seconds.
    due: float
    #: Seconds from look to look.
    pause: float
    #: Whether a new attempt begins then, instead of a look.
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class _NotBegun:
    """Why no attempt was begun, and how the post stands by that."""

    result: Result
    problem: Problem | None
    again_at: datetime | None = None


class AccountRun:
    """One account's part of a plan."""

    def __init__(self, open_id: str, steps: Steps, run: Run) -> None:
        self.open_id = open_id
        self.steps = steps
        self.run = run
        self.store = steps.store
        self.clock = steps.clock
        self.outcomes: list[Outcome] = []
        self.followed: list[Followed] = []
        self._unreachable: Problem | None = None  # why the shared state could not be reached in this run
        self._local = LocalActions(open_id, steps.at_work, run.tell)

    def send(self, actions: Iterable[Action], posts: dict[str, DesiredPost]) -> None:
        """Carry out all actions in order. Attempts that TikTok is processing afterwards are in `followed`.

        Raises StoreLocked where another process on this machine sends for the identity.
        """
        todo = deque(actions)
        while (seconds := self.send_some(todo, posts)) and self._wait(seconds):
            pass

    def send_some(self, todo: deque[Action], posts: Mapping[str, DesiredPost]) -> float:
        """Carry out the first actions of `todo`, as many as TikTok's limit by the minute has room for.

        Takes them off `todo`. Returns the seconds until there is room for the next one; 0 where none is left, or a
        person asks to stop. Raises as `send`.
        """
        sends = any(action.kinds & {Kind.CREATE, Kind.RESUME} for action in todo)
        with self.run.around.sending(self.open_id) if sends else nullcontext():
            while todo and not self.steps.stop.is_set():
                post = posts.get(todo[0].post)
                creates = todo[0].kind is Kind.CREATE and post is not None
                if post and creates and (seconds := self.steps.client.room_in(_init_of(post))) > 0:
                    if problem := self.steps.paused_account(post.account, self.open_id):
                        self.tell_outcome(todo.popleft().post, Result.WAITING, problem)
                        continue
                    return min(seconds, GLANCE)
                self._carry(todo.popleft(), post)
        return 0.0

    def take_followed(self) -> list[Followed]:
        """Hand over the attempts to follow to the caller."""
        taken, self.followed = self.followed, []
        return taken

    def _carry(self, action: Action, post: DesiredPost | None) -> None:
        if post is not None and action.kind in _SEEN:
            self._local.see_edit(post)
        match action.kind:
            case Kind.MOVE if post is not None:
                moved = self._local.move(action, post)
                self.tell_outcome(post.key, Result.MOVED if moved else Result.NOT_STARTED)
                if moved and action.then is not None:
                    self._carry(replace(action, kind=action.then, then=None), post)
            case Kind.ADOPT if post is not None:
                self.tell_outcome(post.key, self._local.adopt(action, post), post_id=action.adopts)
            case Kind.RESUME | Kind.CREATE:
                self._send(action, post)
            case _:
                pass

    def _send(self, action: Action, post: DesiredPost | None) -> None:
        """Begin or resume a post; a shared state that can't be reached stops what must be announced there first."""
        try:
            if action.kind is Kind.RESUME:
                self._resume(action, post)
            elif post is not None:
                self._create(action, post)
        except StoreError as err:
            if err.problems[0].code != UNREACHABLE:
                raise
            self._unreachable = err.problems[0]
            self.tell_outcome(action.post, Result.FAILED, self._unreachable)

    def _resume(self, action: Action, post: DesiredPost | None) -> None:
        if post is not None and post.post_id:
            post = None  # its manifest binds it to a video by now: nothing more is sent for it
        row = self.store.post_named(self.open_id, action.post.partition("/")[2])
        last = row.last if row else None
        if last is None:
            return
        if not last.is_open:  # settled since the plan was made
            self._ended(action.post, Step(last))
            return
        if not (last.may_be_live or last.phase is Phase.PROCESSING) and not self._may_go_on(action, post, last):
            return
        self._told("resume", action.post, phase=str(last.phase))
        self._work(action, post, last)

    def _may_go_on(self, action: Action, post: DesiredPost | None, last: Attempt) -> bool:
        """Whether an attempt that can't be live may continue now; if not, reports the outcome."""
        if stop := self._stop(last.mode):
            self._not_started(action.post, stop)
            return False
        if post is None:
            return True  # nothing is sent for it any more
        if _is_unsent(last) and not (self._is_ready(post) and self._pace(post)):
            return False
        against = self.run.around.last_look(Kind.RESUME, post)
        if against is not None:
            self.tell_outcome(post.key, result_of(against), against.problem)
        return against is None

    def _create(self, action: Action, post: DesiredPost) -> None:
        if stop := self._stop(post.mode):
            self._not_started(action.post, stop)
            return
        if not self._is_ready(post):
            return
        begun = self._begin(action, post)
        if isinstance(begun, _NotBegun):
            self.tell_outcome(action.post, begun.result, begun.problem, again_at=begun.again_at)
        elif begun is not None:
            self._work(action, post, begun)

    def _is_ready(self, post: DesiredPost) -> bool:
        """Whether TikTok can fetch the media and nobody asked to stop; if not, reports the outcome."""
        problem = self._unready(post)
        if problem is not None:
            self.tell_outcome(post.key, not_ready(problem), problem)
        return problem is None and not self.steps.stop.is_set()

    def _unready(self, post: DesiredPost) -> Problem | None:
        return self.steps.at_work.make_ready(post, self.run.tell) if post.pulls else None

    def _pace(self, post: DesiredPost) -> bool:
        """Wait until TikTok's rate limit has room for an init; False if a person asks to stop."""
        endpoint = _init_of(post)
        while (seconds := self.steps.client.room_in(endpoint)) > 0:
            if not self._wait(seconds):
                return False
        return not self.steps.stop.is_set()

    def _begin(self, action: Action, post: DesiredPost) -> Attempt | _NotBegun | None:
        """Save an intent after the last look; None if a person asks to stop.

        Where another machine wrote to the shared state in between, it is decided anew.
        """
        for _ in range(OVERTAKEN):
            with suppress(Overtaken):
                return self._begin_once(action, post)
        what = "other machines wrote to the shared state first each time"
        raise StoreError(Problem(UNREACHABLE, what, "nothing was started; run apply again later"))

    def _begin_once(self, action: Action, post: DesiredPost) -> Attempt | _NotBegun | None:
        """The same, once. Raises Overtaken."""
        if not self._pace(post):
            return None
        row, now = self.store.post_named(self.open_id, post.name), self.clock.now()
        if doubted := self.steps.reconsider(row, post.generation):
            self._local.receipt(post.name)
            failed = doubted.attempt.phase is Phase.FAILED
            return _NotBegun(Result.NOT_STARTED, doubted.problem) if failed else _NotBegun(*ended(doubted))
        if held := begin.held(post, row, self.run.id, now):
            return _NotBegun(Result.HELD if held.again_at else Result.NOT_STARTED, held.problem, held.again_at)
        if against := self.run.around.last_look(Kind.CREATE, post):
            return _NotBegun(result_of(against), against.problem)
        if action.kind is Kind.CREATE and not self._use_plan():
            problem = Problem(
                "plan-used", "this plan was already applied", "make a new one: contentsync plan --out FILE"
            )
            return _NotBegun(Result.NOT_STARTED, problem)
        try:
            attempt = self.store.begin(post, self._intent(post), self.clock.now())
        except AttemptOpen:
            what = "the post was started or published after the plan was made"
            return _NotBegun(Result.NOT_STARTED, Problem("attempt-open", what, "plan again"))
        self._local.receipt(post.name)
        return attempt

    def _use_plan(self) -> bool:
        """Mark the saved plan as used by this run; False where another run used it."""
        digest = self.run.plan_digest
        return not digest or self.store.use_plan(digest, self.run.id, self.clock.now())

    def _intent(self, post: DesiredPost) -> Attempt:
        now, media = self.clock.now(), post.media[0]
        return Attempt(
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

    def _work(self, action: Action, post: DesiredPost | None, attempt: Attempt) -> None:
        """Take steps until TikTok is processing, the attempt ends for this run, or a new one replaces it.

        Sending does not depend on `--wait`; temporary problems are waited out.
        """
        idle = 0
        while True:
            before = (attempt.id, attempt.phase, attempt.sent_bytes)
            step = self._advance(attempt, post)
            attempt = step.attempt
            idle = idle + 1 if before == (attempt.id, attempt.phase, attempt.sent_bytes) else 0
            if is_all_sent(attempt) and step.again_in is not None:
                self._follow(action, post, step)
                return
            if attempt.is_open and step.again_in is not None and idle < IDLE_STEPS and self._wait(step.again_in):
                if _is_unsent(attempt) and not self._may_go_on(action, post, attempt):
                    return  # another machine wrote something since the last look
                continue
            again = self._begin_again(action, post, step)
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
        step = self.steps.advance(attempt, post)
        if step.attempt.phase is not before or step.attempt.post_id != attempt.post_id:
            row = self.store.post(attempt.post_uid)
            if row is not None:
                self.steps.at_work.write_receipt(row, self.run.tell)
        return step

    def _begin_again(self, action: Action, post: DesiredPost | None, step: Step) -> Attempt | None:
        """Begin a new attempt in this run after a temporary failure that certainly published nothing.

        None where there may be none (R4, R7), or not now.
        """
        pause = self._until_repeat(action, post, step)
        if post is None or pause is None or not self._wait(pause) or self._unready(post):
            return None
        begun = self._begin(action, post)
        return begun if isinstance(begun, Attempt) else None

    def _until_repeat(self, action: Action, post: DesiredPost | None, step: Step) -> float | None:
        """The seconds until a new attempt may follow this one in this run; None where none may."""
        if post is None or step.stop or step.sign_in or self.steps.stop.is_set():
            return None
        if self._stop(post.mode):
            return None
        row, now = self.store.post(step.attempt.post_uid), self.clock.now()
        again_at = begin.repeats_at(post, row, self.run.id, now)
        if again_at is None or again_at - now > PATIENCE:
            return None
        pause = max((again_at - now).total_seconds(), self.steps.at_work.poll_initial if step.problem else 0.0)
        if is_doubtful(step.attempt, now):
            pause = max(pause, self.steps.at_work.poll_max)  # then TikTok is asked whether it takes its word back
        self._told("again", action.post, reason=step.attempt.problem_what, in_seconds=round(pause, 3))
        return pause

    def _stop(self, mode: Mode) -> Problem | None:
        """Why no more posts of this mode may be sent: an earlier post stopped the account, or one is unknown."""
        if self._unreachable is not None:
            return self._unreachable
        return begin.stop_of(self.store, self.open_id, self.run.id, mode)

    # Waiting for what TikTok is at work on: one step at a time, called by `following`.

    def _follow(self, action: Action, post: DesiredPost | None, step: Step) -> None:
        pause = step.again_in or self.steps.at_work.poll_initial
        due = self.clock.monotonic() + pause
        self.followed.append(Followed(self, post, action, step, due, pause))
        self._told("processing", action.post, publish_id=step.attempt.publish_id)

    def room_to_look(self) -> float:
        """Seconds until TikTok may be asked again what became of a post of the account."""
        return self.steps.client.room_in(Endpoint.STATUS)

    def look(self, followed: Followed) -> None:
        """Ask TikTok once for the outcome of an attempt; an unfinished one goes back into `followed`."""
        step = followed.step = self._advance(followed.step.attempt, followed.post)
        if step.attempt.is_open and step.again_in is not None:
            followed.pause = min(max(followed.pause * 1.5, step.again_in), self.steps.at_work.poll_max)
            followed.due = self.clock.monotonic() + followed.pause
            self.followed.append(followed)
            return
        pause = self._until_repeat(followed.action, followed.post, step)
        if pause is None:
            self._ended(followed.action.post, step)
            return
        followed.repeats, followed.due = True, self.clock.monotonic() + pause
        self.followed.append(followed)

    def repeat(self, followed: Followed) -> None:
        """Begin a new attempt after the sending phase, if the locks can be taken again."""
        try:
            with self.run.around.sending_again(self.open_id):
                again = self._begin_again(followed.action, followed.post, followed.step)
                if again is not None:
                    self._work(followed.action, followed.post, again)
                    return
        except StoreLocked:
            pass  # whoever sends now, or the next apply, repeats it
        except StoreError as err:
            if err.problems[0].code != UNREACHABLE:
                raise  # else the next apply repeats it
        self.leave(followed)

    def leave(self, followed: Followed) -> None:
        """Report an attempt that this run no longer follows."""
        self._ended(followed.action.post, followed.step)

    # How it ended.

    def _ended(self, post: str, step: Step) -> None:
        if step.attempt.phase is Phase.FAILED:  # a failure may have turned out to be none since
            current = self.store.attempt(step.attempt.id)
            step = step if current.phase is Phase.FAILED else Step(current)
        result, problem = ended(step)
        if step.stop or step.sign_in:
            why = problem or Problem("stopped", "an earlier post of this account stopped the run", "")
            self.store.stop_account(self.open_id, self.run.id, step.of_mode, why, self.clock.now())
        stops = step.stop or step.sign_in or step.attempt.phase is Phase.UNKNOWN
        post_id, sign_in = step.attempt.post_id, step.sign_in
        again_at = step.attempt.not_before if result is Result.HELD else None
        self.tell_outcome(
            post, result, problem, post_id=post_id, sign_in=sign_in, stops_account=stops, again_at=again_at
        )

    def _not_started(self, post: str, stop: Problem) -> None:
        what = f"not sent, because this account was stopped: {stop.what}"
        self.tell_outcome(post, Result.NOT_STARTED, replace(stop, what=what))

    def tell_outcome(
        self,
        post: str,
        result: Result,
        problem: Problem | None = None,
        *,
        post_id: str = "",
        sign_in: bool = False,
        stops_account: bool = False,
        again_at: datetime | None = None,
    ) -> None:
        problem = problem and problem.addressed(post)
        outcome = Outcome(post, result, problem, post_id, sign_in, stops_account, again_at)
        self.outcomes.append(outcome)
        self._told("done", post, **outcome.detail)

    def _told(self, event: str, post: str, **detail: object) -> None:
        self.run.tell(Told(event, post, detail))


_SEEN: Final = frozenset({Kind.FROZEN, Kind.RESUME, Kind.UNKNOWN, Kind.DRIFT, Kind.WAIT})  # of which media are kept


def _is_unsent(attempt: Attempt) -> bool:
    return attempt.phase is Phase.INTENT and attempt.init_sent_at is None


def _init_of(post: DesiredPost) -> Endpoint:
    """The endpoint that begins such a post."""
    if post.kind is MediaKind.PHOTOS:
        return Endpoint.CONTENT_INIT
    return Endpoint.INBOX_INIT if post.mode is Mode.DRAFT else Endpoint.VIDEO_INIT
