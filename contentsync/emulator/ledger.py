"""What did the emulator receive? Each publish task as JSON, with the digest of its bytes."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

from contentsync.emulator import life
from contentsync.emulator.config import Video
from contentsync.emulator.tasks import Mode, Task
from contentsync.emulator.world import World


def tasks_of(world: World) -> list[dict[str, object]]:
    """All publish tasks, oldest first, as they stand by now."""
    life.settle_all(world)
    return [_task(world, task) for task in world.tasks.values()]


def _task(world: World, task: Task) -> dict[str, object]:
    upload = task.upload
    return {
        "publish_id": task.publish_id,
        "account": task.account,
        "open_id": world.open_id(task.account, task.grant.client_key),
        "endpoint": task.endpoint,
        "mode": task.mode.value,
        "media": "photo" if task.photo else "video",
        "source": task.source,
        "caption": task.caption,
        "title": task.post_info.get("title"),
        "privacy": task.privacy or None,
        "post_info": dict(task.post_info),
        "allowed": _allowed(world, task),
        "urls": list(task.urls),
        "video_size": upload.size if upload else None,
        "chunk_size": upload.chunk_size if upload else None,
        "total_chunk_count": upload.count if upload else None,
        "received_bytes": upload.received if upload else 0,
        "sha256": task.sha256,
        "downloaded_bytes": task.download.received if task.download else 0,
        "fetched": [asdict(file) for file in task.download.files] if task.download else [],
        "committed": task.committed_at is not None,
        "status": task.status.value,
        "fail_reason": task.fail_reason or None,
        "post_id": str(task.post_ids[0]) if task.post_ids else None,
        "post_ids": [str(post_id) for post_id in task.post_ids],
        "public_post_ids": [str(post_id) for post_id in life.shown_ids(world, task)],
        "violations": list(task.violations),
        "created_at": _time(task.created_at),
        "committed_at": _time(task.committed_at),
        "finished_at": _time(task.finished_at),
    }


def _allowed(world: World, task: Task) -> list[str]:
    """What viewers may do: what was asked for, less what the creator has turned off. Source: Direct Post."""
    account, info = world.accounts[task.account], task.post_info
    off = {
        "comment": account.comment_disabled,
        "duet": account.duet_disabled or account.private or task.photo,
        "stitch": account.stitch_disabled or account.private or task.photo,
    }
    if task.mode is not Mode.DIRECT:
        return []
    return [name for name, is_off in off.items() if not is_off and not info.get(f"disable_{name}", False)]


def video(account: str, found: Video) -> dict[str, object]:
    """A video as an admin sees it, with what the API hides."""
    return {
        "id": str(found.id),
        "account": account,
        "caption": found.caption,
        "created_at": _time(found.created_at),
        "duration": found.duration,
        "privacy": found.privacy,
        "moderated": found.moderated,
        "hidden": found.hidden,
        "photo": found.photo,
    }


def _time(moment: float | None) -> str | None:
    """RFC 3339 in UTC."""
    if moment is None:
        return None
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
