"""`contentsync schema`: the JSON Schemas that editors use."""

from __future__ import annotations

from pathlib import Path

import click

from contentsync.cli import exits
from contentsync.cli.terminal import text
from contentsync.files import folder_inside


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where a file is missing or out of date.")
def schema(check: bool) -> int:
    """Write schemas/*.schema.json: one each for manifests, the project file and saved plans.

    A manifest that begins with `# yaml-language-server: $schema=…/schemas/post.schema.json` is then completed and
    checked by editors.
    """
    from contentsync.operations.schemas import schemas_as_json

    folder = Path("schemas")
    stale = [name for name, wanted in schemas_as_json().items() if _read(folder / name) != wanted]
    if check:
        for name in stale:
            text.say(f"{folder / name} is not what this version writes; run contentsync schema")
        return exits.FAILED if stale else exits.DONE
    write_schemas(folder)
    text.say(f"{folder}: {text.many(len(stale), 'file')} written")
    return exits.DONE


def write_schemas(folder: Path) -> None:
    """Write all schemas into `folder`."""
    from contentsync.operations.schemas import schemas_as_json

    folder_inside(folder.parent, folder).mkdir(parents=True, exist_ok=True)
    for name, wanted in schemas_as_json().items():
        if _read(folder / name) != wanted:
            (folder / name).write_text(wanted, encoding="utf-8")


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
