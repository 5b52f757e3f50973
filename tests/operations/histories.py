"""A project whose posts are out, and all that may happen to it between two plans."""

from __future__ import annotations

import json
import os
import random
import shutil
import time
import zoneinfo
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path

from contentsync.errors import StoreError
from contentsync.evidence import receipts
from contentsync.evidence.identity import Identity
from contentsync.lifecycle import Phase
from contentsync.manifest import zones
from contentsync.post import DesiredPost, Mode
from contentsync.post_state import PostState
from contentsync.project import Project
from contentsync.remote_post import Creator, RemotePost
from contentsync.store.port.conflicts import Conflict
from contentsync.store.port.store import Store
from contentsync.store.sqlite.state import SqliteStore
from tests.builders import NOW, a_row, an_attempt
from tests.cli.support import CLIP

OPEN_ID = "id-acme"
PROJECT = "version: 1\naccounts:\n  acme: {mode: direct}\n"
PROJECTS = (
    PROJECT,
    PROJECT + "timezone: Europe/Berlin\n",
    PROJECT + "defaults: {allow: [comment], grace: 2h}\n",
    "version: 1\naccounts:\n  acme: {mode: draft}\n",
    "version: 1\naccounts:\n  acme: {mode: direct}\n  acme_de: {mode: draft}\n",
    "version: 1\naccounts:\n  other: {mode: draft}\n",
    PROJECT + "manifests: ['posts/**/*.yaml']\n",
    "version: 1\naccounts: [\n",
    "version: 1\naccounts:\n  acme: {mode: direct, slots: ['mon 09:00', 'daily 18:30'], timezone: Asia/Tokyo}\n",
    PROJECT + "policy:\n  - id: no-about\n    banned: ['about*']\n",
    PROJECT + "policy:\n  - id: a-tag\n    accounts: [acme]\n    hashtags: [acmepottery]\n",
    PROJECT + "app: {client_key: '${CONTENTSYNC_CLIENT_KEY}', client_secret: '${CONTENTSYNC_CLIENT_SECRET}'}\n",
)
NAMES = ("one", "two", "three", "four", "five")
CACHES = frozenset({"cache.db", "nothing-to-do", "resting", "resting-details", "state-proven", "receipt-identities"})
VARIABLES = (
    ("CONTENTSYNC_CLIENT_KEY", "key-of-one", "key-of-two"),
    ("CONTENTSYNC_CLIENT_SECRET", "secret-of-one", "secret-of-two"),
    ("CONTENTSYNC_API_URL", "http://127.0.0.1:9", "https://tiktok-proxy.example"),
)
TICK = 0.012  # seconds; longer than the clock of a file system stands still
ZONES = ("Europe/Berlin", "Asia/Tokyo", "America/New_York")


