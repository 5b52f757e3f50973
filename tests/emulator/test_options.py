"""Choices of the emulator as text: quirks by name, and scopes taken away."""

from __future__ import annotations

from dataclasses import fields

import pytest

from contentsync.emulator.config import SCOPES, Account, Quirks
from contentsync.emulator.options import quirks_of, without_scopes


@pytest.mark.parametrize(
    ("text", "quirks"),
    [
        ("oauth_status=400", Quirks(oauth_status=400)),
        ("oauth_status=200", Quirks(oauth_status=200)),
        ("business_status=none", Quirks(business_status=None)),
        ("business_status=200", Quirks(business_status=200)),
        ("refresh_rotates=no", Quirks(refresh_rotates=False)),
        ("refresh_grace=2.5", Quirks(refresh_grace=2.5)),
        ("repeated_chunk=206", Quirks(repeated_chunk=206)),
        ("post_id_shape=scalar", Quirks(post_id_shape="scalar")),
        ("post_id_key=publicly_available_post_id", Quirks(post_id_key="publicly_available_post_id")),
        ("listed_units=none", Quirks(listed_units=None)),
        ("posts_cap_counts=failed", Quirks(posts_cap_counts=frozenset({"failed"}))),
        ("posts_cap_counts=failed+unfinished", Quirks(posts_cap_counts=frozenset({"failed", "unfinished"}))),
    ],
)
def test_a_quirk_is_written_by_its_name(text: str, quirks: Quirks) -> None:
    assert quirks_of([text]) == quirks


def test_quirks_add_up() -> None:
    assert quirks_of(["oauth_status=401", "photos_listed=yes"]) == Quirks(oauth_status=401, photos_listed=True)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("colour=red", "oauth_status"),
        ("oauth_status", "NAME=VALUE"),
        ("oauth_status=many", "a number"),
        ("megabyte=small", "binary, decimal, either"),
        ("refresh_rotates=perhaps", "false"),
    ],
)
def test_a_wrong_quirk_lists_what_there_is(text: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        quirks_of([text])


def test_every_quirk_can_be_written() -> None:
    """A field of a kind that the reader does not know would refuse every value."""
    for field in fields(Quirks):
        value = getattr(Quirks(), field.name)
        text = (
            "none" if value in (None, frozenset()) else str(value).lower() if value in (True, False) else str(value)
        )
        assert quirks_of([f"{field.name}={text}"]) == Quirks()


def test_scopes_are_taken_from_all_accounts_or_from_one() -> None:
    acme, beta = without_scopes([Account("acme"), Account("beta")], ["video.publish", "beta:video.list"])
    assert acme.scopes == tuple(scope for scope in SCOPES if scope != "video.publish")
    assert set(SCOPES) - set(beta.scopes) == {"video.publish", "video.list"}


@pytest.mark.parametrize("text", ["video.fly", "nobody:video.list", ":"])
def test_a_scope_or_account_that_is_not_there_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no account|not one of"):
        without_scopes([Account("acme")], [text])
