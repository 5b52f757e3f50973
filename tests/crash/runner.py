"""A real `contentsync` command in a process of its own, which kills itself with SIGKILL where it was told to.

    python -m tests.crash.runner JOB.json     run one job and exit with its code
    python -m tests.crash.runner --serve      read one job a line, fork a process for each, tell how it ended

Seams are handed in, nothing is patched: the transport, the opening of the state, the cutting of files, the clock.
"""

from __future__ import annotations

import gc
import importlib
import json
import mmap
import os
import pkgutil
import signal
import struct
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import click
import httpx

import contentsync
from contentsync.cli.commands.apply import apply
from contentsync.cli.commands.resolve import resolve
from contentsync.cli.main import Context
from contentsync.frozen import frozen
from contentsync.project import Project
from contentsync.standard_paths import is_shared
from contentsync.store.backends import BRANCH, REMOTE
from contentsync.store.git.backend import GitBackend
from contentsync.store.git.branch import Branch
from contentsync.store.git.program import Ended, Git
from contentsync.store.port.backend import Backend
from contentsync.store.sqlite.backend import SqliteBackend
from contentsync.store.sqlite.database import Database, migrations, open_file, queries
from contentsync.store.sqlite.state import SqliteStore
from contentsync.tiktok.chunks import ChunkPlan, plan_chunks
from tests.crash.faults import Fault

COMMANDS: Final[dict[str, click.Command]] = {"apply": apply, "resolve": resolve}
NOT_NEEDED: Final = ("contentsync.emulator", "contentsync.__main__")
CHUNK: Final = 5_242_880
SILENCE: Final = 0.4  # seconds that this client waits for an answer
SLOWER: Final = 100.0  # of a pause that long, so much less is really slept; the clock goes on by all of it


@dataclass(frozen=True, slots=True)
class Job:
    """One command to run. shared: the file of `Shared`. late: where a request that is to arrive late is put down."""

    root: str
    args: list[str]
    environ: dict[str, str]
    shared: str
    late: str
    log: str
    faults: list[str] = field(default_factory=list)
    chunked: bool = False

    @classmethod
    def parse(cls, text: str) -> Job:
        return cls(**json.loads(text))

    def __str__(self) -> str:
        return json.dumps(asdict(self))


class Shared:
    """What all processes of a life, and its emulator, have in common: the time that passed, and what was counted.

    A file in memory: what was written there outlives the process.
    """

    FORM: Final = "dqqq"

    def __init__(self, path: Path) -> None:
        size = struct.calcsize(self.FORM)
        if not path.exists():
            path.write_bytes(bytes(size))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), size)
        self._lock = threading.Lock()

    def _read(self) -> tuple[float, int, int, int]:
        return struct.unpack(self.FORM, self._map[:])  # type: ignore[return-value]

    @property
    def ahead(self) -> float:
        return self._read()[0]

    @property
    def requests(self) -> int:
        return self._read()[1]

    @property
    def commits(self) -> int:
        return self._read()[2]

    @property
    def pushes(self) -> int:
        return self._read()[3]

    def add(
        self, seconds: float = 0.0, requests: int = 0, commits: int = 0, pushes: int = 0
    ) -> tuple[float, int, int, int]:
        with self._lock:
            before = self._read()
            after = (before[0] + seconds, before[1] + requests, before[2] + commits, before[3] + pushes)
            self._map[:] = struct.pack(self.FORM, *after)
            return after

    def close(self) -> None:
        self._map.close()


@dataclass(frozen=True, slots=True)
class SharedClock:
    """The machine's clock, as far ahead as the life is; who sleeps lets that time pass for all."""

    shared: Shared

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.shared.ahead)

    def monotonic(self) -> float:
        return time.monotonic() + self.shared.ahead

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            time.sleep(seconds / SLOWER)
            self.shared.add(seconds=seconds)


