"""What did a person approve, and does the approval still hold for the post as it is now? Pure.

The danger: a person says yes to a post, and days later something else is sent. The rule: an approval names the
digest of everything that would be sent. The code that is about to send computes this digest again and compares.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from contentsync.errors import Problem
from contentsync.frozen import frozen
from contentsync.lifecycle import Phase
from contentsync.post import DesiredPost
from contentsync.post_state import Attempt
from contentsync.times import in_words

_WORDS: Final = {
    "account": "the TikTok account",
    "media": "the media",
    "kind": "the kind of post",
    "expires_at": "expires_at",
    "next_slot": "publish_at",
}


@frozen
class Approval:
    """A person's yes to one generation of one post."""

    #: Its account's name at that time.
    account: str
    name: str
    open_id: str
    generation: int
    #: Of everything that would be sent, and when: digest_for_approval.
    digest: str
    #: A short digest of each part by its name, so that what changed can be named.
    parts: Mapping[str, str]
    who: str
    #: By which way: terminal, prompt, saved plan, auto-approve.
    how: str
    at: datetime
    #: The attempt that was begun under it; empty for none so far.
    used_by: str = ""
    revoked_at: datetime | None = None

    @property
    def key(self) -> str:
        return f"{self.account}/{self.name}"


def approval_of(post: DesiredPost, open_id: str, who: str, how: str, at: datetime) -> Approval:
    """The approval of a post as it is now."""
    parts = {name: _digest(value)[:16] for name, value in _sent(post, open_id).items()}
    digest = digest_for_approval(post, open_id)
    return Approval(post.account, post.name, open_id, post.generation, digest, parts, who, how, at)


def digest_for_approval(post: DesiredPost, open_id: str) -> str:
    """One value over all that is sent, to whom and when: it differs exactly when one of these does."""
    return f"sha256:{_digest(_sent(post, open_id))}"


def against(
    approval: Approval | None,
    post: DesiredPost,
    open_id: str | None,
    attempts: Iterable[Attempt] = (),
    zone: str = "UTC",
) -> Problem | None:
    """Why a post may not be sent by an approval; None where it may.

    attempts: those of the post, as they stand. zone: the IANA name of the zone in which times are told.
    """
    hint = f"see it and approve it: contentsync approve {post.key}"
    if approval is None or not open_id:
        return Problem("not-approved", "not approved", hint, post.where)
    if approval.revoked_at:
        what = f"its approval was revoked on {in_words(approval.revoked_at, zone)}"
        return Problem("approval-lapsed", what, hint, post.where)
    if (approval.open_id, approval.generation, approval.digest) != (
        open_id,
        post.generation,
        digest_for_approval(post, open_id),
    ):
        return Problem(
            "approval-lapsed", f"its approval lapsed: {_change(approval, post, open_id)}", hint, post.where
        )
    if approval.used_by and not _came_to_nothing(approval.used_by, attempts):
        return Problem("approval-lapsed", "its approval was used by an earlier attempt", hint, post.where)
    return None


def _sent(post: DesiredPost, open_id: str) -> dict[str, object]:
    """All that goes to TikTok, to whom, and the times as the author wrote them."""
    return {
        **post.sent_values(),
        "account": open_id,
        "publish_at": post.publish_at,
        "next_slot": post.next_slot,
        "grace": post.grace,
        "expires_at": post.expires_at,
    }


def _change(approval: Approval, post: DesiredPost, open_id: str) -> str:
    return f"{differences(approval, post, open_id) or 'what is sent'} changed"


def differences(approval: Approval, post: DesiredPost, open_id: str) -> str:
    """Which parts of a post are not the approved ones, in words; empty if all are."""
    now = {name: _digest(value)[:16] for name, value in _sent(post, open_id).items()}
    differ = [name for name in (*now, *approval.parts) if now.get(name) != approval.parts.get(name)]
    words = list(dict.fromkeys(_WORDS.get(name, f"the {name}" if name == "caption" else name) for name in differ))
    if approval.generation != post.generation:
        words.append("its generation")
    return ", ".join(words)


def _came_to_nothing(attempt_id: str, attempts: Iterable[Attempt]) -> bool:
    """Whether the attempt goes on, or ended so that another may follow by itself: then the same yes covers it."""
    used = next((one for one in attempts if one.id == attempt_id), None)
    if used is None:
        return False
    return used.phase in {Phase.INTENT, Phase.UPLOADING, Phase.ORPHANED} or (
        used.phase is Phase.FAILED and used.retry
    )


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
