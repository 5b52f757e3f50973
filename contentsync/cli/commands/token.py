"""`contentsync token`: hand an account's tokens on, as to a CI."""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path

import click

from contentsync.cli import complete, exits, private_file
from contentsync.cli.main import Context
from contentsync.cli.terminal import text
from contentsync.errors import Problem, UsageError
from contentsync.operations.accounts import tokens_to_hand_on
from contentsync.shared_tokens import new_key
from contentsync.tiktok.overriding_token import variables
from contentsync.tiktok.tokens import Pair

ONE_CHAIN = (
    "The refresh token is one chain: whoever renews it ends it for everyone else. From now on let either the CI or "
    "this machine renew it, not both; for a chain of its own sign in once more for the CI, or hand on --access-only."
)


@click.group()
def token() -> None:
    """Hand an account's tokens on, as to a CI."""


@token.command()
@click.argument("account", shell_complete=complete.accounts)
@click.option("--stdout", is_flag=True, help="Print the secrets.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write them to FILE, for you alone.",
)
@click.option(
    "--format", "shape", type=click.Choice(["env", "json"]), default="env",
    help="env: lines NAME=value, for a shell and for gh secret set -f; json: one object.",
)  # fmt: skip
@click.option("--access-only", is_flag=True, help="Without the refresh token: good for a day, and then for nothing.")
@click.pass_obj
def export(context: Context, account: str, stdout: bool, out: Path | None, shape: str, access_only: bool) -> int:
    """The tokens of ACCOUNT as the environment variables that seed them elsewhere.

    They are renewed first where less than twelve hours are left. Say where they go: --stdout, or --out FILE.
    """
    if stdout == bool(out):
        hint = "for a file of yours alone: --out FILE; into another program: --stdout | …"
        raise UsageError(Problem("export-where", "say where the tokens go, to one place", hint))
    project = context.project()
    try:
        if out:
            private_file.refuse_tracked(out, project.root)
        pair = tokens_to_hand_on(project, account)
    finally:
        project.close()
    values = _values(account, pair, access_only)
    told = json.dumps(values, indent=1) if shape == "json" else "\n".join(map(_line, values.items()))
    if out:
        private_file.write(out, told + "\n")
    else:
        _warn_of_a_terminal()
        text.put(told)
    _explain(account, pair, len(values) > 1)
    return exits.DONE


@token.command()
def key() -> int:
    """Make a key for CONTENTSYNC_SECRET_KEY, with which tokens travel on the branch of `state: git`.

    Each machine that is to use the tokens needs the same key. It is printed once and kept nowhere.
    """
    text.say(new_key())
    text.tell("Keep it as a secret: whoever has it and can read the repository can post.")
    return exits.DONE


def _values(account: str, pair: Pair, access_only: bool) -> dict[str, str]:
    """What the variables are to hold. Raises UsageError where there is no refresh token to hand on."""
    access, refresh = variables(account)
    if access_only:
        return {access: pair.access_token}
    if not pair.refresh_token:
        what = f"account {account} has no refresh token here: an access token alone is good for a day"
        raise UsageError(Problem("export-no-refresh-token", what, "hand on what there is: --access-only"))
    return {access: pair.access_token, refresh: pair.refresh_token}


def _line(item: tuple[str, str]) -> str:
    """NAME=value, read alike by shells and by readers of .env files: quoted only where it must be."""
    name, value = item
    return f"{name}={value if re.fullmatch(r'[A-Za-z0-9._!*~+/=:@%-]+', value) else shlex.quote(value)}"


def _warn_of_a_terminal() -> None:
    if sys.stdout.isatty():
        text.tell("warning: secrets follow on this terminal; clear its scrollback, or use --out FILE")


def _explain(account: str, pair: Pair, is_chain: bool) -> None:
    until = f"until {text.when(pair.expires_at)}" if pair.expires_at else "for a time that is not known here"
    text.tell(f"{account}: the access token is good {until}")
    if is_chain:
        ends = f" {text.when(pair.refresh_expires_at)} ends it for good." if pair.refresh_expires_at else ""
        text.tell(ONE_CHAIN + ends)
    else:
        text.tell("It can't be renewed there. TikTok does not say whether a renewal here ends it sooner.")
