"""A problem's words: what is filled in where it is shown."""

from __future__ import annotations

import re

import pytest

from contentsync.errors import Problem
from contentsync.tiktok import refusals


@pytest.mark.parametrize(
    ("hint", "key", "told"),
    [
        ("try: contentsync apply --retry POST", "acme/a", "try: contentsync apply --retry acme/a"),
        ("contentsync resolve POST --keep", "acme/a", "contentsync resolve acme/a --keep"),
        ("run: contentsync login ACCOUNT; or not", "acme/a", "run: contentsync login acme; or not"),
        ("run: contentsync login ACCOUNT", "acme", "run: contentsync login acme"),
        ("contentsync apply --retry POST", "acme", "contentsync apply --retry POST"),
        ("contentsync login ACCOUNT", "", "contentsync login ACCOUNT"),
        ("the POST of an ACCOUNT", "acme/a", "the POST of an ACCOUNT"),
    ],
)
def test_the_blanks_of_a_command_are_filled_in(hint: str, key: str, told: str) -> None:
    assert Problem("x", "y", hint).addressed(key).hint == told


def test_no_hint_of_a_refusal_keeps_a_blank_once_it_is_addressed() -> None:
    rows = [*refusals.REFUSALS.values(), *refusals.FAILURES.values(), *refusals.OAUTH.values()]
    hints = [row.problem().addressed("acme/a").hint for row in rows]
    assert any("acme" in hint for hint in hints)
    assert [hint for hint in hints if re.search(r"\b(POST|ACCOUNT)\b", hint)] == []
