"""What is in a state file? For people who look into one; not used by a plan.

sqlite-utils takes a tenth of a second to load, so it is loaded only when a person asks.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from contentsync.errors import Problem, StoreError
from contentsync.store.sqlite.database import MEND, open_to_read, translated

if TYPE_CHECKING:
    import sqlite_utils

COUNTED: Final = ("posts", "attempts", "history")


def proven(path: Path, mend: str = MEND) -> dict[str, int]:
    """How many rows each table of a state has, once it is proven whole. mend: what to do where it is not.

    Raises StoreError.
    """
    with _opened(path) as db:
        found = [row["integrity_check"] for row in db.query("PRAGMA integrity_check(3)")]
        astray = list(db.query("PRAGMA foreign_key_check"))
        if found != ["ok"] or astray:
            what = f"{path} is damaged: {'; '.join(found) if found != ['ok'] else 'rows lack what they belong to'}"
            raise StoreError(Problem("state-corrupt", what, mend))
        return {table: db[table].count for table in COUNTED}


@contextmanager
def _opened(path: Path) -> Iterator[sqlite_utils.Database]:
    """The file, to be read only."""
    import sqlite_utils

    with translated(path), closing(open_to_read(path)) as connection:
        yield sqlite_utils.Database(connection)
