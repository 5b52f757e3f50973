"""`contentsync accounts`: who is connected, and what each account can really do."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping

import click

from contentsync.cli import exits
from contentsync.cli.main import Context
from contentsync.cli.options import as_json, locking
from contentsync.cli.terminal import text
from contentsync.cli.terminal.asking import says_yes
from contentsync.errors import ContentsyncError
from contentsync.operations.accounts import Met, meet_all
from contentsync.operations.rebind import Rebinding, preview
from contentsync.operations.rebind import rebind as operation
from contentsync.settings import Account, App
from contentsync.signin.scopes import Ability, abilities, missing
from contentsync.tiktok.overriding_token import Override, override_of, step_to_grant
from contentsync.tiktok.tokens import Choice, Pair
from contentsync.views import accounts as view
from contentsync.visible import visible


@click.group(invoke_without_command=True)
@click.option("--stats", is_flag=True, help="Also show followers, following, likes and videos.")
@as_json
@click.pass_context
def accounts(command: click.Context, stats: bool, json_: bool) -> int:
    """Show who each account is at TikTok, its scopes and expiry, and what can really be done for it.

    TikTok is asked about each. One that is not signed in is shown with the command that signs it in; the others are
    shown all the same.

    \b
    Examples:
      contentsync accounts
      contentsync accounts --stats --json
    """
    if command.invoked_subcommand:
        return exits.DONE
    context: Context = command.obj
    project = context.project()
    try:
        seen, failures = meet_all(project, stats=stats)
        app = project.settings.app
    finally:
        project.close()
    if json_:
        text.show_json(view.document(list(project.settings.accounts), seen, failures, app))
    else:
        for name, account in project.settings.accounts.items():
            if name in seen:
                lines = _lines(account, seen[name], app, stats, project.environ)
            else:
                lines = _not_met(account, failures[name], override_of(account, project.environ))
            for line in lines:
                text.say(line)
    return exits.worst(exits.of_error(err) or exits.FAILED for err in failures.values())


@accounts.command()
@click.argument("name")
@click.option("--auto-approve", is_flag=True, help="Do not ask. Needed where there is no terminal.")
@locking
@click.pass_obj
def rebind(context: Context, name: str, auto_approve: bool, lock_timeout: float) -> int:
    """Say that account NAME has a new open_id: its posts, videos, notes and receipts follow.

    TikTok gives the same account another open_id in each app, so a new app (sandbox to live, other CI secrets) makes
    everything look new, and nothing is posted until you have said that it is the same account.
    """
    if not auto_approve and not sys.stdin.isatty():
        raise click.UsageError("there is no terminal to ask at: give --auto-approve")
    project = context.project()
    try:
        with project.lock(f"contentsync accounts rebind {name}", lock_timeout):
            wanted = preview(project, project.account(name))
            _show_rebinding(wanted)
            if not wanted.is_needed:
                return exits.DONE
            if not (auto_approve or says_yes("let them follow")):
                text.tell("Nothing was changed.")
                return exits.INTERRUPTED
            moved = operation(project, wanted)
    finally:
        project.close()
    text.say(f"{name}: {text.many(moved, 'post')} of the state and all receipts follow; commit the receipts.")
    return exits.DONE


def _show_rebinding(wanted: Rebinding) -> None:
    """From which identity to which, and how much."""
    now = wanted.now
    who = visible(f"{now.nickname}{f' (@{visible(now.username)})' if now.username else ''}".strip())
    text.say(f"{wanted.account} is {who} now, open_id {now.open_id}")
    if not wanted.is_needed:
        text.say("Nothing was posted for it under another open_id: there is nothing to do.")
    for former in wanted.formers:
        text.say(f"  {former.counted} follow from {visible(former.identity.shown)}")
    if wanted.open:
        attempts = text.many(wanted.open, "open attempt")
        text.say(f"  {attempts} of the other app become unknown: TikTok does not show them to this app")


def _lines(account: Account, met: Met, app: App, stats: bool, environ: Mapping[str, str]) -> Iterator[str]:
    """What is known of an account that is signed in."""
    name, creator = account.name, met.creator
    kind = {True: "public account", False: "private account", None: ""}[creator.is_public]
    sandbox = text.style("SANDBOX sign-in", fg="yellow") if met.sandbox else ""
    who = f"{visible(creator.nickname)}{f' (@{visible(creator.username)})' if creator.username else ''}".strip()
    yield "  ".join(part for part in (text.style(name, bold=True), who, kind, sandbox, creator.open_id) if part)
    yield _field("token", _expiry(met))
    yield _field("kept", _resting(met.pair))
    if other := override_of(account, environ):
        login = f"to use a sign-in instead, {other.away}, then run contentsync login {name}"
        yield _field("used", f"{other.names}, which {other.win} over a sign-in; {login}")
    yield _field("scopes", "not known" if met.scopes is None else ", ".join(met.scopes) or "none")
    for scope, why in missing(met.scopes).items():
        yield _field("missing", f"{scope}: {why}")
    if missing(met.scopes):
        yield _field("grant", f"{step_to_grant(account, environ)}, as far as your app has these scopes")
    if creator.privacy is not None:
        yield _field("privacy", ", ".join(creator.privacy) or "TikTok offers none")
        yield _field("off", ", ".join(sorted(creator.disabled)) or "nothing: the creator turned nothing off")
    if creator.max_seconds:
        yield _field("length", f"videos up to {creator.max_seconds} s")
    if stats:
        yield _field("stats", _figures(met))
    for ability in abilities(creator, app, met.scopes, sandbox=met.sandbox):
        yield _field("can", _ability(ability))


def _field(name: str, value: str) -> str:
    return f"    {text.style(f'{name:<8}', dim=True)}\t{value}"


def _expiry(met: Met) -> str:
    pair = met.pair
    access = f"access until {text.when(pair.expires_at)}" if pair.expires_at else "access: expiry not known"
    if not pair.refresh_token:
        return f"{access}; nothing to renew it with"
    end = f" until {text.when(pair.refresh_expires_at)}" if pair.refresh_expires_at else ""
    return f"{access}, renewable{end}"


def _resting(pair: Pair) -> str:
    """Where the tokens are kept."""
    if pair.kept_in is None:
        return "not here: from the environment, or from token_command"
    places = {Choice.KEYRING: "in the OS keyring", Choice.SHARED: "encrypted, on the branch of the shared state"}
    return places.get(pair.kept_in, "in the token file")


def _figures(met: Met) -> str:
    found = met.stats
    if found is None:
        return "not to be had: the scope user.info.stats is missing"
    named = {
        "followers": found.followers,
        "following": found.following,
        "likes": found.likes,
        "public videos": found.videos,
    }
    return ", ".join(f"{'?' if count is None else f'{count:,}'} {what}" for what, count in named.items())


def _ability(ability: Ability) -> str:
    word = {True: "yes", False: "no", None: "not known"}[ability.possible]
    answer = text.style(word, fg="red") if ability.possible is False else word
    return f"{ability.name}: {answer}{f' - {ability.why}' if ability.why else ''}"


def _not_met(account: Account, err: ContentsyncError, other: Override | None) -> Iterator[str]:
    """other: what is used in place of a sign-in, and so what has to change first."""
    name = text.style(account.name, bold=True)
    if any(problem.code in view.NOT_SIGNED_IN for problem in err.problems):
        login = f"contentsync login {account.name}"
        how = f"{other.anew}; or {other.away}, then {login}" if other else login
        yield f"{name}  {text.style('not signed in', fg='red')}: {how}"
        yield _field("why", visible(err.problems[0].what))
        if other:
            yield _field("used", f"{other.names}, which {other.win} over a sign-in")
        return
    yield f"{name}  could not be asked"
    for problem in err.problems:
        yield from text.problem_lines(problem.addressed(account.name), 4)
