"""Which notices were sent, by any machine? On the branch: one file a day, with what each recipient got.

The danger: a CI runner that vanishes forgets what it sent, so the next one sends all of it again; and two runners
that see one thing both send it. The rule: right before notices are sent, a commit says so. Of two such commits one is
refused, reads the other, and leaves the notice to it. The push with which the state is closed says that they were
sent. A machine that did not say so after two minutes has died, so another one sends the notice: at least once, and
rarely twice.

No post waits for any of this. If the branch can't be written, the notices are sent all the same, and the marks in the
local copy go with a later push.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from contentsync.errors import StoreError
from contentsync.frozen import frozen
from contentsync.notices import Notice
from contentsync.store.port.values import Waiting
from contentsync.store.sqlite import rows
from contentsync.store.sqlite.database import Database
from contentsync.store.sqlite.outbox import CLAIMED_FOR, SqliteOutbox
from contentsync.store.sqlite.shared import SharedCopy
from contentsync.times import rfc3339

if TYPE_CHECKING:
    from contentsync.store.git.pushing import GitPushing

FOLDER: Final = "notices/"
FORMAT: Final = "contentsync.shared-notices/1"
#: How long the branch remembers what was sent.
KEEP: Final = timedelta(days=60)
#: After how long a notice of what still lasts is remembered anew, so that it is not forgotten and sent again.
RENEW: Final = timedelta(days=20)
_DAY: Final = timedelta(days=1)


@frozen
class Entry:
    """One notice to one recipient, as the branch says it."""

    key: str
    recipient: str
    #: When it came up. The file is that of this day, in UTC.
    at: datetime
    #: Which process is about to send it; empty once it was sent.
    claimed_by: str = ""
    #: Until when no other process sends it; None once it was sent.
    until: datetime | None = None


class SharedOutbox(SqliteOutbox):
    """The notices of a shared state."""

    def __init__(self, database: Database, store: GitPushing) -> None:
        super().__init__(database, claimed_by=uuid.uuid4().hex[:12])
        self._store = store
        self._copy = SharedCopy(database)
        self._agreed_at = rows.EPOCH  # when notices were last about to be sent

    def put(self, notice: Notice, recipient: str, now: datetime) -> bool:
        is_new = super().put(notice, recipient, now)
        if not is_new:
            self._renew(notice.key, recipient, now)
        return is_new

    def _renew(self, key: str, recipient: str, now: datetime) -> None:
        with self._db.writing(posts=False) as db:
            named = {"key": key, "recipient": recipient}
            before = rows.to_ms(now - RENEW)
            renewed = self._q.renew_notice(db, **named, made_at=rows.to_ms(now), before=before)
        if renewed:
            self._tell_later([now], "notices: remembered anew", now)

    def _tell_later(self, moments: Iterable[datetime], news: str, now: datetime) -> None:
        self._mark(moments)
        self._store.share_marked(news, now, at_once=False)

    def agree(self, claimed: Sequence[Waiting], now: datetime) -> list[Waiting]:
        if not claimed:
            return []
        self._mark([one.made_at for one in claimed])
        self._forget_old(now)
        self._agreed_at = now
        with suppress(StoreError):  # whoever needs the branch reports it; a notice is sent again at worst
            self._store.share_marked(f"notices: sending {len(claimed)}", now, at_once=True)
        with self._db.reading() as db:
            return [one for one in claimed if self._is_ours(self._q.notice(db, **_names(one)))]

    def _is_ours(self, row: rows.Row | None) -> bool:
        return row is not None and row["state"] == "waiting" and row["claimed_by"] == self._claimed_by

    def told(self, one: Waiting) -> None:
        self._tell_later([one.made_at], "notices: sent", self._agreed_at)
        super().told(one)

    def failed(self, one: Waiting, again_at: datetime | None) -> None:
        self._tell_later([one.made_at], "notices: not sent", self._agreed_at)
        super().failed(one, again_at)

    def mark_all(self, now: datetime) -> None:
        """Mark the files of all that was sent lately, because the notices come from another state."""
        with self._db.reading() as db:
            kept = self._q.shared_notices(db, start=rows.to_ms(now - KEEP), end=rows.to_ms(now + _DAY))
            moments = [rows.moment(row["made_at"]) for row in kept]
        self._mark(moments)

    def _forget_old(self, now: datetime) -> None:
        """Forget what was sent long ago; its files go with the next push."""
        limit = rows.to_ms(now - KEEP)
        with self._db.reading() as db:
            old = [rows.moment(row["made_at"]) for row in self._q.notices_before(db, moment=limit)]
        self._mark(old)
        if old:
            with self._db.writing(posts=False) as db:
                self._q.drop_notices_before(db, moment=limit)

    def _mark(self, moments: Iterable[datetime]) -> None:
        for path in sorted({path_of(moment) for moment in moments}):
            self._copy.mark(path, "", "")

    def text(self, path: str) -> bytes | None:
        """What the file of a day should hold; None where nothing was sent."""
        day = _day_of(path)
        if day is None:
            return None
        with self._db.reading() as db:
            found = self._q.shared_notices(db, start=rows.to_ms(day), end=rows.to_ms(day + _DAY))
            entries = [_entry(row) for row in found]
            named = {entry.recipient for entry in entries}
            since = {name: rows.moment(row["since"]) for name in named if (row := self._q.recipient(db, name=name))}
        return text_of(entries, since) if entries else None

    def take_in(self, told: Mapping[str, bytes]) -> None:
        """Merge the files of the branch, by path."""
        with self._db.writing(posts=False) as db:
            for path, text in told.items():
                entries, since = entries_of(path, text)
                for recipient, moment in since.items():
                    self._q.add_recipient(db, name=recipient, since=rows.to_ms(moment))
                    self._q.lower_since(db, name=recipient, since=rows.to_ms(moment))
                for entry in entries:
                    known = self._q.notice(db, key=entry.key, recipient=entry.recipient)
                    if merged := self._merged(known, entry):
                        self._q.put_notice(db, **merged)

    def _merged(self, known: rows.Row | None, entry: Entry) -> dict[str, Any] | None:
        """The row of a notice with what the branch says of it; None where that changes nothing."""
        made_at = max(rows.to_ms(entry.at), known["made_at"] if known else 0)
        names = {"key": entry.key, "recipient": entry.recipient, "made_at": made_at}
        if entry.until is None:
            return names | {"due_at": made_at, "state": "told", "claimed_by": ""}
        until = rows.to_ms(entry.until)
        if known is not None and (known["state"] != "waiting" or self._is_newer(known, until)):
            return None
        return names | {"due_at": until, "state": "waiting", "claimed_by": entry.claimed_by}

    def _is_newer(self, known: rows.Row, until: int) -> bool:
        """Whether this machine claimed the notice after the other one's claim had run out."""
        return bool(known["claimed_by"]) and known["due_at"] - rows.to_ms(rows.EPOCH + CLAIMED_FOR) >= until


