"""How does a person get a TikTok to try things on? `contentsync emulator`: a stand-in on a loopback port."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import time
from dataclasses import replace
from typing import Literal

import click

from contentsync.cli.terminal import text
from contentsync.emulator import faults, options
from contentsync.emulator.config import SCOPES, Account, App, Config, Fetch, Limits, Pace, Quirks
from contentsync.emulator.server import Emulator

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@click.command()
@click.option("--port", default="0", show_default=True, help="Port on 127.0.0.1; 0 picks a free one.")
@click.option("--account", "names", multiple=True, metavar="NAME", help="An account; repeatable. [default: demo]")
@click.option("--private", multiple=True, metavar="NAME", help="This account is private, whatever the app is.")
@click.option("--public", multiple=True, metavar="NAME", help="This account is public, whatever the app is.")
@click.option("--audited", is_flag=True, help="TikTok has audited the app for Direct Post.")
@click.option("--research", is_flag=True, help="TikTok has approved the app for the Research API.")
@click.option("--verified", multiple=True, metavar="URL", help="A domain or URL prefix that may be pulled from.")
@click.option(
    "--redirect-uri", "uris", multiple=True, metavar="URI", help="A registered one, instead of any port here."
)
@click.option(
    "--fetch",
    type=click.Choice(["loopback", "all", "nothing"]),
    default="loopback",
    show_default=True,
    help="Which URLs of posts are fetched in earnest; the others count as had.",
)
@click.option(
    "--fetch-seconds",
    type=click.FloatRange(0, min_open=True),
    default=3600.0,
    show_default=True,
    help="How long fetching the media of one post may take, in seconds.",
)
@click.option(
    "--limits",
    type=click.Choice(["strict", "off"]),
    default="strict",
    show_default=True,
    help="TikTok's limits by the minute.",
)
@click.option(
    "--without-scope", "lacks", multiple=True, metavar="[ACCOUNT:]SCOPE", help="The tokens lack it; repeatable."
)
@click.option(
    "--creator-posts",
    type=click.FloatRange(0),
    metavar="SECONDS",
    help="Creators post each draft so long after it arrived. [default: never]",
)
@click.option(
    "--quirk",
    "quirks",
    multiple=True,
    metavar="NAME=VALUE",
    help="Another reading of TikTok's; see docs/emulator.md.",
)
@click.option("--fault", "specs", multiple=True, metavar="SPEC", help="Something that goes wrong; see above.")
@click.option(
    "--processing-polls",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    metavar="N",
    help="Status calls until a post is processed.",
)
@click.option(
    "--moderation-polls",
    default="1",
    show_default=True,
    metavar="N|never",
    help="Further calls until a public post has its id.",
)
@click.option(
    "--duration",
    type=click.IntRange(1),
    default=10,
    show_default=True,
    metavar="SECONDS",
    help="Of a video whose length can't be read.",
)
@click.option(
    "--app-without-scope", "app_lacks", multiple=True, metavar="SCOPE", help="The app may not ask for it; repeatable."
)
@click.option(
    "--sandbox-target", "targets", multiple=True, metavar="NAME", help="The accounts that may sign in to the sandbox."
)
@click.option("--known-as", "hosts", multiple=True, metavar="HOST", help="Another name by which clients reach it.")
@click.option("--webhook-url", default="", metavar="URL", help="Deliver signed events there, as TikTok does.")
@click.option("--seed", default="0", show_default=True, help='Gives ids and tokens; "random" takes chance ones.')
@click.option("--json", "as_json", is_flag=True, help="The first line of stdout is one JSON object.")
def emulator(
    port: str,
    names: tuple[str, ...],
    private: tuple[str, ...],
    public: tuple[str, ...],
    audited: bool,
    research: bool,
    verified: tuple[str, ...],
    uris: tuple[str, ...],
    fetch: Literal["loopback", "all", "nothing"],
    fetch_seconds: float,
    limits: str,
    lacks: tuple[str, ...],
    creator_posts: float | None,
    quirks: tuple[str, ...],
    specs: tuple[str, ...],
    processing_polls: int,
    moderation_polls: str,
    duration: int,
    app_lacks: tuple[str, ...],
    targets: tuple[str, ...],
    hosts: tuple[str, ...],
    webhook_url: str,
    seed: str,
    as_json: bool,
) -> None:
    """Serve a stand-in for TikTok's API on this machine

    The app is not audited and its accounts are private, as most people's are: drafts work, and direct posts with
    privacy only_me. With --audited the accounts are public, and posts may go to everyone. Any https URL may be
    pulled from, and http on this machine, unless --verified names those that may. What lies on this machine is
    fetched in earnest; --fetch all fetches from everywhere. Ends at Ctrl-C or SIGTERM; nothing is kept.

    \b
    A fault is ENDPOINT:ACTION[=VALUE][,KEY=VALUE]…
      upload:status=503,nth=2            the second chunk is answered 503
      video_init:drop_after              init is done, its answer lost
      status:delay=2,count=all           every status call takes two seconds
      init:fail=video_pull_failed        the next post fails with that reason
    """
    _check_faults(specs)
    accounts = _accounts(names, private, public, audited)
    config = Config(
        accounts=_as_lived(accounts, lacks, creator_posts),
        quirks=_quirks(quirks),
        app=_with_limits(_app(audited, research, verified, uris), app_lacks, targets),
        hosts=hosts,
        limits=Limits() if limits == "strict" else Limits.off(),
        pace=Pace(processing_polls=processing_polls, moderation_polls=_polls(moderation_polls)),
        fetch=Fetch(fetch, fetch_seconds),
        seed=None if seed == "random" else seed,
        default_duration=duration,
        webhook_url=_url(webhook_url),
        faults=specs,
    )
    _serve(Emulator(config, port=_port(port)), as_json)


def _accounts(
    names: tuple[str, ...], private: tuple[str, ...], public: tuple[str, ...], audited: bool
) -> tuple[Account, ...]:
    """One account a name, wherever it is named. Refuses names that no project could use, and what can't be both."""
    for given in (names, private, public):
        for name in given:
            if not NAME.fullmatch(name):
                raise click.BadParameter(f'"{name}" is no account name: a-z, 0-9, "_" and "-", at most 63')
            if given.count(name) > 1:
                raise click.BadParameter(f'the account "{name}" is named twice')
    if both := [name for name in private if name in public]:
        raise click.BadParameter(f'the account "{both[0]}" can\'t be both --private and --public')
    every = dict.fromkeys((*names, *private, *public)) or ("demo",)
    return tuple(Account(name, private=name in private or not (audited or name in public)) for name in every)


