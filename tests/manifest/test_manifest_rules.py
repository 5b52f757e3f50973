"""Is each thing refused that the shape of a manifest can't rule out, and is nothing else?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contentsync.errors import Level
from contentsync.post import Disclosure, Interaction, Kind, MediaFacts, Mode, Privacy
from tests.manifest.projects import PROJECT, FakeProbe, loaded, of_manifest, told

DRAFT = "name: a\naccount: lily\nvideo: v.mp4\n"
DIRECT = "name: a\naccount: acme\nvideo: v.mp4\nprivacy: everyone\n"
PHOTOS = "name: a\naccount: acme\nphotos: [1.jpg, 2.jpg]\nprivacy: everyone\n"
BOUND = 'name: a\naccount: acme\npost_id: "7400000000000000001"\n'

GOOD = {
    "a bare draft": DRAFT,
    "a bare direct post": DIRECT,
    "photos": PHOTOS + "title: Slides\ncaption: Look\ncover: 1\nauto_music: true\nallow: [comment]\n",
    "a draft with what is not sent": DRAFT + "caption: x\nprivacy: only_me\nallow: [duet]\nai_generated: true\n",
    "a caption of 2,200": DIRECT + f"caption: {'x' * 2_200}\n",
    "a caption of 1,100 emoji": DIRECT + f"caption: {'🎉' * 1_100}\n",
    "a photo caption of 4,000": PHOTOS + f"caption: {'x' * 4_000}\n",
    "a title of 90": PHOTOS + f"title: {'x' * 90}\n",
    "five hashtags": DIRECT + 'caption: "#a #b #c #d #e f#g"\n',
    "an empty caption in quotes": DIRECT + "caption: ''\n",
    "a window that has passed": DIRECT + "publish_at: 2020-01-01T09:00:00\nexpires_at: 2020-01-02T09:00:00\n",
    "next-slot": DIRECT + "publish_at: next-slot\nexpires_at: 2026-12-02T09:00:00\n",
    "a time with an offset on the day of change": DIRECT + "publish_at: 2026-10-25T02:30:00+02:00\n",
    "an hour before the change": DIRECT + "publish_at: 2026-10-25T01:30:00\n",
    "Zulu time, small letters, minutes only": DIRECT + "publish_at: 2026-12-01t09:00z\n",
    "branded content for all": DIRECT + "disclosure: [your_brand, branded_content]\n",
    "a bound post": BOUND,
    "a bound post with a long caption": BOUND + f"caption: {'x' * 4_000}\nprivacy: only_me\n",
    "an https URL": DIRECT.replace("v.mp4", "https://media.acme.example/v.mp4"),
    "spellings of true and false": DIRECT + "hold: True\nai_generated: FALSE\n",
    "octal and hexadecimal": DIRECT + "generation: 0o10\n",
}
BAD = {
    "a caption of 2,201": (DIRECT + f"caption: {'x' * 2_201}\n", ["5:10 caption-too-long"]),
    "a caption of 1,101 emoji": (DIRECT + f"caption: {'🎉' * 1_101}\n", ["5:10 caption-too-long"]),
    "a photo caption of 4,001": (PHOTOS + f"caption: {'x' * 4_001}\n", ["5:10 caption-too-long"]),
    "a title of 91": (PHOTOS + f"title: {'x' * 91}\n", ["5:8 title-too-long"]),
    "six hashtags": (DIRECT + 'caption: "#a #b #c\\n#d #e #f"\n', ["5:10 many-hashtags"]),
    "no privacy": ("name: a\naccount: acme\nvideo: v.mp4\n", ["1:1 privacy-missing"]),
    "no privacy, direct by itself": (DRAFT + "mode: direct\n", ["1:1 privacy-missing"]),
    "no mode anywhere": (DRAFT.replace("lily", "bare"), ["1:1 mode-missing"]),
    "branded and private": (
        "name: a\naccount: acme\nvideo: v.mp4\nprivacy: only_me\ndisclosure: [branded_content]\n",
        ["4:10 branded-content-private"],
    ),
    "branded for followers": (
        "name: a\naccount: acme\nvideo: v.mp4\nprivacy: followers\ndisclosure: [branded_content]\n",
        ["4:10 branded-content-followers"],
    ),
    "nothing disclosed": (DIRECT + "disclosure: []\n", ["5:13 disclosure-empty"]),
    "duet on photos": (PHOTOS + "allow: [comment, duet, stitch]\n", ["5:18 not-for-photos", "5:24 not-for-photos"]),
    "a cover past the photos": (PHOTOS + "cover: 2\n", ["5:8 cover-out-of-range"]),
    "a cover past the video": (DIRECT + "cover_at: 13s\n", ["5:11 cover-after-end"]),
    "an end before the start": (
        DIRECT + "publish_at: 2026-12-01T09:00:00\nexpires_at: 2026-12-01T08:00:00Z\n",
        ["6:13 expires-before-publish"],
    ),
    "grace without a time": (DIRECT + "grace: 2h\n", ["5:8 grace-without-time"]),
    "grace and only an end": (DIRECT + "grace: 2h\nexpires_at: 2026-12-01T08:00:00Z\n", ["5:8 grace-without-time"]),
    "an hour that is skipped": (DIRECT + "publish_at: 2026-03-29T02:30:00\n", ["5:13 time-does-not-exist"]),
    "an hour that comes twice": (DIRECT + "expires_at: 2026-10-25T02:30:00\n", ["5:13 time-exists-twice"]),
    "the account's own zone": (DRAFT + "publish_at: 2026-03-08T02:30:00\n", ["4:13 time-does-not-exist"]),
    "next-slot without slots": (DRAFT + "publish_at: next-slot\n", ["4:13 no-slots"]),
    "an unknown account": (DIRECT.replace("acme", "acne"), ["2:10 unknown-account"]),
    "one unknown of two": (DIRECT.replace("account: acme", "accounts: [acme, lil]"), ["2:18 unknown-account"]),
    "account and accounts": (DIRECT + "accounts: [lily]\n", ["5:11 account-and-accounts"]),
    "no account": ("name: a\nvideo: v.mp4\nmode: draft\n", ["1:1 account-missing"]),
    "moved from itself": (DIRECT + "moved_from: a\n", ["5:13 moved-from-itself"]),
    "a fault for both accounts": (
        f"name: a\naccounts: [acme, lily]\nvideo: v.mp4\nprivacy: everyone\ncaption: {'x' * 2_201}\n",
        ["5:10 caption-too-long"],
    ),
    "shape and rules at once": (
        PHOTOS + f"titel: x\ncaption: {'x' * 5_000}\nhold: yes\nallow: [duet]\ncover: 7\n",
        [
            "5:1 unknown-key",
            "6:10 caption-too-long",
            "7:7 not-a-switch",
            "8:9 not-for-photos",
            "9:8 cover-out-of-range",
        ],
    ),
}


@pytest.mark.parametrize("case", GOOD)
def test_a_good_manifest_has_no_problems(case: str, tmp_path: Path) -> None:
    found = of_manifest(tmp_path, GOOD[case])
    assert told(found.problems) == []
    assert len(found.posts) == 1


@pytest.mark.parametrize("case", BAD)
def test_a_bad_manifest_has_just_these_problems(case: str, tmp_path: Path) -> None:
    text, expected = BAD[case]
    found = of_manifest(tmp_path, text)
    assert told(found.problems) == expected
    assert found.has_errors == bool(found.faulty or found.unread)
    assert not found.unsound & {post.key for post in found.posts}


def test_a_long_caption_is_told_as_the_docs_show_it(tmp_path: Path) -> None:
    problem = of_manifest(tmp_path, DIRECT + f"caption: {'x' * 2_243}\n").problems[0]
    assert str(problem) == "posts/a.yaml:5:10: caption is 43 over the 2,200 that TikTok takes [caption-too-long]"
    assert problem.hint == "cut 43 characters; most emoji count as two"
    assert problem.width == 2_243


def test_an_hour_that_comes_twice_is_told_with_both_offsets(tmp_path: Path) -> None:
    problem = of_manifest(tmp_path, DIRECT + "publish_at: 2026-10-25T02:30:00\n").problems[0]
    assert "2026-10-25T02:30:00+01:00 or 2026-10-25T02:30:00+02:00" in problem.hint


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ("privacy: public", "did you mean everyone?"),
        ("privacy: private", "did you mean only_me?"),
        ("privacy: freinds", 'did you mean "friends"?'),
        ("captoin: x", 'did you mean "caption"?'),
        ("hold: yes", "write true"),
        ("hold: off", "write false"),
        ('hold: "true"', "write true without quotes"),
        ("allow: comment", "write [comment]"),
        ("grace: 90", "add a unit: 90s, 90m or 90h"),
        ("cover: 3", "write cover_at"),
    ],
)
def test_a_hint_says_what_was_meant(wrong: str, hint: str, tmp_path: Path) -> None:
    found = of_manifest(tmp_path, "name: a\naccount: lily\nvideo: v.mp4\n" + wrong + "\n")
    assert hint in [problem.hint for problem in found.problems]


# -- what a sound manifest becomes

WHOLE = """\
name: launch-teaser
account: acme
video: teaser.mp4
caption: |
  Launch day #fyp
