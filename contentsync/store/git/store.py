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

import json
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from contentsync.approval import Approval
from contentsync.errors import Level, Problem, StoreError
from contentsync.lifecycle import OPEN, Phase
from contentsync.pause import pause_of
from contentsync.post import Attempt, DesiredPost, PostState
from contentsync.store.git import approvals, documents
from contentsync.store.git.approvals import SharedApprovals
from contentsync.store.git.branch import Branch, Pushed
from contentsync.store.git.merge import merged
from contentsync.store.git.people import SharedAccounts, SharedPauses
from contentsync.store.port import AttemptOpen, Overtaken, Pin, Superseded, moved
from contentsync.store.sqlite import migration
from contentsync.store.sqlite.database import Database
from contentsync.store.sqlite.shared import SharedCopy
from contentsync.store.sqlite.state import SqliteStore
from contentsync.times import in_words

FORMAT: Final = "contentsync.state/1"
_INIT: Final = "/init/"  # how the paths of the calls end that begin a post
TRIES: Final = 20  # pushes that may lose the race in a row
SILENCE: Final = timedelta(minutes=1)
HEAD, LINEAGE, READ_AT = "shared head", "shared lineage", "shared read at"
NUMBER, SERIAL, COUNTED = "shared number", "shared serial", "serial when last shared"


@dataclass(frozen=True, slots=True)
class Root:
    """What the branch says of itself."""

    lineage: str
    #: Counts the commits.
    number: int
    #: As Store.serial.
    serial: int
    #: As Store.moved_to.
    moved_to: str = ""


@dataclass(frozen=True, slots=True)
class _Before:
    """What the local copy held of a post before a claim."""

    row: PostState | None
    approval: Approval | None
    #: The paths that were not shared yet.
    marked: frozenset[str]


