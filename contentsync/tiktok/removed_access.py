"""Which tokens ended when an account's access was removed? Compares TikTok's event with the current tokens."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Final

from contentsync.errors import Problem
from contentsync.tiktok.tokens import Pair
from contentsync.times import in_words

# Source: Webhook Events, "authorization.removed", "reason".
REASONS: Final = {
    0: "TikTok removed the app's access to account {}, and does not say why",
    1: "account {} was disconnected from the app by its user, in TikTok's settings",
    2: "account {} was deleted at TikTok",
    3: "account {} lost its access because the age of its user changed",
    4: "account {} was banned by TikTok",
    5: "the access to account {} was revoked by the developer of the app",
}
_FINAL: Final = frozenset({2, 4})


def fingerprint(pair: Pair) -> str:
    """What tells a token, and all that grows from it, from others, without telling the token."""
    return pair.seed_sha256 or hashlib.sha256(f"{pair.access_token}\n{pair.refresh_token}".encode()).hexdigest()


def still_holds(removed_at: datetime, token_sha256: str, pair: Pair) -> bool:
    """Whether `pair` is from before the removal: by the time of its saving, else as the one that was seen to die.

    A pair that was saved later is a newer sign-in, and is never taken for dead.
    """
    if pair.saved_at is not None:
        return pair.saved_at <= removed_at
    return bool(token_sha256) and fingerprint(pair) == token_sha256


def problem(account: str, reason: int, removed_at: datetime, renewal: str, zone: str = "UTC") -> Problem:
    """The problem for a person. renewal: the step that gives the account another token. zone: the account's."""
    why = REASONS.get(reason, REASONS[0]).format(account)
    hint = f"check TikTok's app; if the account is back: {renewal}" if reason in _FINAL else renewal
    return Problem("access-removed", f"{why}, {in_words(removed_at, zone)}", hint)
