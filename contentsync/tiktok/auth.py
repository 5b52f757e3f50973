"""Which access token is used for an account, and how is it renewed?

The order is: the token in the environment, or one renewed from it; `token_command`; the last sign-in. Only one
process renews a token, and the new token is on disk before it is used. `tokens.py` decides where tokens are stored.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from contentsync import limits
from contentsync.clock import Clock
from contentsync.destinations import host_on_this_machine
from contentsync.errors import NotSent, Problem, Refused, SignInNeeded, Unanswered
from contentsync.settings import Account, App
from contentsync.tiktok import oauth
from contentsync.tiktok.exchange import USUAL_TIMEOUTS, Exchange, OnRequest, Timeouts
from contentsync.tiktok.overriding_token import override_of, variables
from contentsync.tiktok.tokens import Owner, Pair, TokensMoved, TokenStore
from contentsync.times import in_words
from contentsync.trust import without_secrets

if TYPE_CHECKING:
    import httpx

COMMAND_SECONDS: Final = 30
MOVES: Final = 20  # times that another machine may be quicker to save a pair
MARGIN: Final = timedelta(seconds=limits.TOKEN_MARGIN_SECONDS)


class Credentials:
    """The tokens of one account.

    All methods raise SignInNeeded if a person must act, and its kind TokensUnusable if tokens can't be stored.
    """

    def __init__(
        self,
        account: Account,
        app: App,
        base_url: str,
        tokens: TokenStore,
        clock: Clock,
        environ: Mapping[str, str],
        transport: httpx.BaseTransport | None = None,
        on_request: OnRequest | None = None,
        timeouts: Timeouts = USUAL_TIMEOUTS,
        folder: Path | None = None,
    ) -> None:
        self._account = account
        self._folder = folder
        self._app = app
        self._owners = owners(base_url, app, account.name)
        self._owner = self._owners[0]
        self._tokens = tokens
        self._clock = clock
        self._environ = environ
        self._exchange = Exchange(clock, transport, on_request, timeouts, direct=bool(host_on_this_machine(base_url)))
        self._held: Pair | None = None

    def __repr__(self) -> str:
        return f"Credentials({self._account.name!r})"

    def close(self) -> None:
        self._exchange.close()

    def pair(self) -> Pair:
        """The tokens as they are now, without renewing anything."""
        if self._held is None:
            self._held = self._current()
        return self._held

    @property
    def is_sandbox(self) -> bool:
        """Whether the tokens are those of a sign-in with the app's sandbox."""
        self.pair()
        return self._owner in self._owners[1:]

    def token(self) -> str:
        """The access token to use now, renewed first if it has expired. Errors: as refresh."""
        pair = self.pair()
        if pair.access_token and not pair.is_over(self._clock.now()):
            return pair.access_token
        return self.refresh(pair.access_token)

    def scopes(self) -> frozenset[str] | None:
        """What was granted; None where it is not known, as for a token from the environment."""
        scope = self.pair().scope
        return None if scope is None else frozenset(scope)

    def renewal(self) -> str:
        """The step that gives another token if a sign-in would not be used; empty if it would."""
        override = override_of(self._account, self._environ)
        return override.anew if override else ""

    def ensure_fresh(self, margin: timedelta = MARGIN) -> None:
        """Renew now, rather than in the middle of an apply, a token that has less than `margin` to live.

        A token that can't be renewed at the moment stays as it is while it is valid.
        """
        pair = self.pair()
        if not pair.is_over(self._clock.now() + margin):
            return
        try:
            self.refresh(pair.access_token)
        except (Unanswered, NotSent):
            if pair.is_over(self._clock.now()):
                raise

    def lasting(self, margin: timedelta) -> Pair:
        """The tokens to hand on, renewed first where less than `margin` is left to live, or nobody knows how much.

        A token without a refresh token is handed on as it is while it may live. Errors: as refresh.
        """
        pair = self.pair()
        if self._asks_a_command or (pair.access_token and pair.expires_at is None and not pair.refresh_token):
            return pair
        if pair.expires_at is None:
            self.refresh(pair.access_token)
        else:
            self.ensure_fresh(margin)
        return self.pair()

    def refresh(self, stale: str) -> str:
        """A new access token in place of `stale`, which TikTok did not accept.

        Raises Unanswered and NotSent where TikTok's sign-in can't be reached or gives no clear answer.
        """
        if self._asks_a_command:
            self._held = self._renewed_by_command(stale)
            return self._held.access_token
        held = self.pair()
        for _ in range(MOVES):
            with suppress(TokensMoved), self._tokens.renewing(self._owner, held):
                pair = self._current()  # another process may have renewed it while this one waited
                if pair.access_token in ("", stale) or pair.is_over(self._clock.now()):
                    pair = self._renewed(pair)
                self._held = pair
                return pair.access_token
        what = f"other machines save tokens of account {self._account.name} all the time"
        raise NotSent(Problem("token-lock-held", what, "run the same command again"))

    def _current(self) -> Pair:
        if seed := self._seed():
            return self._same_identity(self._tokens.find(self._owner.base_url, seed.seed_sha256) or seed)
        if self._asks_a_command:
            return Pair(self._ask_command())
        return self._kept()

    def _kept(self) -> Pair:
        """The pair saved last, which the last sign-in chose; its app's keys go with it.

        Without a pinned open_id only if all that are kept for that app speak for one identity.
        """
        name, pinned = self._account.name, self._account.open_id
        kept = {
            owner: [p for p in self._tokens.all_of(owner) if None in (pinned, p.open_id) or p.open_id == pinned]
            for owner in self._owners
        }
        last = max((owner for owner in kept if kept[owner]), key=lambda owner: _saved(kept[owner][0]), default=None)
        if last is None:
            token, refresh_token = variables(name)
            hint = f"sign in: contentsync login {name}; or set {token} and {refresh_token} in the environment"
            raise SignInNeeded(Problem("no-token", f"there is no token for account {name}", hint))
        if len({pair.open_id for pair in kept[last] if pair.open_id}) > 1:
            what = f"tokens of several TikTok accounts are stored for the name {name} of this app"
            hint = f"sign in again, which pins the identity: contentsync login {name}"
            raise SignInNeeded(Problem("identity-not-clear", what, hint))
        self._owner = last
        return kept[last][0]

    def _seed(self) -> Pair | None:
        names = variables(self._account.name)
        token, refresh_token = (self._environ.get(name, "").strip() for name in names)
        for name, value in zip(names, (token, refresh_token), strict=True):
            if value and not oauth.is_token(value):
                raise _malformed(f"the environment variable {name}")
        return Pair.seed(token, refresh_token) if token or refresh_token else None

    # Renewing at TikTok.

    def _renewed(self, pair: Pair) -> Pair:
        """A new pair for `pair`, saved. The lock is held."""
        client_key, client_secret = self._client_keys(pair)
        # Written first: it tells a renewal that was cut off, and a full disk shows before the old token is spent.
        self._save(replace(pair, renewal_begun_at=self._clock.now()))
        try:
            answer = oauth.renew(self._exchange, self._owner.base_url, client_key, client_secret, pair.refresh_token)
        except NotSent:
            self._put_back(pair)
            raise
        except Refused as err:
            return self._after_refusal(pair, err)
        now = self._clock.now()
        return self._same_identity(self._tokens.save(self._owner, grown(pair, answer, now), now, spent=True))

    def _client_keys(self, pair: Pair) -> tuple[str, str]:
        name = self._account.name
        if pair.is_gone:
            what = f"the OS keyring no longer holds the tokens of account {name}"
            hint = f"restore the entry, sign in again as {name}, or set new tokens in {variables(name)[0]}"
            raise SignInNeeded(Problem("keyring-entry-missing", what, hint))
        if not pair.refresh_token:
            what = f"TikTok no longer accepts the access token of account {name}, and no refresh token can renew it"
            token, refresh_token = variables(name)
            hint = f"sign in again: contentsync login {name}; or set a new {token}, and {refresh_token} to renew it"
            if self._seed():
                hint = f"set a new {token}, and {refresh_token} to renew it: while they are set, no sign-in is used"
            raise SignInNeeded(Problem("no-refresh-token", what, hint))
        sandbox = self._app.sandbox if self.is_sandbox else None
        used, under = (sandbox, "app.sandbox") if sandbox else (self._app, "app")
        keys = {f"{under}.client_key": used.client_key, f"{under}.client_secret": used.client_secret}
        if missing := [key for key, value in keys.items() if not value]:
            what = f"the tokens of account {name} can't be renewed without {' and '.join(missing)}"
            one = f"${{CONTENTSYNC_{'SANDBOX_' if sandbox else ''}CLIENT_KEY}}"
            hint = f"write both under {under}: in contentsync.yaml, client_key as {one} for one"
            raise SignInNeeded(Problem("client-keys-missing", what, hint))
        return used.client_key or "", used.client_secret or ""

    def _save(self, pair: Pair) -> Pair:
        return self._tokens.save(self._owner, pair, self._clock.now())

    def _put_back(self, pair: Pair) -> Pair:
        """Restore `pair` as it was before its renewal began, unless another host has stored a new one."""
        kept = self._current()
        return self._save(pair) if kept.refresh_token == pair.refresh_token else kept

    def _after_refusal(self, pair: Pair, err: Refused) -> Pair:
        """The pair that another host has saved meanwhile; else raises the refusal for the user."""
        kept = self._put_back(pair)
        if err.error_code == "invalid_grant":
            if kept.refresh_token != pair.refresh_token:
                return kept
            if found := self._from_the_seed(pair):
                return found
        what = err.problem.what
        if pair.renewal_begun_at:
            what += (
                f"; a renewal that began {in_words(pair.renewal_begun_at, seconds=True)} was interrupted before its "
                "answer was saved, so the token that replaced this one is lost"
            )
        hint = err.problem.hint.replace("ACCOUNT", self._account.name)
        if err.error_code == "invalid_grant" and (step := self.renewal()):
            hint = f"{step}: while they are set, no sign-in is used"
        raise SignInNeeded(replace(err.problem, what=f"account {self._account.name}: {what}", hint=hint)) from err

    def _from_the_seed(self, refused: Pair) -> Pair | None:
        """A pair from the refresh token in the environment, which may outlive the pairs renewed from it; or None."""
        seed = self._seed()
        if seed is None or seed.refresh_token in ("", refused.refresh_token):
            return None
        try:
            return self._renewed(seed)
        except SignInNeeded:
            self._save(refused)
            return None

    def _same_identity(self, pair: Pair) -> Pair:
        pinned = self._account.open_id
        if pinned and pair.open_id and pair.open_id != pinned:
            name = self._account.name
            what = f"the tokens of account {name} belong to another TikTok account than its open_id says"
            hint = (
                f"sign in as the right account: contentsync login {name}; or give its token in {variables(name)[0]}; "
                "or correct open_id in contentsync.yaml"
            )
            raise SignInNeeded(Problem("other-identity", what, hint))
        return pair

    # A command that prints a token.

    @property
    def _asks_a_command(self) -> bool:
        return bool(self._account.token_command) and self._seed() is None

    def _renewed_by_command(self, stale: str) -> Pair:
        token = self._ask_command()
        if token != stale:
            return Pair(token)
        what = f"token_command of account {self._account.name} prints the access token that TikTok did not accept"
        raise SignInNeeded(Problem("token-command-stale", what, "renew the token where the command reads it"))

    def _ask_command(self) -> str:
        """The first line that token_command prints. What it writes to stderr is never shown: it may hold secrets."""
        if self._account.command_refused:
            raise SignInNeeded(self._account.command_refused)
        sandbox = self._app.sandbox
        secrets = (self._app.client_secret, sandbox.client_secret if sandbox else None)
        environ = without_secrets(self._environ, secrets)
        try:
            done = subprocess.run(  # noqa: S603 - a command that the user has granted, without a shell
                list(self._account.token_command),
                cwd=self._folder,
                env=environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=COMMAND_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise self._no_token_from_command(f"took longer than {COMMAND_SECONDS} seconds") from None
        except (OSError, ValueError) as err:
            raise self._no_token_from_command(f"could not be started ({type(err).__name__})") from None
        if done.returncode:
            raise self._no_token_from_command(f"ended with {done.returncode}")
        token = next(iter(done.stdout.decode("utf-8", "replace").splitlines()), "").strip()
        if not token:
            raise self._no_token_from_command("printed nothing")
        if not oauth.is_token(token):
            raise _malformed(f"the first line that token_command of account {self._account.name} prints")
        return token

    def _no_token_from_command(self, why: str) -> SignInNeeded:
        program = self._account.token_command[0]
        what = f"token_command of account {self._account.name} ({program}) {why}"
        return SignInNeeded(Problem("token-command", what, "run it by hand; its first line must be an access token"))


def owners(base_url: str, app: App, account: str) -> tuple[Owner, ...]:
    """The owners of an account's tokens: the one of the app, then the one of its sandbox if there is one."""
    keys = [app.client_key or "", *([app.sandbox.client_key] if app.sandbox and app.sandbox.client_key else [])]
    return tuple(Owner(base_url.rstrip("/"), key, account) for key in keys)


def _saved(pair: Pair) -> float:
    return pair.saved_at.timestamp() if pair.saved_at else 0.0


def _malformed(where: str) -> SignInNeeded:
    hint = "set it to the token alone, without quotes or line breaks"
    return SignInNeeded(Problem("token-malformed", f"{where} contains characters that a token never has", hint))


def grown(pair: Pair, answer: oauth.TokenAnswer, now: datetime) -> Pair:
    """`pair` with the tokens of an answer; without a new refresh token the old one stays.

    Source: User Access Token Management: the returned one may differ, and must then be used.
    """
    return Pair(
        answer.access_token,
        answer.refresh_token or pair.refresh_token,
        _after(now, answer.expires_in),
        _after(now, answer.refresh_expires_in) or pair.refresh_expires_at,
        answer.scope or pair.scope,
        answer.open_id or pair.open_id,
        pair.seed_sha256,
    )


def _after(now: datetime, seconds: int | None) -> datetime | None:
    """A time after now; None if TikTok gave none; at most ten years ahead."""
    return None if seconds is None else now + timedelta(seconds=min(seconds, 315_360_000))
