"""What do the calls of the state take and return, besides posts and attempts?"""

from __future__ import annotations

from datetime import datetime

from contentsync.frozen import frozen
from contentsync.notices import Notice
from contentsync.post import DesiredPost

#: A post, and the slot that it gets.
Pin = tuple[DesiredPost, datetime]


@frozen
class HostedObject:
    """One object that contentsync uploaded, or began to upload, for TikTok to fetch."""

    #: `hosting.upload` at that time.
    place: str
    #: Its name at the place: `<sha256>.jpg`.
    name: str
    size: int
    #: The key of the post that it was put there for.
    post: str
    #: The identity that the post belongs to.
    open_id: str
    begun_at: datetime
    #: None where the transfer was cut off, or goes on.
    uploaded_at: datetime | None = None

    @property
    def sha256(self) -> str:
        return self.name.partition(".")[0]


@frozen
class Shared:
    """What posts may have in common with others: any of it makes them kin."""

    #: As DesiredPost.media_digest.
    media: frozenset[str]
    #: Ids of videos.
    videos: frozenset[str]
    #: Ids and publish_ids of attempts.
    tried: frozenset[str]


@frozen
class Waiting:
    """A notice that is to be sent."""

    notice: Notice
    #: The recipient's name.
    recipient: str
    made_at: datetime
    #: Which try this one is, from 1.
    tries: int
