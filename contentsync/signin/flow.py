"""In which order does an account sign in? Ask, receive the code, redeem it, see who it is, store the tokens, pin.

Nothing is stored before it is known who signed in. The caller passes in how to speak to the person.
"""

from __future__ import annotations

import contextlib
import hmac
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Final, Protocol

from contentsync.destinations import host_on_this_machine
from contentsync.errors import (
    ContentsyncError,
    Level,
    NotSent,
    Problem,
    Refused,
    SignInNeeded,
    Unanswered,
    UsageError,
)
from contentsync.frozen import frozen
from contentsync.manifest import pin
from contentsync.project import Project
from contentsync.settings import Account, Settings
from contentsync.signin import page
from contentsync.signin.listener import Listener, other_sign_in
from contentsync.signin.redirect import Answer, Target, read_pasted, target_of
from contentsync.signin.scopes import app_lacks_scope, missing, to_ask
from contentsync.tiktok import oauth, pkce
from contentsync.tiktok.auth import grown, owners
from contentsync.tiktok.client import Client
from contentsync.tiktok.exchange import Exchange
from contentsync.tiktok.oauth import AppKeys, TokenAnswer
from contentsync.tiktok.overriding_token import Override, override_of
from contentsync.tiktok.sign_in_refusals import sign_in_refusal
from contentsync.tiktok.throttle import Throttle
from contentsync.tiktok.tokens import Owner, Pair, TokenStore
from contentsync.tiktok.wire import UserInfo

FIVE_MINUTES: Final = 300.0
_NO_ANSWER: Final = (Refused, Unanswered, NotSent, SignInNeeded)


@frozen
class Wish:
    """How to sign in.

    browser: whether one may be opened. port: the end of an https tunnel on this machine. timeout: seconds.
    """

    account: str
    #: Scopes, or names of `scopes.BY_NAME`; none asks for what posting needs, and for what was granted the last time.
    scopes: tuple[str, ...] = ()
    sandbox: bool = False
    browser: bool = True
    port: int | None = None
    timeout: float = FIVE_MINUTES


class Person(Protocol):
    """The person at the terminal."""

    def warn(self, problem: Problem) -> None:
        """Show a warning that does not end the sign-in."""
        ...

    def asked_for(self, account: str, scopes: Sequence[str]) -> None:
        """Show which scopes the page will ask for."""
        ...

    def visit(self, address: str, seconds: float) -> None:
        """Open the address in a browser, or say that this is impossible; the answer may take `seconds`."""
        ...

    def paste(self, address: str, browser: bool) -> str:
        """Show the address, open it if a browser may be used, and take what the person pastes in return."""
        ...


@frozen
class SignedIn:
    """Who signed in.

    scopes: None where TikTok did not say what was granted. pinned: a line was written now. override: what is used in
    place of this sign-in.
    """

    account: str
    open_id: str
    nickname: str = ""
    username: str = ""
    scopes: tuple[str, ...] | None = None
    missing: Mapping[str, str] = field(default_factory=dict)
    #: What the page asked for.
    asked: tuple[str, ...] = ()
    #: Scopes that contentsync can use and did not ask for, each with what that means.
    not_asked: Mapping[str, str] = field(default_factory=dict)
    sandbox: bool = False
    pinned: bool = False
    pair: Pair | None = field(default=None, repr=False)
    override: Override | None = None

    @property
    def who(self) -> str:
        handle = f"(@{self.username})" if self.username else ""
        return f"{self.nickname} {handle}".strip() or self.open_id


def sign_in(project: Project, wish: Wish, person: Person) -> SignedIn:
    """Sign one account in at TikTok and keep its tokens.

    Raises SignInNeeded if the sign-in fails; UsageError for an account, option or redirect URI that makes no
    sense; NotSent, Unanswered where TikTok can't be reached; StoreError where nothing can be kept.
    """
    account, tokens = project.account(wish.account), project.tokens
    project.refuse_withheld()
    keys, target = app_keys(project.settings, sandbox=wish.sandbox), target_of(project.settings.app.redirect_uri)
    _refuse_port(target, wish)
    _warn_of_others(project, account, person)
    desk = _Desk(project, account, tokens, keys, target, wish, person)
    try:
        return desk.sign_in()
    finally:
        desk.exchange.close()


