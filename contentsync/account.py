"""Who is an account, and what does work for it need?

An account at work has its identity, which is found once, and its state, TikTok client and rate limits. Nothing is
decided here: the planner gets plain facts, and each attempt takes its own steps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from contentsync.attempt.told import Tell, Told
from contentsync.clock import Clock
from contentsync.deferred import DeferredMapping, DeferredSequence
from contentsync.errors import ContentsyncError, Level, ManifestError, Problem, SignInNeeded, StoreError
from contentsync.evidence import first_posts, journal, receipts
from contentsync.evidence.identity import Former, Identity, Witnessed, Witnesses
from contentsync.evidence.witness import Witness
from contentsync.files import inside
from contentsync.lifecycle import Phase
from contentsync.pause import pause_of
from contentsync.plan.action import AccountFacts, Remote
from contentsync.post import DesiredPost, Media
from contentsync.post_state import Attempt, PostState
from contentsync.remote_post import Creator
from contentsync.settings import Account
from contentsync.standard_paths import PROJECT_FILE
from contentsync.store.port.store import Store
from contentsync.tiktok.overriding_token import step_to_grant, step_to_renew

# What only requests need is imported with the first one: a plan without a network does without.
if TYPE_CHECKING:
    from contentsync.attempt.steps import Steps, Stop
    from contentsync.project import Project
    from contentsync.tiktok.auth import Credentials
    from contentsync.tiktok.chunks import ChunkPlan
    from contentsync.tiktok.client import Client
    from contentsync.tiktok.throttle import Throttle


_ONE_BY_ONE: Final = 1_000  # rows up to which reading single ones costs less than reading all


class NeverStop:
    """Nobody asks to stop."""

    def is_set(self) -> bool:
        return False


def say_nothing(_told: Told) -> None:
    """Nobody watches these steps."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What TikTok answered about an account."""

    creator: Creator
    #: What a person should know of the answers.
    notes: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class About:
    """The post that evidence is read for, right before it is sent.

    A receipt is about the post of its name; under another name it counts only while no row has that name. So the
    receipts of other posts that had a row already when the plan was made say nothing about this one.
    """

    post: DesiredPost
    #: The names of other posts that have a row.
    others: frozenset[str]


@dataclass(frozen=True, slots=True)
class Apart:
    """The posts of one account that a plan leaves out, since they rest as they were sent (operations/resting.py)."""

    #: Their names.
    names: frozenset[str]
    #: The rows that are left, of all identities.
    uids: frozenset[str]
    #: The declared posts that are left.
    posts: tuple[DesiredPost, ...]
    #: Gives the identities that the account's receipts name.
    identities: Callable[[], list[Witnessed]]


class Unlisted(ContentsyncError):
    """TikTok did not give the public list, which the command needs."""


def witnesses_of(project: Project, left: receipts.LeftBehind | None = None) -> Witnesses:
    """All evidence of posts under any open_id: rows, receipts of former names, this machine's journal.

    left: those receipts, where the caller read them already.
    """
    names = project.settings.accounts
    if left is None:
        left = project.receipts.left_behind(names)
    behind = [Witnessed(told.identity, "", receipts=1) for several in left.values() for told in several]
    noted = first_posts.of_project(project.data_folder, place_of(project))
    first = [Witnessed(identity, name) for name, identity in noted.items()]
    owners = {account.open_id: account.name for account in project.all_at_work() if account.open_id}
    return Witnesses([*project.reading_store.accounts.witnessed(), *behind, *first], owners)


def place_of(project: Project) -> str:
    """The value that identifies a project on this machine."""
    return f"{project.root} {project.settings.base_url}"


