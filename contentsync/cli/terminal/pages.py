"""How does a plan leave the terminal? As a page in a file, or as Markdown on stdout."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from contentsync.cli.output_file import write_named
from contentsync.cli.terminal import text
from contentsync.visible import visible

if TYPE_CHECKING:
    from contentsync.operations.preview import Preview


def write_page(root: Path, preview: Preview, path: Path) -> None:
    """Write the page of a plan, and say where it is."""
    from contentsync.views.plan_page import page

    write(root, page(preview), path)


def write(root: Path, page: str, path: Path) -> None:
    """Write a page to the file that the user named, and say so."""
    write_named(path, text.hidden_page(page).encode(), root)
    text.tell(f"The page is in {visible(str(path))}: it needs no network, and can be sent to anyone.")


def show_comment(preview: Preview) -> None:
    """Print a plan as a comment for a pull request."""
    from contentsync.views.plan_markdown import comment

    text.put(comment(preview).rstrip("\n"))
