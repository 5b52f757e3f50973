"""What happens to a post after its bytes have arrived? Processing, publishing and moderation, by time and by polls.

Nothing runs in the background: every look at a task first brings it up to date with the clock.
"""

from __future__ import annotations

from contentsync.emulator import caps
from contentsync.emulator.config import PUBLIC, Video
from contentsync.emulator.tasks import Mode, Status, Task
from contentsync.emulator.world import World

DRAFT_SECONDS = 600  # the longest video of a draft. Source: Media Transfer Guide, "Video restrictions"


def poll(world: World, task: Task) -> None:
    """Count one status call, and let the task get on by it."""
    if task.finished_at is not None:
        task.polls_since += 1
    elif task.committed_at is not None:
        task.polls += 1
    settle(world, task)


def settle(world: World, task: Task) -> None:
    """Bring a task to where it stands by now."""
    if task.processing:
        _process(world, task)
    if task.status is Status.INBOX:
        _play_creator(world, task)
    if task.status is Status.COMPLETE:
        _moderate(world, task)
    _announce(world, task)


def _announce(world: World, task: Task) -> None:
    """Tell which of a task's videos have become public, and which are so no more. Source: Webhook Events."""
    videos = world.videos[task.account]
    public = {key for key in task.post_ids if key in videos and _told(videos[key]) and not videos[key].hidden}
    for name, ids in (
        ("publicly_available", public - task.announced),
        ("no_longer_publicaly_available", task.announced - public),
    ):
        for post_id in sorted(ids):
            _emit(world, task, name, post_id=post_id)
    task.announced = public


def _emit(world: World, task: Task, name: str, **content: object) -> None:
    kind = "INBOX_SHARE" if task.mode is Mode.DRAFT else "DIRECT_PUBLISH"
    about = {"publish_id": task.publish_id, "publish_type": kind}
    world.emit(f"post.publish.{name}", task.account, about | content, task.grant.client_key)


def settle_all(world: World, account: str | None = None) -> None:
    """Settle every task, or those of one account."""
    for task in world.tasks.values():
        if account in (None, task.account):
            settle(world, task)


def fail(world: World, task: Task, reason: str) -> None:
    """End a task as failed, with one of TikTok's fail_reasons."""
    task.status, task.fail_reason, task.finished_at = Status.FAILED, reason, world.now()
    _emit(world, task, "failed", reason=reason)


def seems_failed(world: World, task: Task) -> bool:
    """Whether this status call says, falsely, that the task failed. It is published, or delivered, by then."""
    marks = task.marks
    if marks.false_fails == 0 or task.committed_at is None or not _arrived(world, task):
        return False
    if task.processing:
        _finish(world, task, world.now())
    if marks.false_fails is not None:
        marks.false_fails -= 1
    return task.status is not Status.FAILED


def publish_draft(world: World, task: Task, caption: str = "", privacy: str = PUBLIC) -> Video:
    """What the creator does in the app: post a draft. Raises ValueError when it is not in the inbox."""
    settle(world, task)
    if task.mode is not Mode.DRAFT or task.status not in (Status.INBOX, Status.COMPLETE):
        raise ValueError(f"{task.publish_id} is not a draft in an inbox but {task.mode}, {task.status}")
    if _is_gone(world, task):
        raise ValueError(f"the draft {task.publish_id} is gone from the inbox")
    video = _post_draft(world, task, caption, privacy, world.now())
    _announce(world, task)
    return video


def discard_draft(world: World, task: Task) -> None:
    """What the creator does in the app: throw a draft away. Raises ValueError when it is not in the inbox.

    Nothing tells the client: its status stays, no event is sent.
    """
    settle(world, task)
    if task.status is not Status.INBOX:
        raise ValueError(f"{task.publish_id} is not a draft in an inbox but {task.mode}, {task.status}")
    task.discarded = True


def _post_draft(world: World, task: Task, caption: str, privacy: str, at: float) -> Video:
    task.status, task.finished_at = Status.COMPLETE, at
    _emit(world, task, "complete")
    return _publish(world, task, caption, privacy)


def _play_creator(world: World, task: Task) -> None:
    """Post the draft when its creator is one who does so by now."""
    account = world.accounts[task.account]
    if account.posts_drafts_after is None or task.finished_at is None or _is_gone(world, task):
        return
    at = task.finished_at + account.posts_drafts_after
    if at <= world.now():
        _post_draft(world, task, account.draft_caption or task.caption, PUBLIC, at)


