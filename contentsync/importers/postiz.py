"""Which posts for TikTok does Postiz hold? Reads what its public API answers to `GET /public/v1/posts`. Pure.

Source: Postiz's Public API, "List Posts" and "Create Post", and its source: posts.repository.ts (`getPosts`),
tiktok.dto.ts. Postiz keeps a post's settings and files as JSON in a text; a newer server gives the settings in its
answer, none gives the files. The database has both. Times without a zone are those of the database: UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from contentsync.errors import Place, Problem
from contentsync.importers.draft import Draft, Shape, Taken, lost, skipped
from contentsync.importers.records import Record, as_json_of, drafts_of, plain_text, text_of, time_of, urls_of
from contentsync.manifest.writer import Value

_PLANNED: Final = frozenset({"QUEUE", "DRAFT", "SCHEDULED", ""})
_ZONE: Final = re.compile(r"(?:Z|[+-]\d\d:\d\d)$")
_INTERACTIONS: Final = ("comment", "duet", "stitch")


def read_postiz(text: str, file: str) -> Taken:
    """The drafts of all posts for TikTok that are planned."""
    return drafts_of(text, file, lambda record: _network(record).startswith("tiktok"), _left_out, _draft)


def _left_out(record: Record, where: Place) -> Problem | None:
    state = text_of(record, "state", "status").upper()
    if state in _PLANNED:
        return None
    hint = "contentsync import ACCOUNT records videos that are public"
    return skipped(f"post {where.line} is {state.lower()} in Postiz, so it is left out", where, hint)


def _network(record: Record) -> str:
    integration = record.get("integration")
    found = text_of(integration, "providerIdentifier", "identifier") if isinstance(integration, dict) else ""
    return found or text_of(record, "providerIdentifier")


def _draft(record: Record, where: Place) -> Draft:
    parts, media = _content(record)
    settings = as_json_of(record.get("settings"))
    values: dict[str, Value] = {"caption": plain_text(parts[0]).strip()}
    values |= _settings(settings if isinstance(settings, dict) else {})
    if at := time_of(record, "publishDate", "date"):
        values["publish_at"] = at if _ZONE.search(at) else f"{at}+00:00"
    if text_of(record, "state", "status").upper() == "DRAFT":
        values["hold"] = True
    integration = record.get("integration")
    if isinstance(integration, dict) and (name := text_of(integration, "profile", "name")):
        values["account"] = name
    return Draft(where, values, media, Shape.FILE, {}, tuple(_problems(record, parts, media, where)))


def _content(record: Record) -> tuple[list[str], tuple[str, ...]]:
    """The text of a post and of its follow-ups, and the files of the post."""
    values = record.get("value")
    if isinstance(values, list) and values and all(isinstance(one, dict) for one in values):
        return [text_of(one, "content") for one in values], urls_of(values[0].get("image"))
    media = urls_of(record.get("media")) or urls_of(as_json_of(record.get("image")))
    return [text_of(record, "content")], media


def _settings(settings: Record) -> dict[str, Value]:
    """What the post's settings for TikTok say, in the words of a manifest."""
    found: dict[str, Value] = {}
    if level := next((value for key, value in settings.items() if key.startswith("privacy")), ""):
        found["privacy"] = _PRIVACY.get(str(level).lower().partition("_")[0], str(level).lower())
    if any(key in settings for key in _INTERACTIONS):
        found["allow"] = [key for key in _INTERACTIONS if settings.get(key) is True]
    labels = [label for begin, label in _LABELS if _is_on(settings, begin)]
    if labels:
        found["disclosure"] = labels
    if _is_on(settings, "video_made_with_ai"):
        found["ai_generated"] = True
    if text_of(settings, "autoAddMusic") == "yes":
        found["auto_music"] = True
    if title := text_of(settings, "title"):
        found["title"] = title
    method = text_of(settings, "content_posting_method").upper()
    if method:
        found["mode"] = "draft" if method == "UPLOAD" else "direct"
    return found


def _is_on(settings: Record, begin: str) -> bool:
    return any(key.startswith(begin) and value is True for key, value in settings.items())


_PRIVACY: Final = {"public": "everyone", "mutual": "friends", "follower": "followers", "self": "only_me"}
_LABELS: Final = (("brand_organic", "your_brand"), ("brand_content", "branded_content"))


def _problems(record: Record, parts: list[str], media: tuple[str, ...], where: Place) -> Iterator[Problem]:
    if not media:
        hint = 'add "image": [{"path": "FILE"}] to it, or export from the database: docs/how-to-postiz.md'
        yield Problem("media-missing", f"post {where.line} names no file in this answer of Postiz", hint, where)
    if days := record.get("intervalInDays"):
        yield lost(
            f"post {where.line} repeats every {days} days in Postiz; only this time of it is carried over", where
        )
    if len(parts) > 1:
        yield lost(f"post {where.line} has follow-up comments, which TikTok's API can't send", where)
    settings = as_json_of(record.get("settings"))
    for key in ("music", "location"):
        if isinstance(settings, dict) and settings.get(key):
            yield lost(f"post {where.line} has a {key}, which TikTok's API can't set", where)
