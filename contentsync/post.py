"""What is a post? Its key, its declared content, its row in the state, and its video at TikTok.

Plain values; other modules read them from YAML, SQLite and HTTP. Times are aware UTC datetimes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self

from contentsync import limits
from contentsync.errors import Place, Problem
from contentsync.lifecycle import OPEN, SUCCESS, Event, Phase, advance
from contentsync.notices import Recipient
from contentsync.policy_rule import Rule
from contentsync.trust import Wanted


class Mode(StrEnum):
    """What a post does: publish directly, or put a draft into the creator's inbox."""

    DIRECT = "direct"
    DRAFT = "draft"


class Privacy(StrEnum):
    """Who may see a direct post."""

    EVERYONE = "everyone"
    FRIENDS = "friends"
    FOLLOWERS = "followers"
    ONLY_ME = "only_me"


class Interaction(StrEnum):
    """What viewers may do with a post."""

    COMMENT = "comment"
    DUET = "duet"
    STITCH = "stitch"


class Disclosure(StrEnum):
    """What a post advertises."""

    YOUR_BRAND = "your_brand"
    BRANDED_CONTENT = "branded_content"


class Kind(StrEnum):
    """What a post is made of."""

    VIDEO = "video"
    PHOTOS = "photos"


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """The facts in a media file's content; None for a fact that could not be read.

    container: mp4, mov, webm, jpeg, webp … by content, never by the file's name. codec: h264, h265, vp8, vp9 …
    duration: seconds. frame_rate: frames a second.
    """

    container: str | None = None
    codec: str | None = None
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    frame_rate: float | None = None


ABSENT: Final = "absent"


@dataclass(frozen=True, slots=True)
class Media:
    """One file or URL of a post.

    path: relative to the project's root, with `/`; empty for a URL. url: empty for a file.
    sha256: hex of the whole file; empty for a URL. size: bytes; 0 for a URL.
    facts: None where no probe was possible ("not checked").
    """

    path: str = ""
    url: str = ""
    sha256: str = ""
    size: int = 0
    facts: MediaFacts | None = None
    #: What keeps the file elsewhere (`lfs`), so that only its digest and size are here, or `absent`; empty for the
    #: file itself. Only a post that is settled, or faulty, has absent media.
    pointer: str = ""

    @property
    def identity(self) -> str:
        """Identifies the bytes: the digest of a file, the address of a URL."""
        return self.sha256 or self.url


@dataclass(frozen=True, slots=True)
class DesiredPost:
    """One post as a manifest asks for it, for one account.

    publish_at: None for now. next_slot: publish_at is the account's next free slot.
    grace: how long after publish_at it may still be sent. expires_at: ends the window instead of grace.
    cover: milliseconds into a video, or the index of a photo; None for TikTok's choice.
    post_id: an existing TikTok post that this manifest is bound to; such a post is never sent.
    places: where each key of the manifest is, for messages.
    """

    account: str
    name: str
    kind: Kind = Kind.VIDEO
    mode: Mode = Mode.DRAFT
    media: tuple[Media, ...] = ()
    caption: str = ""
    title: str = ""
    privacy: Privacy | None = None
    allow: frozenset[Interaction] = frozenset()
    disclosure: frozenset[Disclosure] = frozenset()
    ai_generated: bool = False
    auto_music: bool = False
    cover: int | None = None
    publish_at: datetime | None = None
    next_slot: bool = False
    grace: timedelta = timedelta(hours=1)
    expires_at: datetime | None = None
    hold: bool = False
    generation: int = 1
    moved_from: str | None = None
    post_id: str | None = None
    where: Place = field(default_factory=lambda: Place("", 1, 1))
    places: tuple[tuple[str, Place], ...] = ()
    #: Whether the manifest lists its photos one by one, and names no folder.
    lists_photos: bool = False

    @property
    def key(self) -> str:
        return f"{self.account}/{self.name}"

    @property
    def pulls(self) -> bool:
        """Whether TikTok fetches the media by itself, so that init is the commit point."""
        return self.kind is Kind.PHOTOS or any(item.url for item in self.media)

    def place_of(self, key: str) -> Place:
        """The place of `key` in the manifest, or the manifest's first line."""
        return dict(self.places).get(key, self.where)

    @property
    def media_digest(self) -> str:
        """Identifies these media in their order; empty for a bound post without media."""
        return _sha256([item.identity for item in self.media]) if self.media else ""

    @property
    def digest(self) -> str:
        """What was asked of TikTok, as one value: differs exactly when something that is sent differs.

        Neither the name, the schedule nor the path of a file counts.
        """
        return _sha256(self.sent_values())

    def sent_values(self) -> dict[str, object]:
        """All that goes to TikTok, in the manifest's words: the mode, the media by their digest, the settings."""
        media = [item.identity for item in self.media]
        return {"kind": self.kind, "mode": self.mode, "media": media} | self.settings_sent()

    def settings_sent(self) -> dict[str, object]:
        """What goes to TikTok beside the media. A video draft is sent without texts, a photo draft with its texts."""
        photos = self.kind is Kind.PHOTOS
        texts: dict[str, object] = {"caption": self.caption}
        if photos:
            texts["title"] = self.title
        if self.mode is Mode.DRAFT:
            return texts | {"cover": self.cover} if photos else {}
        return texts | {
            "privacy": self.privacy,
            "allow": sorted(self.allow),
            "disclosure": sorted(self.disclosure),
            "ai_generated": self.ai_generated,
            "cover": self.cover,
            **({"auto_music": self.auto_music} if photos else {}),
        }

    def settings_not_sent(self) -> tuple[str, ...]:
        """The keys that the author gave and that this mode does not carry to TikTok, in the manifest's words."""
        if self.mode is Mode.DIRECT:
            return ()
        given = {
            "title": bool(self.title),
            "caption": bool(self.caption),
            "privacy": self.privacy is not None,
            "allow": bool(self.allow),
            "disclosure": bool(self.disclosure),
            "ai_generated": self.ai_generated,
            "auto_music": self.auto_music,
            "cover": self.cover is not None,
        }
        sent = self.settings_sent()
        return tuple(name for name, is_given in given.items() if is_given and name not in sent)


