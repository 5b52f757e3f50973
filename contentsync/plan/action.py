"""Which kinds of action exist, what does a plan contain, and what does the planner need to know?

Values only. `views/` and `cli/` show them; `planfile` saves them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import field, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from contentsync.errors import Level, Problem
from contentsync.evidence.identity import Former
from contentsync.evidence.witness import Witness
from contentsync.faulty import Faulty
from contentsync.frozen import frozen
from contentsync.media_urls import Hosting, Look
from contentsync.pause import Pause
from contentsync.policy_rule import Rule
from contentsync.post import DesiredPost, Media, Mode
from contentsync.post_state import Attempt, PostState
from contentsync.remote_post import Creator, RemotePost
from contentsync.settings import Account, App


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


@frozen
class Change:
    """One setting that was edited after it was sent."""

    key: str
    before: object
    after: object


@frozen
class Action:
    """What to do about one post, and why."""

    kind: Kind
    #: The key of the post.
    post: str
    reason: str
    #: FILE:LINE:COL of the manifest; empty without a manifest.
    where: str = ""
    mode: Mode | None = None
    #: The earliest time at which the post can be sent; None for now, or unknown.
    due_at: datetime | None = None
    not_sent: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    #: URLs are without their query, which may contain a key.
    media: tuple[Media, ...] = ()
    problems: tuple[Problem, ...] = ()
    #: Covers the manifest and every byte of its media, as approved; empty without a manifest.
    digest: str = ""
    #: Whether a wait comes from a cap or limit and not from the author, so that something remains undone.
    left: bool = False
    #: The former key of a moved post.
    moved_from: str = ""
    #: The id of the video that the post is bound to.
    adopts: str = ""
    #: What follows a move in the same run. The reason and all other fields then describe both.
    then: Kind | None = None
    #: The settings that are sent with the media, in the manifest's words (DesiredPost.settings_sent).
    sends: Mapping[str, object] = field(default_factory=dict)
    #: Whether a post that waits will be blocked once its time has come, as things are now. No saved plan has this.
    blocked_then: bool = field(default=False, compare=False)
    #: Whether the wait is for another machine, which is sending the post now. No saved plan has this.
    in_other_hands: bool = field(default=False, compare=False)

    @property
    def kinds(self) -> frozenset[Kind]:
        """All kinds of work for the post: the action, and what follows a move."""
        return frozenset({self.kind} if self.then is None else {self.kind, self.then})

    @property
    def account(self) -> str:
        return self.post.partition("/")[0]

    @property
    def blockers(self) -> tuple[Problem, ...]:
        return tuple(p for p in self.problems if p.level is Level.ERROR)


@frozen
class Quota:
    """What an account may still send in its sliding day, before this plan."""

    posts_left: int
    drafts_left: int


@frozen
class AccountView:
    """An account as the plan's header shows it."""

    name: str
    open_id: str | None
    creator: Creator | None
    quota: Quota
    public: bool | None = None
    #: When the public list was last read; None for never.
    list_read_at: datetime | None = None
    #: Whether it is signed in with the app's sandbox.
    sandbox: bool = False


@frozen
class Plan:
    """The ordered, frozen list of actions, and the values that it was made from."""

    created_at: datetime
    expires_at: datetime
    lineage: str
    serial: int
    accounts: tuple[AccountView, ...]
    actions: tuple[Action, ...]
    unchanged: int
    #: A digest over every manifest, every byte of media and the accounts.
    inputs: str
    #: The guards that were lifted.
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


@frozen
class Remote:
    """The public list of an account."""

    videos: tuple[RemotePost, ...] = ()
    #: Videos that are no longer listed, and when they were first missing.
    gone: Mapping[str, datetime] = field(default_factory=dict)
    read_at: datetime | None = None


