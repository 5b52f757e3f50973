"""How do tests and scripts control a running emulator? Through the `/_emulator/` routes, with JSON in and out.

The routes are not part of TikTok: they are not logged, not counted, and no fault affects them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Final

from contentsync.emulator import faults, ledger, life
from contentsync.emulator.config import PUBLIC, Account, Comment, Video
from contentsync.emulator.exchange import Call, LogLine
from contentsync.emulator.faults import make
from contentsync.emulator.message import Request, Response, as_json
from contentsync.emulator.refusal import Refused
from contentsync.emulator.stage import Stage
from contentsync.emulator.world import World

PREFIX: Final = "/_emulator/"

Body = Mapping[str, object]

CHANGEABLE: Final = {entry.name for entry in fields(Account)} - {
    "name",
    "open_id",
    "access_token",
    "refresh_token",
    "videos",
}


def open_call(stage: Stage, head: Request) -> Call:
    """Take the head of a request to an admin route."""

    def answer(_world: World, request: Request) -> Response:
        return _answer(stage, request)

    return Call(stage.world, LogLine(head.method, head.path, "", ""), (), head, answer)


def _answer(stage: Stage, request: Request) -> Response:
    route = ROUTES.get((request.method, request.path.removeprefix(PREFIX).rstrip("/")))
    if route is None:
        known = sorted(f"{method} {PREFIX}{path}" for method, path in ROUTES)
        return as_json(404, {"error": "no such route", "routes": known})
    try:
        return as_json(200, route(stage, request.json()))
    except (ValueError, TypeError) as err:
        return as_json(400, {"error": str(err)})
    except Refused as err:
        return as_json(400, {"error": err.message})


def _ledger(stage: Stage, _body: Body) -> object:
    return stage.ledger()


def _requests(stage: Stage, _body: Body) -> object:
    return {"requests": stage.requests()}


def _videos(stage: Stage, _body: Body) -> object:
    life.settle_all(stage.world)
    return {
        "videos": [
            ledger.video(account, video)
            for account, videos in stage.world.videos.items()
            for video in videos.values()
        ]
    }


def _add_fault(stage: Stage, body: Body) -> object:
    """A fault by its fields or as `{"spec": TEXT}`; with a publish_id it sits on that posting alone."""
    values = dict(body)
    publish_id = values.pop("publish_id", None)
    spec = values.pop("spec", None)
    fault = faults.parse(str(spec)) if spec is not None else make(values)
    if publish_id is None:
        stage.book.add(fault)
    else:
        stage.mark(str(publish_id), fault)
    return {"fault": str(fault)}


def _clear_faults(stage: Stage, _body: Body) -> object:
    stage.book.clear()
    return {}


def _cut(stage: Stage, body: Body) -> object:
    stage.book.cut_after(_whole(body, "after", 0), bool(body.get("lose_answer", False)))
    return {}


def _advance(stage: Stage, body: Body) -> object:
    seconds = body.get("advance", body.get("seconds"))
    if not isinstance(seconds, int | float):
        raise ValueError('"advance" must be a number of seconds')
    stage.clock.advance(float(seconds))
    return {"now": stage.clock()}


def _account(stage: Stage, body: Body) -> object:
    """Change an account: its properties, its tokens, its videos; all in one body."""
    values = dict(body)
    name = str(values.pop("account", ""))
    stage.world.account(name)
    ids = [_do_to_videos(stage, name, key, values.pop(key)) for key in VIDEO_KEYS if key in values]
    _do_to_tokens(stage, name, values)
    unknown = set(values) - CHANGEABLE
    if unknown:
        raise ValueError(f'an account has no "{min(unknown)}" to change')
    changes = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    stage.world.change_account(name, **changes)
    return {"account": name, "videos": [video_id for found in ids for video_id in found]}


VIDEO_KEYS: Final = ("add_videos", "hide_videos", "show_videos", "delete_videos")


def _do_to_videos(stage: Stage, account: str, key: str, value: object) -> list[str]:
    """Add, hide, show or delete; tells the ids."""
    if not isinstance(value, list):
        raise ValueError(f'"{key}" must be a list')
    if key == "add_videos":
        return [str(stage.world.add_video(account, Video(**entry)).id) for entry in value]
    for video_id in value:
        if key == "delete_videos":
            stage.world.delete_video(int(video_id))
        else:
            stage.world.change_video(int(video_id), hidden=key == "hide_videos")
    return [str(video_id) for video_id in value]


def _do_to_tokens(stage: Stage, account: str, values: dict[str, object]) -> None:
    refresh_too = bool(values.pop("expire_refresh_tokens", False))
    if values.pop("expire_tokens", False) or refresh_too:
        stage.world.tokens.expire(account, refresh_too)
    if values.pop("revoke", False):
        stage.world.revoke_account(account)


def _publish_draft(stage: Stage, body: Body) -> object:
    """Post a draft or, with `discard`, throw it away."""
    task = stage.task(str(body.get("publish_id", "")))
    if body.get("discard"):
        life.discard_draft(stage.world, task)
        return {}
    caption, privacy = str(body.get("caption", "")), str(body.get("privacy", PUBLIC))
    return ledger.video(task.account, life.publish_draft(stage.world, task, caption, privacy))


def _webhooks(stage: Stage, _body: Body) -> object:
    life.settle_all(stage.world)
    return {"url": stage.webhook_url, "webhooks": [delivery.as_json() for delivery in stage.world.outbox]}


def _send_webhook(stage: Stage, body: Body) -> object:
    """Set where webhooks go (url), let an event happen (event and its values), make all due (deliver); or several."""
    values = dict(body)
    if "url" in values:
        stage.webhook_url = str(values.pop("url"))
    if values.pop("deliver", False):
        for delivery in stage.world.outbox:
            delivery.due_at = None if delivery.due_at is None else stage.clock()
    if "event" in values:
        stage.send_webhook(str(values.pop("event")), values)
    elif values:
        raise ValueError(f'"{min(values)}" goes with an "event" only')
    return _webhooks(stage, {})


def _add_comment(stage: Stage, body: Body) -> object:
    values = {key: int(str(value)) if key in ("id", "parent") else value for key, value in body.items()}
    video_id = int(str(values.pop("video_id", 0)))
    added = stage.world.add_comment(video_id, Comment(**values))  # type: ignore[arg-type]  # TypeError is told
    return {"comment_id": str(added.id), "video_id": str(video_id)}


def _app(stage: Stage, body: Body) -> object:
    """Change the app; another client_key makes it another app, with the credentials that the answer tells."""
    lists = {key: tuple(value) if isinstance(value, list) else value for key, value in body.items()}
    stage.world.change_app(**lists)
    return stage.keys()


def _reset(stage: Stage, _body: Body) -> object:
    stage.reset()
    return {}


def _whole(body: Body, name: str, default: int) -> int:
    value = body.get(name, default)
    if not isinstance(value, int):
        raise ValueError(f'"{name}" must be a whole number')
    return value


ROUTES: Final[dict[tuple[str, str], Callable[[Stage, Body], object]]] = {
    ("GET", "ledger"): _ledger,
    ("GET", "requests"): _requests,
    ("GET", "videos"): _videos,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _clear_faults,
    ("POST", "cut"): _cut,
    ("POST", "clock"): _advance,
    ("POST", "accounts"): _account,
    ("POST", "app"): _app,
    ("POST", "drafts"): _publish_draft,
    ("GET", "webhooks"): _webhooks,
    ("POST", "webhooks"): _send_webhook,
    ("POST", "comments"): _add_comment,
    ("POST", "reset"): _reset,
}