def app_keys(settings: Settings, *, sandbox: bool) -> AppKeys:
    """The key and secret to sign in with. Raises UsageError, SignInNeeded where they are not there."""
    app = settings.app
    if sandbox and app.sandbox is None:
        hint = "write its client_key and client_secret under app: sandbox: in contentsync.yaml"
        raise UsageError(Problem("sandbox-missing", "there is no app.sandbox in contentsync.yaml", hint))
    used, under = (app.sandbox, "app.sandbox") if sandbox and app.sandbox else (app, "app")
    found = {f"{under}.client_key": used.client_key, f"{under}.client_secret": used.client_secret}
    if lacking := [name for name, value in found.items() if not value]:
        what = f"can't sign in without {' and '.join(lacking)}"
        raise SignInNeeded(Problem("client-keys-missing", what, _where_keys_go(settings, lacking)))
    return AppKeys(used.client_key or "", used.client_secret or "")


def _where_keys_go(settings: Settings, lacking: list[str]) -> str:
    """How to provide the missing keys: in the variables that the project file names, else in the file itself."""
    unset = {key: name for name, key, _ in reversed(settings.unset)}
    named = [f"export {unset[key]}=…" for key in lacking if key in unset]
    written = [key for key in lacking if key not in unset]
    whose = "your app's sandbox" if "sandbox" in lacking[0] else "your app"
    steps = [f"copy them from {whose} in TikTok's developer portal"]
    if named:
        steps.append("; ".join(named))
    if written:
        steps.append(f"write {' and '.join(written)} in contentsync.yaml, as ${{{_variable(written[0])}}} for one")
    return "; ".join([*steps, "contentsync login --help explains how to get an app"])


def _variable(key: str) -> str:
    """A good name for the variable of a key: CONTENTSYNC_SANDBOX_CLIENT_KEY."""
    return f"CONTENTSYNC_{key.removeprefix('app.').replace('.', '_').upper()}"


def _refuse_port(target: Target, wish: Wish) -> None:
    if wish.port is None:
        return
    if not wish.browser:
        what, hint = "--port and --no-browser can't be combined", "leave one of them out"
    elif target.is_plain:
        what = "--port is for a Web app, whose redirect URI leads here through a tunnel"
        hint = "remove --port; the fixed port of a Desktop app belongs in app.redirect_uri"
    else:
        return
    raise UsageError(Problem("sign-in-port", what, hint))


def _warn_of_others(project: Project, account: Account, person: Person) -> None:
    """Warn if a token in the environment or a token_command overrides this sign-in."""
    if other := override_of(account, project.environ):
        what = f"{other.names} {other.win} over this sign-in: its tokens are stored, but not used for {account.name}"
        hint = f"{other.away} to use this sign-in"
        person.warn(Problem("sign-in-not-used", what, hint, level=Level.WARNING))


