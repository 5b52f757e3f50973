"""Is every way of spoiling a media file seen, and is what is good called good?"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from contentsync.errors import Level
from contentsync.media import mediainfo
from contentsync.media import probe as probe_process
from contentsync.media.disk import DiskReader
from contentsync.media.look import MediaLook
from contentsync.media.probe import Prober
from contentsync.media.zeros import RUN, digest
from contentsync.operations.probe import probe
from contentsync.post import MediaFacts
from tests.cli.support import Studio
from tests.media_mutants import FILMS, FIXTURES, run


def look_at(path: Path, data: bytes) -> MediaLook:
    path.write_bytes(data)
    return DiskReader().read(path)


def codes(look: MediaLook) -> list[str]:
    return [problem.code for problem in look.problems]


def film(name: str) -> bytes:
    return (FIXTURES / name).read_bytes()


# -- what is good


def test_a_browser_s_webm_without_a_length_is_whole_and_its_length_is_known() -> None:
    look = DiskReader().read(FIXTURES / "live.webm")
    assert (codes(look), look.facts) == ([], MediaFacts("webm", "vp8", 360, 640, pytest.approx(1.0, abs=0.05), 30.0))


def test_a_fragmented_film_is_whole() -> None:
    assert codes(DiskReader().read(FIXTURES / "fragmented.mp4")) == []


@pytest.mark.parametrize("name", [name for name in FILMS if name != "live.webm"])  # which has no end of its own
def test_bytes_behind_a_film_do_no_harm(name: str, tmp_path: Path) -> None:
    look = look_at(tmp_path / name, film(name) + b"\x00\x00\x00\x10free12345678")
    assert not [problem for problem in look.problems if problem.level is Level.ERROR]


# -- what is not


@pytest.mark.parametrize("name", FILMS)
@pytest.mark.parametrize("share", [0.02, 0.4, 0.8])
def test_a_film_without_its_beginning_is_never_fine(name: str, share: float, tmp_path: Path) -> None:
    data = film(name)
    look = look_at(tmp_path / name, data[max(1, int(len(data) * share)) :])
    assert [problem for problem in look.problems if problem.level is Level.ERROR]


@pytest.mark.parametrize("name", FILMS)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.85])
def test_a_hollow_film_is_never_fine(name: str, share: float, tmp_path: Path) -> None:
    data = film(name)
    kept = int(len(data) * share)
    look = look_at(tmp_path / name, data[:kept] + bytes(len(data) - kept))
    assert set(codes(look)) & {"media-hollow", "media-damaged", "media-truncated"}


def test_the_half_of_a_copied_film_is_told_as_such(tmp_path: Path) -> None:
    data = film("fast-h264.mp4")
    index_end = data.index(b"mdat") - 4
    big = (
        data[:index_end]
        + (len(data) - index_end + 200_000).to_bytes(4, "big")
        + data[index_end + 4 :]
        + bytes(200_000)
    )
    look = look_at(tmp_path / "v.mp4", big[: index_end + 100] + bytes(len(big) - index_end - 100))
    assert codes(look) == ["media-hollow"]
    assert "copy was not finished" in look.problems[0].what


def test_the_hole_in_a_webm_is_told_in_its_whole_size(tmp_path: Path) -> None:
    data = film("live.webm")
    look = look_at(tmp_path / "v.webm", data[:2000] + bytes(len(data) // 3) + data[2000 + len(data) // 3 :])
    assert codes(look) == ["media-hollow"]
    assert "(33 % of it)" in look.problems[0].what


def test_zeros_in_a_box_that_players_skip_are_no_hole(tmp_path: Path) -> None:
    data = film("video-h264.mp4")
    assert codes(look_at(tmp_path / "v.mp4", data + (100_008).to_bytes(4, "big") + b"free" + bytes(100_000))) == []


def test_a_film_whose_index_leads_elsewhere_is_damaged(tmp_path: Path) -> None:
    data = film("fast-h264.mp4")
    at = data.index(b"mdat")
    moved = data[: at - 4] + b"\0\0\0\x10free12345678" + data[at - 4 :]
    assert codes(look_at(tmp_path / "v.mp4", moved)) == ["media-damaged"]


def test_a_short_fuzz_finds_no_spoilt_file_that_passes_as_fine(tmp_path: Path) -> None:
    assert run(300, 11, tmp_path)[1] == []


# -- photos


def segment(data: bytes, kind: int, body: bytes) -> bytes:
    """A JPEG with one more segment at its beginning."""
    return data[:2] + bytes([0xFF, kind]) + (len(body) + 2).to_bytes(2, "big") + body + data[2:]


@pytest.mark.parametrize(("order", "name"), [("little", b"II*\0"), ("big", b"MM\0*")])
@pytest.mark.parametrize(("orientation", "sides"), [(6, (1280, 720)), (3, (720, 1280)), (1, (720, 1280))])
def test_exif_turns_the_sides(
    order: str, name: bytes, orientation: int, sides: tuple[int, int], tmp_path: Path
) -> None:
    def number(value: int, size: int) -> bytes:
        return value.to_bytes(size, "little" if order == "little" else "big")

    entry = number(0x0112, 2) + number(3, 2) + number(1, 4) + number(orientation, 2) + b"\0\0"
    tiff = name + number(8, 4) + number(1, 2) + entry + number(0, 4)
    look = look_at(tmp_path / "a.jpg", segment(film("ok.jpg"), 0xE1, b"Exif\0\0" + tiff))
    assert look.facts == MediaFacts("jpeg", width=sides[0], height=sides[1])
    assert codes(look) == ([] if orientation == 1 else ["photo-turned"])


def test_a_photo_in_the_colours_of_print_is_a_warning(tmp_path: Path) -> None:
    data = bytearray(film("ok.jpg"))
    at = next(at for at in range(len(data) - 1) if data[at] == 0xFF and data[at + 1] in (0xC0, 0xC2))
    data[at + 9] = 4
    look = look_at(tmp_path / "a.jpg", bytes(data))
    assert [(problem.code, problem.level) for problem in look.problems] == [("photo-cmyk", Level.WARNING)]
    assert "CMYK" in look.problems[0].what


def test_an_animated_photo_is_a_warning_that_counts_its_frames() -> None:
    look = DiskReader().read(FIXTURES / "moving.webp")
    assert [(problem.code, problem.level) for problem in look.problems] == [("photo-animated", Level.WARNING)]
    assert "3 frames" in look.problems[0].what


def test_a_photo_with_a_hole_is_damaged(tmp_path: Path) -> None:
    data = film("picture.jpg")
    assert codes(look_at(tmp_path / "a.jpg", data)) == []
    assert codes(look_at(tmp_path / "a.jpg", data[:4_000] + bytes(2_000) + data[6_000:])) == ["media-damaged"]
    data = film("ok.webp")
    assert codes(look_at(tmp_path / "a.webp", data[:600] + bytes(400) + data[1_000:])) == ["media-damaged"]


def test_a_name_that_says_another_kind_is_noted(tmp_path: Path) -> None:
    look = look_at(tmp_path / "clip.mp4", film("vp8.webm"))
    assert [(problem.code, problem.level) for problem in look.problems] == [("wrong-extension", Level.NOTE)]


# -- zeros


@pytest.mark.parametrize("start", [0, 1, 5_000, (1 << 20) - 3_000, (1 << 20) - RUN])
@pytest.mark.parametrize("length", [2 * RUN, 3 << 20])
def test_a_run_of_zeros_is_found_wherever_it_lies(start: int, length: int, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"x" * start + bytes(length) + b"x" * 100_000)
    with path.open("rb", buffering=0) as file:
        found = digest(file)
    assert found.zeros
    covered = found.zeros_within(0, start + length + 100_000)
    assert length - 2 * RUN <= covered <= length


# -- the probe's own process


def test_a_file_that_keeps_the_library_busy_costs_its_deadline_and_no_more(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "endless")
    prober = Prober(deadline=1.0)
    assert prober(tmp_path / "endless") == []
    assert prober(FIXTURES / "video-h264.mp4")
    prober.close()


# -- contentsync probe


@pytest.mark.parametrize(
    ("name", "expected", "said"),
    [
        ("video-h264.mp4", [], ""),
        ("mpeg4.mp4", ["video-codec"], "mpeg4; TikTok takes H.264"),
        ("slow.mp4", ["frame-rate"], "TikTok takes 23 to 60"),
        ("narrow.mp4", ["picture-too-small"], "200x640; TikTok takes sides of 360 to 4,096"),
        ("clip.mkv", ["video-container"], "mkv; TikTok takes MP4"),
        ("ok.png", ["photo-format"], "png; TikTok takes JPEG and WebP"),
        ("big.jpg", ["photo-sides"], "1200x1400; its shorter side may be at most 1,080"),
        ("ok.webp", [], ""),
    ],
)
def test_a_verdict_names_the_value_found_and_the_value_allowed(name: str, expected: list[str], said: str) -> None:
    probed = probe(FIXTURES / name)
    assert [problem.code for problem in probed.problems] == expected
    assert said in " ".join(problem.what for problem in probed.problems)
    assert probed.is_fine == (not expected)


@pytest.mark.parametrize(
    ("data", "command"),
    [
        (b"\0\0\0\x18ftypheic", "magick a.heic a.jpg"),
        (b"\x89PNG\r\n\x1a\n" + bytes(20) + b"IEND1234", "ffmpeg -i a.png"),
    ],
)
def test_what_can_be_converted_is_told_with_the_command(
    data: bytes, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    name = Path("a.heic" if b"heic" in data else "a.png")
    name.write_bytes(data)
    assert command in " ".join(problem.hint for problem in probe(name).problems)


def test_probe_prints_facts_and_verdicts(tmp_path: Path) -> None:
    studio = Studio(tmp_path / "studio")
    ran = studio.run("probe", str(FIXTURES / "slow.mp4"))
    assert ran.code == 1
    assert "360x640" in ran.out
    assert "[frame-rate]" in ran.out
    told = json.loads(studio.run("probe", "--json", str(FIXTURES / "ok.jpg")).out)
    assert (told["format"], told["kind"], told["fine"], told["problems"]) == (
        "contentsync.probe/1",
        "photo",
        True,
        [],
    )
    missing = studio.run("probe", "nowhere.mp4")
    assert missing.code == 1
    assert "TikTok" not in missing.out


def test_the_process_of_the_probe_imports_only_what_it_needs() -> None:
    found = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-X",
            "importtime",
            mediainfo.__file__,
            "missing.so",
            *probe_process.libraries(),
        ],
        input=b"",
        capture_output=True,
        check=True,
    )
    assert found.stdout.strip() == b"true"
    assert not any(name in found.stderr for name in (b"json", b"typing", b"pymediainfo", b"site"))


def test_the_process_says_where_the_library_is_missing() -> None:
    command = [sys.executable, "-I", "-S", mediainfo.__file__, "missing.so"]
    found = subprocess.run(command, input=b"", capture_output=True, check=True)
    assert found.stdout.strip() == b"false"


def test_a_process_that_ends_amid_an_answer_is_replaced(tmp_path: Path) -> None:
    prober = Prober()
    assert prober(FIXTURES / "video-h264.mp4")
    assert prober._process
    prober._process.kill()
    prober._process.wait()
    assert prober(FIXTURES / "video-h264.mp4") == []
    assert prober(FIXTURES / "video-h264.mp4")
    prober.close()


@pytest.mark.parametrize("told", [b"", b"{", b"[]", b"{}", b'{"media": null}', b'{"media": {"track": 1}}', b"\xff"])
def test_an_answer_that_is_none_has_no_track(told: bytes) -> None:
    assert probe_process._tracks(told) == []


@pytest.mark.parametrize("said", [b"", b"5", b"word\n", b"-1\n", b"5\nabc"])
def test_an_answer_that_is_cut_short_is_none(said: bytes) -> None:
    assert probe_process._answer(io.BytesIO(said)) is None


def test_an_answer_is_as_long_as_it_says() -> None:
    assert probe_process._answer(io.BytesIO(b"3\na\nbrest")) == b"a\nb"
