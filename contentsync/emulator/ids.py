"""Which ids and tokens are handed out? All come from one seed, so a run can be repeated."""

from __future__ import annotations

import hashlib
import random
import secrets
from datetime import UTC, datetime


class Ids:
    """A source of ids: the same seed and the same calls give the same ids."""

    def __init__(self, seed: int | str | None) -> None:
        self._seed = secrets.token_hex(16) if seed is None else str(seed)
        self._random = random.Random(self._seed)  # noqa: S311  (repeatable is what is wanted)

    def number(self) -> int:
        """A 19-digit int64, beyond what a double can hold exactly."""
        return 7_300_000_000_000_000_001 + 2 * self._random.randrange(10**17)

    def publish_id(self, prefix: str) -> str:
        """Opaque to clients; at most 64 characters."""
        return f"{prefix}{self.number()}"

    def secret(self, length: int = 40) -> str:
        """Hex digits that nobody should guess or print."""
        return f"{self._random.getrandbits(length * 4):0{length}x}"

    def access_token(self) -> str:
        return f"act.{self.secret()}!{self._random.randrange(10_000)}.e1"

    def refresh_token(self) -> str:
        return f"rft.{self.secret()}!{self._random.randrange(10_000)}.e1"

    def client_token(self) -> str:
        return f"clt.{self.secret()}"

    def code(self) -> str:
        """An authorization code with the characters that trip up careless decoding."""
        return f"{self.secret()}*{self._random.randrange(10)}!{self._random.randrange(1_000, 10_000)}"

    def of(self, name: str, what: str, length: int = 40) -> str:
        """Hex digits that hang on the seed and the name alone, not on what was handed out before."""
        return hashlib.sha256(f"{self._seed}/{name}/{what}".encode()).hexdigest()[:length]

    def log_id(self, now: float) -> str:
        """14 digits of UTC time, then hex. Source: Error Handling, "log_id"."""
        return f"{datetime.fromtimestamp(now, UTC):%Y%m%d%H%M%S}{self.secret(20).upper()}"
