"""What every backend of the state offers. The rest of the code knows these calls, and no driver.

A change is on disk before its call returns. Each change repeats its whole precondition and answers whether it was
made: a row that was changed meanwhile raises Conflict, and nothing is overwritten. That rule, and the constraints of
the schema, carry the guarantees; the lock only saves work that would be refused.

Raises StoreError, everywhere: the state can't be read or written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from contentsync.approval import Approval
from contentsync.calendar_entry import Shown
from contentsync.clock import Clock
from contentsync.errors import Problem
from contentsync.evidence.identity import Identity, Witnessed
from contentsync.figures import Figures
from contentsync.notices import Notice
from contentsync.pause import Pause
from contentsync.post import Attempt, Creator, DesiredPost, Mode, PostState, RemotePost
from contentsync.stored_event import EventState, RemovedAccess, StoredEvent

#: A post, and the slot that it gets.
Pin = tuple[DesiredPost, datetime]


class Conflict(Exception):
    """The state changed meanwhile: read it again, then decide again."""


class AttemptOpen(Conflict):
    """The post has an open or unknown attempt, or a success of this generation: no second one may begin."""


class Overtaken(Conflict):
    """Another machine wrote to a shared state since the decision to begin was made: nothing of ours is left there."""


class Superseded(Conflict):
    """The row was changed by someone else since it was read."""


def moved(place: str, to: str) -> Problem:
    """Why a state that was moved refuses to work."""
    what = f"the state at {place} moved to {to}, and is closed"
    return Problem("state-moved", what, f"write `state: {to}` in contentsync.yaml")


@dataclass(frozen=True, slots=True)
class HostedObject:
    """One object that contentsync uploaded, or began to upload, for TikTok to fetch."""

    #: `hosting.upload` at that time.
    place: str
    #: Its name at the place: `<sha256>.jpg`.
    name: str
    size: int
    #: The key of the post that it was put there for.
    post: str
    #: The identity that the post belongs to.
    open_id: str
    begun_at: datetime
    #: None where the transfer was cut off, or goes on.
    uploaded_at: datetime | None = None

    @property
    def sha256(self) -> str:
        return self.name.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Shared:
    """What posts may have in common with others: any of it makes them kin."""

    #: As DesiredPost.media_digest.
    media: frozenset[str]
    #: Ids of videos.
    videos: frozenset[str]
    #: Ids and publish_ids of attempts.
    tried: frozenset[str]


class Hosted(Protocol):
    """The objects that contentsync uploaded for TikTok to fetch. Only objects recorded here are ever deleted."""

    def find(self, place: str, name: str) -> HostedObject | None: ...

    def all(self) -> list[HostedObject]:
        """Every object on record, oldest first."""
        ...

    def begin(self, found: HostedObject) -> None:
        """Record that an object is sent next."""
        ...

    def done(self, place: str, name: str, now: datetime) -> None:
        """Record that the object is there, whole."""
        ...

    def drop(self, place: str, name: str) -> None:
        """Record that the object is gone."""
        ...


class Events(Protocol):
    """What TikTok pushed, and what events say. The newest word wins by its own time, not by when it came."""

    def add(self, event: StoredEvent) -> bool:
        """Keep an event; False where the same bytes are there already."""
        ...

    def due(self, now: datetime) -> list[StoredEvent]:
        """What must be worked on by now, in the order in which it happened."""
        ...

    def next_due(self) -> datetime | None: ...

    def settle(self, event: StoredEvent, state: EventState, outcome: str, due_at: datetime) -> bool:
        """Record the outcome of an event; False where another process has done so since it was read."""
        ...

    def all(self) -> list[StoredEvent]:
        """Every event, oldest delivery first."""
        ...

    def attempt(self, open_id: str, publish_id: str) -> Attempt | None:
        """The one attempt of this publish_id. open_id: empty where the event does not name one."""
        ...

    def tell_visibility(self, open_id: str, post_id: str, visible: bool, at: datetime) -> None: ...

    def told_gone(self, open_id: str) -> dict[str, datetime]:
        """Videos that are public no more and were never listed: post_id to the time."""
        ...

    def remove_access(self, open_id: str, removed: RemovedAccess) -> None: ...

    def removed_access(self, open_id: str) -> RemovedAccess | None: ...


class Accounts(Protocol):
    """Which TikTok account each account of the project is."""

    def witnessed(self) -> list[Witnessed]:
        """Every identity that posts were made under, by the account's name at that time."""
        ...

    def identity(self, open_id: str) -> Identity:
        """The identity with all that TikTok said of it."""
        ...

    def pinned(self, account: str) -> str:
        """The open_id that the account's first post bound it to; empty where none did."""
        ...

    def pin(self, account: str, open_id: str, now: datetime) -> bool:
        """Bind an account to an open_id; False where it was bound to it before."""
        ...

    def rebind(self, old: str, new: str, account: str, now: datetime) -> int:
        """Give all rows of an identity to its new open_id, whole or not at all; returns how many posts there were.

        Raises StoreError where both have a post of the same name, or the same video.
        """
        ...


