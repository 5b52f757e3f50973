"""One manifest from a clip: by options, by questions on a terminal, and never over another file."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.support import Studio
from tests.processes import PATIENCE

PICTURE = Path(__file__).parents[1] / "media" / "ok.jpg"
GIVEN = ("--account", "acme", "--privacy", "only_me", "--auto-approve")


def test_options_make_a_manifest_beside_the_clip(offline: Studio) -> None:
    offline.video("june/My Clip.mp4")
    args = ("--caption", "Hi\n#fyp", "--allow", "comment", "--publish-at", "1 Dec 2050 9:00 PM")
    ran = offline.run("new", "posts/june/My Clip.mp4", *GIVEN, *args)
    assert (ran.code, ran.err) == (0, "")
    assert (offline.root / "posts/june/my-clip.yaml").read_text() == (
        "name: my-clip\naccount: acme\nvideo: My Clip.mp4\ncaption: |\n  Hi\n  #fyp\n"
        "privacy: only_me\nallow: [comment]\npublish_at: 2050-12-01T21:00:00\n"
    )
    assert offline.run("validate").code == 0


@pytest.mark.parametrize(
    ("given", "lacking"),
    [
        (("--auto-approve",), "--account: acme or acme_de"),
        (("--account", "acme", "--auto-approve"), "--privacy: everyone, friends, followers or only_me"),
        (("--account", "acme"), "--auto-approve"),
        (("--account", "acm", "--auto-approve"), "did you mean acme"),
    ],
)
def test_without_a_terminal_it_names_what_is_missing(given: tuple[str, ...], lacking: str, offline: Studio) -> None:
    offline.video("a.mp4")
    ran = offline.run("new", "posts/a.mp4", *given)
    assert (ran.code, lacking in ran.err, list(offline.root.rglob("posts/*.yaml"))) == (64, True, []), ran.err


def test_a_draft_needs_no_privacy(offline: Studio) -> None:
    offline.video("a.mp4")
    assert offline.run("new", "posts/a.mp4", "--account", "acme_de", "--auto-approve").code == 0


def test_nothing_is_overwritten(offline: Studio) -> None:
    offline.post("a")
    before = (offline.root / "posts/a.yaml").read_bytes()
    ran = offline.run("new", "posts/a.mp4", *GIVEN)
    assert (ran.code, "[manifest-exists]" in ran.err) == (1, True)
    assert offline.run("new", "posts/a.mp4", *GIVEN, "--name", "b").code == 0
    again = offline.run("new", "posts/a.mp4", *GIVEN, "--name", "b")
    assert (again.code, (offline.root / "posts/a.yaml").read_bytes()) == (64, before)


def test_json_shows_without_writing(offline: Studio) -> None:
    offline.video("a.mp4")
    ran = offline.run("new", "posts/a.mp4", "--account", "acme_de", "--json")
    assert (ran.code, ran.json["posts"][0]["result"], ran.json["format"]) == (0, "proposed", "contentsync.import/1")
    assert not (offline.root / "posts/a.yaml").exists()


def test_pictures_are_photos(offline: Studio) -> None:
    for name in ("1.jpg", "2.jpg"):
        shutil.copy(PICTURE, offline.write(f"posts/trip/{name}", ""))
    ran = offline.run("new", "posts/trip/1.jpg", "posts/trip/2.jpg", *GIVEN, "--json")
    assert ran.json["posts"][0]["values"]["photos"] == ["1.jpg", "2.jpg"]
    assert ran.json["posts"][0]["posts"] == ["acme/trip"]


def test_a_folder_of_pictures_is_one_post(offline: Studio) -> None:
    for name in ("1.jpg", "2.jpg", "10.jpg"):
        shutil.copy(PICTURE, offline.write(f"posts/trip/day/{name}", ""))
    ran = offline.run("new", "posts/trip/day", *GIVEN)
    assert ran.code == 0, ran.err
    (written,) = offline.root.rglob("posts/**/*.yaml")
    assert "photos: day" in written.read_text() and written == offline.root / "posts/trip/day.yaml"
    assert offline.run("validate").code == 0


def test_several_clips_get_a_manifest_each(offline: Studio) -> None:
    for name in ("one", "two", "three"):
        offline.video(f"june/{name}.mp4")
    clips = [f"posts/june/{name}.mp4" for name in ("one", "two", "three")]
    ran = offline.run("new", *clips, *GIVEN, "--caption", "June")
    assert (ran.code, ran.err) == (0, "")
    assert [line for line in ran.out.splitlines() if line.startswith("Written: ")] == [
        "Written: posts/june/one.yaml.",
        "Written: posts/june/two.yaml.",
        "Written: posts/june/three.yaml.",
        "Written: 3 manifests. Next: contentsync plan",
    ]
    assert sorted(path.name for path in offline.root.rglob("*.yaml") if "june" in str(path)) == [
        "one.yaml",
        "three.yaml",
        "two.yaml",
    ]
    assert offline.run("plan", "--no-refresh", "--json").json["summary"]["create"] == 3


def test_several_clips_share_one_line_about_missing_captions_and_those_with_a_manifest_stay(offline: Studio) -> None:
    for name in ("a", "b", "c"):
        offline.video(f"{name}.mp4")
    first = offline.run("new", "posts/a.mp4", "posts/b.mp4", *GIVEN)
    assert (first.code, first.err) == (
        0,
        "2 posts have no caption. To give one, add `caption:` to their manifests.\n",
    )
    again = offline.run("new", "posts/a.mp4", "posts/b.mp4", "posts/c.mp4", *GIVEN)
    assert (again.code, again.err) == (0, "1 post has no caption. To give one, add `caption:` to its manifest.\n")
    assert "Written already, and the same: 2 manifests.\nWritten: 1 manifest. Next: contentsync plan\n" in again.out


def test_what_is_wrong_with_every_clip_is_said_once(offline: Studio) -> None:
    clips = [f"posts/{number}.mp4" for number in range(9)]
    for number in range(9):
        offline.video(f"{number}.mp4")
    ran = offline.run("new", *clips, *GIVEN, "--publish-at", "next-slot")
    assert (ran.code, ran.err.count("account acme has no slots [no-slots]"), "Next:" in ran.out) == (1, 1, False)
    assert ran.err.endswith("posts/6.yaml, and 2 more\n") and ran.err.count("9 manifests not written") == 1


def test_a_name_is_for_one_post(offline: Studio) -> None:
    offline.video("a.mp4")
    offline.video("b.mp4")
    ran = offline.run("new", "posts/a.mp4", "posts/b.mp4", *GIVEN, "--name", "c")
    assert (ran.code, "--name is for one post" in ran.err) == (64, True)


def test_one_bad_clip_does_not_stop_the_others(offline: Studio) -> None:
    offline.video("a.mp4")
    offline.write("posts/b.mp4", "no video at all")
    ran = offline.run("new", "posts/a.mp4", "posts/b.mp4", *GIVEN)
    assert ran.code == 1 and (offline.root / "posts/a.yaml").exists() and not (offline.root / "posts/b.yaml").exists()


@pytest.mark.slow
def test_a_person_is_asked_for_what_is_missing_and_privacy_has_no_default(offline: Studio) -> None:
    offline.video("clip.mp4")
    answers = [
        ("Name of the post [clip]", ""),
        ("Account", "acme"),
        ("Who may see it", ""),  # there is no default: it is asked again
        ("Who may see it", "friends"),
        ("Caption", "One: #two"),
        ("", "three"),
        ("", ""),
        ("What viewers may do", "yes"),  # names none of them: it is asked again
        ("What viewers may do", "comments, duet"),
        ("What it advertises", ""),
        ("AI-generated?", ""),
        ("When: 2026-12-01 18:00 (empty", "3/4/2050 9:00"),  # can be read in two ways: it is asked again
        ("When", "2050-04-03 9:00"),
        ("Type yes", "yes"),
    ]
    said = conversation(offline, ["new", "posts/clip.mp4"], answers)
    assert "can be read in two ways" in said
    assert 'is none of them: "yes"; choose comment, duet or stitch' in said
    assert (offline.root / "posts/clip.yaml").read_text() == (
        "name: clip\naccount: acme\nvideo: clip.mp4\ncaption: |\n  One: #two\n  three\nprivacy: friends\n"
        "allow: [comment, duet]\npublish_at: 2050-04-03T09:00:00\n"
    )


@pytest.mark.slow
def test_a_file_that_tiktok_refuses_is_told_before_any_question(offline: Studio) -> None:
    offline.write("posts/clip.mp4", "no video at all")
    said = conversation(offline, ["new", "posts/clip.mp4"], [], code=1)
    assert "Nothing was asked or written" in said and "Name of the post" not in said


def conversation(studio: Studio, args: list[str], answers: list[tuple[str, str]], code: int = 0) -> str:
    """All that a command says on a terminal to someone who answers each question once it is asked."""
    ours, theirs = pty.openpty()
    environment = dict(os.environ) | studio.environment | {"TERM": "dumb", "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "contentsync", *args]
    with subprocess.Popen(
        command, cwd=studio.root, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    ) as run:
        os.close(theirs)
        said, read = "", 0
        for question, answer in answers:
            end = time.monotonic() + 30
            while question not in said[read:]:
                assert time.monotonic() < end, said
                if select.select([ours], [], [], 1)[0]:
                    said += os.read(ours, 4096).decode()
            read = said.index(question, read) + len(question)
            os.write(ours, f"{answer}\n".encode())
        while True:
            try:
                more = os.read(ours, 4096)
            except OSError:  # its terminal is closed
                break
            said += more.decode()
            if not more:
                break
        assert run.wait(PATIENCE) == code, said
    os.close(ours)
    return said
