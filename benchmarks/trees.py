"""Large projects to measure with: posts that are all out, many accounts, many new videos.

    python benchmarks/trees.py DIR 10000         # 10,000 settled posts of one account
    python benchmarks/trees.py DIR 1600 1600     # as many, spread over 1,600 accounts

A settled post has its row, its receipt and its manifest. Its media are there, unless `gone` is wanted.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT)]

from contentsync.evidence import receipts  # noqa: E402
from contentsync.evidence.identity import Identity  # noqa: E402
from contentsync.lifecycle import Phase  # noqa: E402
from contentsync.manifest.load import load  # noqa: E402
from contentsync.media.look import MediaLook  # noqa: E402
from contentsync.post import DesiredPost, MediaFacts  # noqa: E402
from contentsync.post_state import Attempt, PostState  # noqa: E402
from contentsync.remote_post import Creator  # noqa: E402
from contentsync.store.sqlite.state import SqliteStore  # noqa: E402

CLIP = ROOT / "tests" / "media" / "video-h264.mp4"
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)


def settled(root: Path, posts: int, accounts: int = 1, *, gone: bool = False) -> None:
    """A project whose posts are all published; the caches are empty. gone: without their media."""
    names = [f"a{number:04}" for number in range(accounts)]
    declare(root, names)
    write_posts(root, [(names[number % accounts], f"p{number}") for number in range(posts)])
    publish(root, load(root, {}, probe=_Quick()).posts)
    if gone:
        for path in (root / "posts").rglob("*.mp4"):
            path.unlink()
    make_old(root)


class _Quick:
    """Says of every file what a probe says of the clip, and its digest."""

    def read(self, path: Path) -> MediaLook:
        data = path.read_bytes()
        facts = MediaFacts("mp4", "h264", 720, 1280, 1.0, 30.0)
        return MediaLook(len(data), hashlib.sha256(data).hexdigest(), facts)


def declare(root: Path, accounts: Iterable[str]) -> None:
    """The project file."""
    root.mkdir(parents=True, exist_ok=True)
    lines = [f"  {name}: {{mode: direct}}" for name in accounts]
    (root / "contentsync.yaml").write_text("\n".join(["version: 1", "accounts:", *lines]) + "\n")


def write_posts(root: Path, posts: Iterable[tuple[str, str]]) -> None:
    """A manifest and a clip of its own for each account and name, a hundred in a folder."""
    clip = CLIP.read_bytes()
    for number, (account, name) in enumerate(posts):
        folder = root / "posts" / f"{number // 100:03}"
        folder.mkdir(parents=True, exist_ok=True)
        mark = f"{account}/{name}".encode()
        (folder / f"{account}-{name}.mp4").write_bytes(clip + (len(mark) + 8).to_bytes(4, "big") + b"free" + mark)
        (folder / f"{account}-{name}.yaml").write_text(
            f"name: {name}\naccount: {account}\nvideo: {account}-{name}.mp4\n"
            f"caption: |\n  Post {number} of a long series #fyp\nprivacy: everyone\nallow: [comment]\n"
        )


def publish(root: Path, posts: Iterable[DesiredPost]) -> None:
    """A row and a receipt for each post, as an apply left them long ago."""
    os.fsync = lambda _: None
    store = SqliteStore.open(root / ".contentsync" / "state.db")
    store._db._connection.execute("PRAGMA synchronous = OFF")
    identities: dict[str, Identity] = {}
    for number, post in enumerate(posts):
        open_id = f"id-{post.account}"
        if post.account not in identities:
            identities[post.account] = Identity(open_id, "", post.account)
            store.save_creator(post.account, Creator(open_id, post.account, post.account), LONG_AGO)
        row = _published(post, open_id, number)
        assert store.restore(row, row.attempts[0].updated_at)
        receipts.write(root / "receipts", row, identities[post.account])
    store.close()


def _published(post: DesiredPost, open_id: str, number: int) -> PostState:
    began = LONG_AGO + timedelta(minutes=number)
    media = post.media[0]
    attempt = Attempt(
        id=f"attempt-{number}",
        post_uid=f"uid-{number}",
        open_id=open_id,
        generation=1,
        phase=Phase.PUBLISHED,
        mode=post.mode,
        pulls=False,
        digest=post.digest,
        media_digest=post.media_digest,
        sha256=media.sha256,
        size=media.size,
        created_at=began,
        updated_at=began,
        sent=json.dumps(post.sent_values()),
        caption=post.caption,
        privacy=str(post.privacy or ""),
        init_sent_at=began,
        publish_id=f"v_pub_{number}",
        last_put_at=began,
        finished_at=began + timedelta(minutes=2),
        post_id=f"74{number:017}",
        number=1,
    )
    row = PostState(f"uid-{number}", open_id, post.name, post.account, media_digest=post.media_digest)
    return replace(row, attempts=(attempt,))


def make_old(root: Path) -> None:
    """Let no file count as written just now."""
    old = time.time() - 60
    for path in root.rglob("*"):
        os.utime(path, (old, old))


if __name__ == "__main__":
    settled(Path(sys.argv[1]), *(int(number) for number in sys.argv[2:]))
