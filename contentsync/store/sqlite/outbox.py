"""Which notices wait to be sent to whom, and which were sent?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from contentsync.notices import Notice, NoticeKind
from contentsync.store.port.values import Waiting
from contentsync.store.sqlite import rows
from contentsync.store.sqlite.database import Database, queries

#: How long a process may take to send a notice before another one may try.
CLAIMED_FOR: Final = timedelta(minutes=2)
#: Beyond so many waiting notices for a recipient, further ones are not kept.
MOST_WAITING: Final = 100


class SqliteOutbox:
    """The notices of one state. What each call does is written in store/port/."""

    def __init__(self, database: Database, claimed_by: str = "") -> None:
        """claimed_by: what tells this process apart from others that share the state; empty where none do."""
        self._db = database
        self._q = queries()
        self._claimed_by = claimed_by

    def since(self, recipient: str, now: datetime) -> datetime:
        with self._db.writing(posts=False) as db:
            self._q.add_recipient(db, name=recipient, since=rows.to_ms(now))
            return rows.moment(self._q.recipient(db, name=recipient)["since"])

    def put(self, notice: Notice, recipient: str, now: datetime) -> bool:
        with self._db.writing(posts=False) as db:
            if self._q.count_waiting(db, recipient=recipient)["count"] >= MOST_WAITING:
                return False
            body = json.dumps(_as_row(notice))
            made = {"key": notice.key, "recipient": recipient, "made_at": rows.to_ms(now), "body": body}
            return bool(self._q.add_notice(db, **made))

    def claim(self, recipient: str, now: datetime, most: int) -> list[Waiting]:
        until = rows.to_ms(now + CLAIMED_FOR)
        claimed = []
        with self._db.writing(posts=False) as db:
            for row in list(self._q.waiting_notices(db, recipient=recipient, now=rows.to_ms(now)))[:most]:
                named = {"key": row["key"], "recipient": recipient}
                if self._q.claim_notice(db, **named, was=row["due_at"], until=until, claimed_by=self._claimed_by):
                    claimed.append(_waiting(row))
        return claimed

    def agree(self, claimed: Sequence[Waiting], now: datetime) -> list[Waiting]:  # noqa: ARG002
        return list(claimed)  # `claim` has decided already: nobody else shares this state

    def told(self, one: Waiting) -> None:
        with self._db.writing(posts=False) as db:
            self._q.end_notice(db, key=one.notice.key, recipient=one.recipient, state="told")

    def failed(self, one: Waiting, again_at: datetime | None) -> None:
        named = {"key": one.notice.key, "recipient": one.recipient}
        with self._db.writing(posts=False) as db:
            if again_at is None:
                self._q.end_notice(db, **named, state="given-up")
            else:
                self._q.put_off_notice(db, **named, due_at=rows.to_ms(again_at))

    def reachable(self, recipient: str, yes: bool, now: datetime) -> bool:
        with self._db.writing(posts=False) as db:
            if yes:
                return bool(self._q.recipient_answers(db, name=recipient))
            return bool(self._q.recipient_fails(db, name=recipient, at=rows.to_ms(now)))


def _as_row(notice: Notice) -> dict[str, Any]:
    return {
        "kind": notice.kind,
        "account": notice.account,
        "post": notice.post,
        "at": rows.to_ms(notice.at),
        "words": notice.words,
        "facts": dict(notice.facts),
        "about": notice.about,
        "messages": list(notice.messages),
    }


def _waiting(row: rows.Row) -> Waiting:
    told = json.loads(row["body"])
    notice = Notice(
        kind=NoticeKind(told["kind"]),
        account=told["account"],
        post=told["post"],
        at=rows.moment(told["at"]),
        words=told["words"],
        facts=told["facts"],
        about=told["about"],
        messages=tuple(told["messages"]),
    )
    return Waiting(notice, row["recipient"], rows.moment(row["made_at"]), row["tries"] + 1)