def _sha256(value: object) -> str:
    return hashlib.sha256(_AS_TEXT(value).encode()).hexdigest()


_AS_TEXT: Final = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), sort_keys=True).encode


BY_HAND: Final = "by-hand"  # the run of an attempt that only records a person's word


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to publish a post, as its row in the state describes it.

    digest: DesiredPost.digest at the time. sent: DesiredPost.sent_values as JSON. upload_url: only while it is
    of use; never shown (it bears a token).
    last_put_at: when the PUT with the last byte was about to start; from then on it may be live.
    tiktok_opened_at: when TikTok gave the upload address, by its own clock; None where it did not say.
    number: counts the attempts of a post from 1. version: counts the writes of the row; an older one is refused.
    sent_bytes: what TikTok acknowledged. wire_bytes, wire_sha256: how many of the file's first bytes went out or may
    have gone out, and their digest; on disk before the chunk that ends there is sent.
    retry: whether a definite failure may be followed by a new attempt without a person. not_before: the earliest
    time for that.
    """

    id: str
    post_uid: str
    open_id: str
    generation: int
    phase: Phase
    mode: Mode
    pulls: bool
    digest: str
    media_digest: str
    sha256: str
    size: int
    created_at: datetime
    updated_at: datetime
    run_id: str = ""
    plan_digest: str = ""
    sent: str = "{}"
    caption: str = ""
    privacy: str = ""
    duration: float | None = None
    init_sent_at: datetime | None = None
    publish_id: str = ""
    upload_url: str = field(default="", repr=False)
    upload_expires_at: datetime | None = None
    chunk_size: int = 0
    chunk_count: int = 0
    sent_bytes: int = 0
    last_put_at: datetime | None = None
    finished_at: datetime | None = None
    post_id: str = ""
    problem_code: str = ""
    problem_what: str = ""
    log_id: str = ""
    retry: bool = False
    not_before: datetime | None = None
    number: int = 0
    version: int = 0
    tiktok_opened_at: datetime | None = None
    wire_bytes: int = 0
    wire_sha256: str = ""
    #: The machine that began it, where the state is shared; empty where it is not.
    machine: str = ""

    def after(self, event: Event, now: datetime, **changes: Any) -> Self:
        """This attempt once `event` is known. Raises ImpossibleEvent where the table has no such step."""
        phase = advance(self.phase, event)
        ended = None if phase in OPEN else (self.finished_at or now)
        steps: dict[str, Any] = {"phase": phase, "updated_at": now, "finished_at": ended}
        return replace(self, **(steps | changes))

    def noting(self, now: datetime, **changes: Any) -> Self:
        """This attempt with more known of it, in the same phase."""
        return replace(self, updated_at=now, **changes)

    @property
    def is_open(self) -> bool:
        return self.phase in OPEN

    @property
    def is_photos(self) -> bool:
        """Whether it was a photo post, as far as what it sent is on record."""
        try:
            told = json.loads(self.sent)
        except ValueError:
            return False
        return isinstance(told, dict) and told.get("kind") == Kind.PHOTOS

    @property
    def may_be_live(self) -> bool:
        """Whether the commit point was passed: after it only evidence allows a new attempt."""
        return self.last_put_at is not None or (self.pulls and self.init_sent_at is not None)


@dataclass(frozen=True, slots=True)
class PostState:
    """What the state knows of one post.

    attempts: all of them, oldest first. slot_at: the slot that was given out, and slot_rule by which slots of the
    account (plan.schedule.rule_of); empty where an older version gave it out. acked_digest: an edit after
    publication that a person accepted. bound_post_id: an existing video bound to it by hand or by import.
    removed_at: a tombstone. public_at: when it was last seen in the public list. edited_media: what its manifest had
    in the place of the media that were sent, whenever an apply looked: digests, parted by blanks.
    """

    uid: str
    open_id: str
    name: str
    account: str
    generation: int = 1
    attempts: tuple[Attempt, ...] = ()
    media_digest: str = ""
    slot_at: datetime | None = None
    acked_digest: str = ""
    bound_post_id: str = ""
    removed_at: datetime | None = None
    public_at: datetime | None = None
    edited_media: str = ""
    slot_rule: str = ""

    @property
    def key(self) -> str:
        return f"{self.account}/{self.name}"

    @property
    def last(self) -> Attempt | None:
        return self.attempts[-1] if self.attempts else None

    @property
    def success(self) -> Attempt | None:
        """The newest attempt that ended as a post or a draft."""
        return next((a for a in reversed(self.attempts) if a.phase in SUCCESS), None)

    @property
    def post_id(self) -> str:
        done = self.success
        return (done.post_id if done else "") or self.bound_post_id


@dataclass(frozen=True, slots=True)
class RemotePost:
    """One public video as TikTok lists it. caption: cut at 150 units. duration: whole seconds."""

    post_id: str
    created_at: datetime
    caption: str = ""
    title: str = ""
    duration: int = 0
    url: str = ""


@dataclass(frozen=True, slots=True)
class Creator:
    """What TikTok says about an account now, from new requests.

    privacy: the levels that TikTok offers; None where it was not asked or may not be (no video.publish).
    stop: a code that forbids posting now (spam_risk_…, reached_active_user_cap), with its words.
    denied: scopes that these calls needed and the token lacks. list_unread: why the public list could not be read,
    where not for lack of its scope.
    """

    open_id: str
    nickname: str = ""
    username: str = ""
    privacy: tuple[Privacy, ...] | None = None
    disabled: frozenset[Interaction] = frozenset()
    max_seconds: int | None = None
    stop: str = ""
    stop_what: str = ""
    denied: frozenset[str] = frozenset()
    list_unread: str = ""
    #: One for each developer; empty where TikTok did not give it.
    union_id: str = ""

    @property
    def is_public(self) -> bool | None:
        """Whether the account is public; None where TikTok did not say.

        Source: Query Creator Info: only public accounts are offered PUBLIC_TO_EVERYONE.
        """
        return Privacy.EVERYONE in self.privacy if self.privacy else None


@dataclass(frozen=True, slots=True)
class Limits:
    """What an account may do; TikTok's own figures unless the project says otherwise."""

    inits_per_minute: int = limits.INITS_PER_MINUTE
    status_per_minute: int = limits.STATUS_PER_MINUTE
    creator_info_per_minute: int = limits.CREATOR_INFO_PER_MINUTE
    posts_per_day: int = limits.POSTS_PER_DAY
    pending_drafts: int = limits.PENDING_DRAFTS
    max_creates_per_run: int = limits.MAX_CREATES_PER_RUN
    max_creates_per_day: int = limits.MAX_CREATES_PER_DAY


