"""How is one account's part of a plan carried out? Its actions in order, each checked again before it begins.

`operations/last_look.py` decides right before each intent whether the action is still right. `attempt.begin` decides
whether an attempt may begin, `attempt.steps` takes its steps, and `following` waits for TikTok.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from contentsync.apply.around import Run
from contentsync.apply.beginning import UNREACHABLE, Beginning, NotBegun, init_of
from contentsync.apply.outcome import ended, is_all_sent, result_of
from contentsync.attempt import begin
from contentsync.attempt.doubt import is_doubtful
from contentsync.attempt.step import Step
from contentsync.attempt.steps import Steps
from contentsync.attempt.told import Result
from contentsync.errors import Problem, StoreError, StoreLocked
from contentsync.lifecycle import SUCCESS, Phase
from contentsync.plan.action import Action, Kind
from contentsync.post import DesiredPost
from contentsync.post_state import Attempt
from contentsync.tiktok.wire import Endpoint
from contentsync.times import in_words

PATIENCE: Final = timedelta(minutes=2)  # how long a run waits for a limit by the minute
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
    #: Until when waiting for its outcome is of no use, in monotonic seconds.
    no_end_before: float = 0.0


class AccountRun(Beginning):
    """One account's part of a plan."""

    def __init__(self, open_id: str, steps: Steps, run: Run) -> None:
        super().__init__(open_id, steps, run)
        self.followed: list[Followed] = []

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
                if post and creates and (seconds := self.steps.client.room_in(init_of(post))) > 0:
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
            case Kind.WAIT if post is not None and action.in_other_hands:
                self._is_in_other_hands(action, post)
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
        if isinstance(begun, NotBegun):
            if not self._is_in_other_hands(action, post):
                self.tell_outcome(action.post, begun.result, begun.problem, again_at=begun.again_at)
        elif begun is not None:
            self._told("begun", action.post, generation=begun.generation)
            self._work(action, post, begun)

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
                if post is None or not self._is_in_other_hands(action, post, but=step.attempt.id):
                    self._ended(action.post, step)
                return
            attempt = again

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
        if action.kind is Kind.WAIT:
            return None  # nobody approved that this machine sends it
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

    # What other machines do.

    def _is_in_other_hands(self, action: Action, post: DesiredPost, but: str = "") -> bool:
        """Whether another machine has begun this post since the plan was made; then it is followed, or its end told.

        but: an attempt that this run has dealt with.
        """
        last = self._last_of(post.name)
        if last is None or last.id == but or not last.is_of_another(self.store.machine):
            return False
        if last.is_open:
            self._follow_elsewhere(action, post, last)
            return True
        as_planned = (last.digest, last.generation) == (post.digest, post.generation)
        if as_planned and last.phase in SUCCESS | {Phase.UNKNOWN}:
            self._ended(action.post, Step(last))
            return True
        return False

    def _follow_elsewhere(self, action: Action, post: DesiredPost, last: Attempt) -> None:
        pause = self.steps.at_work.poll_initial
        step = Step(last, again_in=pause)
        self.followed.append(Followed(self, post, action, step, self.clock.monotonic() + pause, pause))
        self._told("elsewhere", action.post, machine=last.host)

    def _read_again(self, followed: Followed) -> Step:
        """How the post stands that another machine is sending; nothing is done for it here."""
        self.store.catch_up(self.clock.now(), share=False)
        last = self._last_of(followed.action.post.partition("/")[2]) or followed.step.attempt
        return Step(last, again_in=self.steps.at_work.poll_initial if last.is_open else None)

    def _last_of(self, name: str) -> Attempt | None:
        row = self.store.post_named(self.open_id, name)
        return row.last if row else None

    # Waiting for what TikTok is at work on: one step at a time, called by `following`.

    def _follow(self, action: Action, post: DesiredPost | None, step: Step) -> None:
        pause = step.again_in or self.steps.at_work.poll_initial
        due = self.clock.monotonic() + pause
        self.followed.append(Followed(self, post, action, step, due, pause, no_end_before=self._no_end_before(step)))
        if step.attempt.phase is Phase.PROCESSING:
            self._told("processing", action.post, publish_id=step.attempt.publish_id)
        else:
            why = step.problem.what if step.problem else None
            self._told("incomplete", action.post, publish_id=step.attempt.publish_id, reason=why)

    def _no_end_before(self, step: Step) -> float:
        ends = step.no_end_before
        return self.clock.monotonic() + (ends - self.clock.now()).total_seconds() if ends else 0.0

    def room_to_look(self) -> float:
        """Seconds until TikTok may be asked again what became of a post of the account."""
        return self.steps.client.room_in(Endpoint.STATUS)

    def look(self, followed: Followed) -> None:
        """Ask TikTok once for the outcome of an attempt; an unfinished one goes back into `followed`."""
        attempt = followed.step.attempt
        elsewhere = attempt.is_begun_elsewhere(self.store.machine)
        step = followed.step = self._read_again(followed) if elsewhere else self._advance(attempt, followed.post)
        if step.attempt.is_open and step.again_in is not None:
            followed.pause = min(max(followed.pause * 1.5, step.again_in), self.steps.at_work.poll_max)
            followed.due = self.clock.monotonic() + followed.pause
            followed.no_end_before = self._no_end_before(step)
            self.followed.append(followed)
            return
        pause = self._until_repeat(followed.action, followed.post, step)
        if pause is None:
            self._ended(followed.action.post, step)
            return
        followed.repeats, followed.due, followed.no_end_before = True, self.clock.monotonic() + pause, 0.0
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
        if problem is None and step.attempt.is_begun_elsewhere(self.store.machine):
            result, problem = Result.ELSEWHERE, _not_ours(step.attempt)
        if step.stop or step.sign_in:
            why = problem or Problem("stopped", "an earlier post of this account stopped the run", "")
            self.store.stop_account(self.open_id, self.run.id, step.of_mode, why, self.clock.now())
        stops = step.stop or step.sign_in or step.attempt.phase is Phase.UNKNOWN
        post_id, sign_in = step.attempt.post_id, step.sign_in
        again_at = step.attempt.not_before if result is Result.HELD else step.no_end_before
        self.tell_outcome(
            post, result, problem, post_id=post_id, sign_in=sign_in, stops_account=stops, again_at=again_at
        )


_SEEN: Final = frozenset({Kind.FROZEN, Kind.RESUME, Kind.UNKNOWN, Kind.DRIFT, Kind.WAIT})  # of which media are kept


def _not_ours(attempt: Attempt) -> Problem:
    what = f"{attempt.host} began to send it, and has not finished (last heard of {in_words(attempt.updated_at)})"
    return Problem("attempt-open", what, "run apply again later: it follows that attempt, or sends the post itself")


def _is_unsent(attempt: Attempt) -> bool:
    return attempt.phase is Phase.INTENT and attempt.init_sent_at is None
