"""What do receipts and this machine's journal say about one account's posts? Read for rebuild and resolve."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from contentsync.evidence.compare import Known
from contentsync.evidence.gather import gather
from contentsync.evidence.journal import Noted
from contentsync.evidence.receipts import Told
from contentsync.frozen import frozen
from contentsync.post import DesiredPost
from contentsync.post_state import PostState
from contentsync.project import Project
from contentsync.settings import Account


@frozen
class Heard:
    """The evidence about one account."""

    #: All receipts of the identity, one a name.
    receipts: tuple[Told, ...]
    #: The notes of the journal that concern a post of this project and that the rows do not know.
    noted: tuple[Noted, ...]
    #: Both together: one row a post, as a lost state had it.
    rows: tuple[PostState, ...]


def hear(project: Project, account: Account, open_id: str, declared: Iterable[DesiredPost]) -> Heard:
    """All evidence about an account's posts. declared: those of the account."""
    folder = project.receipts
    told = folder.of_identity(account.name, open_id, folder.left_behind(project.settings.accounts))
    noted = project.journal.read(open_id)  # like the receipts, before the rows: those are written first
    rows = {row.name: row for row in project.reading_store.posts(open_id)}
    concerns = {*rows, *(one.name for one in told)}
    notes = tuple(_lacking(noted, rows.values(), tuple(declared), concerns))
    spoiled = [one for one in told if not one.witness().legible]
    made = [one.as_row(account.name, open_id) for one in told if one not in spoiled]
    known = {row.name for row in (*rows.values(), *gather(made, notes, account.name, open_id)) if row.attempts}
    made += [one.as_row(account.name, open_id) for one in spoiled if one.name not in known]
    return Heard(tuple(told), notes, tuple(gather(made, notes, account.name, open_id)))


def _lacking(
    noted: Iterable[Noted], rows: Collection[PostState], declared: Collection[DesiredPost], names: Collection[str]
) -> Iterable[Noted]:
    """The notes that know more than the rows, for this project's posts, under their present names."""
    known = Known(rows)
    holder = {attempt.id: row.name for row in rows for attempt in row.attempts}
    ours = {*names, *(post.name for post in declared)}
    media = {post.media_digest for post in declared} - {""}
    for note in noted:
        if note.tried is None or not known.lacking(note.witness()):
            continue
        name = holder.get(note.tried.id, note.name)
        if name in ours or note.tried.media in media:
            yield replace(note, name=name)
