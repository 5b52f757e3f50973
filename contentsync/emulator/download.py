"""How does the emulator get the media that a post names by URL? The init starts a download in its own thread.

The thread changes only its Download, and tasks read their progress from it. No redirect is followed, and only digests
are kept.
"""

from __future__ import annotations

import hashlib
import http.client
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from contentsync.emulator import pictures
from contentsync.emulator.config import Fetch
from contentsync.emulator.rules import is_loopback
from contentsync.emulator.sniff import DurationSniffer

BLOCK = 1 << 16
PHOTO_BYTES = 20_971_520  # 20 MB in its wider reading. Source: Media Transfer Guide, "Image restrictions"
PHOTO_SIDE = 1_080  # of the shorter side
VIDEO_BYTES = 4_294_967_296


class Failed(Exception):
    """A file that TikTok does not take; its argument is the fail_reason."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that came in whole."""

    url: str
    sha256: str
    size: int


@dataclass
class Download:
    """The fetching of one post's files. reason: the fail_reason of its end, "" for a good one."""

    urls: Sequence[str]
    photo: bool
    limits: Fetch
    received: int = 0
    reason: str = ""
    files: list[Fetched] = field(default_factory=list)
    sniffer: DurationSniffer = field(default_factory=DurationSniffer)
    _over: threading.Event = field(default_factory=threading.Event)
    _stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def done(self) -> bool:
        """Whether it has ended, well or not."""
        return self._over.is_set()

    @property
    def pull_failed(self) -> str:
        """TikTok's fail_reason for a file that could not be had."""
        return "photo_pull_failed" if self.photo else "video_pull_failed"

    def start(self) -> Download:
        threading.Thread(target=self._run, name="emulator-download", daemon=True).start()
        return self

    def stop(self) -> None:
        """Let it end with the next bytes."""
        self._stopped.set()

    def _run(self) -> None:
        until = time.monotonic() + self.limits.seconds
        try:
            for url in self.urls:
                self.files.append(self._fetch(url, until))
        except Failed as err:
            self.reason = str(err)
        except (OSError, http.client.HTTPException, ValueError):
            self.reason = self.pull_failed
        self._over.set()

    def _fetch(self, url: str, until: float) -> Fetched:
        digest, size, kept = hashlib.sha256(), 0, bytearray()
        for block in self._blocks(url, until):
            digest.update(block)
            size += len(block)
            self.received += len(block)
            if size > (PHOTO_BYTES if self.photo else VIDEO_BYTES):
                raise Failed(self.pull_failed)
            if self.photo or len(kept) < BLOCK:
                kept += block
            if not self.photo:
                self.sniffer.feed(block)
        check_picture(bytes(kept)) if self.photo else check_video(bytes(kept))
        return Fetched(url, digest.hexdigest(), size)

    def _blocks(self, url: str, until: float) -> Iterator[bytes]:
        """The body of the answer. Raises Failed, OSError, HTTPException and ValueError."""
        parts = urlsplit(url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        line = kind(parts.hostname or "", parts.port, timeout=min(self.limits.silence, self.limits.seconds))
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            line.request("GET", target, headers={"Accept": "*/*", "Accept-Encoding": "identity"})
            answer = line.getresponse()
            if answer.status != 200 or self._is_page(answer):
                raise Failed(self.pull_failed)
            left = int(answer.headers.get("Content-Length", "-1"))
            while block := answer.read1(BLOCK):
                if self._stopped.is_set() or time.monotonic() > until:
                    raise Failed(self.pull_failed)
                left -= len(block)
                yield block
            if left > 0:
                raise Failed(self.pull_failed)
        finally:
            line.close()

    def _is_page(self, answer: http.client.HTTPResponse) -> bool:
        """Whether it says of itself that it is no media: a sign-in page, an error told with 200."""
        return (
            answer.headers.get_content_maintype() == "text" or answer.headers.get_content_type() == "application/json"
        )


def check_picture(data: bytes) -> None:
    """Raises Failed for what is no photo that TikTok takes. Source: Media Transfer Guide, "Image restrictions"."""
    found = pictures.look(data)
    if not found.kind:
        raise Failed("file_format_check_failed")
    if not found.width or min(found.width, found.height) > PHOTO_SIDE:
        raise Failed("picture_size_check_failed")


def check_video(head: bytes) -> None:
    """Raises Failed for what begins like no MP4, MOV or WebM. Source: Media Transfer Guide, "Video restrictions"."""
    if head[4:8] not in {b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip"} and head[:4] != b"\x1a\x45\xdf\xa3":
        raise Failed("file_format_check_failed")


def begin(urls: Sequence[str], photo: bool, limits: Fetch) -> Download | None:
    """The download of those files that are to be fetched in earnest; None where they count as had."""
    wanted = [url for url in urls if limits.what == "all" or (limits.what == "loopback" and is_loopback(url))]
    return Download(wanted, photo, limits).start() if wanted else None
