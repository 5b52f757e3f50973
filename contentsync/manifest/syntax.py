"""Why is a text not valid YAML? Translates the parser's error into our words, with one step that fixes it."""

from __future__ import annotations

import re
from typing import Any, Final

from contentsync.errors import Problem
from contentsync.manifest.document import Lines, at

_QUOTE: Final = "put the text in quotes, or in a block below the key"
_INDENT_OR_QUOTE: Final = "indent the key like the keys around it; put a text with quotes or a colon in a block"
_CLOSE: Final = "close it with }; a text with { } in it, such as ${NAME}, goes in quotes there"
_NO_PLACE: Final = "this text belongs to no line above: check its indentation, and where a quote above ends"
_TOLD: Final[tuple[tuple[str, str, str], ...]] = (
    (
        "mapping values are not allowed",
        "there is a colon inside a text, or the line is indented too far",
        _INDENT_OR_QUOTE,
    ),
    ("could not find expected ':'", "a colon is missing after the key, or the line above is cut by a #", _QUOTE),
    ("cannot start any token", "a value can't begin with this character", _QUOTE),
    ("unexpected end of stream", "a quote is opened here and never closed", "close it"),
    ("unknown escape character", "an escape that YAML does not know", "double the backslash, or use single quotes"),
    ("escape sequence", "an escape that YAML does not know", "double the backslash, or use single quotes"),
    ("invalid Unicode character escape", "this escape stands for no character", "write the character itself"),
    ("expected ',' or ']'", "a list in [ ] is not closed, or lacks a comma", "close it with ]"),
    ("expected ',' or '}'", "a mapping in { } is not closed, or lacks a comma", _CLOSE),
    ("block sequence entries", "a list begins inside a text", "put each - on a line of its own"),
    ("expected <block end>", _NO_PLACE, _INDENT_OR_QUOTE),
    ("did not find expected key", _NO_PLACE, _INDENT_OR_QUOTE),
    ("'-' indicator", "the indentation matches no line above", "indent the - like the ones around it"),
    ("incompatible YAML document", "unknown YAML version", "delete the %YAML line"),
)
_AT_ITS_START: Final = re.compile("unexpected end of stream")


def syntax_problem(err: Exception, text: str, file: str, lines: Lines) -> Problem:
    """The problem that a parser's `err` tells, with its place in `text`."""
    said = str(getattr(err, "problem", "") or err)
    line, column, index = _where(err, said)
    if text[index : index + 1] == "\t" and ("\\t" in repr(said) or "token" in said or "tab" in said):
        problem = Problem("yaml-tab", "there is a tab where YAML takes only spaces", "indent with spaces")
    else:
        problem = _told(f"{said} {getattr(err, 'context', '')}")
    return at(problem, file, (line, column, 1), lines)


def _told(said: str) -> Problem:
    for part in ("alias", "anchor"):
        if f"while scanning an {part}" in said:
            return Problem(f"yaml-{part}", f"a value that begins like this is an {part} to YAML", _QUOTE)
    for part, what, hint in _TOLD:
        if part in said:
            return Problem("yaml-syntax", what, hint)
    return Problem("yaml-syntax", f"not valid YAML: {said.splitlines()[0][:80] if said else 'it ends too early'}")


def _where(err: Exception, said: str) -> tuple[int, int, int]:
    first, second = (
        ("context_mark", "problem_mark") if _AT_ITS_START.search(said) else ("problem_mark", "context_mark")
    )
    mark: Any = getattr(err, first, None) or getattr(err, second, None)
    return (mark.line + 1, mark.column + 1, mark.index) if mark else (1, 1, 0)
