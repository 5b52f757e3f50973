"""How is a person asked for a yes? The same way everywhere: only the word `yes` counts."""

from __future__ import annotations

import click


def says_yes(what: str) -> bool:
    """Ask: "Type yes to WHAT". Raises click.Abort at Ctrl-C and at the end of input."""
    answer: str = click.prompt(f"Type yes to {what}", default="", show_default=False, err=True)
    return answer.strip() == "yes"
