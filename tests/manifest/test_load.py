"""Are all files of a project read in one run, each fault told once, and the media found where they may be?"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from contentsync.errors import Level, by_place
from contentsync.manifest.load import load
from contentsync.media.look import MediaLook, StatKey
from tests.manifest.projects import FakeProbe, loaded, of_manifest, told, write

A = "name: a\naccount: lily\nvideo: v.mp4\n"
FIXTURES = Path(__file__).parent.parent / "media"


def test_all_problems_of_all_files_are_told_by_place(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "contentsync.yaml": "accounts: {lily: {mode: draft}}\ntimezone: Nowhere\n",
        "posts/b.yaml": A + "hold: yes\ncaption: x #y\n",
        "posts/a.yaml": A + "foo: bar\n---\n- list\n",
        "posts/c.yaml": "name: [\n",
    }
    found = loaded(tmp_path, files)
    assert [str(problem).split(" ")[0] for problem in found.problems] == [
        "contentsync.yaml:2:11:",
        "posts/a.yaml:1:7:",
        "posts/a.yaml:4:1:",
        "posts/a.yaml:6:1:",
        "posts/b.yaml:1:7:",
        "posts/b.yaml:4:7:",
        "posts/b.yaml:5:10:",
        "posts/c.yaml:2:1:",
    ]
    assert list(found.problems) == by_place(found.problems)


def test_faults_of_the_project_do_not_hide_those_of_manifests(tmp_path: Path) -> None:
    found = loaded(tmp_path, {"contentsync.yaml": "accounts: [\n", "posts/a.yaml": A + "foo: bar\n"})
    assert [problem.code for problem in found.problems] == ["yaml-syntax", "unknown-key"]
    assert found.settings is None


def test_a_problem_brings_its_line(tmp_path: Path) -> None:
    problem = of_manifest(tmp_path, A + "hold: maybe  # not sure\n").problems[0]
    assert (problem.source, problem.width) == ("hold: maybe  # not sure", 5)


def test_posts_come_in_the_order_of_their_places(tmp_path: Path) -> None:
    texts = [A.replace("name: a", f"name: {name}") for name in "dcb"]
    found = loaded(tmp_path, {"posts/2.yaml": texts[0], "posts/1.yaml": texts[1] + "---\n" + texts[2]})
    assert [post.name for post in found.posts] == ["c", "b", "d"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names themselves")
@pytest.mark.parametrize("name", [b"a\x1b[31m.yaml", b"\xff.yaml", b"a\nb.yaml"])
def test_a_file_whose_name_can_not_be_shown_is_refused(name: bytes, tmp_path: Path) -> None:
    write(tmp_path, {"posts/a.yaml": A})
    os.rename(tmp_path / "posts/a.yaml", os.fsencode(tmp_path) + b"/posts/" + name)  # noqa: PTH104
    problem = load(tmp_path, {}, probe=FakeProbe()).problems[0]
    assert problem.code == "file-name"
    assert str(problem).isprintable()
    assert str(problem).encode()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names themselves")
def test_a_photo_whose_name_can_not_be_shown_is_refused(tmp_path: Path) -> None:
    media_project(tmp_path, A.replace("video: v.mp4", "photos: slides/"))
    (tmp_path / "posts/slides" / os.fsdecode(b"\xff.jpg")).touch()
    assert told(load(tmp_path, {}).problems) == ["3:9 file-name"]


# -- doubles and unsound posts


def test_two_manifests_with_one_key_are_both_faulty(tmp_path: Path) -> None:
    found = loaded(tmp_path, {"posts/a.yaml": A, "posts/b.yaml": "---\n" + A})
    assert [str(problem).partition(" [")[0] for problem in found.problems] == [
        "posts/a.yaml:1:7: lily/a is declared twice, also in posts/b.yaml:2:7",
        "posts/b.yaml:2:7: lily/a is declared twice, also in posts/a.yaml:1:7",
    ]
    assert not found.posts
    assert found.unsound == {"lily/a"}


def test_a_fault_of_one_account_leaves_the_post_of_another_sound(tmp_path: Path) -> None:
    both = A.replace("account: lily", "accounts: [lily, acme]")
    found = of_manifest(tmp_path, both)  # acme posts directly, for which privacy is missing
    assert told(found.problems) == ["1:1 privacy-missing"]
    assert [post.key for post in found.posts] == ["lily/a"]
    assert [(one.key, len(one.problems)) for one in found.faulty] == [("acme/a", 1)]


def test_a_key_that_one_account_has_twice_is_faulty_there_only(tmp_path: Path) -> None:
    both = A.replace("account: lily", "accounts: [lily, acme]") + "privacy: only_me\n"
    found = loaded(tmp_path, {"posts/a.yaml": both, "posts/b.yaml": A})
    assert [post.key for post in found.posts] == ["acme/a"]
    assert found.unsound == {"lily/a"}


def test_an_unknown_account_leaves_the_others_sound(tmp_path: Path) -> None:
    found = of_manifest(tmp_path, A.replace("account: lily", "accounts: [lily, lilly]"))
    assert [post.key for post in found.posts] == ["lily/a"]
    assert (found.unsound, found.unread) == ({"lilly/a"}, ("posts/a.yaml",))


@pytest.mark.parametrize(
    "text",
    [
        "name: 'open\n",
        "- list\n",
        A.replace("name: a", "name: A b"),
        A.replace("name: a\n", ""),
        A.replace("account: lily\n", ""),
        A.replace("lily", "nobody"),
        "name: b\n" + A,
        A + "caption: [\n",
        "\x00",
        "---\n" + A + "---\n<<<<<<< HEAD\n",
    ],
)
def test_a_file_that_may_hold_a_post_of_another_name_is_named(text: str, tmp_path: Path) -> None:
    assert of_manifest(tmp_path, text).unread == ("posts/a.yaml",)


@pytest.mark.parametrize("text", [A, A + "hold: maybe\n", A.replace("v.mp4", "../v.mp4"), A + "captoin: x\n"])
def test_a_post_whose_key_is_sure_hides_no_other(text: str, tmp_path: Path) -> None:
    assert of_manifest(tmp_path, text).unread == ()


def test_what_was_not_selected_can_not_fail(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "posts/a.yaml": A + "hold: maybe\n",
        "posts/b.yaml": A.replace("name: a", "name: b") + "grace: 1\n",
        "posts/c.yaml": "name: 'open\n",
    }
    found = loaded(tmp_path, files)
    levels = [(p.where and p.where.file, p.level) for p in found.problems_of(frozenset({"lily/b"}))]
    assert levels == [("posts/b.yaml", Level.ERROR), ("posts/c.yaml", Level.WARNING)]
    assert len(found.problems_of(None)) == 3


def test_one_name_in_two_accounts_is_no_double(tmp_path: Path) -> None:
    found = loaded(tmp_path, {"posts/a.yaml": A, "posts/b.yaml": A.replace("lily", "acme") + "privacy: only_me\n"})
    assert (told(found.problems), len(found.posts)) == ([], 2)


@pytest.mark.parametrize(
    "fault", ["foo: x\n", "hold: yes\n", "caption: x #y\n", "caption: 'open\n", "moved_from: a\n", "post_id: x\n"]
)
def test_the_key_of_a_post_with_faults_is_known(fault: str, tmp_path: Path) -> None:
    found = of_manifest(tmp_path, A.replace("account: lily", "accounts: [lily, acme]") + "privacy: only_me\n" + fault)
    assert not found.posts
    assert found.unsound == {"lily/a", "acme/a"}


# -- paths


@pytest.mark.parametrize("chosen", [["posts/b.yaml"], ["posts/sub"], ["posts/b.yaml", "contentsync.yaml"]])
def test_only_the_chosen_manifests_are_read(chosen: list[str], tmp_path: Path) -> None:
    bad = A + "foo: x\n"
    write(tmp_path, {"posts/a.yaml": bad, "posts/b.yaml": bad, "posts/sub/b.yaml": bad})
    found = load(tmp_path, {}, [tmp_path / name for name in chosen], FakeProbe())
    assert [problem.where and problem.where.file for problem in found.problems] == [
        "posts/b.yaml" if chosen[0] == "posts/b.yaml" else "posts/sub/b.yaml"
    ]


def test_the_whole_folder_may_be_chosen_from_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"posts/a.yaml": A})
    monkeypatch.chdir(tmp_path / "posts")
    assert len(load(tmp_path, {}, [Path(), Path("..")], FakeProbe()).posts) == 1
    assert len(load(tmp_path, {}, [Path("a.yaml")], FakeProbe()).posts) == 1


def test_a_chosen_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    write(tmp_path, {})
    found = load(tmp_path, {}, [tmp_path / "posts/x.yaml"], FakeProbe())
    assert [str(problem.where) for problem in found.problems] == ["posts/x.yaml:1:1"]


# -- media


def media_project(root: Path, text: str) -> Path:
    videos: dict[str, str | bytes] = {
        "posts/v.mp4": (FIXTURES / "video-h264.mp4").read_bytes(),
        "posts/slides/2.webp": (FIXTURES / "ok.webp").read_bytes(),
        "posts/slides/10.jpg": (FIXTURES / "ok.jpg").read_bytes(),
        "posts/slides/notes.txt": "not a picture",
        "posts/slides/.hidden.jpg": "",
        "posts/empty.mp4": "",
        "posts/pointer.mp4": "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n",
        "posts/cut.mp4": (FIXTURES / "video-h264.mp4").read_bytes()[:3_000],
        "posts/words/read.me": "",
        "posts/a.yaml": text,
    }
    return write(root, videos)


def test_media_are_hashed_and_seen(tmp_path: Path) -> None:
    post = load(media_project(tmp_path, A), {}).posts[0]
    assert post.media[0].path == "posts/v.mp4"
    assert post.media[0].size == 5_182
    assert len(post.media[0].sha256) == 64
    assert post.media[0].facts is not None
    assert post.media[0].facts.codec == "h264"


def test_a_folder_of_photos_is_in_natural_order(tmp_path: Path) -> None:
    post = load(media_project(tmp_path, A.replace("video: v.mp4", "photos: slides/")), {}).posts[0]
    assert [item.path for item in post.media] == ["posts/slides/2.webp", "posts/slides/10.jpg"]


@pytest.mark.parametrize(
    ("line", "told_as"),
    [
        ("video: V.mp4", "3:8 media-not-found"),
        ("video: v.mp4/x", "3:8 media-not-found"),
        ("video: slides", "3:8 media-not-a-file"),
        ("video: .", "3:8 media-not-a-file"),
        ("video: empty.mp4", "3:8 media-empty"),
        ("video: pointer.mp4", "3:8 media-lfs-pointer"),
        ("video: cut.mp4", "3:8 media-truncated"),
        ("video: a.yaml", "3:8 media-unknown"),
        ("video: slides/10.jpg", "3:8 video-container"),
        (f"video: {'x' * 300}.mp4", "3:8 media-unreadable"),
        ("photos: [v.mp4]", "3:10 photo-format"),
        ("photos: words", "3:9 photos-empty"),
        ("photos: nowhere/", "3:9 media-not-found"),
        ("photos: slides/10.jpg", "3:9 photos-not-a-folder"),
    ],
)
def test_media_that_can_not_be_posted_are_named(line: str, told_as: str, tmp_path: Path) -> None:
    found = load(media_project(tmp_path, A.replace("video: v.mp4", line)), {})
    assert told(found.problems) == [told_as]
    assert found.posts == ()


def test_a_missing_file_is_told_with_the_nearest_name(tmp_path: Path) -> None:
    problem = load(media_project(tmp_path, A.replace("v.mp4", "emty.mp4")), {}).problems[0]
    assert problem.hint == 'did you mean "empty.mp4"?'


def test_a_pipe_is_never_opened(tmp_path: Path) -> None:
    media_project(tmp_path, A.replace("v.mp4", "pipe.mp4"))
    os.mkfifo(tmp_path / "posts/pipe.mp4")
    assert told(load(tmp_path, {}).problems) == ["3:8 media-not-a-file"]


@pytest.mark.parametrize("link", ["v.mp4", "folder"])
def test_a_link_may_not_lead_out_of_the_project(
    link: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "v.mp4").write_bytes((FIXTURES / "video-h264.mp4").read_bytes())
    name = "v.mp4" if link == "v.mp4" else "folder/v.mp4"
    write(tmp_path, {"posts/a.yaml": A.replace("v.mp4", name)})
    (tmp_path / "posts" / link).symlink_to(outside / "v.mp4" if link == "v.mp4" else outside)
    assert told(load(tmp_path, {}).problems) == ["3:8 path-outside"]


def test_a_link_inside_the_project_is_fine(tmp_path: Path) -> None:
    media_project(tmp_path, A.replace("v.mp4", "link.mp4"))
    (tmp_path / "posts/link.mp4").symlink_to("v.mp4")
    assert len(load(tmp_path, {}).posts) == 1


def test_a_project_behind_a_link_is_fine(tmp_path: Path) -> None:
    media_project(tmp_path / "real", A)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert len(load(tmp_path / "link", {}).posts) == 1


class Memory:
    """A cache in a dict."""

    def __init__(self) -> None:
        self.kept: dict[tuple[Path, StatKey], MediaLook] = {}

    def get(self, path: Path, key: StatKey) -> MediaLook | None:
        return self.kept.get((path, key))

    def put(self, path: Path, key: StatKey, look: MediaLook) -> None:
        self.kept[path, key] = look


def test_unchanged_media_are_read_once(tmp_path: Path) -> None:
    media_project(tmp_path, A)
    os.utime(tmp_path / "posts/v.mp4", (1_700_000_000, 1_700_000_000))
    cache, probe = Memory(), FakeProbe()
    cache.put(tmp_path / "posts/v.mp4", StatKey.of((tmp_path / "posts/v.mp4").stat()), probe.read(Path("v.mp4")))
    first = load(tmp_path, {}, probe=probe, cache=cache)
    assert len(probe.read_paths) == 1
    assert len(first.posts) == 1


NFC, NFD = "caf\u00e9 cr\u00e8me", "cafe\u0301 cre\u0300me"


@pytest.mark.skipif(sys.platform == "darwin", reason="there both names are one file")
@pytest.mark.parametrize(("written", "there"), [(NFC, NFD), (NFD, NFC)])
@pytest.mark.parametrize("folder", ["", f"{NFC}/", f"{NFD}/"])
def test_a_name_from_a_mac_is_found_however_its_accents_are_written(
    written: str, there: str, folder: str, tmp_path: Path
) -> None:
    name = f"{folder}{written}.mp4"
    media = tmp_path / "posts" / folder.replace(written, there) / f"{there}.mp4"
    media.parent.mkdir(parents=True)
    media.write_bytes((FIXTURES / "video-h264.mp4").read_bytes())
    found = load(write(tmp_path, {"posts/a.yaml": A.replace("v.mp4", name)}), {})
    assert not found.problems
    assert (tmp_path / found.posts[0].media[0].path).exists()


@pytest.mark.skipif(sys.platform == "darwin", reason="there both names are one file")
def test_the_name_that_is_written_comes_first(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"posts/{name}.mp4": b"x" for name in (NFC, NFD)}
    found = loaded(tmp_path, {"posts/a.yaml": A.replace("v.mp4", f"{NFC}.mp4"), **files})
    assert found.posts[0].media[0].path == f"posts/{NFC}.mp4"


def test_a_path_that_no_system_takes_is_refused(tmp_path: Path) -> None:
    assert told(of_manifest(tmp_path, A.replace("v.mp4", "a/" * 600 + "v.mp4")).problems) == ["3:8 path-too-long"]


def test_a_post_whose_file_breaks_off_is_not_said_to_have_a_hundred_problems(tmp_path: Path) -> None:
    found = loaded(tmp_path, {"contentsync.yaml": "accounts: {lily: {mode: draft}}\n", "posts/a.yaml": A + "x: [\n"})
    (faulty,) = found.faulty
    assert [(problem.code, problem.what) for problem in faulty.problems] == [
        ("yaml-syntax", "its file can't be read to the end")
    ]
