"""Do the media of a post lie where TikTok will fetch them? Puts them there, then looks as TikTok would.

Runs before the intent of an attempt: whatever goes wrong here, nothing was begun at TikTok. What is put there is the
very bytes that were hashed, and only if they are those of the plan.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from contentsync import limits
from contentsync.clock import Clock
from contentsync.errors import Problem
from contentsync.hosting.bucket import Bucket, HostingError
from contentsync.media_urls import Hosting, Look, object_name
from contentsync.plan.pull_checks import refused
from contentsync.post import DesiredPost, Media
from contentsync.store.port import Hosted, HostedObject

SIDE_BY_SIDE: Final = 4

Progress = Callable[[int, int], None]  # files that are there by now, of how many


class Looks(Protocol):
    """Whoever looks at addresses; URLs with the bytes that should lie there, 0 for unknown."""

    def __call__(self, urls: Mapping[str, int]) -> dict[str, Look]: ...


@dataclass
class Host:
    """The place for a project's photos.

    open_bucket: opens the store that `hosting.upload` names; None where apply puts nothing anywhere.
    look: asks addresses what they answer.
    """

    hosting: Hosting
    root: Path
    record: Hosted
    clock: Clock
    look: Looks
    open_bucket: Callable[[], Bucket] | None = None
    _bucket: list[Bucket] = field(default_factory=list)

    def make_ready(self, post: DesiredPost, open_id: str, progress: Progress) -> Problem | None:
        """Put a post's local photos where they belong, and look at every address; what speaks against it, or None."""
        urls = self.hosting.urls_of(post)
        try:
            self._put_all(post, open_id, progress)
        except HostingError as err:
            return err.problem
        looks = self.look({url: item.size for url, item in urls.items()})
        return next((p for url, look in looks.items() if (p := refused(post, url, look, self.hosting))), None)

    def _put_all(self, post: DesiredPost, open_id: str, progress: Progress) -> None:
        """Raises HostingError at the first that can't be put; what was put stays, and is not sent again."""
        local = {object_name(item): item for item in post.media if item.path} if post.pulls else {}
        if not local or self.open_bucket is None:
            return
        if not self._bucket:
            self._bucket.append(self.open_bucket())
        with ThreadPoolExecutor(max_workers=SIDE_BY_SIDE) as pool:
            work = [pool.submit(self._put, name, item, post.key, open_id) for name, item in local.items()]
            try:
                for number, future in enumerate(work, 1):
                    future.result()
                    progress(number, len(work))
            finally:
                for future in work:
                    future.cancel()

    def _put(self, name: str, item: Media, post: str, open_id: str) -> None:
        """Put one file there, unless it is there whole; one whose sending was cut off is sent again."""
        bucket = self._bucket[0]
        known = self.record.find(bucket.upload, name)
        cut_off = known is not None and known.uploaded_at is None
        if not cut_off and bucket.size_of(name) == item.size:
            return
        data = approved_bytes(self.root / item.path, item)
        self.record.begin(HostedObject(bucket.upload, name, item.size, post, open_id, self.clock.now()))
        bucket.put(name, data)
        self.record.done(bucket.upload, name, self.clock.now())


def approved_bytes(path: Path, item: Media) -> bytes:
    """The whole file, if it is the one that was planned; a photo is small. Raises HostingError."""
    try:
        with path.open("rb") as file:
            data = file.read(limits.PHOTO_BYTES + 1)
    except OSError as err:
        raise _changed(item, f"can't be read any more: {err.strerror or err}") from err
    if hashlib.sha256(data).hexdigest() != item.sha256:
        raise _changed(item, "is not the file that was planned: its bytes have another digest")
    return data


def _changed(item: Media, what: str) -> HostingError:
    hint = "restore the file, or make a new plan"
    return HostingError(Problem("media-changed", f"{item.path} {what}; nothing was sent", hint))
