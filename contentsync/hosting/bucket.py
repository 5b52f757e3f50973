"""How is an object uploaded, read and deleted in the store of `hosting.upload`? The only module that knows obstore.

Credentials come from the environment, in the variables that each vendor's tools read. A store's error text is never
shown whole, because it may contain a signature or a signed address.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from contentsync.destinations import is_on_this_machine
from contentsync.errors import ContentsyncError, Problem
from contentsync.files import local_place
from contentsync.hosting import store_errors
from contentsync.hosting.store_errors import CLOUDS, ENDPOINTS, Place
from contentsync.media_urls import content_type

if TYPE_CHECKING:
    from obstore.store import ObjectStore

T = TypeVar("T")
_USER: Final = re.compile(r"(?<=//)[^/@\s]*@")  # a name and password before the host

MISSING: Final = "hosting.upload needs the package obstore, which is not installed"
INSTALL: Final = "run: pip install 'contentsync[hosting]'"
_PATIENCE: Final = {"timeout": "60s", "connect_timeout": "10s"}
_RETRIES: Final[Any] = {"max_retries": 3, "retry_timeout": timedelta(seconds=60)}


class HostingError(ContentsyncError):
    """The place for the files can't be used, or refused a file; nothing was started at TikTok."""

    @property
    def problem(self) -> Problem:
        return self.problems[0]


class Bucket:
    """The place that `hosting.upload` names: a bucket with a prefix, or a folder.

    environ: as the vendors' tools read it. root: the start of a relative folder.
    """

    def __init__(self, upload: str, root: Path, environ: Mapping[str, str]) -> None:
        self.upload, self._environ = upload, environ
        scheme = upload.partition("://")[0] if "://" in upload else ""
        self._cloud = scheme if scheme in CLOUDS else ""
        self._store = self._opened(root, environ)

    def digest_of(self, name: str, most: int) -> str | None:
        """The SHA-256 of an object's bytes, in hex; of its first bytes only where it has more than `most`.

        None where it is not there. Raises HostingError.
        """
        try:
            return self._translated("read", lambda: self._hashed(name, most))
        except FileNotFoundError:
            return None

    def _hashed(self, name: str, most: int) -> str:
        import obstore

        digest, size = hashlib.sha256(), 0
        for block in obstore.get(self._store, name):
            digest.update(block)
            size += len(block)
            if size > most:
                break
        return digest.hexdigest()

    def put(self, name: str, data: bytes) -> None:
        """Upload an object, completely or not at all. Raises HostingError."""
        import obstore

        attributes: Any = {"Content-Type": content_type(name)} if self._cloud else None
        try:
            self._translated(
                "written to",
                lambda: obstore.put(self._store, name, data, attributes=attributes, use_multipart=False),
            )
        except FileNotFoundError:
            raise HostingError(store_errors.missing_place(self._place("written to"))) from None

    def delete(self, name: str) -> None:
        """Delete an object, if it exists. Raises HostingError."""
        import obstore

        try:
            self._translated("deleted from", lambda: obstore.delete(self._store, name))
        except FileNotFoundError:
            return

    def _opened(self, root: Path, environ: Mapping[str, str]) -> ObjectStore:
        try:
            from obstore.store import LocalStore, from_url
        except ImportError as err:
            raise HostingError(Problem("hosting-not-installed", MISSING, INSTALL)) from err
        if not self._cloud:
            return self._translated("opened", lambda: LocalStore(local_place(self.upload, root), mkdir=True))
        if problem := store_errors.endpoint_problem(self._place("opened")):
            raise HostingError(problem)
        options: Any = _PATIENCE | ({"allow_http": True} if _is_nearby(environ) else {})
        opened: Any = self._translated(
            "opened", lambda: from_url(self.upload, client_options=options, retry_config=_RETRIES)
        )
        return opened  # type: ignore[no-any-return]

    def _translated(self, verb: str, work: Callable[[], T]) -> T:
        """Do `work`; FileNotFoundError passes through. Raises HostingError."""
        from obstore.exceptions import BaseError

        try:
            return work()
        except FileNotFoundError:
            raise
        except (BaseError, OSError, ValueError) as err:
            problem = store_errors.problem_of(self._place(verb), err)
            raise HostingError(problem) from None  # the cause may show what was signed

    def _place(self, verb: str) -> Place:
        return Place(self.upload, self._cloud, verb, self._environ)


def _is_nearby(environ: Mapping[str, str]) -> bool:
    """Whether the store is a server on this machine, which may be used without TLS."""
    given = (environ.get(name, "") for names in ENDPOINTS.values() for name in names)
    return any(is_on_this_machine(_USER.sub("", address)) for address in given)
