"""What does a test need to begin with? Plain functions that make values with good defaults.

Each takes the fields of what it makes as keywords: `a_post(caption="Hello", privacy=Privacy.FRIENDS)`. The defaults
fit each other: `a_row(phase=Phase.PUBLISHED)` is what we remember of `a_post()` once it is published.
"""

from __future__ import annotations

import hashlib
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

from contentsync.errors import Place
from contentsync.lifecycle import OPEN, Phase
from contentsync.post import DesiredPost, Disclosure, Interaction, Kind, Media, MediaFacts, Mode, Privacy
from contentsync.post_state import Attempt, PostState
from contentsync.remote_post import Creator, RemotePost
from contentsync.settings import Account, App, Settings

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
OPEN_ID = "open-id-of-acme"
PUBLISH_ID = "v_pub_file~v2-1.7400000000000000001"
POST_ID = "7400000000000000001"

_LINES = ("name", "account", "video", "caption", "privacy", "allow", "disclosure", "cover_at", "publish_at")
_SENT = frozenset({Phase.PROCESSING, Phase.PUBLISHED, Phase.DELIVERED, Phase.UNKNOWN, Phase.ABANDONED})


class ManualClock:
    """A clock that only moves when it is told to, or when someone sleeps on it.

    slept: the seconds of each sleep, in order. Threads may share it.
    """

    def __init__(self, start: datetime = NOW) -> None:
        self.start = start
        self.passed = timedelta()
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return self.start + self.passed

    def monotonic(self) -> float:
        return self.passed.total_seconds()

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.passed += timedelta(seconds=max(seconds, 0.0))

    def advance(self, by: timedelta | float) -> datetime:
        """Let time pass, a timedelta or seconds, without a sleep being noted; the new time."""
        with self._lock:
            self.passed += by if isinstance(by, timedelta) else timedelta(seconds=by)
            return self.now()


def sha256(text: str) -> str:
    """A digest that looks real and is told apart by its text."""
    return hashlib.sha256(text.encode()).hexdigest()


def a_media(path: str = "posts/launch.mp4", **over: Any) -> Media:
    """A small video beside its manifest; its digest follows from the path. With `url=…`: a URL without facts."""
    if "url" in over:
        return Media(**over)
    facts = MediaFacts("mp4", "h264", 1080, 1920, duration=10.0, frame_rate=30.0)
    given: dict[str, Any] = {"path": path, "sha256": sha256(path), "size": 1_000_000, "facts": facts}
    return Media(**(given | over))


def a_photo(path: str = "posts/1.jpg", **over: Any) -> Media:
    """A picture beside its manifest."""
    facts = MediaFacts("jpeg", "jpeg", 1080, 1920)
    return a_media(path, **({"size": 200_000, "facts": facts} | over))


def a_post(**over: Any) -> DesiredPost:
    """acme/launch: a public video, sent directly and at once, comments allowed."""
    file = f"posts/{over.get('name', 'launch')}.yaml"
    given: dict[str, Any] = {
        "account": "acme",
        "name": "launch",
        "mode": Mode.DIRECT,
        "media": (a_media(),),
        "caption": "Launch day",
        "privacy": Privacy.EVERYONE,
        "allow": frozenset({Interaction.COMMENT}),
        "where": Place(file),
        "places": tuple((key, Place(file, line, len(key) + 3)) for line, key in enumerate(_LINES, 1)),
    }
    asked = [key for key in ("mode", "allow", "disclosure", "ai_generated", "cover", "title") if key in over]
    given["places"] += tuple((key, Place(file)) for key in asked if key not in _LINES)
    return DesiredPost(**(given | over))


def a_draft(**over: Any) -> DesiredPost:
    """acme/launch as a video for the inbox: a caption that is not sent, and no privacy."""
    return a_post(**({"mode": Mode.DRAFT, "privacy": None, "allow": frozenset()} | over))


def a_slideshow(**over: Any) -> DesiredPost:
    """acme/launch as two photos that TikTok fetches, sent directly."""
    urls = ("https://media.acme.example/1.jpg", "https://media.acme.example/2.jpg")
    media = tuple(a_media(url=url) for url in urls)
    return a_post(**({"kind": Kind.PHOTOS, "media": media, "title": "Launch"} | over))


def an_ad(**over: Any) -> DesiredPost:
    """acme/launch, disclosed as a paid partnership."""
    return a_post(**({"disclosure": frozenset({Disclosure.BRANDED_CONTENT})} | over))


