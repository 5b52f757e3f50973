"""`contentsync validate`: every problem of every file, offline."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from contentsync.cli import exits
from contentsync.cli.terminal import text
from contentsync.errors import Level, Problem


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
def validate(paths: tuple[Path, ...]) -> int:
    """Check the project file, every manifest and its media; all problems in one run.

    With PATHs only these manifests, or those in these folders. Needs no network and no token.
    """
    from contentsync.manifest.load import load
    from contentsync.root import find_root, user_says
    from contentsync.store.sqlite.cache import FileCache
    from contentsync.trust import stripped

    environ = stripped(os.environ)
    root = find_root(Path(), environ)
    cache = FileCache(root / ".contentsync" / "cache.db")
    try:
        loaded = load(root, environ, list(paths) or None, cache=cache, user=user_says(root, environ))
    finally:
        cache.close()
    text.hide_values(loaded.settings.hidden if loaded.settings else {})
    text.show_problems(loaded.problems, out=True)
    text.say(_summary(loaded.problems, len(loaded.posts)))
    return exits.FAILED if loaded.has_errors else exits.DONE


def _summary(problems: Sequence[Problem], posts: int) -> str:
    levels = Counter(problem.level for problem in problems)
    told = [text.many(levels[level], level.value) for level in Level if levels[level]]
    if levels[Level.ERROR]:
        files = len({problem.where.file for problem in problems if problem.where and problem.level is Level.ERROR})
        return text.style(f"{', '.join(told)} in {text.many(files, 'file')}.", fg="red")
    return text.style(f"{text.many(posts, 'post')}: all sound.", fg="green") + (
        f" ({', '.join(told)})" if told else ""
    )
