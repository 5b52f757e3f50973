"""Is a Markdown file a post whose body is the caption, as strictly read as YAML and with the lines of the file?"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contentsync.manifest.markdown import read_markdown
from contentsync.post import DesiredPost
from tests.manifest.projects import loaded, told
from tests.manifest.test_yaml_source import CAPTIONS

FRONT = "---\nname: a\naccount: lily\nvideo: v.mp4\n---\n"
ACME = "---\nname: a\naccount: acme\nvideo: v.mp4\nprivacy: everyone\n---\n"


def posts_of(root: Path, text: str | bytes, name: str = "posts/a.md") -> tuple[DesiredPost, ...]:
    found = loaded(root, {name: text})
    assert not found.problems
    return found.posts


def problems_of(root: Path, text: str | bytes, name: str = "posts/a.md") -> list[str]:
    found = loaded(root, {name: text})
    assert not found.posts
    return told(found.problems)


@pytest.mark.parametrize(
    ("body", "caption"),
    [
        ("My day #fyp\n", "My day #fyp"),
        ("My day #fyp", "My day #fyp"),
        ("\n\nMy day\n\n#fyp #pottery\n\n\n", "My day\n\n#fyp #pottery"),
        ("  indented: 'as is' {x} *y* &z\n", "  indented: 'as is' {x} *y* &z"),
        ("two blanks at the end  \nnext  \n", "two blanks at the end  \nnext  "),
        ("a\n---\nb\n", "a\n---\nb"),
        ("# Heading\n=======\n", "# Heading\n======="),
        ("", ""),
        ("\n \n", ""),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_the_body_is_the_caption(body: str, caption: str, line_end: str, tmp_path: Path) -> None:
    text = (FRONT + body).replace("\n", line_end).encode()
    assert posts_of(tmp_path, text)[0].caption == caption


@given(CAPTIONS)
def test_a_caption_comes_back_from_a_body_but_for_blank_lines_round_it(caption: str) -> None:
    documents, problems = read_markdown((FRONT + caption + "\n").encode(), "a.md")
    lines = caption.split("\n")
    while lines and not lines[0].strip(" \t"):
        del lines[0]
    while lines and not lines[-1].strip(" \t"):
        del lines[-1]
    assert not problems
    assert documents[0].value.get("caption", "") == "\n".join(lines)


def test_the_front_matter_may_hold_the_caption(tmp_path: Path) -> None:
    text = FRONT.replace("video:", "caption: '#fyp'\nvideo:")
    assert posts_of(tmp_path, text + "\n\n")[0].caption == "#fyp"
    assert problems_of(tmp_path, text + "body\n") == ["4:1 caption-twice"]


def test_photos_and_their_title_work_the_same(tmp_path: Path) -> None:
    post = posts_of(tmp_path, FRONT.replace("video: v.mp4", "photos: [1.jpg]\ntitle: Glazes") + "Text #a\n")[0]
    assert (post.title, post.caption) == ("Glazes", "Text #a")


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (FRONT.replace("video", "vidoe") + "x\n", ["2:1 media-missing", "4:1 unknown-key"]),
        (ACME + "x\n" + "y" * 2_201, ["7:1 caption-too-long"]),
        (ACME + "\n\n\n" + "y" * 2_201, ["10:1 caption-too-long"]),
        (FRONT.replace("v.mp4", "clip #2.mp4"), ["4:8 text-cut-by-comment"]),
        ("No front matter\n", ["1:1 front-matter-missing"]),
        ("", ["1:1 front-matter-missing"]),
        ("+++\nname = 'a'\n+++\n", ["1:1 front-matter-missing"]),
        ("---\nname: a\n", ["1:1 front-matter-open"]),
        ("---\n---\ntext\n", ["2:1 document-empty"]),
        ("---\n- a\n---\ntext\n", ["2:1 document-not-mapping"]),
        (FRONT.replace("\n---\n", "\n--- {name: b}\n---\n") + "x\n", ["5:5 several-documents"]),
        ("---\nname: 'a\n---\n", ["2:7 yaml-syntax"]),
        (FRONT + "a\x07b\n", ["6:2 control-character"]),
        (FRONT + "<<<<<<< HEAD\na\n=======\nb\n>>>>>>> x\n", ["6:1 merge-conflict"]),
        (FRONT.encode() + b"caf\xe9\n", ["6:4 not-utf8"]),
        (FRONT + "x" * 1_048_576, ["1:1 file-too-big"]),
    ],
)
def test_faults_are_told_at_their_lines(text: str | bytes, problems: list[str], tmp_path: Path) -> None:
    found = loaded(tmp_path, {"posts/a.md": text})
    assert told(found.problems)[: len(problems)] == problems
    assert not found.posts


def test_a_problem_of_the_caption_brings_its_line(tmp_path: Path) -> None:
    problem = loaded(tmp_path, {"posts/a.md": ACME + "\n" + "y" * 2_201 + "\n"}).problems[0]
    assert (problem.source[:3], problem.width) == ("yyy", 2_201)


def test_a_readme_among_the_posts_is_left_alone(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"posts/README.md": "# How we write\n", "posts/a.md": FRONT}
    found = loaded(tmp_path, files)
    assert (len(found.posts), found.problems) == (1, ())


def test_a_readme_with_front_matter_is_a_post(tmp_path: Path) -> None:
    assert len(posts_of(tmp_path, FRONT + "x\n", "posts/readme.md")) == 1


def test_a_post_in_markdown_is_the_same_as_in_yaml(tmp_path: Path) -> None:
    yaml = "name: a\naccount: acme\nvideo: v.mp4\nprivacy: everyone\ncaption: |\n  My day #fyp\n"
    written = posts_of(tmp_path / "1", ACME + "My day #fyp\n")[0], posts_of(tmp_path / "2", yaml, "posts/a.yaml")[0]
    assert written[0].digest == written[1].digest


JSON = 'manifests: ["posts/**/*.json"]\naccounts: {lily: {mode: draft}}\n'


@pytest.mark.parametrize("indent", ["", "\t", "  "])
@pytest.mark.parametrize("emoji", ["\U0001f389", "\\ud83c\\udf89", "\\uD83C\\uDF89"])
def test_json_is_read_as_json_writers_write_it(indent: str, emoji: str, tmp_path: Path) -> None:
    lines = [
        '"name": "a"',
        '"account": "lily"',
        '"video": "v.mp4"',
        f'"caption": "Hi {emoji} #fyp\\/x"',
        '"hold": true',
    ]
    text = "{\n" + ",\n".join(indent + line for line in lines) + "\n}\n"
    found = loaded(tmp_path, {"contentsync.yaml": JSON, "posts/a.json": text})
    assert not found.problems
    assert found.posts[0].caption == "Hi \U0001f389 #fyp/x"
    assert found.posts[0].hold


def test_a_fault_in_json_is_told_at_its_place(tmp_path: Path) -> None:
    text = '{\n\t"name": "a",\n\t"account": "lily",\n\t"video": "v.mp4",\n\t"hold": "true"\n}\n'
    assert told(loaded(tmp_path, {"contentsync.yaml": JSON, "posts/a.json": text}).problems) == ["5:10 not-a-switch"]


@given(st.text(max_size=60))
def test_no_text_raises(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    read_markdown(b"---\n" + data, "a.md")
    read_markdown(FRONT.encode() + data, "a.md")
