"""What is the state of one posting? A publish task, its upload, and the chunk that is arriving.

Bytes are hashed as they arrive and never kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from contentsync.emulator.download import Download
from contentsync.emulator.sniff import DurationSniffer
from contentsync.emulator.tokens import Grant


class Mode(StrEnum):
    """Where a posting goes: to the profile, or to the creator's inbox."""

    DIRECT = "direct"
    DRAFT = "draft"


class Status(StrEnum):
    """TikTok's own words. Source: Get Post Status, "status"."""

    UPLOADING = "PROCESSING_UPLOAD"
    DOWNLOADING = "PROCESSING_DOWNLOAD"
    INBOX = "SEND_TO_USER_INBOX"
    COMPLETE = "PUBLISH_COMPLETE"
    FAILED = "FAILED"


@dataclass(slots=True)
class Upload:
    """The file behind an upload_url. until: Unix time at which the URL dies. received: accepted bytes."""

    id: str
    token: str
    size: int
    chunk_size: int
    count: int
    until: float
    received: int = 0
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    sniffer: DurationSniffer = field(default_factory=DurationSniffer)

    @property
    def complete(self) -> bool:
        return self.received >= self.size

    @property
    def next_length(self) -> int:
        """Bytes of the chunk that is due; the last one takes what is left over."""
        last = self.received // self.chunk_size >= self.count - 1
        return self.size - self.received if last else self.chunk_size

    @property
    def sha256(self) -> str | None:
        """Hex digest of the file, None while bytes are missing."""
        return self.digest.hexdigest() if self.complete else None


class Chunk:
    """One chunk on its way, hashed aside: whatever is cut or refused leaves no trace."""

    def __init__(self, upload: Upload) -> None:
        self._upload = upload
        self._first = upload.received
        self._length = upload.next_length
        self._seen = 0
        self._digest = upload.digest.copy()
        self._sniffer = upload.sniffer.copy()

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the body."""
        self._digest.update(data)
        self._sniffer.feed(data)
        self._seen += len(data)

    def commit(self) -> bool:
        """Make the chunk count; False when it is short, or another request has brought it meanwhile."""
        if self._seen != self._length or self._upload.received != self._first:
            return False
        self._upload.received += self._length
        self._upload.digest = self._digest
        self._upload.sniffer = self._sniffer
        return True


@dataclass(slots=True)
class Marks:
    """What a task was told to do against its nature."""

    #: Status calls that do not know the task yet.
    unknown_polls: int = 0
    #: Status calls that call the task failed although it goes on; None is every one.
    false_fails: int | None = 0
    #: The fail_reason of such a call.
    false_reason: str = ""
    #: Whether such a call tells the id of the post.
    false_with_id: bool = False
    stuck: bool = False
    fail_reason: str = ""
    forgotten: bool = False


@dataclass(slots=True)
class Task:
    """One posting, from its init on.

    committed_at: when its last byte was here, for a pull its init. polls: status calls since then.
    finished_at, polls_since: the same from its final state on. post_ids: of the videos that it became.
    announced: those of them that were told to be public.
    """

    publish_id: str
    account: str
    grant: Grant
    endpoint: str
    mode: Mode
    source: str
    post_info: Mapping[str, object]
    created_at: float
    caption: str = ""
    privacy: str = ""
    photo: bool = False
    urls: tuple[str, ...] = ()
    upload: Upload | None = None
    download: Download | None = None
    committed_at: float | None = None
    polls: int = 0
    status: Status = Status.UPLOADING
    fail_reason: str = ""
    finished_at: float | None = None
    polls_since: int = 0
    post_ids: list[int] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    announced: set[int] = field(default_factory=set)
    #: Whether the creator threw the draft away.
    discarded: bool = False
    marks: Marks = field(default_factory=Marks)

    @property
    def processing(self) -> bool:
        return self.status in (Status.UPLOADING, Status.DOWNLOADING)

    @property
    def sha256(self) -> str | None:
        """Hex digest of its one file, sent or fetched; None while it is not here, or not looked at."""
        if self.upload:
            return self.upload.sha256
        files = self.download.files if self.download else []
        return files[0].sha256 if files and not self.photo else None

    @property
    def lives_on(self) -> bool:
        """True when TikTok has all that it needs for the post, and has not dropped it."""
        return self.committed_at is not None and self.status is not Status.FAILED
