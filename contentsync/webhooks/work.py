"""How is a stored event processed? Apart from its delivery, any number of times, with the same result in any order.

An event is only a hint: TikTok is asked by the same steps that `refresh` takes, and only its answer counts.
Nothing is ever sent, and no lock is taken: each write repeats its precondition.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from contentsync.account import AccountAtWork
from contentsync.attempt.doubt import doubt
from contentsync.attempt.waiting import Stopped
from contentsync.errors import ContentsyncError, Problem, Refused, SignInNeeded, StoreError
from contentsync.frozen import frozen
from contentsync.lifecycle import Event, Phase
from contentsync.post_state import Attempt
from contentsync.project import Project
from contentsync.remote import look_again
from contentsync.store.port.conflicts import Superseded
from contentsync.stored_event import EventState, RemovedAccess, StoredEvent
from contentsync.tiktok import removed_access
from contentsync.webhooks import decide
from contentsync.webhooks.decide import NOT_YET, Came, Effect, Token
from contentsync.webhooks.event import parse

LOOK_AROUND: Final = 5  # open attempts that are asked about for an event that tells no id of ours
KEPT_FOR: Final = timedelta(days=180)  # an event that was settled
FORGETS_EVERY: Final = timedelta(days=1)
HOW: Final = "publicly-available"  # of a binding that an event brought
_BY_TIKTOK: Final = frozenset({HOW, "published", "delivered", "post-id"})  # bindings whose order is TikTok's

_SAID_BY_A_VIDEO: Final = {Phase.UNKNOWN: Event.FOUND, Phase.DELIVERED: Event.PUBLISHED}  # that is, or was, public


@frozen
class Worked:
    """The result of one event, for the log. again_at: when it is tried again."""

    event: StoredEvent
    came: Came
    again_at: datetime | None = None
    post: str = ""


@dataclass
class Worker:
    """Processes waiting events, one after another.

    stop: ends a wait for a limit by the minute. started_at: when this process was given its environment; a token in
    it is no newer. tell: told of each event, and of a receipt that can't be written.
    """

    project: Project
    tell: Callable[[Worked | StoreError], None]
    stop: threading.Event = field(default_factory=threading.Event)
    started_at: datetime | None = None
    _forgets_at: datetime | None = None

    def work_off(self) -> None:
        """Process all events that are due now. Raises StoreError where the state can't be written."""
        try:
            for event in self.project.store.events.due(self.project.clock.now()):
                if self.stop.is_set():
                    return
                self._work_on(event)
            self._forget_old()
        except Stopped:
            return
        finally:
            self.project.close()  # the next time tokens are read anew: others sign in meanwhile

    def _forget_old(self) -> None:
        """Drop what came long ago, once a day; a replay of it would be too late to be more than a hint."""
        now = self.project.clock.now()
        if self._forgets_at is None or now >= self._forgets_at:
            self._forgets_at = now + FORGETS_EVERY
            self.project.store.events.forget(now - KEPT_FOR)

    def _work_on(self, event: StoredEvent) -> None:
        post = ""
        try:
            came, post = self._came_of(event)
        except Superseded:
            came = NOT_YET
        except (Stopped, StoreError):
            raise
        except ContentsyncError as err:
            came = Came(EventState.WAITING, err.problems[0].code)
        self._settle(event, came, post)

    def _settle(self, event: StoredEvent, came: Came, post: str) -> None:
        now = self.project.clock.now()
        again_at = None
        if came.state is EventState.WAITING:
            again_at = decide.next_try(event.tries, event.received_at, now)
            came = came if again_at else replace(came, state=EventState.KEPT)
        if self.project.store.events.settle(event, came.state, came.outcome, again_at or now):
            self.tell(Worked(event, came, again_at, post))

    def _came_of(self, event: StoredEvent) -> tuple[Came, str]:
        effect = decide.effect_of(event.event)
        if effect is Effect.KEEP:
            return Came(EventState.KEPT, "no-effect"), ""
        if effect is Effect.REMOVED:
            return self._removed(event), ""
        return self._of_a_post(event, effect)

    # Posts.

    def _of_a_post(self, event: StoredEvent, effect: Effect) -> tuple[Came, str]:
        attempt = self.project.store.events.attempt(event.open_id, event.publish_id)
        if attempt is None and effect is Effect.HINT:
            return self._looked_around(event), ""
        if attempt is None:
            unknown = "unknown-publish-id" if event.publish_id else "no-publish-id"
            return Came(EventState.WAITING if event.publish_id else EventState.KEPT, unknown), ""
        row = self.project.store.post(attempt.post_uid)
        key = row.key if row else ""
        account = self._account_of(attempt.open_id)
        if account is None:
            return Came(EventState.KEPT, "no-account"), key
        came = self._looked(event, effect, account, attempt)
        if (fresh := self.project.store.post(attempt.post_uid)) and fresh != row:
            self._write_receipt(attempt.post_uid)
        return came, key

    def _account_of(self, open_id: str) -> AccountAtWork | None:
        accounts = self.project.all_at_work()
        return next((account for account in accounts if open_id and account.open_id == open_id), None)

    def _looked(self, event: StoredEvent, effect: Effect, account: AccountAtWork, attempt: Attempt) -> Came:
        """Ask TikTok, then apply what only the event says."""
        attempt = self._asked(account, attempt, event)
        if effect in (Effect.LOOK, Effect.HINT) or event.late:
            return decide.judged(event.event, attempt)
        post_id = parse(event.body.encode()).post_id
        if not post_id:
            return Came(EventState.KEPT, "no-post-id")
        return self._visible(event, attempt, post_id, visible=effect is Effect.VISIBLE)

    def _looked_around(self, event: StoredEvent) -> Came:
        """Ask about the account's open attempts, newest first: one of them may be what the event is about."""
        account = self._account_of(event.open_id)
        if account is None:
            return Came(EventState.KEPT, "no-account")
        rows = [row for row in self.project.store.posts(event.open_id) if row.last and row.last.is_open]
        rows.sort(key=lambda row: row.last.created_at if row.last else event.received_at, reverse=True)
        changed = False
        for row in rows[:LOOK_AROUND]:
            assert row.last is not None
            if self._asked(account, row.last, event).phase is not row.last.phase:
                changed = True
                self._write_receipt(row.uid)
        return Came(EventState.DONE, "others-changed") if changed else Came(EventState.KEPT, "no-id-of-ours")

    def _asked(self, account: AccountAtWork, attempt: Attempt, event: StoredEvent) -> Attempt:
        """The attempt after TikTok was asked; an event that contradicts a failure puts the failure in doubt."""
        steps = account.steps(stop=self.stop)
        attempt = look_again(steps, attempt)
        if attempt.phase is Phase.FAILED and not event.late and decide.speaks_for(event.event):
            return doubt(steps, attempt, f"its event {event.event} says that the post is published").attempt
        return attempt

    def _visible(self, event: StoredEvent, attempt: Attempt, post_id: str, *, visible: bool) -> Came:
        """The post id of a video that is public, or was: to be bound, and who can see it."""
        came = decide.judged(event.event, attempt)
        if attempt.phase is Phase.UNKNOWN:
            came = Came(EventState.DONE, "seen")  # that it was public says that it was published
        if came.state is not EventState.DONE:
            return came
        store = self.project.store
        if not store.bind_further(attempt, post_id, HOW, event.happened_at):
            return Came(EventState.KEPT, "bound-elsewhere")
        self._name_first(event, attempt, post_id)
        store.events.tell_visibility(attempt.open_id, post_id, visible, event.happened_at)
        if visible:
            store.mark_public([attempt.post_uid], event.happened_at)
        if not visible:
            return Came(EventState.DONE, "not-public")
        named = store.attempt(attempt.id).post_id == post_id
        return Came(EventState.DONE, "bound" if named else "further-video")

    def _name_first(self, event: StoredEvent, attempt: Attempt, post_id: str) -> None:
        """Let the attempt name the first of its videos. Raises Superseded."""
        store, now = self.project.store, self.project.clock.now()
        if attempt.phase in _SAID_BY_A_VIDEO:
            store.save(attempt.after(_SAID_BY_A_VIDEO[attempt.phase], now, post_id=post_id, upload_url=""), HOW)
        elif not attempt.post_id or (attempt.post_id != post_id and self._comes_first(event, attempt, post_id)):
            store.save(attempt.noting(now, post_id=post_id), HOW)

    def _comes_first(self, event: StoredEvent, attempt: Attempt, post_id: str) -> bool:
        bound = self.project.store.bound_by(attempt)
        if bound is None or bound[0] not in _BY_TIKTOK or not attempt.post_id.isdecimal():
            return False  # a person's word stays
        return decide.comes_first(post_id, event.happened_at, attempt.post_id, bound[1])

    def _write_receipt(self, uid: str) -> None:
        row = self.project.store.post(uid)
        if row is not None:
            try:
                self.project.receipts.write(row)
            except OSError as err:  # for others to read: one that can't be written is told, and stops nothing
                what = f"the receipt of {row.key} can't be written: {err.strerror or err}"
                self.tell(
                    StoreError(
                        Problem("receipt-unwritable", what, "make receipts/ writable, then run: contentsync refresh")
                    )
                )

    # Accounts.

    def _removed(self, event: StoredEvent) -> Came:
        """Mark the account, unless its token is newer than the removal."""
        account = self._account_of(event.open_id)
        if account is None:
            return Came(EventState.KEPT, "no-account")
        if event.late:
            return Came(EventState.KEPT, "too-late")
        if self._is_newer(account, event):
            return Came(EventState.KEPT, "newer-sign-in")
        reason = parse(event.body.encode()).reason or 0
        removed = RemovedAccess(event.happened_at, reason, self._fingerprint(account))
        self.project.store.events.remove_access(event.open_id, removed)
        return Came(EventState.DONE, "access-removed")

    def _is_newer(self, account: AccountAtWork, event: StoredEvent) -> bool:
        try:
            pair = account.credentials.pair()
        except SignInNeeded:
            return False  # none is there at all
        seen = self.project.store.creators().get(account.name)
        given_at = None if account.settings.token_command else self.started_at
        token = decide.token_after(event.happened_at, pair.saved_at, seen[2] if seen else None, given_at)
        return token is Token.NEWER or (token is Token.ASK and self._still_works(account))

    def _still_works(self, account: AccountAtWork) -> bool:
        """Ask TikTok once if nothing else shows the token's age. Raises NotSent and Unanswered."""
        try:
            account.client.user_info()
        except SignInNeeded:
            return False
        except Refused as err:
            if err.error_code != "access_token_invalid":
                raise
            return False
        return True

    def _fingerprint(self, account: AccountAtWork) -> str:
        try:
            return removed_access.fingerprint(account.credentials.pair())
        except SignInNeeded:
            return ""
