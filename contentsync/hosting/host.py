"""Are the media of a post where TikTok will fetch them? Uploads them, then requests them as TikTok would.

This runs before the intent of an attempt, so a failure here means that nothing was started at TikTok. Only bytes that
were hashed, and that are those of the plan, are uploaded.
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
from contentsync.media_urls import Answer, Hosting, Look, object_name, shown
from contentsync.plan.pull_checks import refused
from contentsync.post import DesiredPost, Media
from contentsync.store.port.rooms import Hosted
from contentsync.store.port.values import HostedObject

SIDE_BY_SIDE: Final = 4

Progress = Callable[[int, int], None]  # files that are there by now, of how many


class Looks(Protocol):
    """Something that requests addresses; takes URLs with their expected size in bytes, 0 for unknown."""

    def __call__(self, urls: Mapping[str, int]) -> dict[str, Look]: ...


class Proves(Protocol):
    """Something that fetches files from their addresses and compares their bytes."""

    def __call__(self, files: Mapping[str, Media]) -> dict[str, Look]: ...


@dataclass
class Host:
    """The place for a project's photos."""

    hosting: Hosting
    root: Path
    record: Hosted
    clock: Clock
    #: Asks addresses what they answer.
    look: Looks
    #: Fetches local photos from their addresses.
    prove: Proves
    #: Opens the store that `hosting.upload` names; None where apply puts nothing anywhere.
    open_bucket: Callable[[], Bucket] | None = None
    _bucket: list[Bucket] = field(default_factory=list)

    def make_ready(self, post: DesiredPost, open_id: str, progress: Progress) -> Problem | None:
        """Upload a post's local photos and request every address. Returns the problem, or None.

        The bytes of local photos are compared at their address. If this machine can't reach it, they were compared
        in the store that the address serves; without a store there is no proof, and nothing is started.
        """
        urls = self.hosting.urls_of(post)
        try:
            self._put_all(post, open_id, progress)
        except HostingError as err:
            return err.problem
        local = {url: item for url, item in urls.items() if item.path}
        looks = self.look({url: item.size for url, item in urls.items() if not item.path}) | self.prove(local)
        found = (self._against(post, url, look) for url, look in looks.items())
        return next((problem for problem in found if problem), None)

    def _against(self, post: DesiredPost, url: str, look: Look) -> Problem | None:
        item = self.hosting.urls_of(post)[url]
        if look.answer is not Answer.NOT_CHECKED or not item.path or self.open_bucket is not None:
            return refused(post, url, look, self.hosting)
        what = f"whether {item.path} lies at {shown(url)} can't be checked: {look.what}; nothing was sent"
        hint = "run apply where that address can be reached, or set hosting.upload"
        return Problem("photo-not-proven", what, hint, post.place_of(post.kind.value))

    def _put_all(self, post: DesiredPost, open_id: str, progress: Progress) -> None:
        """Upload all files. Raises HostingError at the first failure; uploaded files stay, and are not sent again."""
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
        """Upload one file, unless exactly its bytes are there; an interrupted upload is repeated."""
        bucket = self._bucket[0]
        known = self.record.find(bucket.upload, name)
        cut_off = known is not None and known.uploaded_at is None
        if not cut_off and bucket.digest_of(name, item.size) == item.sha256:
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
        raise _changed(item, f"can no longer be read: {err.strerror or err}") from err
    if hashlib.sha256(data).hexdigest() != item.sha256:
        raise _changed(item, "is not the planned file: its digest differs")
    return data


def _changed(item: Media, what: str) -> HostingError:
    hint = "restore the file, or make a new plan"
    return HostingError(Problem("media-changed", f"{item.path} {what}; nothing was sent", hint))
