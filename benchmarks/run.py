"""How quick is it, against what anyone can measure beside it? Ratios, each with its reference in the same run.

    python benchmarks/run.py             # all, a minute or two
    python benchmarks/run.py start write # only these

Figures of one machine mean little; the ratios travel. Nothing here is a test: a slow machine fails nothing.
"""

from __future__ import annotations

import hashlib
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
CLIP = ROOT / "tests" / "media" / "video-h264.mp4"
ROUNDS = 5


def main(names: list[str]) -> None:
    print(f"{'what':<44}{'ours':>12}{'reference':>12}{'ratio':>8}")
    for name, bench in BENCHES.items():
        if not names or name in names:
            bench()


def _row(what: str, ours: float, reference: float, unit: str = "ms", scale: float = 1000.0) -> None:
    ratio = ours / reference if reference else float("nan")
    print(f"{what:<44}{ours * scale:>9.1f} {unit}{reference * scale:>9.1f} {unit}{ratio:>8.2f}", flush=True)


def _interleaved(
    ours: Callable[[], object], reference: Callable[[], object], rounds: int = ROUNDS
) -> tuple[float, float]:
    """The medians of both, run in turn."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for work, kept in zip((ours, reference), taken, strict=True):
            began = time.perf_counter()
            work()
            kept.append(time.perf_counter() - began)
    return statistics.median(taken[0]), statistics.median(taken[1])


def _process(*args: str, cwd: Path | None = None) -> Callable[[], object]:
    environment = dict(os.environ) | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"}

    def run() -> object:
        return subprocess.run(args, cwd=cwd, env=environment, check=True, capture_output=True)

    return run


def start() -> None:
    """`--version` and `--help` against an interpreter that does nothing."""
    bare = _process(sys.executable, "-c", "pass")
    for option in ("--version", "--help"):
        _row(
            f"contentsync {option} / python -c pass",
            *_interleaved(_process(sys.executable, "-m", "contentsync", option), bare),
        )


def plan(posts: int = 10_000) -> None:
    """A plan without a network, first and again, against `git status` on the same tree."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _a_large_project(root, posts)
        _process("git", "init", "-q", cwd=root)()
        _process("git", "add", "posts", "contentsync.yaml", cwd=root)()
        command = _process(sys.executable, "-m", "contentsync", "plan", "--no-refresh", cwd=root)
        began = time.perf_counter()
        command()
        first = time.perf_counter() - began
        again, status = _interleaved(command, _process("git", "status", "--porcelain", cwd=root), 3)
        _row(f"plan, {posts} posts, first / git status", first, status)
        _row(f"plan, {posts} posts, again / git status", again, status)


def _a_large_project(root: Path, posts: int) -> None:
    (root / "contentsync.yaml").write_text("version: 1\naccounts:\n  acme: {mode: draft}\n")
    clip = CLIP.read_bytes()
    for number in range(posts):
        folder = root / "posts" / f"{number // 100:03}"
        folder.mkdir(parents=True, exist_ok=True)
        mark = str(number).encode()
        (folder / f"p{number}.mp4").write_bytes(clip + (len(mark) + 8).to_bytes(4, "big") + b"free" + mark)
        (folder / f"p{number}.yaml").write_text(
            f"name: p{number}\naccount: acme\nvideo: p{number}.mp4\ncaption: Post {number}\n"
        )
    old = time.time() - 60  # so that no file counts as written just now
    for path in root.rglob("*"):
        os.utime(path, (old, old))


def accounts(count: int = 1600) -> None:
    """A plan for many accounts, each with a post that is out and a new one, against one account with as many."""
    with tempfile.TemporaryDirectory() as folder:
        many, one = Path(folder) / "many", Path(folder) / "one"
        _a_project_at_work(many, [(f"a{number}", "p") for number in range(count)])
        _a_project_at_work(one, [("a0", f"p{number}") for number in range(count)])
        command = (sys.executable, "-m", "contentsync", "plan", "--no-refresh")
        _process(*command, cwd=many)()  # the media are hashed once
        _process(*command, cwd=one)()
        ours, reference = _interleaved(_process(*command, cwd=many), _process(*command, cwd=one), 3)
        _row(f"plan, {count} accounts / 1 account", ours, reference)


