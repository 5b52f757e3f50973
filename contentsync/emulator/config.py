"""What does the emulator pretend to be? Its app, its accounts, and every choice that TikTok leaves open.

Values only; `world.py` and the endpoint modules use them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

PUBLIC = "PUBLIC_TO_EVERYONE"
FRIENDS = "MUTUAL_FOLLOW_FRIENDS"
FOLLOWERS = "FOLLOWER_OF_CREATOR"
ONLY_ME = "SELF_ONLY"
LEVELS = (PUBLIC, FRIENDS, FOLLOWERS, ONLY_ME)

SCOPES = (
    "user.info.basic",
    "user.info.profile",
    "user.info.stats",
    "video.list",
    "video.publish",
    "video.upload",
)

# Source: Login Kit for Desktop and for Web, "Redirect URI".
REDIRECT_URIS = 10
REDIRECT_LENGTH = 512
DESKTOP_URI = re.compile(r"https?://(?:localhost|127\.0\.0\.1):(?:\*|[0-9]{1,5})(?:/[^?#\s]*)?")
WEB_URI = re.compile(r"https://(?P<host>[^/?#\s@]+)(?:/[^?#\s]*)?")


def is_web_uri(uri: str) -> bool:
    """Whether a Web app may have it: https, not on this machine, without query or fragment."""
    found = WEB_URI.fullmatch(uri)
    return bool(found and not re.match(r"localhost|127\.|\[", found["host"]))


@dataclass(frozen=True, slots=True)
class Comment:
    """What someone wrote under a video, as research sees it.

    id: 0 takes one from the seed. parent: the comment that it replies to, 0 for the video itself. created_at: Unix
    seconds, None is now. hidden: counted by the cursor and not shown, so that a page comes out shorter.
    """

    text: str = ""
    id: int = 0
    parent: int = 0
    like_count: int = 0
    created_at: float | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Video:
    """A post of an account, made through the API or there from the start.

    id: 0 takes one from the seed. created_at: Unix seconds; None is now for one added to a running emulator,
    for the videos of a new account one hour ago, two hours ago, and so on.
    The list shows it while it is public, moderated, not hidden, no photo post, and its account not private.
    """

    caption: str = ""
    id: int = 0
    created_at: float | None = None
    duration: int = 10
    privacy: str = PUBLIC
    moderated: bool = True
    hidden: bool = False
    photo: bool = False
    width: int = 1080
    height: int = 1920
    like_count: int = 0
    comment_count: int = 0
    share_count: int = 0
    view_count: int = 0


@dataclass(frozen=True, slots=True)
class Account:
    """A TikTok account that has let the app in.

    username, nickname, open_id and tokens are made from the name and the seed when empty. options: the
    privacy levels on offer; None follows from `private`. old_app: the owner's TikTok app is older than 31.8.
    posts_per_day, pending_drafts: in any 24 h, None is no cap.
    """

    name: str
    private: bool = False
    username: str = ""
    nickname: str = ""
    open_id: str = ""
    #: The same for all apps of one developer, unlike open_id.
    union_id: str = ""
    access_token: str = ""
    refresh_token: str = ""
    scopes: tuple[str, ...] = SCOPES
    options: tuple[str, ...] | None = None
    max_video_seconds: int = 600
    comment_disabled: bool = False
    duet_disabled: bool = False
    stitch_disabled: bool = False
    banned: bool = False
    old_app: bool = False
    posts_per_day: int | None = 15
    pending_drafts: int | None = 5
    follower_count: int = 0
    following_count: int = 0
    likes_count: int = 0
    #: Seconds from a draft's arrival in the inbox until the creator posts it; None is never.
    posts_drafts_after: float | None = None
    #: The caption that the creator then chooses; empty takes what was sent, as far as TikTok kept it.
    draft_caption: str = ""
    videos: tuple[Video, ...] = ()

    @property
    def privacy_options(self) -> tuple[str, ...]:
        """The levels that creator_info offers. Source: Query Creator Info, "privacy_level_options"."""
        if self.options is not None:
            return self.options
        return (FOLLOWERS, FRIENDS, ONLY_ME) if self.private else (PUBLIC, FRIENDS, ONLY_ME)


@dataclass(frozen=True, slots=True)
class App:
    """The developer's app.

    sandbox_key, sandbox_secret: those of its sandbox, which sees the same accounts. redirect_uris: at most ten; on
    this machine (Desktop) with a port, `*` for any; else https (Web). ValueError for one that TikTok would not
    register. verified: domains (`example.com`, with all below it) and URL prefixes (`https://…/`) that may be pulled
    from; None lets every https host through. posting_users_per_day holds while the app is not audited. research:
    TikTok has approved it for the Research API, so that its client tokens have the scope research.data.basic.
    """

    client_key: str = "awemulator0000000"
    client_secret: str = "emulator-secret-not-a-real-one"  # noqa: S105  (opens nothing but this emulator)
    sandbox_key: str = "sbawemulator00000"
    sandbox_secret: str = "emulator-sandbox-secret-not-a-real-one"  # noqa: S105  (nor does this one)
    audited: bool = True
    verified: tuple[str, ...] | None = None
    scopes: tuple[str, ...] = SCOPES
    redirect_uris: tuple[str, ...] = ("http://127.0.0.1:*/callback/", "http://localhost:*/callback/")
    posting_users_per_day: int | None = 5
    posting_users_audited: int | None = None
    research: bool = False
    #: The accounts that are target users of the sandbox; None is every one. Source: Add a Sandbox.
    sandbox_targets: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if len(self.redirect_uris) > REDIRECT_URIS:
            raise ValueError(f"{len(self.redirect_uris)} redirect URIs; TikTok takes {REDIRECT_URIS}")
        for uri in self.redirect_uris:
            if len(uri) >= REDIRECT_LENGTH or not (DESKTOP_URI.fullmatch(uri) or is_web_uri(uri)):
                raise ValueError(f"TikTok would not register the redirect URI {uri}")

    def secret_of(self, client_key: str) -> str | None:
        """The secret that goes with a client key of this app; None for another's key."""
        return {self.client_key: self.client_secret, self.sandbox_key: self.sandbox_secret}.get(client_key)


