"""At which address does TikTok fetch media, and who owns the address? Pure.

TikTok takes photos by URL only. The name of a local photo under `hosting.base_url` is its digest, so one address
always means the same bytes. Source: Media Transfer Guide, "Pull from URL"; Photo, "source_info".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final

from contentsync.frozen import frozen
from contentsync.post import DesiredPost, Media, MediaFacts

_ENDINGS: Final = {"jpeg": "jpg", "webp": "webp"}
_TYPES: Final = {"jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp"}
_HOST: Final = re.compile(r"[a-z][a-z0-9+.-]*://(?:[^/?#]*@)?(?:\[([^\]]+)\]|([^/?#:@]*))", re.I)
_PLACE: Final = re.compile(  # without a name before the host: what that is differs from reader to reader
    r"([a-z][a-z0-9+.-]*)://(?:\[[^\]/?#@]+\]|[^/?#:@]+)(?::([0-9]{0,5}))?(?=[/?#]|\Z)([^?#]*)", re.I
)
_PORTS: Final = {"https": 443, "http": 80}
_DOMAIN: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}", re.I)


class Answer(StrEnum):
    """How an address answered: as TikTok needs it, in a way that TikTok refuses, or without proof of either."""

    GOOD = "good"
    REFUSED = "refused"
    OTHER_FILE = "other-file"
    NOT_CHECKED = "not-checked"


@frozen
class Look:
    """What a look at one address found. what: in words, for any answer but a good one.

    passes: a refusal that may be another answer in a while, such as of too many requests.
    """

    answer: Answer
    what: str = ""
    passes: bool = False


@frozen
class Hosting:
    """How local photos become public addresses.

    base_url: empty where there is no hosting. uploads: apply puts the files there itself.
    verified: domains and URL prefixes whose ownership TikTok has verified; None: not known, so not checked.
    """

    base_url: str = ""
    uploads: bool = False
    verified: tuple[str, ...] | None = None

    def url_of(self, media: Media) -> str:
        """Where TikTok fetches it: its own URL, or the one that its content has here; empty where it has none."""
        if media.url or not self.base_url:
            return media.url
        return f"{self.base_url.rstrip('/')}/{object_name(media)}"

    def urls_of(self, post: DesiredPost) -> dict[str, Media]:
        """The addresses that TikTok would fetch for a post, in their order; none for a video that we upload."""
        if not post.pulls:
            return {}
        return {url: item for item in post.media if (url := self.url_of(item))}

    def is_verified(self, url: str) -> bool:
        return self.verified is None or any(covers(entry, url) for entry in self.verified)


def object_name(media: Media) -> str:
    """The name of a local file by its content: `<sha256>.jpg`."""
    facts = media.facts or MediaFacts()
    ending = _ENDINGS.get(facts.container or "") or media.path.rpartition(".")[2].lower()
    return f"{media.sha256}.{ending}"


def content_type(name: str) -> str:
    """The Content-Type of an object of that name."""
    return _TYPES.get(name.rpartition(".")[2], "application/octet-stream")


def covers(entry: str, url: str) -> bool:
    """Whether a verified domain (with all below it) or URL prefix covers `url`.

    A prefix covers one host at one port, and the paths in it, once `..` is taken out of them.
    Source: Media Transfer Guide, "Pull from URL": a prefix ends with a slash.
    """
    if "://" in entry:
        place, asked = _place(entry), _place(url)
        within = place and asked and place[0] == asked[0]
        return bool(within and place and asked and asked[1].startswith(f"{place[1].rstrip('/')}/"))
    host, domain = host_of(url), _ascii(entry.lower())
    return host == domain or host.endswith(f".{domain}")


def _place(url: str) -> tuple[tuple[str, str, int | None], str] | None:
    """Scheme, host and port of an address, and its path without dots; None where they can't be told for sure."""
    found = _PLACE.match(url)
    if not found or "\\" in url:
        return None
    scheme = found[1].lower()
    port = int(found[2]) if found[2] else _PORTS.get(scheme)
    return (scheme, host_of(url), port), _without_dots(found[3])


def _without_dots(path: str) -> str:
    """The path that is fetched: `.` and `..` resolved, however they are written. Source: RFC 3986, 5.2.4."""
    kept: list[str] = []
    for segment in path.split("/")[1:]:
        plain = segment.lower().replace("%2e", ".")
        if plain not in {".", ".."}:
            kept.append(segment)
        elif plain == ".." and kept:
            kept.pop()
    return "/" + "/".join(kept)


def is_domain(text: str) -> bool:
    return _DOMAIN.fullmatch(_ascii(text)) is not None


def host_of(url: str) -> str:
    """The host of an address, in lower case and ASCII; empty where there is none that can be read."""
    found = _HOST.match(url)
    return _ascii((found[1] or found[2]).lower()) if found else ""


def _ascii(host: str) -> str:
    """The form in which a name with other letters goes over the wire (xn--…); as it is where there is none."""
    try:
        return host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        return host


def shown(url: str) -> str:
    """An address as it may be told: without its query, which may hold a key."""
    bare, mark, _ = url.partition("?")
    return f"{bare}?…" if mark else bare


def without_queries(sent: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent, as in DesiredPost.sent_values, as it may be told: the addresses of its media as `shown`."""
    media = sent.get("media")
    if not isinstance(media, list):
        return dict(sent)
    return {**sent, "media": [shown(item) if isinstance(item, str) else item for item in media]}


def many_shown(urls: Iterable[str]) -> str:
    """The first few of them."""
    given = [shown(url) for url in urls]
    more = f" and {len(given) - 3} more" if len(given) > 3 else ""
    return f"{', '.join(given[:3])}{more}"
