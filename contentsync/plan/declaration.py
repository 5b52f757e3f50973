"""Which sentences and labels of TikTok's belong to a post? Pure.

Source: Content Sharing Guidelines, 3 (disclosure), 4 (the declaration) and 5d. The words are TikTok's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from contentsync.plan.action import Action, Kind
from contentsync.post import Disclosure, Mode
from contentsync.post import Kind as PostKind

MUSIC: Final = "By posting, you agree to TikTok's Music Usage Confirmation"
BRANDED: Final = "By posting, you agree to TikTok's Branded Content Policy and Music Usage Confirmation"

#: Commercial content is disclosed, but not of which kind (3a).
NEITHER: Final = "You need to indicate if your content promotes yourself, a third party, or both."
#: Branded content for nobody but oneself (3b).
NOT_PRIVATE: Final = "Branded content visibility cannot be set to private."
#: After sending (5d); these words are ours.
PROCESSING: Final = "After a post is sent, TikTok may need a few minutes to process it."

_NAMED: Final = 3  # posts named beside a declaration; the rest is counted


def declaration(disclosure: Iterable[object]) -> str:
    """TikTok's sentence for a direct post that discloses this."""
    return BRANDED if Disclosure.BRANDED_CONTENT in disclosure else MUSIC


def label(disclosure: Iterable[object]) -> str:
    """The label that TikTok puts on a post that discloses this; empty for none."""
    told = frozenset(disclosure)
    if Disclosure.BRANDED_CONTENT in told:
        return "Paid partnership"
    return "Promotional content" if Disclosure.YOUR_BRAND in told else ""


def labelled(kind: PostKind, disclosure: Iterable[object]) -> str:
    """What a disclosure does to a post, in TikTok's words."""
    word = "video" if kind is PostKind.VIDEO else "photo"
    return f"Your {word} will be labeled as '{label(disclosure)}'"


def declarations(actions: Iterable[Action]) -> list[str]:
    """TikTok's sentences with the posts that will be sent directly under each; the stricter one first."""
    direct = [a for a in actions if Kind.CREATE in a.kinds and a.mode is Mode.DIRECT]
    said = [(declaration(disclosed(action)), action.post) for action in direct]
    under = {sentence: [key for told, key in said if told == sentence] for sentence in (BRANDED, MUSIC)}
    return [f"{sentence} ({_named(keys)})." for sentence, keys in under.items() if keys]


def disclosed(action: Action) -> tuple[object, ...]:
    """What the post of an action discloses, as far as that is sent."""
    told = action.sends.get("disclosure")
    return tuple(told) if isinstance(told, list | tuple) else ()


def _named(keys: list[str]) -> str:
    more = f" and {len(keys) - _NAMED} more" if len(keys) > _NAMED else ""
    return ", ".join(keys[:_NAMED]) + more