@dataclass(frozen=True, slots=True)
class Limits:
    """Calls per token in a sliding minute, for each endpoint apart; None is no limit. Source: Rate limits."""

    init: int | None = 6
    status: int | None = 30
    creator_info: int | None = 20
    display: int | None = 600

    @classmethod
    def off(cls) -> Limits:
        """No limit anywhere."""
        return cls(None, None, None, None)


@dataclass(frozen=True, slots=True)
class Pace:
    """How soon a post gets on.

    After its last byte (or its init, for a pull) a post is still in process for `processing_polls` status
    calls and `processing_seconds`. A public post then gets its id after `moderation_polls` further calls, None
    is never. What nobody asks about is done after `settle_seconds`, and public after as many more.
    pull_bytes: the size of a pulled video.
    """

    processing_polls: int = 1
    processing_seconds: float = 0.0
    moderation_polls: int | None = 1
    settle_seconds: float = 30.0
    pull_bytes: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Fetch:
    """Which URLs of posts are fetched in earnest, and how long that may take.

    what: those on this machine ("loopback"), "all", or "nothing". Those that are not fetched count as had, with
    `Pace.pull_bytes`. seconds: for all files of a post, an hour at TikTok. silence: seconds without any byte.
    """

    what: Literal["loopback", "all", "nothing"] = "loopback"
    seconds: float = 3_600
    silence: float = 30


@dataclass(frozen=True, slots=True)
class Lives:
    """How long things stay good, in seconds. None is for ever."""

    access_token: float = 86_400
    refresh_token: float = 31_536_000
    client_token: float = 7_200
    code: float = 600
    upload_url: float = 3_600
    publish_id: float | None = None
    draft: float | None = None


