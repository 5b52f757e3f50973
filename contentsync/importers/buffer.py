"""Which posts does Buffer hold? Reads the CSV of its bulk upload and reports, and what its API answers as JSON. Pure.

Source: Buffer's help, bulk upload (Text, Image URL, Tags, Posting Time as YYYY-MM-DD HH:mm; images only);
developers.buffer.com, "Posts & Scheduling" and the reference (text, dueAt, status, channelService, assets.source).
Buffer knows neither privacy nor TikTok's switches: each post needs its own choice.
"""

from __future__ import annotations

from typing import Final

from contentsync.errors import Place, Problem
from contentsync.importers.dates import Order
from contentsync.importers.draft import Draft, Shape, Taken, held, skipped
from contentsync.importers.records import Record, drafts_of, text_of, time_of, urls_of
from contentsync.importers.sheet import read_sheet
from contentsync.manifest.writer import Value

_PLANNED: Final = frozenset({"scheduled", "draft", "needs_approval", "buffer", "pending", "error", ""})


def read_buffer(text: str, file: str, order: Order | None) -> Taken:
    """The drafts of the posts that are planned for TikTok, or for a channel of an unknown network."""
    if text.lstrip()[:1] in ("{", "["):
        return drafts_of(text, file, lambda record: _network(record) in ("", "tiktok"), _left_out, _draft)
    taken = read_sheet(text, file, order, tags_are_labels=True)
    return Taken(held(taken.drafts), taken.problems)


def _left_out(record: Record, where: Place) -> Problem | None:
    status = text_of(record, "status").lower()
    what = f"post {where.line} is {status} in Buffer, so it is left out"
    return None if status in _PLANNED else skipped(what, where)


def _network(record: Record) -> str:
    channel = record.get("channel")
    inner = text_of(channel, "service") if isinstance(channel, dict) else ""
    return (inner or text_of(record, "channelService", "profile_service")).lower()


def _draft(record: Record, where: Place) -> Draft:
    values: dict[str, Value] = {"caption": text_of(record, "text").strip()}
    if at := time_of(record, "dueAt", "due_at", "scheduledAt"):
        values["publish_at"] = at
    channel = record.get("channel")
    if isinstance(channel, dict) and (name := text_of(channel, "name", "displayName")):
        values["account"] = name
    media = _media(record)
    missing = Problem(
        "media-missing", f"post {where.line} names no file", "make it with: contentsync new FILE", where
    )
    return Draft(where, values, media, Shape.FILE, {}, () if media else (missing,))


def _media(record: Record) -> tuple[str, ...]:
    """The addresses of its files: a list of assets, or assets by their kind."""
    assets = record.get("assets")
    if isinstance(assets, dict):
        return tuple(url for kind in ("videos", "images") for url in urls_of(assets.get(kind)))
    return urls_of(assets) or urls_of(record.get("media"))
