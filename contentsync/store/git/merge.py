"""Which of two rows of one post is right, ours or the shared one? Pure.

The danger: a row of ours that was not pushed yet meets a row that another machine pushed. The rule: the shared row
wins wherever it claims something, because nothing is sent before its claim was pushed; and what either side learnt
of an attempt from TikTok is kept. So a claim of ours that came too late is dropped without harm (its init was never
sent), and an outcome is never lost.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from contentsync.errors import Problem, StoreError
from contentsync.lifecycle import TELLS, Phase
from contentsync.post_state import Attempt, PostState

# Of two phases that tell as much, the surer one: TikTok has it after all, or said no.
_SURER: Final = frozenset({Phase.PROCESSING, Phase.FAILED})


def merged(ours: PostState, shared: PostState) -> PostState:
    """One row from ours, which is not shared yet, and the shared one. Raises StoreError where both sent something."""
    mine = {attempt.id: attempt for attempt in ours.attempts}
    attempts = [_further(mine.pop(told.id), told) if told.id in mine else told for told in shared.attempts]
    for left in mine.values():
        if left.init_sent_at is not None:
            raise StoreError(_both_sent(ours, left))
        if _may_follow(left, attempts):
            attempts.append(replace(left, number=len(attempts) + 1, post_uid=shared.uid))
    return replace(
        shared,
        account=ours.account,
        generation=max(ours.generation, shared.generation),
        attempts=tuple(attempts),
        slot_at=(shared if shared.slot_at else ours).slot_at,
        slot_rule=(shared if shared.slot_at else ours).slot_rule,
        acked_digest=ours.acked_digest or shared.acked_digest,
        bound_post_id=shared.bound_post_id or ours.bound_post_id,
        removed_at=shared.removed_at or ours.removed_at,
        edited_media=" ".join(dict.fromkeys(f"{shared.edited_media} {ours.edited_media}".split())),
    )


def _further(ours: Attempt, shared: Attempt) -> Attempt:
    """The one that knows more of what became of an attempt; what only the other knows is added."""
    ahead, behind = (ours, shared) if _standing(ours) > _standing(shared) else (shared, ours)
    return replace(
        ahead,
        publish_id=ahead.publish_id or behind.publish_id,
        post_id=ahead.post_id or behind.post_id,
        last_put_at=ahead.last_put_at or behind.last_put_at,
        sent_bytes=max(ahead.sent_bytes, behind.sent_bytes),
    )


def _standing(attempt: Attempt) -> tuple[int, bool, bool, bool, bool]:
    is_announced = attempt.phase is Phase.UPLOADING and attempt.last_put_at is not None
    is_surer = attempt.phase in _SURER
    return TELLS[attempt.phase], is_announced, is_surer, bool(attempt.post_id), bool(attempt.publish_id)


def _may_follow(left: Attempt, attempts: list[Attempt]) -> bool:
    """Whether our claim may stand behind the shared attempts: none of them is open, or made this generation."""
    ends = {Phase.PUBLISHED, Phase.DELIVERED, Phase.ABANDONED}
    return not any(
        told.is_open or told.phase is Phase.UNKNOWN or (told.phase in ends and told.generation >= left.generation)
        for told in attempts
    )


def _both_sent(ours: PostState, left: Attempt) -> Problem:
    what = f"this machine sent an attempt of {ours.key} ({left.publish_id or left.id}) that the shared state lacks"
    hint = f"the branch was changed by hand or reset: see contentsync explain {ours.key}, and its git log"
    return Problem("state-conflict", what, hint)
