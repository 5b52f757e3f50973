"""What is a pause, and for which accounts does it hold? Values only; the state keeps them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from contentsync.frozen import frozen
from contentsync.times import in_words

#: The name under which a pause of all accounts is kept.
ALL = ""


@frozen
class Pause:
    """A person's word that nothing more is begun until it is taken back."""

    #: The account's name at that time; ALL for all accounts.
    account: str
    who: str
    since: datetime
    #: In the person's words; empty where none were given.
    why: str = ""
    #: Who the account was at TikTok, so that another name doesn't end the pause; empty where that was not known.
    open_id: str = ""

    def holds_for(self, account: str, open_id: str | None) -> bool:
        return self.account in {ALL, account} or (self.open_id != "" and self.open_id == open_id)

    def said(self, zone: str = "UTC") -> str:
        """As a reason: `paused by anna since Sat 31 Jan 2026 18:00 UTC: wrong logo`. zone: an IANA name."""
        what = "all accounts are paused" if self.account == ALL else "paused"
        return f"{what} by {self.who} since {in_words(self.since, zone)}" + (f": {self.why}" if self.why else "")

    @property
    def ends_by(self) -> str:
        """The command that takes it back."""
        return f"contentsync resume {self.account}".rstrip()


def pause_of(pauses: Iterable[Pause], account: str, open_id: str | None) -> Pause | None:
    """The pause that holds for an account: its own before one of all accounts, the earliest first."""
    holding = [pause for pause in pauses if pause.holds_for(account, open_id)]
    return min(holding, key=lambda pause: (pause.account == ALL, pause.since), default=None)
