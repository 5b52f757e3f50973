"""A draft that its creator posted is compared with what was declared, as far as TikTok shows it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from contentsync.lifecycle import Phase
from contentsync.plan.differs import differences, posted_by_creator
from contentsync.post import Mode
from contentsync.post_state import Attempt
from tests.builders import a_remote, a_row, an_attempt


def posted(**over: Any) -> Attempt:
    return replace(an_attempt(phase=Phase.PUBLISHED), mode=Mode.DRAFT, post_id="74", **over)


@pytest.mark.parametrize(
    ("listed", "seconds", "differs"),
    [
        ("Launch day", 10, []),
        ("Launch  day", 11, []),
        ("Other", 10, ["caption"]),
        ("Launch day", 14, ["length"]),
        ("", 14, ["caption", "length"]),
        ("Launch day", 0, []),
    ],
)
def test_caption_and_length_are_compared(listed: str, seconds: int, differs: list[str]) -> None:
    video = a_remote(post_id="74", caption=listed, title="", duration=seconds)
    found = differences(posted(caption="Launch day", duration=10.0), video)
    assert [one.what for one in found] == differs


def test_a_caption_is_compared_as_far_as_tiktok_shows_it() -> None:
    video = a_remote(caption=("word " * 60)[:150], title="", duration=0)
    assert differences(posted(caption="word " * 60, duration=None), video) == ()


def test_a_caption_that_was_not_declared_is_the_creators_choice() -> None:
    assert differences(posted(caption="", duration=None), a_remote(caption="Mine")) == ()


def test_a_long_caption_is_named_by_its_beginning() -> None:
    (one,) = differences(posted(caption="a" * 500, duration=None), a_remote(caption="b\nc", title=""))
    assert str(one) == f'its caption is "b c", declared is "{"a" * 59}…"'


def test_a_direct_post_is_none_that_a_creator_posted() -> None:
    row = a_row(phase=Phase.PUBLISHED)
    assert posted_by_creator(row) is None
    assert posted_by_creator(replace(row, attempts=(posted(),))) is not None
