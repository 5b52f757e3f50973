"""What did other machines push? It is fetched, and merged into this machine's copy."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import datetime

from contentsync.errors import Level, Problem, StoreError
from contentsync.post_state import PostState
from contentsync.store.git import approvals, calendar, documents, notices
from contentsync.store.git.approvals import SharedApprovals
from contentsync.store.git.calendar import SharedCalendar
from contentsync.store.git.line import HEAD, PLACE, READ_AT, GitLine
from contentsync.store.git.merge import merged
from contentsync.store.git.notices import SharedOutbox
from contentsync.store.git.people import SharedPauses


class GitReading(GitLine):
    """Reading the branch. What each call does is written in store/port/."""

    _approvals: SharedApprovals
    _shared_pauses: SharedPauses
    _shared_outbox: SharedOutbox
    _shared_calendar: SharedCalendar

    def use_copy(self) -> Problem | None:
        """As in Store. Also merges what git itself has fetched of the branch, as in a fresh clone."""
        with self._pushing, self._alone(), suppress(StoreError):  # an older one than the copy is no news
            head, known = self._branch.fetched_by_user(), self._copy.value(HEAD)
            if head and head != known:
                self._take_in(known, head)
                self._copy.remember(**{READ_AT: self._branch.written_at(head)})
        remote, name, age = self._branch.remote, self._branch.name, self._age()
        what = f"the shared state on {remote}/{name} was not read; {age or 'there is no copy of it here'}"
        fetch = f"git fetch {remote} {self._branch.tracking}"
        hint = "" if age else f"if another machine has posted, its posts look new here until you run: {fetch}"
        return Problem("state-copy", what, hint, level=Level.NOTE)

    def _read(self, now: datetime) -> str:
        """Fetch, and merge what changed into the local copy. Returns the head; empty if there is no branch yet."""
        fetched = self._branch.fetch()
        if fetched.why:
            raise StoreError(self._unreachable(fetched.why))
        with self._alone():
            known = self._copy.value(HEAD)
            if not fetched.head and known:
                raise StoreError(self._gone(known))
            if fetched.head not in {"", known}:
                self._take_in(known, fetched.head)
            self._copy.remember(**{READ_AT: now.isoformat(), PLACE: self._place})
        self._refuse_moved()
        return fetched.head

    def _take_in(self, known: str, head: str) -> None:
        changed: dict[str, str | None] | None = self._branch.changed(known, head) if known else None
        listed = {} if changed is not None else self._branch.files(head)
        found: dict[str, str | None] = {**listed} if changed is None else changed
        objects = {path: oid for path, oid in found.items() if oid}
        if documents.ROOT not in objects:  # every commit of ours changes it
            objects[documents.ROOT] = self._branch.files(head).get(documents.ROOT, "")
        texts = dict(self._branch.read({path: oid for path, oid in objects.items() if oid}))
        if not objects[documents.ROOT]:
            raise StoreError(self._no_state())
        root = self._same_line(texts.pop(documents.ROOT, b""), known, head)
        told = {path: documents.post_of(path, text) for path, text in texts.items() if _is_post(path)}
        people = [documents.account_of(path, text) for path, text in texts.items() if _is_account(path)]
        gone = {path for path, oid in found.items() if oid is None and _is_post(path)}
        marked = self._copy.marked()
        self._shared_pauses.take_in(
            {path: texts.get(path) for path in found if path.startswith(documents.PAUSES)}, marked
        )
        self._approvals.take_in({p: t for p, t in texts.items() if p.startswith(approvals.FOLDER)}, marked)
        self._shared_outbox.take_in({p: t for p, t in texts.items() if p.startswith(notices.FOLDER)})
        self._shared_calendar.take_in({p: t for p, t in texts.items() if p.startswith(calendar.FOLDER)})
        self._mirror(told, gone, everything=changed is None)
        for one in people:
            ours = documents.account_path(one.open_id) in self._copy.marked()
            both = one.with_(self._decisions(one.open_id)) if ours else one
            self._copy.decide(one.open_id, both.pinned, both.acquainted, both.left_out)
        self._at(head, root)

    def _mirror(self, told: dict[str, PostState], gone: Collection[str], *, everything: bool) -> None:
        marked = self._copy.marked()
        old = {documents.path_of(row.open_id, row.name): row for row in self._all()} if everything or gone else {}
        for path in set(gone) | (set(old) - set(told) if everything else set()):
            if path not in marked and path in old:
                self._copy.drop(old[path].open_id, old[path].name)
        for path, row in told.items():
            mine = self.post_named(*marked[path]) if path in marked else None
            self._copy.put(row if mine is None else merged(mine, row))

    def _all(self) -> Iterator[PostState]:
        for open_id in self.identities():
            yield from self.posts(open_id)

    def _decisions(self, open_id: str) -> documents.Acquaintance:
        return documents.Acquaintance(open_id, *self._copy.decisions(open_id))


def _is_account(path: str) -> bool:
    return path.startswith(documents.ACCOUNTS)


def _is_post(path: str) -> bool:
    return path.startswith(documents.POSTS)
