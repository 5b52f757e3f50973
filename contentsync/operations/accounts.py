"""Who is each account, from fresh calls? And its tokens, for those who hand them on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from contentsync.errors import ContentsyncError
from contentsync.operations.side_by_side import side_by_side
from contentsync.post import Account, Creator
from contentsync.project import Project
from contentsync.remote import ask_creator, ask_stats, identify

if TYPE_CHECKING:
    from contentsync.tiktok.tokens import Pair
    from contentsync.tiktok.wire import UserInfo


@dataclass(frozen=True, slots=True)
class Met:
    """One account from fresh calls, with its tokens. stats: None where not asked for, or not to be had."""

    creator: Creator
    pair: Pair
    sandbox: bool = False
    stats: UserInfo | None = None

    @property
    def scopes(self) -> tuple[str, ...] | None:
        """What was granted; None where it is not known."""
        return self.pair.scope


def meet_all(project: Project, *, stats: bool = False) -> tuple[dict[str, Met], dict[str, ContentsyncError]]:
    """Who each account is and what it may post, from fresh calls; and those that failed.

    stats: also its figures, where the scope for them was granted.
    """
    failures: dict[str, ContentsyncError] = {}

    def meet(account: Account) -> Met:
        session, now = project.session(account), project.clock.now()
        creator = identify(session.client, project.reading_store, account, now)
        creator = ask_creator(session.client, creator, session.credentials.scopes())
        figures = ask_stats(session.client, session.credentials.scopes()) if stats else None
        return Met(creator, session.credentials.pair(), session.credentials.is_sandbox, figures)

    return dict(side_by_side(list(project.settings.accounts.values()), meet, failures)), failures


LASTING = timedelta(hours=12)  # half of what TikTok gives: handing on every hour renews twice a day


def tokens_to_hand_on(project: Project, account: Account) -> Pair:
    """The account's tokens, renewed first where they would not last. Errors: as Credentials.refresh."""
    return project.session(account).credentials.lasting(LASTING)
