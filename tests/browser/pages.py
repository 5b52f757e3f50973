"""Pages in a real browser: what axe finds in them, what their text says, and what they ask the network for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.browser.driver import Browser

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
NO_AXE = "axe-core is not here: npm ci --prefix tests/browser"
#: Each way in which a page is looked at, by a name for the test.
WAYS: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"dark": True},
    "320": {"width": 320},
    "320-dark": {"width": 320, "dark": True},
    "print": {"width": 800, "on_paper": True},
}
_RUN = """
const done = arguments[arguments.length - 1];
return axe.run(document, {resultTypes: ["violations", "incomplete"]}).then(found => [
  ...found.violations, ...found.incomplete.filter(one => one.id === "color-contrast")
].flatMap(one => one.nodes.map(node => `${one.id}: ${node.html.slice(0, 200)}: ${node.failureSummary}`)));
"""


def findings(browser: Browser, page: Path | str) -> list[str]:
    """What axe finds in a page as it is shown now, with everything that folds open. page: a file, or an address."""
    browser.visit(page if isinstance(page, str) else page.as_uri())
    browser.run("document.querySelectorAll('details').forEach(one => one.open = true)")
    browser.run(AXE.read_text("utf-8"))
    found: list[str] = browser.run(_RUN)
    return found


def spoken(browser: Browser) -> str:
    """What a screen reader says of the page, line by line."""
    nodes = {node["nodeId"]: node for node in browser.chrome("Accessibility.getFullAXTree")["nodes"]}
    root = next(node for node in nodes.values() if "parentId" not in node)
    return "\n".join(_said(root, nodes))


def _said(node: dict[str, Any], nodes: dict[str, Any]) -> Iterator[str]:
    role, name = node.get("role", {}).get("value", ""), node.get("name", {}).get("value", "").strip()
    if role == "StaticText" and name:
        yield name
    elif role in {"image", "heading", "meter"}:
        yield f"{role} {name}"
        return
    for child in node.get("childIds", ()):
        if child in nodes:
            yield from _said(nodes[child], nodes)


def overflows(browser: Browser) -> bool:
    """Whether the page must be moved sideways to be read."""
    return bool(browser.run("return document.documentElement.scrollWidth > window.innerWidth"))
