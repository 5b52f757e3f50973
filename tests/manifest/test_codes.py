"""Is every code of a problem in the table, and every code of the table in use?"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from contentsync.manifest.codes import CODES

PACKAGE = Path(__file__).parent.parent.parent / "contentsync"
SOURCES = [*sorted((PACKAGE / "media").glob("*.py")), *sorted((PACKAGE / "manifest").glob("*.py"))]
SOURCES.remove(PACKAGE / "manifest" / "pin.py")  # it writes a project file, and judges none
MAKERS = {"Problem": 0, "ScalarError": 0, "matching": 1}
BUILT = {
    "caption-too-long",
    "title-too-long",
    "time-exists-twice",
    "time-does-not-exist",
    "yaml-alias",
    "yaml-anchor",
}


def codes_in(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS:
            code = node.args[MAKERS[node.func.id]] if node.args else None
            if isinstance(code, ast.Constant):
                yield str(code.value)


def test_the_table_holds_just_the_codes_that_are_told() -> None:
    told = {code for path in SOURCES for code in codes_in(path)} | BUILT
    assert told == set(CODES)


def test_each_code_has_a_sentence() -> None:
    for code, meaning in CODES.items():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)
        assert meaning.endswith(".")
