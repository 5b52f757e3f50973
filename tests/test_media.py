"""What does a look into a media file tell, of whole files, of broken ones, and of those that change?"""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contentsync.errors import Level, Problem
from contentsync.media.container import container_of
from contentsync.media.disk import DiskReader
from contentsync.media.look import CachedReader, MediaLook, Sent, StatKey, look_as_json, look_of_json
from contentsync.post import MediaFacts
from tests.builders import ManualClock

FIXTURES = Path(__file__).parent / "media"
WHOLE = {
    "video-h264.mp4": MediaFacts("mp4", "h264", 360, 640, 1.0, 30.0),
    "fast-h264.mp4": MediaFacts("mp4", "h264", 360, 640, 1.0, 30.0),
    "h265.mp4": MediaFacts("mp4", "h265", 360, 640, 1.0, 30.0),
    "clip.mov": MediaFacts("mov", "h264", 360, 640, 1.0, 30.0),
    "clip.mkv": MediaFacts("mkv", "h264", 360, 640, 1.0, 30.0),
    "vp8.webm": MediaFacts("webm", "vp8", 360, 640, 1.0, 30.0),
    "vp9.webm": MediaFacts("webm", "vp9", 360, 640, 1.0, 30.0),
    "mpeg4.mp4": MediaFacts("mp4", "mpeg4", 360, 640, 1.0, 30.0),
    "slow.mp4": MediaFacts("mp4", "h264", 360, 640, 1.0, 10.0),
    "narrow.mp4": MediaFacts("mp4", "h264", 200, 640, 1.0, 30.0),
    "rotated.mp4": MediaFacts("mp4", "h264", 360, 640, 1.0, 30.0),
    "ok.jpg": MediaFacts("jpeg", width=720, height=1280),
    "big.jpg": MediaFacts("jpeg", width=1200, height=1400),
    "ok.webp": MediaFacts("webp", width=720, height=1280),
    "ok.png": MediaFacts("png", width=720, height=1280),
    "ok.gif": MediaFacts("gif"),
}
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


def look_at(path: Path, data: bytes | None = None) -> MediaLook:
    if data is not None:
        path.write_bytes(data)
    return DiskReader().read(path)


def codes(look: MediaLook) -> list[str]:
    return [problem.code for problem in look.problems]


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_file_tells_its_facts(name: str) -> None:
    look = look_at(FIXTURES / name)
    assert look.facts == WHOLE[name]
    assert look.problems == ()
    assert look.sha256 == hashlib.sha256((FIXTURES / name).read_bytes()).hexdigest()
    assert look.size == (FIXTURES / name).stat().st_size


def test_the_name_of_a_file_says_nothing(tmp_path: Path) -> None:
    look = look_at(tmp_path / "photo.jpg", (FIXTURES / "video-h264.mp4").read_bytes())
    assert look.facts == WHOLE["video-h264.mp4"]


def test_a_name_in_any_script_is_found(tmp_path: Path) -> None:
    look = look_at(tmp_path / "été 🎉.mp4", (FIXTURES / "video-h264.mp4").read_bytes())
    assert look.facts == WHOLE["video-h264.mp4"]