class Pauses(Protocol):
    """Which accounts a person paused. Nothing here needs the apply lock: a running apply must see it."""

    def all(self) -> tuple[Pause, ...]: ...

    def add(self, account: str, open_id: str, why: str, now: datetime) -> Pause:
        """Pause an account, or all of them. Returns the pause that holds: one that was there before stays."""
        ...

    def lift(self, account: str, now: datetime) -> bool:
        """Take back the pause of this very name; False where there is none."""
        ...


class Approvals(Protocol):
    """What people approved, one for each generation of a post. `Store.begin` marks the post's approval as used."""

    def all(self) -> list[Approval]: ...

    def find(self, open_id: str, name: str, generation: int) -> Approval | None: ...

    def save(self, *approvals: Approval) -> None:
        """Record a person's yes to each, in the place of an earlier one for the same generation; all or none."""
        ...

    def revoke(self, approval: Approval, now: datetime) -> bool:
        """Take a yes back; False where it was taken back before."""
        ...


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice that is to be sent."""

    notice: Notice
    #: The recipient's name.
    recipient: str
    made_at: datetime
    #: Which try this one is, from 1.
    tries: int


class Outbox(Protocol):
    """Which notices wait to be sent, and which were sent. On this machine only, even if the state is shared."""

    def since(self, recipient: str, now: datetime) -> datetime:
        """Since when a recipient gets notices; from now on if it is new."""
        ...

    def put(self, notice: Notice, recipient: str, now: datetime) -> bool:
        """Keep a notice until it is sent; False if its key was kept before, or if too many wait."""
        ...

    def claim(self, recipient: str, now: datetime, most: int) -> list[Waiting]:
        """The notices that are due, oldest first; for two minutes no other process gets them."""
        ...

    def told(self, one: Waiting) -> None:
        """The notice was sent. Only its key is kept."""
        ...

    def failed(self, one: Waiting, again_at: datetime | None) -> None:
        """The notice could not be sent. again_at: when to try again; None to give up."""
        ...

    def reachable(self, recipient: str, yes: bool, now: datetime) -> bool:
        """Keep whether a recipient can be reached; True where that changed."""
        ...


class VideoFigures(Protocol):
    """Views, likes, comments and shares over time. On this machine only, also where the state is shared."""

    def save(self, open_id: str, figures: Iterable[Figures], now: datetime) -> None:
        """Keep what TikTok said just now; the last figures of an hour replace those before them.

        Older figures of the same videos are thinned: after a week to one a day, after 90 days to one a week.
        """
        ...

    def all(self, open_id: str) -> list[Figures]:
        """All figures of an identity's videos, oldest first."""
        ...


class Calendar(Protocol):
    """What calendar files said of posts. On this machine only, also where the state is shared."""

    def show(self, open_id: str, entries: Mapping[str, Shown], now: datetime) -> dict[str, Shown]:
        """Remember what a calendar file says now of these posts, by name.

        Returns the same with their sequence, which rises when a start changes, and the time of the last change.
        """
        ...


