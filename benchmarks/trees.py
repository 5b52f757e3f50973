"""Large projects to measure with: posts that are all out, many accounts, many new videos.

    python benchmarks/trees.py DIR 10000         # 10,000 settled posts of one account
    python benchmarks/trees.py DIR 1600 1600     # as many, spread over 1,600 accounts

A settled post has its row, its receipt and its manifest. Its media are there, unless `gone` is wanted.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT)]

from contentsync.evidence import receipts  # noqa: E402
from contentsync.evidence.identity import Identity  # noqa: E402
from contentsync.lifecycle import Phase  # noqa: E402
from contentsync.manifest.load import load  # noqa: E402
from contentsync.post import DesiredPost  # noqa: E402
from contentsync.post_state import Attempt, PostState  # noqa: E402
from contentsync.remote_post import Creator  # noqa: E402
from contentsync.store.sqlite.state import SqliteStore  # noqa: E402

CLIP = ROOT / "tests" / "media" / "video-h264.mp4"
_CLIP_BYTES = CLIP.read_bytes()
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)


def settled(root: Path, posts: int, accounts: int = 1, *, gone: bool = False) -> None:
    """A project whose posts are all published; the caches are empty. gone: without their media."""
    names = [f"a{number:04}" for number in range(accounts)]
    declare(root, names)
    wanted = [(names[number % accounts], f"p{number}") for number in range(posts)]
    write_posts(root, wanted[:1])
    (first,) = load(root, {}).posts
    write_posts(root, wanted, gone=gone)
    publish(root, (_like(first, number, *key) for number, key in enumerate(wanted)))
    wait_until_old()


def _like(first: DesiredPost, number: int, account: str, name: str) -> DesiredPost:
    """The post that a manifest of write_posts declares, without a reading of it. first: of the first of them."""
    data = _clip(account, name)
    path = f"posts/{number // 100:03}/{account}-{name}.mp4"
    item = replace(first.media[0], path=path, size=len(data), sha256=hashlib.sha256(data).hexdigest())
    return replace(first, account=account, name=name, media=(item,), caption=_caption(number))


def declare(root: Path, accounts: Iterable[str]) -> None:
    """The project file."""
    root.mkdir(parents=True, exist_ok=True)
    lines = [f"  {name}: {{mode: direct}}" for name in accounts]
    (root / "contentsync.yaml").write_text("\n".join(["version: 1", "accounts:", *lines]) + "\n")


def write_posts(root: Path, posts: Iterable[tuple[str, str]], *, gone: bool = False) -> None:
    """A manifest and a clip of its own for each account and name, a hundred in a folder. gone: no clip."""
    for number, (account, name) in enumerate(posts):
        folder = root / "posts" / f"{number // 100:03}"
        if number % 100 == 0:
            folder.mkdir(parents=True, exist_ok=True)
        clip = folder / f"{account}-{name}.mp4"
        if not gone:
            clip.write_bytes(_clip(account, name))
        else:
            clip.unlink(missing_ok=True)
        (folder / f"{account}-{name}.yaml").write_text(
            f"name: {name}\naccount: {account}\nvideo: {account}-{name}.mp4\n"
            f"caption: |\n  {_caption(number)}\nprivacy: everyone\nallow: [comment]\n"
        )


def _caption(number: int) -> str:
    return f"Post {number} of a long series #fyp"


def _clip(account: str, name: str) -> bytes:
    mark = f"{account}/{name}".encode()
    return _CLIP_BYTES + (len(mark) + 8).to_bytes(4, "big") + b"free" + mark


def publish(root: Path, posts: Iterable[DesiredPost]) -> None:
    """A row and a receipt for each post, as an apply left them long ago; all rows in one transaction."""
    store = SqliteStore.open(root / ".contentsync" / "state.db")
    connection = store._db._connection
    store._db.writing = lambda **_: nullcontext(connection)  # type: ignore[assignment, return-value]
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN IMMEDIATE")
    identities: dict[str, Identity] = {}
    for number, post in enumerate(posts):
        open_id = f"id-{post.account}"
        if post.account not in identities:
            identities[post.account] = Identity(open_id, "", post.account)
            store.save_creator(post.account, Creator(open_id, post.account, post.account), LONG_AGO)
            (root / "receipts" / post.account).mkdir(parents=True, exist_ok=True)
        row = _published(post, open_id, number)
        assert store.restore(row, row.attempts[0].updated_at)
        told = receipts._content(row, identities[post.account], None)
        (root / "receipts" / f"{post.key}.json").write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    connection.commit()
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


def wait_until_old() -> None:
    """Wait until no file counts as written just now."""
    time.sleep(2.5)


if __name__ == "__main__":
    settled(Path(sys.argv[1]), *(int(number) for number in sys.argv[2:]))
