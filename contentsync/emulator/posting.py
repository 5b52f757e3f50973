"""What do the Content Posting endpoints answer? Creator info, the three inits, status and cancel.

An init is checked in this order: body, creator's caps, app's cap, audit and privacy, ownership of URLs.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from contentsync.emulator import caps, download, life, rules
from contentsync.emulator.config import ONLY_ME, Account
from contentsync.emulator.message import Request
from contentsync.emulator.refusal import BAD_MEDIA, BAD_POST, BAD_SOURCE, Refused, invalid
from contentsync.emulator.tasks import Marks, Mode, Status, Task, Upload
from contentsync.emulator.tokens import Grant
from contentsync.emulator.world import World

Data = dict[str, object]


def creator_info(world: World, grant: Grant, request: Request) -> Data:
    """The creator as of now. Its business refusals come with HTTP 200. Source: Query Creator Info."""
    request.json()
    account = world.accounts[grant.account]
    try:
        caps.check_creator(world, account.name, Mode.DIRECT)
        caps.check_app(world, account.name)
    except Refused as err:
        raise Refused(err.code, err.message, 200) from None
    return {
        "creator_avatar_url": f"https://p16.tiktokcdn.example/{account.username}.jpeg",
        "creator_username": account.username,
        "creator_nickname": account.nickname,
        "privacy_level_options": list(account.privacy_options),
        "comment_disabled": account.comment_disabled,
        "duet_disabled": account.private or account.duet_disabled,
        "stitch_disabled": account.private or account.stitch_disabled,
        "max_video_post_duration_sec": account.max_video_seconds,
    }


def video_init(world: World, grant: Grant, request: Request) -> Data:
    """Start a direct video post. Source: Direct Post."""
    body = request.json()
    info = rules.part(body, "post_info", BAD_POST)
    rules.check_video_info(info)
    return _start_video(world, grant, body, info, "video_init", Mode.DIRECT)


def inbox_init(world: World, grant: Grant, request: Request) -> Data:
    """Start a draft; post_info is not looked at. Source: Upload."""
    return _start_video(world, grant, request.json(), {}, "inbox_init", Mode.DRAFT)


def photo_init(world: World, grant: Grant, request: Request) -> Data:
    """Start a photo post or draft. Source: Photo."""
    body = request.json()
    modes = {"DIRECT_POST": Mode.DIRECT, "MEDIA_UPLOAD": Mode.DRAFT}
    mode = modes.get(str(body.get("post_mode")))
    if mode is None or body.get("media_type") != "PHOTO":
        raise invalid(BAD_MEDIA)
    if ("video.publish" if mode is Mode.DIRECT else "video.upload") not in grant.scopes:
        raise Refused("scope_not_authorized")
    if mode is Mode.DRAFT and world.accounts[grant.account].old_app:
        raise Refused("app_version_check_failed")
    info = rules.part(body, "post_info", BAD_POST) if mode is Mode.DIRECT or "post_info" in body else {}
    rules.check_photo_info(info, mode is Mode.DIRECT)
    urls = rules.photo_urls(rules.part(body, "source_info", BAD_SOURCE))
    _check_policy(world, grant, mode, info, urls)
    if "is_aigc" in body:
        info = {**info, "is_aigc": body["is_aigc"]}
    task = _new_task(world, grant, "photo_init", mode, info, f"p_{_where(mode)}_url~v2.", urls)
    return {"publish_id": task.publish_id}


def _start_video(
    world: World, grant: Grant, body: Data, info: Mapping[str, object], endpoint: str, mode: Mode
) -> Data:
    source = rules.part(body, "source_info", BAD_SOURCE)
    if source.get("source") == "FILE_UPLOAD":
        plan = rules.plan_of(source, world.config.quirks.megabyte)
        _check_policy(world, grant, mode, info, ())
        prefix = "v_pub_file~v2-1." if mode is Mode.DIRECT else "v_inbox_file~v2."
        task = _new_task(world, grant, endpoint, mode, info, prefix)
        return {"publish_id": task.publish_id, "upload_url": _open_upload(world, task, plan)}
    if source.get("source") != "PULL_FROM_URL":
        raise invalid(BAD_SOURCE)
    urls = (rules.video_url(source),)
    _check_policy(world, grant, mode, info, urls)
    prefix = "v_pub_url~v2-1." if mode is Mode.DIRECT else "v_inbox_url~v2."
    task = _new_task(world, grant, endpoint, mode, info, prefix, urls)
    return {"publish_id": task.publish_id}


def _where(mode: Mode) -> str:
    return "pub" if mode is Mode.DIRECT else "inbox"


def _check_policy(world: World, grant: Grant, mode: Mode, info: Mapping[str, object], urls: tuple[str, ...]) -> None:
    """What is well formed but not allowed to this creator, app or URL."""
    app, account = world.config.app, world.accounts[grant.account]
    caps.check_creator(world, account.name, mode)
    if mode is Mode.DIRECT:
        caps.check_app(world, account.name)
        _check_privacy(world, account, str(info["privacy_level"]), bool(info.get("brand_content_toggle")))
    elif world.config.quirks.unaudited_drafts == "refuse" and not app.audited and not account.private:
        raise Refused("unaudited_client_can_only_post_to_private_accounts")
    for url in urls:
        rules.check_owner(url, app.verified)


def _check_privacy(world: World, account: Account, level: str, branded: bool) -> None:
    # Content Sharing Guidelines: unaudited, the account must be private and the post for its owner alone.
    if not world.config.app.audited and not (account.private and level == ONLY_ME):
        raise Refused("unaudited_client_can_only_post_to_private_accounts")
    if level not in account.privacy_options:
        raise Refused("privacy_level_option_mismatch")
    if branded and level == ONLY_ME and world.config.quirks.branded_private == "refuse":
        raise invalid(BAD_POST)


def _new_task(
    world: World,
    grant: Grant,
    endpoint: str,
    mode: Mode,
    info: Mapping[str, object],
    prefix: str,
    urls: tuple[str, ...] = (),
) -> Task:
    """A task in the world; with `urls` it is a pull, and has all that it needs already."""
    now, photo = world.now(), endpoint == "photo_init"
    task = Task(
        world.ids.publish_id(prefix),
        grant.account,
        grant,
        endpoint,
        mode,
        "PULL_FROM_URL" if urls else "FILE_UPLOAD",
        info,
        now,
        caption=str(info.get("description" if photo else "title", "")),
        privacy=str(info.get("privacy_level", "")),
        photo=photo,
        urls=urls,
        committed_at=now if urls else None,
        status=Status.DOWNLOADING if urls else Status.UPLOADING,
        marks=Marks(unknown_polls=world.config.quirks.unknown_polls),
    )
    task.download = download.begin(urls, photo, world.config.fetch)
    if info.get("brand_content_toggle") and task.privacy == ONLY_ME:
        task.violations.append("branded content is private")
    world.tasks[task.publish_id] = task
    return task


def _open_upload(world: World, task: Task, plan: rules.Plan) -> str:
    """The upload_url of a task; at most 256 characters, and the only credential of its PUTs."""
    upload_id, token = str(world.ids.number()), str(UUID(world.ids.secret(32)))
    task.upload = Upload(upload_id, token, *plan, until=world.now() + world.config.lives.upload_url)
    world.uploads[upload_id] = task
    base = world.config.upload_base or world.base_url
    return f"{base}{world.config.quirks.upload_path}?upload_id={upload_id}&upload_token={token}"


def status(world: World, grant: Grant, request: Request) -> Data:
    """Where a posting stands. Each call is a poll, by which it gets on. Source: Get Post Status."""
    task = _asked_for(world, grant, request)
    if task.marks.unknown_polls > 0:
        task.marks.unknown_polls -= 1
        raise Refused("invalid_params", "invalid_publish_id")
    life.poll(world, task)
    if life.seems_failed(world, task):
        failed: Data = {"status": Status.FAILED.value, "fail_reason": task.marks.false_reason}
        if task.marks.false_with_id:
            failed[world.config.quirks.post_id_key] = _shaped(world, task.post_ids)
        return failed
    found: Data = {"status": task.status.value}
    if task.status is Status.FAILED:
        found["fail_reason"] = task.fail_reason
    if task.processing:
        return found | _bytes_of(world, task)
    final, ids = world.config.quirks.final_fields, life.shown_ids(world, task)
    if task.status is Status.COMPLETE and (ids or final != "bare"):
        found[world.config.quirks.post_id_key] = _shaped(world, ids)
    return found | (_bytes_of(world, task) if final == "full" else {})


def _bytes_of(world: World, task: Task) -> Data:
    """How many bytes have arrived. Source: Get Post Status, "uploaded_bytes" and "downloaded_bytes"."""
    if task.upload:
        return {"uploaded_bytes": task.upload.received}
    if task.download:
        return {"downloaded_bytes": task.download.received}
    if task.photo:
        return {}
    return {"downloaded_bytes": world.config.pace.pull_bytes if task.finished_at is not None else 0}


def _shaped(world: World, ids: list[int]) -> object:
    shape = world.config.quirks.post_id_shape
    if shape == "list":
        return ids
    if shape == "strings":
        return [str(post_id) for post_id in ids]
    first = ids[0] if ids else 0
    return first if shape == "scalar" else str(first or "")


def cancel(world: World, grant: Grant, request: Request) -> None:
    """Stop a download that is still going on. Source: Media Transfer Guide, "Cancel"."""
    task = _asked_for(world, grant, request)
    life.settle(world, task)
    too_late = not task.processing or (task.download is not None and task.download.done)
    if too_late or (task.upload and not world.config.quirks.cancel_uploads):
        raise Refused("publish_not_cancellable")
    if task.download:
        task.download.stop()
    life.fail(world, task, "publish_cancelled")


def _asked_for(world: World, grant: Grant, request: Request) -> Task:
    publish_id = request.json().get("publish_id")
    if not isinstance(publish_id, str) or not publish_id:
        raise invalid("The publish_id is empty or incorrect")
    task, keep = world.tasks.get(publish_id), world.config.lives.publish_id
    if task is None or task.marks.forgotten or (keep is not None and world.now() - task.created_at > keep):
        if world.config.quirks.unknown_code == "invalid_params":
            raise Refused("invalid_params", "invalid_publish_id")
        raise Refused("invalid_publish_id")
    known_as = world.open_id(task.account, task.grant.client_key)
    if known_as != world.open_id(grant.account, grant.client_key):
        raise Refused("token_not_authorized_for_specified_publish_id")
    return task
