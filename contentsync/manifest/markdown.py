"""What does a Markdown manifest say? YAML between two lines `---`, and below them the caption, exactly as written.

The front matter is read by the same strict reader as any manifest, with the line numbers of the file. The caption is
the body without the blank lines around it. The body is not YAML, so hashtags need no quotes, and Markdown's signs
stay as they are.
"""

from __future__ import annotations

import re
from typing import Final

from contentsync.errors import Problem
from contentsync.manifest.decoding import decoded
from contentsync.manifest.document import Document, Lines, at
from contentsync.manifest.source import read_text

SUFFIXES: Final = (".md", ".markdown")
_FIRST: Final = re.compile(r"---[ \t]*+\n")
_FENCE: Final = re.compile(r"^---[ \t]*+$", re.MULTILINE)
_BLANKS: Final = " \t\n"


def is_readme(file: str) -> bool:
    """Whether a file is named as one that explains a folder; without front matter it is no post, and no mistake."""
    return file.rpartition("/")[2].lower().startswith("readme.")


def front_matter(text: str) -> tuple[int, int] | None:
    """Where the front matter of decoded text begins and ends, without its two lines `---`; None where it has none."""
    first = _FIRST.match(text)
    fence = _FENCE.search(text, first.end()) if first else None
    return (first.end(), fence.start()) if first and fence else None


def read_markdown(data: bytes, file: str) -> tuple[list[Document], list[Problem]]:
    """The one document of a Markdown file, with its body as caption, and the problems of the file as a whole."""
    text, problem = decoded(data, file)
    if problem:
        return [], [problem]
    lines = Lines(text)
    first = _FIRST.match(text)
    if not first:
        return [], [] if is_readme(file) else [at(_MISSING, file, (1, 1, 3), lines)]
    fence = _FENCE.search(text, first.end())
    if not fence:
        return [], [at(_OPEN, file, (1, 1, 3), lines)]
    documents, problems = read_text(text[: fence.start()], file, lines=lines)
    if len(documents) > 1:
        documents[0].is_whole = False
        return documents[:1], [*problems, documents[1].tell(_SEVERAL)]
    if documents and documents[0].is_whole:
        _add_caption(documents[0], text, fence.end())
    return documents, problems


_MISSING: Final = Problem(
    "front-matter-missing",
    "the file does not begin with front matter",
    "begin it with a line ---, then name, account and video, then a line ---; the caption goes below",
)
_OPEN: Final = Problem("front-matter-open", "the front matter has no end", "end it with a line ---")
_SEVERAL: Final = Problem("several-documents", "the front matter has more than one document", "keep one")


def _add_caption(document: Document, text: str, end: int) -> None:
    """The lines below the front matter as the document's caption, unless all of them are blank."""
    body = text[end:]
    last = len(body.rstrip(_BLANKS))
    if not last:
        return
    start = body.rfind("\n", 0, len(body) - len(body.lstrip(_BLANKS))) + 1
    stop = body.find("\n", last)
    caption = body[start : stop if stop >= 0 else len(body)]
    if "caption" in document.value:
        hint = "keep the text below the front matter, and delete the key caption"
        document.refuse(
            Problem("caption-twice", "there is a key caption, and also a text below the front matter", hint),
            ("caption",),
            True,
        )
        return
    line = text.count("\n", 0, end + start) + 1
    document.value["caption"] = caption
    document.spots["caption",] = document.keys["caption",] = (line, 1, len(caption.partition("\n")[0]))
