"""The state of one project: what a backend offers, its posts and its parts included."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from contentsync.errors import Problem
from contentsync.post import Mode
from contentsync.post_state import PostState
from contentsync.remote_post import Creator, RemotePost
from contentsync.store.port.posts import Posts
from contentsync.store.port.rooms import Accounts, Approvals, Calendar, Events, Hosted, Outbox, Pauses, VideoFigures


class Store(Posts, Protocol):
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

    def share(self, now: datetime) -> None:
        """Tell the other machines what this process recorded, where the state is shared.

        For a person's decision. Raises StoreError where they can't be told; then a later command tells them.
        """
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

    # -- videos

    def save_videos(
        self, open_id: str, videos: Iterable[RemotePost], *, back_to: datetime | None, now: datetime
    ) -> None:
        """Take in what the public list shows. back_to: the list was read down to there; None: to its end."""
        ...

    def videos(self, open_id: str) -> list[tuple[RemotePost, datetime | None]]:
        """The videos ever listed, newest first, each with the time at which it was found gone, or None."""
        ...

    def videos_unbound_or_gone(self, open_id: str) -> list[tuple[RemotePost, datetime | None]]:
        """The same of those that belong to no post, and of those that were found gone."""
        ...

    def listed_ids(self, open_id: str) -> set[str]:
        """The ids of the videos that are in the public list, as it was last read."""
        ...

    def list_read_at(self, open_id: str) -> datetime | None: ...

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

    def shared_history(self, open_id: str, name: str) -> str:
        """The command that shows what all machines did about a post; empty where the state is not shared."""
        ...
