"""Which kinds of action exist, what does a plan contain, and what does the planner need to know?

Values only. `views/` and `cli/` show them; `planfile` saves them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from contentsync.errors import Level, Problem
from contentsync.evidence.identity import Former
from contentsync.evidence.witness import Witness
from contentsync.faulty import Faulty
from contentsync.media_urls import Hosting, Look
from contentsync.pause import Pause
from contentsync.post import Account, App, Attempt, Creator, DesiredPost, Media, Mode, PostState, RemotePost


class Kind(StrEnum):
    """What a plan can ask for; one a post."""

    CREATE = "create"
    RESUME = "resume"
    ADOPT = "adopt"
    MOVE = "move"
    WAIT = "wait"
    BLOCKED = "blocked"
    FROZEN = "frozen"
    UNKNOWN = "unknown"
    DRIFT = "drift"
    FORGET = "forget"
    UNCHANGED = "unchanged"


DOES_SOMETHING: Final = frozenset({Kind.CREATE, Kind.RESUME, Kind.ADOPT, Kind.MOVE})

GUARDS: Final = ("max-creates-per-run", "max-creates-per-day", "same-media", "lookalike", "existing-posts")


@dataclass(frozen=True, slots=True)
class Change:
    """One setting that was edited after it was sent."""

    key: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class Action:
    """What is to be done about one post, and why.

    post: its key. where: FILE:LINE:COL of the manifest, empty where there is none. due_at: the earliest time at
    which it can be sent; None for now, or unknown. media: URLs without their query, which may hold a key.
    digest: what was approved, of the manifest and every byte of its media; empty where there is no manifest.
    left: a wait that is no plan of the author's (a cap, a limit), so that something is left undone.
    moved_from: the key it had. adopts: the video it is bound to.
    then: of a move, what follows it in the same run; the reason and all but the kind tell of both.
    sends: what goes to TikTok beside the media, in the manifest's words (DesiredPost.settings_sent).
    """

    kind: Kind
    post: str
    reason: str
    where: str = ""
    mode: Mode | None = None
    due_at: datetime | None = None
    not_sent: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    media: tuple[Media, ...] = ()
    problems: tuple[Problem, ...] = ()
    digest: str = ""
    left: bool = False
    moved_from: str = ""
    adopts: str = ""
    then: Kind | None = None
    sends: Mapping[str, object] = field(default_factory=dict)

    @property
    def kinds(self) -> frozenset[Kind]:
        """All that is to be done about the post."""
        return frozenset({self.kind} if self.then is None else {self.kind, self.then})

    @property
    def account(self) -> str:
        return self.post.partition("/")[0]

    @property
    def blockers(self) -> tuple[Problem, ...]:
        return tuple(p for p in self.problems if p.level is Level.ERROR)


@dataclass(frozen=True, slots=True)
class Quota:
    """What an account may still send in its sliding day, before this plan."""

    posts_left: int
    drafts_left: int


@dataclass(frozen=True, slots=True)
class AccountView:
    """What the plan's header tells of an account.

    list_read_at: the age of the remote list; None for never read. sandbox: it is signed in with the app's sandbox.
    """

    name: str
    open_id: str | None
    creator: Creator | None
    quota: Quota
    public: bool | None = None
    list_read_at: datetime | None = None
    sandbox: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The ordered, frozen list of actions, and what it was made from.

    inputs: a digest over every manifest, every byte of media and the accounts. allow: the guards that were lifted.
    """

    created_at: datetime
    expires_at: datetime
    lineage: str
    serial: int
    accounts: tuple[AccountView, ...]
    actions: tuple[Action, ...]
    unchanged: int
    inputs: str
    allow: tuple[str, ...] = ()
    notes: tuple[Problem, ...] = ()

    def count(self, kind: Kind) -> int:
        return self.unchanged if kind is Kind.UNCHANGED else sum(action.kind is kind for action in self.actions)

    @property
    def summary(self) -> dict[str, int]:
        """How many actions there are of each kind, also where there are none."""
        return {kind.value: self.count(kind) for kind in Kind}

    @property
    def does_something(self) -> bool:
        return any(action.kind in DOES_SOMETHING for action in self.actions)


