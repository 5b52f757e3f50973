"""P1 to P6 and P10: starting, loading and planning, beside an interpreter, git and a bare parser."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import math
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from benchmarks import trees
from benchmarks.measure import Figure, compared, contentsync, interleaved, peak_mib, process, seconds, skipped

_FILMS = "libmediainfo; then Python's start, the manifests and the structure of each film"
_PLAN = ("plan", "--no-refresh")
_EDIT = "imports: pydantic (60 ms), the planner and the state; for a new post its probe and the stat of each receipt"
_SCAN = "a stat of each manifest and clip (2 us each, half of the time); then Python's start and click"


@contextmanager
def _a_tree(posts: int, accounts: int = 1, *, gone: bool = False, tracked: bool = True) -> Iterator[Path]:
    """tracked: git has all of it in its index."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "studio"
        trees.settled(root, posts, accounts, gone=gone)
        if tracked:
            process("git", "init", "-q", cwd=root)()
            process("git", "add", "posts", "contentsync.yaml", "receipts", cwd=root)()
        yield root


def start() -> Iterator[Figure]:
    """P1: `--version` and `--help`."""
    with tempfile.TemporaryDirectory() as folder:
        bare = process(sys.executable, "-c", "pass", cwd=Path(folder))
        for option, bound in (("--version", 2.0), ("--help", 5.5)):
            ours, reference = interleaved(contentsync(option, cwd=Path(folder)), bare, rounds=9)
            yield compared("P1", f"`{option}` / `python -c pass`", ours, reference, bound, "imports of click")


def plan(posts: int = 10_000) -> Iterator[Figure]:
    """P2 and P3: a plan without a network where all is settled, and with one new or changed post."""
    status = ("git", "status", "--porcelain")
    with _a_tree(posts) as root:
        ask = contentsync(*_PLAN, cwd=root)
        ask()
        time.sleep(3)  # until the state and the files no longer count as written just now
        ask()
        ours, git = interleaved(ask, process(*status, cwd=root))
        yield compared("P2", f"plan, {posts:,} settled posts / `git status`", ours, git, 3.0, _SCAN)
        first = sorted((root / "posts").rglob("*.yaml"))[0]
        manifest = first.read_text()
        changed, added = [], []
        for number in range(5):
            first.write_text(
                manifest.replace(
                    "privacy: everyone", f"privacy: everyone\nexpires_at: {2031 + number}-01-01T00:00:00Z"
                )
            )
            changed.append(interleaved(ask, rounds=1)[0])
        for number in range(5):
            trees.write_posts(root, [("a0000", f"new{number}")])
            added.append(interleaved(ask, rounds=1)[0])
            for file in (root / "posts").rglob(f"a0000-new{number}.*"):
                file.unlink()  # else the next plan would be one of several new posts
        for what, taken in (("one manifest changed", changed), ("one new post", added)):
            cpu = statistics.median(one.cpu for one in taken) - ours.cpu
            wall = statistics.median(one.wall for one in taken) - ours.wall
            told = f"{seconds(cpu)} CPU, {seconds(wall)} wall"
            yield Figure("P3", f"the same with {what}, beyond P2", told, "", cpu, 0.25, " s", _EDIT)
    if importlib.util.find_spec("octodns") is None:
        yield skipped("P2", "the same / octoDNS planning as many records", "octoDNS is not installed")


def plan_gone(posts: int = 10_000) -> Iterator[Figure]:
    """P2 where the media of all settled posts are gone."""
    with _a_tree(posts, gone=True) as root:
        ask = contentsync(*_PLAN, cwd=root)
        ask()
        time.sleep(3)
        ask()
        ours, git = interleaved(ask, process("git", "status", "--porcelain", cwd=root))
        yield compared("P2", f"the same, media gone, {posts:,} posts / `git status`", ours, git, 3.0, _SCAN)


_BARE_YAML = """
import sys, yaml
from pathlib import Path
for path in Path(sys.argv[1]).rglob("*.yaml"):
    list(yaml.load_all(path.read_bytes(), yaml.CSafeLoader))
"""


def first_plan(posts: int = 10_000, videos: int = 1_000) -> Iterator[Figure]:
    """P4: nothing cached."""
    with _a_tree(posts, gone=True, tracked=False) as root:

        def ours() -> None:
            _forget(root)
            contentsync(*_PLAN, cwd=root)()

        bare = process(sys.executable, "-c", _BARE_YAML, str(root / "posts"))
        mine, theirs = interleaved(ours, bare, rounds=3)
        what = f"first plan, {posts:,} settled posts, media gone / bare CSafeLoader"
        yield compared("P4", what, mine, theirs, 1.0, "positions of all values, the rules, and the evidence")
    yield from _first_videos(videos)


def _forget(root: Path) -> None:
    """Remove all that a plan keeps for the next one."""
    for file in (root / ".contentsync").iterdir():
        if file.is_file() and not file.name.startswith("state.db"):
            file.unlink()


