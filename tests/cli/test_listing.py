"""Do `videos` and `comments` show what TikTok has, safely on a terminal, and as documented data?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contentsync.emulator.config import Account, App, Comment, Video
from contentsync.emulator.server import Emulator
from tests.cli.support import Studio, an_emulator

EVIL = "Nice \x1b[31mred\x1b]0;owned\x07 \u202eback"


def a_film(number: int, **more: object) -> Video:
    return Video(f"Film {number}", id=7_400_000_000_000_000_000 + number, **more)  # type: ignore[arg-type]


@pytest.fixture
def cinema(tmp_path: Path) -> Iterator[tuple[Studio, Emulator]]:
    """An account with 25 public videos and one private, of an app that is approved for research."""
    films = tuple(a_film(n, view_count=1000 * n, like_count=n, comment_count=2, share_count=1) for n in range(1, 26))
    hidden = a_film(99, privacy="SELF_ONLY")
    with an_emulator(
        accounts=(Account("acme", videos=(*films, hidden)),), app=App(audited=True, research=True)
    ) as it:
        yield Studio(tmp_path / "studio", it.environment), it


def test_videos_are_listed_newest_first_with_their_figures(cinema: tuple[Studio, Emulator]) -> None:
    studio, _ = cinema
    ran = studio.run("videos", "acme", "--limit", "2")
    lines = ran.out.splitlines()
    assert (ran.code, lines[0].split()) == (0, ["views", "likes", "comments", "shares", "date", "post"])
    assert lines[1].split()[:4] == ["1,000", "1", "2", "1"]
    assert lines[2:4] == ["  Film 1", "  https://www.tiktok.com/@acme/video/7400000000000000001"]
    assert "There are more than 2 videos: a higher --limit shows them." in ran.err
    assert max(map(len, lines)) <= 80


def test_all_pages_are_read_each_video_once_and_private_ones_never(cinema: tuple[Studio, Emulator]) -> None:
    studio, served = cinema
    told = studio.run("videos", "acme", "--limit", "100", "--json").json
    ids = [video["post_id"] for video in told["videos"]]
    assert (told["format"], told["account"], told["more"]) == ("contentsync.videos/1", "acme", False)
    assert ids == [str(7_400_000_000_000_000_000 + n) for n in range(1, 26)]
    assert sum(request["endpoint"] == "video_list" for request in served.requests()) == 2


def test_no_page_is_read_that_is_not_shown(cinema: tuple[Studio, Emulator]) -> None:
    studio, served = cinema
    assert len(studio.run("videos", "acme", "--limit", "5", "--json").json["videos"]) == 5
    assert sum(request["endpoint"] == "video_list" for request in served.requests()) == 1


@pytest.mark.parametrize("asks", [("videos", "acme"), ("accounts",), ("refresh",)])
def test_what_asks_who_the_account_is_leaves_the_addresses_of_its_posts(
    studio: Studio, emulator: Emulator, asks: tuple[str, ...]
) -> None:
    """A token from the environment is not asked for its handle, since its scopes are not known."""
    studio.post("one")
    studio.run("apply", "--auto-approve")
    before = studio.run("status", "--json").json["posts"][0]["url"]
    assert studio.run(*asks).code == 0
    assert before and studio.run("status", "--json").json["posts"][0]["url"] == before


def test_a_video_tells_the_post_that_it_is_bound_to(studio: Studio, emulator: Emulator) -> None:
    studio.post("one")
    studio.run("apply", "--auto-approve")
    told = studio.run("videos", "acme", "--json").json["videos"][0]
    shown = studio.run("videos", "acme").out
    assert (told["post"], told["caption"]) == ("acme/one", "About one")
    assert told["url"].endswith(told["post_id"])
    assert shown.splitlines()[1].endswith("  acme/one")


def test_videos_are_asked_for_by_their_ids_and_those_not_there_told(cinema: tuple[Studio, Emulator]) -> None:
    studio, served = cinema
    wanted = ["--id", "7400000000000000003", "--id", "7400000000000000099", "--id", "7400000000000000003"]
    ran = studio.run("videos", "acme", *wanted, "--json")
    assert (ran.code, [video["views"] for video in ran.json["videos"]]) == (1, [3000])
    assert ran.json["missing"] == ["7400000000000000099"]
    assert "7400000000000000099" in ran.err
    assert sum(request["endpoint"] == "video_query" for request in served.requests()) == 1


def test_foreign_text_can_not_steer_the_terminal(cinema: tuple[Studio, Emulator]) -> None:
    studio, served = cinema
    served.change_video("7400000000000000001", caption=EVIL)
    served.add_comment("7400000000000000001", Comment(EVIL))
    shown = studio.run("videos", "acme").out + studio.run("comments", "7400000000000000001").out
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    assert shown.count("\\u001b[31mred") == 2
    assert studio.run("videos", "acme", "--json").json["videos"][0]["caption"] == EVIL


def test_without_the_scope_the_list_asks_for_a_sign_in(studio: Studio, emulator: Emulator) -> None:
    emulator.change_account("acme", scopes=("user.info.basic",))
    ran = studio.run("videos", "acme")
    assert (ran.code, "[scope-not-authorized]" in ran.err, "video.list" in ran.err) == (8, True, True)


def test_an_account_without_videos_says_so(studio: Studio) -> None:
    assert studio.run("videos", "acme").out == "acme has no public videos.\n"


@pytest.mark.parametrize(
    "args", [("videos", "nobody"), ("videos", "acme", "--id", "abc"), ("videos", "acme", "--limit", "0")]
)
def test_videos_called_wrongly_are_told(studio: Studio, args: tuple[str, ...]) -> None:
    assert studio.run(*args).code == 64


def test_comments_are_shown_with_likes_and_replies(cinema: tuple[Studio, Emulator]) -> None:
    studio, served = cinema
    first = served.add_comment("7400000000000000001", Comment("Lovely!", like_count=4))
    served.add_comment("7400000000000000001", Comment("Soon", parent=int(first)))
    ran = studio.run("comments", "7400000000000000001")
    replies = studio.run("comments", "7400000000000000001", "--replies-of", first, "--json").json
    assert ran.code == 0
    assert ran.out.splitlines()[0].endswith(f"  4 likes, 1 reply  {first}")
    assert ran.out.splitlines()[1:] == ["  Lovely!"]
    assert (replies["format"], replies["replies_of"]) == ("contentsync.comments/1", first)
    assert [(c["text"], c["parent_comment_id"]) for c in replies["comments"]] == [("Soon", first)]


def test_comments_beyond_a_page_come_by_their_start_index(cinema: tuple[Studio, Emulator]) -> None:
    studio, served = cinema
    for number in range(130):
        served.add_comment("7400000000000000001", Comment(f"c{number}", hidden=number % 7 == 0))
    told = studio.run("comments", "7400000000000000001", "--limit", "200", "--json").json
    assert [c["text"] for c in told["comments"]] == [f"c{number}" for number in range(130) if number % 7]
    few = studio.run("comments", "7400000000000000001", "--limit", "3", "--json").json
    assert (len(few["comments"]), few["more"]) == (3, True)


def test_one_token_of_the_app_serves_a_whole_run(cinema: tuple[Studio, Emulator]) -> None:
    studio, served = cinema
    for number in range(130):
        served.add_comment("7400000000000000001", Comment(f"c{number}"))
    served.add_fault("comment_list:expire_token,nth=2")
    told = studio.run("comments", "7400000000000000001", "--limit", "200", "--json").json
    assert len(told["comments"]) == 130
    assert sum(request["endpoint"] == "token" for request in served.requests()) == 2


def test_an_app_without_approval_is_told_for_whom_comments_are(studio: Studio) -> None:
    ran = studio.run("comments", "7400000000000000001")
    assert (ran.code, ran.out) == (8, "")
    assert "approved researchers" in ran.err
    assert "[research-not-approved]" in ran.err


def test_replies_to_a_comment_on_another_video_are_refused(cinema: tuple[Studio, Emulator]) -> None:
    studio, served = cinema
    first = served.add_comment("7400000000000000001", Comment("Lovely!"))
    served.add_comment("7400000000000000001", Comment("Soon", parent=int(first)))
    ran = studio.run("comments", "7400000000000000002", "--replies-of", first)
    assert (ran.code, "[comment-of-another-video]" in ran.err) == (64, True)


def test_without_the_apps_keys_there_are_no_comments(cinema: tuple[Studio, Emulator]) -> None:
    studio, _ = cinema
    studio.environment.pop("CONTENTSYNC_CLIENT_SECRET")
    ran = studio.run("comments", "7400000000000000001")
    assert (ran.code, "[client-keys-missing]" in ran.err) == (8, True)


def test_what_is_no_id_is_told(offline: Studio) -> None:
    assert offline.run("comments", "https://www.tiktok.com/@acme/video/1").code == 64
