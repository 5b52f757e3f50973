"""A format's name means one document."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "contentsync"
FORMAT = re.compile(r"contentsync\.[a-z-]+/[0-9]+")


def test_each_format_is_named_in_one_module() -> None:
    places: defaultdict[str, set[str]] = defaultdict(set)
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and FORMAT.fullmatch(node.value):
                places[node.value].add(file.relative_to(PACKAGE).as_posix())

    places["contentsync.state/1"].discard(
        "store/git/line.py"
    )  # still read there: the branch's name for itself before
    assert len(places) > 30
    assert {name: files for name, files in places.items() if len(files) > 1} == {}