def _first_videos(videos: int) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "studio"
        trees.declare(root, ["a0000"])
        trees.write_posts(root, [("a0000", f"p{number}") for number in range(videos)])
        trees.wait_until_old()

        def ours() -> None:
            shutil.rmtree(root / ".contentsync", ignore_errors=True)
            contentsync(*_PLAN, cwd=root)()

        files = sorted(map(str, (root / "posts").rglob("*.mp4")))
        mine, theirs = interleaved(ours, lambda: _probe_all(files), rounds=3)
        what = f"first plan, {videos:,} new videos / bare libmediainfo and sha256 on all cores"
        yield compared(
            "P4",
            what,
            mine,
            theirs,
            1.3,
            _FILMS,
            by="wall",
        )


def _probe_all(files: list[str]) -> None:
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(_probe, files, chunksize=16))


def _probe(path: str) -> str:
    from pymediainfo import MediaInfo

    with Path(path).open("rb") as file:
        MediaInfo.parse(file, output="JSON")
        file.seek(0)
        return hashlib.file_digest(file, "sha256").hexdigest()


def growth(small: int = 1_000, middle: int = 10_000, large: int = 50_000) -> Iterator[Figure]:
    """P5: how time and memory grow with the history, and with the number of accounts. The media are gone."""
    taken, memory, edited, usual = {}, {}, {}, 0.0
    for posts in (small, middle, large):
        with _a_tree(posts, gone=True, tracked=False) as root:
            contentsync(*_PLAN, cwd=root)()
            (taken[posts],) = interleaved(contentsync(*_PLAN, cwd=root), rounds=3)
            (edited[posts],) = interleaved(lambda root=root: _edited(root), rounds=3)
            if posts == middle:
                usual = peak_mib(*_PLAN, "--json", cwd=root)
            _forget(root)
            memory[posts] = peak_mib(*_PLAN, cwd=root)
    for name, found in (("all settled", taken), ("one manifest edited", edited)):
        exponent = math.log(found[large].cpu / found[small].cpu) / math.log(large / small)
        told, base = f"{seconds(found[large].cpu)} CPU", f"{seconds(found[small].cpu)} CPU"
        what = f"growth from {small:,} to {large:,} posts, exponent, {name}"
        yield Figure("P5", what, told, base, exponent, 1.10, "", "at 1,000 posts the start counts for most")
    exponent = math.log(memory[large] / memory[small]) / math.log(large / small)
    told, base = f"{memory[large]:.0f} MiB", f"{memory[small]:.0f} MiB"
    yield Figure("P5", "growth of peak memory, nothing kept, exponent", told, base, exponent, 1.10, "")
    what = f"peak memory at {middle:,} posts"
    yield Figure("P5", what, f"{usual:.0f} MiB", "", usual, 110, " MiB", "the modules; what is kept of each post")
    limit = "posts, rows and the bytes of receipts are held at once"
    what = f"peak memory at {middle:,} posts, nothing kept, media gone"
    yield Figure("P5", what, f"{memory[middle]:.0f} MiB", "", memory[middle], 110, " MiB", limit)
    with _a_tree(1_600, 1_600, tracked=False) as many, _a_tree(1_600, tracked=False) as one:
        for root in (many, one):
            contentsync(*_PLAN, cwd=root)()
        ours, reference = interleaved(contentsync(*_PLAN, cwd=many), contentsync(*_PLAN, cwd=one))
        yield compared("P5", "1,600 accounts / 1 account, as many posts", ours, reference, 2.0, "queries per account")


def _edited(root: Path) -> None:
    """A plan after an edit that no post is sent with."""
    first = min((root / "posts").rglob("*.yaml"))
    first.write_text(f"{first.read_text()}# {os.getpid()}\n")
    contentsync(*_PLAN, cwd=root)()


def printing(lines: int = 10_000) -> Iterator[Figure]:
    """P10: a long plan on a terminal."""
    from contentsync.cli.terminal.plan_text import show_plan
    from contentsync.plan.action import AccountFacts, World
    from contentsync.plan.planner import make_plan
    from contentsync.settings import Account
    from tests.builders import NOW, a_post

    posts = {post.key: post for post in (a_post(name=f"p{number}", hold=True) for number in range(lines // 5))}
    made = make_plan(posts.values(), World(NOW, {"acme": AccountFacts(Account("acme"))}))

    def show() -> None:
        with redirect_stdout(io.StringIO()):
            show_plan(made, posts, full=True)

    (ours,) = interleaved(show)
    yield Figure("P10", f"a plan of {lines:,} lines, printed", seconds(ours.cpu), "", ours.cpu, 0.1, " s")
    yield from _page(3_000)


def _page(count: int) -> Iterator[Figure]:
    """P10: the page of a plan, without pictures, of which a page has a hundred at most."""
    from contentsync.views.plan_page import page
    from tests.builders import a_post
    from tests.views.previews import a_plan_of, a_preview, an_action

    posts = [a_post(name=f"p{number}", caption=f"About {number} #fyp " * 8) for number in range(count)]
    preview = a_preview(a_plan_of(*map(an_action, posts)), posts, pictures={})
    (ours,) = interleaved(lambda: page(preview))
    yield Figure("P10", f"HTML page of {count:,} posts", seconds(ours.cpu), "", ours.cpu, 2.0, " s")
