"""Figures of posts over time: noted while TikTok's list is read, shown without the network."""

from __future__ import annotations

import csv
import io

from contentsync.emulator.server import Emulator
from tests.cli.support import Studio


def published(studio: Studio, *names: str) -> None:
    for name in names:
        studio.post(name)
    assert studio.run("apply", "--auto-approve").code == 0
    assert studio.run("refresh", "--full-list").code == 0


def test_the_figures_of_each_post_are_shown(studio: Studio, emulator: Emulator) -> None:
    published(studio, "launch", "teaser")
    ran = studio.run("stats")
    assert ran.code == 0
    head, *lines = ran.out.splitlines()
    assert head.split() == ["views", "in", "7", "days", "likes", "comments", "shares", "as", "of", "post"]
    assert sorted(line.split()[-1] for line in lines) == ["acme/launch", "acme/teaser"]


def test_json_has_every_figure(studio: Studio, emulator: Emulator) -> None:
    published(studio, "launch")
    found = studio.run("stats", "acme/launch", "--json").json
    assert found["format"] == "contentsync.stats/1"
    (post,) = found["posts"]
    assert post["post"] == "acme/launch" and post["url"].endswith(post["post_id"])
    assert post["figures"][-1]["views"] >= 0 and post["figures"][-1]["at"].endswith("Z")


def test_a_caption_is_no_formula_in_csv(studio: Studio, emulator: Emulator) -> None:
    studio.post("launch", caption='=HYPERLINK("http://evil")')
    published(studio)
    assert studio.run("stats", "--csv", "figures.csv").code == 0
    text = (studio.root / "figures.csv").read_bytes().decode()
    (line,) = csv.DictReader(io.StringIO(text, newline=""))
    assert line["caption"] == '\'=HYPERLINK("http://evil")' and line["post"] == "acme/launch"


def test_an_unknown_post_is_an_error(studio: Studio) -> None:
    assert studio.run("stats", "nothing").code == 64


def test_without_a_public_video_it_says_so(offline: Studio) -> None:
    assert offline.run("stats").out == "No post has a public video that contentsync knows of.\n"


def test_a_table_that_can_t_be_written_is_an_error(offline: Studio) -> None:
    ran = offline.run("stats", "--csv", "no/such/folder/figures.csv")
    assert ran.code == 1 and "output-unwritable" in ran.err
