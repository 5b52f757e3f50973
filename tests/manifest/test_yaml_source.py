"""Is what was written what is read? Text stays text, and each value knows its place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contentsync.manifest.document import Document, Lines
from contentsync.manifest.scalars import Plain
from contentsync.manifest.source import is_fast, pure_python_parser, read_yaml
from contentsync.manifest.wording import printable, shown

PARSERS = [None, pure_python_parser]
WORDS = ["no", "on", "yes", "off", "12:30", "1e3", "0o7", "0x1F", "123", "1_000", ".5", "2026-12-01", "=", ".inf"]


def one(text: str | bytes, parser: Any = None) -> Document:
    documents, problems = read_yaml(text if isinstance(text, bytes) else text.encode(), "a.yaml", parser)
    assert not problems
    assert len(documents) == 1
    assert not documents[0].problems
    return documents[0]


def caption_of(text: str) -> str:
    caption: str = one(text).value["caption"]
    return caption


def test_the_fast_parser_is_there_where_the_tests_run() -> None:
    assert is_fast()


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("word", WORDS)
def test_a_word_stays_text(word: str, parser: Any) -> None:
    assert one(f"caption: {word}\n", parser).value["caption"] == word


def test_only_a_scalar_without_quotes_is_plain() -> None:
    value = one("a: 1\nb: '1'\nc: |\n  1\n").value
    assert [type(value[key]) for key in "abc"] == [Plain, str, str]


@pytest.mark.parametrize("parser", PARSERS)
def test_every_value_and_key_has_its_place(parser: Any) -> None:
    document = one("# first\nname: ü\nallow:\n  - comment\n  - 'duet'\nother: {a: [x]}\n", parser)
    assert document.start[:2] == (2, 1)
    assert document.spots["name",] == (2, 7, 1)
    assert document.spots["allow", 1] == (5, 5, 6)
    assert document.keys["allow",] == (3, 1, 5)
    assert document.spots["other", "a", 0] == (6, 13, 1)


def test_columns_count_characters() -> None:
    assert one("{é: x, 🎉: y}").spots["🎉",] == (1, 11, 1)


def test_a_missing_key_stands_where_its_mapping_begins() -> None:
    assert str(one("\n\nname: a\n").place(("caption",))) == "a.yaml:3:1"


@pytest.mark.parametrize("parser", PARSERS)
def test_a_byte_order_mark_and_windows_line_ends_are_no_part_of_the_text(parser: Any) -> None:
    document = one(b"\xef\xbb\xbfname: a\r\ncaption: |\r\n  x\r\n  y\r\n", parser)
    assert document.value == {"name": "a", "caption": "x\ny"}
    assert document.spots["name",] == (1, 7, 1)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("|\n  a\n", "a"),
        ("|-\n  a\n", "a"),
        ("|+\n  a\n\n\n", "a\n\n"),
        ("|\n  a\n\n  b\n", "a\n\nb"),
        (">\n  a\n  b\n\n  c\n", "a b\nc"),
        ("|\n  a \n", "a "),
        ("|2\n    a\n", "  a"),
        ('"a\\n"', "a\n"),
        ("''", ""),
        ("a\n  b", "a b"),
    ],
)
def test_exactly_one_trailing_newline_of_a_block_is_taken(written: str, read: str) -> None:
    assert caption_of(f"caption: {written}") == read


@pytest.mark.parametrize(
    "text",
    [
        "caption: a\n# a comment of the file\nname: b\n",
        "caption: 'My day #fyp' # quoted\n",
        "caption: |  # the text\n  My day #fyp\n",
        "caption: My#day\n",
        "name: a # the name\ncaption: b\n",
        "caption: a\n\n# below\n",
    ],
)
def test_other_comments_are_fine(text: str) -> None:
    assert one(text).value["caption"]


def test_the_documents_of_a_file_are_apart() -> None:
    documents, problems = read_yaml(b"name: a\n---\nname: b\n...\n---\nname: c\n", "a.yaml")
    assert [document.value["name"] for document in documents] == ["a", "b", "c"]
    assert [document.start[0] for document in documents] == [1, 3, 6]
    assert not problems


def test_what_comes_before_a_fault_of_the_parser_is_kept() -> None:
    documents, problems = read_yaml(b"name: a\n---\nname: &x b\ncaption: 'open\n", "a.yaml")
    assert [document.is_whole for document in documents] == [True, False]
    assert [problem.code for problem in documents[1].problems] == ["yaml-anchor"]
    assert [problem.code for problem in problems] == ["yaml-syntax"]


def test_all_faults_of_a_document_are_told() -> None:
    documents, _ = read_yaml(b"a: &x 1\na: 2\nb: !t 3\nc:\n<<: {}\n", "a.yaml")
    codes = [problem.code for problem in documents[0].problems]
    assert codes == ["yaml-anchor", "duplicate-key", "yaml-tag", "no-value", "yaml-merge-key"]


def test_a_flood_of_faults_is_cut() -> None:
    documents, _ = read_yaml(b"".join(b"k%d:\n" % number for number in range(500)), "a.yaml")
    codes = [problem.code for problem in documents[0].problems]
    assert len(codes) == 101
    assert codes[-1] == "too-many-problems"


@pytest.mark.parametrize(
    ("line", "source"),
    [
        ("client_secret: hunter2 &", "client_secret: …"),
        ("{client_secret: 'hunter2', x: &a 1}", "{client_secret: …"),
        ("client_secret: ${SECRET}", "client_secret: ${SECRET}"),
        ("state: postgresql://me:hunter2@db/x", "state: postgresql://…@db/x"),
        ("video: https://hunter2@media.example/v.mp4", "video: https://…@media.example/v.mp4"),
        ("client_secret: |", "client_secret: …"),
    ],
)
def test_a_secret_never_stands_in_a_source_line(line: str, source: str) -> None:
    assert Lines(f"{line}\nx: 1\n")[1] == source


@pytest.mark.parametrize("line", ["client_secret:", "  'client_secret': >-", "client_secret: | # ours"])
def test_a_secret_below_its_key_never_stands_in_a_source_line(line: str) -> None:
    lines = Lines(f"{line}\n  hunter2\nx: 1\n")
    assert [lines[2], lines[3]] == ["…", "x: 1"]


def test_a_value_is_shown_on_one_line_and_cut() -> None:
    assert shown("a\nb\x1b[31m") == '"a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}[31m"'
    assert shown("x" * 500) == '"' + "x" * 39 + '…"'
    assert [shown({}), shown([])] == ["a mapping", "a list"]


# -- round trips

LETTERS = st.characters(
    codec="utf-8", exclude_characters="\r\x85\u2028\u2029\ufeff\ufffe\uffff", exclude_categories=["Cc"]
)
LINE = st.text(LETTERS, max_size=30)
CAPTIONS = st.lists(LINE, min_size=1, max_size=5).map("\n".join)


@given(CAPTIONS)
def test_a_caption_comes_back_from_double_quotes(caption: str) -> None:
    assert caption_of(f"caption: {json.dumps(caption, ensure_ascii=False)}\n") == caption


@given(LINE)
def test_a_caption_comes_back_from_single_quotes(caption: str) -> None:
    quoted = caption.replace("'", "''")
    assert caption_of(f"caption: '{quoted}'\n") == caption


@given(CAPTIONS)
def test_a_caption_comes_back_from_a_block(caption: str) -> None:
    block = "".join(f"  {line}\n" for line in caption.split("\n"))
    assert caption_of(f"caption: |2+\n{block}") == caption


@given(st.lists(st.text("abc#:é🎉", min_size=1, max_size=8), min_size=1, max_size=6))
def test_a_caption_comes_back_from_a_folded_block(words: list[str]) -> None:
    block = "".join(f"  {word}\n" for word in words)
    assert caption_of(f"caption: >\n{block}name: a\n") == " ".join(words)


# -- never raises


@given(st.binary(max_size=300))
def test_no_bytes_raise(data: bytes) -> None:
    read_yaml(data, "a.yaml")


@given(st.text("ab:-?[]{},#&*!|>'\"%@` \n\t\r\\0<~é\x00", max_size=80))
@settings(max_examples=300)
def test_no_text_raises_and_both_parsers_refuse_alike(text: str) -> None:
    fast, slow = (read_yaml(text.encode(), "a.yaml", parser) for parser in PARSERS)
    assert bool(_faults(fast)) == bool(_faults(slow)) or "\t" in text


def _faults(found: Any) -> list[str]:
    documents, problems = found
    return [p.code for document in documents for p in document.problems] + [p.code for p in problems]


def test_printable_keeps_columns() -> None:
    assert printable("a\x00b\u2028c") == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c"
