"""`hosting list --json`: each local photo and the address at which TikTok fetches it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from contentsync.operations.hosting import Belonging

FORMAT: Final = "contentsync.hosting/1"


def document(found: Iterable[Belonging]) -> dict[str, Any]:
    return {"format": FORMAT, "photos": [_photo(item) for item in found]}


def _photo(item: Belonging) -> dict[str, Any]:
    return {
        "path": item.media.path,
        "sha256": item.media.sha256,
        "bytes": item.media.size,
        "name": item.name,
        "url": item.url or None,
        "posts": list(item.posts),
    }