privacy: everyone
allow: [comment, duet]
disclosure: [your_brand]
ai_generated: true
cover_at: 1.5s
publish_at: 2026-12-01T09:00:00
grace: 90m
expires_at: 2026-12-02T09:00:00+05:00
hold: true
generation: 3
moved_from: old-name
"""


def test_every_key_arrives_in_the_post(tmp_path: Path) -> None:
    post = of_manifest(tmp_path, WHOLE).posts[0]
    assert post.key == "acme/launch-teaser"
    assert (post.kind, post.mode, post.privacy) == (Kind.VIDEO, Mode.DIRECT, Privacy.EVERYONE)
    assert (post.caption, post.title) == ("Launch day #fyp", "")
    assert post.allow == {Interaction.COMMENT, Interaction.DUET}
    assert post.disclosure == {Disclosure.YOUR_BRAND}
    assert (post.ai_generated, post.hold, post.cover) == (True, True, 1_500)
    assert post.publish_at == datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
    assert post.expires_at == datetime(2026, 12, 2, 4, 0, tzinfo=UTC)
    assert (post.grace, post.generation, post.moved_from) == (timedelta(minutes=90), 3, "old-name")
    assert [media.path for media in post.media] == ["posts/teaser.mp4"]
    assert str(post.place_of("caption")) == "posts/a.yaml:4:10"


def test_one_manifest_for_two_accounts_is_two_posts(tmp_path: Path) -> None:
    text = DIRECT.replace("account: acme", "accounts: [acme, lily]") + "publish_at: 2026-12-01T09:00:00\n"
    first, second = of_manifest(tmp_path, text).posts
    assert (first.key, first.mode, str(first.publish_at)) == ("acme/a", Mode.DIRECT, "2026-12-01 08:00:00+00:00")
    assert (second.key, second.mode, str(second.publish_at)) == ("lily/a", Mode.DRAFT, "2026-12-01 14:00:00+00:00")


def test_the_manifest_wins_over_the_account_and_the_account_over_the_defaults(tmp_path: Path) -> None:
    project = PROJECT + "defaults: {mode: draft, grace: 2h, ai_generated: true, allow: [comment, duet]}\n"
    manifests = "\n---\n".join(
        [
            "name: a\naccount: bare\nvideo: v.mp4",
            "name: b\naccount: acme\nvideo: v.mp4\nprivacy: everyone",
            "name: c\naccount: acme\nvideo: v.mp4\nmode: draft\nallow: []\nai_generated: false\n"
            "publish_at: 2026-12-01T09:00:00Z\ngrace: 1m",
            "name: d\naccount: bare\nphotos: [1.jpg]",
        ]
    )
    posts = loaded(tmp_path, {"contentsync.yaml": project, "posts/a.yaml": manifests}).posts
    assert [post.mode for post in posts] == [Mode.DRAFT, Mode.DIRECT, Mode.DRAFT, Mode.DRAFT]
    assert [post.ai_generated for post in posts] == [True, True, False, True]
    assert [sorted(post.allow) for post in posts] == [["comment", "duet"], ["comment", "duet"], [], ["comment"]]
    assert [post.grace for post in posts][::2] == [timedelta(hours=2), timedelta(minutes=1)]


def test_nothing_disclosed_may_take_back_a_default(tmp_path: Path) -> None:
    project = PROJECT + "defaults: {disclosure: [your_brand]}\n"
    found = loaded(tmp_path, {"contentsync.yaml": project, "posts/a.yaml": DIRECT + "disclosure: []\n"})
    assert (found.problems, found.posts[0].disclosure) == ((), frozenset())


def test_branded_content_by_default_can_not_be_private(tmp_path: Path) -> None:
    project = PROJECT + "defaults: {disclosure: [branded_content]}\n"
    text = DIRECT.replace("everyone", "only_me")
    found = loaded(tmp_path, {"contentsync.yaml": project, "posts/a.yaml": text})
    assert told(found.problems) == ["4:10 branded-content-private"]


# -- media

GOOD_VIDEO = MediaFacts("mp4", "h264", 1_080, 1_920, 9.0, 30.0)
VIDEOS = {
    "video-container": replace(GOOD_VIDEO, container="mkv"),
    "video-codec": replace(GOOD_VIDEO, codec="av1"),
    "frame-rate": replace(GOOD_VIDEO, frame_rate=22.9),
    "picture-too-small": replace(GOOD_VIDEO, width=359),
    "picture-too-big": replace(GOOD_VIDEO, height=4_097),
}


@pytest.mark.parametrize("code", VIDEOS)
def test_a_video_that_tiktok_refuses_is_told_at_its_key(code: str, tmp_path: Path) -> None:
    assert told(of_manifest(tmp_path, DIRECT, FakeProbe(VIDEOS[code])).problems) == [f"3:8 {code}"]


@pytest.mark.parametrize("rate", [23.0, 23.976, 59.94, 60.0, 60.002])
def test_usual_frame_rates_are_fine(rate: float, tmp_path: Path) -> None:
    assert not of_manifest(tmp_path, DIRECT, FakeProbe(MediaFacts("mp4", frame_rate=rate))).problems


def test_what_could_not_be_read_is_no_fault(tmp_path: Path) -> None:
    assert not of_manifest(tmp_path, DIRECT, FakeProbe(MediaFacts())).problems


@pytest.mark.parametrize(
    ("size", "codes"),
    [(4_000_000_000, []), (4_000_000_001, ["3:8 video-nearly-too-big"]), (4_294_967_297, ["3:8 video-too-big"])],
)
def test_a_video_is_at_most_four_gigabytes(size: int, codes: list[str], tmp_path: Path) -> None:
    assert told(of_manifest(tmp_path, DIRECT, FakeProbe(size=size)).problems) == codes


def test_ten_minutes_are_the_most_for_a_draft_only(tmp_path: Path) -> None:
    probe = FakeProbe(MediaFacts("mp4", duration=600.5))
    assert told(of_manifest(tmp_path, DRAFT, probe).problems) == ["3:8 video-too-long"]
    assert not of_manifest(tmp_path, DIRECT, probe).problems


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (MediaFacts("png", width=720, height=1280), "photo-format"),
        (MediaFacts("gif", width=72, height=128), "photo-format"),
        (MediaFacts("mp4"), "photo-format"),
        (MediaFacts("jpeg", width=1_081, height=1_200), "photo-sides"),
    ],
)
def test_a_photo_that_tiktok_refuses_is_told_where_it_stands(facts: MediaFacts, code: str, tmp_path: Path) -> None:
    text = PHOTOS.replace("[1.jpg, 2.jpg]", "[2.jpg]")
    assert told(of_manifest(tmp_path, text, FakeProbe(facts)).problems) == [f"3:10 {code}"]


def test_only_the_shorter_side_of_a_photo_counts(tmp_path: Path) -> None:
    assert not of_manifest(tmp_path, PHOTOS, FakeProbe(MediaFacts("webp", width=1_080, height=9_000))).problems


def test_a_photo_has_at_most_20_million_bytes(tmp_path: Path) -> None:
    found = of_manifest(tmp_path, PHOTOS, FakeProbe(size=20_000_001))
    assert told(found.problems) == ["3:10 photo-too-big", "3:17 photo-too-big"]


def test_warnings_forbid_nothing(tmp_path: Path) -> None:
    found = of_manifest(tmp_path, DIRECT + "disclosure: []\n")
    assert [problem.level for problem in found.problems] == [Level.WARNING]
    assert not found.has_errors
    assert len(found.posts) == 1
