"""What happened to each post? The calls by which all other code reads and changes the state.

The danger: two processes, or one process before and after a crash, write about the same post, and the second write
hides an attempt that the first one began.

The rule: every change is one transaction that repeats its precondition and adds a line of history. The constraints of
the schema hold, whatever the code does: one open or unknown attempt for a post, one publish_id for an attempt, one
post for a video.

Why that is enough: a process that acts on an old view fails at its write, before its request. Callers see two of
these failures, `AttemptOpen` and `Superseded`; every other one is a StoreError.
"""

from __future__ import annotations

import getpass
import json
import os
import sqlite3
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from contentsync.errors import Problem, StoreError
from contentsync.evidence.merge import merge
from contentsync.lifecycle import SUCCESS, Phase
from contentsync.post import Attempt, Creator, DesiredPost, Mode, PostState, RemotePost
from contentsync.store.port import AttemptOpen, Pin, Shared, Superseded
from contentsync.store.sqlite import kin, marks, migration, rows
from contentsync.store.sqlite.accounts import SqliteAccounts
from contentsync.store.sqlite.approvals import SqliteApprovals
from contentsync.store.sqlite.calendar import SqliteCalendar
from contentsync.store.sqlite.database import Database, backup, open_copy, open_file, open_memory, queries
from contentsync.store.sqlite.events import SqliteEvents
from contentsync.store.sqlite.figures import SqliteFigures
from contentsync.store.sqlite.hosted import SqliteHosted
from contentsync.store.sqlite.outbox import SqliteOutbox
from contentsync.store.sqlite.pauses import SqlitePauses


