"""A plan for people who look: as a page, as a comment, and from a file that anyone may have written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contentsync.errors import StalePlan
from contentsync.operations.saved_plan import read_saved
from contentsync.plan import planfile
from tests.cli.support import Studio


@pytest.fixture
def saved(studio: Studio) -> Path:
    """A saved plan of a direct post and a draft."""
    studio.post("launch", caption="Launch day #fyp", cover_at="500ms")
    studio.post("inbox", "acme_de", caption="For the creator")
    assert studio.run("plan", "--out", "plan.json").code == 0
    return studio.root / "plan.json"


def rewritten(path: Path, **changes: Any) -> None:
    """The plan with other values, and the digest that fits them."""
    body = json.loads(path.read_text("utf-8")) | changes
    path.write_text(planfile._text(body | {"digest": planfile.digest_of(body)}), "utf-8")


def test_a_saved_plan_is_shown_as_a_person_reads_it(studio: Studio, saved: Path) -> None:
    ran = studio.run("show", "plan.json")
    assert ran.code == 0
    for line in (
        "Who can see it PUBLIC: everyone",
        "Cover          the frame at 0.5 s",
        "Caption        Launch day #fyp",
        "Not sent       caption",
        json.loads(saved.read_text("utf-8"))["digest"],
    ):
        assert line in ran.out


def test_show_needs_no_project(studio: Studio, saved: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / "plan.json").write_bytes(saved.read_bytes())
    ran = studio.run("-C", str(alone), "show", "plan.json", "--html", "plan.html")
    assert ran.code == 0
    assert "no preview: there is no project here" in (alone / "plan.html").read_text("utf-8")


def test_a_saved_plan_as_json_says_whether_it_holds(studio: Studio, saved: Path) -> None:
    told = studio.run("show", "plan.json", "--json").json
    assert (told["format"], told["holds"], told["problems"]) == ("contentsync.show/1", True, [])
    assert told["plan"] == json.loads(saved.read_text("utf-8"))


def test_an_altered_plan_is_shown_with_that_said_first(studio: Studio, saved: Path) -> None:
    saved.write_text(saved.read_text("utf-8").replace("Launch day", "Lunch day"), "utf-8")
    ran = studio.run("show", "plan.json", "--html", "plan.html")
    assert ran.code == 7
    assert "[plan-altered]" in ran.err and "Lunch day" in ran.out
    page = (studio.root / "plan.html").read_text("utf-8")
    assert page.index("was altered after it was made") < page.index("Lunch day")


def test_a_used_plan_is_shown_as_used(studio: Studio, saved: Path) -> None:
    assert studio.run("apply", "plan.json").code == 0
    ran = studio.run("show", "plan.json", "--json")
    assert ran.code == 7 and [problem["code"] for problem in ran.json["problems"]] == ["plan-used"]


def test_a_used_plan_says_when_in_the_zone_of_the_project(studio: Studio) -> None:
    project = (studio.root / "contentsync.yaml").read_text("utf-8")
    studio.write("contentsync.yaml", f"timezone: Asia/Tokyo\n{project}")
    studio.post("launch")
    studio.run("plan", "--out", "plan.json")
    assert studio.run("apply", "plan.json").code == 0
    what = studio.run("show", "plan.json", "--json").json["problems"][0]["what"]
    assert what.endswith(" JST: apply only finishes what it began")


def test_an_expired_plan_is_shown_as_expired(studio: Studio, saved: Path) -> None:
    rewritten(saved, expires_at="2020-01-01T00:00:00Z")
    ran = studio.run("show", "plan.json", "--json")
    assert ran.code == 7 and [problem["code"] for problem in ran.json["problems"]] == ["plan-expired"]


@pytest.mark.parametrize("text", ["", "{}", "[" * 100_000, '{"format": "contentsync.plan/1"}', "\ufeff{}"])
def test_what_is_no_plan_is_refused(studio: Studio, text: str) -> None:
    studio.write("plan.json", text)
    ran = studio.run("show", "plan.json")
    assert ran.code == 7 and "[plan-unreadable]" in ran.err and "Traceback" not in ran.err


def test_a_plan_that_is_too_long_is_not_read_whole(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text("x" * 11)
    with pytest.raises(StalePlan, match="is longer than a plan can be"):
        read_saved(tmp_path / "plan.json", most=10)


def test_a_hostile_plan_file_writes_no_line_of_its_own(studio: Studio, saved: Path) -> None:
    body = json.loads(saved.read_text("utf-8"))
    nasty = "x\x1b[2J\nApproved by everyone"
    body["actions"][0] |= {"post": nasty, "reason": nasty, "where": f"{nasty}:1:1"}
    body["actions"][0]["changes"] = [{"key": nasty, "before": nasty, "after": nasty}]
    body["actions"][0]["media"][0]["path"] = nasty
    body["actions"][0]["problems"] = [
        {"code": "a", "what": nasty, "hint": nasty, "level": level, "where": f"{nasty}:1:1"}
        for level in ("error", "warning")
    ]
    body["accounts"] = {nasty: body["accounts"]["acme"] | {"nickname": nasty}}
    rewritten(saved, **body)
    ran = studio.run("show", "plan.json")
    assert "\x1b" not in ran.out + ran.err
    assert not any(line.startswith("Approved") for line in (ran.out + ran.err).splitlines())


def test_a_plan_file_opens_no_file_that_is_not_the_one_it_names(studio: Studio, saved: Path) -> None:
    (studio.root / "posts" / "launch.mp4").write_bytes((studio.root / "posts" / "inbox.mp4").read_bytes())
    studio.run("show", "plan.json", "--html", "plan.html")
    page = (studio.root / "plan.html").read_text("utf-8")
    assert "no preview: the file is not here, or not the one of the plan" in page


def test_plan_markdown_holds_the_digest_of_the_plan_that_is_saved(studio: Studio) -> None:
    studio.post("launch")
    ran = studio.run("plan", "--markdown", "--out", "plan.json")
    digest = json.loads((studio.root / "plan.json").read_text("utf-8"))["digest"]
    assert ran.code == 0 and f"Plan `{digest}`" in ran.out and ran.out.startswith("### Plan: 1 to create")


def test_the_page_and_the_comment_can_be_made_of_one_run(studio: Studio) -> None:
    studio.post("launch", caption="<b>bold</b>")
    ran = studio.run("plan", "--markdown", "--html", "plan.html")
    page = (studio.root / "plan.html").read_text("utf-8")
    assert ran.code == 0 and "&lt;b&gt;bold&lt;/b&gt;" in page and "data:image/jpeg;base64," in page


def test_two_documents_do_not_share_stdout(studio: Studio) -> None:
    assert studio.run("plan", "--json", "--markdown").code == 64


def test_a_page_that_cant_be_written_is_a_plain_error(studio: Studio) -> None:
    studio.post("launch")
    ran = studio.run("plan", "--html", "no/such/folder/plan.html")
    assert ran.code == 1 and "[output-unwritable]" in ran.err


def test_no_page_is_written_through_a_link_out_of_the_project(studio: Studio, tmp_path: Path) -> None:
    studio.post("launch")
    (studio.root / "plan.html").symlink_to(tmp_path / "outside.html")
    ran = studio.run("plan", "--html", "plan.html")
    assert ran.code == 1 and "[path-outside]" in ran.err and not (tmp_path / "outside.html").exists()


def test_no_secret_is_on_a_page_or_in_a_comment_though_a_caption_holds_it(studio: Studio) -> None:
    secret = "s3cret#with@signs<in>it"
    studio.environment["CONTENTSYNC_CLIENT_SECRET"] = secret
    studio.post("launch", caption=f"before {secret} after", publish_at="2099-01-01T00:00:00Z")
    ran = studio.run("plan", "--markdown", "--html", "plan.html")
    assert ran.code == 0, ran.err
    page = (studio.root / "plan.html").read_text("utf-8")
    for text in (page, ran.out, studio.run("plan", "--full").out):
        assert "s3cret" not in text and "with@signs" not in text and "${CONTENTSYNC_CLIENT_SECRET}" in text
