"""Would the simulation notice? Wrong variants of the code under test, each with one defect that once cost someone.

They are handed in as parts; each must be caught, by what it does to posts alone (the rules about order stay silent).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from typing import Any, Final

from contentsync.attempt.step import Step
from contentsync.attempt.steps import Steps
from contentsync.errors import Problem
from contentsync.lifecycle import Event, Phase
from contentsync.plan.action import Kind, Plan
from contentsync.plan.action import World as Facts
from contentsync.plan.last_look import Against
from contentsync.plan.planner import make_plan
from contentsync.post import DesiredPost
from contentsync.post_state import Attempt, PostState
from contentsync.store.port.conflicts import Superseded
from contentsync.tiktok.client import Client
from tests.simulation.machine import OPEN_ID, Around, Machine, Parts, WatchedStore

DEFECT: Final = Problem("mutant", "a wrong variant gave up")


class LateStore(WatchedStore):
    """(a) What TikTok answered to init is put on disk only after the bytes were sent."""

    _HELD = frozenset({"upload-opened", "chunk", "last-chunk"})

    def save(self, attempt: Attempt, what: str, *, binds: bool = False, **detail: object) -> Attempt:
        if what in self._HELD:
            return attempt
        return super().save(attempt, what, binds=binds, **detail)


class TakingOver(Machine):
    """(b) An upload that another process left open is given up, and begun anew."""

    def look_around(self, steps: Steps, client: Client) -> None:
        for row in self.store.posts(OPEN_ID):
            if row.last and row.last.phase is Phase.UPLOADING:
                with suppress(Superseded):
                    steps.end_upload(row.last, DEFECT)
        super().look_around(steps, client)


class Impatient(Steps):
    """(c) When it is not clear what became of the last chunk, the upload is given up."""

    def look(self, attempt: Attempt, *, settle: bool = False) -> Step:
        if attempt.phase is Phase.UPLOADING and attempt.last_put_at is not None:
            return Step(self.end_upload(attempt, DEFECT), problem=DEFECT)
        return super().look(attempt, settle=settle)


class Retrying(Steps):
    """(d) After any error the whole post is tried again."""

    def advance(self, attempt: Attempt, post: DesiredPost | None) -> Step:
        step = super().advance(attempt, post)
        if step.problem is None or step.attempt.phase is not Phase.UPLOADING:
            return step
        now = self.store.attempt(attempt.id)
        if now.phase is not Phase.UPLOADING:  # another process has got further with it
            return step
        try:
            return Step(self.end_upload(now, DEFECT), problem=DEFECT)
        except Superseded:
            return step


class Forgetful(Steps):
    """(e) That the last chunk is about to be sent is not put on disk."""

    def about_to_commit(self, attempt: Attempt, sha256: str) -> Attempt:
        return attempt


class Believing404(Steps):
    """(f) An upload address that is gone after the last chunk counts as a failure."""

    def note(self, attempt: Attempt, what: str, **known: Any) -> Attempt:
        if what == "upload-address-gone":
            return self.end_upload(attempt, DEFECT)
        return super().note(attempt, what, **known)


class BelievingTheList(Machine):
    """(g) What the public list does not show was not published."""

    def facts(self, now: Any, tiktok_now: Any) -> Facts:
        listed = {video.caption for video, gone_at in self.store.videos(OPEN_ID) if gone_at is None}
        for row in self.store.posts(OPEN_ID):
            if row.last and row.last.phase is Phase.UNKNOWN and row.last.caption not in listed:
                with suppress(Superseded):
                    self.store.save(row.last.after(Event.RULED_OUT, now), "not-listed")
        return super().facts(now, tiktok_now)


class AskingLate(Steps):
    """(h) What another process left open is sent on, before TikTok is asked what it has."""

    def advance(self, attempt: Attempt, post: DesiredPost | None) -> Step:
        if attempt.phase is Phase.UPLOADING and attempt.last_put_at is None:
            self._opened.add(attempt.id)
        return super().advance(attempt, post)


class BlindStore(WatchedStore):
    """(i) An unknown does not stop its account: apply is not told of it …"""

    def has_unknown(self, open_id: str) -> bool:
        return False


def ignoring_unknowns(posts: Iterable[DesiredPost], facts: Facts) -> Plan:
    """… and the planner does not see it."""
    hidden = {
        name: replace(account, rows=tuple(r for r in account.rows if not r.last or r.last.phase is not Phase.UNKNOWN))
        for name, account in facts.accounts.items()
    }
    return make_plan(posts, replace(facts, accounts=hidden))


class NotLookingAgain(Around):
    """(j) What was true when the plan was made is taken to be true at each intent."""

    def last_look(self, kind: Kind, post: DesiredPost) -> Against | None:
        return None


class WithoutTheRight(Around):
    """(k) Two checkouts send for one account at the same time."""

    def sending(self, open_id: str) -> AbstractContextManager[None]:
        return nullcontext()


def by_this_clock_alone(posts: Iterable[DesiredPost], facts: Facts) -> Plan:
    """(l) What is due is told by the machine's clock alone."""
    accounts = {name: replace(account, tiktok_now=None) for name, account in facts.accounts.items()}
    return make_plan(posts, replace(facts, accounts=accounts))


class Trusting(Steps):
    """(n) A resumed upload takes what another process sent for what the file has now."""

    def advance(self, attempt: Attempt, post: DesiredPost | None) -> Step:
        if attempt.phase is Phase.UPLOADING and post is not None and attempt.wire_bytes:
            with self.at_work.path_of(post).open("rb") as file:
                now = hashlib.sha256(file.read(attempt.wire_bytes)).hexdigest()
            attempt = replace(attempt, wire_sha256=now)
        return super().advance(attempt, post)


class BelievingFailed(Steps):
    """(o) A FAILED of TikTok's is believed, and followed by a new attempt at once."""

    def reconsider(self, row: PostState | None, generation: int) -> Step | None:
        return None


class Sleepwalking(Steps):
    """(p) A process that was stopped amid its last chunk sends on when it wakes."""

    def still_may(self, attempt: Attempt, *_: object) -> None:
        return


# By its letter: the parts, the life in which it shows, None for any, and whether the rules about order are needed.
MUTANTS: Final[dict[str, tuple[Parts, str | None, bool]]] = {
    "a": (Parts(store=LateStore), None, False),
    "b": (Parts(machine=TakingOver), None, False),
    "c": (Parts(steps=Impatient), None, False),
    "d": (Parts(steps=Retrying), None, False),
    "e": (Parts(steps=Forgetful), None, False),
    "f": (Parts(steps=Believing404), None, False),
    "g": (Parts(machine=BelievingTheList), "pull", False),
    "h": (Parts(steps=AskingLate), None, True),
    "j": (Parts(around=NotLookingAgain), "checkouts", True),
    "k": (Parts(around=WithoutTheRight), "checkouts", True),
    "l": (Parts(around=NotLookingAgain, plan=by_this_clock_alone), "window", True),
    "m": (Parts(around=NotLookingAgain), "window", True),
    "i": (Parts(store=BlindStore, plan=ignoring_unknowns), "two", True),
    "o": (Parts(steps=BelievingFailed), None, False),
    "p": (Parts(steps=Sleepwalking), "direct-1", False),
}