def whoami() -> str:
    """Who is at work, for the history: the CI's word, else the user's name."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError, ImportError):
        user = f"uid {os.getuid()}" if hasattr(os, "getuid") else "someone"
    return f"{user} (CI)" if os.environ.get("CI") else user


class SqliteStore:
    """The state of one project, in a SQLite file or in memory. What each call does is written in store/port.py."""

    def __init__(self, database: Database, who: str | None = None) -> None:
        self._db = database
        self._q = queries()
        self._who = who or whoami()
        self._held: dict[str, tuple[tuple[int, int], list[PostState]]] = {}
        #: By open_id and uid: the rows as they were read, and what they were built into.
        self._built: dict[str, dict[str, tuple[tuple[sqlite3.Row, ...], PostState]]] = {}
        self.events = SqliteEvents(database)
        self.accounts = SqliteAccounts(database, self._history)
        self.approvals = SqliteApprovals(database, self._history)
        self.pauses = SqlitePauses(database, self._history, self._who)
        self.figures = SqliteFigures(database)
        self.outbox = SqliteOutbox(database)
        self.calendar = SqliteCalendar(database)

    @classmethod
    def open(cls, path: Path) -> Self:
        """The state at `path`, made where there is none. Raises StoreError."""
        return cls(open_file(path))

    @classmethod
    def open_copy(cls, path: Path) -> Self:
        """The state at `path` as it is now; what is changed in it goes nowhere. Raises StoreError."""
        return cls(open_copy(path))

    @classmethod
    def in_memory(cls) -> Self:
        """A state that ends with the process."""
        return cls(open_memory())

    @property
    def who(self) -> str:
        """Who is at work, for the history."""
        return self._who

    #: A state in a file is not shared.
    machine = ""

    def catch_up(self, now: datetime, *, share: bool = True) -> Problem | None:  # noqa: ARG002
        return None

    def use_copy(self) -> Problem | None:
        return None

    @property
    def moved_to(self) -> str:
        return migration.moved_to(self._db)

    def take_over(self, rows: list[PostState], rest: Path, lineage: str, now: datetime) -> None:  # noqa: ARG002
        migration.take_lineage(self._db, lineage)
        migration.close_for(self._db, "")
        migration.put_rows(self._db, rows)
        migration.put_rest(self._db, rest)

    def close_for(self, place: str, now: datetime) -> None:
        self.record("moved", now, to=place)
        migration.close_for(self._db, place)

    @property
    def is_kept(self) -> bool:
        return self._db.path is not None

    def stamp(self) -> tuple[int, int]:
        return self._db.stamp()

    def close(self) -> None:
        self._db.close()

    @property
    def lineage(self) -> str:
        """A name given to this state when it was made; a copy keeps it, a new state has another."""
        with self._db.reading() as db:
            return str(self._q.meta(db, name="lineage")["value"])

    @property
    def has_fixed_lineage(self) -> bool:
        return True

    @property
    def serial(self) -> int:
        """Rises whenever an attempt, a binding or a generation changes."""
        with self._db.reading() as db:
            return int(self._q.meta(db, name="serial")["value"])

    def posts(self, open_id: str) -> list[PostState]:
        """All posts of an account, with their attempts; read again only after a change."""
        with self._db.snapshot() as db:
            stamp = self._db.stamp()
            held = self._held.get(open_id)
            if held is None or held[0] != stamp:
                held = self._held[open_id] = stamp, self._read_posts(db, open_id)
            return list(held[1])

    def _read_posts(self, db: sqlite3.Connection, open_id: str) -> list[PostState]:
        """All posts; only those whose rows differ from what was read before are built anew."""
        attempts: dict[str, list[sqlite3.Row]] = {}
        for row in self._q.attempts(db, open_id=open_id):
            attempts.setdefault(row["post_uid"], []).append(row)
        before, built = self._built.get(open_id, {}), {}
        for row in self._q.posts(db, open_id=open_id):
            read = (row, *attempts.get(row["uid"], ()))
            kept = before.get(row["uid"])
            same = kept is not None and kept[0] == read
            built[row["uid"]] = kept if kept and same else (read, rows.post_of(row, map(rows.attempt_of, read[1:])))
        self._built[open_id] = built
        return [post for _, post in built.values()]

    def post(self, uid: str) -> PostState | None:
        with self._db.reading() as db:
            return self._whole(db, self._q.post(db, uid=uid))

    def post_named(self, open_id: str, name: str) -> PostState | None:
        with self._db.reading() as db:
            return self._whole(db, self._q.post_named(db, open_id=open_id, name=name))

    def attempt(self, attempt_id: str) -> Attempt:
        """The attempt as it stands now. Raises KeyError when there is none."""
        with self._db.reading() as db:
            row = self._q.attempt(db, id=attempt_id)
        if row is None:
            raise KeyError(attempt_id)
        return rows.attempt_of(row)

    def changed_since(self, since: datetime) -> list[PostState]:
        with self._db.reading() as db:
            uids = [row["post_uid"] for row in self._q.changed_since(db, since=rows.to_ms(since))]
        return [row for uid in uids if (row := self.post(uid))]

    def attempts_since(self, since: datetime) -> list[Attempt]:
        """The attempts of all accounts that began at or after `since`, oldest first."""
        with self._db.reading() as db:
            return [rows.attempt_of(row) for row in self._q.attempts_since(db, since=rows.to_ms(since))]

    def has_unknown(self, open_id: str) -> bool:
        """Whether any attempt of the account may be live or not."""
        with self._db.reading() as db:
            return self._q.an_unknown(db, open_id=open_id) is not None

    def stop_account(self, open_id: str, run_id: str, mode: Mode | None, why: Problem, now: datetime) -> None:
        """Begin nothing more for an account in this run, in any process; the first reason stays.

        mode: only posts of that mode are stopped; None: all of them.
        """
        name, told = mode or "all", {"code": why.code, "what": why.what, "hint": why.hint}
        with self._db.writing(posts=False) as db:
            stops = {name: told} | self._stops(db, open_id, run_id)
            self._q.set_meta(db, name=f"stopped: {open_id}", value=json.dumps({"run": run_id, "stops": stops}))
            self._history(db, now, "account-stopped", open_id=open_id, detail={"of": name, "run": run_id} | told)

    def account_stop(self, open_id: str, run_id: str, mode: Mode) -> Problem | None:
        """What stopped an account's posts of this mode in this run; None where nothing did."""
        with self._db.reading() as db:
            stops = self._stops(db, open_id, run_id)
        told = stops.get("all") or stops.get(mode)
        return Problem(told["code"], told["what"], told["hint"]) if told else None

    def _stops(self, db: sqlite3.Connection, open_id: str, run_id: str) -> dict[str, dict[str, str]]:
        row = self._q.meta(db, name=f"stopped: {open_id}")
        told = json.loads(row["value"]) if row else {}
        return dict(told["stops"]) if told.get("run") == run_id else {}

    def ensure_post(self, post: DesiredPost, open_id: str, *, now: datetime) -> PostState:
        """The row of a post, made where there is none."""
        with self._db.writing() as db:
            return self._ensure_post(db, post, open_id, now)

    def begin(self, post: DesiredPost, attempt: Attempt, now: datetime) -> Attempt:
        """Put an intent on disk (R1), at its post, which is made where there is none.

        `attempt.post_uid` may be empty. Raises AttemptOpen where a constraint forbids a further attempt (R2).
        """
        try:
            with self._db.writing() as db:
                row = self._ensure_post(db, post, attempt.open_id, now)
                if _is_settled(row, post.generation):
                    raise AttemptOpen(post.key)
                begun = replace(attempt, post_uid=row.uid, number=len(row.attempts) + 1, version=1)
                self._q.add_attempt(db, **rows.attempt_row(begun))
                self._q.begin_generation(
                    db,
                    uid=row.uid,
                    generation=post.generation,
                    media_digest=post.media_digest,
                    account=post.account,
                )
                used = {"open_id": attempt.open_id, "name": post.name, "generation": post.generation}
                self._q.use_approval(db, **used, used_by=begun.id)
                self._tell(db, begun, "intent", now, before="")
                self._q.raise_serial(db)
        except sqlite3.IntegrityError as err:
            raise AttemptOpen(post.key) from err
        return begun

    def save(self, attempt: Attempt, what: str, *, binds: bool = False, **detail: object) -> Attempt:
        """Write what is now known of an attempt; returns it as written.

        what: the event, for the history; a change of phase raises the serial. binds: it claims `attempt.post_id` by
        likeness or by a person's word.
        Raises Superseded where the row is no longer the one that `attempt` was made from; AttemptOpen where
        it claims a video that belongs to another post; StoreError where a constraint speaks against it.
        """
        try:
            return self._saved(attempt, what, binds, detail)
        except sqlite3.IntegrityError as err:
            raise StoreError(self._conflict(attempt, what)) from err

    def _conflict(self, attempt: Attempt, what: str) -> Problem:
        """In words which rule of the state speaks against what would be saved."""
        with self._db.reading() as db:
            given = attempt.publish_id
            found = self._q.attempt_of_publish_id(db, open_id=attempt.open_id, publish_id=given) if given else ()
            others = [row["post_uid"] for row in found if row["id"] != attempt.id]
            key, *rivals = (self._key(db, uid) for uid in (attempt.post_uid, *others))
        if not rivals:
            told = f"the state refuses `{what}` for {key}: it contradicts the recorded attempts"
            return Problem(
                "state-conflict", told, f"run contentsync explain {key}, and report this as a bug in contentsync"
            )
        told = f"TikTok gave {key} the publish_id {given}, which an attempt of {rivals[0]} already has"
        hint = f"check TikTok's app for both posts, then compare: contentsync explain {rivals[0]}, and {key}"
        return Problem("state-conflict", told, hint)

    def _key(self, db: sqlite3.Connection, uid: str) -> str:
        row = self._q.post(db, uid=uid)
        return f"{row['account']}/{row['name']}" if row else uid

    def _saved(self, attempt: Attempt, what: str, binds: bool, detail: dict[str, object]) -> Attempt:
        with self._db.writing() as db:
            if binds:
                held = self._q.binding(db, open_id=attempt.open_id, post_id=attempt.post_id)
                if held is not None and held["post_uid"] != attempt.post_uid:
                    raise AttemptOpen(attempt.post_id)
            before = self._q.attempt(db, id=attempt.id)
            if before is None or self._q.save_attempt(db, **rows.attempt_row(attempt)) != 1:
                raise Superseded(attempt.id)
            if attempt.post_id and attempt.post_id != before["post_id"]:
                detail |= self._bind(db, attempt, attempt.post_id, what)
            self._tell(db, attempt, what, attempt.updated_at, before=before["phase"], **detail)
            if before["phase"] != attempt.phase or attempt.post_id != before["post_id"]:
                self._q.raise_serial(db)
        return replace(attempt, version=attempt.version + 1)

    def move(self, row: PostState, post: DesiredPost, now: datetime, why: str = "") -> bool:
        """Give the row of a renamed post its new name; False where that name is taken by now."""
        with self._db.writing() as db:
            return self._rename(db, row, post, now, why)

    def _rename(self, db: sqlite3.Connection, row: PostState, post: DesiredPost, now: datetime, why: str) -> bool:
        moved = self._q.move_post(db, uid=row.uid, open_id=row.open_id, name=post.name, account=post.account) == 1
        if moved:
            self._note(db, row, "moved", now, post=post.key, was=row.key, why=why)
            self._q.raise_serial(db)
        return bool(moved)

    def bind_post(self, post: DesiredPost, open_id: str, post_id: str, how: str, now: datetime) -> bool:
        """Bind a post without an attempt to an existing video; False where the video belongs to another post."""
        with self._db.writing() as db:
            row = self._ensure_post(db, post, open_id, now)
            held = self._q.binding(db, open_id=open_id, post_id=post_id)
            if held is not None and held["post_uid"] != row.uid:
                return False
            self._bind_bare(db, open_id, row.uid, post_id, how, now)
            self._q.bind_post(db, uid=row.uid, post_id=post_id)
            self._note(db, row, "bound", now, post=post.key, post_id=post_id, how=how)
            self._q.raise_serial(db)
            return True

    def acknowledge(self, row: PostState, digest: str, why: str, now: datetime) -> None:
        """Take an edit after publication as accepted."""
        with self._db.writing() as db:
            self._q.acknowledge(db, uid=row.uid, digest=digest)
            self._note(db, row, "acknowledged", now, post=row.key, digest=digest, why=why)

    def see_edit(self, row: PostState, media: str, now: datetime) -> None:
        """Keep what its manifest has in the place of the media that were sent: a digest as in DesiredPost."""
        with self._db.writing() as db:
            self._q.see_edit(db, uid=row.uid, media=media)
            self._note(db, row, "edited", now, post=row.key, media=media)

    def remove(self, row: PostState, why: str, now: datetime) -> None:
        """Reduce a post to a tombstone. Raises AttemptOpen if an attempt of it is open or unknown now."""
        with self._db.writing() as db:
            if self._q.remove_post(db, uid=row.uid, removed_at=rows.to_ms(now)) != 1:
                raise AttemptOpen(row.key)
            self._note(db, row, "removed", now, post=row.key, why=why)
            self._q.raise_serial(db)

    def restore(
        self,
        row: PostState,
        now: datetime,
        old_names: Collection[str] = (),
        what: str = "restored",
        **detail: object,
    ) -> bool:
        """Take in a row of a lost state, or what an older copy of it does not know, with the videos they became.

        old_names: of those a row with the same attempt is renamed to this one, as it was after the copy was made.
        what, detail: for the history. False if a constraint forbids it: the evidence belongs to another post, or
        contradicts what is known.
        """
        try:
            with self._db.writing() as db:
                self._rename_as_told(db, row, old_names, now)
                self._restore(db, row, now, what, detail)
        except sqlite3.IntegrityError:
            return False
        return True

    def _rename_as_told(
        self, db: sqlite3.Connection, row: PostState, old_names: Collection[str], now: datetime
    ) -> None:
        for attempt in row.attempts:
            held = self._q.attempt(db, id=attempt.id)
            found = [held] if held else []
            if attempt.publish_id:
                found += self._q.attempt_of_publish_id(db, open_id=row.open_id, publish_id=attempt.publish_id)
            for old in (self._whole(db, self._q.post(db, uid=one["post_uid"])) for one in found):
                if old is not None and old.name in old_names:
                    self._rename(db, old, DesiredPost(row.account, row.name), now, "its receipt has the new name")

    def _restore(
        self, db: sqlite3.Connection, row: PostState, now: datetime, what: str, detail: dict[str, object]
    ) -> None:
        made = self._q.restore_post(db, **rows.post_row(row)) == 1
        known = self._whole(db, self._q.post_named(db, open_id=row.open_id, name=row.name))
        assert known is not None
        merged = merge(known.attempts, row.attempts, now)
        for attempt in merged.changed:
            self._restore_attempt(db, attempt, known, now, what, detail)
        for number, attempt in enumerate(merged.added, len(known.attempts) + 1):
            added = replace(attempt, post_uid=known.uid, number=number, version=1)
            self._q.add_attempt(db, **rows.attempt_row(added))
            self._restore_attempt(db, added, known, now, what, detail)
        if merged.added and not made:
            newer = row if row.generation >= known.generation else known
            self._q.begin_generation(
                db,
                uid=known.uid,
                generation=newer.generation,
                media_digest=newer.media_digest,
                account=known.account,
            )
        if row.bound_post_id and not (known.attempts or merged.added):
            self._bind_bare(db, row.open_id, known.uid, row.bound_post_id, what, now)
            self._q.bind_post(db, uid=known.uid, post_id=row.bound_post_id)
        if made or merged.added or merged.changed:
            self._number(db, merged.order)
            self._note(db, row, what, now, post=row.key, **detail)
            self._q.raise_serial(db)

    def _restore_attempt(
        self,
        db: sqlite3.Connection,
        attempt: Attempt,
        known: PostState,
        now: datetime,
        what: str,
        detail: dict[str, object],
    ) -> None:
        before = next((own for own in known.attempts if own.id == attempt.id), None)
        if self._q.save_attempt(db, **rows.attempt_row(attempt)) != 1:
            raise sqlite3.IntegrityError(attempt.id)
        if attempt.post_id and (before is None or attempt.post_id != before.post_id):
            self._bind(db, attempt, attempt.post_id, what)
        self._tell(db, attempt, what, now, before=before.phase if before else "", **detail)

    def _number(self, db: sqlite3.Connection, order: Sequence[str]) -> None:
        """Give the attempts of a post their numbers, in this order; no number is ever there twice."""
        for sign in (-1, 1):
            for number, attempt_id in enumerate(order, 1):
                self._q.number_attempt(db, id=attempt_id, number=sign * number)

    @property
    def hosted(self) -> SqliteHosted:
        """What was put where TikTok fetches photos."""
        return SqliteHosted(self._db)

    def check(self) -> None:
        """Prove that the state is whole, and has room for what will be written. Raises StoreError."""
        self._db.check()

    def backup(self, target: Path) -> dict[str, int]:
        from contentsync.store.sqlite import inspection

        with self._db.reading() as db:
            backup(db, target)
        try:
            return inspection.proven(target, "copy it to another disk")
        except StoreError:
            target.unlink(missing_ok=True)
            if self._db.path:
                inspection.proven(self._db.path)  # raises where the state itself is damaged, not its copy
            raise

    def marks(self) -> dict[str, str]:
        return marks.marks(self._db)

    def mark_of(self, row: PostState, bound: Collection[str]) -> str:
        return marks.mark_of(row, bound)

    def has_kin(self, open_id: str, known: frozenset[str], shared: Shared) -> bool:
        return kin.has_kin(self._db, open_id, known, shared)

    def others_show(self, open_id: str, known: frozenset[str]) -> bool:
        return kin.others_show(self._db, open_id, known)

    def identities(self) -> list[str]:
        with self._db.reading() as db:
            return [row["open_id"] for row in self._q.identities(db)]

    def give_slots(
        self, open_id: str, freed: Collection[PostState], given: Collection[Pin], rule: str, now: datetime
    ) -> None:
        with self._db.writing() as db:
            for row in freed:
                if row.slot_at and self._q.unpin_slot(db, uid=row.uid, slot_at=rows.to_ms(row.slot_at)):
                    self._note(db, row, "slot-freed", now, post=row.key, slot_at=row.slot_at.isoformat())
            for post, slot_at in given:
                row = self._ensure_post(db, post, open_id, now)
                if self._pin(db, row.uid, slot_at, rule):
                    self._note(db, row, "slot", now, post=post.key, slot_at=slot_at.isoformat())

    def _pin(self, db: sqlite3.Connection, uid: str, slot_at: datetime, rule: str) -> bool:
        try:
            return bool(self._q.pin_slot(db, uid=uid, slot_at=rows.to_ms(slot_at), slot_rule=rule))
        except sqlite3.IntegrityError:  # it is another post's
            return False

    def name_account(self, open_id: str, account: str, now: datetime) -> int:
        """Write the account's present name into all rows of an open_id; returns how many had another name."""
        with self._db.writing() as db:
            named = int(self._q.name_account(db, open_id=open_id, account=account))
            if named:
                self._history(db, now, "account-named", open_id=open_id, detail={"account": account, "posts": named})
            return named

    def mark_public(self, uids: Iterable[str], now: datetime) -> None:
        """Remember that these posts were seen in the public list."""
        with self._db.writing() as db:
            for uid in uids:
                self._q.mark_public(db, uid=uid, at=rows.to_ms(now))

    def bind_further(self, attempt: Attempt, post_id: str, how: str, now: datetime) -> bool:
        """Bind a video to an attempt as of `now`, or earlier; False where it belongs to another post."""
        with self._db.writing() as db:
            held = self._q.binding(db, open_id=attempt.open_id, post_id=post_id)
            if held is not None:
                self._q.date_binding(db, open_id=attempt.open_id, post_id=post_id, bound_at=rows.to_ms(now))
                return bool(held["post_uid"] == attempt.post_uid)
            self._bind(db, replace(attempt, updated_at=now), post_id, how)
            self._tell(db, attempt, how, now, before=attempt.phase, post_id=post_id)
            self._q.raise_serial(db)
            return True

    def bound_by(self, attempt: Attempt) -> tuple[str, datetime] | None:
        """How, and as of when, the video that an attempt names was bound."""
        with self._db.reading() as db:
            held = self._q.binding(db, open_id=attempt.open_id, post_id=attempt.post_id)
        return None if held is None else (held["how"], rows.moment(held["bound_at"]))

    def bindings(self, open_id: str) -> dict[str, str]:
        """Which post each bound video belongs to: post_id to the post's uid."""
        with self._db.reading() as db:
            return {row["post_id"]: row["post_uid"] for row in self._q.bindings(db, open_id=open_id)}

    def save_creator(self, account: str, creator: Creator, now: datetime) -> None:
        """Keep what TikTok said last of an identity; a name that it did not tell this time stays as it was."""
        with self._db.writing(posts=False) as db:
            self._q.save_creator(db, **rows.creator_row(account, creator, now))

    def identities_seen(self) -> dict[str, str]:
        """By the name of each account, the open_id that TikTok last gave for it."""
        with self._db.reading() as db:
            return {row["account"]: row["open_id"] for row in self._q.identities_seen(db)}

    def last_seen(self, account: str) -> str:
        """The open_id that TikTok last gave for an account's name; empty where it never did."""
        with self._db.reading() as db:
            row = self._q.last_seen(db, account=account)
        return str(row["open_id"]) if row else ""

    def creators(self) -> dict[str, tuple[str, Creator, datetime]]:
        """By account name, as last asked: the open_id, what TikTok said, and when."""
        with self._db.reading() as db:
            return {
                row["account"]: (row["open_id"], rows.creator_of(row), rows.moment(row["seen_at"]))
                for row in self._q.creators(db)
            }

    def save_videos(
        self, open_id: str, videos: Iterable[RemotePost], *, back_to: datetime | None, now: datetime
    ) -> None:
        """Take in what the public list shows. back_to: the list was read down to there; None: to its end."""
        with self._db.writing(posts=False) as db:
            self._q.save_video(db, [rows.video_row(open_id, video, now) for video in videos])
            since = 0 if back_to is None else rows.to_ms(back_to)
            self._q.videos_gone(db, open_id=open_id, since=since, now=rows.to_ms(now))
            complete = rows.to_ms(now) if back_to is None else None
            self._q.save_list(db, open_id=open_id, read_at=rows.to_ms(now), complete_at=complete)

    def videos(self, open_id: str) -> list[tuple[RemotePost, datetime | None]]:
        """The videos ever listed, newest first, each with the time at which it was found gone, or None."""
        with self._db.reading() as db:
            return [(rows.video_of(row), rows.from_ms(row["gone_at"])) for row in self._q.videos(db, open_id=open_id)]

    def list_read_at(self, open_id: str) -> datetime | None:
        """When the public list was last read; None for never."""
        with self._db.reading() as db:
            row = self._q.list_read(db, open_id=open_id)
        return None if row is None else rows.moment(row["read_at"])

    def take(self, scope: str, endpoint: str, limit: int, window: timedelta, now: datetime) -> float:
        """Record a call where fewer than `limit` were made in the window; else the seconds until one may be."""
        at, span = rows.to_ms(now), window // timedelta(milliseconds=1)
        with self._db.writing(posts=False) as db:
            # Kept for a window longer than they count: a thread may have read its `now` and then slept.
            self._q.drop_calls(db, scope=scope, endpoint=endpoint, until=at - 2 * span, after=at + span)
            made = [row["at"] for row in self._q.calls(db, scope=scope, endpoint=endpoint, since=at - span)]
            if len(made) < limit:
                self._q.add_call(db, scope=scope, endpoint=endpoint, at=at)
                return 0.0
            return float(made[-limit] + span - at) / 1000

    def room_in(self, scope: str, endpoint: str, limit: int, window: timedelta, now: datetime) -> float:
        """The seconds until one more call may be made, as `take` tells them; nothing is recorded."""
        at, span = rows.to_ms(now), window // timedelta(milliseconds=1)
        with self._db.reading() as db:
            calls = self._q.calls(db, scope=scope, endpoint=endpoint, since=at - span)
            made = [row["at"] for row in calls if row["at"] < at + span]
        return float(made[-limit] + span - at) / 1000 if len(made) >= limit else 0.0

    def use_plan(self, digest: str, run_id: str, now: datetime) -> bool:
        """Mark a saved plan as used; False where it was used before, by another run."""
        with self._db.writing() as db:
            self._q.use_plan(db, digest=digest, used_at=rows.to_ms(now), run_id=run_id)
            return bool(self._q.plan_use(db, digest=digest)["run_id"] == run_id)

    def plan_used_at(self, digest: str) -> datetime | None:
        with self._db.reading() as db:
            row = self._q.plan_use(db, digest=digest)
        return None if row is None else rows.moment(row["used_at"])

    def record(self, what: str, now: datetime, **detail: object) -> None:
        """A line of history that belongs to no post."""
        with self._db.writing() as db:
            self._history(db, now, what, detail=detail)

    def leave_out(self, open_id: str, marks: Collection[str], now: datetime) -> None:
        """Keep which posts were not among those for which existing-posts was lifted last, by name and media."""
        if self.left_out(open_id) == frozenset(marks):
            return
        with self._db.writing() as db:
            self._q.set_meta(db, name=f"left out: {open_id}", value=json.dumps(sorted(marks)))
            self._history(db, now, "guard-stays", open_id=open_id, detail={"posts": sorted(marks)})

    def left_out(self, open_id: str) -> frozenset[str]:
        """The names and media of those posts."""
        with self._db.reading() as db:
            row = self._q.meta(db, name=f"left out: {open_id}")
        return frozenset(json.loads(row["value"])) if row else frozenset()

    def become_acquainted(self, open_id: str, now: datetime) -> None:
        """Remember that a person took note of what an identity had posted before this state."""
        if self.is_acquainted(open_id):
            return
        with self._db.writing() as db:
            self._q.set_meta(db, name=f"acquainted: {open_id}", value=str(rows.to_ms(now)))
            self._history(db, now, "acquainted", open_id=open_id)

    def is_acquainted(self, open_id: str) -> bool:
        """Whether a person took note of that."""
        with self._db.reading() as db:
            return self._q.meta(db, name=f"acquainted: {open_id}") is not None

    def history(self, uid: str | None = None) -> list[dict[str, Any]]:
        """The lines of history, oldest first; of one post, or of all. `at` is a datetime, `detail` a mapping."""
        with self._db.reading() as db:
            found = self._q.history(db) if uid is None else self._q.history_of(db, post_uid=uid)
            return [_line(row) for row in found]

    def latest_history(self, count: int) -> list[dict[str, Any]]:
        with self._db.reading() as db:
            return [_line(row) for row in self._q.latest_history(db, count=count)]

    def _whole(self, db: sqlite3.Connection, row: Mapping[str, Any] | None) -> PostState | None:
        if row is None:
            return None
        attempts = map(rows.attempt_of, self._q.attempts_of(db, post_uid=row["uid"]))
        return rows.post_of(row, attempts)

    def _ensure_post(self, db: sqlite3.Connection, post: DesiredPost, open_id: str, now: datetime) -> PostState:
        made = self._q.add_post(
            db,
            uid=uuid.uuid4().hex,
            open_id=open_id,
            name=post.name,
            account=post.account,
            generation=post.generation,
            media_digest=post.media_digest,
        )
        row = self._whole(db, self._q.post_named(db, open_id=open_id, name=post.name))
        assert row is not None
        if made == 1:
            self._note(db, row, "declared", now, post=post.key)
        return row

    def _bind(self, db: sqlite3.Connection, attempt: Attempt, post_id: str, how: str) -> dict[str, object]:
        """Bind a video to its post; what the history should say where it belongs to another one already."""
        held = self._q.binding(db, open_id=attempt.open_id, post_id=post_id)
        if held is not None and held["post_uid"] != attempt.post_uid:
            return {"bound_to_other": held["post_uid"]}
        self._q.bind(
            db,
            open_id=attempt.open_id,
            post_id=post_id,
            post_uid=attempt.post_uid,
            attempt_id=attempt.id,
            how=how,
            bound_at=rows.to_ms(attempt.updated_at),
        )
        return {}

    def _bind_bare(
        self, db: sqlite3.Connection, open_id: str, uid: str, post_id: str, how: str, now: datetime
    ) -> None:
        """Bind a video that came of no attempt of ours."""
        at = rows.to_ms(now)
        self._q.bind(db, open_id=open_id, post_id=post_id, post_uid=uid, attempt_id="", how=how, bound_at=at)

    def _tell(
        self,
        db: sqlite3.Connection,
        attempt: Attempt,
        what: str,
        now: datetime,
        *,
        before: str,
        **detail: object,
    ) -> None:
        post = self._q.post(db, uid=attempt.post_uid)
        self._history(
            db,
            now,
            what,
            open_id=attempt.open_id,
            post_uid=attempt.post_uid,
            post=f"{post['account']}/{post['name']}",
            attempt_id=attempt.id,
            phase_before=before,
            phase_after=attempt.phase,
            detail=detail,
            log_id=attempt.log_id,
        )

    def _note(
        self, db: sqlite3.Connection, row: PostState, what: str, now: datetime, *, post: str, **detail: object
    ) -> None:
        self._history(db, now, what, open_id=row.open_id, post_uid=row.uid, post=post, detail=detail)

    def _history(self, db: sqlite3.Connection, now: datetime, what: str, **more: Any) -> None:
        blank = dict.fromkeys(
            ("open_id", "post_uid", "post", "attempt_id", "phase_before", "phase_after", "log_id"), ""
        )
        detail = json.dumps(more.pop("detail", {}), ensure_ascii=False, sort_keys=True, default=str)
        line = blank | {"at": rows.to_ms(now), "who": self._who, "what": what, "detail": detail} | more
        self._q.add_history(db, **line)


def _line(row: Mapping[str, Any]) -> dict[str, Any]:
    """A line of history, with its time and its detail as values."""
    return dict(row) | {"at": rows.moment(row["at"]), "detail": json.loads(row["detail"])}


def _is_settled(row: PostState, generation: int) -> bool:
    """Whether this generation was posted, bound, or left for good: only a higher one may begin an attempt."""
    ended = SUCCESS | {Phase.ABANDONED}
    if any(a.phase in ended and a.generation >= generation for a in row.attempts):
        return True
    return bool(row.bound_post_id or row.removed_at) and row.generation >= generation