class Place:
    """The project, and what is done to it. Every step is chosen by numbers alone, so that it can be repeated."""

    #: The project files that it may have; the first one is there at first.
    projects: tuple[str, ...] = PROJECTS

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environ = {"CONTENTSYNC_DATA_DIR": str(root.parent / "data"), "CONTENTSYNC_CONFIG_DIR": str(root.parent)}
        self.later = timedelta()  # how much time has passed
        self.first: dict[Path, bytes] = {}
        self.saved: dict[str, bytes] = {}
        self._build()

    def _build(self) -> None:
        self.root.mkdir(exist_ok=True)
        (self.root / "contentsync.yaml").write_text(self.projects[0])
        for number, name in enumerate(NAMES):
            folder = self.root / "posts" / str(number % 2)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.mp4").write_bytes(clip(name))
            (folder / f"{name}.yaml").write_text(manifest(name))
        project = self.project()
        posts = {post.name: post for post in project.load().posts}
        with self.state() as store:
            store.save_creator("acme", Creator(OPEN_ID, username="acme"), NOW)
            for number, name in enumerate(NAMES):
                row = published(posts[name], number)
                assert store.restore(row, NOW)
                receipts.write(self.root / "receipts", row, Identity(OPEN_ID, username="acme"))
        self.first = self._files()

    def _files(self) -> dict[Path, bytes]:
        files = [self.root / "contentsync.yaml", *self.manifests, *self.media]
        return {path: path.read_bytes() for path in files}

    def project(self) -> Project:
        return Project.open(self.root, self.environ)

    @contextmanager
    def as_a_process(self) -> Iterator[None]:
        """Read time zones as a new process with this environment does."""
        told = self.environ.get("PYTHONTZPATH")
        try:
            zoneinfo.reset_tzpath(to=[part for part in told.split(os.pathsep) if part] if told is not None else None)
            _forget_zones()
            yield
        finally:
            zoneinfo.reset_tzpath()
            _forget_zones()

    @property
    def manifests(self) -> list[Path]:
        return sorted((self.root / "posts").rglob("*.yaml"))

    @property
    def media(self) -> list[Path]:
        return sorted((self.root / "posts").rglob("*.mp4"))

    # -- steps

    def edit(self, chance: random.Random) -> None:
        """Another caption, of the same length."""
        path = _one(chance, self.manifests)
        if path:
            path.write_text(path.read_text().replace("About", chance.choice(["Above", "Abode", "About"])))

    def edit_and_put_times_back(self, chance: random.Random) -> None:
        path = _one(chance, [*self.manifests, *self.media])
        if path:
            seen = path.stat()
            data = path.read_bytes().replace(b"About", b"Abide").replace(b"free", b"skip")
            path.write_bytes(data)
            os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))

    def edit_the_rest(self, chance: random.Random) -> None:
        """A key that is not sent."""
        path = _one(chance, self.manifests)
        if path:
            path.write_text(path.read_text() + chance.choice(["expires_at: 2031-01-01T00:00:00Z\n", "hold: true\n"]))

    def break_a_manifest(self, chance: random.Random) -> None:
        path = _one(chance, self.manifests)
        if path:
            told = ["privacy: nobody\n", "caption: [\n", "nonsense: 1\n", "post_id: '7400000000000000001'\n"]
            path.write_text(path.read_text() + chance.choice(told))

    def touch(self, chance: random.Random) -> None:
        path = _one(chance, [*self.manifests, *self.media])
        if path:
            os.utime(path, (chance.choice([1e9, time.time()]),) * 2)

    def replace_media(self, chance: random.Random) -> None:
        path = _one(chance, self.media)
        if path:
            path.write_bytes(chance.choice([clip("other"), self.first.get(path, clip("x")), pointer(clip("x"))]))

    def point_media(self, chance: random.Random) -> None:
        """A checkout without Git LFS."""
        for path in self.media if chance.random() < 0.5 else self.media[:1]:
            path.write_bytes(pointer(self.first.get(path, b"")))

    def delete_media(self, chance: random.Random) -> None:
        for path in self.media if chance.random() < 0.5 else self.media[:1]:
            path.unlink()

    def delete_manifest(self, chance: random.Random) -> None:
        path = _one(chance, self.manifests)
        if path:
            path.unlink()

    def move_manifest(self, chance: random.Random) -> None:
        path = _one(chance, self.manifests)
        if path:
            target = self.root / "posts" / str(chance.randrange(2)) / path.name
            target.parent.mkdir(exist_ok=True)
            path.replace(target)

    def checkout(self, chance: random.Random) -> None:
        """Everything as it was, with the times of now; the project file too."""
        for path, data in self.first.items():
            if chance.random() < 0.5 or not path.exists() or path.read_bytes() != data:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
        for path in {*self.manifests, *self.media} - self.first.keys():
            path.unlink()

    def copy_whole(self, _chance: random.Random) -> None:
        """The folder was copied with its times, and the copy took its place."""
        copy = self.root.with_name("copy")
        shutil.copytree(self.root, copy)
        shutil.rmtree(self.root)
        copy.rename(self.root)

    def add_post(self, chance: random.Random) -> None:
        """A new post, maybe with the media or the name of an older one, or renamed from it."""
        name = chance.choice(["six", "six", "seven", *NAMES[:2]])
        video = chance.choice([f"{name}.mp4", f"{name}.mp4", "one.mp4"])
        more = chance.choice(["", "", "moved_from: three\n", "post_id: '7400000000000000001'\n", "generation: 2\n"])
        self.add(name, video, more)

    def add(self, name: str, video: str = "", more: str = "") -> None:
        """A manifest of a new post, and its video."""
        folder = self.root / "posts" / "0"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "new.yaml").write_text(manifest(name, video) + more)
        if not (folder / f"{name}.mp4").exists():
            (folder / f"{name}.mp4").write_bytes(clip(name))

    def change_project(self, chance: random.Random) -> None:
        (self.root / "contentsync.yaml").write_text(chance.choice(self.projects))

    def edit_the_project_and_put_times_back(self, _chance: random.Random) -> None:
        """Another mode, with as many bytes and the same times."""
        path = self.root / "contentsync.yaml"
        seen, text = path.stat(), path.read_text()
        other = ("direct}", "draft }") if "direct}" in text else ("draft }", "direct}")
        path.write_text(text.replace(*other))
        os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))

    def change_the_environment(self, chance: random.Random) -> None:
        name, *values = chance.choice(VARIABLES)
        value = chance.choice([None, *values])
        self.environ.pop(name, None)
        if value is not None:
            self.environ[name] = value

    def change_the_users_file(self, chance: random.Random) -> None:
        """What the user says of all projects: where the API is, where this state is; or nothing, or nonsense."""
        state = self.root / ".contentsync" / chance.choice(["state.db", "another.db"])
        told = [
            "api_url: http://127.0.0.1:9\n",
            f"projects:\n  {self.root}: {{state: {state}}}\n",
            "api_url: [\n",
            "",
        ]
        (self.root.parent / "config.yaml").write_text(chance.choice(told))

    def post_at_the_next_slot(self, chance: random.Random) -> None:
        self.add(name="six", more=chance.choice(["publish_at: next-slot\n", "publish_at: 2026-01-01T09:00:00\n"]))

    def change_the_zone_data(self, chance: random.Random) -> None:
        """Other rules of time zones: an update, a folder of one's own, or none that lie in files."""
        folder = self.root.parent / "zones"
        if chance.random() < 0.5:
            paths = [str(folder), f"{folder}{os.pathsep}/usr/share/zoneinfo", ""]
            told = chance.choice([None, *paths])
            self.environ.pop("PYTHONTZPATH", None)
            if told is not None:
                self.environ["PYTHONTZPATH"] = told
            return
        path, rules = folder / chance.choice(ZONES), chance.choice([*ZONES, "UTC", ""])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        if rules:
            path.write_bytes(resources.files("tzdata").joinpath("zoneinfo", rules).read_bytes())

    def wait_for_a_local_time(self, chance: random.Random) -> None:
        """A post that is due at a time without an offset, in winter or in summer."""
        when = chance.choice(["2027-01-15T09:00:00", "2027-07-15T09:00:00"])
        self.add(name="six", more=f"publish_at: {when}\n")

    def finish(self, chance: random.Random) -> None:
        """The state learns something."""
        with suppress(Conflict, StoreError), self.state() as store:
            rows = store.posts(OPEN_ID)
            row = chance.choice(rows) if rows else None
            if row is None:
                return
            what = chance.randrange(5)
            if what == 0:
                store.acknowledge(row, chance.choice(["", "f" * 64]), "tested", NOW)
            elif what == 1:
                store.remove(row, "tested", NOW)
            elif what == 2 and row.last:
                store.save_videos(OPEN_ID, [listed(row)], back_to=None, now=NOW)
            elif what == 3:
                store.save_videos(OPEN_ID, [], back_to=None, now=NOW + timedelta(days=chance.choice([1, 9])))
            else:
                store.pauses.add("acme", OPEN_ID, "tested", NOW)

    def begin_an_attempt(self, chance: random.Random) -> None:
        with suppress(StoreError), self.state() as store:
            begin_in(store, chance)

    def damage_caches(self, chance: random.Random) -> None:
        for path in self._caches():
            data = bytearray(path.read_bytes())
            where = chance.randrange(len(data)) if data else 0
            kind = chance.randrange(3)
            if kind == 0 and data:
                data[where] ^= 1 << chance.randrange(8)
            elif kind == 1:
                data = data[:where]
            if kind == 2:
                path.unlink()
            else:
                path.write_bytes(data)

    def save_caches(self, _chance: random.Random) -> None:
        self.saved = {path.name: path.read_bytes() for path in self._caches()}

    def put_older_caches_back(self, _chance: random.Random) -> None:
        """As a backup does, or a clock that was set back."""
        for name, data in self.saved.items():
            (self.root / ".contentsync" / name).write_bytes(data)

    def nothing(self, _chance: random.Random) -> None:
        """The plan is only made again."""

    STEPS: tuple[Callable[[Place, random.Random], None], ...] = (
        nothing, checkout, checkout, edit, edit_and_put_times_back, edit_the_rest, break_a_manifest, touch,
        replace_media, point_media, delete_media, delete_manifest, move_manifest, copy_whole, add_post,
        change_project, change_project, edit_the_project_and_put_times_back, change_the_environment,
        change_the_users_file, change_the_zone_data, change_the_zone_data, wait_for_a_local_time,
        post_at_the_next_slot, finish, begin_an_attempt, damage_caches, save_caches, put_older_caches_back,
    )  # fmt: skip

    def step(self, number: int, seed: int) -> None:
        """One of the steps; the file system's clock goes on before it."""
        time.sleep(TICK)
        self.STEPS[number % len(self.STEPS)](self, random.Random(seed))

    def _caches(self) -> list[Path]:
        folder = self.root / ".contentsync"
        return [path for path in sorted(folder.glob("*")) if path.name in CACHES]

    @property
    def state_file(self) -> Path:
        return self.root / ".contentsync" / "state.db"

    def state(self) -> AbstractContextManager[Store]:
        """The state, opened by another command that ends with the block."""
        return closing(SqliteStore.open(self.state_file))

    def without_caches(self) -> dict[str, bytes]:
        """Take the caches away; `with_caches` puts them back."""
        kept = {path.name: path.read_bytes() for path in self._caches()}
        for path in self._caches():
            path.unlink()
        return kept

    def with_caches(self, kept: dict[str, bytes]) -> None:
        for path in self._caches():
            path.unlink()
        for name, data in kept.items():
            (self.root / ".contentsync" / name).write_bytes(data)