class AccountAtWork:
    """One account of a project, with everything that work for it needs. It sends no request before it is asked."""

    def __init__(self, project: Project, settings: Account, seen: str) -> None:
        """seen: the open_id that TikTok last gave for this name; empty where it never did."""
        self.settings = settings
        self._project = project
        self._seen = seen

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def open_id(self) -> str:
        """The account's identity as pinned, or as TikTok last gave it; empty where it is not known yet."""
        return self.settings.open_id or self._seen

    @property
    def store(self) -> Store:
        return self._project.reading_store

    @property
    def clock(self) -> Clock:
        return self._project.clock

    # The line to TikTok.

    @cached_property
    def credentials(self) -> Credentials:
        from contentsync.tiktok.auth import Credentials

        project = self._project
        return Credentials(
            self.settings,
            project.settings.app,
            project.api_url,
            project.tokens,
            project.clock,
            project.environ,
            project.transport,
            project.on_request,
            folder=project.root,
        )

    @cached_property
    def throttle(self) -> Throttle:
        from contentsync.tiktok.throttle import Throttle

        counted_for = self.open_id or f"account:{self.name}"
        return Throttle(self.store, self.clock, counted_for, self.settings.limits)

    @cached_property
    def client(self) -> Client:
        from contentsync.tiktok.client import Client

        project = self._project
        return Client(
            project.api_url,
            self.credentials,
            self.throttle,
            project.clock,
            project.transport,
            project.on_request,
            on_wait=lambda problem: project.on_note(replace(problem, what=f"{self.name}: {problem.what}")),
        )

    def close(self) -> None:
        """Close the connections to TikTok; they open again when needed."""
        for part in ("client", "credentials"):
            if part in self.__dict__:
                self.__dict__.pop(part).close()
        self.__dict__.pop("throttle", None)

    def access_removed(self) -> SignInNeeded | None:
        """The error for access that the account took away, as long as the token that it ended is the latest."""
        from contentsync.tiktok import removed_access

        removed = self.store.events.removed_access(self.open_id) if self.open_id else None
        if removed is None:
            return None
        pair = self.credentials.pair()
        if not removed_access.still_holds(removed.removed_at, removed.token_sha256, pair):
            return None
        at, zone = removed.removed_at, self.settings.timezone
        return SignInNeeded(removed_access.problem(self.name, removed.reason, at, self._how_to_renew, zone))

    def refuse_removed_access(self) -> None:
        """Raise SignInNeeded if the account removed the access and there is no newer token."""
        if err := self.access_removed():
            raise err

    # What TikTok says.

    def identify(self) -> Creator:
        """Ask TikTok who the token speaks for. Raises SignInNeeded for another identity than the known one."""
        from contentsync import remote

        self.refuse_removed_access()
        first = first_posts.read(self._project.data_folder, place_of(self._project), self.name)
        creator = remote.identify(
            self.client,
            self.store,
            self.settings,
            self.clock.now(),
            noted=first.open_id if first else "",
            renewal=self._how_to_renew,
        )
        self._seen = creator.open_id
        self.throttle.count_for(creator.open_id)
        return creator

    def ask(self, *, posting: bool = False, full_list: bool = False) -> Asked:
        """Read the account at TikTok: who it is, its public list, its open attempts.

        posting: also what it may post now. full_list: the whole public list, not only what is new in it. What could
        not be read is part of the answer, and of its notes.
        """
        from contentsync import remote

        now, notes = self.clock.now(), []
        creator = self.identify()
        if wrong := remote.clock_wrong(self.clock.now(), self.client.tiktok_now):
            notes.append(wrong)
        if posting:
            creator = remote.ask_creator(self.client, creator, self.credentials.scopes())
            self.store.save_creator(self.name, creator, now)
        granted = self.credentials.scopes()
        creator = remote.see_list(self.client, self.store, creator, now, granted=granted, full=full_list)
        if unlisted := remote.not_listed(self.settings, creator, self._how_to_grant):
            notes.append(unlisted)
        self.look_at(self.store.posts(creator.open_id))
        return Asked(creator, tuple(notes))

    def ask_with_list(self, *, scope_needed: bool = True) -> Creator:
        """As `ask`, with the whole public list.

        Raises Unlisted where TikTok gives none now; SignInNeeded where the scope for it is needed and missing.
        """
        asked = self.ask(full_list=True)
        for problem in (replace(note, level=Level.ERROR) for note in asked.notes if note.code == "list-not-read"):
            if asked.creator.list_unread:
                raise Unlisted(problem)
            if scope_needed:
                raise SignInNeeded(problem)
        return asked.creator

    @property
    def _how_to_renew(self) -> str:
        return step_to_renew(self.settings, self._project.environ)

    @property
    def _how_to_grant(self) -> str:
        return step_to_grant(self.settings, self._project.environ)

    def look_at(self, rows: list[PostState]) -> None:
        """Ask TikTok about the attempts of these posts that may have moved on; their receipts follow."""
        from contentsync import remote

        for row in remote.look_at_attempts(self.steps(), rows, self.clock):
            self._project.offer_receipt(row)

    def facts(
        self,
        creator: Creator | None = None,
        left: receipts.LeftBehind | None = None,
        witnesses: Callable[[], Witnesses] | None = None,
        about: About | None = None,
        apart: Apart | None = None,
    ) -> AccountFacts:
        """All that is known of the account now.

        creator: from fresh calls, None where none were made. left: the receipts under former names of accounts, where
        they were read already, as for many accounts at a time. about: leave out evidence that is of no concern for
        one post. apart: leave out these posts, with what is of no concern for others.
        """
        open_id = creator.open_id if creator else self.open_id
        # Receipts and journal are read before the rows: a row is written first, so it is never behind. What they say
        # is worked out only when a post is to be sent.
        without = about.others if about else apart.names if apart else frozenset[str]()
        pages = self._project.receipts.pages(self.name, without)
        told = self._receipts(open_id, pages, left)
        if not open_id:
            return AccountFacts(
                self.settings, receipts=told, pause=pause_of(self.store.pauses.all(), self.name, None)
            )
        store = self.store
        noted = self._project.journal.pages(open_id)
        everywhere = [*noted, *self._noted_elsewhere(open_id)]
        notes = self._concerning(everywhere, about, apart)
        videos, rows = store.videos(open_id), self._rows(open_id, apart)
        return AccountFacts(
            account=self.settings,
            open_id=open_id,
            creator=creator,
            rows=tuple(rows),
            bindings=DeferredMapping(lambda: store.bindings(open_id)) if apart else store.bindings(open_id),
            remote=Remote(
                videos=tuple(video for video, gone_at in videos if gone_at is None),
                gone=store.events.told_gone(open_id)
                | {video.post_id: gone_at for video, gone_at in videos if gone_at},
                read_at=store.list_read_at(open_id),
            ),
            receipts=told,
            noted_elsewhere=journal.names_another_state(noted, store.lineage),
            journal=DeferredSequence(lambda: journal.witnesses(journal.of_pages(notes))),
            acquainted=store.is_acquainted(open_id),
            left_out=store.left_out(open_id),
            sandbox=creator is not None and self.credentials.is_sandbox,
            tiktok_now=self.client.tiktok_now if creator else None,
            scopes=self.credentials.scopes() if creator else None,
            formers=DeferredSequence(
                lambda: self.formers(open_id, witnesses, pages, apart.identities() if apart else None)
            ),
            token_since=self.credentials.pair().saved_at if creator else None,
            how_to_renew=self._how_to_renew,
            pause=pause_of(store.pauses.all(), self.name, open_id),
        )

    def _rows(self, open_id: str, apart: Apart | None) -> list[PostState]:
        if apart is None or len(apart.uids) > _ONE_BY_ONE:
            return [row for row in self.store.posts(open_id) if apart is None or row.uid in apart.uids]
        rows = filter(None, map(self.store.post, sorted(apart.uids)))
        return [row for row in rows if row.open_id == open_id]

    def _concerning(self, lines: list[bytes], about: About | None, apart: Apart | None) -> list[bytes]:
        """The lines of the journal that may concern these posts."""
        if about:
            return journal.concerning(lines, {about.post.name, about.post.media_digest})
        if apart and lines:
            marks = {mark for post in apart.posts for mark in (post.name, post.media_digest)}
            return journal.concerning(lines, marks)
        return lines

    def _noted_elsewhere(self, open_id: str) -> list[bytes]:
        """What the journal says of the same TikTok account as other apps see it, under their open_ids."""
        others = self._project.known_identities.others(self.store.accounts.identity(open_id))
        return [line for other in others for line in self._project.journal.pages(other)]

    # Who it is.

    def formers(
        self,
        open_id: str,
        witnesses: Callable[[], Witnesses] | None = None,
        pages: receipts.Pages | None = None,
        named: list[Witnessed] | None = None,
    ) -> tuple[Former, ...]:
        """The other open_ids of the account's posts, from the state, receipts and journal.

        witnesses: gives what speaks of all accounts; pages: the receipts under its name; named: the identities that
        all of these name; where they were read already.
        """
        own = self._named(pages) if named is None else list(named)
        own.append(Witnessed(Identity(self.store.accounts.pinned(self.name)), self.name))
        found = witnesses() if witnesses else witnesses_of(self._project)
        return found.formers(self.store.accounts.identity(open_id), self.name, own)

    def _named(self, pages: receipts.Pages | None) -> list[Witnessed]:
        told = receipts.of_pages(self._project.receipts.pages(self.name) if pages is None else pages)
        return [Witnessed(one.identity, self.name, receipts=1) for one in told if one.is_of_a_post]

    @property
    def is_pinned(self) -> bool:
        """Whether the account is bound to its open_id, by the project file or by its first post."""
        return bool(self.settings.open_id) or self.store.accounts.pinned(self.name) == self.open_id

    def pin(self, tell: Tell) -> None:
        """Bind the account to its TikTok account before its first post: in the project file, else only in the state.

        Raises StoreError where that can't be recorded.
        """
        from contentsync.manifest import pin

        project, identity = self._project, self.store.accounts.identity(self.open_id)
        first_posts.note(project.data_folder, place_of(self._project), self.name, identity)
        was_pinned = self.is_pinned
        project.store.accounts.pin(self.name, self.open_id, self.clock.now())
        if was_pinned:
            return
        detail: dict[str, object] = {"open_id": self.open_id, "line": f'open_id: "{self.open_id}"'}
        try:
            inside(project.root, project.root / PROJECT_FILE)
            pin.pin(project.root, self.name, self.open_id)
        except ManifestError as err:
            detail["why"] = f"{err.problems[0].what}; add the line under accounts: {self.name}: yourself"
        except pin.NotPinned as err:
            detail["why"] = f"{err.problems[0].what}; {err.problems[0].hint}"
        tell(Told("pinned", self.name, detail))

    def _receipts(
        self, open_id: str, pages: receipts.Pages, left: receipts.LeftBehind | None
    ) -> Mapping[str, Witness]:
        """What the receipts of an identity say, by name."""
        others = self._project.receipts.left_behind(self._project.settings.accounts) if left is None else left
        return DeferredMapping(
            lambda: {one.name: one.witness() for one in receipts.of_identity(pages, open_id or None, others)}
        )

    # What its attempts need.

    def steps(self, tell: Tell = say_nothing, stop: Stop | None = None) -> Steps:
        """The steps of its attempts. Raises SignInNeeded if the account removed the app's access."""
        from contentsync.attempt.steps import Steps

        self.refuse_removed_access()
        return Steps(self, tell, stop or NeverStop())

    @property
    def timezone(self) -> str:
        return self.settings.timezone

    @property
    def poll_initial(self) -> float:
        return self._project.settings.poll_initial.total_seconds()

    @property
    def poll_max(self) -> float:
        return self._project.settings.poll_max.total_seconds()

    def path_of(self, post: DesiredPost) -> Path:
        return self._project.root / post.media[0].path

    def plan_chunks(self, size: int) -> ChunkPlan:
        return self._project.plan_chunks(size)

    def url_of(self, item: Media) -> str:
        return self._project.hosting.url_of(item)

    def make_ready(self, post: DesiredPost, tell: Tell) -> Problem | None:
        def progress(done: int, of: int) -> None:
            tell(Told("hosted", post.key, {"at": done, "total": of}))

        return self._project.host.make_ready(post, self.open_id, progress)

    def write_receipt(self, row: PostState, tell: Tell) -> bool:
        """Write a receipt. A failure is reported and stops nothing: receipts are only for others to read."""
        try:
            self._project.journal.note_ends(row)
            self._project.receipts.write(row)
        except (OSError, StoreError) as err:
            why = err.strerror or str(err) if isinstance(err, OSError) else err.problems[0].what
            tell(Told("receipt-not-written", row.key, {"why": why}))
            return False
        return True

    def remove_receipt(self, key: str, row: PostState, tell: Tell) -> None:
        try:
            self._project.receipts.remove(key, row)
        except OSError as err:
            tell(Told("receipt-not-removed", key, {"why": err.strerror or str(err)}))

    # What this machine's journal says, outside of the project.

    def right_to_send(
        self, doing: str, timeout: float = 0.0, stopped: Callable[[], bool] = lambda: False
    ) -> AbstractContextManager[None]:
        """The right to send for the identity, of all projects on this machine. Raises StoreLocked.

        timeout: seconds to wait for it. stopped: asked while it waits; True gives up.
        """
        from contentsync.store.lock import account_lock

        folder, said = self._project.data_folder, f"{doing} in {self._project.root}"
        return account_lock(folder, self.open_id, self.name, said, self.clock, timeout, stopped)

    def note_lineage(self) -> None:
        """Note that this state posts for the account, once its lineage is fixed. Raises StoreError."""
        if self.store.has_fixed_lineage:
            self._project.journal.note_state(self.open_id)

    def note_begun(self, attempt: Attempt) -> None:
        """Note that this attempt is about to begin, or how far it got. Raises StoreError."""
        row = self._project.store.post(attempt.post_uid)
        self._project.journal.note_attempt(attempt, row.name if row else "", whole=attempt.phase is Phase.INTENT)
