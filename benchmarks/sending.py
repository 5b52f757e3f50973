"""P7 to P9, P12, P14 and P15: writing, hashing and sending, beside a bare file, a bare digest and bare requests."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.measure import Figure, Taken, compared, interleaved
from benchmarks.trees import CLIP
from contentsync.manifest.attachments import Attachments
from contentsync.media.disk import DiskReader


def write() -> Iterator[Figure]:
    """P7: one durable transition against a 4 KiB write and its fdatasync."""
    from contentsync.store.sqlite.state import SqliteStore
    from tests.builders import NOW, OPEN_ID, a_post, an_attempt

    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore.open(Path(folder) / "state.db")
        held = [store.begin(a_post(), an_attempt(a_post(), phase="intent", open_id=OPEN_ID), NOW)]
        file = os.open(Path(folder) / "plain", os.O_CREAT | os.O_WRONLY)

        def ours() -> None:
            for _ in range(100):
                held[0] = store.save(held[0].noting(datetime.now(UTC)), "noted")

        def reference() -> None:
            for _ in range(100):
                os.pwrite(file, b"x" * 4096, 0)
                os.fdatasync(file)

        taken, bare = (Taken(one.wall / 100, one.cpu / 100) for one in interleaved(ours, reference))
        limit = "the disk; then about 0.1 ms of statements in Python"
        yield compared("P7", "a durable transition / pwrite + fdatasync of 4 KiB", taken, bare, 2.0, limit, by="wall")


def upload(size: int = 1 << 28) -> Iterator[Figure]:
    """P8: one large upload to the emulator, against bare http.client that sends the same bytes to it."""
    from tests.cli.support import Studio, an_emulator

    with tempfile.TemporaryDirectory() as folder, an_emulator() as served:
        studio = Studio(Path(folder) / "studio", served.environment)
        big = studio.root / "posts" / "big.mp4"
        big.parent.mkdir(parents=True)
        clip = CLIP.read_bytes()
        with big.open("wb") as file:
            file.write(clip + (size - len(clip)).to_bytes(4, "big") + b"free")
            file.truncate(size)
        studio.post("big", video="big.mp4")
        studio.process("plan")  # the file is hashed and looked into before
        began = time.perf_counter()
        ran = studio.process("apply", "--auto-approve", "--no-wait")
        ours = time.perf_counter() - began
        assert ran.code in {0, 3}, ran.err
        began = time.perf_counter()
        _send_bare(big, size, served.environment)
        bare = time.perf_counter() - began
        what = f"apply of {size >> 20} MiB / bare http.client, the same PUTs"
        limit = "one run each; sha256 of what is sent, and Python's start"
        yield compared("P8", what, Taken(ours, 0), Taken(bare, 0), 1.1, limit, by="wall")


def _send_bare(path: Path, size: int, environment: dict[str, str]) -> None:
    """Init and chunks, as apply sends them, with the standard library alone."""
    chunk = 10_000_000
    count = max(1, size // chunk)
    line = _line(environment["CONTENTSYNC_API_URL"])
    info = {"source": "FILE_UPLOAD", "video_size": size, "chunk_size": chunk, "total_chunk_count": count}
    body = {"post_info": {"privacy_level": "SELF_ONLY", "title": "bare"}, "source_info": info}
    headers = {
        "Authorization": f"Bearer {environment['CONTENTSYNC_TOKEN_ACME']}",
        "Content-Type": "application/json; charset=UTF-8",
    }
    line.request("POST", "/v2/post/publish/video/init/", json.dumps(body), headers)
    address = urlsplit(json.loads(line.getresponse().read())["data"]["upload_url"])
    with path.open("rb") as file:
        for number in range(count):
            first, last = number * chunk, size - 1 if number == count - 1 else (number + 1) * chunk - 1
            data = file.read(last + 1 - first)
            ranged = {"Content-Type": "video/mp4", "Content-Range": f"bytes {first}-{last}/{size}"}
            line.request("PUT", f"{address.path}?{address.query}", data, ranged)
            line.getresponse().read()


def _line(url: str) -> http.client.HTTPConnection:
    address = urlsplit(url)
    assert address.hostname
    return http.client.HTTPConnection(address.hostname, address.port)


def hashing(size: int = 1 << 28) -> Iterator[Figure]:
    """P9: the digest of changed media."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "big.mp4"
        clip = CLIP.read_bytes()
        with path.open("wb") as file:
            file.write(clip + (size - len(clip)).to_bytes(4, "big") + b"free")
            while file.tell() < size:  # a film has no zeros to speak of
                file.write(os.urandom(min(1 << 20, size - file.tell())))

        def bare() -> None:
            with path.open("rb") as file:
                hashlib.file_digest(file, "sha256")

        ours, reference = interleaved(lambda: DiskReader().read(path), bare)
        limit = "sha256 on one core, and the search for zeros; what is read ahead takes no time of its own"
        what = f"a look at one file of {size >> 20} MiB / `hashlib.file_digest` (wall time)"
        yield compared("P9", what, ours, reference, 0.9, limit, by="wall")
        yield _several(Path(folder), path, size // 4)


def _several(folder: Path, film: Path, size: int) -> Figure:
    """Four changed files at a time, as a plan looks into them."""
    names = [f"part{number}.mp4" for number in range(4)]
    with film.open("rb") as file:
        data = file.read(size)
    for name in names:
        (folder / name).write_bytes(data)

    def bare() -> None:
        for name in names:
            with (folder / name).open("rb") as file:
                hashlib.file_digest(file, "sha256")

    ours, reference = interleaved(lambda: Attachments(folder, DiskReader()).read_files(names), bare)
    what = f"a look at 4 files of {size >> 20} MiB / `hashlib.file_digest` of one after the other (wall time)"
    return compared("P9", what, ours, reference, 0.9, "the cores", by="wall")


def manifests() -> Iterator[Figure]:
    """P14: a mebibyte of each manifest that was written to hold a reader up, against a bare CSafeLoader."""
    from tests.manifest.adversarial import FLOODS

    worst = max(FLOODS, key=lambda name: _flooded(name, rounds=1).value or 0)
    yield _flooded(worst, rounds=3)


def _flooded(name: str, rounds: int) -> Figure:
    """How long one of them takes."""
    from contentsync.manifest.load import load
    from tests.manifest.adversarial import FLOODS, MEBIBYTE, comparable, plain_parse
    from tests.manifest.projects import FakeProbe, write

    data = FLOODS[name].of(MEBIBYTE)
    bare = comparable(name, data)
    with tempfile.TemporaryDirectory() as folder:
        root = write(Path(folder), {"posts/a.yaml": data, "posts/clip.mp4": b"x"})
        taken = interleaved(lambda: load(root, {}, probe=FakeProbe()), lambda: plain_parse(bare), rounds=rounds)
    what = f"1 MiB of adversarial manifest, the worst of {len(FLOODS)} ({name}) / CSafeLoader"
    return compared("P14", what, *taken, 10.0, "positions of all values")


def waiting(working: float = 6.0) -> Iterator[Figure]:
    """P15: apply for forty accounts against apply for eight, while TikTok works for some seconds on each post."""
    many, few = _applied(40, working), _applied(8, working)
    what = f"40 accounts / 8 accounts, TikTok works {working:.0f} s on each post"
    yield compared("P15", what, Taken(many, 0), Taken(few, 0), 1.2, "one run each; the sending of 32 more", by="wall")


def _applied(accounts: int, working: float, *options: str) -> float:
    """The time of an apply with one post for each account."""
    from contentsync.emulator.config import Account, Pace
    from tests.cli.support import Studio, an_emulator

    names = [f"a{number:02}" for number in range(accounts)]
    pace = Pace(processing_polls=0, processing_seconds=working, moderation_polls=0)
    with (
        tempfile.TemporaryDirectory() as folder,
        an_emulator(accounts=tuple(map(Account, names)), pace=pace) as served,
    ):
        data = {"CONTENTSYNC_DATA_DIR": f"{folder}/data", "CONTENTSYNC_TOKEN_STORE": "file"}
        studio = Studio(Path(folder) / "studio", served.environment | data)
        listed = "".join(f"  {name}: {{mode: draft}}\n" for name in names)
        studio.write("contentsync.yaml", f"version: 1\naccounts:\n{listed}api: {{poll_initial: 1s, poll_max: 1s}}\n")
        for name in names:
            studio.post(f"p-{name}", name)
        began = time.perf_counter()
        command = [sys.executable, "-m", "contentsync", "apply", "--auto-approve", *options]
        ended = subprocess.run(
            command, cwd=studio.root, env=dict(os.environ) | studio.environment, capture_output=True, check=False
        )
        assert ended.returncode in {0, 3}, ended.stderr.decode()
        return time.perf_counter() - began
