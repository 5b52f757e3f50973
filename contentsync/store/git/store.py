"""The state on a branch that several machines share; SQLite is this machine's copy of it.

The danger: two machines that share no disk, either of which may stop for an hour and wake up, must not both publish
one post. A lease would need a clock that both trust. The rule needs none:

- A claim is a commit. Before init is sent, the intent is on the remote; before the last byte goes, so is the
  announcement that it goes. A push is taken only on top of what the writer has read, so of two claims one is refused.
- A writer that was refused reads, merges and decides again. So it sees an attempt that was taken over, or a post that
  was published meanwhile, before the commit point.
- While an attempt is announced, no other machine begins one. It may only follow the attempt by its publish_id.

That is enough, because the commit point of an upload is its last byte: a machine that was overtaken while it slept
must push its announcement before that byte, and that push is refused.

Outcomes are pushed at once, but a remote that can't be reached then delays only their sharing: they stay marked in
the local copy and go with the next push.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from contentsync.amounts import many
from contentsync.errors import Problem, StoreError
from contentsync.post import DesiredPost
from contentsync.post_state import Attempt, PostState
from contentsync.store.git import approvals, documents
from contentsync.store.git.approvals import SharedApprovals
from contentsync.store.git.branch import Branch, Pushed
from contentsync.store.git.calendar import SharedCalendar
from contentsync.store.git.claims import GitClaims
from contentsync.store.git.line import HEAD
from contentsync.store.git.notices import SharedOutbox
from contentsync.store.git.people import SharedAccounts, SharedPauses
from contentsync.store.port.values import Pin
from contentsync.store.sqlite import migration
from contentsync.store.sqlite.database import Database

_INIT: Final = "/init/"  # how the paths of the calls end that begin a post


class GitStore(GitClaims):
    """The shared state of one project. What each call does is written in store/port/."""

    def __init__(
        self,
        database: Database,
        branch: Branch,
        machine: str,
        who: str | None = None,
        alone: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        """alone: keeps other processes from the local copy while the block runs; never held over a request."""
        super().__init__(database, branch, machine, who, alone)
        self.accounts = SharedAccounts(database, self._history, self)
        self.approvals = self._approvals = SharedApprovals(database, self._history, self.saying)
        self.calendar = self._shared_calendar = SharedCalendar(database, self)
        self.outbox = self._shared_outbox = SharedOutbox(database, self)
        self.pauses = self._shared_pauses = SharedPauses(database, self._history, self)

    # -- limits by the minute

    def take(self, scope: str, endpoint: str, limit: int, window: timedelta, now: datetime) -> float:
        """As in Store. The inits of other machines count too, as far as their claims are known here."""
        others = self._inits_elsewhere(scope, endpoint, window, now)
        if len(others) >= limit:
            return (others[-limit] + window - now).total_seconds()
        return super().take(scope, endpoint, limit - len(others), window, now)

    def room_in(self, scope: str, endpoint: str, limit: int, window: timedelta, now: datetime) -> float:
        others = self._inits_elsewhere(scope, endpoint, window, now)
        if len(others) >= limit:
            return (others[-limit] + window - now).total_seconds()
        return super().room_in(scope, endpoint, limit - len(others), window, now)

    def _inits_elsewhere(self, open_id: str, endpoint: str, window: timedelta, now: datetime) -> list[datetime]:
        """When other machines began posts of an identity within the window, oldest first."""
        if not endpoint.endswith(_INIT):
            return []
        theirs = [a for a in self.attempts_since(now - 2 * window) if a.machine != self.machine]
        times = [attempt.init_sent_at or attempt.created_at for attempt in theirs if attempt.open_id == open_id]
        return sorted(at for at in times if now - window < at < now + window)

    # -- from one backend to another

    def take_over(self, rows: list[PostState], rest: Path, lineage: str, now: datetime) -> None:
        migration.take_lineage(self._db, lineage)
        with self._alone():
            paused = {pause.account for pause in self.pauses.all()}
            self._mark(*((row.open_id, row.name) for row in rows))
            migration.put_rows(self._db, rows)
            migration.put_rest(self._db, rest)
            identities = {*self._copy.pins().values(), *self.identities()}
        with self.deciding(*identities):
            for one in self._approvals.all():
                self._copy.mark(approvals.path_of(one.open_id, one.name), one.open_id, one.name)
            self._shared_outbox.mark_all(now)
            self._shared_calendar.mark_all()
            for account in paused | {pause.account for pause in self.pauses.all()}:
                self._copy.mark(documents.pause_path(account), "", account)
        self._report(f"{many(len(rows), 'post')} copied from another state", now)
        self._opens_again = True
        try:
            self._push(now)
            if self.moved_to:  # there was nothing to copy
                self._offer(now)
        finally:
            self._opens_again = False

    def close_for(self, place: str, now: datetime) -> None:
        with self._pushing:
            base, self._moving_to = self._copy.value(HEAD), place
            try:
                made = self._commit(base, {}, now, [f"state moved to {place}"])
                pushed, why = self._branch.push(made, base)
            finally:
                self._moving_to = ""
            if pushed is not Pushed.TAKEN:
                what = f"the shared state could not be closed: {why}"
                raise StoreError(Problem("state-not-closed", what, "run the same command again"))
            super().close_for(place, now)

    def close(self) -> None:
        """Close the local copy, once what it still has to share was offered to the remote."""
        try:
            if self._latest:
                self._share(self._latest)
        finally:
            super().close()

    # -- the rest of what is shared

    def ensure_post(self, post: DesiredPost, open_id: str, *, now: datetime) -> PostState:
        with self._alone():
            self._mark((open_id, post.name))
            return super().ensure_post(post, open_id, now=now)

    def move(self, row: PostState, post: DesiredPost, now: datetime, why: str = "") -> bool:
        with self.sharing(now, f"{row.key}: moved to {post.key}", (row.open_id, row.name), (row.open_id, post.name)):
            return super().move(row, post, now, why)

    def bind_post(self, post: DesiredPost, open_id: str, post_id: str, how: str, now: datetime) -> bool:
        with self.sharing(now, f"{post.key}: bound to {post_id}", (open_id, post.name)):
            return super().bind_post(post, open_id, post_id, how, now)

    def bind_further(self, attempt: Attempt, post_id: str, how: str, now: datetime) -> bool:
        row = self.post(attempt.post_uid)
        assert row is not None  # every attempt has its post
        with self.sharing(now, f"{row.key}: {how}", (row.open_id, row.name)):
            return super().bind_further(attempt, post_id, how, now)

    def acknowledge(self, row: PostState, digest: str, why: str, now: datetime) -> None:
        with self.sharing(now, f"{row.key}: acknowledged", (row.open_id, row.name)):
            super().acknowledge(row, digest, why, now)

    def see_edit(self, row: PostState, media: str, now: datetime) -> None:
        with self._alone():
            self._mark((row.open_id, row.name))  # goes with the next push
            super().see_edit(row, media, now)

    def remove(self, row: PostState, why: str, now: datetime) -> None:
        with self.sharing(now, f"{row.key}: removed", (row.open_id, row.name)):
            super().remove(row, why, now)

    def restore(
        self, row: PostState, now: datetime, old_names: Collection[str] = (), what: str = "restored", **detail: object
    ) -> bool:
        names = (row.name, *old_names)
        with self.sharing(now, f"{row.key}: {what}", *((row.open_id, name) for name in names)):
            return super().restore(row, now, old_names, what, **detail)

    def give_slots(
        self, open_id: str, freed: Collection[PostState], given: Collection[Pin], rule: str, now: datetime
    ) -> None:
        names = {row.name for row in freed} | {post.name for post, _ in given}
        with self.sharing(now, f"slots given to {len(given)} posts", *((open_id, name) for name in sorted(names))):
            super().give_slots(open_id, freed, given, rule, now)

    def name_account(self, open_id: str, account: str, now: datetime) -> int:
        with self._alone():
            self._mark(*((open_id, row.name) for row in self.posts(open_id) if row.account != account))
            return super().name_account(open_id, account, now)

    # -- what happened

    def shared_history(self, open_id: str, name: str) -> str:
        """As in Store. The branch's commits; the path counts from the top, as a project may be in a subfolder."""
        return f"git log {self._branch.kept_as} -- {shlex.quote(f':/{documents.path_of(open_id, name)}')}"

    # -- what people decided about an identity

    def leave_out(self, open_id: str, marks: Collection[str], now: datetime) -> None:
        if self.left_out(open_id) != frozenset(marks):
            with self.deciding(open_id):
                super().leave_out(open_id, marks, now)

    def become_acquainted(self, open_id: str, now: datetime) -> None:
        if not self.is_acquainted(open_id):
            with self.deciding(open_id):
                super().become_acquainted(open_id, now)
            self._report(f"the earlier posts of {open_id} were recorded", now)