@dataclass(frozen=True, slots=True)
class Quirks:
    """What TikTok does not document, or does in more than one way. Each default is the likelier reading."""

    #: HTTP status of OAuth errors.
    oauth_status: int = 200
    #: What becomes of PKCE where the redirect URI is that of a Web app: nothing looks at it, it is checked as for a
    #: Desktop app, or the consent page refuses a sign-in that has it.
    web_pkce: Literal["ignored", "checked", "refused"] = "ignored"
    #: Where the consent page tells what is wrong with the request of an app: at its redirect URI, or on a page of its
    #: own, whose address then has the error.
    refusals_shown: Literal["redirect", "page"] = "redirect"
    #: Whether the token endpoint looks at an authorization code before it looks at the client.
    code_before_client: bool = True
    #: Whether user.info.basic is granted with any other scope.
    basic_always: bool = True
    #: What becomes of the refresh tokens of a sandbox.
    sandbox_refresh: Literal["works", "refused"] = "works"
    #: HTTP status of refusals of init and status calls; None is the documented one.
    business_status: int | None = None
    invalid_code: Literal["invalid_params", "invalid_param"] = "invalid_params"
    refresh_rotates: bool = True
    #: Seconds for which a replaced refresh token still works.
    refresh_grace: float = 0.0
    refresh_ends_access: bool = False
    #: The answer to a request for fields that the granted scopes do not cover.
    beyond_scope: Literal["scope_permission_missed", "scope_not_authorized", "silent"] = "scope_not_authorized"
    #: Whether a refusal has an empty `data`: only access_token_invalid, only Display endpoints, none, or every one.
    failure_data: Literal["by_error", "by_family", "absent", "empty"] = "by_error"
    megabyte: Literal["either", "decimal", "binary"] = "either"
    #: What Content-Range of an upload answer tells: the number of bytes, or the index of the last one.
    range_answer: Literal["count", "last"] = "count"
    #: The body of an upload answer with 201, 206 or 416: the JSON word null, or nothing.
    upload_body: Literal["null", "empty"] = "null"
    #: The path of upload URLs. The documentation also shows /upload/ and /video/.
    upload_path: Literal["/upload", "/upload/", "/video/"] = "/upload"
    #: The answer to a chunk that arrived before.
    repeated_chunk: Literal[416, 206] = 416
    expired_upload: Literal["processing", "failed"] = "processing"
    #: What uses up posts_per_day beside the posts that arrived.
    posts_cap_counts: frozenset[Literal["unfinished", "failed"]] = frozenset()
    drafts_cap_counts_unfinished: bool = True
    #: Whether pending_drafts counts the drafts of 24 hours, or all that lie in the inbox.
    drafts_cap: Literal["per_day", "held"] = "per_day"
    #: Whether the sandbox knows an account by another open_id than the app.
    sandbox_open_id: Literal["same", "other"] = "same"
    #: Status calls right after init that do not know the id yet.
    unknown_polls: int = 0
    unknown_code: Literal["invalid_publish_id", "invalid_params"] = "invalid_publish_id"
    #: What the final states of a status call tell beside the status and the post id where there is one: nothing, an
    #: empty list of ids where there is none, or that and the byte counts.
    final_fields: Literal["bare", "empty_list", "full"] = "bare"
    post_id_key: str = "publicaly_available_post_id"
    post_id_shape: Literal["list", "strings", "scalar", "string"] = "list"
    photos_listed: bool = False
    #: UTF-16 units at which the list cuts a caption; None is nowhere.
    listed_units: int | None = 150
    branded_private: Literal["accept", "refuse"] = "accept"
    cancel_uploads: bool = False
    unaudited_drafts: Literal["accept", "refuse"] = "accept"
    #: Whether post.publish.complete is sent for direct posts too.
    complete_for_direct: bool = True


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that one emulator is made from.

    seed: gives ids and tokens; None takes chance ones. default_duration: seconds of a video whose length
    can't be read; duration_of, given (sha256, size), knows better, and its None falls back. auto_consent: the
    account that the consent page signs in without a person. webhook_url: where events are delivered, "" is
    nowhere. faults: as in `faults.parse`. upload_base: how upload URLs begin for whoever reaches the emulator by
    another name; empty is its own address.
    """

    accounts: tuple[Account, ...] = (Account("demo"),)
    app: App = field(default_factory=App)
    limits: Limits = field(default_factory=Limits)
    pace: Pace = field(default_factory=Pace)
    lives: Lives = field(default_factory=Lives)
    fetch: Fetch = field(default_factory=Fetch)
    quirks: Quirks = field(default_factory=Quirks)
    seed: int | str | None = 0
    default_duration: int = 10
    duration_of: Callable[[str, int], float | None] | None = None
    auto_consent: str = ""
    webhook_url: str = ""
    faults: tuple[str, ...] = ()
    upload_base: str = ""
    #: Other names by which the emulator is reached. A request with any other `Host` is refused: a web page that makes
    #: its own name lead to this machine must not steer the emulator.
    hosts: tuple[str, ...] = ()