@dataclass(frozen=True, slots=True)
class Remote:
    """The public list of an account. gone: videos that were listed once, and when they were found missing."""

    videos: tuple[RemotePost, ...] = ()
    gone: Mapping[str, datetime] = field(default_factory=dict)
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """All that is known of one account: its settings, its identity, its rows, its remote list.

    open_id: None where it was never asked. creator: None where TikTok was not asked.
    tiktok_now: TikTok's clock at its last answer; None where it was not asked or did not say.
    receipts: by post name. journal: this machine's, one an attempt. noted_elsewhere: it knows another state of this
    open_id. acquainted: a person took note of what was there before this state.
    left_out: the names and media of the posts that were not among those for which existing-posts
    was lifted last. scopes: what the token grants, as TikTok said when it gave it; None where that is not known.
    formers: other open_ids under which posts of the account were made. token_since: when the token was saved; None
    for one that was not, as of the environment, or where none was used.
    how_to_renew: the step that gives the account another token; empty for a sign-in.
    """

    account: Account
    open_id: str | None = None
    creator: Creator | None = None
    rows: tuple[PostState, ...] = ()
    bindings: Mapping[str, str] = field(default_factory=dict)
    remote: Remote = Remote()
    receipts: Mapping[str, Witness] = field(default_factory=dict)
    journal: Sequence[Witness] = ()
    noted_elsewhere: bool = False
    acquainted: bool = False
    left_out: frozenset[str] = frozenset()
    sandbox: bool = False
    tiktok_now: datetime | None = None
    scopes: frozenset[str] | None = None
    formers: Sequence[Former] = ()
    token_since: datetime | None = None
    how_to_renew: str = ""
    #: By a person, with `contentsync pause`; not the project file's `paused`.
    pause: Pause | None = None

    def grants(self, scope: str) -> bool | None:
        """Whether the token has the scope; None where that is not known."""
        if self.creator is not None and scope in self.creator.denied:
            return False
        return None if self.scopes is None else scope in self.scopes

    @property
    def renewal(self) -> str:
        """The step that gives the account another token, as it is put into a hint."""
        return self.how_to_renew or f"contentsync login {self.account.name}"


@dataclass(frozen=True, slots=True)
class World:
    """What the planner looks at. attempts: those of all accounts in the last 24 hours, for the caps.

    retry: keys of failed posts that a person asked to try again. refreshed: TikTok was asked just now.
    hosting: where local photos get a public address. looks: what addresses answered just now, by URL.
    """

    now: datetime
    accounts: Mapping[str, AccountFacts]
    app: App = field(default_factory=App)
    attempts: tuple[Attempt, ...] = ()
    allow: frozenset[str] = frozenset()
    retry: frozenset[str] = frozenset()
    refreshed: bool = True
    hosting: Hosting = field(default_factory=Hosting)
    looks: Mapping[str, Look] = field(default_factory=dict)
    lineage: str = ""
    serial: int = 0
    #: Which machine this is, where the state is shared; empty where it is not.
    machine: str = ""
    #: Why the shared state could not be read just now; None where it was, or is not shared.
    behind: Problem | None = None
    #: How long another machine's open attempt is left alone after its last write.
    takeover: timedelta = timedelta(minutes=10)
    #: The declared posts that have errors, by the name of their account, which may be one that is not known.
    faulty: Mapping[str, tuple[Faulty, ...]] = field(default_factory=dict)
    #: What fixes a failure of TikTok's, by its code; `photos:CODE` where it is another thing for photos.
    hints: Mapping[str, str] = field(default_factory=dict)
    #: The files that may declare further posts, which could not be read.
    unread: tuple[str, ...] = ()


_ASKED: Final = tuple(f.name for f in fields(DesiredPost) if f.name not in {"where", "places"})


def fingerprint(post: DesiredPost) -> str:
    """All that a manifest asks for, schedule and generation included, as one value, wherever it stands."""
    values = {name: getattr(post, name) for name in _ASKED}
    values["media"] = [(item.path, item.identity) for item in post.media]
    for name in ("allow", "disclosure"):
        values[name] = sorted(values[name])
    text = json.dumps(values, sort_keys=True, ensure_ascii=True, default=str)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def inputs_digest(posts: Mapping[str, str], accounts: Mapping[str, str | None]) -> str:
    """One value over all fingerprints by key and all identities by account name."""
    text = json.dumps([sorted(posts.items()), sorted(accounts.items())], ensure_ascii=True)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