def _is_gone(world: World, task: Task) -> bool:
    """Whether a draft is in the inbox no more."""
    keep = world.config.lives.draft
    return task.discarded or (keep is not None and world.now() - task.created_at > keep)


def _process(world: World, task: Task) -> None:
    if task.committed_at is None:
        _expire_upload(world, task)
    elif not task.marks.stuck and _arrived(world, task):
        at = _processed_at(world, task, task.committed_at)
        if at is not None:
            _finish(world, task, at)


def _arrived(world: World, task: Task) -> bool:
    """Whether all that is to be fetched is here, or never will be. Source: Media Transfer Guide: one hour."""
    if task.download is None or task.download.done:
        return True
    if world.now() - task.created_at >= world.config.fetch.seconds:
        task.download.stop()
        fail(world, task, task.download.pull_failed)
    return False


def _expire_upload(world: World, task: Task) -> None:
    late = task.upload is not None and world.now() >= task.upload.until
    if late and world.config.quirks.expired_upload == "failed":
        fail(world, task, "internal")


def _processed_at(world: World, task: Task, since: float) -> float | None:
    """When processing ended; None while it goes on."""
    pace, now = world.config.pace, world.now()
    unasked = since + max(pace.settle_seconds, pace.processing_seconds)
    if task.polls > pace.processing_polls and now - since >= pace.processing_seconds:
        return now
    if now < unasked:
        return None
    return now if task.polls or task.download else unasked


def _finish(world: World, task: Task, at: float) -> None:
    reason = task.marks.fail_reason or _fault_of(world, task)
    if reason:
        fail(world, task, reason)
        return
    task.finished_at = at
    if task.mode is Mode.DRAFT:
        task.status = Status.INBOX
        _emit(world, task, "inbox_delivered")
        return
    task.status = Status.COMPLETE
    if world.config.quirks.complete_for_direct:
        _emit(world, task, "complete")
    _publish(world, task, task.caption, task.privacy)


def _fault_of(world: World, task: Task) -> str:
    """The fail_reason that TikTok finds by itself, or ""."""
    account = world.accounts[task.account]
    longest = account.max_video_seconds if task.mode is Mode.DIRECT else DRAFT_SECONDS
    if task.grant.revoked:
        return "auth_removed"
    if account.banned:
        return "spam_risk_user_banned_from_posting"
    if caps.over_cap(world, task):
        return "spam_risk_too_many_posts"
    if task.download and task.download.reason:
        return task.download.reason
    return "duration_check_failed" if not task.photo and seconds_of(world, task) > longest else ""


def seconds_of(world: World, task: Task) -> float:
    """The length of a task's video: as configured, else as its header says, else the default."""
    config, upload = world.config, task.upload
    known = (
        config.duration_of(upload.sha256, upload.size) if config.duration_of and upload and upload.sha256 else None
    )
    came = upload or task.download
    if known is None and came:
        known = came.sniffer.seconds
    return config.default_duration if known is None else known


def _publish(world: World, task: Task, caption: str, privacy: str) -> Video:
    video = Video(
        caption,
        created_at=task.finished_at,
        duration=round(seconds_of(world, task)),
        privacy=privacy,
        moderated=False,
        photo=task.photo,
    )
    added = world.add_video(task.account, video)
    task.post_ids.append(added.id)
    task.polls_since = 0
    _moderate(world, task)
    return added


def _moderate(world: World, task: Task) -> None:
    pace = world.config.pace
    if pace.moderation_polls is None or task.finished_at is None:
        return
    if task.polls_since >= pace.moderation_polls or world.now() - task.finished_at >= pace.settle_seconds:
        for post_id in task.post_ids:
            if post_id in world.videos[task.account]:
                world.change_video(post_id, moderated=True)


def shown_ids(world: World, task: Task) -> list[int]:
    """The post ids that status tells: of videos that are public and passed moderation.

    Source: Get Post Status, "publicaly_available_post_id".
    """
    videos = world.videos[task.account]
    return [key for key in task.post_ids if key in videos and _told(videos[key])]


def _told(video: Video) -> bool:
    return video.privacy == PUBLIC and video.moderated
