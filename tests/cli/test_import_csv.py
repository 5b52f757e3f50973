"""From a spreadsheet to manifests, on the command line: shown first, never over another file, each bad row told."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from contentsync.cli.terminal import proposal_table
from tests.cli.support import Studio

HEAD = "Name;Account;File;Caption;Publish at;Privacy;Hashtags\r\n"


def fortnight(studio: Studio, first: date = date(2019, 12, 1), between: str = ".") -> Path:
    """Twelve rows as Excel saves them, with their clips in a folder beside it. first: the day of the first post.

    between: what stands between day, month and year.
    """
    project = (studio.root / "contentsync.yaml").read_text("utf-8")
    slots = 'acme: {slots: ["mon 09:00", "wed 09:00", "fri 09:00"], mode: direct, '
    studio.write("contentsync.yaml", project.replace("acme: {mode: direct, ", slots))
    rows = []
    for number in range(12):
        studio.video(f"clips/{number}.mp4")
        caption = f'"Day {number}: ""wheel""\n#{number} is new; so is this"'
        due = f"{first + timedelta(days=number):%d{between}%m{between}%Y} 09:00" if number < 6 else "next slot"
        rows.append(f"Day {number};acme;clips/{number}.mp4;{caption};{due};Everyone;fyp, pottery\r\n")
    path = studio.root / "posts" / "december.csv"
    path.write_bytes(("\ufeff" + HEAD + "".join(rows)).encode("utf-8"))
    return path


def test_twelve_rows_become_an_approved_fortnight_in_four_commands(studio: Studio) -> None:
    sheet = fortnight(studio, datetime.now(UTC).date() + timedelta(days=1))

    imported = studio.run("import-csv", str(sheet), "--auto-approve")  # dots: the day is first
    assert (imported.code, imported.err) == (0, "")
    assert studio.run("plan").code == 0
    assert studio.run("approve", "--all", "--auto-approve").code == 0
    assert studio.run("apply", "--approved").code == 0

    listed = studio.run("approve", "--list").out
    assert listed.count(" valid; ") == 12
    agenda = studio.run("agenda", "--days", "21", "--json").json
    assert len(agenda["posts"]) == 12


def test_the_proposal_is_shown_and_nothing_is_written_without_a_yes(offline: Studio) -> None:
    sheet = fortnight(offline)
    refused = offline.run("import-csv", str(sheet))
    assert (refused.code, "--auto-approve" in refused.err) == (64, True)
    shown = offline.run("import-csv", str(sheet), "--dates", "day-first", "--json")
    assert {post["result"] for post in shown.json["posts"]} == {"proposed"}
    assert not list(offline.root.rglob("day-*.yaml"))


def test_without_a_terminal_the_rows_are_shown_and_the_option_is_named(offline: Studio) -> None:
    ran = offline.run("import-csv", str(fortnight(offline)), "--dates", "day-first")
    assert ran.code == 64 and "acme/day-3" in ran.out
    assert "--auto-approve writes" in ran.err and list(offline.root.rglob("posts/clips/*.yaml")) == []


DATED = ["2", "acme/day-1", "posts/clips/day-1.yaml", "Mon 1 Dec 2031 09:00 CET", "direct, everyone", "Turns " * 9]


@pytest.mark.parametrize(
    ("width", "has_manifests", "caption"), [(80, False, 18), (97, False, 35), (98, True, 12), (118, True, 32)]
)
def test_the_table_fits_the_terminal_as_long_as_it_can(width: int, has_manifests: bool, caption: int) -> None:
    head, row, *after = proposal_table.lines([DATED], width)
    assert max(len(head), len(row)) <= width and ("manifest" in head) is has_manifests
    assert len(row) - head.index("caption") in range(caption - 1, caption + 1) and row.endswith("…")
    assert after == ([] if has_manifests else ["The manifests go into posts/clips."])


def test_without_a_terminal_the_table_has_everything() -> None:
    head, row = proposal_table.lines([DATED], None)
    assert "posts/clips/day-1.yaml" in row and len(row) - head.index("caption") > 35


def test_many_folders_are_counted() -> None:
    rows = [[*DATED[:2], f"posts/{number}/a.yaml", *DATED[3:]] for number in range(6)]
    *_, last = proposal_table.lines(rows, 80)
    assert last == "The manifests go into posts/0, posts/1, posts/2, posts/3, and 2 more."


def test_a_manifest_lies_beside_its_clip_and_reads_back_exactly(offline: Studio) -> None:
    sheet = fortnight(offline)
    ran = offline.run("import-csv", str(sheet), "--dates", "day-first", "--auto-approve")
    assert "acme/day-3" in ran.out
    assert (offline.root / "posts/clips/day-3.yaml").read_text("utf-8") == (
        "name: day-3\naccount: acme\nvideo: 3.mp4\ncaption: |\n"
        '  Day 3: "wheel"\n  #3 is new; so is this\n  #fyp #pottery\n'
        "privacy: everyone\npublish_at: 2019-12-04T09:00:00\n"
    )


def test_ambiguous_dates_are_refused_with_the_way_to_say_it(offline: Studio) -> None:
    ran = offline.run("import-csv", str(fortnight(offline, between="/")), "--auto-approve")
    assert ran.code == 1
    assert "posts/december.csv:2:5: Publish at can be read in two ways" in ran.err.replace(f"{offline.root}/", "")
    assert "--dates day-first or --dates month-first" in ran.err


def test_bad_rows_are_left_out_and_a_second_run_writes_only_what_is_missing(offline: Studio) -> None:
    offline.video("a.mp4")
    head = "name,account,file,privacy\n"
    sheet = offline.write(
        "posts/x.csv", f"{head}one,acme,a.mp4,everyone\ntwo,acm,a.mp4,everyone\nthree,acme,b.mp4,all\n"
    )
    first = offline.run("import-csv", str(sheet), "--auto-approve")
    assert (first.code, (offline.root / "posts/one.yaml").exists()) == (1, True)
    for place, code in (("3:2", "unknown-account"), ("4:3", "media-not-found")):
        assert any(f"x.csv:{place}: " in line and f"[{code}]" in line for line in first.err.splitlines()), first.err
    assert "2 rows can't be used as they are, and are left out." in first.err
    sheet.write_text(f"{head}one,acme,a.mp4,everyone\ntwo,acme,a.mp4,everyone\n", "utf-8")
    second = offline.run("import-csv", str(sheet), "--auto-approve", "--json").json
    assert [post["result"] for post in second["posts"]] == ["there", "written"]


def test_one_bad_row_is_told_as_one_and_names_are_looked_for_in_media_only(offline: Studio) -> None:
    offline.video("a.mp4")
    sheet = offline.write("x.csv", "name,account,file,privacy\none,acme,posts/a.mp4,everyone\n")
    ran = offline.run("import-csv", str(sheet), "--media", "posts", "--auto-approve")
    assert "1 row can't be used as it is, and is left out." in ran.err
    assert (ran.code, "leave --media out" in ran.err) == (1, True)


def test_nothing_is_overwritten_and_no_post_is_declared_twice(offline: Studio) -> None:
    offline.post("one")
    before = (offline.root / "posts/one.yaml").read_bytes()
    offline.video("clips/one.mp4")
    rows = "one,one.mp4,everyone\none,clips/one.mp4,everyone\ntwo,one.mp4,everyone\ntwo,clips/one.mp4,only_me\n"
    sheet = offline.write("posts/x.csv", f"name,file,privacy\n{rows}")
    ran = offline.run("import-csv", str(sheet), "--account", "acme", "--auto-approve", "--json").json
    assert [post["result"] for post in ran["posts"]] == ["bad", "bad", "written", "bad"]
    codes = {(p["code"], p["where"].split(":")[1]) for p in ran["problems"]}
    assert {("manifest-exists", "2"), ("duplicate-post", "3"), ("duplicate-post", "5")} <= codes
    assert (offline.root / "posts/one.yaml").read_bytes() == before


def test_a_direct_post_without_privacy_is_a_bad_row_and_no_level_is_assumed(offline: Studio) -> None:
    offline.video("a.mp4")
    sheet = offline.write("posts/x.csv", "file,account\na.mp4,acme\n")
    assert "[privacy-missing]" in offline.run("import-csv", str(sheet), "--auto-approve").err
    chosen = offline.run("import-csv", str(sheet), "--privacy", "only_me", "--auto-approve")
    assert (chosen.code, "privacy: only_me" in (offline.root / "posts/a.yaml").read_text()) == (0, True)


def test_markdown_has_the_caption_as_its_text(offline: Studio) -> None:
    offline.video("a.mp4")
    sheet = offline.write("posts/x.csv", 'file,account,caption\na.mp4,acme_de,"Hi\n\n#fyp"\n')
    assert offline.run("import-csv", str(sheet), "--markdown", "--auto-approve").code == 0
    assert (
        offline.root / "posts/a.md"
    ).read_text() == "---\nname: a\naccount: acme_de\nvideo: a.mp4\n---\nHi\n\n#fyp\n"


def test_files_outside_of_the_project_and_folders_that_are_not_read_are_refused(
    offline: Studio, tmp_path: Path
) -> None:
    (tmp_path / "away").mkdir()
    (tmp_path / "away" / "a.mp4").write_bytes(b"x")
    (offline.root / "b.mp4").write_bytes(b"x")
    sheet = offline.write("posts/x.csv", "file,account\n../../away/a.mp4,acme_de\nb.mp4,acme_de\n")
    ran = offline.run("import-csv", str(sheet), "--auto-approve", "--json").json
    assert {p["code"] for p in ran["problems"]} == {"path-outside", "folder-not-read"}
    outside = offline.run("import-csv", str(sheet), "--into", str(tmp_path / "away"), "--auto-approve")
    assert outside.code == 64


def test_posts_of_postiz_take_their_files_from_the_folder_that_is_given(offline: Studio) -> None:
    offline.video("x.mp4")
    post = {
        "content": "Hi",
        "publishDate": "2050-12-01T09:00:00.000Z",
        "state": "QUEUE",
        "integration": {"providerIdentifier": "tiktok", "name": "Somebody"},
        "image": [{"path": "https://uploads.example/x.mp4"}],
    }
    sheet = offline.write("export.json", json.dumps({"posts": [post]}))
    args = ("import-csv", str(sheet), "--from", "postiz", "--auto-approve")
    assert "[account-missing]" in offline.run(*args).err
    ran = offline.run(*args, "--account", "acme_de", "--media", "posts", "--json")
    assert (ran.code, ran.json["posts"][0]["file"]) == (0, "posts/x.yaml")
    assert "publish_at: 2050-12-01T09:00:00+00:00" in (offline.root / "posts/x.yaml").read_text()


def test_tweets_come_from_their_repository(offline: Studio) -> None:
    offline.video("media/cat.mp4")
    offline.write("posts/tweets/cat.tweet", "---\nmedia:\n  - file: cat.mp4\n---\nCats\n")
    offline.write("posts/tweets/words.tweet", "Words\n")
    args = ("import-csv", "posts/tweets", "--from", "twitter-together", "--account", "acme_de", "--auto-approve")
    ran = offline.run(*args)
    assert (ran.code, ran.out.count("held")) == (0, 1)
    assert "hold: true" in (offline.root / "posts/media/cat.yaml").read_text()


@pytest.mark.parametrize("text", ["", "\n\n", "file,account\n"])
def test_an_empty_sheet_is_told(text: str, offline: Studio) -> None:
    sheet = offline.write("posts/x.csv", text)
    ran = offline.run("import-csv", str(sheet), "--auto-approve")
    assert "[sheet-empty]" in ran.err
    assert ran.code == 1
