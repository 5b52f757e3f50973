"""Does what a person sees and may do keep to TikTok's guidelines? docs/guidelines.md names these tests.

Source: Content Sharing Guidelines.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest

from contentsync.cli.terminal import consent
from contentsync.emulator.config import Account, App
from contentsync.emulator.endpoints import ENDPOINTS
from contentsync.operations.plan import make_plan
from contentsync.operations.selection import Wish
from tests.builders import ManualClock
from tests.cli.at_a_desk import Desk, a_desk
from tests.cli.support import Studio

THREE_SECONDS = next((Path(__file__).parents[2] / "examples").rglob("teaser.mp4"))
MUSIC = "By posting, you agree to TikTok's Music Usage Confirmation"
BRANDED = "By posting, you agree to TikTok's Branded Content Policy and Music Usage Confirmation"


@pytest.fixture
def desk(tmp_path: Path, clock: ManualClock, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    people = (
        Account("acme", nickname="Acme Studio", duet_disabled=True, max_video_seconds=5),
        Account("acme_de", scopes=("user.info.basic", "video.list", "video.publish")),
    )
    with a_desk(tmp_path, clock, capsys, accounts=people, app=App(audited=True)) as made:
        yield made


def asked(desk: Desk, monkeypatch: pytest.MonkeyPatch, answer: str) -> tuple[bool, str]:
    """Whether a person who types `answer` at the prompt has agreed, and what they saw."""
    with desk.site.project() as project:
        made = make_plan(project, Wish())
    monkeypatch.setattr(click, "prompt", lambda *_, **__: answer)
    desk.capsys.readouterr()
    try:
        consent.ask_for_consent(made.plan, made.posts)
    except consent.NotApproved:
        return False, desk.capsys.readouterr().err
    return True, desk.capsys.readouterr().err


def test_the_nickname_comes_from_a_fresh_call_in_plan_and_prompt(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.site.studio.post("launch")
    assert "acme  Acme Studio (@acme)" in desk.run("plan").text
    desk.site.emulator.change_account("acme", nickname="Acme Anew")
    assert "acme  Acme Anew (@acme)" in desk.run("plan").text
    assert "Acme Anew (@acme): 1 post, 1 of them public\n" in asked(desk, monkeypatch, "yes")[1]


def test_a_creator_who_may_not_post_now_is_left_alone(desk: Desk) -> None:
    desk.site.studio.post("launch")
    desk.site.emulator.change_account("acme", banned=True)
    assert (desk.apply().code, desk.inits()) == (5, 0)


def test_the_longest_video_is_asked_anew_by_plan_and_by_apply(desk: Desk) -> None:
    desk.site.studio.post("launch")
    (desk.site.studio.root / "posts" / "launch.mp4").write_bytes(THREE_SECONDS.read_bytes())
    assert "[video-too-long]" not in desk.run("plan").text
    desk.site.emulator.change_account("acme", max_video_seconds=2)
    assert "[video-too-long]" in desk.run("plan").text
    assert (desk.apply().code, desk.inits()) == (5, 0)


def test_nothing_is_added_to_a_caption_or_to_the_media(desk: Desk) -> None:
    desk.site.studio.post("launch", caption="As I wrote it #one")
    assert desk.apply().code == 0
    task = desk.site.tasks[0]
    assert (task["caption"], task["sha256"]) == ("As I wrote it #one", desk.site.digest())


def test_privacy_has_no_default_anywhere(desk: Desk) -> None:
    desk.site.studio.post("launch", privacy=None)
    path = desk.site.studio.root / "posts" / "launch.yaml"
    path.write_text(path.read_text().replace("privacy: null\n", ""))
    assert "[privacy-missing]" in desk.site.studio.run("validate").out
    assert desk.inits() == 0


def test_a_privacy_that_is_not_on_offer_is_refused_before_anything_is_sent(desk: Desk) -> None:
    desk.site.studio.post("launch", privacy="followers")
    said = desk.apply()
    assert (said.code, "[privacy-not-offered]" in said.text, desk.inits()) == (5, True, 0)


@pytest.mark.parametrize("told", [{}, {"privacy_level_options": None}, {"privacy_level_options": []}])
def test_no_direct_post_goes_out_where_tiktok_does_not_say_what_may_be_posted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any]
) -> None:
    path = "/v2/post/publish/creator_info/query/"
    silent = replace(ENDPOINTS[path], handler=lambda *_: told)  # type: ignore[call-arg]
    monkeypatch.setitem(ENDPOINTS, path, silent)
    desk.site.studio.post("launch")
    code = "privacy-not-offered" if told.get("privacy_level_options") == [] else "creator-info-incomplete"
    said = desk.apply()
    assert (said.code, f"[{code}]" in said.text, desk.inits()) == (5, True, 0)
    assert "1 to create" in desk.run("plan", "--no-refresh").text  # asks nobody, and so blocks nothing


def test_a_scope_that_was_not_granted_is_told_before_anything_is_sent(desk: Desk) -> None:
    desk.site.studio.post("inbox", account="acme_de")
    assert "[scope-missing]" not in desk.run("plan").text  # a token from the environment tells no scopes
    desk.site.emulator.expire_tokens("acme_de")
    assert "[scope-missing]" in desk.run("plan").text
    assert "[scope-missing]" not in desk.run("plan", "--no-refresh").text


def test_interactions_are_off_unless_chosen(desk: Desk) -> None:
    desk.site.studio.post("launch")
    desk.apply()
    info = desk.site.tasks[0]["post_info"]
    assert all(info[f"disable_{name}"] for name in ("comment", "duet", "stitch"))


def test_an_interaction_that_the_creator_turned_off_is_refused(desk: Desk) -> None:
    desk.site.studio.post("launch", allow=["duet"])
    said = desk.apply()
    assert (said.code, "[interaction-disabled]" in said.text, desk.inits()) == (5, True, 0)


def test_photos_know_comments_only(desk: Desk) -> None:
    desk.site.studio.post("slides", photos=["https://media.acme.example/1.jpg"], allow=["stitch"])
    assert "[not-for-photos]" in desk.site.studio.run("validate").out


def test_disclosure_is_off_unless_chosen_and_an_empty_one_is_told(desk: Desk) -> None:
    desk.site.studio.post("launch", disclosure=[])
    assert "you need to indicate if your content promotes yourself" in desk.site.studio.run("validate").out
    desk.apply()
    info = desk.site.tasks[0]["post_info"]
    assert (info["brand_content_toggle"], info["brand_organic_toggle"]) == (False, False)


@pytest.mark.parametrize(
    ("disclosure", "label"),
    [
        (["your_brand"], "Your video will be labeled as 'Promotional content'"),
        (["branded_content"], "Your video will be labeled as 'Paid partnership'"),
        (["your_brand", "branded_content"], "Your video will be labeled as 'Paid partnership'"),
    ],
)
def test_the_plan_tells_the_label_in_tiktoks_words(desk: Desk, disclosure: list[str], label: str) -> None:
    desk.site.studio.post("launch", disclosure=disclosure)
    assert label in desk.run("plan").text


def test_a_photo_is_called_a_photo_and_nothing_disclosed_has_no_label(desk: Desk) -> None:
    desk.site.studio.post("slides", photos=["https://media.acme.example/1.jpg"], disclosure=["your_brand"])
    desk.site.studio.post("launch")
    text = desk.run("plan").text
    assert (text.count("labeled as"), "Your photo will be labeled as 'Promotional content'" in text) == (1, True)


@pytest.mark.parametrize(("privacy", "code"), [("only_me", "private"), ("followers", "followers")])
def test_branded_content_for_few_is_refused_or_warned_of(desk: Desk, privacy: str, code: str) -> None:
    desk.site.studio.post("launch", privacy=privacy, disclosure=["branded_content"])
    said = desk.site.studio.run("validate")
    assert (said.code, f"[branded-content-{code}]" in said.out) == (1 if code == "private" else 0, True)


@pytest.mark.parametrize(
    ("disclosure", "sentence"), [([], MUSIC), (["your_brand"], MUSIC), (["branded_content"], BRANDED)]
)
def test_the_declaration_follows_what_a_post_discloses(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, disclosure: list[str], sentence: str
) -> None:
    desk.site.studio.post("launch", **({"disclosure": disclosure} if disclosure else {}))
    line = f"{sentence} (acme/launch).\n"
    assert line in desk.run("plan").text
    assert line in asked(desk, monkeypatch, "yes")[1]


def test_each_post_stands_under_its_own_declaration(desk: Desk) -> None:
    desk.site.studio.post("ad", disclosure=["branded_content", "your_brand"])
    desk.site.studio.post("plain")
    desk.site.studio.post("draft", "acme_de")
    text = desk.run("plan").text
    assert f"{BRANDED} (acme/ad).\n{MUSIC} (acme/plain).\n" in text


def test_the_question_names_the_posts_that_everyone_will_see(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.site.studio.post("launch")
    desk.site.studio.post("private", privacy="only_me")
    said = asked(desk, monkeypatch, "yes")[1]
    assert "2 posts, 1 of them public\n  PUBLIC, for everyone to see: acme/launch\n" in said


@pytest.mark.parametrize("answer", ["", "y", "Yes", "no", "yes please"])
def test_nothing_but_yes_is_consent(desk: Desk, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    desk.site.studio.post("launch")
    assert asked(desk, monkeypatch, answer)[0] is False


def test_a_plan_shows_the_content_whole_and_sends_nothing(desk: Desk) -> None:
    desk.site.studio.post("launch", caption="All of it\nin two lines", cover_at="500ms")
    text = desk.run("plan").text
    assert all(part in text for part in ("All of it", "in two lines", "360x640", "at 0.5 s", desk.site.digest()[:12]))
    assert desk.inits() == 0


def test_that_processing_takes_minutes_is_said_by_every_apply(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.site.studio.post("launch")
    assert consent.PROCESSING in asked(desk, monkeypatch, "yes")[1]
    assert consent.PROCESSING in desk.apply().text


def test_apply_asks_on_until_tiktok_is_done(desk: Desk) -> None:
    desk.site.studio.post("launch")
    assert desk.apply().code == 0
    assert desk.site.count("status") >= 2


def test_no_secret_of_the_app_is_left_in_the_repository(studio: Studio, emulator: Any) -> None:
    studio.post("launch")
    studio.run("apply", "--auto-approve")
    secret = emulator.config.app.client_secret.encode()
    assert not any(secret in path.read_bytes() for path in studio.root.rglob("*") if path.is_file())
