"""`contentsync validate`: every problem of every file, offline."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from contentsync.cli import exits
from contentsync.cli.collector import resting_collector
from contentsync.cli.options import as_json
from contentsync.cli.terminal import text
from contentsync.clock import SystemClock
from contentsync.errors import Level, Problem
from contentsync.views import problems as problem_view


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@as_json
@resting_collector()
def validate(paths: tuple[Path, ...], json_: bool) -> int:
    """Check the project file, every manifest and its media; all problems in one run.

    With PATHs only these manifests, or those in these folders. Needs no network and no token.

    \b
    Examples:
      contentsync validate
      contentsync validate posts/launch.yaml posts/june/
    """
    from contentsync.operations import validate as operation
    from contentsync.root import find_root
    from contentsync.trust import stripped

    environ = stripped(os.environ)
    loaded, warnings = operation.validate(
        find_root(Path(), environ), environ, list(paths) or None, SystemClock().now()
    )
    problems = (*loaded.problems, *warnings)
    text.hide_values(loaded.settings.hidden if loaded.settings else {})
    if json_:
        text.show_json(problem_view.document(problems) | {"posts": len(loaded.posts)})
    else:
        text.show_problems(problems, out=True)
        text.say(_summary(problems, len(loaded.posts)))
    is_faulty = any(problem.level is Level.ERROR for problem in problems)
    return exits.FAILED if is_faulty else exits.DONE


def _summary(problems: Sequence[Problem], posts: int) -> str:
    levels = Counter(problem.level for problem in problems)
    told = [text.many(levels[level], level.value) for level in Level if levels[level]]
    if levels[Level.ERROR]:
        files = len({problem.where.file for problem in problems if problem.where and problem.level is Level.ERROR})
        return text.style(f"{', '.join(told)} in {text.many(files, 'file')}.", fg="red")
    return text.style(f"{text.many(posts, 'post')}: all sound.", fg="green") + (
        f" ({', '.join(told)})" if told else ""
    )
