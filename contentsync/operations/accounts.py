"""Who is each account, by new calls to TikTok? Also reads its tokens, for callers that export them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from contentsync.account import AccountAtWork
from contentsync.errors import ContentsyncError
from contentsync.frozen import frozen
from contentsync.operations.side_by_side import side_by_side
from contentsync.project import Project
from contentsync.remote import ask_creator, ask_stats
from contentsync.remote_post import Creator

if TYPE_CHECKING:
    from contentsync.tiktok.tokens import Pair
    from contentsync.tiktok.wire import UserInfo


@frozen
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

    def meet(account: AccountAtWork) -> Met:
        credentials = account.credentials
        creator = ask_creator(account.client, account.identify(), credentials.scopes())
        figures = ask_stats(account.client, credentials.scopes()) if stats else None
        return Met(creator, credentials.pair(), credentials.is_sandbox, figures)

    return dict(side_by_side(project.all_at_work(), meet, failures)), failures


LASTING = timedelta(hours=12)  # half of what TikTok gives: handing on every hour renews twice a day


def tokens_to_hand_on(project: Project, name: str) -> Pair:
    """The account's tokens, renewed first where they would not last. Errors: as Credentials.refresh."""
    account = project.at_work(name)
    account.refuse_removed_access()
    return account.credentials.lasting(LASTING)