def begin_in(store: Store, chance: random.Random) -> None:
    """One attempt more in a state, of a post that it does not know yet."""
    known = {row.name for row in store.posts(OPEN_ID)}
    phase = chance.choice([Phase.PUBLISHED, Phase.PROCESSING, Phase.UNKNOWN, Phase.FAILED, Phase.DELIVERED])
    name = next((name for name in ("six", "seven", "eight") if name not in known), None)
    if name:
        post = DesiredPost("acme", name, caption=f"About {name}")
        attempt = replace(an_attempt(post, phase=phase), open_id=OPEN_ID, mode=Mode.DRAFT)
        number = chance.randrange(10**6)
        marks = {"id": f"attempt-of-{name}-{number}", "publish_id": f"v-{number}", "post_id": ""}
        uid = f"uid-{number}"
        store.restore(a_row(post, uid=uid, open_id=OPEN_ID, attempts=(replace(attempt, post_uid=uid, **marks),)), NOW)


def clip(mark: str) -> bytes:
    return CLIP.read_bytes() + (len(mark) + 8).to_bytes(4, "big") + b"free" + mark.encode()


def pointer(data: bytes) -> bytes:
    import hashlib

    told = hashlib.sha256(data).hexdigest()
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{told}\nsize {len(data)}\n".encode()


def manifest(name: str, video: str = "") -> str:
    return f"name: {name}\naccount: acme\nvideo: {video or name + '.mp4'}\ncaption: About {name}\nprivacy: everyone\n"


def published(post: DesiredPost, number: int) -> PostState:
    marks = {"id": f"attempt-{number}", "publish_id": f"v_pub_{number}", "post_id": f"740000000000000000{number}"}
    sent = json.dumps(post.sent_values())
    attempt = replace(an_attempt(post), open_id=OPEN_ID, created_at=NOW - timedelta(days=40), sent=sent, **marks)
    return a_row(post, open_id=OPEN_ID, attempts=(attempt,))


def listed(row: PostState) -> RemotePost:
    return RemotePost(row.post_id or "7499", NOW - timedelta(days=30), "About", "About", 1)


def moment() -> datetime:
    return NOW + timedelta(days=2)


def _forget_zones() -> None:
    zoneinfo.ZoneInfo.clear_cache()
    for known in (zones.has_database, zones.zone_of, zones.state_of):
        known.cache_clear()


def _one(chance: random.Random, paths: list[Path]) -> Path | None:
    with suppress(IndexError):
        return chance.choice(paths)
    return None
