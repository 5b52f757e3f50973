"""Approvals on the branch: what was revoked or used stays so, whoever tells it first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from contentsync.approval import Approval
from contentsync.errors import StoreError
from contentsync.store.git.approvals import approvals_of, merged, path_of, text_of
from tests.builders import NOW, OPEN_ID

YES = Approval("acme", "launch", OPEN_ID, 1, "sha256:1", {"media": "a"}, "anna", "prompt", NOW)
LATER = NOW + timedelta(hours=1)


def test_what_is_written_is_what_is_read() -> None:
    told = [replace(YES, revoked_at=LATER), replace(YES, generation=2, used_by="a1")]
    assert approvals_of(path_of(OPEN_ID, "launch"), text_of(told)) == told


@pytest.mark.parametrize("text", [b"", b"[]", b'{"format": "other/1"}', text_of([replace(YES, name="other")])])
def test_what_is_none_is_refused(text: bytes) -> None:
    with pytest.raises(StoreError, match="state-corrupt"):
        approvals_of(path_of(OPEN_ID, "launch"), text)


def test_a_revoked_one_does_not_come_back_and_a_later_one_counts() -> None:
    revoked, used, anew = replace(YES, revoked_at=LATER), replace(YES, used_by="a1"), replace(YES, at=LATER)
    assert merged(YES, revoked) == merged(revoked, YES) == revoked
    assert merged(used, revoked) == replace(revoked, used_by="a1")
    assert merged(revoked, anew) == merged(anew, revoked) == anew
