"""Does another token override an account's sign-in: an environment variable, or a token_command?"""

from __future__ import annotations

from collections.abc import Mapping

from contentsync.frozen import frozen
from contentsync.settings import Account


@frozen
class Override:
    """A token source that overrides a sign-in."""

    #: What it is, for a sentence.
    names: str
    #: The verb that agrees with `names`: "win" or "wins".
    win: str
    #: How to take it out of the way.
    away: str
    #: How to renew it.
    anew: str


def variables(account: str) -> tuple[str, str]:
    """The environment variables with an account's tokens."""
    name = account.upper().replace("-", "_")
    return f"CONTENTSYNC_TOKEN_{name}", f"CONTENTSYNC_REFRESH_TOKEN_{name}"


def step_to_renew(account: Account, environ: Mapping[str, str]) -> str:
    """The step that gives the account another token: a sign-in only if its token is used."""
    override = override_of(account, environ)
    return override.anew if override else f"contentsync login {account.name}"


def step_to_grant(account: Account, environ: Mapping[str, str]) -> str:
    """The step that gives the account a token with scopes that a plain sign-in does not ask for."""
    override = override_of(account, environ)
    return override.anew if override else f"contentsync login {account.name} --scope all"


def override_of(account: Account, environ: Mapping[str, str]) -> Override | None:
    """The token source that overrides a sign-in of this account; None if the sign-in is used."""
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
