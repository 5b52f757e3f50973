"""Small pictures of media: by either program, of files that may be hostile, within bounds."""

from __future__ import annotations

import base64
import os
import shutil
import stat
import time
from pathlib import Path

import pytest

from contentsync.media.kept_pictures import KeptPictures
from contentsync.media.picture import Painter
from contentsync.operations.pictures import PHOTOS, POSTS, pictures
from contentsync.post import Media, MediaFacts
from tests.builders import a_post
from tests.views.previews import an_action

MEDIA = Path(__file__).parent / "media"
FFMPEG = shutil.which("ffmpeg") or ""
PAINTERS = [Painter(), *([Painter(FFMPEG)] if FFMPEG else [])]
by_each = pytest.mark.parametrize("paints", PAINTERS, ids=lambda one: "ffmpeg" if one.ffmpeg else "av")
pytestmark = pytest.mark.slow


def sides(jpeg: bytes) -> tuple[int, int]:
    """Width and height, from the first frame header."""
    at = jpeg.index(b"\xff\xc0")
    return int.from_bytes(jpeg[at + 7 : at + 9], "big"), int.from_bytes(jpeg[at + 5 : at + 7], "big")


@by_each
@pytest.mark.parametrize(
    ("name", "container"),
    [
        ("video-h264.mp4", "mp4"),
        ("clip.mov", "mov"),
        ("rotated.mp4", "mp4"),
        ("live.webm", "webm"),
        ("picture.jpg", "jpeg"),
        ("ok.webp", "webp"),
        ("ok.png", "png"),
    ],
)
def test_each_kind_of_file_becomes_an_upright_picture(paints: Painter, name: str, container: str) -> None:
    assert sides(paints.draw(MEDIA / name, container, 0.0)) == (240, 426)


@by_each
def test_another_time_is_another_frame(paints: Painter) -> None:
    film = MEDIA / "video-h264.mp4"
    assert paints.draw(film, "mp4", 0.0) != paints.draw(film, "mp4", 0.7)


@by_each
@pytest.mark.parametrize("name", ["-i.mp4", "http:x.mp4", "concat:a|b.mp4", "a%20b?#.mp4", "$(touch x).mp4"])
def test_a_name_is_a_name_and_no_option_or_address(paints: Painter, name: str, tmp_path: Path) -> None:
    film = shutil.copy(MEDIA / "video-h264.mp4", tmp_path / name)
    assert paints.draw(Path(film), "mp4", 0.0)
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]


@by_each
def test_a_playlist_in_a_films_clothes_opens_no_other_file(paints: Painter, tmp_path: Path) -> None:
    (tmp_path / "secret.mp4").write_bytes((MEDIA / "video-h264.mp4").read_bytes())
    for text in ("#EXTM3U\n#EXTINF:1,\nsecret.mp4\n", "ffconcat version 1.0\nfile secret.mp4\n"):
        (tmp_path / "clip.mp4").write_text(text)
        assert not paints.draw(tmp_path / "clip.mp4", "mp4", 0.0)


