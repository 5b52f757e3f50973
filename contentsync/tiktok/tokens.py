"""Where are tokens stored? In a file of mode 0600 in the user's data folder, or in the OS keyring.

The file is outside every repository and lists every pair. For a pair in the keyring the file has everything but the
secrets. The keyring's entry has the whole pair, and it is the one that counts. It is replaced by one write, before
the file, so a crash between the two loses nothing. A pair stays in its place until it is stored again.

A pair that was renewed from a token in the environment is identified by that token, whatever the account's name. A
pair of a sign-in is identified by its Owner: the API's address, the app and the account's name. So two projects with
an account of the same name share tokens only if they use the same app and, without tokens in the environment, the
same sign-in. A pair that came from one token in the environment never overwrites a pair that came from another.

`auth.py` decides which pair is used and how it is renewed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

import filelock

from contentsync.errors import NotSent, Problem, TokensUnusable, UsageError
from contentsync.files import replace_whole
from contentsync.frozen import frozen
from contentsync.standard_paths import data_folder
from contentsync.tiktok.os_keyring import Keyring, OsKeyring

FORMAT: Final = "contentsync.tokens/1"
WITH_KEYRING: Final = "contentsync.tokens/2"  # of a file that leaves secrets to the keyring: older versions refuse it
LOCK_SECONDS: Final = 90.0  # longer than a renewal with its time-outs


class Choice(StrEnum):
    """Where a new pair is stored. AUTO: in the keyring if there is one that accepts it, else in the file."""

    AUTO = "auto"
    FILE = "file"
    KEYRING = "keyring"
    #: On the branch of a shared state: not a choice of the environment's, see shared_tokens.py.
    SHARED = "shared"


class TokensMoved(Exception):
    """Another machine saved another pair since this one was read: read it again."""


@frozen
class Pair:
    """An access token and its refresh token.

    refresh_token: empty where there is none. expires_at, refresh_expires_at, scope, open_id: None where not known.
    seed_sha256: of the environment's seed that it descends from; empty for a sign-in. renewal_begun_at: a renewal
    began then whose answer was never saved. kept_in: where it was found, or put; None for one that is not stored.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    expires_at: datetime | None = None
    refresh_expires_at: datetime | None = None
    scope: tuple[str, ...] | None = None
    open_id: str | None = None
    seed_sha256: str = ""
    saved_at: datetime | None = None
    renewal_begun_at: datetime | None = None
    kept_in: Choice | None = None

    @classmethod
    def seed(cls, access_token: str, refresh_token: str) -> Pair:
        """The pair that the environment holds."""
        digest = hashlib.sha256(f"{access_token}\n{refresh_token}".encode()).hexdigest()
        return cls(access_token, refresh_token, seed_sha256=digest)

    def is_over(self, at: datetime) -> bool:
        """Whether the access token is known to have expired by `at`."""
        return self.expires_at is not None and self.expires_at <= at

    @property
    def is_gone(self) -> bool:
        """Whether the keyring has lost it: the file knows of it, the entry is not there."""
        return self.kept_in is Choice.KEYRING and not (self.access_token or self.refresh_token)


@frozen
class Owner:
    """The owner of tokens: the API's address, the app (empty if not known) and the account's name."""

    base_url: str
    client_key: str
    account: str


@frozen
class _Record:
    """One line of the file. entry: the name of the pair in the keyring; empty for one that lies in the file.

    With an entry and secrets it was saved from a keyring that did not take it: then the file's pair is what counts.
    """

    owner: Owner
    pair: Pair
    entry: str = ""

    @property
    def line(self) -> tuple[str, ...]:
        return line_of(self.owner, self.pair)

    @property
    def is_in_keyring(self) -> bool:
        return bool(self.entry) and not (self.pair.access_token or self.pair.refresh_token)

    def without_secrets(self) -> _Record:
        return replace(self, pair=replace(self.pair, access_token="", refresh_token=""))


def choice_of(environ: Mapping[str, str]) -> Choice:
    given = environ.get("CONTENTSYNC_TOKEN_STORE", "") or Choice.AUTO
    try:
        if given == Choice.SHARED:
            raise ValueError
        return Choice(given)
    except ValueError:
        what = f"CONTENTSYNC_TOKEN_STORE is {given!r}, which is not a place for tokens"
        raise UsageError(Problem("token-store-choice", what, f"set it to {', '.join(Choice)}, or unset it")) from None


