"""Did TikTok sign these bytes? The header is read tolerantly and compared strictly. Pure.

Source: Webhook verification: `TikTok-Signature: t=<Unix seconds>,s=<hex>`, where s is the HMAC-SHA256, with the
client secret as its key, of t, a full stop, and the raw body.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from contentsync.frozen import frozen

HEADER: Final = "TikTok-Signature"
TOLERANCE: Final = timedelta(seconds=300)
RETRIES: Final = timedelta(hours=72)  # how long TikTok repeats a delivery. Source: Webhooks overview
_LONGEST: Final = 4_096


@frozen
class Signed:
    """What a header says. times: each `t` as written. digests: each `s`, in lower case."""

    times: tuple[str, ...]
    digests: tuple[str, ...]


def read(header: str) -> Signed:
    """The pairs of a header, in any order, with blanks, other keys and repetitions; what is no value is left out."""
    pairs = [part.partition("=") for part in header[:_LONGEST].split(",")]
    known = [(key.strip().lower(), value.strip()) for key, _, value in pairs]
    times = tuple(v for k, v in known if k == "t" and re.fullmatch(r"[0-9]{1,11}", v))
    digests = tuple(v.lower() for k, v in known if k == "s" and re.fullmatch(r"[0-9A-Fa-f]{64}", v))
    return Signed(times, digests)


def verify(header: str, body: bytes, secrets: Iterable[str]) -> tuple[int, datetime] | None:
    """Which of the secrets signed the body, and when; None where none did. Each comparison takes constant time.

    Several `t` are refused: it would not be clear which one was signed.
    """
    signed = read(header)
    if len(signed.times) != 1:
        return None
    fits = [_fits(signed, body, secret) for secret in secrets]  # all of them: no early end
    if True not in fits:
        return None
    return fits.index(True), datetime.fromtimestamp(int(signed.times[0]), UTC)


def _fits(signed: Signed, body: bytes, secret: str) -> bool:
    message = signed.times[0].encode() + b"." + body
    wanted = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest().encode()
    found = [hmac.compare_digest(wanted, digest.encode()) for digest in signed.digests]
    return bool(secret) and any(found)


def is_late(signed_at: datetime, now: datetime, tolerance: timedelta) -> bool:
    """Whether a valid signature is too far from now to be more than a hint.

    Whether TikTok signs anew when it repeats a delivery is not documented: so one may be as old as repetitions go.
    """
    return not -tolerance <= now - signed_at <= RETRIES + tolerance
