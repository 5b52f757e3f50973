"""Who is an account, and how does it reach TikTok? Its identity, its tokens, its client and its limits."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from contentsync.clock import Clock
from contentsync.errors import SignInNeeded
from contentsync.settings import Account
from contentsync.store.port.store import Store
from contentsync.tiktok.overriding_token import step_to_grant, step_to_renew

# What only requests need is imported with the first one: a plan without a network does without.
if TYPE_CHECKING:
    from contentsync.project import Project
    from contentsync.tiktok.auth import Credentials
    from contentsync.tiktok.client import Client
    from contentsync.tiktok.throttle import Throttle


class AccountLine:
    """One account's line to TikTok. It sends no request before it is asked."""

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

    @property
    def _how_to_renew(self) -> str:
        return step_to_renew(self.settings, self._project.environ)

    @property
    def _how_to_grant(self) -> str:
        return step_to_grant(self.settings, self._project.environ)
