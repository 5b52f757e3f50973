"""How is a lost state made again? From receipts and from what TikTok tells."""

from __future__ import annotations

import re
from dataclasses import dataclass

from contentsync.errors import ContentsyncError, StoreError
from contentsync.manifest.fields import NAME_PATTERN
from contentsync.plan.action import AccountFacts
from contentsync.plan.moves import marks_of, marks_of_row
from contentsync.post import Account, PostState, RemotePost
from contentsync.project import Project


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild made: rows; the public videos of no post; the receipts that could not be used.

    without: keys that are declared and that nothing tells of: they count as new from here on.
    """

    account: str
    rows: tuple[PostState, ...]
    unbound: tuple[RemotePost, ...]
    unused: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


def rebuild(project: Project) -> tuple[list[Rebuilt], dict[str, ContentsyncError]]:
    """Make the rows that are missing from receipts; then TikTok is asked what became of those that are not final.

    What a receipt leaves open is unknown here: it may have gone further than its receipt tells. Returns what was
    made, and the accounts that could not be asked. Raises StoreError.
    """
    made, failures = [], {}
    for account in project.settings.accounts.values():
        try:
            if done := _rebuild(project, account):
                made.append(done)
        except StoreError:
            raise
        except ContentsyncError as err:
            failures[account.name] = err
    return made, failures


def _rebuild(project: Project, account: Account) -> Rebuilt | None:
    folder, at_work = project.receipts, project.at_work(account.name)
    left = folder.left_behind(project.settings.accounts)
    found = {receipt.name for receipt in folder.of_identity(account.name, at_work.open_id, left)}
    if not found and not left:
        return None  # no need for a token
    creator = at_work.ask_with_list(scope_needed=False)
    told = folder.of_identity(account.name, creator.open_id, left)
    if not told:
        return None
    now, rows = project.clock.now(), project.store.posts(creator.open_id)
    before, old_names = {row.uid for row in rows}, {row.name for row in rows} - found
    at_work.note_lineage()
    unused = []
    for receipt in told:
        row = receipt.as_row(account.name, creator.open_id)
        if not re.fullmatch(NAME_PATTERN, receipt.name) or not project.store.restore(row, now, old_names):
            unused.append(f"receipts/{account.name}/{receipt.name}.json")
    for old in rows:
        if (renamed := project.store.post(old.uid)) and renamed.name != old.name:
            folder.remove(old.key, old)
    project.store.leave_out(creator.open_id, (), now)
    at_work.ask()
    facts = at_work.facts(creator)
    made = tuple(row for row in facts.rows if row.uid not in before)
    told_of = {receipt.name for receipt in told} | {note.name for note in facts.not_known}
    names_known = {row.name for row in facts.rows} | told_of
    marks = {mark for row in facts.rows for mark in marks_of_row(row)}  # a new name of what is known is no new post
    declared = [post for post in project.load().posts if post.account == account.name and not post.post_id]
    new = [post for post in declared if post.name not in names_known and not marks_of(post) & marks]
    without = tuple(post.key for post in new)
    return Rebuilt(account.name, made, tuple(unbound(facts)), tuple(unused), without)


def unbound(facts: AccountFacts) -> list[RemotePost]:
    """The public videos that belong to no post, newest first."""
    return [video for video in facts.remote.videos if video.post_id not in facts.bindings]
