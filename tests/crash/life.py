"""One life of some posts: a run with faults, runs without, and what must be true in the end."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final, Self

import httpx

from contentsync.emulator.config import Account, App, Config, Limits, Pace
from contentsync.emulator.faults import INITS
from contentsync.emulator.server import Emulator
from contentsync.lifecycle import NEXT, OPEN, SUCCESS, Phase
from contentsync.post_state import Attempt, PostState
from contentsync.store.sqlite.state import SqliteStore
from tests.cli.support import CLIP, PROJECT, Studio
from tests.crash.faults import Fault, Seen
from tests.crash.runner import CHUNK, Job, Shared, SharedClock

ROOT: Final = Path(__file__).resolve().parents[2]
URL: Final = "https://media.acme.example/{}.mp4"
PAST_THE_HOUR: Final = 4_200.0
MENDED_RUNS: Final = 10  # within which all must be at rest
FAULTED_RUNS: Final = 6
KILLED: Final = -9  # by SIGKILL


@dataclass(frozen=True, slots=True)
class Declared:
    """A post of a life. chunks: in how many pieces its file goes; 0 for what TikTok fetches.

    photos: two local pictures, which apply puts on the web first; else a video.
    """

    name: str
    account: str = "acme"
    chunks: int = 1
    photos: bool = False

    @property
    def key(self) -> str:
        return f"{self.account}/{self.name}"

    @property
    def pulls(self) -> bool:
        return not self.chunks


LIVES: Final[dict[str, tuple[Declared, ...]]] = {
    "direct": (Declared("launch"),),
    "chunks3": (Declared("launch", chunks=3),),
    "draft": (Declared("launch", "acme_de"),),
    "pull": (Declared("launch", chunks=0),),
    "photos": (Declared("launch", chunks=0, photos=True),),
    "shared": (Declared("launch"),),
    "shared-pull": (Declared("launch", chunks=0),),
    "soak": (
        Declared("one"),
        Declared("three", chunks=3),
        Declared("two"),
        Declared("draft", "acme_de"),
        Declared("draft-three", "acme_de", chunks=3),
        Declared("zulu", chunks=0),
    ),
}
SINGLE: Final = ("direct", "chunks3", "draft", "pull", "photos")
SHARED: Final = ("shared", "shared-pull")  # two machines without a common disk, at work in turn: shared_life.py
PICTURES: Final = tuple(CLIP.parent / name for name in ("ok.webp", "ok.jpg"))
HOSTING: Final = 'hosting: {base_url: https://media.acme.example/, upload: "${CONTENTSYNC_WWW}"}\n'


class Zygote:
    """A warm process that forks one for each job; at home in this process, used by one thread at a time."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.crash.runner", "--serve"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def run(self, job: Job) -> int:
        """Exit code of the job's process, negative where a signal ended it."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{job}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass
class Report:
    """What came of a life. broken: what must not be, in words. struck: faults that came to pass."""

    broken: list[str] = field(default_factory=list)
    duplicates: int = 0
    losses: int = 0
    unknown: int = 0
    runs: int = 0
    kills: int = 0
    requests: list[Seen] = field(default_factory=list)
    commits: int = 0
    log: str = ""


@cache
def _films(folder: Path) -> dict[int, Path]:
    """A film of that many chunks, made once for all lives below the folder; links to it cost nothing."""
    return {chunks: _film(folder / f"film-{chunks}.mp4", chunks) for chunks in (1, 3)}


def _film(path: Path, chunks: int) -> Path:
    if not path.exists():
        noise = random.Random(chunks).randbytes(3 * CHUNK + 100_000 if chunks == 3 else 3_000)
        box = (len(noise) + 8).to_bytes(4, "big") + b"free" + noise
        made = path.with_suffix(f".{os.getpid()}")
        made.write_bytes(CLIP.read_bytes() + box)
        made.rename(path)
    return path


def scratch() -> Path:
    """A folder for lives, in memory where there is such a place."""
    memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="contentsync-crash-", dir=memory if memory.is_dir() else None))


class Life:
    """A repository, its TikTok, and one process after another at work on it."""

    def __init__(self, kind: str, folder: Path, zygote: Zygote, films: Path) -> None:
        self.kind, self.folder, self.zygote = kind, folder, zygote
        self.posts = LIVES[kind]
        folder.mkdir(parents=True)
        self.shared = Shared(folder / "shared")
        self.clock = SharedClock(self.shared)
        self.late, self.log = folder / "late.json", folder / "log"
        self.studio = Studio(folder / "studio")
        self.data = folder / "data"
        self.report = Report()
        self._altered = False
        self.emulator = Emulator(_config(), now=lambda: self.clock.now().timestamp())
        self._declare(_films(films))

    def _declare(self, films: dict[int, Path]) -> None:
        self.studio.write("contentsync.yaml", PROJECT)
        self.sha256: dict[str, str] = {}
        self.urls: dict[str, list[str]] = {}
        self._films: dict[Path, Path] = {}
        for number, post in enumerate(self.posts):
            if post.photos:
                self._declare_photos(post)
                continue
            if post.pulls:
                self.urls[post.key] = [URL.format(post.name)]
                self.studio.post(post.name, post.account, video=URL.format(post.name))
                continue
            film = self.studio.root / "posts" / f"{post.name}.mp4"
            film.parent.mkdir(exist_ok=True)
            if len(self.posts) == 1:
                shutil.copyfile(films[post.chunks], film)
            else:
                mark = (9).to_bytes(4, "big") + b"free" + str(number).encode()
                film.write_bytes(films[post.chunks].read_bytes() + mark)
            self.studio.post(post.name, post.account, video=film.name)
            self._films[film] = films[post.chunks]
            self.sha256[post.key] = hashlib.sha256(film.read_bytes()).hexdigest()

    def _declare_photos(self, post: Declared) -> None:
        self.studio.write("contentsync.yaml", PROJECT + HOSTING)
        folder = self.studio.root / "posts" / post.name
        folder.mkdir(parents=True)
        names = []
        for number, picture in enumerate(PICTURES):
            shutil.copy(picture, folder / f"{number}{picture.suffix}")
            names.append(hashlib.sha256(picture.read_bytes()).hexdigest() + picture.suffix)
        self.urls[post.key] = [f"https://media.acme.example/{name}" for name in names]
        self.studio.post(post.name, post.account, photos=f"{post.name}/")

    # Running.

    def live(self, faults: list[Fault]) -> Report:
        """The whole life with these faults."""
        with self.emulator:
            for fault in faults:
                if fault.in_emulator:
                    self.emulator.add_fault(fault.in_emulator)
            self._run_with(faults)
            self._run_without()
            self._check()
        self.shared.close()
        self.report.log = self.log.read_text("utf-8")
        return self.report

    def _run_with(self, faults: list[Fault]) -> None:
        """Run after run while faults may still strike."""
        for _ in range(FAULTED_RUNS):
            code = self._apply(faults)
            if code == KILLED:
                self.report.kills += 1
            if code == 0 or not self._may_still_strike(faults):
                break
        self.emulator.clear_faults()

    def _may_still_strike(self, faults: list[Fault]) -> bool:
        return any(getattr(self.shared, fault.count) < fault.nth for fault in faults)

    def _run_without(self) -> None:
        """The wire is mended: two runs, one past the upload's hour, a person where that is needed, and once more."""
        first = True
        for _ in range(MENDED_RUNS):
            code = self._apply([])
            if first:
                self._deliver_late()
                first = False
                continue
            unknown = [key for key, last in self._last().items() if last and last.phase is Phase.UNKNOWN]
            for key in unknown:
                self._resolve(key)
            if code == 0 and not unknown and not self._open():
                return
            self.shared.add(seconds=PAST_THE_HOUR)
        self._breaks(f"it does not come to rest: {self._phases()}")

    def _apply(self, faults: list[Fault]) -> int:
        self.report.runs += 1
        if any(fault.kind == "alter-file" for fault in faults) or self._altered:
            self._altered = True
            self._restore()
        return self._command(["apply", "--auto-approve"], faults)

    def _restore(self) -> None:
        """The author puts the altered films back, as the hint says."""
        for film, source in self._films.items():
            with film.open("r+b") as file:
                file.write(source.read_bytes())

    def _command(self, args: list[str], faults: list[Fault]) -> int:
        own = {"CONTENTSYNC_DATA_DIR": str(self.data), "CONTENTSYNC_TOKEN_STORE": "file"}
        environ = {
            **_outside(),
            **self.emulator.environment,
            **own,
            "CONTENTSYNC_WWW": str(self.studio.root.parent / "www"),
        }
        job = Job(
            str(self.studio.root),
            args,
            environ,
            str(self.folder / "shared"),
            str(self.late),
            str(self.log),
            [str(fault) for fault in faults],
            chunked=True,
        )
        code = self.zygote.run(job)
        with self.log.open("a", encoding="utf-8") as log:
            print(f"[{'killed' if code == KILLED else f'exit {code}'}]", file=log)
        if code == 70 or (code < 0 and code != KILLED):
            self._breaks(f"`contentsync {' '.join(args)}` ended with {code}")
        return code

    def _deliver_late(self) -> None:
        """What was on its way when its sender died arrives now."""
        if not self.late.exists():
            return
        said = json.loads(self.late.read_text("utf-8"))
        if "git" in said:
            subprocess.run(["git", *said["git"]], cwd=said["folder"], capture_output=True, check=False)
            return
        with contextlib.suppress(httpx.HTTPError), httpx.Client(trust_env=False) as client:
            headers = {name: value for name, value in said["headers"] if name.lower() != "host"}
            client.request(said["method"], said["url"], headers=headers, content=bytes.fromhex(said["body"]))

    def _resolve(self, key: str) -> None:
        """A person looks into the app some time later, and says in one command what is there."""
        self.report.unknown += 1
        self.shared.add(seconds=PAST_THE_HOUR)
        declared = next(post for post in self.posts if post.key == key)
        out = self._out(declared)
        verdict = ["--published", "--post-id", str(out[0]["post_id"])] if out else ["--not-published"]
        code = self._command(["resolve", key, *verdict, "--because", "looked into the app"], [])
        if code or self._last()[key].phase is Phase.UNKNOWN:  # type: ignore[union-attr]
            self._breaks(f"resolve did not settle {key}: exit {code}")

    # What is.

    @contextlib.contextmanager
    def _store(self) -> Iterator[SqliteStore]:
        store = SqliteStore.open(self.studio.root / ".contentsync" / "state.db")
        try:
            yield store
        finally:
            store.close()

    def _rows(self) -> dict[str, PostState]:
        ids = {name: found.open_id for name, found in self.emulator.accounts.items()}
        with self._store() as store:
            found = {p.key: store.post_named(ids[p.account], p.name) for p in self.posts}
        return {key: row for key, row in found.items() if row}

    def _last(self) -> dict[str, Attempt | None]:
        return {key: row.last for key, row in self._rows().items()}

    def _open(self) -> bool:
        return any(a.phase in OPEN for row in self._rows().values() for a in row.attempts)

    def _phases(self) -> dict[str, list[str]]:
        return {key: [str(a.phase) for a in row.attempts] for key, row in self._rows().items()}

    def _tasks(self) -> list[dict[str, Any]]:
        return self.emulator.ledger()["tasks"]  # type: ignore[return-value]

    def _out(self, post: Declared) -> list[dict[str, Any]]:
        """What TikTok really has of a post: published, delivered, or certain to be."""
        return [
            task
            for task in self._tasks()
            if task["committed"] and task["status"] != "FAILED" and self._is_of(task, post)
        ]

    def _is_of(self, task: dict[str, Any], post: Declared) -> bool:
        if task["account"] != post.account:
            return False
        if post.pulls:
            return bool(task["urls"] == self.urls[post.key])
        return bool(task["sha256"] == self.sha256[post.key])

    def _inits(self) -> int:
        counts: dict[str, int] = self.emulator.ledger()["requests"]  # type: ignore[assignment]
        return sum(counts.get(endpoint, 0) for endpoint in INITS)

    # What must be.

    def _check(self) -> None:
        self.report.commits = self.shared.commits
        for post in self.posts:
            self._check_post(post)
        strange = [t for t in self._tasks() if t["committed"] and not any(self._is_of(t, p) for p in self.posts)]
        if strange:
            self._breaks(f"TikTok has what nobody approved: {[task['publish_id'] for task in strange]}")
        self._check_state()
        self._check_receipts()
        before = self._inits()
        self._apply([])
        if self._inits() != before:
            self._breaks("a further apply sends an init")

    def _check_post(self, post: Declared) -> None:
        out, row = self._out(post), self._rows().get(post.key)
        if len(out) > 1:
            self.report.duplicates += len(out) - 1
            self._breaks(f"{post.key} is at TikTok {len(out)} times")
        if not out:
            self.report.losses += 1
            self._breaks(f"{post.key} is not at TikTok; its attempts: {self._phases().get(post.key)}")
        if row is None or row.last is None or row.last.phase not in SUCCESS:
            self._breaks(f"{post.key} is {self._phases().get(post.key)} by the state")
        elif out and row.post_id and row.post_id not in {"", *map(str, out[0]["post_ids"])}:
            self._breaks(f"{post.key} is bound to {row.post_id}, and TikTok has {out[0]['post_ids']}")

    def _check_state(self) -> None:
        path = self.studio.root / ".contentsync" / "state.db"
        with contextlib.closing(sqlite3.connect(path)) as db:
            if (said := db.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
                self._breaks(f"the state's file is damaged: {said}")
        with self._store() as store:
            history = store.history()
        at: dict[str, str] = {}
        for line in history:
            attempt, before, after = line["attempt_id"], line["phase_before"], line["phase_after"]
            if not attempt:
                continue
            if at.get(attempt, "") != before or (not before and after != Phase.INTENT):
                self._breaks(f"history leaps from {at.get(attempt)!r} to {before!r}")
            if before and before != after and after not in NEXT[Phase(before)].values():
                self._breaks(f"history goes from {before} to {after}, which no event allows")
            at[attempt] = after
        for row in self._rows().values():
            for attempt in row.attempts:
                if at.get(attempt.id) != attempt.phase:
                    self._breaks(f"history ends with {at.get(attempt.id)}, its row says {attempt.phase}")

    def _check_receipts(self) -> None:
        for key, row in self._rows().items():
            try:
                said = json.loads((self.studio.root / "receipts" / f"{key}.json").read_text("utf-8"))
            except (OSError, ValueError) as err:
                self._breaks(f"the receipt of {key} can't be read: {err}")
                continue
            told = (said["phase"], said["post_id"] or "", [attempt["phase"] for attempt in said["attempts"]])
            state = (str(row.last.phase) if row.last else "", row.post_id, [str(a.phase) for a in row.attempts])
            if told != state:
                self._breaks(f"the receipt of {key} says {told}, the state {state}")

    def _breaks(self, what: str) -> None:
        self.report.broken.append(what)


def _config() -> Config:
    return Config(
        accounts=(Account("acme"), Account("acme_de")),
        app=App(audited=True),
        limits=Limits.off(),
        pace=Pace(processing_polls=1, moderation_polls=0),
        default_duration=1,
    )


def _outside() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("CONTENTSYNC_")}