class _Desk:
    """One sign-in under way."""

    def __init__(
        self,
        project: Project,
        account: Account,
        tokens: TokenStore,
        keys: AppKeys,
        target: Target,
        wish: Wish,
        person: Person,
    ) -> None:
        self.project, self.account, self.tokens, self.keys, self.target = project, account, tokens, keys, target
        self.wish, self.person = wish, person
        self.base_url = project.api_url
        direct = bool(host_on_this_machine(self.base_url))
        self.exchange = Exchange(project.clock, project.transport, project.on_request, direct=direct)
        self.state = secrets.token_urlsafe(32)
        self.verifier = pkce.new_verifier() if target.is_desktop else ""
        self.scopes = to_ask(wish.scopes, self._granted_before())
        self.seen_before = _seen_before(project, account)  # a state that can't be read is told before all else

    def _granted_before(self) -> tuple[str, ...]:
        """The scopes of the tokens that the last sign-in with these keys left."""
        pairs = self.tokens.all_of(self._owner())
        return (max(pairs, key=_saved_at).scope or ()) if pairs else ()

    def sign_in(self) -> SignedIn:
        self.person.asked_for(self.account.name, self.scopes)
        listens = self.wish.browser and (self.target.is_plain or self.wish.port is not None)
        return self._by_listening() if listens else self._by_pasting()

    def _by_listening(self) -> SignedIn:
        port = self.target.port or 0 if self.wish.port is None else self.wish.port
        with Listener(self.target.path, port, self._is_ours) as listener, _told_in_the_browser(listener):
            redirect_uri = self.target.at(listener.port)
            self.person.visit(self._address(redirect_uri), self.wish.timeout)
            answer = listener.wait(self.wish.timeout, self.project.clock)
            done = self._finish(answer, redirect_uri)
            html = page.success(done.account, done.who, done.scopes, done.missing, done.not_asked, done.sandbox)
            listener.show(200, html)
        return done

    def _by_pasting(self) -> SignedIn:
        redirect_uri = self.target.uri
        if self.target.is_desktop and self.target.port is None:
            with Listener(self.target.path, 0, self._is_ours) as listener:  # a port that nothing here answers at
                redirect_uri = self.target.at(listener.port)
        pasted = self.person.paste(self._address(redirect_uri), self.wish.browser)
        return self._finish(read_pasted(pasted), redirect_uri)

    def _address(self, redirect_uri: str) -> str:
        challenge = pkce.challenge_of(self.verifier) if self.verifier else ""
        key = self.keys.client_key
        return oauth.authorize_url(self.base_url, key, self.scopes, redirect_uri, self.state, challenge)

    def _finish(self, answer: Answer, redirect_uri: str) -> SignedIn:
        self._judge(answer)
        try:
            bought = oauth.redeem(self.exchange, self.base_url, self.keys, answer.code, redirect_uri, self.verifier)
        except Refused as err:
            raise SignInNeeded(err.problem) from err
        scopes = bought.scope or answer.scopes
        user = self._meet(bought, scopes)
        open_id = bought.open_id or (user.open_id if user else "")
        self._refuse_others(open_id, user)
        pair = self._keep(bought, scopes, open_id)
        return SignedIn(
            account=self.account.name,
            open_id=open_id,
            nickname=user.display_name if user else "",
            username=user.username if user else "",
            scopes=scopes,
            missing=missing(scopes, self.scopes),
            asked=self.scopes,
            not_asked=missing((*self.scopes, *(scopes or ()))),
            sandbox=self.wish.sandbox,
            pinned=self._pin(open_id),
            pair=pair,
            override=override_of(self.account, self.project.environ),
        )

    def _judge(self, answer: Answer) -> None:
        """Check the answer. Raises SignInNeeded for an answer to another sign-in, and for a refusal."""
        if not self._is_ours(answer):
            raise SignInNeeded(other_sign_in())
        if answer.error:
            if answer.error.lower() == "invalid_scope":
                raise SignInNeeded(Problem("invalid-scope", *app_lacks_scope(self.account.name, self.scopes)))
            row = sign_in_refusal(answer.error, answer.description)
            if row is not None:
                raise SignInNeeded(row.problem("" if answer.description == row.code else answer.description))
            said = ", ".join(filter(None, (answer.error, answer.description)))
            hint = "sign in again; if this happens again, check TikTok's developer portal"
            raise SignInNeeded(Problem("sign-in-refused", f"TikTok's page answered: {said}", hint))

    def _is_ours(self, answer: Answer) -> bool:
        """Whether the answer belongs to this sign-in; a code that was pasted alone does not say."""
        return answer.state is None or hmac.compare_digest(answer.state.encode(), self.state.encode())

    def _meet(self, bought: TokenAnswer, scopes: Sequence[str] | None) -> UserInfo | None:
        """The user of the new token; None if TikTok does not say now."""
        throttle = Throttle(
            self.project.reading_store, self.project.clock, f"account:{self.account.name}", self.account.limits
        )
        bearer = _Bearer(bought.access_token, frozenset(scopes or ()))
        given = (self.project.clock, self.project.transport, self.project.on_request)
        with Client(self.base_url, bearer, throttle, *given, on_wait=self.project.on_note) as client:
            try:
                user = client.user_info()
            except _NO_ANSWER:
                return None  # the tokens are good all the same; who it is, their answer has told
            if user.username or "video.publish" not in (scopes or ()):
                return user
            with contextlib.suppress(*_NO_ANSWER):  # the handle is of the Display API, and of creator info
                return replace(user, username=client.creator_info().username)
        return user

    def _refuse_others(self, open_id: str, user: UserInfo | None) -> None:
        """Raises SignInNeeded for another TikTok account than expected, or if TikTok's two answers differ."""
        name = self.account.name
        if not open_id or (user and user.open_id != open_id):
            what = "TikTok did not say clearly who signed in: nothing was stored"
            raise SignInNeeded(Problem("other-identity", what, f"sign in again: contentsync login {name}"))
        known = self.account.open_id or self.seen_before
        if known not in (None, open_id):
            who = (user and (user.display_name or user.username)) or open_id
            owner = "has the open_id" if self.account.open_id else "made the posts"
            what = f"{who} signed in, but another TikTok account {owner} of account {name}: nothing was stored"
            hint = (
                f"sign in to TikTok as the right account in the browser first; or, if {name} should be this one, "
                f'write open_id: "{open_id}" under accounts: {name}:, sign in, and then run contentsync accounts '
                f"rebind {name}, so that its posts follow"
            )
            if self.wish.sandbox:
                hint += "; in a sandbox an account may have another open_id: then give it a name of its own"
            raise SignInNeeded(Problem("other-identity", what, hint))
        for other in self.project.all_at_work():
            if other.name != name and other.open_id == open_id:
                what = f"accounts {other.name} and {name} would be the same TikTok account: nothing was stored"
                hint = f"sign in as another one, or keep one of the two names; else pin accounts.{other.name}.open_id"
                raise SignInNeeded(Problem("open-id-twice", what, hint))

    def _keep(self, bought: TokenAnswer, scopes: tuple[str, ...] | None, open_id: str) -> Pair:
        now = self.project.clock.now()
        bare = Pair(bought.access_token, scope=scopes, open_id=open_id)
        return self.tokens.save(self._owner(), grown(bare, bought, now), now, anew=True)

    def _owner(self) -> Owner:
        """The owner under which the tokens of this sign-in are stored."""
        every = owners(self.base_url, self.project.settings.app, self.account.name)
        return next(owner for owner in every if owner.client_key == self.keys.client_key)

    def _pin(self, open_id: str) -> bool:
        if self.account.open_id == open_id:
            return False
        try:
            pin.pin(self.project.root, self.account.name, open_id)
        except pin.NotPinned as err:
            for problem in err.problems:
                self.person.warn(problem)
            return False
        return True


def _saved_at(pair: Pair) -> float:
    return pair.saved_at.timestamp() if pair.saved_at else 0.0


@contextlib.contextmanager
def _told_in_the_browser(listener: Listener) -> Iterator[None]:
    """Show the error that ends the sign-in in the browser too."""
    try:
        yield
    except ContentsyncError as err:
        listener.show(400, page.failure(err.problems[0]))
        raise


def _seen_before(project: Project, account: Account) -> str | None:
    """The identity that an unpinned account has posted with, as this state remembers it."""
    seen = project.reading_store.last_seen(account.name)
    return seen if seen and project.reading_store.posts(seen) else None


@frozen
class _Bearer:
    """A token that was just given, before it is kept."""

    access_token: str = field(repr=False)
    granted: frozenset[str]

    def token(self) -> str:
        return self.access_token

    def refresh(self, stale: str) -> str:  # noqa: ARG002 - a refused new token can't be renewed
        raise SignInNeeded(
            Problem("access-token-invalid", "TikTok does not accept the token that it has just issued", "try again")
        )

    def scopes(self) -> frozenset[str] | None:
        return self.granted

    def renewal(self) -> str:
        return ""
