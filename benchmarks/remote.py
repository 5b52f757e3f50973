"""P6 and P12: what a plan reads of a long public list, and what a post costs beside bare requests."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import Figure, Taken, compared, of_children
from benchmarks.trees import CLIP

if TYPE_CHECKING:
    from contentsync.emulator.server import Emulator

_NO_LIMITS = (
    "posts_per_day: 9999, pending_drafts: 9999, max_creates_per_run: 9999, max_creates_per_day: 9999, "
    "inits_per_minute: 9999, status_per_minute: 9999, creator_info_per_minute: 9999"
)
_PROJECT = (
    "version: 1\napp: {audited: true}\naccounts:\n"
    f"  acme: {{mode: direct, limits: {{{_NO_LIMITS}}}}}\napi: {{poll_initial: 10ms, poll_max: 50ms}}\n"
)


def listing(videos: int = 10_000) -> Iterator[Figure]:
    """P6: the pages of the public list that a plan reads where one video of very many is new."""
    from contentsync.emulator.config import Account, Video
    from tests.cli.support import Studio, an_emulator

    listed = tuple(Video(caption=f"Video {number}") for number in range(videos))
    accounts = (Account("acme", private=False, videos=listed),)
    with tempfile.TemporaryDirectory() as folder, an_emulator(accounts=accounts) as served:
        data = {"CONTENTSYNC_DATA_DIR": f"{folder}/data", "CONTENTSYNC_TOKEN_STORE": "file"}
        studio = Studio(Path(folder) / "studio", served.environment | data)
        studio.write("contentsync.yaml", _PROJECT)
        studio.post("launch", hold=True)
        studio.process("plan")
        before = _count(served.ledger(), "video_list")
        served.add_video("acme", Video(caption="The newest"))
        began = time.perf_counter()
        studio.process("plan")
        took = time.perf_counter() - began
        pages = _count(served.ledger(), "video_list") - before
    what = f"plan with a public list of {videos:,} videos, one new: pages read"
    yield Figure("P6", what, f"{pages} of {before}", f"{took:.2f} s", pages, 1.0, "", "a page is 20 videos")


def _count(ledger: dict[str, object], endpoint: str) -> int:
    counts = ledger["requests"]
    assert isinstance(counts, dict)
    return int(counts.get(endpoint, 0))


_SCRIPT = """
import json, sys, httpx
base, token, path = sys.argv[1:4]
count, polls = map(int, sys.argv[4:])
clip = open(path, "rb").read()
client = httpx.Client(base_url=base, headers={"Authorization": f"Bearer {token}"})
for number in range(count):
    data = clip + number.to_bytes(4, "big")
    info = {"privacy_level": "PUBLIC_TO_EVERYONE", "title": f"About {number}", "disable_comment": True}
    source = {"source": "FILE_UPLOAD", "video_size": len(data), "chunk_size": len(data), "total_chunk_count": 1}
    body = {"post_info": info, "source_info": source}
    begun = client.post("/v2/post/publish/video/init/", json=body).raise_for_status().json()["data"]
    ranged = {"Content-Type": "video/mp4", "Content-Range": f"bytes 0-{len(data) - 1}/{len(data)}"}
    client.put(begun["upload_url"], content=data, headers=ranged).raise_for_status()
    for _ in range(polls):
        client.post("/v2/post/publish/status/fetch/", json={"publish_id": begun["publish_id"]})
"""


def overhead(few: int = 5, many: int = 20, rounds: int = 3) -> Iterator[Figure]:
    """P12: what one more post costs an apply, beside a script that makes the same calls with httpx."""
    runs = [(_applied(few)[0], *_applied(many)) for _ in range(rounds)]
    polls = max(1, round(runs[0][2] / many))
    bare = [(_scripted(few, polls), _scripted(many, polls)) for _ in range(rounds)]
    mine = _each_more([run[0] for run in runs], [run[1] for run in runs], many - few)
    theirs = _each_more([run[0] for run in bare], [run[1] for run in bare], many - few)
    what = f"one post more in an apply / httpx alone, the same calls ({polls} status calls each)"
    limit = "about 20 durable writes a post (the state, the receipt, the journal), and the second look at each post"
    yield compared("P12", what, mine, theirs, 1.2, limit, by="wall")


def _each_more(few: list[Taken], many: list[Taken], more: int) -> Taken:
    """What each further post takes, by the least of several runs."""
    wall = min(run.wall for run in many) - min(run.wall for run in few)
    cpu = min(run.cpu for run in many) - min(run.cpu for run in few)
    return Taken(wall / more, cpu / more)


def _emulator() -> Emulator:
    """One that lets an account post as often as it likes, and is done with each post at once."""
    from contentsync.emulator.config import Account, Pace
    from tests.cli.support import an_emulator

    accounts = (Account("acme", private=False, posts_per_day=None),)
    return an_emulator(accounts=accounts, pace=Pace(processing_polls=0, moderation_polls=0))


def _applied(posts: int) -> tuple[Taken, int]:
    """What an apply takes, and how often it asked for a status."""
    from tests.cli.support import Ran, Studio

    with tempfile.TemporaryDirectory() as folder, _emulator() as served:
        data = {"CONTENTSYNC_DATA_DIR": f"{folder}/data", "CONTENTSYNC_TOKEN_STORE": "file"}
        studio = Studio(Path(folder) / "studio", served.environment | data)
        studio.write("contentsync.yaml", _PROJECT)
        for number in range(posts):
            studio.post(f"p{number}")
        studio.process("plan")
        ran: list[Ran] = []
        took = of_children(lambda: ran.append(studio.process("apply", "--auto-approve")))
        assert ran[0].code == 0, ran[0].err
        return took, _count(served.ledger(), "status")


def _scripted(posts: int, polls: int) -> Taken:
    with _emulator() as served:
        environ = served.environment
        told = [environ["CONTENTSYNC_API_URL"], environ["CONTENTSYNC_TOKEN_ACME"], str(CLIP), str(posts), str(polls)]
        command = [sys.executable, "-c", _SCRIPT, *told]
        return of_children(lambda: subprocess.run(command, check=True, env=dict(os.environ)))