def a_life(kind: str, folder: Path, zygote: Zygote, base: Path) -> Life:
    if kind not in SHARED:
        return Life(kind, folder, zygote, base)
    from tests.crash.shared_life import SharedLife

    return SharedLife(kind, folder, zygote, base)


def live(kind: str, faults: list[Fault], zygote: Zygote, base: Path, *, keep: bool = False) -> Report:
    """One life in a folder of its own below `base`."""
    folder = Path(tempfile.mkdtemp(dir=base)) / "life"
    life = a_life(kind, folder, zygote, base)
    try:
        return life.live(faults)
    finally:
        if not keep:
            shutil.rmtree(folder.parent, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Quiet:
    """What a life does in which nothing goes wrong, up to the end of its first run."""

    requests: tuple[Seen, ...]
    commits: int
    pushes: int = 0


def quiet(kind: str, zygote: Zygote, base: Path) -> Quiet:
    """Live it without a fault, and count."""
    folder = Path(tempfile.mkdtemp(dir=base)) / "life"
    life = a_life(kind, folder, zygote, base)
    with life.emulator:
        code = life._apply([])
        made = [str(line["endpoint"]) for line in life.emulator.requests()]
        commits, pushes = life.shared.commits, life.shared.pushes
    life.shared.close()
    log = life.log.read_text("utf-8")
    shutil.rmtree(folder.parent, ignore_errors=True)
    if code or life.report.broken:
        raise RuntimeError(f"a quiet life of {kind} ended with {code}: {life.report.broken}\n{log}")
    return Quiet(tuple(Seen(endpoint, endpoint == "upload") for endpoint in made), commits, pushes)
