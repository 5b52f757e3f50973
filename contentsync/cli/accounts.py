"""`contentsync accounts`: who is connected, and what each account can do."""

from __future__ import annotations

import click

from contentsync import sync
from contentsync.cli import exits, text
from contentsync.cli.main import Context
from contentsync.cli.plan import show_failures
from contentsync.post import App, Creator
from contentsync.tiktok.tokens import Choice, Pair


@click.command()
@click.pass_obj
def accounts(context: Context) -> int:
    """Show who each account is at TikTok, its scopes and expiry, and what can be posted for it."""
    project = context.project()
    try:
        seen, failures = sync.meet_all(project)
        for name, (creator, pair) in seen.items():
            text.say(text.style(name, bold=True) + f"  {_who(creator)}  {creator.open_id}")
            expiry = text.when(pair.expires_at) if pair.expires_at else "not known"
            scopes = ", ".join(pair.scope) if pair.scope else "not known"
            text.say(f"    token until {expiry}; scopes {scopes}; {_resting(pair)}")
            for line in can_do(creator, project.settings.app):
                text.say(f"    {line}")
    finally:
        project.close()
    show_failures(failures)
    return exits.worst(exits.of_error(err) or exits.FAILED for err in failures.values())


def _who(creator: Creator) -> str:
    handle = f" (@{creator.username})" if creator.username else ""
    return f"{text.printable(creator.nickname)}{handle}".strip()


def _resting(pair: Pair) -> str:
    """Where the tokens are kept."""
    if pair.kept_in is None:
        return "not kept here: it comes from the environment, or from token_command"
    return "kept in the OS keyring" if pair.kept_in is Choice.KEYRING else "kept in the token file"


def can_do(creator: Creator, app: App) -> list[str]:
    """What may really be posted for this account. Source: Content Sharing Guidelines; Query Creator Info."""
    if creator.stop:
        return [f"TikTok takes no posts for it now: {creator.stop_what} ({creator.stop})"]
    if creator.privacy is None:
        return ["drafts only, as far as can be seen: the token lacks the scope video.publish"]
    if creator.is_public and not app.audited:
        return [
            "public account, app not audited: TikTok refuses direct posts",
            "use mode: draft, or make the account private in TikTok's app",
        ]
    kind = "public" if creator.is_public else "private"
    lines = [f"{kind} account; privacy offered: {', '.join(creator.privacy)}"]
    if creator.max_seconds:
        lines.append(f"videos up to {creator.max_seconds} s")
    if creator.disabled:
        lines.append(f"turned off by the creator: {', '.join(sorted(creator.disabled))}")
    return lines