@pytest.mark.parametrize("name", ["video-h264.mp4", "fast-h264.mp4", "clip.mov", "vp8.webm", "vp9.webm", "h265.mp4"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_video_that_is_cut_is_truncated(name: str, share: float, tmp_path: Path) -> None:
    data = (FIXTURES / name).read_bytes()
    assert codes(look_at(tmp_path / name, data[: int(len(data) * share)])) == ["media-truncated"]


@pytest.mark.parametrize("name", ["ok.jpg", "big.jpg", "ok.webp", "ok.png"])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_photo_that_is_cut_is_truncated(name: str, share: float, tmp_path: Path) -> None:
    data = (FIXTURES / name).read_bytes()
    assert codes(look_at(tmp_path / name, data[: int(len(data) * share)])) == ["media-truncated"]


def test_one_byte_is_enough_to_be_missed(tmp_path: Path) -> None:
    for name in ("video-h264.mp4", "fast-h264.mp4", "ok.jpg", "ok.webp"):
        data = (FIXTURES / name).read_bytes()
        assert codes(look_at(tmp_path / name, data[:-1])) == ["media-truncated"], name


@pytest.mark.parametrize("name", ["ok.jpg", "ok.webp"])
def test_what_follows_a_photo_does_no_harm(name: str, tmp_path: Path) -> None:
    assert codes(look_at(tmp_path / name, (FIXTURES / name).read_bytes() + b"trailer" * 100)) == []


def test_sound_alone_is_no_video() -> None:
    assert codes(look_at(FIXTURES / "audio.mp4")) == ["no-video-track"]


def test_a_varying_frame_rate_is_noted() -> None:
    look = look_at(FIXTURES / "vfr.mp4")
    assert [(problem.code, problem.level) for problem in look.problems] == [("varying-frame-rate", Level.NOTE)]
    assert look.facts is not None
    assert look.facts.frame_rate == 20.0


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "media-empty"),
        (b"hello, I am text", "media-unknown"),
        (b"\0" * 20_000, "media-hollow"),
        (b"\0\0\0\x20ftyp", "media-truncated"),
        (b"\xff\xd8\xff", "media-truncated"),
        (b"\x1aE\xdf\xa3", "no-video-track"),
    ],
)
def test_what_is_no_media_is_named(data: bytes, code: str, tmp_path: Path) -> None:
    look = look_at(tmp_path / "v.mp4", data)
    assert codes(look) == [code]
    assert look.problems[0].hint


@pytest.mark.parametrize(
    ("head", "container"),
    [
        (b"\0\0\0\x18ftypisom", "mp4"),
        (b"\0\0\0\x18ftypqt  ", "mov"),
        (b"\0\0\0\x08wide\0\0\0\0", "mov"),
        (b"\0\0\0\x18ftyp3gp4", "3gp"),
        (b"\0\0\0\x18ftypheic", "heic"),
        (b"\0\0\0\x18ftypavif", "avif"),
        (b"RIFF\0\0\0\0AVI LIST", "avi"),
        (b"RIFF\0\0\0\0WAVEfmt ", None),
        (b"\x1aE\xdf\xa3\x01\0\0\0\0\0\0\x1fB\x82\x84webm", "webm"),
        (b"\x1aE\xdf\xa3\x01\0\0\0\0\0\0\x1fB\x82\x88matroska", "mkv"),
        (b"GIF89a", "gif"),
        (b"%PDF-1.7", "pdf"),
        (b"", None),
    ],
)
def test_a_container_is_known_by_its_first_bytes(head: bytes, container: str | None) -> None:
    assert container_of(head) == container


def test_without_a_probe_a_video_is_not_checked_and_a_cut_one_is_still_named(tmp_path: Path) -> None:
    reader = DiskReader(tracks=lambda path: None)
    look = reader.read(FIXTURES / "video-h264.mp4")
    assert [(problem.code, problem.level) for problem in look.problems] == [("media-not-checked", Level.NOTE)]
    assert (look.facts, len(look.sha256), look.is_checked) == (None, 64, False)
    (tmp_path / "v.mp4").write_bytes((FIXTURES / "video-h264.mp4").read_bytes()[:3_000])
    assert codes(reader.read(tmp_path / "v.mp4")) == ["media-truncated"]
    assert reader.read(FIXTURES / "ok.webp").facts == WHOLE["ok.webp"]


# -- files that are none, or won't hold still


def test_a_directory_a_pipe_and_nothing_are_named_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert codes(look_at(tmp_path)) == ["media-not-a-file"]
    assert codes(look_at(tmp_path / "pipe")) == ["media-not-a-file"]
    assert codes(look_at(tmp_path / "gone")) == ["media-not-found"]
    assert codes(look_at(tmp_path / ("x" * 300))) == ["media-unreadable"]
    assert codes(look_at(tmp_path / "a\0b")) == ["media-unreadable"]


class Restless(type(Path())):  # type: ignore[misc]
    """A path whose file grows by a byte each time that it is looked at."""

    def stat(self, **options: bool) -> os.stat_result:
        with open(self, "ab") as file:  # noqa: PTH123
            file.write(b"x")
        return super().stat(**options)  # type: ignore[no-any-return]


