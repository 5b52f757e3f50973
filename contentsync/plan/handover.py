"""What must the creator paste and choose in TikTok's app to finish a draft? Pure.

TikTok takes a video draft without any text or setting, and a photo draft with its texts only. So the creator fills in
the rest by hand. Each choice is worded as TikTok's app words it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from contentsync.frozen import frozen
from contentsync.post import DesiredPost, Disclosure, Interaction, Kind, Privacy


@frozen
class Choice:
    """One setting that the creator makes in TikTok's app."""

    #: The manifest's key.
    key: str
    #: The setting's name in TikTok's app.
    label: str
    #: What to choose.
    value: str

    def __str__(self) -> str:
        return f"{self.label}: {self.value}"


@frozen
class Handover:
    """What is left to do for one draft."""

    #: `ACCOUNT/NAME`.
    post: str
    account: str
    kind: Kind
    #: To be pasted, exactly; empty where the manifest has none.
    title: str
    caption: str
    #: Whether TikTok already has title and caption, as with photos: then they are only compared.
    has_texts: bool
    #: In the order in which TikTok's app asks.
    choices: tuple[Choice, ...]

    @property
    def to_paste(self) -> tuple[str, ...]:
        """The texts that TikTok does not have yet."""
        return () if self.has_texts else tuple(text for text in (self.title, self.caption) if text)


def handover_of(post: DesiredPost) -> Handover:
    """What the creator pastes and chooses for a draft of this post."""
    return Handover(
        post=post.key,
        account=post.account,
        kind=post.kind,
        title=post.title,
        caption=post.caption,
        has_texts=post.kind is Kind.PHOTOS,
        choices=tuple(_choices(post)),
    )


def _choices(post: DesiredPost) -> Iterator[Choice]:
    if post.kind is Kind.VIDEO and post.cover is not None:
        yield Choice("cover_at", "Cover", f"the frame at {post.cover / 1000:g} s")
    yield Choice("privacy", "Who can watch", _WHO[post.privacy] if post.privacy else "not declared: you choose")
    for one in _OFFERED[post.kind]:
        yield Choice("allow", _ALLOW[one], "on" if one in post.allow else "off")
    yield Choice("disclosure", "Disclose content", _disclosed(post))
    yield Choice("ai_generated", "AI-generated content", "on" if post.ai_generated else "off")
    if post.kind is Kind.PHOTOS and post.auto_music:
        yield Choice("auto_music", "Sound", "add recommended music")


def _disclosed(post: DesiredPost) -> str:
    chosen = " and ".join(_BRAND[one] for one in Disclosure if one in post.disclosure)
    if not chosen:
        return "off"
    label = "Paid partnership" if Disclosure.BRANDED_CONTENT in post.disclosure else "Promotional content"
    return f'on, {chosen} (labelled "{label}")'


_WHO: Final = {
    Privacy.EVERYONE: "Everyone",
    Privacy.FRIENDS: "Friends",
    Privacy.FOLLOWERS: "Followers",
    Privacy.ONLY_ME: "Only you",
}
_ALLOW: Final = {
    Interaction.COMMENT: "Allow comments",
    Interaction.DUET: "Allow Duet",
    Interaction.STITCH: "Allow Stitch",
}
_OFFERED: Final = {
    Kind.VIDEO: (Interaction.COMMENT, Interaction.DUET, Interaction.STITCH),
    Kind.PHOTOS: (Interaction.COMMENT,),
}
_BRAND: Final = {Disclosure.YOUR_BRAND: "Your brand", Disclosure.BRANDED_CONTENT: "Branded content"}
