"""Is each manifest that could be misread refused with the right code at the right place, never with a traceback?"""

from __future__ import annotations

from pathlib import Path

import pytest

from contentsync.errors import Level
from contentsync.manifest.codes import CODES
from tests.manifest.projects import of_manifest, told

GOOD = "name: a\naccount: acme\nvideo: v.mp4\nprivacy: everyone\n"
PHOTOS = "name: a\naccount: acme\nphotos: [1.jpg, 2.jpg]\nprivacy: everyone\n"

Cases = dict[str, tuple[str | bytes, str]]

YAML: Cases = {
    "an empty file": ("", "1:1 document-empty"),
    "only comments": ("# later\n# more\n", "1:1 document-empty"),
    "an empty document between others": (f"---\n---\n{GOOD}", "2:1 document-empty"),
    "a document mark at the end": (f"{GOOD}---\n", "6:1 document-empty"),
    "a list": ("- name: a\n", "1:1 document-not-mapping"),
    "plain text": ("hello\n", "1:1 document-not-mapping"),
    "a null document": ("~\n", "1:1 document-not-mapping"),
    "a key twice": (GOOD + "caption: x\ncaption: y\n", "6:1 duplicate-key"),
    "a key twice, once in quotes": (GOOD + "caption: x\n'caption': y\n", "6:1 duplicate-key"),
    "an anchor": (GOOD + "caption: &c hello\n", "5:10 yaml-anchor"),
    "an anchor on the document": ("&d\n" + GOOD, "1:1 yaml-anchor"),
    "an anchor on a key": (GOOD + "&k caption: hello\n", "5:1 yaml-anchor"),
    "a tag": (GOOD + "caption: !!str hello\n", "5:10 yaml-tag"),
    "a tag that makes an object": (GOOD + "caption: !!python/object/apply:os.system [ls]\n", "5:10 yaml-tag"),
    "a tag on a key": (GOOD + "!!str caption: hello\n", "5:1 yaml-tag"),
    "an alias that is not defined": (GOOD + "caption: *c\n", "5:10 yaml-alias"),
    "a text between stars": (GOOD + "caption: *wow*\n", "5:14 yaml-alias"),
    "a merge key": (GOOD + "<<: {caption: x}\n", "5:1 yaml-merge-key"),
    "a list as a key": (GOOD + "? [a]\n: b\n", "5:3 yaml-key"),
    "a mapping as a key": (GOOD + "? {a: b}\n: c\n", "5:3 yaml-key"),
    "a null key": (GOOD + "~: x\n", "5:1 yaml-key"),
    "a tab before a key": (GOOD + "allow:\n\t- comment\n", "6:1 yaml-tab"),
    "a tab inside brackets": (GOOD + "allow: [\n\tcomment]\n", "6:1 yaml-tab"),
    "a NUL": (GOOD + "caption: a\0b\n", "5:11 nul"),
    "an escaped NUL": (GOOD + 'caption: "a\\0b"\n', "5:10 control-character"),
    "a bell": (GOOD + "caption: a\ab\n", "5:11 control-character"),
    "an escape character": (GOOD + "caption: |\n  \x1b[31mred\n", "6:3 control-character"),
    "a line separator": (GOOD + "caption: a\u2028b\n", "5:11 control-character"),
    "a next-line mark": (GOOD + "caption: a\x85b\n", "5:11 control-character"),
    "half a surrogate pair": (GOOD + 'caption: "\\ud83d"\n', "5:13 yaml-syntax"),
    "an escape past Unicode": (GOOD + 'caption: "\\U00110000"\n', "5:13 yaml-syntax"),
    "an unknown escape": (GOOD + 'caption: "\\q"\n', "5:11 yaml-syntax"),
    "latin-1": (GOOD.encode() + b"caption: caf\xe9\n", "5:13 not-utf8"),
    "UTF-16": (GOOD.encode("utf-16"), "1:1 not-utf8"),
    "UTF-16 without a mark": (GOOD.encode("utf-16-le"), "1:2 nul"),
    "50,000 brackets": ("a: " + "[" * 50_000, "1:35 yaml-depth"),
    "50,000 braces": ("a: " + "{a: " * 50_000, "1:128 yaml-depth"),
    "50,000 dashes": ("- " * 50_000, "1:65 yaml-depth"),
    "33 levels of a key's value": ("a:\n" + "".join(" " * n + "a:\n" for n in range(1, 40)), "33:33 yaml-depth"),
    "over 1 MiB": (GOOD + "#" * 1_048_576, "1:1 file-too-big"),
    "a merge conflict": (GOOD + "<<<<<<< HEAD\ncaption: a\n=======\ncaption: b\n>>>>>>> b\n", "5:1 merge-conflict"),
    "a merge conflict with CR LF": (GOOD.replace("\n", "\r\n") + "<<<<<<< HEAD\r\n", "5:1 merge-conflict"),
    "a conflict in a block": (GOOD + "caption: |\n  a\n||||||| base\n  b\n", "7:1 merge-conflict"),
    "what a resolved conflict left": (GOOD + "caption: |\n  a\n>>>>>>> branch\n", "7:1 merge-conflict"),
    "an open quote": (GOOD + 'caption: "hello\n', "5:10 yaml-syntax"),
    "an open bracket": (GOOD + "allow: [comment\n", "6:1 yaml-syntax"),
    "a colon in a text": (GOOD + "caption: Today: nothing\n", "5:15 yaml-syntax"),
    "a mention without quotes": (GOOD + "caption: @lily hello\n", "5:10 yaml-syntax"),
    "a key that is indented too far": (GOOD + "  caption: x\n", "5:10 yaml-syntax"),
    "a value that is missing": (GOOD + "caption:\n", "5:1 no-value"),
    "null": (GOOD + "caption: null\n", "5:10 no-value"),
    "a tilde": (GOOD + "title: ~\n", "5:8 no-value"),
}
CUT: Cases = {
    "a hashtag after a caption": (GOOD + "caption: My day #fyp\n", "5:10 caption-cut-by-comment"),
    "a caption that begins with a hashtag": (GOOD + "caption: #fyp my day\n", "5:9 caption-cut-by-comment"),
    "a hashtag on a line of its own": (GOOD + "caption: My day\n  #fyp\n", "5:10 caption-cut-by-comment"),
    "a hashtag below more lines": (GOOD + "caption: My\n  day\n\n  #fyp\n", "5:10 caption-cut-by-comment"),
    "a hashtag after the second line": (GOOD + "caption: My\n  day #fyp\n", "5:10 caption-cut-by-comment"),
    "a hashtag in braces": ("{name: a, caption: My day #fyp\n}", "1:20 caption-cut-by-comment"),
    "a hashtag after the block's sign": (GOOD + "caption: | #fyp\nhold: true\n", "5:10 caption-cut-by-comment"),
    "a hashtag after a title": (PHOTOS + "title: Slides #1\n", "5:8 caption-cut-by-comment"),
    "with CR LF": (GOOD.replace("\n", "\r\n") + "caption: My day #fyp\r\n", "5:10 caption-cut-by-comment"),
}
SHAPE: Cases = {
    "an unknown key": (GOOD + "captoin: x\n", "5:1 unknown-key"),
    "a key in another case": (GOOD + "Caption: x\n", "5:1 unknown-key"),
    "a number as a key": (GOOD + "1: x\n", "5:1 unknown-key"),
    "no name": ("account: acme\nvideo: v.mp4\nprivacy: everyone\n", "1:1 missing-key"),
    "no media": ("name: a\naccount: acme\nprivacy: everyone\n", "1:1 media-missing"),
    "both media": (GOOD + "photos: [1.jpg]\n", "5:1 media-both"),
    "a name in capitals": (GOOD.replace("name: a", "name: A"), "1:7 name-pattern"),
    "a name with two dots": (GOOD.replace("name: a", "name: a..b"), "1:7 name-pattern"),
    "a name that is a path": (GOOD.replace("name: a", "name: ../a"), "1:7 name-pattern"),
    "a name of 64": (GOOD.replace("name: a", "name: " + "a" * 64), "1:7 name-pattern"),
    "an empty name": (GOOD.replace("name: a", "name: ''"), "1:7 name-pattern"),
    "a name with a newline": (GOOD.replace("name: a", 'name: "a\\n"'), "1:7 name-pattern"),
    "digits that are not ASCII": (GOOD.replace("name: a", "name: a\u0663"), "1:7 name-pattern"),
    "TikTok's own word for privacy": (GOOD.replace("everyone", "PUBLIC_TO_EVERYONE"), "4:10 unknown-word"),
    "an unknown privacy": (GOOD.replace("everyone", "nobody"), "4:10 unknown-word"),
    "an unknown interaction": (GOOD + "allow: [comment, likes]\n", "5:18 unknown-word"),
    "a word for a list": (GOOD + "allow: comment\n", "5:8 wrong-type"),
    "one thing twice": (GOOD + "allow: [duet, duet]\n", "5:8 repeated-value"),
    "a list for a caption": (GOOD + "caption: [a]\n", "5:10 wrong-type"),
    "a mapping for a caption": (GOOD + "caption: {a: b}\n", "5:10 wrong-type"),
    "yes": (GOOD + "hold: yes\n", "5:7 not-a-switch"),
    "a switch in quotes": (GOOD + 'hold: "true"\n', "5:7 not-a-switch"),
    "a number in quotes": (GOOD + 'generation: "2"\n', "5:13 not-a-number"),
    "a decimal": (GOOD + "generation: 2.0\n", "5:13 not-a-number"),
    "an exponent": (GOOD + "generation: 1e3\n", "5:13 not-a-number"),
    "zero": (GOOD + "generation: 0\n", "5:13 not-a-number"),
    "true for a number": (GOOD + "generation: true\n", "5:13 not-a-number"),
    "a number of 5,000 digits": (GOOD + f"generation: {'9' * 5_000}\n", "5:13 not-a-number"),
    "a duration without unit": (GOOD + "grace: 90\n", "5:8 not-a-duration"),
    "a duration that is negative": (GOOD + "grace: -1h\n", "5:8 not-a-duration"),
    "no duration at all": (GOOD + "grace: 0h\n", "5:8 not-a-duration"),
    "a duration of ages": (GOOD + "grace: 999999999999d\n", "5:8 not-a-duration"),
    "a date without time": (GOOD + "publish_at: 2026-12-01\n", "5:13 not-a-time"),
    "a day that does not exist": (GOOD + "publish_at: 2026-02-30T09:00:00\n", "5:13 not-a-time"),
    "an hour that does not exist": (GOOD + "publish_at: 2026-12-01T24:00:00\n", "5:13 not-a-time"),
    "an offset that does not exist": (GOOD + "publish_at: 2026-12-01T09:00:00+99:00\n", "5:13 not-a-time"),
    "the year 9999": (GOOD + "publish_at: 9999-12-31T23:59:59-12:00\n", "5:13 not-a-time"),
    "next-slot for an end": (GOOD + "expires_at: next-slot\n", "5:13 not-a-time"),
    "a key of photos": (GOOD + "title: x\n", "5:1 key-of-other-kind"),
    "a key of a video": (PHOTOS + "cover_at: 1s\n", "5:1 key-of-other-kind"),
    "no photos": (PHOTOS.replace("[1.jpg, 2.jpg]", "[]"), "3:9 empty-list"),
    "36 photos": (PHOTOS.replace("[1.jpg, 2.jpg]", str(["1.jpg"] * 36)), "3:9 photos-count"),
    "a list in the photos": (PHOTOS.replace("[1.jpg, 2.jpg]", "[[1.jpg]]"), "3:10 wrong-type"),
    "a post_id of words": (GOOD + "post_id: abc\n", "5:10 not-a-post-id"),
    "no accounts": (GOOD.replace("account: acme", "accounts: []"), "2:11 empty-list"),
}
PATHS: Cases = {
    "a path upwards": (GOOD.replace("v.mp4", "../v.mp4"), "3:8 path-parent"),
    "a path down and up": (GOOD.replace("v.mp4", "x/../../v.mp4"), "3:8 path-parent"),
    "an absolute path": (GOOD.replace("v.mp4", "/etc/passwd"), "3:8 path-absolute"),
    "a drive": (GOOD.replace("v.mp4", "'C:/v.mp4'"), "3:8 path-absolute"),
    "a backslash": (GOOD.replace("v.mp4", "x\\v.mp4"), "3:8 path-backslash"),
    "http": (GOOD.replace("v.mp4", "http://acme.example/v.mp4"), "3:8 url-not-https"),
    "a file URL": (GOOD.replace("v.mp4", "file:///etc/passwd"), "3:8 url-not-https"),
    "a host with a backslash": (
        GOOD.replace("v.mp4", "https://acme.example\\.evil.example/v.mp4"),
        "3:8 url-not-https",
    ),
    "https to nowhere": (GOOD.replace("v.mp4", "https:///v.mp4"), "3:8 url-not-https"),
    "a password in a URL": (GOOD.replace("v.mp4", "https://u:p@acme.example/v.mp4"), "3:8 url-with-password"),
    "brackets in a URL": (GOOD.replace("v.mp4", "'https://[::::'"), "3:8 url-malformed"),
    "a port that is none": (GOOD.replace("v.mp4", "https://a.example:99999/x"), "3:8 url-malformed"),
    "an empty label in a URL": (GOOD.replace("v.mp4", "https://a..example/x"), "3:8 url-malformed"),
    "a bare name in a URL": (GOOD.replace("v.mp4", "https://media/x.mp4"), "3:8 url-malformed"),
    "a URL without an end": (GOOD.replace("v.mp4", "https://a.example/" + "x" * 3_000), "3:8 url-malformed"),
    "an address in a URL": (GOOD.replace("v.mp4", "https://192.0.2.7/v.mp4"), "3:8 url-without-domain"),
    "one URL for photos": (PHOTOS.replace("[1.jpg, 2.jpg]", "https://a.example/1.jpg"), "3:9 photos-not-a-folder"),
}
HOSTILE: Cases = {**YAML, **CUT, **SHAPE, **PATHS}