class Store(Protocol):
    """The state of one project."""

    @property
    def who(self) -> str:
        """Who is at work, for the history."""
        ...

    @property
    def accounts(self) -> Accounts: ...

    @property
    def events(self) -> Events: ...

    @property
    def hosted(self) -> Hosted: ...

    @property
    def pauses(self) -> Pauses: ...

    @property
    def approvals(self) -> Approvals: ...

    @property
    def figures(self) -> VideoFigures: ...

    @property
    def outbox(self) -> Outbox: ...

    @property
    def calendar(self) -> Calendar: ...

    @property
    def lineage(self) -> str:
        """A name given to this state when it was made; a copy keeps it, a new state has another."""
        ...

    @property
    def has_fixed_lineage(self) -> bool:
        """Whether the lineage stays. Before the first push of a shared state another machine may be first."""
        ...

    @property
    def serial(self) -> int:
        """Rises whenever an attempt, a binding or a generation changes."""
        ...

    def stamp(self) -> tuple[int, int]:
        """Another value after every change of posts: by this process, or of any kind by another one."""
        ...

    @property
    def is_kept(self) -> bool:
        """Whether what is written here is there for the next process; False for a state in memory only."""
        ...

    @property
    def machine(self) -> str:
        """Which machine this is, where the state is shared; empty where it is not."""
        ...

    def close(self) -> None: ...

    def catch_up(self, now: datetime, *, share: bool = True) -> Problem | None:
        """Take in what other machines did, where the state is shared. Returns what stood in the way, as a note.

        share: also tell them what this machine has not told yet; not where a claim follows, which takes it along.
        """
        ...

    def use_copy(self) -> Problem | None:
        """Use what this machine holds of a shared state, without the network; a note says how old that is."""
        ...

    @property
    def moved_to(self) -> str:
        """Where `state migrate` moved this state, as `state:` says it; empty while it is in use."""
        ...

    def take_over(self, rows: list[PostState], rest: Path, lineage: str, now: datetime) -> None:
        """Take in another state. rows: its posts, as they are to be here; rest: a copy of it, for all else.

        lineage: its name, carried on where this state has no attempt yet.
        """
        ...

    def close_for(self, place: str, now: datetime) -> None:
        """Mark this state as moved: from now on it refuses to work. place: as `state:` says it.

        Raises StoreError where another machine changed it since it was read: then nothing is closed.
        """
        ...

    def check(self) -> None:
        """Prove that the state is whole and that there is room for what will be written."""
        ...

    def backup(self, target: Path) -> dict[str, int]:
        """Copy the whole state to a new file, consistent while others write, and prove the copy.

        Returns how many posts, attempts and lines of history the copy holds.
        """
        ...

    def identities(self) -> list[str]:
        """Every open_id that has rows, also those of no account of the project."""
        ...

    # -- posts and attempts

    def marks(self) -> dict[str, str]:
        """One value for each row, by uid: another one after every change that matters to a plan.

        Empty for a post whose video is known to be gone.
        """
        ...

    def mark_of(self, row: PostState, bound: Collection[str]) -> str:
        """The same value of a row that was read. bound: the videos that are bound to it."""
        ...

    def has_kin(self, open_id: str, known: frozenset[str], shared: Shared) -> bool:
        """Whether any post but those of the known uids shares some of this."""
        ...

    def others_show(self, open_id: str, known: frozenset[str]) -> bool:
        """Whether any post but those of the known uids has an attempt that may have become a post at TikTok."""
        ...

    def posts(self, open_id: str) -> list[PostState]:
        """All posts of an identity, with their attempts."""
        ...

    def post(self, uid: str) -> PostState | None: ...

    def post_named(self, open_id: str, name: str) -> PostState | None: ...

    def attempt(self, attempt_id: str) -> Attempt:
        """The attempt as it stands now. Raises KeyError where there is none."""
        ...

    def attempts_since(self, since: datetime) -> list[Attempt]:
        """The attempts of all identities that began at or after `since`, oldest first."""
        ...

    def changed_since(self, since: datetime) -> list[PostState]:
        """The posts with an attempt that changed at or after `since`."""
        ...

    def has_unknown(self, open_id: str) -> bool: ...

    def ensure_post(self, post: DesiredPost, open_id: str, *, now: datetime) -> PostState:
        """The row of a post, made where there is none."""
        ...

    def begin(self, post: DesiredPost, attempt: Attempt, now: datetime) -> Attempt:
        """Record an intent (R1), at its post, which is made where there is none.

        `attempt.post_uid` may be empty. Raises AttemptOpen where a further attempt may not begin (R2); Overtaken
        where another machine wrote first: what it wrote is known now, and must be looked at before beginning.
        """
        ...

    def save(self, attempt: Attempt, what: str, *, binds: bool = False, **detail: object) -> Attempt:
        """Write what is now known of an attempt; returns it as written.

        what: the event, for the history; a change of phase raises the serial. binds: the caller claims
        `attempt.post_id`, by likeness or by a person's word.
        Raises Superseded where the row is no longer the one that `attempt` was made from; AttemptOpen where the
        claimed video belongs to another post.
        """
        ...

    def move(self, row: PostState, post: DesiredPost, now: datetime, why: str = "") -> bool:
        """Give the row of a renamed post its new name; False where that name is taken by now."""
        ...

    def acknowledge(self, row: PostState, digest: str, why: str, now: datetime) -> None:
        """Accept an edit made after publication."""
        ...

    def see_edit(self, row: PostState, media: str, now: datetime) -> None:
        """Remember the edited media, so that a later rename is recognised. media: as DesiredPost.media_digest."""
        ...

    def remove(self, row: PostState, why: str, now: datetime) -> None:
        """Reduce a post to a tombstone. Raises AttemptOpen where an attempt is open or unknown by now."""
        ...

    def restore(
        self, row: PostState, now: datetime, old_names: Collection[str] = (), what: str = "restored", **detail: object
    ) -> bool:
        """Take in a row of a lost state, or what an older copy does not know, with the videos they became.

        old_names: a row of one of these names with the same attempt gets this row's name.
        what, detail: for the history. False where the row contradicts what is known.
        """
        ...

    # -- videos

    def bind_post(self, post: DesiredPost, open_id: str, post_id: str, how: str, now: datetime) -> bool:
        """Bind a post without an attempt to an existing video; False where the video belongs to another post."""
        ...

    def bind_further(self, attempt: Attempt, post_id: str, how: str, now: datetime) -> bool:
        """Bind a video to an attempt as of `now`, or earlier; False where it belongs to another post."""
        ...

    def bound_by(self, attempt: Attempt) -> tuple[str, datetime] | None:
        """How, and as of when, the video that an attempt names was bound."""
        ...

    def bindings(self, open_id: str) -> dict[str, str]:
        """Which post each bound video belongs to: post_id to the post's uid."""
        ...

    def save_videos(
        self, open_id: str, videos: Iterable[RemotePost], *, back_to: datetime | None, now: datetime
    ) -> None:
        """Take in what the public list shows. back_to: the list was read down to there; None: to its end."""
        ...

    def videos(self, open_id: str) -> list[tuple[RemotePost, datetime | None]]:
        """The videos ever listed, newest first, each with the time at which it was found gone, or None."""
        ...

    def list_read_at(self, open_id: str) -> datetime | None: ...

    def mark_public(self, uids: Iterable[str], now: datetime) -> None:
        """Remember that these posts were seen in the public list."""
        ...

    # -- accounts

    def save_creator(self, account: str, creator: Creator, now: datetime) -> None:
        """Keep what TikTok said last of an identity; a name that it left out this time stays as it was."""
        ...

    def identities_seen(self) -> dict[str, str]:
        """By the name of each account, the open_id that TikTok last gave for it."""
        ...

    def last_seen(self, account: str) -> str:
        """The open_id that TikTok last gave for an account's name; empty where it never did."""
        ...

    def creators(self) -> dict[str, tuple[str, Creator, datetime]]:
        """By account name, as last asked: the open_id, what TikTok said, and when."""
        ...

    def name_account(self, open_id: str, account: str, now: datetime) -> int:
        """Give all rows of an open_id the account's present name; returns how many had another."""
        ...

    def take(self, scope: str, endpoint: str, limit: int, window: timedelta, now: datetime) -> float:
        """Record a call where fewer than `limit` were made in the window; else the seconds until one may be."""
        ...

    def room_in(self, scope: str, endpoint: str, limit: int, window: timedelta, now: datetime) -> float:
        """The seconds until one more call may be made, as `take` tells them; nothing is recorded."""
        ...

    def stop_account(self, open_id: str, run_id: str, mode: Mode | None, why: Problem, now: datetime) -> None:
        """Begin nothing more for an account in this run, in any process; the first reason stays.

        mode: only posts of that mode are stopped; None: all of them.
        """
        ...

    def account_stop(self, open_id: str, run_id: str, mode: Mode) -> Problem | None:
        """What stopped an account's posts of this mode in this run; None where nothing did."""
        ...

    # -- plans and decisions

    def give_slots(
        self, open_id: str, freed: Collection[PostState], given: Collection[Pin], rule: str, now: datetime
    ) -> None:
        """Take the slots of these rows back, and give posts theirs, all in one step.

        freed: the rows as they were read; one that has another slot by now keeps it. given: a post that has a slot
        keeps it, and a slot that another post has is not given. rule: of the account's slots (plan.schedule.rule_of).
        """
        ...

    def use_plan(self, digest: str, run_id: str, now: datetime) -> bool:
        """Mark a saved plan as used; False where another run used it before."""
        ...

    def plan_used_at(self, digest: str) -> datetime | None: ...

    def record(self, what: str, now: datetime, **detail: object) -> None:
        """Add a line of history that belongs to no post."""
        ...

    def leave_out(self, open_id: str, marks: Collection[str], now: datetime) -> None:
        """Keep which posts were not among those for which existing-posts was lifted last, by name and media."""
        ...

    def left_out(self, open_id: str) -> frozenset[str]:
        """The names and media of those posts."""
        ...

    def become_acquainted(self, open_id: str, now: datetime) -> None:
        """Remember that a person took note of what an identity had posted before this state."""
        ...

    def is_acquainted(self, open_id: str) -> bool:
        """Whether a person took note of that."""
        ...

    def history(self, uid: str | None = None) -> list[dict[str, Any]]:
        """The lines of history, oldest first; of one post, or of all. `at` is a datetime, `detail` a mapping."""
        ...

    def latest_history(self, count: int) -> list[dict[str, Any]]:
        """The newest lines of history, the newest first."""
        ...


