"""While TikTok does not answer about a post that it processes, commands say that its state is as last known."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from contentsync.emulator.config import Pace
from contentsync.emulator.server import Emulator
from tests.cli.support import Studio, an_emulator


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with an_emulator(pace=Pace(processing_polls=100_000, moderation_polls=0)) as served:
        yield served


@pytest.fixture
def processing(studio: Studio, emulator: Emulator) -> Studio:
    """A project with a post that TikTok processes; from now on TikTok answers no question about it."""
    studio.post("launch")
    assert studio.run("apply", "--auto-approve", "--no-wait").code == 3
    emulator.add_fault("status:drop_before,count=all")
    return studio


def test_status_says_on_the_posts_line_that_there_is_no_news(processing: Studio, emulator: Emulator) -> None:
    ran = processing.run("status")
    assert ran.code == 3
    assert "so this is as last known" in ran.out and "[unanswered]" in ran.out
    (post,) = processing.run("status", "--json").json["posts"]
    assert post["problem"]["code"] == "unanswered"
    emulator.clear_faults()
    assert processing.run("status", "--json").json["posts"][0]["problem"] is None
    assert "as last known" not in processing.run("status").out


def test_refresh_names_the_post_of_which_there_is_no_news(processing: Studio) -> None:
    ran = processing.run("refresh")
    assert "acme/launch: TikTok gave no news of it now" in ran.out + ran.err
    told = processing.run("refresh", "--json").json["accounts"]
    assert "unanswered" in [problem["code"] for one in told for problem in one["problems"]]
