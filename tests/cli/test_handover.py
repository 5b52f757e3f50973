"""What the creator pastes and chooses to finish a draft: exactly what the manifest says."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

from contentsync.emulator.server import Emulator
from contentsync.views import qr
from tests.cli.support import Studio

CAPTION = 'Launch day #fyp\n\nSee you <b>there</b> & "then"'


@pytest.fixture
def delivered(studio: Studio) -> Studio:
    """A studio with one draft in the inbox, and one that was not sent."""
    studio.post("launch", "acme_de", caption=CAPTION, privacy="followers", cover_at="500ms", allow=["comment"])
    assert studio.run("apply", "--auto-approve").code == 0
    studio.post("later", "acme_de", caption="Later", hold=True)
    return studio


def test_the_drafts_that_wait_are_listed_with_all_that_is_left_to_do(delivered: Studio) -> None:
    ran = delivered.run("handover")
    assert ran.code == 0
    assert "acme_de/launch in the inbox of Acme De since" in ran.out and "later" not in ran.out
    assert f"Paste this caption:\n\n{CAPTION}\n\n" in ran.out
    for line in ("Cover: the frame at 0.5 s", "Who can watch: Followers", "Allow comments: on", "Allow Duet: off"):
        assert f"[ ] {line}\n" in ran.out


def test_a_post_that_is_named_is_shown_wherever_it_stands(delivered: Studio) -> None:
    ran = delivered.run("handover", "later")
    assert ran.code == 0 and "acme_de/later not in an inbox yet" in ran.out
    assert delivered.run("handover", "nobody").code == 64


def test_apply_says_how_a_draft_is_finished(studio: Studio) -> None:
    studio.post("launch", "acme_de")
    ran = studio.run("apply", "--auto-approve")
    assert "delivered: the creator posts it" in ran.out
    assert "what to paste and choose: contentsync handover acme_de/launch" in ran.out


def test_nothing_waits(studio: Studio) -> None:
    ran = studio.run("handover")
    assert ran.code == 0 and "No draft waits in an inbox" in ran.out


def test_json_has_the_caption_exactly(delivered: Studio) -> None:
    told = delivered.run("handover", "--json").json
    assert told["format"] == "contentsync.handover/1"
    (post,) = told["posts"]
    assert (post["post"], post["caption"], post["paste"]) == ("acme_de/launch", CAPTION, [CAPTION])
    assert {"key": "privacy", "label": "Who can watch", "value": "Followers"} in post["choices"]
    assert post["delivered_at"].endswith("Z") and post["changed"] is False


def test_other_media_than_those_of_the_draft_are_told(delivered: Studio) -> None:
    delivered.video("launch.mp4", "another")
    assert "The media in the manifest have changed" in delivered.run("handover").out


def test_a_draft_whose_manifest_is_gone_is_still_told(delivered: Studio) -> None:
    (delivered.root / "posts" / "launch.yaml").unlink()
    ran = delivered.run("handover")
    assert ran.code == 0 and "there is nothing to paste" in ran.out


def test_the_page_holds_the_caption_to_be_copied_as_it_is(delivered: Studio) -> None:
    ran = delivered.run("handover", "--html", "drafts.html", "--qr")
    page = (delivered.root / "drafts.html").read_text("utf-8")
    found = re.search(r'id="c1">(.*?)</p>', page, re.DOTALL)
    assert ran.code == 0 and found and unescape(found[1]) == CAPTION
    code = qr.modules(CAPTION)
    assert code and qr.lines(code)[0] not in ran.out, "the codes are on the page only"
    assert "QR code of the caption" in page and page.count('<input type="checkbox">') == 10


def test_a_qr_code_is_drawn_where_there_is_room(delivered: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    code = qr.modules(CAPTION)
    assert code and "\n".join(qr.lines(code)) in delivered.run("handover", "--qr").out
    monkeypatch.setenv("COLUMNS", "30")
    assert "and the terminal has 30: use --html" in delivered.run("handover", "--qr").out


def test_a_code_holds_no_more_than_it_can() -> None:
    assert qr.modules("x" * qr.MOST) is not None
    assert qr.modules("x" * (qr.MOST + 1)) is None
    assert qr.modules("😀" * 738) is not None and qr.modules("😀" * 739) is None


def test_a_code_is_the_same_on_a_terminal_and_on_a_page() -> None:
    code = qr.modules("Launch day")
    assert code is not None
    drawn = {(x, y) for y, row in enumerate(code) for x, dark in enumerate(row) if dark}
    assert {tuple(map(int, one)) for one in re.findall(r"M(\d+) (\d+)h1v1h-1z", qr.path(code))} == drawn
    halves = {"█": "00", "▀": "01", "▄": "10", " ": "11"}
    rows = [[halves[char][half] for char in line] for line in qr.lines(code) for half in (0, 1)]
    assert {(x, y) for y, row in enumerate(rows[: len(code)]) for x, dark in enumerate(row) if dark == "1"} == drawn


def test_a_finished_draft_waits_no_more(delivered: Studio, emulator: Emulator) -> None:
    publish_id = delivered.run("status", "launch", "--json").json["posts"][0]["publish_id"]
    emulator.publish_draft(publish_id, CAPTION)
    delivered.run("status")
    assert "No draft waits" in delivered.run("handover").out


def test_no_caption_reaches_the_terminal_raw(studio: Studio, tmp_path: Path) -> None:
    studio.post("launch", "acme_de", caption="a\u202eb\u200bc")
    assert "a\\u202eb\\u200bc" in studio.run("handover", "launch").out
