"""Who delivers webhooks to the receiver? A thread that looks for due events and posts them."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from contentsync.emulator.webhooks import Parcel

LOOK_EVERY: Final = 0.05
SECONDS: Final = 10.0  # for an answer


def post(url: str, headers: dict[str, str], body: bytes) -> int:
    """The HTTP status that answers; 0 where none came. Raises ValueError for what is no http or https URL."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f'"{url}" is no http or https URL')
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    line = kind(parts.hostname, parts.port, timeout=SECONDS)
    try:
        line.request("POST", f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}", body, headers)
        return line.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        line.close()


def carry(parcels: list[Parcel], sent: Callable[[Parcel, int], None]) -> int:
    """Post each, one after another; how many were."""
    for parcel in parcels:
        sent(parcel, post(parcel.url, dict(parcel.headers), parcel.body))
    return len(parcels)


class Courier:
    """Carries what is due until it is stopped."""

    def __init__(self, due: Callable[[], list[Parcel]], sent: Callable[[Parcel, int], None]) -> None:
        self._due, self._sent = due, sent
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="emulator-courier", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(LOOK_EVERY):
            carry(self._due(), self._sent)
