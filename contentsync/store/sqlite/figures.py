"""What did TikTok say of public videos over time? Old figures are thinned, so that the state stays small."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Final

from contentsync.figures import Figures
from contentsync.store.sqlite import rows
from contentsync.store.sqlite.database import Database, queries

HOUR: Final = timedelta(hours=1)
#: From this age on, only the last figures of each span of time are kept.
THINNED: Final = (
    (timedelta(0), HOUR),
    (timedelta(days=7), timedelta(days=1)),
    (timedelta(days=90), timedelta(days=7)),
)


class SqliteFigures:
    """The figures of one state. What each call does is written in store/port/."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._q = queries()

    def save(self, open_id: str, figures: Iterable[Figures], now: datetime) -> None:
        told = [asdict(one) | {"open_id": open_id, "at": rows.to_ms(one.at)} for one in figures if not one.is_empty]
        if not told:
            return
        with self._db.writing(posts=False) as db:
            self._q.save_figures(db, told)
            for age, span in THINNED:
                until, length = rows.to_ms(now - age) + 1, span // timedelta(milliseconds=1)
                which = {"open_id": open_id, "until": until, "span": length}
                self._q.thin_figures(db, [which | {"post_id": one["post_id"]} for one in told])

    def all(self, open_id: str) -> list[Figures]:
        with self._db.reading() as db:
            return [_figures(row) for row in self._q.figures(db, open_id=open_id)]


def _figures(row: rows.Row) -> Figures:
    return Figures(
        post_id=row["post_id"],
        at=rows.moment(row["at"]),
        views=row["views"],
        likes=row["likes"],
        comments=row["comments"],
        shares=row["shares"],
    )
