"""May this machine begin an attempt, or send its last byte? Only once the branch says that it will."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from contentsync.approval import Approval
from contentsync.errors import StoreError
from contentsync.frozen import frozen
from contentsync.lifecycle import OPEN, Phase
from contentsync.pause import pause_of
from contentsync.post import DesiredPost
from contentsync.post_state import Attempt, PostState
from contentsync.store.git import approvals, documents
from contentsync.store.git.branch import Pushed
from contentsync.store.git.line import HEAD
from contentsync.store.git.pushing import TRIES, GitPushing
from contentsync.store.port.conflicts import AttemptOpen, Overtaken, Superseded


@frozen
class _Before:
    """What the local copy held of a post before a claim."""

    row: PostState | None
    approval: Approval | None
    #: The paths that were not shared yet.
    marked: frozenset[str]


class GitClaims(GitPushing):
    """The attempts of a shared state. What each call does is written in store/port/."""

    def begin(self, post: DesiredPost, attempt: Attempt, now: datetime) -> Attempt:
        """R1 and R2, for all machines: the claim is on the remote when this returns.

        It is pushed on top of what the decision to begin was made from. If the remote has more by now (a pause, a
        revoked approval, another machine's claim), the claim is taken back, and the caller decides anew.
        """
        with self._pushing:
            with self._alone():
                before = _Before(
                    self.post_named(attempt.open_id, post.name),
                    self._approvals.find(attempt.open_id, post.name, post.generation),
                    frozenset(self._copy.marked()),
                )
                self._mark((attempt.open_id, post.name))
                if before.approval:  # it is used by this claim
                    self._copy.mark(approvals.path_of(attempt.open_id, post.name), attempt.open_id, post.name)
                begun = super().begin(post, replace(attempt, machine=self.machine), now)
            news = f"{post.key}: intent"
            self._report(news, now)
            if not self._offer_as_decided(now):
                self._news.remove(news)
                self._take_back(post, begun, before)
                raise Overtaken(post.key)
        self._begun.add(begun.id)
        if self.attempt_or_none(begun.id) is None:  # another machine's claim was there first
            raise AttemptOpen(post.key)
        return self.attempt(begun.id)

    def attempt(self, attempt_id: str) -> Attempt:
        """As everywhere; a claim of this process that came too late is an orphan, though no row is left of it."""
        try:
            return super().attempt(attempt_id)
        except KeyError:
            if attempt_id not in self._dropped:
                raise
            return _too_late(self._dropped[attempt_id])

    def attempt_or_none(self, attempt_id: str) -> Attempt | None:
        """The attempt as its row says; None where no row is left of it."""
        try:
            return super().attempt(attempt_id)
        except KeyError:
            return None

    def _take_back(self, post: DesiredPost, claim: Attempt, before: _Before) -> None:
        """Make the local copy as if the claim, which no other machine has seen, had never been made."""
        with self._alone():
            row = self.post_named(claim.open_id, post.name)
            rest = tuple(one for one in row.attempts if one.id != claim.id) if row else ()
            first = before.row.generation if before.row else 1
            if row and (rest or before.row):
                generation = max([first, *(one.generation for one in rest)])
                self._copy.put(replace(row, attempts=rest, generation=generation))
            elif row:
                self._copy.drop(claim.open_id, post.name)
            approval = self._approvals.find(claim.open_id, post.name, post.generation)
            if approval and before.approval and approval.used_by == claim.id:
                self._approvals.put(replace(approval, used_by=before.approval.used_by))
            for path in set(self._copy.marked()) - before.marked:
                self._copy.unmark(path)

    def save(self, attempt: Attempt, what: str, *, binds: bool = False, **detail: object) -> Attempt:
        before = self.attempt_or_none(attempt.id)
        if before is None:
            self._dropped[attempt.id] = attempt
        if before is None or before.version != attempt.version:
            raise Superseded(attempt.id)
        row = self.post(attempt.post_uid)
        assert row is not None  # every attempt has its post
        if attempt.init_sent_at and not before.init_sent_at:
            self._claim_is_shared(attempt, row, what)
        if self._is_at_stake(before, attempt):
            self._announce(row, attempt, what, is_init=bool(attempt.init_sent_at and not before.init_sent_at))
        with self._alone():
            self._mark((row.open_id, row.name))
            saved = super().save(attempt, what, binds=binds, **detail)
        if saved.phase is not before.phase or saved.post_id != before.post_id:
            self._report(f"{row.key}: {what}", attempt.updated_at)
            if saved.phase not in OPEN or (saved.pulls and not before.publish_id):
                self._share(attempt.updated_at)  # of a pull nobody else could find out its publish_id
        return saved

    def _is_at_stake(self, before: Attempt, after: Attempt) -> bool:
        """Whether no other machine may come between: the last byte goes, an attempt is taken over, or a pull that an
        earlier process claimed is sent now (a copy of this machine's folder could send it too)."""
        takeover = before.machine != self.machine and before.phase in OPEN and after.phase not in OPEN
        old_pull = after.pulls and after.init_sent_at and not before.init_sent_at and after.id not in self._begun
        return _last_byte_goes(before, after) or (takeover and not before.may_be_live) or bool(old_pull)

    def _claim_is_shared(self, attempt: Attempt, row: PostState, what: str) -> None:
        """Init follows: the intent must be on the remote, also where an earlier run could not push it."""
        if documents.path_of(row.open_id, row.name) in self._copy.marked():
            self._report(f"{row.key}: {what}", attempt.updated_at)
            with self._pushing:
                if not self._offer_as_decided(attempt.updated_at):
                    raise Superseded(attempt.id)  # what the others wrote may forbid to send it
            current = self.attempt_or_none(attempt.id)
            if current is None:
                self._dropped[attempt.id] = attempt
            if current is None or current.version != attempt.version:
                raise Superseded(attempt.id)

    def _announce(self, row: PostState, attempt: Attempt, what: str, *, is_init: bool) -> None:
        """Push what is about to happen, before it is recorded here.

        Raises Superseded if another was first, and where it must be decided anew: an init is sent only as decided,
        and nothing is sent for an account that was paused meanwhile.
        """
        now, path = attempt.updated_at, documents.path_of(row.open_id, row.name)
        with self._pushing:
            for _ in range(TRIES):
                self._base(now)
                news = self._news[:]
                with self._alone():
                    base = self._copy.value(HEAD)
                    files = self._files() | {path: documents.post_text(self._with(row.uid, attempt))}
                    made = self._commit(base, files, now, [f"{row.key}: {what}", *news])
                pushed, why = self._branch.push(made, base)
                self._refuse_unpushed(pushed, why)
                if pushed is Pushed.TAKEN:
                    self._taken(made, base, files, news)
                    return
                self._read(now)
                if is_init or pause_of(self.pauses.all(), row.account, row.open_id):
                    raise Superseded(attempt.id)
            raise StoreError(self._unreachable("other machines were quicker each time"))

    def _with(self, uid: str, attempt: Attempt) -> PostState:
        """The row with this attempt in its place. Raises Superseded if another machine changed the attempt."""
        row = self.post(uid)
        current = next((one for one in row.attempts if one.id == attempt.id), None) if row else None
        if current is None:
            self._dropped[attempt.id] = attempt
        if row is None or current is None or current.version != attempt.version:
            raise Superseded(attempt.id)
        return replace(row, attempts=tuple(attempt if one.id == attempt.id else one for one in row.attempts))


def _too_late(claim: Attempt) -> Attempt:
    """Another machine's claim was there first: nothing of ours was sent."""
    what = "another machine started this post first"
    return replace(claim, phase=Phase.ORPHANED, problem_code="attempt-open", problem_what=what)


def _last_byte_goes(before: Attempt, after: Attempt) -> bool:
    return after.last_put_at is not None and before.last_put_at is None and after.phase is Phase.UPLOADING
