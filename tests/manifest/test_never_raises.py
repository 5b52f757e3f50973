"""Whatever stands in the files: is the answer problems, and never an exception?"""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contentsync.manifest.attachments import Attachments
from contentsync.manifest.checked_document import CheckedDocument
from contentsync.manifest.codes import CODES
from contentsync.manifest.desired import Reading
from contentsync.manifest.load import load
from contentsync.manifest.settings import load_settings
from contentsync.manifest.source import read_yaml
from contentsync.post import Mode
from contentsync.settings import Account, Settings
from tests.manifest.projects import PROJECT, FakeProbe, write
from tests.manifest.test_manifest_rules import PHOTOS, WHOLE

_SPACES = [b"\t", b" #", b": ", b"- ", b"\n", b"\r", b"---\n", b"...", b"? ", b"\0", b"\xff", b"\xe2\x80\xa8"]
_SIGNS = [b"[", b"]", b"{", b"}", b"'", b'"', b"&a ", b"*a", b"!t ", b"|\n", b">", b"<<: ", b"%", b"@", b"\\", b"~"]
_WORDS = [
    b"null",
    b"-1",
    b"1e9",
    b"true",
    b"name: b\n",
    b"post_id: 1\n",
    b"photos: x\n",
    b"accounts: [a]\n",
    b"..",
    b"/",
]
PIECES = st.sampled_from([*_SPACES, *_SIGNS, *_WORDS, b"${X}", b"${CONTENTSYNC_X}", b"\xf0\x9f\x8e\x89"])
SETTINGS = Settings(accounts={"acme": Account("acme", mode=Mode.DIRECT)})


@st.composite
def spoilt(draw: st.DrawFn, sound: str) -> bytes:
    """A sound text with up to four pieces put in, taken out or doubled."""
    data = sound.encode()
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = draw(st.integers(start, min(len(data), start + 20)))
        data = data[:start] + draw(PIECES | st.just(data[start:end] * 2)) + data[end:]
    return data


@pytest.mark.slow
@given(spoilt(WHOLE) | spoilt(PHOTOS + "title: x\ncover: 1\n"))
@settings(max_examples=250)
def test_a_spoilt_manifest_is_sound_or_has_problems(data: bytes) -> None:
    documents, problems = read_yaml(data, "posts/a.yaml")
    reader = Attachments(Path("/nowhere"), FakeProbe())
    for document in documents:
        reading = Reading(document, SETTINGS, reader)
        posts = CheckedDocument(document, reading.posts(), reading.about).sound()
        assert bool(posts) == (document.is_whole and not document.has_errors)
        assert all(post.digest and post.media_digest for post in posts if not post.post_id)
        problems += document.problems
    assert {problem.code for problem in problems} <= CODES.keys()


@given(data=spoilt(PROJECT))
@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_spoilt_project_is_sound_or_has_problems(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "contentsync.yaml").write_bytes(data)
    found, problems = load_settings(tmp_path, {"CONTENTSYNC_X": "1"})
    assert found or problems
    assert {problem.code for problem in problems} <= CODES.keys()


FLOODS = {
    "documents": b"---\n" * 250_000,
    "unknown keys": b"".join(b"key%d: 1\n" % number for number in range(30_000)),
    "duplicate keys": b"key: 1\n" * 140_000,
    "photos": b"name: a\naccount: acme\nphotos: [" + b"a, " * 300_000 + b"]\n",
    "a caption": b"name: a\naccount: acme\nvideo: v.mp4\ncaption: '" + b"x" * 1_000_000 + b"'\n",
    "a key": b"? " + b"k" * 1_000_000 + b"\n: v\n",
    "open brackets": b"[" * 1_000_000,
    "question marks": b"? " * 500_000,
    "hashtags": b"name: a\naccount: acme\nvideo: v.mp4\ncaption: '" + b"#a " * 300_000 + b"'\n",
}


@pytest.mark.slow
@pytest.mark.parametrize("flood", FLOODS)
def test_a_file_of_one_mebibyte_is_judged_within_seconds(flood: str, tmp_path: Path) -> None:
    write(tmp_path, {"posts/a.yaml": FLOODS[flood]})
    began = time.process_time()
    assert load(tmp_path, {}, probe=FakeProbe()).has_errors
    assert time.process_time() - began < 10