@frozen
class AccountFacts:
    """All that is known of one account: its settings, identity, rows and public list."""

    account: Account
    #: None if TikTok was never asked.
    open_id: str | None = None
    #: None if TikTok was not asked.
    creator: Creator | None = None
    rows: tuple[PostState, ...] = ()
    bindings: Mapping[str, str] = field(default_factory=dict)
    remote: Remote = Remote()
    #: By post name.
    receipts: Mapping[str, Witness] = field(default_factory=dict)
    #: What this machine's journal says, one for each attempt.
    journal: Sequence[Witness] = ()
    #: Whether the journal knows another state that posts for this open_id.
    noted_elsewhere: bool = False
    #: Whether rows that were left out show that the account has posted before.
    others_show: bool = False
    #: Whether a person has taken in the videos that are older than this state.
    acquainted: bool = False
    #: The names and media of the posts for which existing-posts was not lifted the last time.
    left_out: frozenset[str] = frozenset()
    sandbox: bool = False
    #: TikTok's clock at its last answer; None if it was not asked or did not say.
    tiktok_now: datetime | None = None
    #: The scopes of the token, as TikTok listed them; None if they are not known.
    scopes: frozenset[str] | None = None
    #: Other open_ids under which posts of the account were made.
    formers: Sequence[Former] = ()
    #: When the token was saved; None for a token that was not saved (as in the environment), or no token.
    token_since: datetime | None = None
    #: The step that gives the account another token; empty for a sign-in.
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


@frozen
class Verdict:
    """What the project's own program says about posts."""

    #: Why nothing may be created; None where only single posts are refused.
    every: Problem | None = None
    #: Why a post may not be created, by its key.
    refused: Mapping[str, Problem] = field(default_factory=dict)
    #: The keys of the creates that the program was shown.
    seen: frozenset[str] = frozenset()

    def of(self, key: str) -> Problem | None:
        """Why this post may not be created; None where nothing was said against it."""
        return self.every or self.refused.get(key)


@frozen
class World:
    """Everything that the planner looks at."""

    now: datetime
    accounts: Mapping[str, AccountFacts]
    app: App = field(default_factory=App)
    #: Those of all accounts in the last day, for the caps and the rules about time.
    attempts: tuple[Attempt, ...] = ()
    allow: frozenset[str] = frozenset()
    #: The keys of failed posts that a person asked to retry.
    retry: frozenset[str] = frozenset()
    #: Whether TikTok was asked for this plan.
    refreshed: bool = True
    #: Where local photos get a public address.
    hosting: Hosting = field(default_factory=Hosting)
    #: What addresses answered for this plan, by URL.
    looks: Mapping[str, Look] = field(default_factory=dict)
    lineage: str = ""
    serial: int = 0
    #: Which machine this is, where the state is shared; empty where it is not.
    machine: str = ""
    #: Why the shared state could not be read just now; None where it was, or is not shared.
    behind: Problem | None = None
    #: How long another machine's open attempt is left alone after its last write.
    takeover: timedelta = timedelta(minutes=10)
    #: How often apply is run; None where that is not known.
    run_every: timedelta | None = None
    #: The declared posts that have errors, by the name of their account, which may be one that is not known.
    faulty: Mapping[str, tuple[Faulty, ...]] = field(default_factory=dict)
    #: What fixes a failure of TikTok's, by its code; `photos:CODE` where it is another thing for photos.
    hints: Mapping[str, str] = field(default_factory=dict)
    #: The path of the project within its git repository, with a `/` at its end; empty where both are one folder.
    git_prefix: str = ""
    #: The files that may declare further posts, which could not be read.
    unread: tuple[str, ...] = ()
    #: The rules that each post must keep.
    policy: tuple[Rule, ...] = ()
    #: What the project's own program said about an earlier form of this plan.
    verdict: Verdict = Verdict()
    #: The posts that were left out because they rest (resting.py): the fingerprint of each, by its key.
    resting: Mapping[str, str] = field(default_factory=dict)


_ASKED: Final = tuple(f.name for f in fields(DesiredPost) if f.name not in {"where", "places", "lists_photos"})


def fingerprint(post: DesiredPost) -> str:
    """One digest over all that a manifest asks for, including schedule and generation, but not its place."""
    values = {name: getattr(post, name) for name in _ASKED}
    values["media"] = [(item.path, item.identity) for item in post.media]
    for name in ("allow", "disclosure"):
        values[name] = sorted(values[name])
    return "sha256:" + hashlib.sha256(_AS_TEXT(values).encode()).hexdigest()


_AS_TEXT: Final = json.JSONEncoder(sort_keys=True, ensure_ascii=True, default=str).encode


def inputs_digest(posts: Mapping[str, str], accounts: Mapping[str, str | None]) -> str:
    """One value over all fingerprints by key and all identities by account name."""
    text = json.dumps([sorted(posts.items()), sorted(accounts.items())], ensure_ascii=True)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
