"""What does an error of a store mean, and what fixes it? Turns the text of obstore's errors into a problem. Pure.

Only the status, the error code and the host are taken from the text: the rest may contain a signature or a signed
address.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from contentsync.errors import Problem
from contentsync.frozen import frozen
from contentsync.media_urls import host_of

CLOUDS: Final = {"s3": "Amazon S3", "gs": "Google Cloud Storage", "az": "Azure Blob Storage"}
ENDPOINTS: Final = {
    "s3": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"),
    "gs": (),
    "az": ("AZURE_STORAGE_ENDPOINT",),
    "": (),
}
_CREDENTIALS: Final = {
    "s3": "set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION",
    "gs": "set GOOGLE_APPLICATION_CREDENTIALS, or run: gcloud auth application-default login",
    "az": "set AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
    "": "check that the folder is writable",
}
_AGAIN: Final = "then run the same command again"
_ASKED: Final = re.compile(r"Error performing \w+ (https?://(?:[^\s/?#@]*@)?([^\s/?#]+))")
_URL: Final = re.compile(
    r"https?://(?:[^\s/?#@]*@)?(?:\[[0-9A-Fa-f:.]+\]|[\w.-]+)(?::\d{1,5})?(?:/[!-~]*)?", re.I | re.A
)
_STATUS: Final = re.compile(r"status code: (\d{3})")
_CODE: Final = re.compile(r"<Code>(\w{1,60})</Code>")
_UNREACHED: Final = {
    "BadScheme": "only https is allowed, unless the server is on this machine",
    "certificate": "this machine does not accept its certificate",
    "kind: Timeout": "no answer came in time",
    "dns error": "the host name is unknown",
}
_ONLINE: Final = "check that this machine is online"
# Where a program asks for credentials when the environment has none: the metadata services of the clouds' machines.
_METADATA: Final = frozenset({"169.254.169.254", "169.254.170.2", "169.254.170.23", "metadata.google.internal"})


@frozen
class Place:
    """Where it went wrong. cloud: s3, gs, az; empty for a folder. verb: a participle."""

    upload: str
    cloud: str
    verb: str
    environ: Mapping[str, str]

    @property
    def name(self) -> str:
        return CLOUDS.get(self.cloud, "the folder") if not self.endpoint else "the store"

    @property
    def endpoint(self) -> str:
        """The variable that names another server than the vendor's; empty where none is set."""
        return next((name for name in ENDPOINTS[self.cloud] if self.environ.get(name, "").strip()), "")


def problem_of(place: Place, err: Exception) -> Problem:
    """The problem for an error that obstore or the file system raised."""
    words = str(err)
    asked = _ASKED.search(words)
    host = asked[2] if asked else ""
    status = int(found[1]) if (found := _STATUS.search(words)) else 0
    if asked and host_of(asked[1]) in _METADATA:
        what = f"{place.upload} could not be {place.verb}: the environment has no credentials for it"
        return Problem("hosting-failed", what, f"{_CREDENTIALS[place.cloud]}; {_AGAIN}")
    if host and "HTTP error" in words:
        return _not_reached(place, host, words)
    if "redirect" in words and not status:
        status = 301
    return _refused(place, host, status, [type(err).__name__, *_CODE.findall(words)[:1]])


def endpoint_problem(place: Place) -> Problem | None:
    """The problem of the variable that names the server; obstore accepts any value, and fails later."""
    given = place.environ.get(place.endpoint, "") if place.endpoint else ""
    if not given or _URL.fullmatch(given):
        return None
    what = f"{place.upload} could not be {place.verb}: {place.endpoint} is not an http or https URL"
    return Problem("hosting-failed", what, f"write it like this: {place.endpoint}=https://s3.acme.example")


def missing_place(place: Place) -> Problem:
    """The problem of a bucket that the store does not know."""
    what = f"{place.upload} could not be {place.verb}: {place.name} has no such bucket"
    hint = f"create the bucket, or correct hosting.upload in contentsync.yaml; {_AGAIN}"
    return Problem("hosting-failed", what, hint)


def _not_reached(place: Place, host: str, words: str) -> Problem:
    """The problem of a store that does not answer. It names only the host of the store's address."""
    reason = next((reason for sign, reason in _UNREACHED.items() if sign in words), "no connection to the server")
    fix = f"check that {place.endpoint} is right and that a server answers there" if place.endpoint else _ONLINE
    what = f"{place.upload} could not be {place.verb}: {place.name} at {host} can't be reached: {reason}"
    return Problem("hosting-unreachable", what, f"{fix}; {_AGAIN}")


def _refused(place: Place, host: str, status: int, said: list[str]) -> Problem:
    told = ", ".join([*said, str(status)] if status else said)
    at = f" at {host}" if place.endpoint and host else ""
    what = f"{place.upload} could not be {place.verb}: {place.name}{at} refuses it ({told})"
    return Problem("hosting-failed", what, f"{_fix(place, status)}; {_AGAIN}")


def _fix(place: Place, status: int) -> str:
    if status in {401, 403}:
        return f"check that these credentials may write there: {_CREDENTIALS[place.cloud].removeprefix('set ')}"
    if 300 <= status < 400:
        return (
            "check that AWS_REGION is the bucket's region"
            if place.cloud == "s3"
            else "check hosting.upload in contentsync.yaml"
        )
    if status >= 500:
        return "check that the server is such a store" if place.endpoint else "wait a while"
    return _CREDENTIALS[place.cloud]