def _as_lived(accounts: tuple[Account, ...], lacks: tuple[str, ...], posts: float | None) -> tuple[Account, ...]:
    """The accounts with the scopes that they granted, and with what their creators do with drafts."""
    try:
        granted = options.without_scopes(accounts, lacks)
    except ValueError as err:
        raise click.BadParameter(str(err), param_hint="--without-scope") from err
    return tuple(replace(account, posts_drafts_after=posts) for account in granted)


def _quirks(texts: tuple[str, ...]) -> Quirks:
    try:
        return options.quirks_of(texts)
    except ValueError as err:
        raise click.BadParameter(str(err), param_hint="--quirk") from err


def _check_faults(specs: tuple[str, ...]) -> None:
    for spec in specs:
        try:
            faults.parse(spec)
        except ValueError as err:
            raise click.BadParameter(str(err), param_hint="--fault") from err


def _app(audited: bool, research: bool, verified: tuple[str, ...], uris: tuple[str, ...]) -> App:
    usual = App(audited=audited, research=research, verified=verified or None)
    try:
        return replace(usual, redirect_uris=uris or usual.redirect_uris)
    except ValueError as err:
        raise click.BadParameter(str(err), param_hint="--redirect-uri") from err


def _with_limits(app: App, lacks: tuple[str, ...], targets: tuple[str, ...]) -> App:
    """The app without some scopes, and with a sandbox for some accounts alone."""
    if unknown := [scope for scope in lacks if scope not in SCOPES]:
        raise click.BadParameter(
            f'"{unknown[0]}" is not one of {", ".join(SCOPES)}', param_hint="--app-without-scope"
        )
    scopes = tuple(scope for scope in app.scopes if scope not in lacks)
    return replace(app, scopes=scopes, sandbox_targets=targets or None)


def _polls(text: str) -> int | None:
    if text == "never":
        return None
    if not text.isdecimal():
        raise click.BadParameter(f'"{text}" is neither a number nor "never"', param_hint="--moderation-polls")
    return int(text)


def _url(text: str) -> str:
    if text and not re.match(r"https?://[^/]", text):
        raise click.BadParameter(f'"{text}" is no http or https URL', param_hint="--webhook-url")
    return text


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise click.ClickException(f"port {text} is not a number from 0 to 65535")
    return int(text)


def _serve(served: Emulator, as_json: bool) -> None:
    """Serve until a signal comes. Its handler raises, so that it also ends a wait."""
    ends = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(end, signal.default_int_handler) for end in ends]
    try:
        _start(served)
        _tell(served, as_json)
        while True:
            time.sleep(3_600)  # of all waits the one that a signal ends on every platform
    except KeyboardInterrupt:
        for end in ends:
            signal.signal(end, signal.SIG_IGN)
    finally:
        served.stop()
        for end, handler in zip(ends, before, strict=True):
            signal.signal(end, handler or signal.SIG_DFL)


def _start(served: Emulator) -> None:
    try:
        served.start()
    except OSError as err:
        raise click.ClickException(f"can't listen on port {served.port}: {os.strerror(err.errno or 0)}") from err


def _tell(served: Emulator, as_json: bool) -> None:
    if as_json:
        text.put(json.dumps(served.keys))
        return
    for name, value in served.environment.items():
        text.put(f"export {name}={shlex.quote(value)}")
    kinds = ", ".join(
        f"{account.name} ({'private' if account.private else 'public'})" for account in served.config.accounts
    )
    text.put("# export CONTENTSYNC_DATA_DIR=$(mktemp -d)  # else these tokens are kept in your own data folder")
    app = served.config.app
    audit = "audited" if app.audited else "not audited"
    text.tell(f"Serving TikTok's API on {served.url}; accounts: {kinds}; app: {audit}.")
    text.tell("Paste the lines above into another terminal. Ctrl-C ends it.")