class Fate:
    """When does this process die?"""

    def __init__(self, job: Job) -> None:
        self.shared = Shared(Path(job.shared))
        self.late = Path(job.late)
        self._faults = {Fault.parse(text) for text in job.faults}
        self._posts = Path(job.root) / "posts"
        self.is_away = False  # whether the remote of a shared state can't be reached any more in this run

    def alter(self) -> None:
        """Alter a byte in each chunk of every film, in place."""
        for film in self._posts.glob("*.mp4"):
            with film.open("r+b") as file:
                for offset in range(1_000, film.stat().st_size, CHUNK):
                    file.seek(offset)
                    byte = file.read(1)[0]
                    file.seek(offset)
                    file.write(bytes([byte ^ 1]))

    def has(self, kind: str, nth: int) -> bool:
        return Fault(kind, nth) in self._faults

    def meet(self, kind: str, nth: int) -> None:
        if self.has(kind, nth):
            os.kill(os.getpid(), signal.SIGKILL)


class DyingTransport(httpx.BaseTransport):
    """The network, for a process that may die at any request, and a network that may carry one twice."""

    def __init__(self, fate: Fate) -> None:
        self._fate, self._inner = fate, httpx.HTTPTransport(verify=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        nth = self._fate.shared.add(requests=1)[1]
        self._fate.meet("kill-before-request", nth)
        if self._fate.has("alter-file", nth):
            self._fate.alter()
        request.extensions["timeout"] |= {"read": SILENCE}
        if self._fate.has("kill-late-request", nth):
            self._put_down(request)
            self._fate.meet("kill-late-request", nth)
        if self._fate.has("kill-amid-request", nth):
            request.stream = HalfAStream(request.stream, self._fate, nth)
        if self._fate.has("twice", nth):
            request.read()
            self._inner.handle_request(request).read()
        response = self._inner.handle_request(request)
        if self._fate.has("kill-after-request", nth):
            response.read()
            self._fate.meet("kill-after-request", nth)
        return response

    def _put_down(self, request: httpx.Request) -> None:
        """Keep the request where whoever runs this life finds it, and delivers it when its time has come."""
        body = request.read().hex()
        headers = [[name, value] for name, value in request.headers.items()]
        said = {"method": request.method, "url": str(request.url), "headers": headers, "body": body}
        self._fate.late.write_text(json.dumps(said), encoding="utf-8")

    def close(self) -> None:
        """Nothing: several clients share this one, and it ends with the process."""


class HalfAStream(httpx.SyncByteStream):
    """A body whose sender dies when half of it is out."""

    def __init__(self, stream: Any, fate: Fate, nth: int) -> None:
        self._stream, self._fate, self._nth = stream, fate, nth

    def __iter__(self) -> Iterator[bytes]:
        for block in filter(None, self._stream):
            yield block[: len(block) // 2]
            time.sleep(0.02)  # so that it is on the wire
            self._fate.meet("kill-amid-request", self._nth)


class DyingDatabase:
    """The state's file, for a process that may die before or after any commit."""

    def __init__(self, inner: Database, fate: Fate) -> None:
        self._inner, self._fate = inner, fate

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    @contextmanager
    def writing(self, **how: bool) -> Iterator[Any]:
        with self._inner.writing(**how) as connection:
            yield connection
            nth = self._fate.shared.add(commits=1)[2]
            self._fate.meet("kill-before-commit", nth)
        self._fate.meet("kill-after-commit", nth)


@frozen
class DyingGit(Git):
    """The git program, for a process that may die at any push, and a network that may lose one or its answer."""

    fate: Fate | None = None

    def remote(self, *args: str) -> Ended:
        fate = self.fate
        assert fate is not None
        if "push" not in args:  # options of git itself may come first
            return Ended(None, b"", "") if fate.is_away else Git.remote(self, *args)
        nth = fate.shared.add(pushes=1)[3]
        fate.meet("kill-before-push", nth)
        if fate.has("kill-late-push", nth):
            fate.late.write_text(json.dumps({"git": args, "folder": str(self.folder)}), encoding="utf-8")
            fate.meet("kill-late-push", nth)
        if fate.has("lose-push", nth):
            return Ended(None, b"", "")
        ended = Git.remote(self, *args)
        fate.meet("kill-after-push", nth)
        fate.is_away = fate.has("away-after-push", nth)
        return Ended(None, b"", "") if fate.is_away or fate.has("lose-push-answer", nth) else ended


@dataclass
class SeamedContext(Context):
    """The command line's context, whose project has our seams."""

    job: Job | None = None

    def project(self) -> Project:
        assert self.job is not None
        job, fate = self.job, Fate(self.job)
        project = Project.open(Path(job.root), job.environ)
        project.clock = SharedClock(fate.shared)
        project.transport = DyingTransport(fate)
        project.media_transport = httpx.MockTransport(
            lambda request: _served(Path(job.environ["CONTENTSYNC_WWW"]), request)
        )
        project.backend_of = lambda root, state, environ: _backend(root, state, environ, fate)
        project.plan_chunks = _cut if job.chunked else plan_chunks
        return project


def _backend(root: Path, state: str, environ: Mapping[str, str], fate: Fate) -> Backend:
    """The state of the project, whose commits and pushes may be fatal."""

    def opens(path: Path) -> Database:
        return DyingDatabase(open_file(path), fate)  # type: ignore[return-value]

    if not is_shared(state):
        return SqliteBackend(root / state, lambda path: SqliteStore(opens(path), "a test"))
    branch = Branch(DyingGit(root, environ, fate=fate), REMOTE, BRANCH)
    return GitBackend(branch, root / ".contentsync" / "shared.db", opens)


def _served(folder: Path, request: httpx.Request) -> httpx.Response:
    """What lies on the web under an address: the photo of that name, or some video."""
    file = folder / request.url.path.rpartition("/")[2]
    if file.is_file():
        return httpx.Response(200, content=file.read_bytes())
    return httpx.Response(200 if file.suffix == ".mp4" else 404)


def _hosted(www: Path, request: httpx.Request) -> httpx.Response:
    """What lies at an address: the photos that apply put into the folder; of all else only that it is there."""
    file = www / request.url.path.rpartition("/")[2]
    return httpx.Response(200, content=file.read_bytes() if file.is_file() else b"")


def _cut(size: int) -> ChunkPlan:
    return plan_chunks(size, CHUNK)


def run(job: Job) -> int:
    """Run the job's command in this process; returns its exit code, 70 for a defect."""
    sys.stdout = sys.stderr = Path(job.log).open("a", encoding="utf-8", buffering=1)  # noqa: SIM115
    command = COMMANDS[job.args[0]]
    print("$ contentsync", *job.args, flush=True)
    try:
        code = command.main(job.args[1:], "contentsync", standalone_mode=False, obj=SeamedContext(job=job))
        return code if isinstance(code, int) else 0
    except Exception as err:  # noqa: BLE001  (as the command line does)
        return _code_of(err)


def _code_of(err: Exception) -> int:
    """As `cli.main.run` tells errors, with the trace of a defect."""
    from contentsync.cli import exits
    from contentsync.cli.terminal import text

    known = exits.of_error(err)
    if known is None:
        traceback.print_exc()
        return 70
    text.show_error(err)
    return known


def serve() -> None:
    """Fork a warm process for each job: a process of its own in all that counts, without a second for its start."""
    _warm()
    for line in sys.stdin:
        child = os.fork()
        if not child:
            code = 70
            try:
                code = run(Job.parse(line))
            finally:
                sys.stdout.flush()
                os._exit(code)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _warm() -> None:
    """Import what a run imports late, so that its process need not."""
    for module in pkgutil.walk_packages(contentsync.__path__, "contentsync."):
        if not module.name.startswith(NOT_NEEDED):
            importlib.import_module(module.name)
    for name in ("certifi", "encodings.idna", "encodings.utf_16_le", "httpcore"):
        importlib.import_module(name)
    queries()
    migrations()
    gc.freeze()


if __name__ == "__main__":
    if sys.argv[1:] == ["--serve"]:
        serve()
    else:
        sys.exit(run(Job.parse(Path(sys.argv[1]).read_text("utf-8"))))