def _a_project_at_work(root: Path, posts: list[tuple[str, str]]) -> None:
    """Of each account and name a published post with its receipt, and one that is new."""
    sys.path[:0] = [str(ROOT)]
    from contentsync.evidence import receipts
    from contentsync.post import Creator
    from contentsync.store.sqlite.state import SqliteStore
    from tests.builders import NOW, a_post, a_row, an_attempt

    (root / "posts").mkdir(parents=True)
    names = list(dict.fromkeys(account for account, _ in posts))
    lines = [f"  {name}: {{mode: draft}}" for name in names]
    (root / "contentsync.yaml").write_text("\n".join(["version: 1", "accounts:", *lines]) + "\n")
    store = SqliteStore.open(root / ".contentsync" / "state.db")
    for name in names:
        store.save_creator(name, Creator(f"id-{name}", nickname=name, username=name), NOW)
    clip = CLIP.read_bytes()
    for number, (account, name) in enumerate(posts):
        mark = str(number).encode()
        for at in (f"{name}-out", name):
            file = root / "posts" / f"{account}-{at}"
            file.with_suffix(".mp4").write_bytes(
                clip + (len(mark) + len(at) + 8).to_bytes(4, "big") + b"free" + mark + at.encode()
            )
            file.with_suffix(".yaml").write_text(f"name: {at}\naccount: {account}\nvideo: {file.name}.mp4\n")
        post = a_post(account=account, name=f"{name}-out")
        known = {"id": f"attempt-{number}", "publish_id": f"v_{number}", "post_id": f"74{number:08}"}
        attempt = an_attempt(post, open_id=f"id-{account}", **known)
        row = a_row(post, open_id=f"id-{account}", attempts=(attempt,))
        store.restore(row, NOW)
        receipts.write(root / "receipts", row)
    store.close()


def write() -> None:
    """One durable transition against a 4 KiB write and its fdatasync."""
    sys.path[:0] = [str(ROOT)]
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

        ours_s, reference_s = _interleaved(ours, reference)
        _row("a durable transition / pwrite + fdatasync", ours_s / 100, reference_s / 100)


def upload(size: int = 1 << 30) -> None:
    """One large upload to the emulator next door: bytes a second against hashing alone, and the memory it took."""
    sys.path[:0] = [str(ROOT)]
    from tests.cli.support import Studio, an_emulator

    with tempfile.TemporaryDirectory() as folder, an_emulator() as served:
        studio = Studio(Path(folder) / "studio", served.environment)
        clip = CLIP.read_bytes()
        with (studio.root / "posts").mkdir() or (studio.root / "posts" / "big.mp4").open("wb") as file:
            file.write(clip + (size - len(clip)).to_bytes(4, "big") + b"free")
            file.truncate(size)
        studio.post("big", video="big.mp4")
        began = time.perf_counter()
        ran = studio.run("apply", "--auto-approve")
        ours = time.perf_counter() - began
        assert ran.code == 0, ran.err
        began = time.perf_counter()
        with (studio.root / "posts" / "big.mp4").open("rb") as file:
            hashlib.file_digest(file, "sha256")
        _row(f"apply of {size >> 20} MiB / file_digest of it", ours, time.perf_counter() - began)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        print(f"{'  its peak memory':<44}{peak / 1024:>9.1f} MiB")


def manifests() -> None:
    """A mebibyte of each manifest that was written to hold a reader up, against a bare CSafeLoader (at most 10x)."""
    sys.path[:0] = [str(ROOT)]
    from contentsync.manifest.load import load
    from tests.manifest.adversarial import FLOODS, MEBIBYTE, is_too_deep, plain_parse
    from tests.manifest.projects import FakeProbe, write

    for name, flood in FLOODS.items():
        data = flood.of(MEBIBYTE)
        bare = f"a: {'x' * MEBIBYTE}".encode() if is_too_deep(name) else data  # the composer would end the process
        with tempfile.TemporaryDirectory() as folder:
            root = write(Path(folder), {"posts/a.yaml": data, "posts/clip.mp4": b"x"})
            taken = _interleaved(
                lambda root=root: load(root, {}, probe=FakeProbe()), lambda bare=bare: plain_parse(bare), 3
            )
        _row(f"{name} / CSafeLoader", *taken)


def waiting(seconds: float = 6.0) -> None:
    """Apply for forty accounts against apply for eight, while TikTok works for six seconds on each post."""
    many, few = _applied(40, seconds), _applied(8, seconds)
    _row(f"40 accounts / 8, TikTok works {seconds:.0f} s", many, few)
    sending = _applied(40, seconds, "--no-wait") - _applied(8, seconds, "--no-wait")
    _row("  without the sending of 32 more", many - sending, few)


def _applied(accounts: int, seconds: float, *options: str) -> float:
    """The time of an apply with one post for each account."""
    sys.path[:0] = [str(ROOT)]
    from contentsync.emulator.config import Account, Pace
    from tests.cli.support import Studio, an_emulator

    names = [f"a{number:02}" for number in range(accounts)]
    pace = Pace(processing_polls=0, processing_seconds=seconds, moderation_polls=0)
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


BENCHES: dict[str, Callable[[], None]] = {
    "start": start,
    "write": write,
    "upload": upload,
    "plan": plan,
    "accounts": accounts,
    "waiting": waiting,
    "manifests": manifests,
}

if __name__ == "__main__":
    main(sys.argv[1:])