class TokenStore:
    """The tokens kept for `folder`, for all processes of this user. Raises TokensUnusable where that can't be done.

    choice: where a new pair goes.
    """

    def __init__(self, folder: Path, choice: Choice = Choice.FILE, keyring: Keyring | None = None) -> None:
        self._folder = folder
        self._choice = choice
        self._keyring = keyring or OsKeyring()
        self.path = folder / "tokens.json"

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> TokenStore:
        """The one that the environment names. Raises UsageError."""
        return cls(data_folder(environ), choice_of(environ))

    def find(self, base_url: str, seed_sha256: str) -> Pair | None:
        """The pair that grew from this seed."""
        for record in self._load():
            if record.owner.base_url == base_url and record.pair.seed_sha256 == seed_sha256:
                return self._whole(record)
        return None

    def all_of(self, owner: Owner) -> list[Pair]:
        """The pairs kept for `owner`, the one saved last first."""
        pairs = [self._whole(record) for record in self._load() if record.owner == owner]
        return sorted(pairs, key=lambda pair: pair.saved_at.timestamp() if pair.saved_at else 0.0, reverse=True)

    def save(self, owner: Owner, pair: Pair, now: datetime, *, anew: bool = False, spent: bool = False) -> Pair:
        """Store `pair` in place of the one that it was renewed from; it is on disk when this returns.

        anew: put it where new pairs go, wherever the one before it lies. spent: what it replaces is dead, so where
        the keyring does not take it, it is kept in the file until it does; that is raised, as TokensUnusable.
        """
        with self._changing():
            records = self._load()
            old = next((record for record in records if record.line == line_of(owner, pair)), None)
            record = self._placed(_Record(owner, replace(pair, saved_at=now, kept_in=None)), old, anew)
            record, trouble = self._into_keyring(record, is_new=anew or old is None)
            if trouble and not spent:
                raise trouble
            others = [other for other in records if other.line != record.line and not _is_dead(other, now)]
            self._write([*others, record])
        if trouble:
            raise self._saved_from(trouble)
        if old and old.entry and not record.entry:
            with contextlib.suppress(TokensUnusable):  # a replaced pair: why it stays in a broken keyring is no news
                self._keyring.drop(old.entry)
        return replace(pair, saved_at=now, kept_in=Choice.KEYRING if record.is_in_keyring else Choice.FILE)

    def forget(self, owner: Owner) -> None:
        """Drop all pairs of `owner`: from the keyring first, so that a crash leaves nothing there unlisted."""
        with self._changing():
            records = self._load()
            for record in records:
                if record.owner == owner and record.entry:
                    self._keyring.drop(record.entry)
            self._write([record for record in records if record.owner != owner])

    @contextlib.contextmanager
    def renewing(self, owner: Owner, pair: Pair) -> Iterator[None]:
        """Alone, among all processes, to renew `pair` or what has grown from it meanwhile.

        Raises NotSent where another process holds on for too long.
        """
        digest = hashlib.sha256("\n".join(line_of(owner, pair)).encode()).hexdigest()[:16]
        with self._locked(self._folder / f"renew-{digest}.lock"):
            yield

    # In the keyring.

    def _placed(self, record: _Record, old: _Record | None, anew: bool) -> _Record:
        """The record with the name of its entry, if it is to lie in the keyring."""
        if old and not anew:
            return replace(record, entry=old.entry)
        if self._choice is Choice.FILE or (self._choice is Choice.AUTO and not self._keyring.is_recommended()):
            return record
        place = "\n".join([str(self._folder.absolute()), *record.line])  # each folder has locks, so pairs, of its own
        name = f"{record.owner.account} {hashlib.sha256(place.encode()).hexdigest()[:16]}"
        return replace(record, entry=(old and old.entry) or name)

    def _into_keyring(self, record: _Record, is_new: bool) -> tuple[_Record, TokensUnusable | None]:
        """What is left for the file; with all secrets, and the trouble, where the keyring does not take them."""
        if not record.entry:
            return record, None
        try:
            self._keyring.put(record.entry, json.dumps(fields_of(record.pair), separators=(",", ":")))
        except TokensUnusable as err:
            is_free = is_new and self._choice is Choice.AUTO
            return (replace(record, entry=""), None) if is_free else (record, err)
        return record.without_secrets(), None

    def _whole(self, record: _Record) -> Pair:
        """The pair with its secrets. One that is older than the file says was put back with an old keyring."""
        if not record.is_in_keyring:
            return replace(record.pair, kept_in=Choice.FILE)
        text = self._keyring.get(record.entry)
        if text is None:
            return replace(record.pair, kept_in=Choice.KEYRING)
        try:
            pair = pair_of(json.loads(text))
        except (ValueError, TypeError, KeyError, RecursionError):
            what = f'the entry "{record.entry}" of contentsync in the OS keyring is not what contentsync wrote'
            raise TokensUnusable(Problem("keyring-unusable", what, "delete it there, then sign in again")) from None
        begun = pair.renewal_begun_at
        if pair.saved_at and record.pair.saved_at and pair.saved_at < record.pair.saved_at:
            begun = begun or record.pair.saved_at
        return replace(pair, kept_in=Choice.KEYRING, renewal_begun_at=begun)

    def _saved_from(self, trouble: TokensUnusable) -> TokensUnusable:
        problem = trouble.problems[0]
        what = f"{problem.what}; the renewed tokens are stored in {self.path} until the keyring accepts them"
        return TokensUnusable(replace(problem, what=what))

    # In the file.

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        with self._locked(self._folder / "tokens.lock"):
            try:
                yield
            except OSError as err:
                raise self._unusable(f"can't be written: {err.strerror or type(err).__name__}") from err

    @contextlib.contextmanager
    def _locked(self, path: Path) -> Iterator[None]:
        lock = filelock.FileLock(path, timeout=LOCK_SECONDS, mode=0o600)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock.acquire()
        except filelock.Timeout:
            what = f"another process has held {path} for {LOCK_SECONDS:.0f} seconds"
            raise NotSent(
                Problem("token-lock-held", what, "stop that process, then run the same command again")
            ) from None
        except OSError as err:
            raise self._unusable(f"can't be locked: {err.strerror or type(err).__name__}") from err
        try:
            yield
        finally:
            lock.release()

    def _load(self) -> list[_Record]:
        try:
            self._tighten()
            content = json.loads(self.path.read_bytes())
            if content["format"] not in (FORMAT, WITH_KEYRING):
                raise self._unusable("was written by another version of contentsync")
            return [
                _Record(Owner(**record["owner"]), pair_of(record), _str(record.get("keyring_entry", "")))
                for record in content["pairs"]
            ]
        except FileNotFoundError:
            return []
        except OSError as err:
            raise self._unusable(f"can't be read: {err.strerror or type(err).__name__}") from err
        except (ValueError, TypeError, KeyError, RecursionError):
            raise self._unusable("is not what contentsync wrote") from None

    def _tighten(self) -> None:
        """Make the file private: a copy or a restored backup may have a wider mode."""
        mode = self.path.stat().st_mode
        if os.name == "posix" and mode & 0o077:
            self.path.chmod(0o600)

    def _write(self, records: list[_Record]) -> None:
        """Replace the whole file; a crash leaves the old one or the new one. The lock is held."""
        for left_over in self._folder.glob("tokens-*.tmp"):
            left_over.unlink()
        kind = WITH_KEYRING if any(record.entry for record in records) else FORMAT
        content = {"format": kind, "pairs": [_as_json(record) for record in records]}
        data = json.dumps(content, indent=1).encode()
        replace_whole(self.path, data, prefix="tokens-")

    def _unusable(self, why: str) -> TokensUnusable:
        hint = f"repair the file, or move it away and sign in again: mv {self.path} {self.path}.old"
        return TokensUnusable(Problem("token-store-unusable", f"the token file {self.path} {why}", hint))


