"""Rebuild a lost state from receipts, from this machine's journal, and from TikTok."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from contentsync.errors import ContentsyncError, StoreError
from contentsync.frozen import frozen
from contentsync.manifest.fields import NAME_PATTERN
from contentsync.operations.account_evidence import Heard, hear
from contentsync.operations.under_lock import under_lock
from contentsync.plan.action import AccountFacts
from contentsync.plan.moves import marks_of, marks_of_row
from contentsync.post import DesiredPost
from contentsync.post_state import PostState
from contentsync.project import Project
from contentsync.remote_post import RemotePost
from contentsync.settings import Account


@frozen
class Rebuilt:
    """What a rebuild did for one account."""

    account: str
    #: The rows that were made, or that know more now.
    rows: tuple[PostState, ...]
    #: The public videos of no post.
    unbound: tuple[RemotePost, ...]
    #: The keys of the posts whose evidence contradicts what is known, so that it could not be taken in.
    unused: tuple[str, ...] = ()
    #: Declared keys without any evidence: they count as new from now on.
    without: tuple[str, ...] = ()


@under_lock("contentsync state rebuild")
def rebuild(project: Project) -> tuple[list[Rebuilt], dict[str, ContentsyncError]]:
    """Copy receipts and the journal into the state; then ask TikTok for the outcome of the open attempts.

    An attempt without an outcome becomes unknown, because it may have gone further since. Returns what was done, and
    the accounts that could not be asked. Raises StoreError.
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
    declared = [post for post in project.load().posts if post.account == account.name and not post.post_id]
    at_work = project.at_work(account.name)
    known = at_work.open_id
    # Before TikTok is asked: what is learnt then is written into receipts, also under names that an older copy has.
    left = project.receipts.left_behind(project.settings.accounts)
    written = {told.name for told in project.receipts.of_identity(account.name, known, left)}
    if not (written or left or _may_be_noted(project, account, known, declared)):
        return None  # no need for a token
    creator = at_work.ask_with_list(scope_needed=False)
    heard = hear(project, account, creator.open_id, declared)
    if not heard.rows:
        return None
    before = {row.uid: row for row in project.store.posts(creator.open_id)}
    unused = _take_in(project, account, heard, {row.name for row in before.values()} - written)
    _remove_old_receipts(project, before.values())
    project.store.leave_out(creator.open_id, (), project.clock.now())
    at_work.ask()
    facts = at_work.facts(creator)
    better = tuple(row for row in facts.rows if row.uid not in before or row.attempts != before[row.uid].attempts)
    for row in better:
        project.offer_receipt(row)
    without = _without(facts, heard, declared)
    return Rebuilt(account.name, better, tuple(unbound(facts)), tuple(unused), without)


def _may_be_noted(project: Project, account: Account, open_id: str, declared: Collection[DesiredPost]) -> bool:
    """Whether the journal may tell of an account; so it may where its identity is not known yet."""
    return bool(hear(project, account, open_id, declared).noted) if open_id else project.journal.is_there


def _take_in(project: Project, account: Account, heard: Heard, old_names: Collection[str]) -> list[str]:
    """Write the evidence into the state. Returns the keys whose evidence contradicts it."""
    now, unused = project.clock.now(), []
    for row in heard.rows:
        project.journal.note_state(row.open_id)
        if not re.fullmatch(NAME_PATTERN, row.name) or not project.store.restore(row, now, old_names):
            unused.append(f"{account.name}/{row.name}")
    return unused


def _remove_old_receipts(project: Project, before: Iterable[PostState]) -> None:
    """Remove the receipts of posts that have another name now."""
    for old in before:
        if (renamed := project.store.post(old.uid)) and renamed.name != old.name:
            project.receipts.remove(old.key, old)


def _without(facts: AccountFacts, heard: Heard, declared: Collection[DesiredPost]) -> tuple[str, ...]:
    """The declared posts without any evidence; a renamed post is not a new post."""
    told_of = {row.name for row in facts.rows} | {row.name for row in heard.rows}
    marks = {mark for row in facts.rows for mark in marks_of_row(row)}
    new = [post for post in declared if post.name not in told_of and not marks_of(post) & marks]
    return tuple(post.key for post in new)


def unbound(facts: AccountFacts) -> list[RemotePost]:
    """The public videos that belong to no post, newest first."""
    return [video for video in facts.remote.videos if video.post_id not in facts.bindings]