@dataclass(frozen=True, slots=True)
class Slot:
    """A weekly time: weekday 0 is Monday; hour and minute in the account's zone."""

    weekday: int
    hour: int
    minute: int


@dataclass(frozen=True, slots=True)
class Account:
    """An account as the project file declares it. timezone: an IANA name."""

    name: str
    open_id: str | None = None
    token_command: tuple[str, ...] = ()
    mode: Mode | None = None
    timezone: str = "UTC"
    paused: bool = False
    slots: tuple[Slot, ...] = ()
    limits: Limits = Limits()
    #: Why token_command may not run; None where it may.
    command_refused: Problem | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A sandbox of the app, which has keys of its own. None where the environment does not hold them."""

    client_key: str | None = None
    client_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class App:
    """The developer's app. client_key and client_secret: None where the environment does not hold them."""

    client_key: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    audited: bool = False
    redirect_uri: str = "http://127.0.0.1:*/callback/"
    posting_users_per_day: int | None = limits.POSTING_USERS_UNAUDITED
    sandbox: Sandbox | None = None


@dataclass(frozen=True, slots=True)
class Defaults:
    """What manifests may leave out. Never privacy: it is chosen for each post."""

    allow: frozenset[Interaction] = frozenset()
    disclosure: frozenset[Disclosure] = frozenset()
    ai_generated: bool = False
    mode: Mode | None = None
    grace: timedelta = timedelta(hours=1)


