"""Find rows of the state by the name that a person uses, and write them back with their receipts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from contentsync.errors import Problem, StoreError, UsageError
from contentsync.operations.selection import one_key
from contentsync.post_state import PostState
from contentsync.project import Project


class NotSettled(UsageError):
    """The request contradicts what the state knows."""


def row_of(project: Project, name: str) -> PostState:
    """The row of a post by its key or its name. Raises UsageError."""
    rows = {row.key: row for row in shared_rows(project)}
    if not any(name in {key, row.name} for key, row in rows.items()):
        declared = [post.key for post in project.load().posts]
        key = one_key(list(dict.fromkeys([*rows, *declared])), name)
        hint = f"contentsync explain {key} shows what is known about it"
        raise NotSettled(Problem("not-in-state", f"{key} is declared, and was never attempted", hint))
    return rows[one_key(list(rows), name)]


def shared_rows(project: Project) -> Iterator[PostState]:
    """Every row, as in `all_rows`, after reading what other machines wrote into a shared state."""
    project.catch_up()
    return all_rows(project)


def all_rows(project: Project) -> Iterator[PostState]:
    """Every row of the state on this machine, by its account's present name; also of accounts that are gone.

    It reads nothing from the network.
    """
    store, names = project.reading_store, _names(project)
    for open_id in store.identities():
        for row in store.posts(open_id):
            yield replace(row, account=names.get(open_id, row.account))


def _names(project: Project) -> dict[str, str]:
    """The names of the project's accounts, by identity, as far as these are known."""
    return {account.open_id: account.name for account in project.all_at_work() if account.open_id}


def settled(project: Project, open_id: str, name: str) -> PostState:
    """The row of a post that a person settled; also writes its receipt and this machine's journal."""
    row = project.store.post_named(open_id, name)
    assert row is not None
    project.journal.note_ends(row, whole=True)
    return written(project, row.uid, over=True)


def written(project: Project, uid: str, *, over: bool = False) -> PostState:
    """The row as it is now, after writing its receipt. over: as in receipts.write. Raises StoreError."""
    row = project.store.post(uid)
    assert row is not None
    try:
        project.receipts.write(row, over=over)
    except OSError as err:
        what = f"{row.key} is settled, but its receipt can't be written: {err.strerror or err}"
        raise StoreError(
            Problem("receipt-unwritable", what, "make receipts/ writable; the next plan writes it")
        ) from err
    return row
