"""Makes one site of docs/ and the pages beside it: those get a place, and links to them lead there.

Links to other files of the repository, such as the source, become plain text, because
the site does not know where the repository is.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

sys.path.insert(0, str(Path(__file__).parent))
from diagram import drawn

ROOT = Path(__file__).resolve().parents[2]
#: Pages outside of docs/, and where they are on the site.
BESIDE = {
    "README.md": "index.md",
    "examples/README.md": "examples.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
}
LINK = re.compile(r"\[([^\]]*)\]\((?!https?:)([^)#\s]+)(#[^)]*)?\)")


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that are not in docs/."""
    for source, target in BESIDE.items():
        if source != "README.md":
            files.append(File.generated(config, target, content=_moved(source)))
    return files


def _moved(source: str) -> str:
    """A page of the repository with its links as seen from docs/."""
    folder = (ROOT / source).parent

    def as_from_docs(found: re.Match[str]) -> str:
        target = (folder / found[2]).resolve().relative_to(ROOT).as_posix()
        inside = target.startswith("docs/")
        return f"[{found[1]}]({target.removeprefix('docs/') if inside else f'../{target}'}{found[3] or ''})"

    return LINK.sub(as_from_docs, (ROOT / source).read_text("utf-8"))


def on_page_markdown(markdown: str, **_: Any) -> str:
    """The page as the site shows it: links that lead somewhere, lists nested as it reads them, diagrams drawn."""
    parts = re.split(r"(^```.*?^```$)", drawn(markdown), flags=re.M | re.S)
    return "".join(part if part.startswith("```") else _nested(LINK.sub(_on_the_site, part)) for part in parts)


def _on_the_site(found: re.Match[str]) -> str:
    if not found[2].startswith("../"):
        return found[0]
    target = BESIDE.get(found[2].removeprefix("../"))
    return f"[{found[1]}]({target}{found[3] or ''})" if target else found[1]


def _nested(text: str) -> str:
    return re.sub(r"^ {2,3}(?=(?:[-*]|\d+\.) )", "    ", text, flags=re.M)
