"""Who is an account, and what does work for it need?

An account at work has its identity, which is found once, and its state, TikTok client and rate limits. Nothing is
decided here: the planner gets plain facts, and each attempt takes its own steps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import field, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from contentsync.account_facts import KnownAccount, place_of
from contentsync.attempt.told import Tell, Told
from contentsync.errors import ContentsyncError, Level, ManifestError, Problem, SignInNeeded, StoreError
from contentsync.evidence import first_posts
from contentsync.files import inside
from contentsync.frozen import frozen
from contentsync.lifecycle import Phase
from contentsync.post import DesiredPost, Media
from contentsync.post_state import Attempt, PostState
from contentsync.remote_post import Creator
from contentsync.standard_paths import PROJECT_FILE

# What only requests need is imported with the first one: a plan without a network does without.
if TYPE_CHECKING:
    from contentsync.attempt.steps import Steps
    from contentsync.attempt.waiting import Stop
    from contentsync.tiktok.chunks import ChunkPlan


class NeverStop:
    """Nobody asks to stop."""

    def is_set(self) -> bool:
        return False


def say_nothing(_told: Told) -> None:
    """Nobody watches these steps."""


@frozen
class Asked:
    """What TikTok answered about an account."""

    creator: Creator
    #: What a person should know of the answers.
    notes: tuple[Problem, ...] = ()
    #: By post key: why TikTok gave no news of its attempt.
    no_news: Mapping[str, Problem] = field(default_factory=dict)


class Unlisted(ContentsyncError):
    """TikTok did not give the public list, which the command needs."""


class AccountAtWork(KnownAccount):
    """One account of a project, with everything that work for it needs. It sends no request before it is asked."""

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
        no_news = self.look_at(remote.may_have_moved_on(self.store, creator.open_id, now))
        return Asked(creator, tuple(notes), no_news)

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

    def look_at(self, rows: list[PostState]) -> dict[str, Problem]:
        """Ask TikTok about the attempts of these posts that may have moved on; their receipts follow.

        Returns by post key why TikTok gave no news of its attempt.
        """
        from contentsync import remote

        looked = remote.look_at_attempts(self.steps(), rows, self.clock)
        for row in looked.behind:
            self._project.offer_receipt(row)
        return looked.no_news

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
            detail["why"] = f"{err.problems[0].what}; add under accounts: {self.name}: yourself: {detail['line']}"
        except pin.NotPinned as err:
            detail["why"] = f"{err.problems[0].what}; {err.problems[0].hint}"
        tell(Told("pinned", self.name, detail))

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

    @property
    def takeover(self) -> timedelta:
        return self._project.settings.takeover

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
