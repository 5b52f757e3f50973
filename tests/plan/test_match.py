"""When is a public video like what was sent?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contentsync.plan.match import Lookalikes, candidates, same_caption
from contentsync.post import Kind, Mode, Privacy
from tests.builders import NOW, a_media, a_post, a_remote, an_attempt

LONG = "So long " * 40


def listed(caption: str, units: int = 150) -> str:
    """A caption as TikTok lists it: cut at 150 UTF-16 units, where half of a character may be left over."""
    return caption.encode("utf-16-le")[: units * 2].decode("utf-16-le", "replace")


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("Launch day", "Launch day"),
        ("Launch  day \n#fyp", "Launch day #fyp"),
        ("Cafe\u0301", "Caf\u00e9"),
        (LONG, LONG[:150]),
        (LONG, LONG[:147] + "..."),
        (LONG, LONG[:149] + "…"),
        ("🎬" * 100, "🎬" * 75),
    ],
)
def test_a_caption_is_known_as_tiktok_shows_it(sent: str, shown: str) -> None:
    assert same_caption(sent, shown)


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("Launch day", "Launch"),
        ("Launch", "Launch day"),
        (LONG, LONG[:100]),
        (LONG, ""),
        ("", "Launch"),
        (LONG, "x" * 150),
    ],
)
def test_a_short_beginning_is_no_likeness(sent: str, shown: str) -> None:
    assert not same_caption(sent, shown)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=400))
def test_every_caption_is_known_again_however_it_is_cut(caption: str) -> None:
    assert same_caption(caption, listed(caption))


@pytest.mark.parametrize(
    ("attempt", "video", "fits"),
    [
        ({}, {}, True),
        ({}, {"duration": 11}, True),
        ({}, {"duration": 12}, False),
        ({}, {"duration": 0}, True),
        ({"duration": None}, {"duration": 60}, True),
        ({}, {"created_at": NOW + timedelta(hours=24)}, True),
        ({}, {"created_at": NOW + timedelta(hours=25)}, False),
        ({}, {"created_at": NOW - timedelta(minutes=1)}, True),
        ({}, {"created_at": NOW - timedelta(minutes=5)}, False),
        ({}, {"caption": "", "title": "Launch day"}, True),
        ({"caption": ""}, {"caption": "", "title": ""}, False),
        ({"privacy": Privacy.FRIENDS}, {}, False),
        ({"privacy": "", "mode": Mode.DRAFT}, {}, True),
    ],
)
def test_a_video_fits_by_caption_duration_and_time(
    attempt: dict[str, Any], video: dict[str, Any], fits: bool
) -> None:
    assert bool(candidates(an_attempt(a_post(), **attempt), [a_remote(**video)])) is fits


CAPTIONS = st.sampled_from(["", "One", "Two", LONG[:150], LONG[:147] + "..."])


@given(
    st.sampled_from(["", "One", "Two", LONG, LONG + "more"]),
    st.lists(st.tuples(CAPTIONS, st.sampled_from([0, 9, 11, 33])), max_size=4),
)
def test_lookalikes_are_those_that_a_comparison_one_by_one_finds(caption: str, shown: list[tuple[str, int]]) -> None:
    videos = [
        a_remote(post_id=str(n), caption=text, title="", duration=seconds) for n, (text, seconds) in enumerate(shown)
    ]
    alike = [v for v in videos if v.duration != 33 and (caption or v.duration)]
    expected = {v.post_id for v in alike if (caption or not v.caption) and same_caption(caption, v.caption)}
    assert set(Lookalikes(videos).of(a_post(caption=caption))) == expected


EMOJI = "\N{PARTY POPPER}"


@pytest.mark.parametrize(
    ("post", "video", "alike"),
    [
        ({"caption": "Launch day\n"}, {}, True),
        ({"caption": f"{EMOJI} Launch"}, {"caption": f"{EMOJI} Launch"}, True),
        ({"caption": "x" * 149 + EMOJI + " and more"}, {"caption": "x" * 149 + "\ud83c"}, True),  # cut in a pair
        ({"caption": "x" * 149 + EMOJI + " and more"}, {"caption": "x" * 149}, True),  # cut before it
        ({"caption": "x" * 149}, {"caption": "x" * 149 + "y"}, False),
        ({"seconds": 9.5}, {"duration": 10}, True),
        ({"seconds": 9.5}, {"duration": 9}, True),
        ({"seconds": 8.9}, {"duration": 10}, False),
        ({"seconds": None}, {"duration": 59}, True),  # what TikTok fetches has no length that is known here
        ({}, {"duration": 0}, True),
        ({"caption": ""}, {"caption": "", "title": ""}, True),
        ({"caption": ""}, {"caption": "", "title": "", "duration": 0}, False),
        ({"caption": "", "seconds": None}, {"caption": "", "title": ""}, False),
        ({"caption": ""}, {}, False),
        ({"mode": Mode.DRAFT, "privacy": None}, {}, True),  # the creator pasted the caption
        ({"kind": Kind.PHOTOS, "caption": "", "title": "Launch day"}, {"duration": 0}, True),
        ({"kind": Kind.PHOTOS, "caption": "", "title": ""}, {"caption": "", "title": "", "duration": 0}, False),
    ],
)
def test_a_video_is_like_a_post_or_not(post: dict[str, Any], video: dict[str, Any], alike: bool) -> None:
    media = a_media()
    assert media.facts is not None
    if (seconds := post.pop("seconds", 10.0)) is None:
        media = a_media(url="https://media.acme.example/a.mp4")
    elif seconds != 10.0:
        media = replace(media, facts=replace(media.facts, duration=seconds))
    shown = {"title": video["caption"]} | video if "caption" in video else video
    assert bool(Lookalikes([a_remote(**shown)]).of(a_post(media=(media,), **post))) is alike
