"""What does TikTok say of a post that is public, and of its creator? Plain values; times are aware UTC."""

from __future__ import annotations

from datetime import datetime

from contentsync.frozen import frozen
from contentsync.post import Interaction, Privacy


@frozen
class RemotePost:
    """One public video as TikTok lists it. caption: cut at 150 units. duration: whole seconds."""

    post_id: str
    created_at: datetime
    caption: str = ""
    title: str = ""
    duration: int = 0
    url: str = ""


@frozen
class Creator:
    """What TikTok says about an account now, from new requests.

    privacy: the levels that TikTok offers; None where it was not asked or may not be (no video.publish).
    stop: a code that forbids posting now (spam_risk_…, reached_active_user_cap), with its words.
    denied: scopes that these calls needed and the token lacks. list_unread: why the public list could not be read,
    where not for lack of its scope.
    """

    open_id: str
    nickname: str = ""
    username: str = ""
    privacy: tuple[Privacy, ...] | None = None
    disabled: frozenset[Interaction] = frozenset()
    max_seconds: int | None = None
    stop: str = ""
    stop_what: str = ""
    denied: frozenset[str] = frozenset()
    list_unread: str = ""
    #: One for each developer; empty where TikTok did not give it.
    union_id: str = ""

    @property
    def is_public(self) -> bool | None:
        """Whether the account is public; None where TikTok did not say.

        Source: Query Creator Info: only public accounts are offered PUBLIC_TO_EVERYONE.
        """
        return Privacy.EVERYONE in self.privacy if self.privacy else None
