"""What is written as a manifest is read back as the same values, whatever the caption is."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contentsync.manifest import writer
from contentsync.manifest.markdown import read_markdown
from contentsync.manifest.schema import KEYS
from contentsync.manifest.source import pure_python_parser, read_yaml

REFUSED = "".join(chr(code) for code in (*range(0x09), 0x0B, *range(0x0C, 0x20), *range(0x7F, 0xA0)))
NASTY = st.sampled_from([
    "#", " #", "#fyp", ": ", "- ", "---", "...", "\n", "\n\n", "  ", "\t", '"', "'", "\\", "|", ">", "*a", "&a",
    "!b", "{", "}", "[", "]", "%", "@", "`", "<<<<<<< HEAD", ">>>>>>>", "=======", "null", "~", "true", "no", "0x1f",
    "1e3", "12:30", "2026-01-01", "\u2028", "\u200b", "\u202e", "👩\u200d🚀", "é", "e\u0301", "${HOME}", "</script>",
    "=1+1",
])  # fmt: skip
LETTERS = st.characters(exclude_characters=REFUSED + "\ufeff\ufffe\uffff", exclude_categories=["Cs"])
HOSTILE = st.lists(NASTY | st.text(LETTERS, max_size=8), max_size=12).map("".join)


def values_of(text: str, *, markdown: bool = False) -> dict[str, object]:
    """What the reader gives; fails where it finds any problem."""
    documents, problems = (read_markdown if markdown else read_yaml)(text.encode(), "post.yaml")
    assert [str(problem) for problem in [*problems, *(p for one in documents for p in one.problems)]] == []
    return documents[0].value


@given(HOSTILE, HOSTILE)
@example(" # x", "a\n#fyp")
@example("a\n\n", "\n")
@example("a\n  b\n c", "#")
@example("a\u2028b", "---\na")
def test_any_caption_and_title_read_back_the_same(caption: str, title: str) -> None:
    values: dict[str, writer.Value] = {"name": "a", "account": "b", "photos": ["1.jpg"], "hold": True}
    given_ = values | {"caption": caption, "title": title}
    wanted = {"name": "a", "account": "b", "photos": ["1.jpg"], "hold": "true"}
    wanted |= {key: text for key, text in (("caption", caption), ("title", title)) if text}
    assert values_of(writer.yaml_of(given_)) == wanted
    assert values_of(writer.markdown_of(given_), markdown=True) == wanted


@given(HOSTILE)
def test_a_parser_without_libyaml_reads_the_same(caption: str) -> None:
    text = writer.yaml_of({"name": "a", "caption": caption})
    documents, problems = read_yaml(text.encode(), "post.yaml", pure_python_parser)
    assert not problems
    assert documents[0].value.get("caption", "") == caption


@given(st.lists(HOSTILE.filter(bool), min_size=1, max_size=6), st.sampled_from(["photos", "allow", "accounts"]))
def test_any_list_reads_back_the_same(items: list[str], key: str) -> None:
    assert values_of(writer.yaml_of({"name": "a", key: list(items)}))[key] == items


def test_a_caption_is_a_block_that_people_can_read() -> None:
    text = writer.yaml_of({"caption": "Launch day #fyp\n\n#brand: yes", "name": "launch", "account": "acme"})
    assert text == "name: launch\naccount: acme\ncaption: |\n  Launch day #fyp\n\n  #brand: yes\n"


def test_the_caption_of_markdown_is_its_body() -> None:
    text = writer.markdown_of({"caption": "One\n\n#two", "name": "launch"})
    assert text == "---\nname: launch\n---\nOne\n\n#two\n"


@pytest.mark.parametrize(
    "word", ["no", "12:30", "null", "1e3", "2026-01-01", "0x10", "true", "a: b", "a #b", "~", "7"]
)
def test_a_text_that_some_reader_takes_for_something_else_is_in_quotes(word: str) -> None:
    assert writer.yaml_of({"title": word}) == f'title: "{word}"\n'


def test_switches_and_times_are_plain() -> None:
    text = writer.yaml_of({"hold": False, "publish_at": "2026-12-01T09:00:00+01:00", "cover": 2, "grace": "2h"})
    assert text == "cover: 2\npublish_at: 2026-12-01T09:00:00+01:00\ngrace: 2h\nhold: false\n"


def test_the_order_has_each_key_of_a_manifest_once() -> None:
    assert sorted(writer.ORDER) == sorted(KEYS)
