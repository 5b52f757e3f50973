"""Where do tokens rest? One file of mode 0600 in the user's data folder, outside every repository.

What grew from a seed of the environment is told apart by that seed, whatever the account is called; what came from
a sign-in by its Owner: the API's address, the app and the account's name. Two projects with an account of the same
name therefore share tokens only if they use the same app and, without seeds, the same sign-in; nothing that grew
from one seed ever overwrites what grew from another.
Which record counts, and how a pair is renewed, is `auth.py`'s matter.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import filelock
import platformdirs

from contentsync.errors import NotSent, Problem, StoreError

FORMAT: Final = "contentsync.tokens/1"
LOCK_SECONDS: Final = 90.0  # longer than a renewal with its time-outs


@dataclass(frozen=True, slots=True)
class Pair:
    """An access token and what renews it.

    refresh_token: empty where there is none. expires_at, refresh_expires_at, scope, open_id: None where not known.
    seed_sha256: of the environment's seed that it descends from; empty for a sign-in. renewal_begun_at: a renewal
    began then whose answer was never saved.
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

    @classmethod
    def seed(cls, access_token: str, refresh_token: str) -> Pair:
        """The pair that the environment holds."""
        digest = hashlib.sha256(f"{access_token}\n{refresh_token}".encode()).hexdigest()
        return cls(access_token, refresh_token, seed_sha256=digest)

    def is_over(self, at: datetime) -> bool:
        """Whether the access token is known to have expired by `at`."""
        return self.expires_at is not None and self.expires_at <= at


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose tokens: the API's address, the app (empty where it is not known) and the account's name."""

    base_url: str
    client_key: str
    account: str


def data_folder(environ: Mapping[str, str]) -> Path:
    """The user's data folder: CONTENTSYNC_DATA_DIR, else the platform's own place (XDG_DATA_HOME on Linux)."""
    if given := environ.get("CONTENTSYNC_DATA_DIR"):
        return Path(given)
    return platformdirs.user_data_path("contentsync", appauthor=False)


class TokenStore:
    """The token file in `folder`, for all processes of this user. Raises StoreError where it can't be used."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path = folder / "tokens.json"

    def find(self, base_url: str, seed_sha256: str) -> Pair | None:
        """The pair that grew from this seed."""
        for owner, pair in self._load():
            if owner.base_url == base_url and pair.seed_sha256 == seed_sha256:
                return pair
        return None

    def all_of(self, owner: Owner) -> list[Pair]:
        """The pairs kept for `owner`, the one saved last first."""
        pairs = [pair for kept_for, pair in self._load() if kept_for == owner]
        return sorted(pairs, key=lambda pair: pair.saved_at.timestamp() if pair.saved_at else 0.0, reverse=True)

    def save(self, owner: Owner, pair: Pair, now: datetime) -> Pair:
        """Keep `pair` instead of the one that it grew from; it is on disk when this returns."""
        kept = replace(pair, saved_at=now)
        with self._changing():
            others = [record for record in self._load() if _line(*record) != _line(owner, kept)]
            living = [(kept_for, old) for kept_for, old in others if not _is_dead(old, now)]
            self._write([*living, (owner, kept)])
        return kept

    def forget(self, owner: Owner) -> None:
        """Drop all pairs of `owner`."""
        with self._changing():
            self._write([record for record in self._load() if record[0] != owner])

    @contextlib.contextmanager
    def renewing(self, owner: Owner, pair: Pair) -> Iterator[None]:
        """Alone, among all processes, to renew `pair` or what has grown from it meanwhile.

        Raises NotSent where another process holds on for too long.
        """
        digest = hashlib.sha256("\n".join(_line(owner, pair)).encode()).hexdigest()[:16]
        with self._locked(self._folder / f"renew-{digest}.lock"):
            yield

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
            raise NotSent(Problem("token-lock-held", what, "end it, then run the same command again")) from None
        except OSError as err:
            raise self._unusable(f"can't be locked: {err.strerror or type(err).__name__}") from err
        try:
            yield
        finally:
            lock.release()

    def _load(self) -> list[tuple[Owner, Pair]]:
        try:
            self._tighten()
            content = json.loads(self.path.read_bytes())
            if content["format"] != FORMAT:
                raise self._unusable("was written by another version of contentsync")
            return [(Owner(**record["owner"]), _pair_of(record)) for record in content["pairs"]]
        except FileNotFoundError:
            return []
        except OSError as err:
            raise self._unusable(f"can't be read: {err.strerror or type(err).__name__}") from err
        except (ValueError, TypeError, KeyError, RecursionError):
            raise self._unusable("is not what contentsync wrote") from None

    def _tighten(self) -> None:
        """Take the file from others' eyes: a copy or a restored backup may have come with a wider mode."""
        mode = self.path.stat().st_mode
        if os.name == "posix" and mode & 0o077:
            self.path.chmod(0o600)

    def _write(self, records: list[tuple[Owner, Pair]]) -> None:
        """Replace the file whole; a crash leaves the old one or the new one. The lock is held."""
        for left_over in self._folder.glob("tokens-*.tmp"):
            left_over.unlink()
        content = {"format": FORMAT, "pairs": [_record(owner, pair) for owner, pair in records]}
        handle, temp = tempfile.mkstemp(prefix="tokens-", suffix=".tmp", dir=self._folder)  # 0600 from the start
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        Path(temp).replace(self.path)
        _sync_folder(self._folder)

    def _unusable(self, why: str) -> StoreError:
        hint = f"make it usable, or move it away and sign in again: mv {self.path} {self.path}.old"
        return StoreError(Problem("token-store-unusable", f"the token file {self.path} {why}", hint))


def _line(owner: Owner, pair: Pair) -> tuple[str, ...]:
    """What a pair shares with all that it grew from and that grows from it."""
    return (
        (owner.base_url, pair.seed_sha256) if pair.seed_sha256 else (owner.base_url, owner.client_key, owner.account)
    )


def _is_dead(pair: Pair, now: datetime) -> bool:
    return pair.refresh_expires_at is not None and pair.refresh_expires_at <= now


def _record(owner: Owner, pair: Pair) -> dict[str, object]:
    times = ("expires_at", "refresh_expires_at", "saved_at", "renewal_begun_at")
    return {
        "owner": {"base_url": owner.base_url, "client_key": owner.client_key, "account": owner.account},
        "access_token": pair.access_token,
        "refresh_token": pair.refresh_token,
        "scope": pair.scope,
        "open_id": pair.open_id,
        "seed_sha256": pair.seed_sha256,
        **{name: at.isoformat() if (at := getattr(pair, name)) else None for name in times},
    }


def _pair_of(record: Mapping[str, object]) -> Pair:
    """Raises KeyError, TypeError or ValueError for what `_record` did not write."""
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


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