class Approve(StrEnum):
    """By which way posts come to be approved for `watch` and `apply --approved`."""

    #: A person approves each post: `contentsync approve`, the prompt, a saved plan.
    MANUAL = "manual"
    #: Whoever writes the files approves them.
    AUTO = "auto"
    #: Whoever merges into a branch of the remote approves what it declares.
    BRANCH = "branch"


@dataclass(frozen=True, slots=True)
class ApproveBy:
    """`watch.approve` of the project file."""

    way: Approve = Approve.MANUAL
    #: The name of the branch; empty for the other ways.
    branch: str = ""


@dataclass(frozen=True, slots=True)
class Watching:
    """When `watch` looks at files, and when it takes them for complete."""

    #: How long file events are gathered before a look.
    debounce: timedelta = timedelta(seconds=2)
    #: How long a file must be unchanged before it is sent.
    settle: timedelta = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Settings:
    """The project file, with its defaults filled in and ${NAME} read.

    unset: the ${NAME}s that the environment does not hold: the name, the key that wants it (`app.client_key`), and
    where it stands.
    """

    manifests: tuple[str, ...] = ("posts/**/*.yaml", "posts/**/*.yml", "posts/**/*.md")
    state: str = ".contentsync/state.db"
    #: How long another machine's open attempt is left alone after its last write.
    takeover: timedelta = timedelta(minutes=10)
    receipts: bool = True
    timezone: str = "UTC"
    app: App = App()
    accounts: dict[str, Account] = field(default_factory=dict)
    base_url: str = "https://open.tiktokapis.com"
    poll_initial: timedelta = timedelta(seconds=2)
    poll_max: timedelta = timedelta(seconds=30)
    hosting_base_url: str = ""
    hosting_upload: str = ""
    hosting_verified: tuple[str, ...] | None = None
    watching: Watching = Watching()
    unset: tuple[tuple[str, str, Place], ...] = ()
    defaults: Defaults = Defaults()
    #: What asks for a variable that needs a grant: the key, and the problem to tell where its value is needed.
    withheld: tuple[tuple[str, Problem], ...] = ()
    #: What ${NAME} gave and what is never shown, by name.
    hidden: Mapping[str, str] = field(default_factory=dict, repr=False)
    #: Why no secret may go to base_url; None where it may.
    base_url_refused: Problem | None = None
    #: The user, and not the project file, said where the state lies.
    state_by_user: bool = False
    #: The user chose hosting.upload, so that it may lie outside of the project.
    hosting_by_user: bool = True
    #: What needs a grant, and whether the user gave it.
    wanted: Wanted = field(default_factory=Wanted)
    granted: bool = True
    approve_by: ApproveBy = ApproveBy()
    #: How often `apply` is run, as by cron; None where nobody said so.
    run_every: timedelta | None = None
    #: Who is told what happens.
    notify: tuple[Recipient, ...] = ()
    #: What each post must keep.
    policy: tuple[Rule, ...] = ()
    #: The program that may refuse posts, and why it may not run; None where it may.
    policy_cmd: tuple[str, ...] = ()
    policy_cmd_refused: Problem | None = None
