"""Which other open_ids are, or may be, the account's own? Every pair of what is known of two identities."""

from __future__ import annotations

from pathlib import Path

import pytest

from contentsync.evidence import first_posts
from contentsync.evidence.identity import Former, Identity, Witnessed, Witnesses

NOW = Identity("new", "u-1", "acme")


def formers(
    now: Identity, account: str, seen: list[Witnessed], others: dict[str, str] | None = None
) -> tuple[Former, ...]:
    return Witnesses(seen, others or {}).formers(now, account)


@pytest.mark.parametrize(
    ("other", "alike"),
    [
        (Identity("old", "u-1", "acme"), True),
        (Identity("old", "u-1", "renamed"), True),
        (Identity("old", "u-2", "acme"), False),  # the handle changed hands
        (Identity("old", "", "acme"), True),  # an app of another developer
        (Identity("old", "", ""), False),
        (Identity("old", "u-1", ""), True),
    ],
)
def test_the_developers_own_id_decides_and_else_the_handle(other: Identity, alike: bool) -> None:
    found = formers(NOW, "acme", [Witnessed(other, "elsewhere", rows=1)])
    assert bool(found) is alike


@pytest.mark.parametrize("other", [Identity("old"), Identity("old", "u-2", "stranger")])
def test_whatever_was_made_for_the_accounts_name_is_asked_about(other: Identity) -> None:
    assert formers(NOW, "acme", [Witnessed(other, "acme", receipts=1)]) == (Former(other, receipts=1),)


def test_the_posts_of_the_open_id_itself_and_of_other_accounts_are_no_matter() -> None:
    seen = [
        Witnessed(NOW, "acme", rows=1),
        Witnessed(Identity("beta"), "acme", rows=1),
        Witnessed(Identity(""), "acme"),
    ]
    assert formers(NOW, "acme", seen, {"beta": "beta"}) == ()


def test_rows_and_receipts_of_one_open_id_are_counted_together() -> None:
    seen = [Witnessed(Identity("old"), "acme", rows=2), Witnessed(Identity("old", "u-1", "acme"), "acme", receipts=1)]
    (found,) = formers(NOW, "acme", seen)
    assert (found.counted, found.identity.shown) == ("2 posts in the state and 1 receipt", "@acme (old)")


def test_a_note_of_a_first_post_comes_back_and_one_that_is_damaged_tells_nothing(tmp_path: Path) -> None:
    first_posts.note(tmp_path, "/site", "acme", NOW)
    assert first_posts.read(tmp_path, "/site", "acme") == NOW
    assert first_posts.read(tmp_path, "/other", "acme") is None
    next((tmp_path / "identities").iterdir()).write_text('{"open_id": 7')
    assert first_posts.read(tmp_path, "/site", "acme") is None
