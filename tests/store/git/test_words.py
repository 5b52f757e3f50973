"""What people said (pauses, approvals) on a shared state: no word is lost, and one commit tells many."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from contentsync.approval import approval_of
from contentsync.errors import StoreError
from contentsync.pause import Pause
from contentsync.store.git import documents
from tests.builders import NOW, OPEN_ID, a_post
from tests.store.git.remotes import a_backend, a_remote_repository, git

GIVEN = approval_of(a_post(), OPEN_ID, "anna", "terminal", NOW)


def test_documents_of_words_are_read_as_they_were_written_and_others_are_refused() -> None:
    pause = Pause("acme", "anna", NOW, "wrong logo", OPEN_ID)
    assert documents.pause_of("pauses/acme.json", documents.pause_text(pause)) == pause
    for broken in (b"{", b"{}", b"[]", documents.pause_text(replace(pause, account="other"))):
        with pytest.raises(StoreError, match="can't be read"):
            documents.pause_of("pauses/acme.json", broken)


def test_two_people_pause_two_accounts_at_once_and_both_hold(tmp_path: Path) -> None:
    remote = a_remote_repository(tmp_path)
    one, other = a_backend(remote, "one").open(), a_backend(remote, "other").open()
    one.pauses.add("acme", "", "", NOW)
    other.pauses.add("beta", "", "", NOW)
    other.pauses.add("", "", "all of it", NOW)
    one.catch_up(NOW)
    assert (
        {pause.account for pause in one.pauses.all()}
        == {"", "acme", "beta"}
        == {pause.account for pause in other.pauses.all()}
    )
    one.pauses.lift("beta", NOW)
    other.catch_up(NOW)
    assert {pause.account for pause in other.pauses.all()} == {"", "acme"}


def test_many_approvals_are_one_commit(tmp_path: Path) -> None:
    remote = a_remote_repository(tmp_path)
    one = a_backend(remote, "one").open()
    one.approvals.save(GIVEN)
    before = int(git(remote, "rev-list", "--count", "contentsync-state"))
    one.approvals.save(*(replace(GIVEN, name=f"part-{number}") for number in range(12)))
    assert int(git(remote, "rev-list", "--count", "contentsync-state")) == before + 1
    other = a_backend(remote, "other").open()
    other.catch_up(NOW)
    assert other.approvals.all() == one.approvals.all()
