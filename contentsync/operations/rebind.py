"""An account has a new open_id (another app): move its rows and receipts to it, after a person's yes.

The danger: half of the evidence is under the new open_id, and the other half is forgotten. So the journal is copied
first, then the receipts are moved one by one, and the state is moved last, whole. Whatever still names the old
open_id stops the account's creates, and a second run finishes the move.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from contentsync.account import AccountAtWork
from contentsync.account_facts import place_of
from contentsync.attempt.step import said
from contentsync.errors import Problem, SignInNeeded, StoreError
from contentsync.evidence import first_posts, receipts
from contentsync.evidence.identity import Former, Identity
from contentsync.frozen import frozen
from contentsync.lifecycle import Event, Phase
from contentsync.operations.under_lock import under_lock
from contentsync.post_state import Attempt
from contentsync.project import Project
from contentsync.remote import ask_creator
from contentsync.remote_post import Creator
from contentsync.settings import Account
from contentsync.store.port.store import Store


@frozen
class Rebinding:
    """What would move to an account's new open_id."""

    account: str
    #: Who the account's token speaks for.
    now: Creator
    #: The open_ids that its posts were made under.
    formers: tuple[Former, ...]
    #: How many attempts are open under them: TikTok tells another app nothing of these, so they become unknown.
    open: int

    @property
    def is_needed(self) -> bool:
        return bool(self.formers)


def preview(project: Project, account: Account) -> Rebinding:
    """What would move with the account. Raises SignInNeeded if its token or pin is not the new identity's."""
    asked = AccountAtWork(project, replace(account, open_id=None), "")  # whoever the token speaks for
    try:
        user = asked.client.user_info()
        creator = Creator(user.open_id, nickname=user.display_name, username=user.username, union_id=user.union_id)
        creator = ask_creator(asked.client, creator, asked.credentials.scopes())
    finally:
        asked.close()
    if account.open_id not in {None, user.open_id}:
        what = f"contentsync.yaml pins {account.name} to {account.open_id}, but its token belongs to {user.open_id}"
        hint = f'write open_id: "{user.open_id}" under accounts: {account.name}:, then run this again'
        raise SignInNeeded(Problem("other-identity", what, hint))
    project.store.save_creator(account.name, creator, project.clock.now())
    formers = asked.formers(user.open_id)
    return Rebinding(account.name, creator, formers, len(_open(project.store, formers)))


@under_lock("contentsync accounts rebind")
def rebind(project: Project, wanted: Rebinding) -> int:
    """Move rows, videos, notes and receipts; returns how many posts of the state moved. The caller holds the lock.

    May be run again after a crash at any moment. Raises StoreError where the state or a note can't be written.
    """
    now, creator = project.clock.now(), wanted.now
    identity = Identity(creator.open_id, creator.union_id, creator.username)
    moved = 0
    for attempt in _open(project.store, wanted.formers):
        _let_go(project.store, attempt, project)
    for former in wanted.formers:
        old = former.identity.open_id
        project.journal.follow(old, identity.open_id)
        _move_receipts(project, wanted.account, old, identity)
        moved += project.store.accounts.rebind(old, identity.open_id, wanted.account, now)
    project.journal.note_state(identity.open_id)
    first_posts.note(project.data_folder, place_of(project), wanted.account, identity)
    return moved


def _open(store: Store, formers: tuple[Former, ...]) -> list[Attempt]:
    rows = (row for former in formers for row in store.posts(former.identity.open_id))
    return [attempt for row in rows for attempt in row.attempts if attempt.is_open]


def _let_go(store: Store, attempt: Attempt, project: Project) -> None:
    """End the open attempt of another app: unknown if it may be live, failed if nothing was sent."""
    event = Event.LOST_SIGHT
    if attempt.phase is Phase.INTENT:
        sent = Event.LOST_AFTER_COMMIT if attempt.pulls else Event.LOST_BEFORE_COMMIT
        event = sent if attempt.init_sent_at else Event.NOT_SENT
    problem = Problem("begun-by-another-app", "another app began it, and TikTok tells this app nothing about it")
    store.save(attempt.after(event, project.clock.now(), **said(problem), upload_url=""), str(event))


def _move_receipts(project: Project, account: str, old: str, identity: Identity) -> None:
    """Rewrite the receipts of an open_id to name the new one. Raises StoreError where one can't be written."""
    folder = project.receipts.path
    names = [path.name for path in folder.glob("*") if path.is_dir()]
    for name in sorted({account, *names} - set(project.settings.accounts) | {account}):
        for told in receipts.read(folder, name):
            if told.open_id == old:
                _move_receipt(folder / name / f"{told.name}.json", identity)


def _move_receipt(path: Path, identity: Identity) -> None:
    try:
        receipts.rebind(path, identity)
    except (OSError, ValueError) as err:
        why = getattr(err, "strerror", None) or err
        what = f"the receipt of {path.parent.name}/{path.stem} could not be written: {why}"
        hint = "make it writable, then run the command again: it goes on where it was"
        raise StoreError(Problem("receipt-not-written", what, hint)) from err
