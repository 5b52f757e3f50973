"""What does the media endpoint answer? A status and a Content-Range, chunk by chunk, without an envelope."""

from __future__ import annotations

import hmac
import re

from contentsync.emulator.message import JSON_TYPE, Request, Response
from contentsync.emulator.tasks import Chunk, Task, Upload
from contentsync.emulator.world import World

TYPES = ("video/mp4", "video/quicktime", "video/webm")
RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})")


def task_of(world: World, request: Request) -> Task | None:
    """The task that a PUT speaks of, if id and token fit and it still waits for bytes."""
    task = world.uploads.get(request.query.get("upload_id", ""))
    if task is None or task.upload is None or task.marks.forgotten:
        return None
    token = request.query.get("upload_token", "")
    return task if hmac.compare_digest(token.encode(), task.upload.token.encode()) else None


def begin(world: World, request: Request, task: Task | None) -> Chunk | Response:
    """A chunk to fill with the body, or the refusal that the head alone earns.

    Source: Media Transfer Guide, "Upload status codes".
    """
    if task is None or task.upload is None or task.upload.complete or not task.processing:
        return Response(404)
    if world.now() >= task.upload.until:
        return Response(403)
    return _check_head(world, request, task.upload) or Chunk(task.upload)


def finish(world: World, task: Task, chunk: Chunk) -> Response:
    """Count a chunk whose body is all here. 206 asks for the next one, 201 says that the file is complete."""
    upload = task.upload
    assert upload is not None
    if world.now() >= upload.until:
        return Response(403)
    if not chunk.commit():
        return progress(world, upload, 416)
    if not upload.complete:
        return progress(world, upload, 206)
    task.committed_at = world.now()
    return progress(world, upload, 201)


def _check_head(world: World, request: Request, upload: Upload) -> Response | None:
    headers = request.headers
    if "content-length" not in headers:
        return Response(411)
    if request.content_type not in TYPES or not headers["content-length"].isdigit():
        return Response(400)
    if "content-range" not in headers:
        return progress(world, upload, 416)
    match = RANGE.fullmatch(headers["content-range"].strip())
    if match is None:
        return Response(400)
    first, last, total = (int(figure) for figure in match.groups())
    if total != upload.size or last < first or int(headers["content-length"]) != last - first + 1:
        return Response(400)
    return _check_place(world, upload, first, last)


def _check_place(world: World, upload: Upload, first: int, last: int) -> Response | None:
    if first != upload.received:
        known = last < upload.received
        return progress(world, upload, world.config.quirks.repeated_chunk if known else 416)
    return None if last - first + 1 == upload.next_length else Response(400)


def progress(world: World, upload: Upload, status: int) -> Response:
    """An answer that tells how far the file has come, as a count where others expect the last index."""
    told = upload.received - (world.config.quirks.range_answer == "last")
    headers = (("content-range", f"bytes 0-{max(0, told)}/{upload.size}"),)
    if world.config.quirks.upload_body == "empty":
        return Response(status, headers=headers)
    return Response(status, b"null", (("content-type", JSON_TYPE), *headers))
