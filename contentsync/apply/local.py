"""Which parts of a plan change only the state? Names, bindings, and the digests of edited media."""

from __future__ import annotations

from contentsync.attempt.at_work import AtWork
from contentsync.attempt.told import Result, Tell
from contentsync.lifecycle import Event, Phase
from contentsync.plan.action import Action
from contentsync.plan.moves import has_past, marks_of_row
from contentsync.post import DesiredPost
from contentsync.post_state import Attempt, PostState
from contentsync.store.port.conflicts import AttemptOpen, Superseded


class LocalActions:
    """The actions of one account that need no request."""

    def __init__(self, open_id: str, at_work: AtWork, tell: Tell) -> None:
        self._open_id, self._at_work, self._tell = open_id, at_work, tell
        self._store, self._clock = at_work.store, at_work.clock

    def see_edit(self, post: DesiredPost) -> None:
        """Remember the edited media, so that a later rename is recognised."""
        row = self._store.post_named(self._open_id, post.name)
        if row is not None and has_past(row) and post.media and post.media_digest not in marks_of_row(row):
            self._store.see_edit(row, post.media_digest, self._clock.now())

    def move(self, action: Action, post: DesiredPost) -> bool:
        """Give a renamed post's row its new name; whether that could be done."""
        old = action.moved_from.partition("/")[2]
        row = self._store.post_named(self._open_id, old)
        moved = row is not None and self._moved(row, post)
        if self.receipt(post.name) and moved and row is not None:
            self._at_work.remove_receipt(action.moved_from, row, self._tell)
        return moved

    def _moved(self, row: PostState, post: DesiredPost) -> bool:
        if row.name == post.name:
            return self._store.name_account(self._open_id, post.account, self._clock.now()) >= 0
        return self._store.move(row, post, self._clock.now())

    def adopt(self, action: Action, post: DesiredPost) -> Result:
        """Bind a post to the video that the action names."""
        row = self._store.post_named(self._open_id, post.name)
        last = row.last if row else None
        is_unknown = last is not None and last.phase is Phase.UNKNOWN
        result = self._found(action, last) if last and is_unknown else self._bound(action, post)
        self.receipt(post.name)
        return result

    def _found(self, action: Action, last: Attempt) -> Result:
        found = last.after(Event.FOUND, self._clock.now(), post_id=action.adopts, upload_url="")
        try:
            self._store.save(found, "adopted", binds=True, reason=action.reason)
        except (AttemptOpen, Superseded):
            return Result.UNKNOWN
        return Result.ADOPTED

    def _bound(self, action: Action, post: DesiredPost) -> Result:
        bound = self._store.bind_post(post, self._open_id, action.adopts, "manifest", self._clock.now())
        return Result.ADOPTED if bound else Result.NOT_STARTED

    def receipt(self, name: str) -> bool:
        """Whether the receipt of a post is as it should be by now."""
        row = self._store.post_named(self._open_id, name)
        return row is not None and self._at_work.write_receipt(row, self._tell)
