"""What is a post? Its key, its declared content, and its media.

Plain values; other modules read them from manifests and files. Times are aware UTC datetimes.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from contentsync.errors import Place
from contentsync.frozen import frozen


class Mode(StrEnum):
    """What a post does: publish directly, or put a draft into the creator's inbox."""

    DIRECT = "direct"
    DRAFT = "draft"


class Privacy(StrEnum):
    """Who may see a direct post."""

    EVERYONE = "everyone"
    FRIENDS = "friends"
    FOLLOWERS = "followers"
    ONLY_ME = "only_me"


class Interaction(StrEnum):
    """What viewers may do with a post."""

    COMMENT = "comment"
    DUET = "duet"
    STITCH = "stitch"


class Disclosure(StrEnum):
    """What a post advertises."""

    YOUR_BRAND = "your_brand"
    BRANDED_CONTENT = "branded_content"


class Kind(StrEnum):
    """What a post is made of."""

    VIDEO = "video"
    PHOTOS = "photos"


@frozen
class MediaFacts:
    """The facts in a media file's content; None for a fact that could not be read.

    container: mp4, mov, webm, jpeg, webp … by content, never by the file's name. codec: h264, h265, vp8, vp9 …
    duration: seconds. frame_rate: frames a second.
    """

    container: str | None = None
    codec: str | None = None
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    frame_rate: float | None = None


ABSENT: Final = "absent"


@frozen
class Media:
    """One file or URL of a post.

    path: relative to the project's root, with `/`; empty for a URL. url: empty for a file.
    sha256: hex of the whole file; empty for a URL. size: bytes; 0 for a URL.
    facts: None where no probe was possible ("not checked").
    """

    path: str = ""
    url: str = ""
    sha256: str = ""
    size: int = 0
    facts: MediaFacts | None = None
    #: What keeps the file elsewhere (`lfs`), so that only its digest and size are here, or `absent`; empty for the
    #: file itself. Only a post that is settled, or faulty, has absent media.
    pointer: str = ""

    @property
    def identity(self) -> str:
        """Identifies the bytes: the digest of a file, the address of a URL."""
        return self.sha256 or self.url


@frozen
class DesiredPost:
    """One post as a manifest asks for it, for one account.

    publish_at: None for now. next_slot: publish_at is the account's next free slot.
    grace: how long after publish_at it may still be sent. expires_at: ends the window instead of grace.
    cover: milliseconds into a video, or the index of a photo; None for TikTok's choice.
    post_id: an existing TikTok post that this manifest is bound to; such a post is never sent.
    places: where each key of the manifest is, for messages.
    """

    account: str
    name: str
    kind: Kind = Kind.VIDEO
    mode: Mode = Mode.DRAFT
    media: tuple[Media, ...] = ()
    caption: str = ""
    title: str = ""
    privacy: Privacy | None = None
    allow: frozenset[Interaction] = frozenset()
    disclosure: frozenset[Disclosure] = frozenset()
    ai_generated: bool = False
    auto_music: bool = False
    cover: int | None = None
    publish_at: datetime | None = None
    next_slot: bool = False
    grace: timedelta = timedelta(hours=1)
    expires_at: datetime | None = None
    hold: bool = False
    generation: int = 1
    moved_from: str | None = None
    post_id: str | None = None
    where: Place = field(default_factory=lambda: Place("", 1, 1))
    places: tuple[tuple[str, Place], ...] = ()
    #: Whether the manifest lists its photos one by one, and names no folder.
    lists_photos: bool = False

    @property
    def key(self) -> str:
        return f"{self.account}/{self.name}"

    @property
    def pulls(self) -> bool:
        """Whether TikTok fetches the media by itself, so that init is the commit point."""
        return self.kind is Kind.PHOTOS or any(item.url for item in self.media)

    def place_of(self, key: str) -> Place:
        """The place of `key` in the manifest, or the manifest's first line."""
        return dict(self.places).get(key, self.where)

    @property
    def media_digest(self) -> str:
        """Identifies these media in their order; empty for a bound post without media."""
        return _sha256([item.identity for item in self.media]) if self.media else ""

    @property
    def digest(self) -> str:
        """What was asked of TikTok, as one value: differs exactly when something that is sent differs.

        Neither the name, the schedule nor the path of a file counts.
        """
        return _sha256(self.sent_values())

    def sent_values(self) -> dict[str, object]:
        """All that goes to TikTok, in the manifest's words: the mode, the media by their digest, the settings."""
        media = [item.identity for item in self.media]
        return {"kind": self.kind, "mode": self.mode, "media": media} | self.settings_sent()

    def settings_sent(self) -> dict[str, object]:
        """What goes to TikTok beside the media. A video draft is sent without texts, a photo draft with its texts."""
        photos = self.kind is Kind.PHOTOS
        texts: dict[str, object] = {"caption": self.caption}
        if photos:
            texts["title"] = self.title
        if self.mode is Mode.DRAFT:
            return texts | {"cover": self.cover} if photos else {}
        return texts | {
            "privacy": self.privacy,
            "allow": sorted(self.allow),
            "disclosure": sorted(self.disclosure),
            "ai_generated": self.ai_generated,
            "cover": self.cover,
            **({"auto_music": self.auto_music} if photos else {}),
        }

    def settings_not_sent(self) -> tuple[str, ...]:
        """The keys that the author gave and that this mode does not carry to TikTok, in the manifest's words."""
        if self.mode is Mode.DIRECT:
            return ()
        given = {
            "title": bool(self.title),
            "caption": bool(self.caption),
            "privacy": self.privacy is not None,
            "allow": bool(self.allow),
            "disclosure": bool(self.disclosure),
            "ai_generated": self.ai_generated,
            "auto_music": self.auto_music,
            "cover": self.cover is not None,
        }
        sent = self.settings_sent()
        return tuple(name for name, is_given in given.items() if is_given and name not in sent)


def _sha256(value: object) -> str:
    return hashlib.sha256(_AS_TEXT(value).encode()).hexdigest()


_AS_TEXT: Final = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), sort_keys=True).encode
