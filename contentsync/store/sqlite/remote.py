"""What did TikTok say last? Its creators, and the videos of its public lists."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from contentsync.remote_post import Creator, RemotePost
from contentsync.store.sqlite import rows
from contentsync.store.sqlite.history import SqliteHistory


class SqliteRemote(SqliteHistory):
    """What one state remembers of TikTok. What each call does is written in store/port/."""

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

    def videos_unbound_or_gone(self, open_id: str) -> list[tuple[RemotePost, datetime | None]]:
        with self._db.reading() as db:
            found = self._q.videos_unbound_or_gone(db, open_id=open_id)
            return [(rows.video_of(row), rows.from_ms(row["gone_at"])) for row in found]

    def listed_ids(self, open_id: str) -> set[str]:
        with self._db.reading() as db:
            return {row["post_id"] for row in self._q.listed_ids(db, open_id=open_id)}

    def list_read_at(self, open_id: str) -> datetime | None:
        """When the public list was last read; None for never."""
        with self._db.reading() as db:
            row = self._q.list_read(db, open_id=open_id)
        return None if row is None else rows.moment(row["read_at"])