@by_each
def test_damaged_and_unknown_files_have_no_picture(paints: Painter, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes((MEDIA / "video-h264.mp4").read_bytes()[:700])
    assert not paints.draw(broken, "mp4", 0.0)
    assert not paints.draw(broken, "gif", 0.0)
    assert not paints.draw(tmp_path / "gone.mp4", "mp4", 0.0)


def a_program(path: Path, body: str) -> str:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_a_program_that_does_not_end_is_ended(tmp_path: Path) -> None:
    begun = time.monotonic()
    assert not Painter(a_program(tmp_path / "slow", "exec sleep 60"), seconds=0.3).draw(tmp_path, "mp4", 0.0)
    assert time.monotonic() - begun < 50


def test_a_program_that_writes_without_end_is_ended(tmp_path: Path) -> None:
    assert not Painter(a_program(tmp_path / "yes", "exec yes")).draw(tmp_path, "mp4", 0.0)


def test_a_program_gets_no_secret_and_bounded_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTENTSYNC_TOKEN_ACME", "secret")
    body = f"sleep 0.2; env > {tmp_path}/env; ulimit -v > {tmp_path}/memory"
    Painter(a_program(tmp_path / "nosy", body)).draw(tmp_path, "mp4", 0.0)
    assert not (tmp_path / "env").exists() or "secret" not in (tmp_path / "env").read_text()


def a_film(root: Path, name: str) -> Media:
    shutil.copy(MEDIA / "video-h264.mp4", root / name)
    return Media(name, sha256="0" * 64, size=(root / name).stat().st_size, facts=MediaFacts("mp4"))


def yes(_path: Path, _item: Media) -> bool:
    return True


def test_the_cover_is_the_frame_that_the_manifest_names(tmp_path: Path) -> None:
    film = a_film(tmp_path, "clip.mp4")
    post = a_post(media=(film,), cover=700)
    drawn = pictures(tmp_path, [an_action(post)], {post.key: post}, yes)[post.key].data[0]
    assert base64.b64decode(drawn.partition(",")[2]) == Painter().draw(tmp_path / "clip.mp4", "mp4", 0.7)


def test_a_file_outside_the_project_is_not_opened(tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    a_film(tmp_path, "clip.mp4")
    (root / "link.mp4").symlink_to(tmp_path / "clip.mp4")
    for path in ("../clip.mp4", "link.mp4", str(tmp_path / "clip.mp4")):
        post = a_post(media=(Media(path, sha256="0" * 64, size=1, facts=MediaFacts("mp4")),))
        assert pictures(root, [an_action(post)], {}, yes)[post.key].data == [""]


def test_only_the_first_posts_and_photos_get_pictures(tmp_path: Path) -> None:
    asked: list[str] = []

    def counted(_path: Path, item: Media) -> bool:
        asked.append(item.path)
        return False

    photos = tuple(Media(f"{n}.jpg", sha256="0" * 64, facts=MediaFacts("jpeg")) for n in range(PHOTOS + 3))
    posts = [a_post(name=f"post-{n}", media=photos if n == 0 else photos[:1]) for n in range(POSTS + 5)]
    found = pictures(tmp_path, map(an_action, posts), {}, counted, find=Painter)
    assert len(found) == POSTS and len(asked) == POSTS + PHOTOS - 1


def test_a_page_that_is_full_says_so(tmp_path: Path) -> None:
    posts = [a_post(name=f"post-{n}", media=(a_film(tmp_path, "clip.mp4"),)) for n in range(3)]
    one = len(pictures(tmp_path, [an_action(posts[0])], {}, yes)[posts[0].key].data[0])
    found = pictures(tmp_path, map(an_action, posts), {}, yes, room=one)
    assert [bool(found[post.key].data[0]) for post in posts] == [True, False, False]
    assert found[posts[1].key].why == "no preview: the page has no more room"


def test_without_a_program_the_placeholder_says_how_to_get_one(tmp_path: Path) -> None:
    post = a_post(media=(a_film(tmp_path, "clip.mp4"),))
    found = pictures(tmp_path, [an_action(post)], {}, yes, find=lambda: None)[post.key]
    assert (found.data, found.why) == ([""], "no preview: install ffmpeg, or contentsync[preview]")


class Once(Painter):
    """Paints one picture, and no second one."""

    def draw(self, path: Path, container: str, at: float) -> bytes:
        assert not list(path.parent.glob("drawn-*")), "drawn a second time"
        (path.parent / f"drawn-{at}").touch()
        return b"\xff\xd8 picture"


def test_a_picture_is_made_once_for_each_film_and_time(tmp_path: Path) -> None:
    kept = KeptPictures(tmp_path / "kept")
    post = a_post(media=(a_film(tmp_path, "clip.mp4"),))
    first, second = (pictures(tmp_path, [an_action(post)], {}, yes, kept=kept, find=Once) for _ in range(2))
    assert first == second and first[post.key].data[0]
    assert kept.get("0" * 64, 1.5) == b"" and kept.get("1" * 64, 0.0) == b"" and kept.get("../x", 0.0) == b""


def test_the_oldest_pictures_are_dropped(tmp_path: Path) -> None:
    kept = KeptPictures(tmp_path, most=2)
    for number in range(4):
        kept.put(f"{number}" * 64, 0.0, b"x")
        os.utime(tmp_path / f"{str(number) * 64}-0.jpg", (number, number))
    kept.prune()
    assert sorted(path.name[0] for path in tmp_path.iterdir()) == ["2", "3"]


def test_a_folder_that_cant_be_used_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    kept = KeptPictures(tmp_path / "file" / "kept")
    kept.put("0" * 64, 0.0, b"x")
    kept.prune()
    assert kept.get("0" * 64, 0.0) == b""
