"""What do TikTok's requests look like, as types? TikTok's own field names are used here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from contentsync.frozen import frozen
from contentsync.post import DesiredPost, Disclosure, Interaction, Media, Mode
from contentsync.tiktok.chunks import plan_chunks
from contentsync.tiktok.wire import PRIVACY_LEVELS

_CONTENT_TYPES: Final = {"mp4": "video/mp4", "mov": "video/quicktime", "webm": "video/webm"}


@frozen
class PostInfo:
    """The settings of a direct video post. Source: Direct Post, "post_info"."""

    privacy_level: str | None
    title: str | None = None
    disable_comment: bool = True
    disable_duet: bool = True
    disable_stitch: bool = True
    video_cover_timestamp_ms: int | None = None
    brand_content_toggle: bool = False
    brand_organic_toggle: bool = False
    is_aigc: bool = False

    @classmethod
    def of(cls, post: DesiredPost) -> PostInfo:
        return cls(
            privacy_level=PRIVACY_LEVELS[post.privacy] if post.privacy else None,
            title=post.caption or None,
            disable_comment=Interaction.COMMENT not in post.allow,
            disable_duet=Interaction.DUET not in post.allow,
            disable_stitch=Interaction.STITCH not in post.allow,
            video_cover_timestamp_ms=post.cover,
            brand_content_toggle=Disclosure.BRANDED_CONTENT in post.disclosure,
            brand_organic_toggle=Disclosure.YOUR_BRAND in post.disclosure,
            is_aigc=post.ai_generated,
        )

    def body(self) -> dict[str, object]:
        return _given(
            privacy_level=self.privacy_level,
            title=self.title,
            disable_comment=self.disable_comment,
            disable_duet=self.disable_duet,
            disable_stitch=self.disable_stitch,
            video_cover_timestamp_ms=self.video_cover_timestamp_ms,
            brand_content_toggle=self.brand_content_toggle,
            brand_organic_toggle=self.brand_organic_toggle,
            is_aigc=self.is_aigc,
        )


@frozen
class FileSource:
    """A file that we send in chunks. Source: Direct Post, "source_info"."""

    video_size: int
    chunk_size: int
    total_chunk_count: int

    @classmethod
    def of(cls, media: Media, chunk: int | None = None) -> FileSource:
        """chunk and the ValueErrors: as in chunks.plan_chunks."""
        plan = plan_chunks(media.size, chunk)
        return cls(media.size, plan.chunk_size, plan.count)

    def body(self) -> dict[str, object]:
        return {
            "source": "FILE_UPLOAD",
            "video_size": self.video_size,
            "chunk_size": self.chunk_size,
            "total_chunk_count": self.total_chunk_count,
        }


@frozen
class UrlSource:
    """A URL that TikTok fetches itself."""

    url: str

    def body(self) -> dict[str, object]:
        return {"source": "PULL_FROM_URL", "video_url": self.url}


Source = FileSource | UrlSource


@frozen
class PhotoPost:
    """The whole body of a photo post. Source: Photo, "post_info", "source_info".

    A draft (MEDIA_UPLOAD) carries title and description only.
    """

    post_mode: str
    post_info: Mapping[str, object]
    photo_images: tuple[str, ...]
    photo_cover_index: int = 0
    is_aigc: bool | None = None

    @classmethod
    def of(cls, post: DesiredPost, urls: Sequence[str] = ()) -> PhotoPost:
        """urls: where the photos lie for TikTok to fetch; none given: the URLs of the post's own media."""
        images = tuple(urls) or tuple(item.url for item in post.media)
        texts = _given(title=post.title or None, description=post.caption or None)
        if post.mode is Mode.DRAFT:
            return cls("MEDIA_UPLOAD", texts, images, post.cover or 0)
        settings = _given(
            privacy_level=PRIVACY_LEVELS[post.privacy] if post.privacy else None,
            disable_comment=Interaction.COMMENT not in post.allow,
            auto_add_music=post.auto_music,
            brand_content_toggle=Disclosure.BRANDED_CONTENT in post.disclosure,
            brand_organic_toggle=Disclosure.YOUR_BRAND in post.disclosure,
        )
        return cls("DIRECT_POST", texts | settings, images, post.cover or 0, post.ai_generated)

    def body(self) -> dict[str, object]:
        source = {
            "source": "PULL_FROM_URL",
            "photo_images": list(self.photo_images),
            "photo_cover_index": self.photo_cover_index,
        }
        return _given(
            media_type="PHOTO",
            post_mode=self.post_mode,
            is_aigc=self.is_aigc,
            post_info=dict(self.post_info),
            source_info=source,
        )


def content_type(media: Media) -> str:
    """The Content-Type of a video's chunks: by its content where it was probed, else by its name, else MP4."""
    container = media.facts.container if media.facts else None
    return _CONTENT_TYPES.get(container or media.path.rpartition(".")[2].lower(), "video/mp4")


def _given(**fields: object) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}