class GitStore(SqliteStore):
    """The shared state of one project. What each call does is written in store/port.py."""

    def __init__(
        self,
        database: Database,
        branch: Branch,
        machine: str,
        who: str | None = None,
        alone: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        """alone: keeps other processes from the local copy while the block runs; never held over a request."""
        super().__init__(database, who)
        self.accounts = SharedAccounts(database, self._history, self)
        self.approvals = self._approvals = SharedApprovals(database, self._history, self.saying)
        self.pauses = self._shared_pauses = SharedPauses(database, self._history, self)
        self._alone = alone
        self.machine = machine
        self._branch = branch
        self._copy = SharedCopy(database)
        self._pushing = threading.RLock()
        self._news: list[str] = []
        self._latest: datetime | None = None  # when this process last had something to share
        self._moving_to = ""  # what the next commit says of where this state went
        self._silent_at: datetime | None = None  # when the remote last did not answer
        self._begun: set[str] = set()  # attempts that this process claimed
        self._dropped: dict[str, Attempt] = {}  # claims that this process held, and of which no row may be left

    @property
    def lineage(self) -> str:
        return self._copy.value(LINEAGE) or super().lineage

    @property
    def has_fixed_lineage(self) -> bool:
        return bool(self._copy.value(LINEAGE))

    @property
    def serial(self) -> int:
        """That of the shared state, with what this machine changed since."""
        return self._count(SERIAL) + super().serial - self._count(COUNTED)

    def _count(self, name: str) -> int:
        return int(self._copy.value(name) or 0)

    # -- reading the remote

    def catch_up(self, now: datetime, *, share: bool = True) -> Problem | None:
        """Take in what others pushed, and push what they lack. Returns what stood in the way, as a note."""
        with self._pushing:
            try:
                self._read(now)
                if share:
                    self._push(now)
            except StoreError as err:
                return replace(err.problems[0], level=Level.NOTE)
        return None

    def use_copy(self) -> Problem | None:
        """As in Store. Also merges what git itself has fetched of the branch, as in a fresh clone."""
        with self._pushing, self._alone(), suppress(StoreError):  # an older one than the copy is no news
            head, known = self._branch.fetched_by_user(), self._copy.value(HEAD)
            if head and head != known:
                self._take_in(known, head)
                self._copy.remember(**{READ_AT: self._branch.written_at(head)})
        remote, name, age = self._branch.remote, self._branch.name, self._age()
        what = f"the shared state on {remote}/{name} was not read; {age or 'there is no copy of it here'}"
        hint = "" if age else f"fetch it, or what is posted looks new: git fetch {remote} {self._branch.tracking}"
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
            self._copy.remember(**{READ_AT: now.isoformat()})
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
        self._mirror(told, gone, everything=changed is None)
        for one in people:
            ours = documents.account_path(one.open_id) in self._copy.marked()
            both = one.with_(self._decisions(one.open_id)) if ours else one
            self._copy.decide(one.open_id, both.pinned, both.acquainted, both.left_out)
        self._at(head, root)

    def _same_line(self, text: bytes, known: str, head: str) -> Root:
        """What the branch says about itself. Raises StoreError if it was reset or belongs to another state."""
        try:
            told = json.loads(text)
            root = Root(str(told["lineage"]), int(told["number"]), int(told["serial"]), str(told.get("moved_to", "")))
            written = told["format"]
        except (ValueError, KeyError, TypeError) as err:
            what = f"{documents.ROOT} on branch {self._branch.name} can't be read: {err}"
            raise StoreError(Problem("state-corrupt", what, "see its history with git log")) from err
        if written != FORMAT:
            what = f"branch {self._branch.name} was written by another version of contentsync ({written})"
            raise StoreError(Problem("state-newer", what, "upgrade contentsync on this machine"))
        ours, number = self._copy.value(LINEAGE), self._count(NUMBER)
        if ours and (root.lineage != ours or root.number < number or not self._branch.follows(head, known)):
            raise StoreError(self._put_back(known))
        return root

    def _at(self, head: str, root: Root) -> None:
        """The local copy is what `head` says, but for what is marked."""
        known = {
            HEAD: head,
            LINEAGE: root.lineage,
            NUMBER: root.number,
            SERIAL: root.serial,
            migration.MOVED: root.moved_to,
        }
        self._copy.remember(**{name: str(value) for name, value in known.items()}, **{COUNTED: str(super().serial)})

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

    # -- pushing

    def _push(self, now: datetime) -> None:
        """Push every file that is marked, until nothing is. Raises StoreError; then the marks stay."""
        with self._pushing:
            for _ in range(TRIES):
                if not self._copy.marked():
                    return
                self._base(now)
                self._offer(now)
            raise StoreError(self._unreachable("other machines were quicker each time"))

    def _offer(self, now: datetime) -> bool:
        """Push every marked file once; False where the remote had more, which is read now. Raises StoreError."""
        news = self._news[:]
        with self._alone():
            base, files = self._copy.value(HEAD), self._files()
            made = self._commit(base, files, now, news)
        what, why = self._branch.push(made, base)
        if what is Pushed.UNREACHABLE:
            raise StoreError(self._unreachable(why))
        if what is Pushed.TAKEN:
            self._taken(made, base, files, news)
        else:
            self._read(now)
        return what is Pushed.TAKEN

    def _offer_as_decided(self, now: datetime) -> bool:
        """The same on top of exactly what the decision was made from; False where there was more to know."""
        if not self._copy.value(HEAD) and self._read(now):
            return False
        return self._offer(now)

    def _files(self) -> dict[str, bytes | None]:
        """The marked files as they should be: None for a post that has another name now."""
        return {path: self._file(path, *of) for path, of in self._copy.marked().items()}

    def _file(self, path: str, open_id: str, name: str) -> bytes | None:
        if path.startswith(documents.ACCOUNTS):
            return documents.account_text(self._decisions(open_id))
        if path.startswith(documents.PAUSES):
            return self._shared_pauses.text(path)
        if path.startswith(approvals.FOLDER):
            return self._approvals.text(open_id, name)
        row = self.post_named(open_id, name)
        return documents.post_text(row) if row else None

    def _decisions(self, open_id: str) -> documents.Acquaintance:
        return documents.Acquaintance(open_id, *self._copy.decisions(open_id))

    def _base(self, now: datetime) -> None:
        """Read the remote if no commit to build on is known yet."""
        if not self._copy.value(HEAD):
            self._read(now)

    def _commit(self, base: str, files: dict[str, bytes | None], now: datetime, news: list[str]) -> str:
        self._refuse_moved()
        root = {"format": FORMAT} | {name: value for name, value in asdict(self._next()).items() if value != ""}
        text = (json.dumps(root, indent=1) + "\n").encode()
        return self._branch.commit(base, files | {documents.ROOT: text}, self._message(news), int(now.timestamp()))

    def _next(self) -> Root:
        """What the branch says of itself with one commit more."""
        return Root(self.lineage, self._count(NUMBER) + 1, self.serial, self._moving_to)

    def _message(self, news: list[str]) -> str:
        """What happened, for `git log`; [skip ci], since the branch holds nothing to build."""
        lines = list(dict.fromkeys(news)) or ["posts"]
        first = lines[0] if len(lines) == 1 else f"{lines[0]}, and {len(lines) - 1} more"
        rest = "\n".join(lines) if len(lines) > 1 else ""
        return f"{first} [skip ci]\n\n{rest}\n\nBy {self._who} on {self.machine.partition('/')[0]}\n".replace(
            "\n\n\n", "\n"
        )

    def _taken(self, made: str, base: str, files: dict[str, bytes | None], news: list[str]) -> None:
        """The remote's head is our commit: what has not changed again meanwhile is shared."""
        del self._news[: len(news)]
        with self._alone():
            if self._copy.value(HEAD) != base:
                return  # another process has read further already, and merged what is marked
            self._at(made, self._next())
            for path, text in self._files().items():
                if path in files and files[path] == text:
                    self._copy.unmark(path)

    @contextmanager
    def sharing(self, now: datetime, news: str, *posts: tuple[str, str]) -> Iterator[None]:
        """Mark the files of these posts, let the block change them, then push; a dead remote only delays the push."""
        with self._alone():
            self._mark(*posts)
            yield
        self._report(news, now)
        self._share(now)

    @contextmanager
    def saying(self, now: datetime, news: str, *files: tuple[str, str, str]) -> Iterator[None]:
        """Let the block record a person's decision here, then push it. Raises StoreError if the push fails.

        files: the decision's files, with the open_id and name that each is about.
        """
        with self._alone():
            for file in files:
                self._copy.mark(*file)
            yield
        self._report(news, now)
        try:
            self._push(now)
        except StoreError as err:
            what = f"{news}, on this machine only; no other machine knows it yet: {err.problems[0].what}"
            hint = "run the same command again once the remote can be reached"
            raise StoreError(Problem("not-shared", what, hint)) from err

    def _share(self, now: datetime) -> None:
        """Push; what can't be pushed now stays marked and goes with a later push.

        A remote that did not answer a moment ago is not waited for again: its deadline would stop all else.
        """
        if self._silent_at is not None and abs(now - self._silent_at) < SILENCE:
            return
        try:
            self._push(now)
        except StoreError as err:
            if err.problems[0].code != "state-unreachable":
                raise
            self._silent_at = now

    def _mark(self, *posts: tuple[str, str]) -> None:
        for open_id, name in posts:
            self._copy.mark(documents.path_of(open_id, name), open_id, name)

    def _report(self, news: str, now: datetime) -> None:
        with self._pushing:
            self._news.append(news)
            self._latest = now

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

    # -- other files

    def shared_files(self, folder: str, now: datetime, *, anew: bool) -> dict[str, bytes]:
        with self._pushing:
            head = self._read(now) if anew else self._copy.value(HEAD)
            return dict(self._branch.read(self._branch.files(head, folder))) if head else {}

    def share_file(
        self, path: str, text: bytes | None, was: bytes | None, news: str, now: datetime, *, force: bool = False
    ) -> bool:
        with self._pushing:
            for _ in range(TRIES):
                self._read(now)
                if not force and self.shared_files(path, now, anew=False).get(path) != was:
                    return False
                told = self._news[:]
                with self._alone():
                    base, files = self._copy.value(HEAD), self._files() | {path: text}
                    made = self._commit(base, files, now, [news, *told])
                pushed, why = self._branch.push(made, base)
                if pushed is Pushed.UNREACHABLE:
                    raise StoreError(self._unreachable(why))
                if pushed is Pushed.TAKEN:
                    self._taken(made, base, files, told)
                    return True
            raise StoreError(self._unreachable("other machines were quicker each time"))

    # -- from one backend to another

    @property
    def moved_to(self) -> str:
        return self._copy.value(migration.MOVED)

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
            for account in paused | {pause.account for pause in self.pauses.all()}:
                self._copy.mark(documents.pause_path(account), "", account)
        self._report(f"{len(rows)} posts copied from another state", now)
        self._push(now)

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

    # -- attempts

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

    def attempt(self, attempt_id: str) -> Attempt:
        """As everywhere; a claim of this process that came too late is an orphan, though no row is left of it."""
        try:
            return super().attempt(attempt_id)
        except KeyError:
            if attempt_id not in self._dropped:
                raise
            return _too_late(self._dropped[attempt_id])

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

    def close(self) -> None:
        """Close the local copy, once what it still has to share was offered to the remote."""
        try:
            if self._latest:
                self._share(self._latest)
        finally:
            super().close()

    def _is_at_stake(self, before: Attempt, after: Attempt) -> bool:
        """Whether no other machine may come between: the last byte goes, an attempt is taken over, or a pull that an
        earlier process claimed is sent now (a copy of this machine's folder could send it too)."""
        takeover = before.machine != self.machine and before.phase in OPEN and after.phase not in OPEN
        old_pull = after.pulls and after.init_sent_at and not before.init_sent_at and after.id not in self._begun
        return _last_byte_goes(before, after) or (takeover and not before.may_be_live) or bool(old_pull)

    def attempt_or_none(self, attempt_id: str) -> Attempt | None:
        """The attempt as its row says; None where no row is left of it."""
        try:
            return super().attempt(attempt_id)
        except KeyError:
            return None

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
                if pushed is Pushed.UNREACHABLE:
                    raise StoreError(self._unreachable(why))
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
        with self.sharing(now, f"{row.key}: restored", *((row.open_id, name) for name in names)):
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

    # -- what people decided about an identity

    @contextmanager
    def deciding(self, *open_ids: str) -> Iterator[None]:
        """Mark the files of these identities, and let the block change them; they go with the next push."""
        with self._alone():
            for open_id in filter(None, open_ids):
                self._copy.mark(documents.account_path(open_id), open_id, "")
            yield

    def identities_seen(self) -> dict[str, str]:
        """As in Store; for an account that this machine never asked about, from the shared state."""
        return self._copy.pins() | super().identities_seen()

    def leave_out(self, open_id: str, marks: Collection[str], now: datetime) -> None:
        if self.left_out(open_id) != frozenset(marks):
            with self.deciding(open_id):
                super().leave_out(open_id, marks, now)

    def become_acquainted(self, open_id: str, now: datetime) -> None:
        if not self.is_acquainted(open_id):
            with self.deciding(open_id):
                super().become_acquainted(open_id, now)
            self._report(f"the earlier posts of {open_id} were recorded", now)

    # -- what stands in the way

    def _refuse_moved(self) -> None:
        if self.moved_to:
            raise StoreError(moved(f"{self._branch.remote}/{self._branch.name}", self.moved_to))

    def _unreachable(self, why: str) -> Problem:
        place = f"{self._branch.remote}/{self._branch.name}"
        what = f"the shared state on {place} can't be reached: {why}; {self._age()}"
        return Problem("state-unreachable", what, "nothing new is started until then; run apply again later")

    def _age(self) -> str:
        """How old the local copy is, for a person; empty where there is none."""
        read_at = self._copy.value(READ_AT)
        if not read_at:
            return ""
        return f"the last copy is from {in_words(datetime.fromisoformat(read_at))}"

    def _no_state(self) -> Problem:
        what = f"branch {self._branch.name} of {self._branch.remote} holds something else than a state of contentsync"
        hint = f"name a branch that only contentsync writes, as `state: git:{self._branch.remote}` does"
        return Problem("state-corrupt", what, hint)

    def _gone(self, known: str) -> Problem:
        what = f"branch {self._branch.name} is gone from {self._branch.remote}; its last known commit is {known[:12]}"
        return Problem("state-rewound", what, self._put_again(known))

    def _put_back(self, known: str) -> Problem:
        what = f"branch {self._branch.name} of {self._branch.remote} was reset, or belongs to another state now"
        return Problem("state-rewound", what, self._put_again(known))

    def _put_again(self, known: str) -> str:
        return f"put it back: git push --force {self._branch.remote} {known}:refs/heads/{self._branch.name}"


def _too_late(claim: Attempt) -> Attempt:
    """Another machine's claim was there first: nothing of ours was sent."""
    what = "another machine started this post first"
    return replace(claim, phase=Phase.ORPHANED, problem_code="attempt-open", problem_what=what)


def _last_byte_goes(before: Attempt, after: Attempt) -> bool:
    return after.last_put_at is not None and before.last_put_at is None and after.phase is Phase.UPLOADING


def _is_account(path: str) -> bool:
    return path.startswith(documents.ACCOUNTS)


def _is_post(path: str) -> bool:
    return path.startswith(documents.POSTS)
