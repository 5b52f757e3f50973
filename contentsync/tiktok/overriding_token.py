"""Does another token override an account's sign-in: an environment variable, or a token_command?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from contentsync.post import Account


@dataclass(frozen=True, slots=True)
class Override:
    """What wins over a sign-in."""

    #: What it is, for a sentence.
    names: str
    #: The verb that agrees with `names`: "win" or "wins".
    win: str
    #: How to take it out of the way.
    away: str
    #: How to renew it.
    anew: str


def variables(account: str) -> tuple[str, str]:
    """The environment variables that seed an account's tokens."""
    name = account.upper().replace("-", "_")
    return f"CONTENTSYNC_TOKEN_{name}", f"CONTENTSYNC_REFRESH_TOKEN_{name}"


def step_to_renew(account: Account, environ: Mapping[str, str]) -> str:
    """The one step that gives the account another token: a sign-in only where its token is used."""
    override = override_of(account, environ)
    return override.anew if override else f"contentsync login {account.name}"


def step_to_grant(account: Account, environ: Mapping[str, str]) -> str:
    """The one step that gives the account a token with the scopes that a sign-in does not ask for by itself."""
    override = override_of(account, environ)
    return override.anew if override else f"contentsync login {account.name} --scope all"


def override_of(account: Account, environ: Mapping[str, str]) -> Override | None:
    """What wins over a sign-in of this account; None where the sign-in is what counts."""
    seeds = [name for name in variables(account.name) if environ.get(name, "").strip()]
    if seeds:
        win = "win" if len(seeds) > 1 else "wins"
        return Override(
            " and ".join(seeds), win, f"unset {' '.join(seeds)}", f"put new tokens into {variables(account.name)[0]}"
        )
    if account.token_command:
        away = f"remove accounts.{account.name}.token_command"
        return Override("token_command", "wins", away, "make it print a new token")
    return None
