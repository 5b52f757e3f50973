"""The page on webhooks says what the table in the code says, and names every outcome."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from contentsync.webhooks import decide

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "webhooks.md").read_text("utf-8")


def test_the_table_of_events_is_that_of_the_code() -> None:
    rows = re.findall(r"^\| `([a-z_]+\.[a-z_.]+)` \| (\w+) \|$", PAGE, re.M)
    assert dict(rows) == {name: str(effect) for name, effect in decide.EFFECTS.items()}


def test_each_effect_is_explained() -> None:
    assert set(re.findall(r"^- \*\*(\w+)\*\*: ", PAGE, re.M)) == {str(effect) for effect in decide.Effect}


def test_each_outcome_is_explained_and_no_other() -> None:
    table = PAGE.partition("| outcome | means |")[2].partition("\n\n")[0]
    told = set(re.findall(r"`([a-z-]+)`", table))
    sources = [ROOT / "contentsync" / "webhooks" / f"{name}.py" for name in ("work", "decide", "inbox")]
    words = {
        node.value
        for source in sources
        for node in ast.walk(ast.parse(source.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert told <= words
    came = {value for source in sources for value in outcomes(ast.parse(source.read_text("utf-8")))}
    assert came - told == set()


def outcomes(tree: ast.Module) -> set[str]:
    """The words given as the outcome of a `Came(…)`."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Came"]
    values = [part for call in calls if len(call.args) > 1 for part in ast.walk(call.args[1])]
    return {part.value for part in values if isinstance(part, ast.Constant) and isinstance(part.value, str)}
