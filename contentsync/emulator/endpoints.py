"""Which path leads to which endpoint? TikTok's endpoints, and what all endpoints of one family check first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from contentsync.emulator import consent, display, oauth, posting, research
from contentsync.emulator.faults import INITS
from contentsync.emulator.message import Request, Response, as_json, envelope, flat
from contentsync.emulator.refusal import STATUSES, OAuthRefused, Refused
from contentsync.emulator.tokens import Grant
from contentsync.emulator.world import World

Answer = Callable[[World, Request], Response]
UPLOAD_PATHS: Final = frozenset({"/upload", "/upload/", "/video/"})


@dataclass(frozen=True, slots=True)
class Api:
    """An endpoint of the envelope kind. scopes: one is needed. limit: its field in Limits, "" is none."""

    name: str
    path: str
    handler: Callable[[World, Grant, Request], Mapping[str, object] | None]
    scopes: tuple[str, ...]
    limit: Literal["init", "status", "creator_info", "display", ""]
    method: str = "POST"

    def answer(self, world: World, request: Request) -> Response:
        """Token, scope, rate, and then the endpoint's own work."""
        log_id = world.ids.log_id(world.now())
        try:
            grant = world.tokens.check(request.bearer)
            if not set(self.scopes) & set(grant.scopes):
                raise Refused("scope_not_authorized")
            limit = getattr(world.config.limits, self.limit) if self.limit else None
            world.take_call(self.name, request.bearer, limit)
            return envelope(log_id, self.handler(world, grant, request))
        except Refused as err:
            return _refusal(self, world, log_id, err)


@dataclass(frozen=True, slots=True)
class Research:
    """An endpoint that the app calls for itself, with a client token."""

    name: str
    path: str
    handler: Callable[[World, Request], Mapping[str, object]]
    scopes: tuple[str, ...]
    limit: Literal[""] = ""
    method: str = "POST"

    def answer(self, world: World, request: Request) -> Response:
        """Token, approval, and then the endpoint's own work."""
        log_id = world.ids.log_id(world.now())
        try:
            world.tokens.check_client(request.bearer)
            if not world.config.app.research:
                raise Refused("scope_not_authorized")
            return envelope(log_id, self.handler(world, request))
        except Refused as err:
            return _refusal(self, world, log_id, err)


def _refusal(endpoint: Api | Research, world: World, log_id: str, err: Refused) -> Response:
    quirks = world.config.quirks
    code = quirks.invalid_code if err.code == "invalid_params" else err.code
    status = err.status or STATUSES.get(code, 400)
    if quirks.business_status and status in (400, 403) and endpoint.name in INITS | {"status"}:
        status = quirks.business_status
    empty = {
        "by_error": code == "access_token_invalid",
        "by_family": endpoint.limit == "display",
        "absent": False,
        "empty": True,
    }[quirks.failure_data]
    return envelope(log_id, {} if empty else None, code, err.message, status)


@dataclass(frozen=True, slots=True)
class OAuth:
    """An endpoint of the flat kind."""

    name: str
    path: str
    handler: Callable[[World, Request], Mapping[str, object] | None]
    method: str = "POST"

    def answer(self, world: World, request: Request) -> Response:
        try:
            found = self.handler(world, request)
        except OAuthRefused as err:
            status = world.config.quirks.oauth_status
            return flat(world.ids.log_id(world.now()), err.error, err.description, status)
        return Response(200) if found is None else as_json(200, found)


@dataclass(frozen=True, slots=True)
class Page:
    """An endpoint that a browser visits."""

    name: str
    path: str
    handler: Answer
    method: str = "GET"

    def answer(self, world: World, request: Request) -> Response:
        return self.handler(world, request)


Endpoint = Api | Research | OAuth | Page

USER = ("user.info.basic", "user.info.profile", "user.info.stats")
EITHER = ("video.publish", "video.upload")

ENDPOINTS: Final[dict[str, Endpoint]] = {
    endpoint.path: endpoint
    for endpoint in (
        OAuth("token", "/v2/oauth/token/", oauth.token),
        OAuth("revoke", "/v2/oauth/revoke/", oauth.revoke),
        Page("authorize", "/v2/auth/authorize/", consent.authorize),
        Api("user_info", "/v2/user/info/", display.user_info, USER, "display", "GET"),
        Api("video_list", "/v2/video/list/", display.video_list, ("video.list",), "display"),
        Api("video_query", "/v2/video/query/", display.video_query, ("video.list",), "display"),
        Api(
            "creator_info",
            "/v2/post/publish/creator_info/query/",
            posting.creator_info,
            ("video.publish",),
            "creator_info",
        ),
        Api("video_init", "/v2/post/publish/video/init/", posting.video_init, ("video.publish",), "init"),
        Api("inbox_init", "/v2/post/publish/inbox/video/init/", posting.inbox_init, ("video.upload",), "init"),
        Api("photo_init", "/v2/post/publish/content/init/", posting.photo_init, EITHER, "init"),
        Api("status", "/v2/post/publish/status/fetch/", posting.status, EITHER, "status"),
        Api("cancel", "/v2/post/publish/cancel/", posting.cancel, EITHER, ""),
        Research("comment_list", "/v2/research/video/comment/list/", research.comment_list, ("research.data.basic",)),
    )
}