def an_attempt(post: DesiredPost | None = None, **over: Any) -> Attempt:
    """The first try to publish `post` (a_post() if not given), begun at NOW and published two minutes later.

    phase: what fits it is filled in: a publish_id once init was answered, an upload URL while it is of use, when the
    last PUT began once the bytes are there, an end and a post_id where there is one.
    """
    post = post or a_post()
    phase: Phase = over.get("phase", Phase.PUBLISHED)
    created: datetime = over.get("created_at", NOW)
    media = post.media[0] if post.media else Media()
    given: dict[str, Any] = {
        "id": f"{post.name}-1",
        "post_uid": f"uid-of-{post.key}",
        "open_id": OPEN_ID,
        "generation": post.generation,
        "phase": phase,
        "mode": post.mode,
        "pulls": post.pulls,
        "digest": post.digest,
        "media_digest": post.media_digest,
        "sha256": media.sha256,
        "size": media.size,
        "created_at": created,
        "updated_at": created,
        "run_id": "run-1",
        "caption": post.caption,
        "privacy": post.privacy or "",
        "duration": media.facts.duration if media.facts else None,
        "number": 1,
    }
    return Attempt(**(given | _what_fits(phase, post, created, media.size) | over))


def _what_fits(phase: Phase, post: DesiredPost, created: datetime, size: int) -> dict[str, Any]:
    """The fields of an attempt at `post` that its phase brings with it."""
    fits: dict[str, Any] = {}
    if phase is not Phase.INTENT:
        fits["init_sent_at"] = created
    if phase in _SENT | {Phase.UPLOADING}:
        fits["publish_id"] = PUBLISH_ID
    if phase is Phase.UPLOADING:
        fits["upload_url"] = "https://open-upload.tiktokapis.com/video/?upload_id=1&upload_token=secret"
        fits["upload_expires_at"] = created + timedelta(hours=1)
    if phase in _SENT and not post.pulls:
        fits |= {"last_put_at": created + timedelta(minutes=1), "sent_bytes": size}
    if not post.pulls and phase in _SENT | {Phase.UPLOADING}:
        fits |= {"chunk_size": size, "chunk_count": 1}
    if phase not in OPEN:
        fits["finished_at"] = created + timedelta(minutes=2)
    if phase is Phase.PUBLISHED and post.privacy is Privacy.EVERYONE:
        fits["post_id"] = POST_ID
    if phase is Phase.FAILED:
        fits |= {"problem_code": "file-format-check-failed", "problem_what": "TikTok can't read this format"}
    return fits


def a_row(post: DesiredPost | None = None, **over: Any) -> PostState:
    """What we remember of `post` (a_post() if not given), which was published; `phase` tells of another end.

    attempts: given whole, instead of the one that `phase` makes; `attempts=()` is a row that was never tried.
    """
    post = post or a_post()
    phase = over.pop("phase", Phase.PUBLISHED)
    given: dict[str, Any] = {
        "uid": f"uid-of-{post.key}",
        "open_id": OPEN_ID,
        "name": post.name,
        "account": post.account,
        "generation": post.generation,
        "media_digest": post.media_digest,
    }
    if "attempts" not in over:
        given["attempts"] = (an_attempt(post, phase=phase),)
    return PostState(**(given | over))


def a_remote(**over: Any) -> RemotePost:
    """The public video that a_post() became, as TikTok lists it."""
    post_id = over.get("post_id", POST_ID)
    given: dict[str, Any] = {
        "post_id": post_id,
        "created_at": NOW + timedelta(minutes=2),
        "caption": "Launch day",
        "title": "Launch day",
        "duration": 10,
        "url": f"https://www.tiktok.com/@acme/video/{post_id}",
    }
    return RemotePost(**(given | over))


def a_creator(**over: Any) -> Creator:
    """A public account that may post now."""
    given: dict[str, Any] = {
        "open_id": OPEN_ID,
        "nickname": "Acme Studio",
        "username": "acme",
        "privacy": (Privacy.EVERYONE, Privacy.FRIENDS, Privacy.ONLY_ME),
        "max_seconds": 600,
    }
    return Creator(**(given | over))


def a_private_creator(**over: Any) -> Creator:
    """A private account that may post now: duet and stitch are off, as TikTok has it."""
    offered = (Privacy.FOLLOWERS, Privacy.FRIENDS, Privacy.ONLY_ME)
    off = frozenset({Interaction.DUET, Interaction.STITCH})
    return a_creator(**({"privacy": offered, "disabled": off} | over))


def an_account(name: str = "acme", **over: Any) -> Account:
    """An account of the project that posts directly, pinned to the identity that the other builders use."""
    return Account(**({"name": name, "open_id": OPEN_ID, "mode": Mode.DIRECT} | over))


def settings(*accounts: Account, **over: Any) -> Settings:
    """A project with these accounts (an_account() if none), and an audited app whose key and secret are known."""
    declared = {account.name: account for account in accounts or (an_account(),)}
    app = App("key-of-the-app", "secret-of-the-app", audited=True, posting_users_per_day=None)
    given: dict[str, Any] = {"accounts": declared, "app": app}
    return Settings(**(given | over))
