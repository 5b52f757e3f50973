"""The layout of manifests: the same values and the same comments, whatever the author wrote; and the same twice."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from contentsync.manifest.layout import laid_out
from contentsync.manifest.markdown import read_markdown
from contentsync.manifest.source import read_yaml
from tests.manifest.test_writer import HOSTILE

EXAMPLES = Path(__file__).parents[2] / "examples"


def layout(text: str, *, is_markdown: bool = False) -> str:
    """The layout of a text that can be laid out."""
    made = laid_out(text, "a", is_markdown=is_markdown)
    assert made.left is None, made.left
    return made.text


def values(text: str) -> list[dict[str, object]]:
    documents, problems = read_yaml(text.encode(), "a")
    assert not problems
    return [document.value for document in documents]


def comments(text: str) -> Counter[str]:
    """The comments by PyYAML's own scanner: all that is outside of its tokens."""
    found: Counter[str] = Counter()
    at = 0
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        start, end = token.start_mark.index, token.end_mark.index
        found.update(line.strip() for line in text[at:start].split("\n") if line.strip().startswith("#"))
        if isinstance(token, yaml.ScalarToken) and token.style in ("|", ">"):
            header = text[start:].partition("\n")[0]
            found.update(["#" + header.partition("#")[2].rstrip()] if "#" in header else [])
        at = max(at, end)
    found.update(line.strip() for line in text[at:].split("\n") if line.strip().startswith("#"))
    return found


COMMENT = st.sampled_from(
    ["# a remark", "# 'x: y", "# - z", "#----", "#hold: true", "# yaml-language-server: $schema=x"]
)
ABOVE = st.lists(COMMENT | st.just("") | st.just("   "), max_size=3)


@st.composite
def a_value(draw: st.DrawFn, value: object) -> str:
    """A value in one of the styles that YAML has for it."""
    if isinstance(value, bool | int):
        return json.dumps(value)
    if isinstance(value, list):
        items = [draw(a_value(item)) for item in value]
        inner = draw(st.sampled_from(["\n  ", "\n  # in the list\n  ", "\n\n  "]))
        return draw(st.sampled_from([f"[{', '.join(items)}]", inner + inner.join(f"- {item}" for item in items)]))
    told = str(value)
    styles = [json.dumps(told), yaml.dump(told, default_style="'", width=30, allow_unicode=True).strip()]
    if told.strip() == told and told and "\t" not in told:
        styles.append("|\n" + "\n".join(f"    {line}" for line in told.split("\n")))
        styles.append("|- # beside\n" + "\n".join(f" {line}" for line in told.split("\n")))
    if told.isalnum() and told.isascii():
        styles.append(told)
    return draw(st.sampled_from(styles))


@st.composite
def a_manifest(draw: st.DrawFn) -> str:
    """A manifest with keys in any order and style, with comments and blank lines anywhere."""
    keys: dict[str, object] = {"name": "a1", "account": "acme", "photos": ["1.jpg", "2.jpg"]}
    optional: dict[str, object] = {
        "caption": draw(HOSTILE),
        "title": draw(HOSTILE),
        "hold": True,
        "generation": 2,
        "privacy": "everyone",
        "allow": ["comment"],
        "publish_at": "2030-01-01T09:00:00",
        "cover": 1,
    }
    keys |= {key: optional[key] for key in draw(st.sets(st.sampled_from(sorted(optional))))}
    lines: list[str] = []
    for key in draw(st.permutations(sorted(keys))):
        lines += draw(ABOVE)
        lines.append(f"{key}:{draw(st.sampled_from([' ', '   ']))}{draw(a_value(keys[key]))}")
        if "\n" not in lines[-1]:
            lines[-1] += draw(st.sampled_from(["", " ", "  # beside", " #near"]))
        lines += draw(st.sampled_from([[], [], ["  # indented"]]))
    return "\n".join([*lines, *draw(ABOVE)]) + draw(st.sampled_from(["\n", "", "\n\n"]))