@runtime_checkable
class SharedFiles(Protocol):
    """Small files beside the posts of a shared state, changed by compare-and-swap."""

    def shared_files(self, folder: str, now: datetime, *, anew: bool) -> dict[str, bytes]:
        """The files below `folder`, by path. anew: read the remote first."""
        ...

    def share_file(
        self, path: str, text: bytes | None, was: bytes | None, news: str, now: datetime, *, force: bool = False
    ) -> bool:
        """Put a file on the remote, where its content still is `was`; False where it is not, and nothing is changed.

        text: None removes it. was: None for no such file. force: whatever is there now. news: for the commit.
        """
        ...


class Backend(Protocol):
    """Where a state is kept, before it is opened."""

    @property
    def place(self) -> str:
        """Where it is, for messages."""
        ...

    def open(self) -> Store:
        """The state, made where there is none."""
        ...

    def look(self) -> tuple[Store, str]:
        """The state for a command that only reads, and why nothing learnt is kept; empty where it is kept.

        A copy where the state can't be written; an empty one where there is none and none can be made.
        """
        ...

    def fresh(self) -> Store:
        """The state as another process would find it now; what is changed in it goes nowhere."""
        ...

    def lock(self, doing: str, clock: Clock, timeout: float = 0.0) -> AbstractContextManager[None]:
        """Hold the apply lock while the block runs. timeout: seconds to wait for it. Raises StoreLocked."""
        ...

    def watching(self, clock: Clock) -> AbstractContextManager[None]:
        """Hold the place of the only watcher while the block runs. Raises StoreLocked."""
        ...
