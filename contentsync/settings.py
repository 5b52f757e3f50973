"""What does the project file say, once its defaults are filled in? Plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import timedelta
from enum import StrEnum

from contentsync import limits
from contentsync.errors import Place, Problem
from contentsync.frozen import frozen
from contentsync.notices import Recipient
from contentsync.policy_rule import Rule
from contentsync.post import Disclosure, Interaction, Mode
from contentsync.trust import Wanted


@frozen
class Limits:
    """What an account may do; TikTok's own figures unless the project says otherwise."""

    inits_per_minute: int = limits.INITS_PER_MINUTE
    status_per_minute: int = limits.STATUS_PER_MINUTE
    creator_info_per_minute: int = limits.CREATOR_INFO_PER_MINUTE
    posts_per_day: int = limits.POSTS_PER_DAY
    pending_drafts: int = limits.PENDING_DRAFTS
    max_creates_per_run: int = limits.MAX_CREATES_PER_RUN
    max_creates_per_day: int = limits.MAX_CREATES_PER_DAY


@frozen
class Slot:
    """A weekly time: weekday 0 is Monday; hour and minute in the account's zone."""

    weekday: int
    hour: int
    minute: int


@frozen
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


@frozen
class Sandbox:
    """A sandbox of the app, which has keys of its own. None where the environment does not hold them."""

    client_key: str | None = None
    client_secret: str | None = field(default=None, repr=False)


@frozen
class App:
    """The developer's app. client_key and client_secret: None where the environment does not hold them."""

    client_key: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    audited: bool = False
    redirect_uri: str = "http://127.0.0.1:*/callback/"
    posting_users_per_day: int | None = limits.POSTING_USERS_UNAUDITED
    sandbox: Sandbox | None = None


@frozen
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


@frozen
class ApproveBy:
    """`watch.approve` of the project file."""

    way: Approve = Approve.MANUAL
    #: The name of the branch; empty for the other ways.
    branch: str = ""


@frozen
class Watching:
    """When `watch` looks at files, and when it takes them for complete."""

    #: How long file events are gathered before a look.
    debounce: timedelta = timedelta(seconds=2)
    #: How long a file must be unchanged before it is sent.
    settle: timedelta = timedelta(seconds=5)


@frozen
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
    #: What asks for a variable that needs a grant: the key, and the problem to report where its value is needed.
    withheld: tuple[tuple[str, Problem], ...] = ()
    #: What ${NAME} gave and what is never shown, by name.
    hidden: Mapping[str, str] = field(default_factory=dict, repr=False)
    #: Why no secret may go to base_url; None where it may.
    base_url_refused: Problem | None = None
    #: The user, not the project file, chose the place of the state.
    state_by_user: bool = False
    #: The user chose hosting.upload, so that it may lie outside of the project.
    hosting_by_user: bool = True
    #: What needs a grant, and whether the user gave it.
    wanted: Wanted = field(default_factory=Wanted)
    granted: bool = True
    approve_by: ApproveBy = ApproveBy()
    #: How often `apply` is run, as by cron; None where nobody said so.
    run_every: timedelta | None = None
    #: The recipients of notices.
    notify: tuple[Recipient, ...] = ()
    #: What each post must keep.
    policy: tuple[Rule, ...] = ()
    #: The program that may refuse posts, and why it may not run; None where it may.
    policy_cmd: tuple[str, ...] = ()
    policy_cmd_refused: Problem | None = None
