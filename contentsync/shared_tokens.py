"""Tokens on the shared state's branch, encrypted: every machine that has the key uses one chain of them.

The danger: a refresh token is good once. Two machines that renew it at the same time, or one that renews it and
vanishes, leave everybody with a dead token. The rule:

- A renewal is announced by a commit before TikTok is asked. A push is taken only on top of what its writer has read,
  so of two machines one is refused; it waits for the winner's pair and uses that.
- The new pair is on the remote before it is used. Where the remote can't be reached by then, the pair is kept in this
  machine's data folder, sealed, and goes to the branch with the next use.
- An announcement that nothing followed for longer than a renewal can take is left by a machine that died. The next
  one tries the same token again; if TikTok refuses it, the new pair died with that machine: a person signs in again.

Nothing plain is on the branch but the account's name. Without the right key nothing is read, and nothing overwritten.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from contentsync.clock import Clock
from contentsync.errors import NotSent, Problem, StoreError, TokensUnusable
from contentsync.files import replace_whole
from contentsync.standard_paths import data_folder
from contentsync.store.port.backend import SharedFiles
from contentsync.store.port.store import Store
from contentsync.tiktok.tokens import (
    Choice,
    Owner,
    Pair,
    TokensMoved,
    TokenStore,
    choice_of,
    fields_of,
    line_of,
    pair_of,
)

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

KEY: Final = "CONTENTSYNC_SECRET_KEY"
FORMAT: Final = "contentsync.shared-token/1"
FOLDER: Final = "tokens/"
RENEWAL: Final = timedelta(seconds=90)  # longer than a renewal with its time-outs
PAUSE: Final = 1.0  # seconds between two looks for another machine's pair
EXTRA: Final = "pip install 'contentsync[shared]'"


def new_key() -> str:
    """A key for CONTENTSYNC_SECRET_KEY. Raises TokensUnusable where the extra is not installed."""
    return str(_fernet().generate_key().decode())


class SharedTokens(TokenStore):
    """The tokens on the branch, and this machine's own file beside them."""

    def __init__(self, folder: Path, choice: Choice, key: str, files: SharedFiles, clock: Clock) -> None:
        super().__init__(folder, choice)
        self._cipher = _cipher(key)
        self._files, self._clock = files, clock
        self._seen: dict[str, bytes | None] = {}
        self._is_read = False
        self._mine: set[bytes] = set()  # what this process wrote: its own announcements are not waited for

    @classmethod
    def at(cls, environ: Mapping[str, str], key: str, store: Store, clock: Clock) -> SharedTokens:
        """Those of a shared state. Raises UsageError, TokensUnusable."""
        assert isinstance(store, SharedFiles)
        return cls(data_folder(environ), choice_of(environ), key, store, clock)

    # -- as everywhere

    def find(self, base_url: str, seed_sha256: str) -> Pair | None:
        shared = [
            pair for owner, pair in self._shared() if (owner.base_url, pair.seed_sha256) == (base_url, seed_sha256)
        ]
        return _newest([*shared, *filter(None, [super().find(base_url, seed_sha256)])])

    def all_of(self, owner: Owner) -> list[Pair]:
        shared = [pair for whose, pair in self._shared() if whose == owner]
        own = super().all_of(owner)
        for pair in own:
            if all(line_of(owner, other) != line_of(owner, pair) or _is_newer(pair, other) for other in shared):
                self._hand_over(owner, pair)
        return sorted([*shared, *own], key=_age, reverse=True)

    def save(self, owner: Owner, pair: Pair, now: datetime, *, anew: bool = False, spent: bool = False) -> Pair:
        """As everywhere. Raises TokensMoved where another machine saved another pair since this one was read."""
        saved = replace(pair, saved_at=now, kept_in=Choice.SHARED)
        if anew:
            self._is_read = False
            self._shared()  # with another key than the others' nothing is overwritten
        try:
            is_taken = self._push(owner, saved, now, force=anew or spent)
        except StoreError as err:
            if not spent:
                raise NotSent(err.problems[0]) from err
            kept = self._keep_unshared(owner, saved)
            problem = err.problems[0]
            what = f"{problem.what}; the tokens that had just been renewed are kept in {kept} until it can"
            raise TokensUnusable(replace(problem, what=what)) from err
        if not is_taken:
            raise TokensMoved
        return saved

    def forget(self, owner: Owner) -> None:
        now = self._clock.now()
        for whose, pair in self._shared():
            if whose == owner:
                path = _path(owner, pair)
                self._files.share_file(path, None, None, f"{owner.account}: signed out", now, force=True)
        super().forget(owner)

    @contextlib.contextmanager
    def renewing(self, owner: Owner, pair: Pair) -> Iterator[None]:
        """As everywhere; another machine's renewal is waited for."""
        with super().renewing(owner, pair):
            self._wait(owner, pair)
            yield

    # -- on the branch

    def _wait(self, owner: Owner, pair: Pair) -> None:
        """Wait while another machine's announcement is fresh, by both clocks or by the seconds counted here."""
        path, until = _path(owner, pair), self._clock.monotonic() + RENEWAL.total_seconds()
        while True:
            self._is_read = False
            kept = next((found for whose, found in self._shared() if _path(whose, found) == path), None)
            begun = kept.renewal_begun_at if kept and self._seen.get(path) not in self._mine else None
            if begun is None or abs(self._clock.now() - begun) > RENEWAL or self._clock.monotonic() > until:
                return
            self._clock.sleep(PAUSE)

    def _shared(self) -> list[tuple[Owner, Pair]]:
        """Every pair on the branch, read anew once a process and before each renewal."""
        try:
            texts = self._files.shared_files(FOLDER, self._clock.now(), anew=not self._is_read)
        except StoreError as err:
            if err.problems[0].code != "state-unreachable":
                raise TokensUnusable(*err.problems) from err
            texts = self._files.shared_files(FOLDER, self._clock.now(), anew=False)
        self._is_read = True
        self._seen = dict(texts)
        found = {path: self._opened(path, text) for path, text in texts.items()}
        return list((found | self._unshared(found)).values())

    def _push(self, owner: Owner, pair: Pair, now: datetime, *, force: bool = False) -> bool:
        path, text = _path(owner, pair), self._sealed(owner, pair)
        news = f"{owner.account}: {'token renewal begins' if pair.renewal_begun_at else 'token saved'}"
        if not self._files.share_file(path, text, self._seen.get(path), news, now, force=force):
            return False
        self._seen[path] = text
        self._mine.add(text)
        return True

    def _hand_over(self, owner: Owner, pair: Pair) -> None:
        """Put a pair of this machine's own file on the branch; where that can't be done now it stays in the file."""
        if pair.is_gone or pair.saved_at is None:
            return
        with contextlib.suppress(StoreError):
            self._push(owner, replace(pair, kept_in=Choice.SHARED), pair.saved_at)

    # -- renewed, and not on the branch yet

    def _keep_unshared(self, owner: Owner, pair: Pair) -> Path:
        """Keep a pair that could not be pushed, sealed, with a mark of the dead token that it replaces."""
        path = _path(owner, pair)
        _, dead = self._opened(path, self._seen[path] or b"")
        told = {"instead_of": _mark(dead), "sealed": self._sealed(owner, pair).decode()}
        file = self._folder / f"unshared-{Path(path).name}"
        replace_whole(file, json.dumps(told).encode(), prefix="tokens-")
        return file

    def _unshared(self, found: Mapping[str, tuple[Owner, Pair]]) -> dict[str, tuple[Owner, Pair]]:
        """Pairs that are newer than what the branch holds, by path; each is offered to the remote again."""
        newer = {}
        for file in self._folder.glob("unshared-*.json"):
            told = json.loads(file.read_bytes())
            path = FOLDER + file.name.removeprefix("unshared-")
            owner, pair = self._opened(path, told["sealed"].encode())
            if path not in found or _mark(found[path][1]) != told["instead_of"]:
                file.unlink()  # another pair took its place: a sign-in, or this one by an earlier use
                continue
            newer[path] = owner, pair
            with contextlib.suppress(StoreError):
                if self._push(owner, pair, self._clock.now()):
                    file.unlink()
        return newer

    # -- sealed

    def _sealed(self, owner: Owner, pair: Pair) -> bytes:
        whose = {"base_url": owner.base_url, "client_key": owner.client_key, "account": owner.account}
        secret = self._cipher.encrypt(json.dumps({"owner": whose} | fields_of(pair)).encode()).decode()
        return (json.dumps({"format": FORMAT, "account": owner.account, "sealed": secret}, indent=1) + "\n").encode()

    def _opened(self, path: str, text: bytes) -> tuple[Owner, Pair]:
        from cryptography.fernet import InvalidToken

        try:
            told = json.loads(text)
            if told["format"] != FORMAT:
                raise ValueError
            inside: Mapping[str, object] = json.loads(self._cipher.decrypt(told["sealed"].encode()))
            whose = inside["owner"]
            assert isinstance(whose, dict)
            return Owner(**whose), replace(pair_of(inside), kept_in=Choice.SHARED)
        except InvalidToken:
            what = f"{KEY} does not open {path} of the shared state: it was written with another key"
            hint = "set the key that the other machines use; or, where it is lost, delete that file on the branch"
            raise TokensUnusable(Problem("secret-key-wrong", what, hint)) from None
        except (ValueError, TypeError, KeyError, AttributeError, AssertionError, RecursionError):
            what = f"{path} of the shared state is not what contentsync wrote"
            raise TokensUnusable(
                Problem("token-store-unusable", what, "delete it there, then sign in again")
            ) from None


def _path(owner: Owner, pair: Pair) -> str:
    digest = hashlib.sha256("\n".join(line_of(owner, pair)).encode()).hexdigest()[:32]
    return f"{FOLDER}{digest}.json"


def _mark(pair: Pair) -> str:
    return hashlib.sha256(pair.refresh_token.encode()).hexdigest()


def _newest(pairs: list[Pair]) -> Pair | None:
    return max(pairs, key=_age, default=None)


def _age(pair: Pair) -> float:
    return pair.saved_at.timestamp() if pair.saved_at else 0.0


def _is_newer(pair: Pair, other: Pair) -> bool:
    return _age(pair) > _age(other)


def _fernet() -> type[Fernet]:
    try:
        from cryptography.fernet import Fernet
    except ImportError as err:
        what = f"{KEY} needs the package cryptography, which is not installed"
        raise TokensUnusable(Problem("secret-key-extra", what, f"run: {EXTRA}")) from err
    return Fernet


def _cipher(key: str) -> Fernet:
    try:
        return _fernet()(key.encode())
    except ValueError:
        what = f"{KEY} is no key: it must be 32 bytes in URL-safe base64"
        raise TokensUnusable(Problem("secret-key-malformed", what, "make one: contentsync token key")) from None
