"""How is a manifest laid out? Keys in one order, plain values, captions as blocks; every comment stays.

The danger: a formatter that changes what is posted. The rule: only the text is edited, key by key, by the places that
the parser gives; whatever has comments inside its value stays as it is. Then both texts are read by the strict reader
and compared: values, posts and comments. Where anything differs, or the layout is an unusual one, nothing is changed.
Pure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from contentsync.errors import Level, Place, Problem
from contentsync.frozen import frozen
from contentsync.manifest.document import Document
from contentsync.manifest.markdown import front_matter, read_markdown
from contentsync.manifest.scalars import Plain
from contentsync.manifest.source import read_text
from contentsync.manifest.spans import Entry, Layer, comments_in, layers_of
from contentsync.manifest.writer import entry as written
from contentsync.manifest.writer import in_order

_BLANK_LINES: Final = re.compile(r"\n(?:[ \t]*\n){2,}")
_AS_WRITTEN: Final = frozenset({"ai_generated", "auto_music", "hold", "cover", "generation"})


@frozen
class LaidOut:
    """The text of a file in the one layout. left: why the text was not changed, though it may have another layout."""

    text: str
    left: Problem | None = None


def laid_out(text: str, file: str, *, is_markdown: bool) -> LaidOut:
    """The layout of a manifest; of Markdown only the front matter. text: decoded, with `\\n` for line ends."""
    documents, errors = _read(text, file, is_markdown)
    if errors:
        what = f"not formatted: it has errors, the first in line {errors[0].where.line if errors[0].where else 1}"
        return LaidOut(text, Problem("fmt-faulty", what, "run: contentsync validate", Place(file)))
    front = front_matter(text) if is_markdown else (0, len(text))
    if not documents or front is None:
        return LaidOut(text)
    begin, end = front
    layers = layers_of(text[begin:end])
    if layers is None:
        what = "not formatted: its keys are indented, in { }, or beside the line ---"
        return LaidOut(
            text,
            Problem("fmt-unusual", what, "write each key at the beginning of a line", Place(file), Level.WARNING),
        )
    made = text[:begin] + _body(text[begin:end], layers, documents) + text[end:]
    if made != text and not _means_the_same(text, made, file, is_markdown):
        what = "not formatted: that would move a comment to where it means something else"
        hint = "put a blank after each #, and comments on lines of their own"
        return LaidOut(text, Problem("fmt-unusual", what, hint, Place(file), Level.WARNING))
    return LaidOut(made)


def _read(text: str, file: str, is_markdown: bool) -> tuple[list[Document], list[Problem]]:
    """The documents, and the errors that the text alone shows."""
    from contentsync.manifest.shape import judge_manifest

    documents, problems = read_markdown(text.encode(), file) if is_markdown else read_text(text, file)
    for document in documents:
        if document.is_whole and not document.has_errors:
            judge_manifest(document)
    told = [*problems, *(problem for document in documents for problem in document.problems)]
    return documents, [problem for problem in told if problem.level is Level.ERROR]


def _means_the_same(before: str, after: str, file: str, is_markdown: bool) -> bool:
    from contentsync.manifest.schema import validated

    old, _ = _read(before, file, is_markdown)
    new, errors = _read(after, file, is_markdown)
    if errors or [one.value for one in old] != [one.value for one in new]:
        return False
    posts = [[validated(one.value) for one in documents] for documents in (old, new)]
    return posts[0] == posts[1] and _comments(before, is_markdown) == _comments(after, is_markdown)


def _comments(text: str, is_markdown: bool) -> Counter[str]:
    begin, end = (front_matter(text) or (0, 0)) if is_markdown else (0, len(text))
    return Counter(comment.rstrip() for comment in comments_in(text[begin:end]))


def _body(text: str, layers: list[Layer], documents: list[Document]) -> str:
    """All documents of a file. The text between them stays, except for blank lines."""
    parts: list[str] = []
    at = 0
    for layer, document in zip(layers, documents, strict=True):
        parts.append(_between(text[at : layer.begin]))
        parts.append("".join(f"{line}\n" for line in _lines(text, layer, document)))
        at = layer.end
    end = _between(text[at:])
    return "".join(parts) + (end.rstrip("\n") + "\n" if end.strip() else "")


def _between(text: str) -> str:
    """What is no document: trailing blanks go, and blank lines become one."""
    trimmed = "\n".join(line.rstrip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", trimmed)


def _lines(text: str, layer: Layer, document: Document) -> Iterator[str]:
    chunks = {entry.key: list(_chunk(text, entry, document.value[entry.key])) for entry in layer.entries}
    ordered = [chunks[key] for key in in_order(chunks)]
    for place, chunk in enumerate(ordered):
        yield from _without_first_blanks(chunk) if place == 0 else chunk


def _without_first_blanks(lines: list[str]) -> list[str]:
    first = next((place for place, line in enumerate(lines) if line), len(lines))
    return lines[first:]


def _chunk(text: str, entry: Entry, value: Any) -> Iterator[str]:
    """A key with its comments: those above it, its value, those that follow inside of it."""
    yield from _collapsed(entry.above)
    if entry.has_inner_comments or (lines := _rendered(entry.key, value)) is None:
        yield from (line.rstrip() if not entry.is_text else line for line in entry.raw(text))
    else:
        blanks = " " * max(2, entry.column - len(lines[0]))  # a column of comments stays one
        yield f"{lines[0]}{blanks}{entry.comment}" if entry.comment else lines[0]
        yield from lines[1:]
    yield from (line.rstrip() for line in entry.below)


def _rendered(key: str, value: Any) -> list[str] | None:
    """The lines of a value; None if a manifest can't have such a value."""
    if isinstance(value, list):
        return list(written(key, [str(item) for item in value])) if all(isinstance(x, str) for x in value) else None
    if not isinstance(value, str):
        return None
    if key in _AS_WRITTEN and isinstance(value, Plain):
        return [f"{key}: {value}"]
    return list(written(key, str(value)))


def _collapsed(lines: tuple[str, ...]) -> Iterator[str]:
    """Comment lines, with one blank line where there were several."""
    before = "x"
    for line in (line.rstrip() for line in lines):
        if line or before:
            yield line
        before = line
