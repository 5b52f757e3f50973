"""What can a shell complete? Names of accounts, posts and guards, as the project declares them.

Asks nobody and reports nothing: where the project can't be read there is nothing to complete.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Complete = Callable[[click.Context, click.Parameter, str], "list[CompletionItem]"]


def accounts(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The accounts of the project."""
    return _fitting(_declared(ctx)[0], incomplete)


def posts(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The keys of the declared posts."""
    return _fitting(_declared(ctx)[1], incomplete)


def guards(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The guards that --allow lifts."""
    from contentsync.plan.guard_names import GUARDS

    return _fitting(GUARDS, incomplete)


def _fitting(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _declared(ctx: click.Context) -> tuple[list[str], list[str]]:
    """The names of the accounts and the keys of the posts of the project around the folder of -C, or this one."""
    from contentsync.errors import ContentsyncError
    from contentsync.project import Project

    folder = Path(ctx.find_root().params.get("folder") or ".")
    try:
        project = Project.open(folder, os.environ)
        try:
            return list(project.settings.accounts), sorted(post.key for post in project.load().posts)
        finally:
            project.close()
    except (ContentsyncError, OSError):
        return [], []
