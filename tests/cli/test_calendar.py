"""The calendar: past with links and figures, future as it will be, free slots; as text, JSON, page and .ics file."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import icalendar
import pytest

from contentsync.clock import SystemClock
from contentsync.emulator.server import Emulator
from tests.cli.support import PROJECT, Studio

HOSTILE = 'BEGIN:VEVENT\nSUMMARY:x\\n;,"<script>alert(1)</script>\u202e ' + "🎉é" * 60


def in_days(days: float) -> str:
    return (SystemClock().now() + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def busy(studio: Studio, emulator: Emulator) -> Studio:
    """One post out, one to come and approved, one that nobody approved, one on hold, one missed."""
    project = PROJECT.replace("acme: {mode: direct,", 'acme: {mode: direct, slots: ["daily 09:00"],')
    studio.write("contentsync.yaml", project)
    studio.post("out")
    assert studio.run("apply", "--auto-approve").code == 0
    studio.run("refresh", "--full-list")
    studio.post("soon", publish_at=in_days(2), caption=HOSTILE)
    studio.post("later", publish_at=in_days(30))
    studio.post("held", hold=True)
    studio.post("missed", publish_at=in_days(-3))
    studio.run("approve", "soon", "--auto-approve")
    return studio


def test_json_has_past_and_future(busy: Studio) -> None:
    found = busy.run("calendar", "--json").json
    assert found["format"] == "contentsync.calendar/1"
    posts = {one["post"]: one for one in found["posts"]}
    assert list(posts) == ["acme/missed", "acme/out", "acme/soon", "acme/later", "acme/held"]
    assert posts["acme/out"]["is_past"] and posts["acme/out"]["url"] and posts["acme/out"]["figures"]["views"] >= 0
    assert posts["acme/soon"]["approved"] and posts["acme/later"]["not_approved"]
    assert posts["acme/soon"]["goes_out"] and posts["acme/soon"]["is_fixed"]
    assert not posts["acme/held"]["goes_out"] and posts["acme/held"]["at"] is None
    assert not posts["acme/missed"]["goes_out"]
    assert posts["acme/missed"]["in_the_way"][0]["code"] == "missed"
    assert len(found["free_slots"]) > 50


def test_the_terminal_shows_days(busy: Studio) -> None:
    out = busy.run("calendar").out
    assert re.search(r"acme/soon  goes out then, approved", out)
    assert re.search(r"acme/later  goes out then, not approved", out)
    assert "acme: free slot" in out and "acme/out  published" in out and "\u202e" not in out


def test_the_terminal_says_why_a_post_does_not_go_out(busy: Studio) -> None:
    busy.post("pointer")
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 5\n"
    (busy.root / "posts" / "pointer.mp4").write_text(pointer, encoding="utf-8")
    out = busy.run("calendar").out
    assert re.search(r"acme/pointer  blocked, not approved: .*pointer", out), out
    assert "acme/held  does not go out as things are" in out and ": hold: true" in out


def test_an_unknown_outcome_stops_the_posts_that_wait(studio: Studio, emulator: Emulator) -> None:
    studio.post("lost", video="https://media.acme.example/clip.mp4", privacy="only_me")
    emulator.add_fault("video_init:drop_after")
    assert studio.run("apply", "--auto-approve").code == 4
    studio.post("soon", publish_at=in_days(1))
    assert "acme/soon  does not go out as things are: " in studio.run("calendar").out
    found = {one["post"]: one for one in studio.run("calendar", "--json").json["posts"]}
    assert not found["acme/soon"]["goes_out"]
    assert found["acme/soon"]["in_the_way"][0]["code"] == "account-has-unknown"
    studio.run("resolve", "lost", "--keep")
    assert "acme/soon  goes out then" in studio.run("calendar").out


def test_a_draft_is_for_nobody_yet(studio: Studio) -> None:
    studio.post("draft", account="acme_de", privacy="everyone", publish_at=in_days(1))
    assert "for <span" not in page(studio)
    assert "for everyone" not in str(of(events(studio), "draft")["description"])


def test_an_empty_calendar_says_so(offline: Studio) -> None:
    assert offline.run("calendar").out == "Nothing went out or goes out in these days.\n"


def test_a_faulty_post_is_on_it_and_the_exit_code_says_so(offline: Studio) -> None:
    offline.post("bad", privacy="nobody")
    ran = offline.run("calendar", "--json")
    assert ran.code == 1 and ran.json["posts"][0]["stands"] == "blocked"


def test_the_terminal_counts_the_posts_after_its_days(offline: Studio) -> None:
    for days in (10, 90, 100):
        offline.post(f"in-{days}", publish_at=in_days(days))
    assert "2 posts later; --days shows more." in offline.run("calendar").out
    shown = offline.run("calendar", "--days", "95").out
    assert "acme/in-90" in shown and "1 post later; --days shows more." in shown
    assert " later; " not in offline.run("calendar", "--days", "120").out
    nothing = offline.run("calendar", "--days", "1").out
    assert "in these days.\n3 posts later; --days shows more." in nothing


# The file for calendar programs.


def events(studio: Studio) -> dict[str, icalendar.Event]:
    ran = studio.run("calendar", "--ics", "posts.ics")
    assert ran.code == 0, ran.err
    found = icalendar.Calendar.from_ical((studio.root / "posts.ics").read_bytes())
    return {str(one["uid"]): one for one in found.walk("VEVENT")}


def of(found: dict[str, icalendar.Event], name: str) -> icalendar.Event:
    (one,) = [event for uid, event in found.items() if uid.endswith(f"/{name}@contentsync")]
    return one


def test_two_renders_are_equal_byte_for_byte(busy: Studio) -> None:
    events(busy)
    first = (busy.root / "posts.ics").read_bytes()
    events(busy)
    assert (busy.root / "posts.ics").read_bytes() == first


def test_the_uid_is_the_open_id_and_the_name(busy: Studio, emulator: Emulator) -> None:
    open_id = busy.run("accounts", "--json").json["accounts"][0]["open_id"]
    assert f"{open_id}/soon@contentsync" in events(busy)


def test_the_sequence_rises_when_a_post_moves_and_only_then(busy: Studio) -> None:
    before = of(events(busy), "soon")
    assert before["sequence"] == 0
    busy.post("soon", publish_at=in_days(2.5), caption="Another")
    moved = of(events(busy), "soon")
    assert moved["sequence"] == 1 and moved["uid"] == before["uid"] and moved["dtstart"] != before["dtstart"]
    at = moved["dtstart"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    busy.post("soon", publish_at=at, caption="A third")
    assert of(events(busy), "soon")["sequence"] == 1


def test_the_file_has_everything_that_is_planned(busy: Studio) -> None:
    busy.post("far", publish_at=in_days(700))
    assert of(events(busy), "far")
    assert "acme/far" not in busy.run("calendar").out
    assert busy.run("calendar", "--ics", "posts.ics", "--days", "100").code == 0
    assert b"/far@" not in (busy.root / "posts.ics").read_bytes()


def test_no_file_holds_a_value_that_must_not_be_shown(studio: Studio, emulator: Emulator) -> None:
    """The value is cut in titles, and folded over two lines in the .ics file: it must be replaced before that."""
    secret = studio.environment["CONTENTSYNC_CLIENT_SECRET"]
    studio.post("out", caption=f"{'x' * 50} {secret}")
    assert studio.run("apply", "--auto-approve").code == 0
    studio.run("refresh", "--full-list")
    studio.post("soon", caption=f"{'x' * 50} {secret}", publish_at=in_days(1))
    studio.run("stats", "--csv", "figures.csv")
    studio.run("calendar", "--ics", "posts.ics", "--html", "calendar.html")
    for name in ("figures.csv", "posts.ics", "calendar.html"):
        text = (studio.root / name).read_text("utf-8").replace("\r\n ", "").replace("\n ", "")
        assert "xxx" in text and secret[:8] not in text, name


def test_hostile_text_round_trips_in_lines_of_75_octets(busy: Studio) -> None:
    found = of(events(busy), "soon")
    data = (busy.root / "posts.ics").read_bytes()
    assert max(map(len, data.split(b"\r\n"))) <= 75
    assert data.count(b"\r\nBEGIN:VEVENT\r\n") == len(events(busy))
    shown = HOSTILE.replace("\u202e", "\\u202e")
    assert str(found["description"]).endswith(shown)
    assert str(found["summary"]).startswith('acme/soon: BEGIN:VEVENT SUMMARY:x\\n;,"<script>')


def test_a_fixed_time_is_a_time_and_what_goes_out_now_is_a_day(busy: Studio) -> None:
    busy.post("now")
    found = events(busy)
    assert isinstance(of(found, "soon")["dtstart"].dt, datetime)
    start = of(found, "now")["dtstart"].dt
    assert isinstance(start, date) and not isinstance(start, datetime)
    assert of(found, "soon")["status"] == "CONFIRMED" and of(found, "later")["status"] == "TENTATIVE"


# The page.


def page(studio: Studio) -> str:
    assert studio.run("calendar", "--html", "calendar.html").code == 0
    return (studio.root / "calendar.html").read_text(encoding="utf-8")


def test_the_page_has_week_months_list_and_what_needs_a_person(busy: Studio) -> None:
    text = page(busy)
    for part in ("Needs a person", "Next 7 days", "Months", "To come", "Past"):
        assert f">{part}</h" in text
    assert "acme/soon" in text and "free slot" in text and "approved" in text


def test_a_hostile_caption_does_nothing_on_the_page(busy: Studio) -> None:
    text = page(busy)
    assert "<script" not in text and "&lt;script&gt;" in text and "\u202e" not in text


def test_posts_go_out_when_the_calendar_said(studio: Studio, emulator: Emulator) -> None:
    studio.post("now")
    studio.post("soon", publish_at=in_days(0.00001))
    studio.post("later", publish_at=in_days(1))
    said = {one["post"]: one for one in studio.run("calendar", "--json").json["posts"]}
    assert [one for one in said if said[one]["stands"] in {"create", "wait"}] == list(said)
    studio.run("apply", "--auto-approve")
    after = {one["post"]: one for one in studio.run("calendar", "--json").json["posts"]}
    assert after["acme/now"]["is_past"] and not after["acme/later"]["is_past"]
    assert after["acme/later"]["at"] == said["acme/later"]["at"]
