"""`contentsync fmt`: manifests in one layout."""

from __future__ import annotations

import os
from collections.abc import Sequence
from difflib import unified_diff
from pathlib import Path

import click

from contentsync.cli import exits
from contentsync.cli.options import as_json
from contentsync.cli.terminal import text
from contentsync.errors import Level
from contentsync.operations import fmt as operation
from contentsync.operations.fmt import Formatted
from contentsync.views import formatted as view
from contentsync.visible import visible


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where a file has another layout.")
@click.option("--diff", "diff_", is_flag=True, help="Write nothing; show what would change.")
@as_json
def fmt(paths: tuple[Path, ...], check: bool, diff_: bool, json_: bool) -> int:
    """Lay out manifests: keys in one order, plain values, captions as blocks. Every comment stays.

    What a manifest means never changes: both texts are read and compared before anything is written. A file with
    errors, or with an unusual layout, is left as it is and named. Of Markdown only the front matter is laid out.

    \b
    Examples:
      contentsync fmt
      contentsync fmt --check
      contentsync fmt --diff posts/june/
    """
    from contentsync.root import find_root
    from contentsync.trust import stripped

    environ = stripped(os.environ)
    root = find_root(Path(), environ)
    found = operation.look(root, environ, paths)
    changed = [one for one in found if one.is_changed]
    if not (check or diff_):
        for one in changed:
            operation.write(root, one)
    if json_:
        text.show_json(view.document(found, is_written=not (check or diff_)))
    else:
        _show(found, changed, check=check, diff=diff_)
    is_faulty = any(one.left and one.left.level is Level.ERROR for one in found)
    return exits.FAILED if is_faulty or (check and changed) else exits.DONE


def _show(found: Sequence[Formatted], changed: Sequence[Formatted], *, check: bool, diff: bool) -> None:
    for one in changed:
        if not diff:
            text.say(visible(one.file))
            continue
        for line in _difference(one):
            text.put(visible(line))
    text.show_problems([one.left for one in found if one.left])
    if changed:
        verb = "would change" if check or diff else "changed"
        text.tell(f"{text.many(len(changed), 'file')} of {len(found)} {verb}.")
    else:
        text.tell(f"{text.many(len(found), 'file')}: nothing to change.")


def _difference(one: Formatted) -> list[str]:
    """What changes, as lines of a patch."""
    lines = unified_diff(one.before.split("\n"), one.after.split("\n"), f"a/{one.file}", f"b/{one.file}", lineterm="")
    return list(lines)
