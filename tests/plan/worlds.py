"""Any world that the planner could ever meet, and some that it can't: for what must hold in all of them.

Each is made from a number, so that thousands are made in seconds; the number that a test names makes it again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, TypeVar

from hypothesis import strategies as st

from contentsync.evidence.witness import Source, Tried, Witness
from contentsync.lifecycle import Phase
from contentsync.plan.action import AccountFacts, Remote, World
from contentsync.plan.guard_names import GUARDS
from contentsync.post import DesiredPost, Interaction, Media, Mode, Privacy
from contentsync.post_state import Attempt, PostState
from contentsync.remote_post import RemotePost
from contentsync.settings import App, Limits, Slot
from tests.builders import NOW, a_creator, a_media, a_post, a_private_creator, a_remote, an_account, an_attempt

T = TypeVar("T")
ACCOUNTS = ("acme", "beta")
NAMES = ("a", "b", "c", "d", "e")
MEDIA = ("one", "two", "three", "four", "five", "six")
VIDEOS = ("71", "72", "73")
CAPTIONS = ("Daily", "Weekly", "")
CREATORS = (
    None,
    a_creator(),
    a_private_creator(),
    a_creator(list_unread="TikTok answered 503"),
    a_creator(privacy=None, denied=frozenset({"video.publish", "video.list"})),
    a_creator(privacy=None, stop="spam_risk_too_many_posts"),
    a_creator(privacy=None, stop="spam_risk_user_banned_from_posting", stop_what="banned"),
)
RECEIPTS = ((Phase.PUBLISHED, 1), (Phase.FAILED, 1), (Phase.UNKNOWN, 2), (Phase.PROCESSING, 1), None)


def worlds() -> st.SearchStrategy[tuple[tuple[DesiredPost, ...], World]]:
    """What is declared, and all that is known; any of it may contradict the rest."""
    return st.builds(lambda seed: _Maker(seed).world(), st.integers(0, 2**64))


class _Maker:
    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.calm = self.random.random() < 0.5  # half of the worlds hold less trouble, so that more is created

    def often(self, usual: T, *others: T) -> T:
        """The usual, or one of the others now and then."""
        return usual if self.random.random() < (0.9 if self.calm else 0.7) else self.random.choice(others)

    def some(self, items: Iterable[T]) -> list[T]:
        return [item for item in items if self.random.random() < 0.6]

    def time(self, first: int = -50, last: int = 50) -> datetime:
        return NOW + timedelta(hours=self.random.randint(first, last))

    def world(self) -> tuple[tuple[DesiredPost, ...], World]:
        known = {name: self.facts(name) for name in ACCOUNTS}
        declared = tuple(self.post(account, name) for account in ACCOUNTS for name in self.some(NAMES))
        tried = [a for facts in known.values() for row in facts.rows for a in row.attempts]
        return declared, World(
            now=NOW,
            accounts=known,
            app=App(audited=self.often(True, False), posting_users_per_day=self.random.choice([None, 1, 2])),
            attempts=tuple(a for a in tried if a.created_at > NOW - timedelta(days=1)),
            allow=frozenset(self.some(GUARDS)),
            retry=frozenset(self.some(post.key for post in declared)),
        )

    def post(self, account: str, name: str) -> DesiredPost:
        mode, slot = self.random.choice([Mode.DIRECT, Mode.DIRECT, Mode.DRAFT]), self.often(False, True)
        post_id = self.often(None, *VIDEOS)
        return a_post(
            account=account,
            name=name,
            mode=mode,
            media=() if post_id and self.often(True, False) else (self.media(),),
            caption=self.random.choice(CAPTIONS),
            privacy=self.often(Privacy.EVERYONE, *Privacy) if mode is Mode.DIRECT else None,
            allow=frozenset(self.often([], list(Interaction))),
            publish_at=None if slot else self.often(None, self.time(), self.time(-2, 0)),
            next_slot=slot,
            grace=self.random.choice([timedelta(hours=1), timedelta(days=9)]),
            expires_at=self.often(None, self.time()),
            hold=self.often(False, True),
            generation=self.often(1, 2, 3),
            moved_from=self.often(None, *(other for other in NAMES if other != name)),
            post_id=post_id,
        )

    def media(self) -> Media:
        name = self.random.choice(MEDIA)
        return self.often(a_media(f"posts/{name}.mp4"), a_media(url=f"https://media.acme.example/{name}.mp4"))

    def facts(self, name: str) -> AccountFacts:
        open_id = f"open-id-of-{name}"
        rows = tuple(self.row(name, open_id, self.post(name, known)) for known in self.some(NAMES))
        limits = (self.random.randint(1, 3) for _ in range(4))
        account = an_account(
            name,
            open_id=open_id,
            paused=self.often(False, True),
            slots=self.often((Slot(0, 9, 0), Slot(2, 18, 30)), ()),
            limits=Limits(6, 30, 20, *limits),
        )
        creator = self.random.choice(CREATORS)
        return AccountFacts(
            account=account,
            open_id=open_id,
            creator=replace(creator, open_id=open_id) if creator else None,
            rows=rows,
            bindings={row.post_id: row.uid for row in rows if row.post_id},
            remote=Remote(
                tuple(self.video() for _ in range(self.random.randint(0, 3))),
                {video: self.time(-50, 0) for video in self.often([], VIDEOS)},
            ),
            receipts={known: self.receipt(known, rows) for known in self.often([], NAMES)},
            noted_elsewhere=self.often(False, True),
            journal=tuple(self.noted() for _ in self.often([], NAMES)),
            left_out=frozenset(self.often([], NAMES)),
        )

    def receipt(self, name: str, rows: Iterable[PostState]) -> Witness:
        """One that tells of what the row knows, of more, or of nothing."""
        known = [Tried.of(attempt) for row in rows if row.name == name for attempt in row.attempts]
        told = self.random.choice(RECEIPTS)
        more = [Tried(told[0], len(known) + 1, told[1], f"elsewhere-{name}")] if told else []
        legible = self.often(True, False)
        return Witness(Source.RECEIPT, name, tuple(self.often(known + more, known, more)) * legible, legible=legible)

    def noted(self) -> Witness:
        media = a_post(media=(self.media(),)).media_digest
        phase = self.random.choice([Phase.INTENT, Phase.PROCESSING, Phase.PUBLISHED, Phase.FAILED])
        tried = Tried(phase, 1, self.often(1, 2), "noted", media=self.often("", media))
        return Witness(Source.JOURNAL, self.random.choice(NAMES), (tried,), lineage="another")

    def video(self) -> RemotePost:
        return a_remote(
            post_id=self.random.choice(VIDEOS),
            caption=self.random.choice(CAPTIONS),
            duration=self.random.choice([0, 10, 60]),
            created_at=self.time(-50, 0),
        )

    def row(self, account: str, open_id: str, post: DesiredPost) -> PostState:
        count = self.often(1, 0, 2, 3)
        return PostState(
            uid=f"uid-of-{post.key}",
            open_id=open_id,
            name=post.name,
            account=self.often(account, "older-name"),
            generation=self.often(1, 2),
            attempts=tuple(self.attempt(post, open_id, number) for number in range(count)),
            media_digest=post.media_digest,
            slot_at=self.often(None, self.time()),
            acked_digest=self.often("", post.digest),
            edited_media=self.often("", post.media_digest),
            bound_post_id=self.often("", *VIDEOS),
            removed_at=self.often(None, NOW),
        )

    def attempt(self, post: DesiredPost, open_id: str, number: int) -> Attempt:
        phase = self.often(self.random.choice([Phase.PUBLISHED, Phase.FAILED, Phase.ORPHANED]), *Phase)
        created = self.time(-50, 0)
        over: dict[str, Any] = {
            "id": f"{post.key}-{number}",
            "open_id": open_id,
            "phase": phase,
            "generation": self.often(1, 2),
            "created_at": created,
            "init_sent_at": self.often(created, None),
            "last_put_at": self.often(None, created),
            "upload_expires_at": self.often(None, self.time()),
            "post_id": self.often("", *VIDEOS) if phase in {Phase.PUBLISHED, Phase.DELIVERED} else "",
            "retry": self.random.choice([True, False]),
            "not_before": self.often(None, self.time()),
            "problem_code": self.often("internal", "", "upload-too-slow"),
            "sent": self.often('{"caption": "Before"}', "{}", "", "[]"),
        }
        return an_attempt(replace(post, caption=self.often(post.caption, "Before")), **over)