def _names(one: Waiting) -> dict[str, str]:
    return {"key": one.notice.key, "recipient": one.recipient}


def _entry(row: rows.Row) -> Entry:
    at = rows.moment(row["made_at"])
    if row["state"] == "told":
        return Entry(row["key"], row["recipient"], at)
    return Entry(row["key"], row["recipient"], at, row["claimed_by"], rows.moment(row["due_at"]))


def path_of(moment: datetime) -> str:
    """The file of a moment's day."""
    return f"{FOLDER}{moment.astimezone(UTC):%Y-%m-%d}.json"


def _day_of(path: str) -> datetime | None:
    """When the day of a file begins; None for another file."""
    name = path.removeprefix(FOLDER).removesuffix(".json")
    with suppress(ValueError):
        day = datetime.strptime(name, "%Y-%m-%d").replace(tzinfo=UTC)
        return day if path_of(day) == path else None
    return None


def text_of(entries: Iterable[Entry], since: Mapping[str, datetime]) -> bytes:
    """The document of a day: the same entries give the same bytes. since: when each recipient was first named."""
    recipients: dict[str, Any] = {}
    for entry in entries:
        found = recipients.setdefault(entry.recipient, {"since": _moment(since.get(entry.recipient)), "notices": {}})
        claim = {"claimed_by": entry.claimed_by, "until": _moment(entry.until)} if entry.until else {}
        found["notices"][entry.key] = {"at": _moment(entry.at)} | claim
    told = {"format": FORMAT, "recipients": recipients}
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "backslashreplace")


def _moment(moment: datetime | None) -> str | None:
    return rfc3339(moment, "milliseconds") if moment else None


def entries_of(path: str, text: bytes) -> tuple[list[Entry], dict[str, datetime]]:
    """The entries of a day, and since when each recipient gets notices.

    Nothing of a document that can't be read: then a notice is sent again at worst, and no post is held up.
    """
    try:
        told = json.loads(text)
        if told["format"] != FORMAT:
            return [], {}
        recipients = {str(name): found for name, found in told["recipients"].items()}
        since = {name: at for name, found in recipients.items() if (at := _read(found["since"]))}
        entries = [one for name, found in recipients.items() for one in _entries(name, found["notices"])]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return [], {}
    return [entry for entry in entries if path_of(entry.at) == path], since


def _entries(recipient: str, notices: Mapping[str, Any]) -> Iterator[Entry]:
    for key, found in notices.items():
        at, until = _read(found["at"]), _read(found.get("until"))
        if at is not None and key:
            yield Entry(key, recipient, at, str(found.get("claimed_by") or "") if until else "", until)


def _read(text: str | None) -> datetime | None:
    """A time of a document. Raises ValueError for one without a zone."""
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no zone")
    return moment.astimezone(UTC)
