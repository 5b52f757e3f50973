"""Can one manifest hold everything up? Whatever it contains, judging it takes about as long as parsing it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contentsync.errors import Level
from contentsync.manifest.load import PROBLEMS_OF_A_FILE, Loaded, load
from contentsync.manifest.source import read_yaml
from tests.manifest.adversarial import FLOODS, HEAD, cpu_seconds, is_too_deep, plain_parse
from tests.manifest.projects import FakeProbe, of_manifest, told, write

SIZE = 262_144
BOUND = 10
START = 0.01  # seconds: what loading takes where there is nothing to load
PIECES = st.sampled_from(
    [
        "\r\n",
        "\n",
        " ",
        "\t",
        "#",
        "# ",
        "a",
        "- ",
        ": ",
        ", ",
        "'",
        '"',
        "|",
        ">",
        "[",
        "]",
        "{",
        "}",
        "\\",
        "://",
        "@",
    ]
)


@pytest.fixture(scope="module")
def one_scalar() -> float:
    """How long a bare parser takes for a file that is one text: the least that reading it can take."""
    return cpu_seconds(lambda: plain_parse(b"a: " + b"x" * (SIZE - 3)), rounds=5)


@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_is_judged_within_ten_times_a_bare_parse(flood: str, tmp_path: Path, one_scalar: float) -> None:
    data = FLOODS[flood].of(SIZE)
    write(tmp_path, {"posts/a.yaml": data, "posts/clip.mp4": b"x"})
    bare = 0.0 if is_too_deep(flood) else cpu_seconds(lambda: plain_parse(data))
    found: list[Loaded] = []
    ours = cpu_seconds(lambda: found.append(load(tmp_path, {}, probe=FakeProbe())), rounds=3)
    assert ours < BOUND * max(bare, one_scalar) + START
    assert len(found[0].problems) <= PROBLEMS_OF_A_FILE + 2


@given(
    pieces=st.lists(PIECES, min_size=1, max_size=6), head=st.sampled_from(["", HEAD + "caption: x", HEAD + "a: 'x"])
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_repetition_takes_longer_than_its_length_warrants(pieces: list[str], head: str) -> None:
    unit = "".join(pieces)
    data = (head + unit * (65_536 // len(unit)) + "x").encode()
    assert cpu_seconds(lambda: read_yaml(data, "a.yaml")) < 1


def test_26_blank_lines_of_windows_behind_a_caption_are_read_at_once(tmp_path: Path) -> None:
    text = "name: a\r\naccount: lily\r\nvideo: v.mp4\r\ncaption: Hello there" + "\r\n" * 26 + "hold: true\r\n"
    write(tmp_path, {"posts/a.yaml": text})
    found = []
    assert cpu_seconds(lambda: found.append(load(tmp_path, {}, probe=FakeProbe()))) < 1
    assert found[0].posts[0].caption == "Hello there"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("---\nname: a\n" * 10_001, "20002:1 yaml-too-many"),
        ("accounts:\n" + "- a\n" * 2_001, "2002:3 yaml-too-many"),
        ("a:\n" + "".join(f"  k{n}: v\n" for n in range(50_000)), "50001:11 yaml-too-many"),
    ],
)
def test_what_is_too_much_is_refused_where_it_is_too_much(text: str, place: str) -> None:
    _, problems = read_yaml(text.encode(), "a.yaml")
    assert told(problems) == [place]


def test_documents_after_a_hundred_errors_are_not_judged_and_never_taken_for_gone(tmp_path: Path) -> None:
    bad = "".join(f"name: p{n}\naccount: lily\nvideo: v.mp4\nhold: maybe\n---\n" for n in range(120))
    found = of_manifest(tmp_path, bad + "name: last\naccount: lily\nvideo: v.mp4\n")
    assert [p.code for p in found.problems][-1] == "too-many-problems"
    assert len(found.problems) == PROBLEMS_OF_A_FILE + 1
    assert "lily/last" in found.unsound
    assert not found.posts


def test_warnings_never_hide_an_error_nor_become_one(tmp_path: Path) -> None:
    many = "caption: 'x #a #b #c #d #e #f'\n"
    posts = [f"name: p{n}\naccount: lily\nvideo: v.mp4\n{many}" for n in range(150)]
    found = of_manifest(tmp_path, "---\n".join(posts))
    assert {p.level for p in found.problems} == {Level.WARNING}
    assert len(found.posts) == 150
    found = of_manifest(tmp_path, "---\n".join([*posts, "name: q\naccount: lily\n"]))
    assert [p.code for p in found.problems if p.level is Level.ERROR] == ["media-missing"]


def test_one_file_named_by_many_posts_is_read_once(tmp_path: Path) -> None:
    probe = FakeProbe()
    text = "---\n".join(f"name: p{n}\naccount: lily\nvideo: v.mp4\n" for n in range(50))
    assert len(of_manifest(tmp_path, text, probe).posts) == 50
    assert len(probe.read_paths) == 1


@pytest.mark.parametrize("glob", ["posts/" + "*a" * 60 + "b.yaml", "posts/" + "[a]*" * 60 + "b.yaml"])
def test_a_glob_of_many_stars_is_compared_at_once(glob: str, tmp_path: Path) -> None:
    files = {"contentsync.yaml": f'manifests: ["{glob}"]\naccounts: {{}}\n', f"posts/{'a' * 200}.yaml": HEAD}
    write(tmp_path, dict(files))
    assert cpu_seconds(lambda: load(tmp_path, {}, probe=FakeProbe())) < 1


def test_a_glob_of_many_folders_is_refused(tmp_path: Path) -> None:
    deep = "/".join(["a"] * 60)
    files = {"contentsync.yaml": 'manifests: ["posts' + "/**/a" * 15 + '/b.yaml"]\n', f"posts/{deep}/c.yaml": HEAD}
    write(tmp_path, dict(files))
    found = []
    assert cpu_seconds(lambda: found.append(load(tmp_path, {}, probe=FakeProbe()))) < 1
    assert {p.code for p in found[0].problems} == {"glob-tangled", "no-manifests"}
