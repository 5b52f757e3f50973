"""What did a calendar file say last of one post? Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from contentsync.frozen import frozen

#: The highest sequence that calendar programs take: 31 bits.
MOST: Final = 2_147_483_647


@frozen
class Shown:
    """What a calendar file said last of one post."""

    #: A date or a time, as the file writes it.
    starts_at: str
    #: Covers everything else that the file says of the post.
    digest: str
    #: How often the start changed.
    sequence: int = 0
    #: When the file last said something new of the post.
    changed_at: datetime | None = None