def test_a_file_that_never_holds_still_is_named(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    path.write_bytes((FIXTURES / "video-h264.mp4").read_bytes())
    assert codes(look_at(Restless(path))) == ["media-changing"]


# -- the cache


class Memory:
    """A cache in a dict."""

    def __init__(self) -> None:
        self.kept: dict[tuple[Path, StatKey], MediaLook] = {}

    def get(self, path: Path, key: StatKey) -> MediaLook | None:
        return self.kept.get((path, key))

    def put(self, path: Path, key: StatKey, look: MediaLook) -> None:
        self.kept[path, key] = look


class Counting:
    """A reader that says what it is told to, and counts."""

    def __init__(self, look: MediaLook) -> None:
        self.look = look
        self.reads = 0

    def read(self, path: Path, sent: Sent | None = None) -> MediaLook:
        self.reads += 1
        return self.look


SEEN = MediaLook(3, "abc", MediaFacts("mp4"))
UNCHECKED = replace(SEEN, problems=(Problem("media-not-checked", "x", level=Level.NOTE),))
LATER = ManualClock(datetime(2100, 1, 1, tzinfo=UTC))


def test_an_untouched_file_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "v.mp4").write_bytes(b"abc")
    reader = Counting(SEEN)
    cached = CachedReader(reader, Memory(), LATER)
    assert [cached.read(tmp_path / "v.mp4") for _ in range(3)] == [SEEN] * 3
    assert reader.reads == 1


def test_a_touched_file_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "v.mp4").write_bytes(b"abc")
    reader = Counting(SEEN)
    cached = CachedReader(reader, Memory(), LATER)
    cached.read(tmp_path / "v.mp4")
    os.utime(tmp_path / "v.mp4", ns=(1, 1))
    cached.read(tmp_path / "v.mp4")
    assert reader.reads == 2


@pytest.mark.parametrize("look", [UNCHECKED, MediaLook(problems=(Problem("media-empty", "x"),))])
def test_a_look_that_may_improve_is_not_kept(look: MediaLook, tmp_path: Path) -> None:
    (tmp_path / "v.mp4").write_bytes(b"abc")
    memory = Memory()
    CachedReader(Counting(look), memory, LATER).read(tmp_path / "v.mp4")
    assert not memory.kept


def test_a_file_written_just_now_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    path.write_bytes(b"abc")
    memory = Memory()
    now = ManualClock(datetime.fromtimestamp(path.stat().st_mtime + 1, UTC))
    CachedReader(Counting(SEEN), memory, now).read(path)
    assert not memory.kept


def test_a_file_that_is_not_there_asks_no_cache(tmp_path: Path) -> None:
    reader = Counting(SEEN)
    assert CachedReader(reader, Memory(), LATER).read(tmp_path / "gone") == SEEN


def test_a_look_comes_back_from_json() -> None:
    look = look_at(FIXTURES / "vfr.mp4")
    assert look_of_json(look_as_json(look)) == look
    assert look_of_json(look_as_json(MediaLook())) == MediaLook()


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"version": 0}', '{"version": 1, "size": 1}'])
def test_what_is_no_look_is_none(text: str) -> None:
    assert look_of_json(text) is None


# -- never raises


@given(st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_raise(tmp_path: Path, data: st.DataObject) -> None:
    sound = (FIXTURES / data.draw(st.sampled_from(sorted(WHOLE)))).read_bytes()
    start = data.draw(st.integers(0, min(len(sound), 400)))
    spoilt = sound[:start] + data.draw(st.binary(max_size=40)) + sound[start + data.draw(st.integers(0, 60)) :]
    look = look_at(tmp_path / "v", spoilt)
    assert look.sha256 or look.problems


@given(st.sampled_from([b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBP", b"\x89PNG\r\n\x1a\n", b"\0\0\0\x08moov"]), st.binary())
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_after_a_known_beginning_raise(tmp_path: Path, head: bytes, rest: bytes) -> None:
    look_at(tmp_path / "v", head + rest)