@given(st.lists(a_manifest(), min_size=1, max_size=2))
def test_the_layout_keeps_values_and_comments_and_is_the_same_twice(documents: list[str]) -> None:
    text = "\n---\n".join(documents)
    made = laid_out(text, "a", is_markdown=False)
    if made.left:
        assert made.text == text
        return
    assert values(made.text) == values(text)
    assert comments(made.text) == comments(text)
    again = laid_out(made.text, "a", is_markdown=False)
    assert (again.text, again.left) == (made.text, None)


@given(a_manifest(), st.integers(0, 10_000), st.sampled_from(["#", "\n", " ", "'", '"', ":", "- ", "\t", "|"]))
def test_a_slip_of_the_pen_changes_nothing_unseen(text: str, at: int, slip: str) -> None:
    at %= len(text) + 1
    text = text[:at] + slip + text[at:]
    made = laid_out(text, "a", is_markdown=False)
    if made.left:
        assert made.text == text
        return
    assert values(made.text) == values(text)
    assert laid_out(made.text, "a", is_markdown=False) == made


def test_a_blank_line_that_comes_to_stand_below_a_block_stays() -> None:
    text = "caption: |\n  Hi\nname: a\naccount: b\nvideo: c.mp4\n\nprivacy: everyone\n"
    once = layout(text)
    assert once.endswith("caption: |\n  Hi\n\nprivacy: everyone\n")
    assert layout(once) == once


@given(a_manifest(), HOSTILE)
def test_the_body_of_markdown_is_not_touched(front: str, body: str) -> None:
    text = f"---\n{front.rstrip()}\n---\n{body}"
    made = laid_out(text, "a.md", is_markdown=True)
    if made.left is None:
        assert made.text.endswith(f"---\n{body}")
        before, after = (read_markdown(one.encode(), "a.md")[0] for one in (text, made.text))
        assert [one.value for one in before] == [one.value for one in after]


def test_most_manifests_can_be_laid_out() -> None:
    """The property above would hold for a formatter that does nothing."""
    assert layout(MESSY) == NEAT


MESSY = """\
# yaml-language-server: $schema=x

# who posts it
account:   acme
caption: "Hello #fyp" # why this
# what it is called
name: 'x'   # inline


allow:
  - comment
  # only this one
disclosure: [ your_brand ,branded_content]
# as long as it rains
hold: true
publish_at: "2030-01-01T09:00:00"
video: "clip.mp4"
  # shot in June

# the end
"""
NEAT = """\
# yaml-language-server: $schema=x

# what it is called
name: x     # inline
# who posts it
account: acme
video: clip.mp4
  # shot in June
caption: |            # why this
  Hello #fyp

allow: [comment]
  # only this one
disclosure: [your_brand, branded_content]
publish_at: 2030-01-01T09:00:00
# as long as it rains
hold: true

# the end
"""


@pytest.mark.parametrize("text", ["{name: a, account: b, video: c.mp4}\n", " name: a\n account: b\n video: c.mp4\n"])
def test_an_unusual_layout_is_left_and_told(text: str) -> None:
    made = laid_out(text, "a", is_markdown=False)
    assert (made.text, made.left and made.left.code) == (text, "fmt-unusual")


@pytest.mark.parametrize(
    "text", ["name: a\nnam: b\n", "name: [\n", "caption: a #b\nname: x\n", "- a\n", "name: a\nname: b\n"]
)
def test_a_file_with_errors_is_left_and_told(text: str) -> None:
    made = laid_out(text, "a", is_markdown=False)
    assert (made.text, made.left and made.left.code) == (text, "fmt-faulty")


def test_a_comment_that_would_cut_a_caption_is_not_moved_there() -> None:
    text = "name: a\nvideo: a.mp4\nprivacy: everyone\ncaption: Hi\n# about\n\n#who\naccount: b\n"
    made = laid_out(text, "a", is_markdown=False)
    assert made.left is None or made.text == text


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*/posts/**/*.yaml")), ids=lambda path: path.name)
def test_the_examples_have_their_layout(file: Path) -> None:
    text = file.read_text("utf-8")
    assert layout(text) == text
