"""What shape does a manifest have? Its keys and their values; also the source of `schemas/post.schema.json`.

Pure. rules.py has the rules that a shape can't express. Imported only when something must be validated
(pydantic is slow to import).
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import ConfigDict, Discriminator, Field, Tag, TypeAdapter

from contentsync.manifest.fields import (
    AccountName,
    AccountNames,
    AllowWords,
    Count,
    DisclosureWords,
    Filled,
    Flag,
    Index,
    ModeWord,
    Moment,
    Name,
    Offset,
    PostId,
    PrivacyWord,
    PublishAt,
    Span,
    Strict,
)

_ONE_OF_ACCOUNTS: Final = {"oneOf": [{"required": ["account"]}, {"required": ["accounts"]}]}


def _needs_accounts(schema: dict[str, Any]) -> None:
    schema |= _ONE_OF_ACCOUNTS


class _Post(Strict):
    model_config = ConfigDict(json_schema_extra=_needs_accounts)

    name: Name = Field(
        description="Unique per account. With the account it is the post's key, so that moving or renaming the file "
        "never creates a post. Lower-case letters, digits, `_`, `-` and single dots, at most 63."
    )
    account: AccountName | None = Field(
        default=None, description="The account that posts, by its name in contentsync.yaml."
    )
    accounts: AccountNames | None = Field(default=None, description="Several accounts: one post each.")
    caption: str | None = Field(
        default=None,
        description="The text of the post, sent exactly as written, without the trailing newline of a block. At most "
        "2,200 UTF-16 units for a video, 4,000 for photos. A text with # belongs in quotes or in a block.",
    )
    privacy: PrivacyWord | None = Field(
        default=None, description="Who may see it. Required in direct mode; there is no default anywhere."
    )
    allow: AllowWords | None = Field(default=None, description="What viewers may do. Nothing, unless chosen.")
    disclosure: DisclosureWords | None = Field(
        default=None,
        description="What it advertises: your_brand is labelled 'Promotional content', branded_content 'Paid "
        "partnership'.",
    )
    ai_generated: Flag | None = Field(default=None, description="Whether TikTok shows its AI-generated label.")
    mode: ModeWord | None = Field(
        default=None,
        description="direct publishes; draft puts it into the creator's inbox, without caption, privacy or switches. "
        "Overrides the account's mode.",
    )
    publish_at: PublishAt | None = Field(
        default=None,
        description="Not before this time: 2026-12-01T09:00:00, in the account's zone unless an offset is given; or "
        "next-slot. Absent: now.",
    )
    grace: Span | None = Field(
        default=None, description="How long after publish_at it may still be posted: a decimal and ms, s, m, h or d."
    )
    expires_at: Moment | None = Field(default=None, description="Past this time it is never posted; replaces grace.")
    hold: Flag | None = Field(default=None, description="true: planned as waiting until this is taken away.")
    generation: Count | None = Field(
        default=None, description="Raise it to post a changed or returned manifest again, knowingly, as a new post."
    )
    moved_from: Name | None = Field(
        default=None, description="The post's name before, where a rename can't be told from a new post."
    )


_VIDEO = "The video: a file beside the manifest (MP4, MOV or WebM), or an https URL that TikTok fetches."
_PHOTOS = (
    "One to 35 photos (JPEG or WebP, shorter side at most 1080): a list of files or https URLs in their order, or "
    "a folder, in natural order: 2 before 10."
)
_COVER_AT = "The frame that becomes the cover, from the start: 1.5s."
_TITLE = "The title of a photo post, at most 90 UTF-16 units."
_AUTO_MUSIC = "Whether TikTok adds music; the creator can change it later."
_COVER = "Which photo becomes the cover; the first one is 0."

Folder = Annotated[Filled, Tag("folder")]
Files = Annotated[Annotated[tuple[Filled, ...], Field(min_length=1, max_length=35)], Tag("files")]
Photos = Annotated[
    Folder | Files, Discriminator(lambda value: "files" if isinstance(value, list | tuple) else "folder")
]


class VideoPost(_Post):
    """A post of one video."""

    video: Filled = Field(description=_VIDEO)
    cover_at: Offset | None = Field(default=None, description=_COVER_AT)


class PhotosPost(_Post):
    """A post of photos."""

    photos: Photos = Field(description=_PHOTOS)
    title: str | None = Field(default=None, description=_TITLE)
    auto_music: Flag | None = Field(default=None, description=_AUTO_MUSIC)
    cover: Index | None = Field(default=None, description=_COVER)


class BoundPost(_Post):
    """A post that is at TikTok already: bound to its post_id, never posted."""

    post_id: PostId = Field(description="TikTok's id of the existing post, written by import. In quotes.")
    video: Filled | None = Field(default=None, description=_VIDEO)
    cover_at: Offset | None = Field(default=None, description=_COVER_AT)
    photos: Photos | None = Field(default=None, description=_PHOTOS)
    title: str | None = Field(default=None, description=_TITLE)
    auto_music: Flag | None = Field(default=None, description=_AUTO_MUSIC)
    cover: Index | None = Field(default=None, description=_COVER)


def kind_of(value: Any) -> str:
    """Which of the three shapes a mapping means, by the keys that only one of them has."""
    if "post_id" in value:
        return "bound"
    return "photos" if "photos" in value and "video" not in value else "video"


Manifest = VideoPost | PhotosPost | BoundPost
SHAPES: Final[dict[str, type[VideoPost] | type[PhotosPost] | type[BoundPost]]] = {
    "video": VideoPost,
    "photos": PhotosPost,
    "bound": BoundPost,
}
KEYS: Final = tuple(BoundPost.model_fields)


def validated(value: Any) -> Manifest:
    """The post that a mapping declares. Raises pydantic's ValidationError.

    Only the shape that is asked for is built, at its first use: that takes several milliseconds.
    """
    return SHAPES[kind_of(value)].model_validate(value)


#: All shapes, for the JSON Schema.
MANIFEST: Final[TypeAdapter[Manifest]] = TypeAdapter(
    Annotated[
        Annotated[VideoPost, Tag("video")]
        | Annotated[PhotosPost, Tag("photos")]
        | Annotated[BoundPost, Tag("bound")],
        Discriminator(kind_of),
    ],
    config=ConfigDict(defer_build=True),
)