def line_of(owner: Owner, pair: Pair) -> tuple[str, ...]:
    """What a pair shares with all that it grew from and that grows from it."""
    return (
        (owner.base_url, pair.seed_sha256) if pair.seed_sha256 else (owner.base_url, owner.client_key, owner.account)
    )


def _is_dead(record: _Record, now: datetime) -> bool:
    """Whether it can go unasked; not from the keyring, which whoever uses the file alone does not touch."""
    until = record.pair.refresh_expires_at
    return until is not None and until <= now and not record.entry


def _as_json(record: _Record) -> dict[str, object]:
    owner = record.owner
    return {
        "owner": {"base_url": owner.base_url, "client_key": owner.client_key, "account": owner.account},
        **fields_of(record.pair),
        **({"keyring_entry": record.entry} if record.entry else {}),
    }


def fields_of(pair: Pair) -> dict[str, object]:
    times = ("expires_at", "refresh_expires_at", "saved_at", "renewal_begun_at")
    return {
        "access_token": pair.access_token,
        "refresh_token": pair.refresh_token,
        "scope": pair.scope,
        "open_id": pair.open_id,
        "seed_sha256": pair.seed_sha256,
        **{name: at.isoformat() if (at := getattr(pair, name)) else None for name in times},
    }


def pair_of(record: Mapping[str, object]) -> Pair:
    """Raises KeyError, TypeError or ValueError for what `fields_of` did not write."""
    scope = record["scope"]
    if scope is not None and not isinstance(scope, list):
        raise TypeError
    return Pair(
        access_token=_str(record["access_token"]),
        refresh_token=_str(record["refresh_token"]),
        expires_at=_time(record["expires_at"]),
        refresh_expires_at=_time(record["refresh_expires_at"]),
        scope=None if scope is None else tuple(map(_str, scope)),
        open_id=None if record["open_id"] is None else _str(record["open_id"]),
        seed_sha256=_str(record["seed_sha256"]),
        saved_at=_time(record["saved_at"]),
        renewal_begun_at=_time(record["renewal_begun_at"]),
    )


def _str(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _time(value: object) -> datetime | None:
    if value is None:
        return None
    at = datetime.fromisoformat(_str(value))
    if at.tzinfo is None:
        raise ValueError
    return at