@pytest.mark.parametrize("case", HOSTILE)
def test_it_is_refused_at_its_place(case: str, tmp_path: Path) -> None:
    text, expected = HOSTILE[case]
    found = of_manifest(tmp_path, text)
    assert expected in told(found.problems)
    assert found.has_errors
    assert not found.posts or expected.endswith("document-empty")  # beside a sound document


@pytest.mark.parametrize("case", HOSTILE)
def test_every_problem_says_where_and_what(case: str, tmp_path: Path) -> None:
    for problem in of_manifest(tmp_path, HOSTILE[case][0]).problems:
        assert problem.code in CODES
        assert problem.where is not None
        assert problem.width >= 1
        assert problem.what == problem.what.strip() and "\n" not in problem.what + problem.hint
        assert problem.what.isprintable() and problem.hint.isprintable() and problem.source.isprintable()
        assert problem.hint or problem.level is not Level.ERROR or problem.code == "yaml-syntax"


@pytest.mark.parametrize("case", SHAPE)
def test_one_fault_is_told_once(case: str, tmp_path: Path) -> None:
    text, expected = SHAPE[case]
    assert told(of_manifest(tmp_path, text).problems) == [expected]


def test_there_are_enough_of_them() -> None:
    assert len(HOSTILE) >= 100
