"""What is asked for an account's token before its last sign-in is, and how does it get out of the way?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from contentsync.post import Account
from contentsync.tiktok.auth import variables


@dataclass(frozen=True, slots=True)
class Instead:
    """names: what it is, for a sentence. win: its verb. away: what takes it out of the way. anew: what renews it."""

    names: str
    win: str
    away: str
    anew: str


def used_instead(account: Account, environ: Mapping[str, str]) -> Instead | None:
    """What wins over a sign-in of this account; None where the sign-in is what counts."""
    seeds = [name for name in variables(account.name) if environ.get(name, "").strip()]
    if seeds:
        win = "win" if len(seeds) > 1 else "wins"
        return Instead(
            " and ".join(seeds), win, f"unset {' '.join(seeds)}", f"put new tokens into {variables(account.name)[0]}"
        )
    if account.token_command:
        away = f"take accounts.{account.name}.token_command out"
        return Instead("token_command", "wins", away, "have it print a new token")
    return None
