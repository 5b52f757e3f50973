"""May an attempt begin now? Its media, its pace and a last look come first; then its intent is saved."""

from __future__ import annotations

import json
import uuid
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Final

from contentsync.apply.around import Run
from contentsync.apply.local import LocalActions
from contentsync.apply.outcome import ended, not_ready, result_of
from contentsync.attempt import begin
from contentsync.attempt.steps import Steps
from contentsync.attempt.told import Outcome, Result, Told
from contentsync.attempt.waiting import Stopped
from contentsync.errors import Problem, StoreError
from contentsync.frozen import frozen
from contentsync.lifecycle import Phase
from contentsync.plan.action import Action, Kind
from contentsync.post import DesiredPost, Mode
from contentsync.post import Kind as MediaKind
from contentsync.post_state import Attempt
from contentsync.store.port.conflicts import AttemptOpen, Overtaken
from contentsync.tiktok.wire import Endpoint

UNREACHABLE: Final = "state-unreachable"
OVERTAKEN: Final = 20  # times that other machines may write first before a claim is given up


@frozen
class NotBegun:
    """Why no attempt was begun, and how the post stands by that."""

    result: Result
    problem: Problem | None
    again_at: datetime | None = None


class Beginning:
    """What one account's part of a plan needs to begin an attempt, and to report what came of it."""

    def __init__(self, open_id: str, steps: Steps, run: Run) -> None:
        self.open_id = open_id
        self.steps = steps
        self.run = run
        self.store = steps.store
        self.clock = steps.clock
        self.outcomes: list[Outcome] = []
        self._unreachable: Problem | None = None  # why the shared state could not be reached in this run
        self._local = LocalActions(open_id, steps.at_work, run.tell)

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
        endpoint = init_of(post)
        while (seconds := self.steps.client.room_in(endpoint)) > 0:
            if not self._wait(seconds):
                return False
        return not self.steps.stop.is_set()

    def _wait(self, seconds: float) -> bool:
        """Let time pass; False, and soon, where a stop is asked for."""
        try:
            self.clock.sleep(seconds)
        except Stopped:
            return False
        return not self.steps.stop.is_set()

    def _stop(self, mode: Mode) -> Problem | None:
        """Why no more posts of this mode may be sent: an earlier post stopped the account, or one is unknown."""
        if self._unreachable is not None:
            return self._unreachable
        return begin.stop_of(self.store, self.open_id, self.run.id, mode)

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

    def _begin(self, action: Action, post: DesiredPost) -> Attempt | NotBegun | None:
        """Save an intent after the last look; None if a person asks to stop.

        Where another machine wrote to the shared state in between, it is decided anew.
        """
        for _ in range(OVERTAKEN):
            with suppress(Overtaken):
                return self._begin_once(action, post)
        what = "other machines wrote to the shared state first each time"
        raise StoreError(Problem(UNREACHABLE, what, "nothing was started; run apply again later"))

    def _begin_once(self, action: Action, post: DesiredPost) -> Attempt | NotBegun | None:
        """The same, once. Raises Overtaken."""
        if not self._pace(post):
            return None
        row, now = self.store.post_named(self.open_id, post.name), self.clock.now()
        if doubted := self.steps.reconsider(row, post.generation):
            self._local.receipt(post.name)
            failed = doubted.attempt.phase is Phase.FAILED
            return NotBegun(Result.NOT_STARTED, doubted.problem) if failed else NotBegun(*ended(doubted))
        if held := begin.held(post, row, self.run.id, now):
            return NotBegun(Result.HELD if held.again_at else Result.NOT_STARTED, held.problem, held.again_at)
        if against := self.run.around.last_look(Kind.CREATE, post):
            return NotBegun(result_of(against), against.problem)
        if action.kind is Kind.CREATE and not self._use_plan():
            problem = Problem(
                "plan-used", "this plan was already applied", "make a new one: contentsync plan --out FILE"
            )
            return NotBegun(Result.NOT_STARTED, problem)
        try:
            attempt = self.store.begin(post, self._intent(post), self.clock.now())
        except AttemptOpen:
            what = "the post was started or published after the plan was made"
            return NotBegun(Result.NOT_STARTED, Problem("attempt-open", what, "plan again"))
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


def init_of(post: DesiredPost) -> Endpoint:
    """The endpoint that begins such a post."""
    if post.kind is MediaKind.PHOTOS:
        return Endpoint.CONTENT_INIT
    return Endpoint.INBOX_INIT if post.mode is Mode.DRAFT else Endpoint.VIDEO_INIT
