"""Whether the public list speaks against the video that a person names for a post."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from contentsync.errors import Level
from contentsync.lifecycle import Phase
from contentsync.plan.named_video import Listed, doubt
from contentsync.post import Mode, Privacy
from tests.builders import NOW, POST_ID, a_post, a_remote, an_attempt

POST = a_post()
UNKNOWN = replace(an_attempt(POST, phase=Phase.UNKNOWN), duration=None)
OTHER = "7400000000000000077"


def listed(*videos: object, bound: tuple[str, ...] = ()) -> Listed:
    return Listed(videos, bound, NOW + timedelta(hours=1), "Europe/Berlin")  # type: ignore[arg-type]


def test_a_listed_video_that_fits_is_not_doubted() -> None:
    assert doubt(POST.key, POST_ID, POST, UNKNOWN, listed(a_remote())) is None
    assert doubt(POST.key, POST_ID, POST, None, listed(a_remote())) is None


@pytest.mark.parametrize(
    "video", [a_remote(caption="Another day"), a_remote(created_at=NOW - timedelta(days=40))], ids=["caption", "age"]
)
def test_a_listed_video_that_can_not_be_the_post_is_doubted(video: object) -> None:
    found = doubt(POST.key, POST_ID, POST, UNKNOWN, listed(video))

    assert found is not None and found.level is Level.WARNING
    assert f"video {POST_ID} does not look like {POST.key}" in found.what


def test_the_listed_video_that_looks_like_the_post_is_named() -> None:
    found = doubt(POST.key, "123", POST, UNKNOWN, listed(a_remote()))

    assert found is not None
    assert "does not show video 123" in found.what
    assert POST_ID in found.what


@pytest.mark.parametrize("attempt", [UNKNOWN, None])
def test_a_public_post_that_the_list_does_not_show_is_doubted(attempt: object) -> None:
    found = doubt(POST.key, OTHER, POST, attempt, listed(a_remote(), bound=(POST_ID,)))  # type: ignore[arg-type]

    assert found is not None
    assert POST_ID not in found.what
    assert found.what.endswith(f"though {POST.key} is public")


@pytest.mark.parametrize("how", [{"mode": Mode.DRAFT}, {"privacy": Privacy.ONLY_ME}], ids=["draft", "private"])
def test_a_post_that_no_list_shows_is_not_doubted(how: dict[str, object]) -> None:
    post = replace(POST, **how)  # type: ignore[arg-type]
    attempt = replace(an_attempt(post, phase=Phase.UNKNOWN), caption="Something else")

    assert doubt(post.key, OTHER, post, attempt, listed(a_remote())) is None
    assert doubt(post.key, OTHER, None, None, listed(a_remote())) is None
