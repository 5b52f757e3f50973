"""What the board shows and does, over a project and an emulator."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from contentsync.clock import SystemClock
from contentsync.emulator.server import Emulator
from contentsync.operations.board import Pulse
from contentsync.plan import declaration
from contentsync.project import Project
from tests.board.conftest import OpenBoard
from tests.board.visitor import Opened
from tests.cli.support import Studio

THREE_SECONDS = next((Path(__file__).parents[2] / "examples").rglob("teaser.mp4"))
HOSTILE = "</textarea></title><script>alert(1)</script><img src=x onerror=alert(1)>\"'`{{ 7*7 }}\u202e"


def in_days(days: float) -> str:
    return (SystemClock().now() + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def a_film(studio: Studio) -> Path:
    """A film in the studio that decodes."""
    film = studio.root / "posts" / "film.mp4"
    film.parent.mkdir(exist_ok=True)
    return shutil.copy(THREE_SECONDS, film)


def approvals(studio: Studio) -> dict[str, dict[str, Any]]:
    return {one["post"]: one for one in studio.run("approve", "--list", "--json").json["approvals"]}


# What is shown.


def test_the_link_works_once_and_leads_on_by_itself_and_a_look_at_its_headers_does_not_use_it_up(
    open_board: OpenBoard,
) -> None:
    opened = open_board()
    assert opened.client.head(opened.board.link).status_code == 405
    page = opened.client.get(opened.board.link).text
    assert re.search(r'http-equiv="refresh" content="0; url=(/[0-9a-f]+/)"><p><a href="\1">Open the board</a>', page)
    assert opened.client.get(opened.board.link).status_code == 403


def test_the_first_page_shows_accounts_what_is_next_and_what_happened(open_board: OpenBoard, studio: Studio) -> None:
    studio.post("out")
    assert studio.run("apply", "--auto-approve").code == 0
    studio.post("soon", publish_at=in_days(1))
    text = open_board().sign_in().page()
    assert "acme/soon" in text and "1 published" in text and "intent" in text
    assert "14 of 15 posts left today" in text


def test_the_calendar_is_on_it(open_board: OpenBoard, studio: Studio) -> None:
    studio.post("soon", publish_at=in_days(1))
    text = open_board().sign_in().page("/calendar")
    assert "Next 7 days" in text and "acme/soon" in text


def test_the_plan_and_the_drafts_are_on_it(open_board: OpenBoard, studio: Studio) -> None:
    studio.post("soon", publish_at=in_days(1))
    studio.post("inboxed", account="acme_de", caption="Paste me")
    assert studio.run("apply", "--auto-approve").code == 0
    board = open_board().sign_in()
    assert "acme/soon" in board.page("/plan")
    assert "Paste me" in board.page("/drafts")
    assert "it waits in the inbox" in board.page("/")


def test_plan_and_drafts_are_pages_of_the_board_that_follow_changes(open_board: OpenBoard, studio: Studio) -> None:
    studio.post("soon", publish_at=in_days(1))
    board = open_board().sign_in()
    for path in ("/plan", "/drafts"):
        text = board.page(path)
        assert f'data-events="{board.base}/events"' in text and "EventSource" in text
        assert f'<a href="{board.base}/history">History</a>' in text
    assert f'href="{board.base}/post/acme/soon"' in board.page("/plan")


def test_the_plan_shows_the_cover_of_each_video_and_every_photo(open_board: OpenBoard, studio: Studio) -> None:
    film = a_film(studio)
    studio.post("film", video=film.name, cover_at="2s", publish_at=in_days(1))
    board = open_board().sign_in()
    digest = hashlib.sha256(film.read_bytes()).hexdigest()
    (address,) = re.findall(r'<img src="([^"]+)"', board.page("/plan"))
    assert address == f"{board.base}/picture/{digest}/2000"
    path = address.removeprefix(board.base)
    picture = board.get(path)
    assert picture.headers["content-type"] == "image/jpeg" and picture.content[:2] == b"\xff\xd8"
    assert "max-age" in picture.headers["cache-control"]
    film.unlink()
    assert board.get(path).content == picture.content  # it was kept


def test_the_plan_names_the_creator_as_tiktok_last_did(open_board: OpenBoard, studio: Studio) -> None:
    studio.post("soon", publish_at=in_days(1))
    board = open_board().sign_in()
    assert "TikTok was not asked" in board.page("/plan")
    studio.run("plan")
    text = board.page("/plan")
    assert "TikTok was not asked" not in text and "(@acme)" in text


def test_a_picture_that_no_page_showed_is_not_made(open_board: OpenBoard, studio: Studio) -> None:
    film = a_film(studio)
    digest = hashlib.sha256(film.read_bytes()).hexdigest()
    assert open_board().sign_in().get(f"/picture/{digest}/2000").status_code == 404


def test_a_file_that_changed_since_the_page_was_made_gives_no_picture(open_board: OpenBoard, studio: Studio) -> None:
    film = a_film(studio)
    studio.post("film", video=film.name, publish_at=in_days(1))
    board = open_board().sign_in()
    (address,) = re.findall(r'<img src="([^"]+)"', board.page("/plan"))
    film.write_bytes(bytes(reversed(film.read_bytes())))
    assert board.get(address.removeprefix(board.base)).headers["content-type"] == "image/svg+xml"


def test_an_account_without_posts_can_be_paused_and_resumed(open_board: OpenBoard, studio: Studio) -> None:
    studio.post("launch", account="acme", publish_at=in_days(1))
    studio.run("pause", "acme_de", "--reason", "wrong logo")
    board = open_board(allow_actions=True).sign_in()
    assert "wrong logo" in board.page() and 'aria-label="Resume acme_de"' in board.page()
    assert board.post("/resume", board.form_of("/") | {"account": "acme_de"}).status_code == 200
    assert studio.run("status", "--json").json["paused"] == []
    assert 'aria-label="Pause acme_de"' in board.page()


@pytest.mark.parametrize("path", ["/nothing", "/post/acme/nothing", "/approve/acme/nothing", "/media/acme/launch/7"])
def test_what_is_not_there_is_a_404(open_board: OpenBoard, studio: Studio, path: str) -> None:
    studio.post("launch")
    assert open_board().sign_in().get(path).status_code == 404


def test_a_faulty_project_file_is_said_on_the_page(open_board: OpenBoard, studio: Studio) -> None:
    board = open_board().sign_in()
    studio.write("contentsync.yaml", "version: 1\naccounts: {acme: {mode: directly}}\n")
    answer = board.get("/")
    assert answer.status_code == 500 and "contentsync.yaml:2:" in answer.text


def test_the_page_of_a_post_has_its_caption_and_the_menu_says_where_one_is(
    open_board: OpenBoard, studio: Studio
) -> None:
    studio.post("launch", caption="One\nTwo", publish_at=in_days(1))
    board = open_board().sign_in()
    assert "One\nTwo" in board.page("/post/acme/launch") and "<dt>publish_at</dt>" in board.page("/post/acme/launch")
    here = re.findall(r'aria-current="page">(\w+)<', "".join(board.page(path) for path in ("/", "/plan", "/drafts")))
    assert here == ["Now", "Plan", "Drafts"]


def test_a_hostile_caption_does_nothing_on_any_page(open_board: OpenBoard, studio: Studio) -> None:
    studio.post("launch", caption=HOSTILE, publish_at=in_days(1))
    board = open_board(allow_actions=True).sign_in()
    for path in ("/", "/calendar", "/history", "/post/acme/launch", "/approve/acme/launch"):
        text = board.page(path)
        assert text.count("<script>") <= 1 and "alert(1)</script>" not in text and "<img src=x" not in text
        assert "\u202e" not in text


def test_no_page_shows_a_value_that_must_not_be_shown(open_board: OpenBoard, studio: Studio) -> None:
    secret = studio.environment["CONTENTSYNC_CLIENT_SECRET"]
    studio.post("launch", caption=f"{'x' * 50} {secret}", publish_at=in_days(1))
    board = open_board(allow_actions=True).sign_in()
    for path in ("/", "/calendar", "/plan", "/history", "/post/acme/launch", "/approve/acme/launch"):
        assert secret[:8] not in board.page(path), path


def test_a_video_can_be_looked_at_in_parts(open_board: OpenBoard, studio: Studio) -> None:
    studio.post("launch")
    board = open_board().sign_in()
    whole = board.get("/media/acme/launch/0")
    assert whole.headers["content-type"] == "video/mp4"
    assert whole.content == (studio.root / "posts" / "launch.mp4").read_bytes()
    part = board.get("/media/acme/launch/0", Range="bytes=0-9")
    assert part.status_code == 206 and part.content == whole.content[:10]


# What is done.


def test_a_pause_is_recorded_with_who_and_how(open_board: OpenBoard, studio: Studio) -> None:
    board = open_board(allow_actions=True).sign_in()
    form = board.form_of("/") | {"account": "acme", "why": "wrong logo"}
    assert board.post("/pause", form).status_code == 200
    (held,) = studio.run("status", "--json").json["paused"]
    assert held["account"] == "acme" and held["why"] == "wrong logo (board)" and held["who"]


def test_a_page_ends_the_pause_that_it_shows_and_no_later_one(open_board: OpenBoard, studio: Studio) -> None:
    board = open_board(allow_actions=True).sign_in()
    board.post("/pause", board.form_of("/") | {"why": "lunch"})
    old = board.form_of("/")
    studio.run("resume")
    studio.run("pause", "--reason", "wrong logo")

    said = board.post("/resume", old)

    assert said.status_code == 409 and "what is paused changed" in said.text
    assert [held["why"] for held in studio.run("status", "--json").json["paused"]] == ["wrong logo"]
    assert board.post("/resume", board.form_of("/")).status_code == 200
    assert studio.run("status", "--json").json["paused"] == []


def choice(board: Opened, path: str = "/approve/acme/launch", **chosen: Any) -> dict[str, Any]:
    return board.form_of(path) | {"privacy": "everyone", "caption": "About launch"} | chosen


def test_an_approval_on_the_board_is_the_same_as_on_the_terminal(open_board: OpenBoard, studio: Studio) -> None:
    studio.post("launch", allow=["comment"], publish_at=in_days(1))
    board = open_board(allow_actions=True).sign_in()
    answer = board.post("/approve/acme/launch", choice(board, allow=["comment"]))
    assert answer.status_code == 200 and declaration.PROCESSING in answer.text
    on_board = approvals(studio)["acme/launch"]
    assert on_board["how"] == "board" and on_board["valid"]
    studio.run("approve", "launch", "--revoke")
    studio.run("approve", "launch", "--auto-approve")
    assert approvals(studio)["acme/launch"].get("digest") == on_board.get("digest")


def test_what_was_approved_on_the_board_is_sent_by_apply_approved(
    open_board: OpenBoard, studio: Studio, emulator: Emulator
) -> None:
    studio.post("launch")
    board = open_board(allow_actions=True).sign_in()
    assert studio.run("apply", "--approved").code == 5
    assert board.post("/approve/acme/launch", choice(board)).status_code == 200
    assert studio.run("apply", "--approved").code == 0
    assert "published" in board.page("/post/acme/launch")


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"privacy": ""}, "you did not choose who can see the post"),
        ({"privacy": "friends"}, "privacy: you chose friends, and the manifest says everyone"),
        ({"allow": ["duet"]}, "allow: you chose duet, and the manifest says none"),
        ({"discloses": "yes"}, declaration.NEITHER),
        ({"caption": "Another"}, "your caption is not the one in the manifest"),
        ({"digest": "sha256:0"}, "changed since this page was opened"),
    ],
)
def test_a_choice_that_is_not_what_is_declared_approves_nothing(
    open_board: OpenBoard, studio: Studio, chosen: dict[str, Any], said: str
) -> None:
    studio.post("launch")
    board = open_board(allow_actions=True).sign_in()
    answer = board.post("/approve/acme/launch", choice(board, **chosen))
    assert answer.status_code == 409 and said in answer.text
    assert approvals(studio) == {}


def test_what_changed_since_the_page_was_opened_is_not_approved(open_board: OpenBoard, studio: Studio) -> None:
    studio.post("launch")
    board = open_board(allow_actions=True).sign_in()
    form = choice(board)
    studio.video("launch.mp4", "other bytes")
    answer = board.post("/approve/acme/launch", form)
    assert answer.status_code == 409 and "changed since this page was opened" in answer.text
    assert approvals(studio) == {}


def test_a_draft_is_approved_without_choices(open_board: OpenBoard, studio: Studio) -> None:
    studio.post("launch", account="acme_de")
    board = open_board(allow_actions=True).sign_in()
    text = board.page("/approve/acme_de/launch")
    assert 'name="privacy"' not in text and "inbox" in text
    assert board.post("/approve/acme_de/launch", board.form_of("/approve/acme_de/launch")).status_code == 200
    assert approvals(studio)["acme_de/launch"]["how"] == "board"


def test_an_unknown_outcome_is_settled_with_the_evidence_beside_it(
    open_board: OpenBoard, studio: Studio, emulator: Emulator
) -> None:
    an_unknown(studio, emulator)
    board = open_board(allow_actions=True).sign_in()
    assert "unknown" in board.page() and "Needs a person" in board.page()
    assert re.search(r"Attempt 1 \(direct\), init \w+ \d", board.page()) and "All the evidence" in board.page()
    text = board.page("/post/acme/launch")
    assert "Is it at TikTok?" in text and "never sent" not in text and "<dt>init</dt>" in text
    path = "/resolve/acme/launch"
    assert board.post(path, board.form_of("/post/acme/launch")).status_code == 400  # nothing was chosen
    form = board.form_of("/post/acme/launch") | {"verdict": "not-published", "why": "not in the app"}
    assert board.post(path, form).status_code == 200
    history = studio.run("state", "history", "launch").out
    assert "resolved-not-published" in history and "not in the app (board)" in history


def test_a_word_about_an_earlier_attempt_settles_no_later_one(
    open_board: OpenBoard, studio: Studio, emulator: Emulator
) -> None:
    """The page shows the first attempt; when the form is sent, a second one has an unknown outcome."""
    an_unknown(studio, emulator)
    board = open_board(allow_actions=True).sign_in()
    form = board.form_of("/post/acme/launch") | {"verdict": "not-published"}
    assert studio.run("resolve", "launch", "--not-published", "--because", "looked").code == 0
    emulator.add_fault("video_init:drop_after")
    assert studio.run("apply", "--auto-approve").code == 4
    emulator.clear_faults()
    answer = board.post("/resolve/acme/launch", form)
    assert answer.status_code == 409 and "changed since the page was opened" in answer.text
    assert [post["phase"] for post in studio.run("status", "--json").json["posts"]] == ["unknown"]


def an_unknown(studio: Studio, emulator: Emulator) -> None:
    """A post that TikTok fetches, whose init was never answered."""
    studio.post("launch", video="https://media.acme.example/clip.mp4", privacy="only_me")
    emulator.add_fault("video_init:drop_after")
    assert studio.run("apply", "--auto-approve").code == 4
    emulator.clear_faults()


# The posting screen, row by row of TikTok's declaration.


@pytest.fixture
def screen(open_board: OpenBoard, studio: Studio) -> str:
    studio.post("launch", caption="Launch day #fyp")
    return open_board(allow_actions=True).sign_in().page("/approve/acme/launch")


def test_1a_the_nickname_is_on_the_screen(screen: str, emulator: Emulator) -> None:
    assert re.search(r"Posts as <strong><bdi>[^<]+</bdi></strong>", screen)


def test_1a_the_nickname_comes_from_a_fresh_call(open_board: OpenBoard, studio: Studio, emulator: Emulator) -> None:
    studio.post("launch")
    board = open_board(allow_actions=True).sign_in()
    before = calls(emulator, "creator_info")
    board.page("/approve/acme/launch")
    assert calls(emulator, "creator_info") == before + 1


def calls(emulator: Emulator, part: str) -> int:
    return sum(part in str(one["endpoint"]) for one in emulator.requests())


def test_1b_a_creator_who_may_not_post_now_has_no_form(
    open_board: OpenBoard, studio: Studio, emulator: Emulator
) -> None:
    studio.post("launch", publish_at=in_days(1))
    emulator.change_account("acme", banned=True)
    board = open_board(allow_actions=True).sign_in()
    text = board.page("/approve/acme/launch")
    assert "be posted now" in text and 'name="digest"' not in text
    refused = board.post("/approve/acme/launch", {"form": board.board._guard.form_token, "privacy": "everyone"})
    assert refused.status_code == 409 and approvals(studio) == {}


@pytest.mark.parametrize("keys", [{}, {"publish_at": in_days(1)}])
def test_1c_a_video_that_is_longer_than_the_creator_s_maximum_has_no_form(
    open_board: OpenBoard, studio: Studio, emulator: Emulator, keys: dict[str, str]
) -> None:
    studio.post("launch", **keys)
    (studio.root / "posts" / "launch.mp4").write_bytes(THREE_SECONDS.read_bytes())
    emulator.change_account("acme", max_video_seconds=2)
    text = open_board(allow_actions=True).sign_in().page("/approve/acme/launch")
    assert "[video-too-long]" in text and 'name="digest"' not in text


def test_2b_only_the_levels_on_offer_can_be_chosen(open_board: OpenBoard, studio: Studio, emulator: Emulator) -> None:
    studio.post("launch", privacy="only_me")
    emulator.change_account("acme", private=True)
    text = open_board(allow_actions=True).sign_in().page("/approve/acme/launch")
    assert re.findall(r'<option value="(\w+)"', text) == ["followers", "friends", "only_me"]


def test_2c_what_the_creator_turned_off_is_greyed(open_board: OpenBoard, studio: Studio, emulator: Emulator) -> None:
    studio.post("launch")
    emulator.change_account("acme", comment_disabled=True, stitch_disabled=True)
    text = open_board(allow_actions=True).sign_in().page("/approve/acme/launch")
    assert re.findall(r'name="allow" value="(\w+)" disabled', text) == ["comment", "stitch"]


def test_2b_privacy_has_no_preset(screen: str) -> None:
    assert '<select name="privacy" required id="privacy"><option value="" selected>Choose</option>' in screen
    assert screen.count(" selected") == 1


def test_2c_interactions_are_off(screen: str) -> None:
    assert len(re.findall(r'name="allow" value="\w+"', screen)) == 3 and "checked" not in without_css(screen)


def without_css(text: str) -> str:
    return re.sub(r"<(style|script)>.*?</\1>", "", text, flags=re.DOTALL)


def test_3a_the_disclosure_is_off_with_its_two_kinds_and_labels(screen: str) -> None:
    for part in (
        "Your brand",
        "Branded content",
        "labeled as &#39;Promotional content&#39;",
        "&#39;Paid partnership&#39;",
    ):
        assert part in screen
    assert declaration.NEITHER in screen and declaration.NOT_PRIVATE in screen


def test_4_both_declarations_are_there_and_the_style_shows_the_right_one(screen: str) -> None:
    assert declaration.MUSIC.replace("'", "&#39;") in screen and declaration.BRANDED.replace("'", "&#39;") in screen


def test_5_preview_editable_caption_and_processing_notice(screen: str) -> None:
    assert "<video controls" in screen and '<textarea name="caption"' in screen and declaration.PROCESSING in screen


# Live.


def test_an_open_page_is_told_of_a_change(open_board: OpenBoard, studio: Studio) -> None:
    studio.post("launch", publish_at=in_days(1))
    board = open_board().sign_in()
    heard: list[str] = []
    done = threading.Event()

    def listen() -> None:
        with board.client.stream("GET", f"{board.board.url}{board.base}/events") as stream:
            for line in stream.iter_lines():
                heard.append(line)
                if line == "event: changed":
                    break
        done.set()

    threading.Thread(target=listen, daemon=True).start()
    while "event: hello" not in heard:
        assert not done.wait(0.02)
    assert not done.wait(1.5)
    studio.run("approve", "launch", "--auto-approve")
    assert done.wait(60)


def test_the_engine_can_wake_the_pages(open_board: OpenBoard) -> None:
    board = open_board().sign_in()
    with board.client.stream("GET", f"{board.board.url}{board.base}/events") as stream:
        lines = stream.iter_lines()
        assert next(lines) == "event: hello"
        board.board.wake()
        assert "event: changed" in [next(lines) for _ in range(3)]


def test_the_pulse_follows_manifests_and_the_state(studio: Studio) -> None:
    def beats() -> tuple[str, str]:
        with contextlib.closing(Project.open(studio.root, dict(os.environ))) as project:
            pulse = Pulse(project)
            try:
                return pulse.of_the_plan(), pulse.of_the_state()
            finally:
                project.close_state()

    studio.post("launch", publish_at=in_days(1))
    studio.run("refresh")
    first = beats()
    assert beats() == first
    studio.run("approve", "launch", "--auto-approve")
    approved = beats()
    assert approved[0] == first[0] and approved[1] != first[1]
    studio.post("launch", publish_at=in_days(2))
    assert beats()[0] != approved[0]
