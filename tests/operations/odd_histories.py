"""What befalls a project besides edits: receipts, states and lists of another age, links, photos, and time."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from contentsync.errors import StoreError
from contentsync.evidence import receipts
from contentsync.evidence.identity import Identity
from contentsync.post import DesiredPost
from contentsync.remote_post import RemotePost
from tests.builders import NOW
from tests.operations.histories import OPEN_ID, PROJECT, PROJECTS, Place, listed, published

PICTURE = Path(__file__).parents[1] / "media" / "ok.jpg"


class OddPlace(Place):
    """The same project, to which odder things happen."""

    projects = (
        *PROJECTS,
        PROJECT.replace("direct}", "direct, paused: true}"),
        PROJECT.replace("direct}", "direct, open_id: other}"),
        PROJECT + "defaults: {mode: draft}\n",
        PROJECT + "timezone: America/New_York\n",
        PROJECT + "receipts: false\n",
        PROJECT + "defaults: {grace: '${CONTENTSYNC_GRACE}'}\n",
        f"version: 1\naccounts:\n  renamed: {{mode: direct, open_id: {OPEN_ID}}}\n",
    )

    def time_passes(self, chance: random.Random) -> None:
        """Or the clock is set back."""
        hours = chance.choice([1, 24, 49, 9 * 24, 40 * 24, -1, -48])
        self.later = max(timedelta(), self.later + timedelta(hours=hours))

    def spoil_a_receipt(self, chance: random.Random) -> None:
        """A receipt is gone, left with conflict marks, copied, or tells of something else."""
        folder = self.root / "receipts" / "acme"
        found = sorted(folder.glob("*.json"))
        if not found:
            return
        file = chance.choice(found)
        told = file.read_text()
        other = folder / f"{chance.choice(['six', 'zzz'])}.json"
        match chance.randrange(6):
            case 0:
                file.unlink()
            case 1:
                file.write_text("<<<<<<< HEAD\n" + told)
            case 2:
                other.write_text(told.replace(file.stem, other.stem))
            case 3:
                file.write_text(told.replace("published", chance.choice(["processing", "unknown", "failed"])))
            case 4:
                shutil.copytree(folder, self.root / "receipts" / "former", dirs_exist_ok=True)
            case _:
                file.write_text(told.replace('"generation": 1', '"generation": 2')[: -chance.choice([1, 40])])

    def receive_a_receipt(self, chance: random.Random) -> None:
        """Another machine posted something, and its receipt was pulled."""
        post = DesiredPost("acme", chance.choice(["six", "one", "two"]), caption="About six", generation=2)
        receipts.write(self.root / "receipts", published(post, chance.randrange(10, 99)), Identity(OPEN_ID))

    def link_a_file(self, chance: random.Random) -> None:
        """A file becomes a link, of one kind or the other."""
        path = chance.choice([*self.media, *self.manifests, self.root / "none"])
        target = self.root.parent / f"out-{path.name}"
        inside = path.with_name(f"{path.name}.kept")
        if not path.exists() or target.exists() or inside.exists():
            return
        if chance.random() < 0.5:
            path.rename(target)
            os.link(target, path)
        else:
            path.rename(inside)
            path.symlink_to(inside)

    def write_through_a_link(self, _chance: random.Random) -> None:
        for path in (*self.root.parent.glob("out-*"), *(self.root / "posts").rglob("*.kept")):
            seen, data = path.stat(), path.read_bytes()
            path.write_bytes(data.replace(b"About", b"Abuse").replace(b"free", b"skip"))
            os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))

    def save_or_put_back_the_state(self, chance: random.Random) -> None:
        """From a backup that a person made, with the times that the state has now."""
        state, backup = self.state_file, self.root.parent / "backup.db"
        if not state.exists():
            return
        with suppress(StoreError), self.state():
            pass  # nothing is left in its log
        if not backup.exists() or chance.random() < 0.4:
            shutil.copy2(state, backup)
            return
        seen = state.stat()
        self.lose_the_state(chance)
        shutil.copy2(backup, state)
        os.utime(state, ns=(seen.st_atime_ns, seen.st_mtime_ns))

    def lose_the_state(self, _chance: random.Random) -> None:
        for path in state_files(self.state_file):
            path.unlink()

    def change_a_variable(self, chance: random.Random) -> None:
        self.environ["CONTENTSYNC_GRACE"] = chance.choice(["1h", "2h", "nonsense"])
        self.environ.pop("CONTENTSYNC_STATE", None)
        if chance.random() < 0.1:
            self.environ["CONTENTSYNC_STATE"] = ".contentsync/another.db"

    def add_a_kind_of_post(self, chance: random.Random) -> None:
        name = chance.choice(["six", "seven", "eight"])
        kinds = ["publish_at: 2026-03-02T12:00:00Z", "hold: true", "mode: draft", "expires_at: 2026-03-08T00:00:00Z"]
        self.add(name, chance.choice([f"{name}.mp4", "two.mp4"]), chance.choice(kinds) + "\n")

    def read_the_list(self, chance: random.Random) -> None:
        """Some posts are public, others not any more; a video may be like a post."""
        with suppress(StoreError), self.state() as store:
            videos = [listed(row) for row in store.posts(OPEN_ID) if chance.random() < 0.8]
            if chance.random() < 0.5:
                videos.append(RemotePost("7777", NOW, "About six", "About six", 1))
            back_to = chance.choice([None, NOW - timedelta(days=100)])
            store.save_videos(OPEN_ID, videos, back_to=back_to, now=NOW + self.later)

    def accept_an_edit(self, chance: random.Random) -> None:
        with suppress(StoreError), self.state() as store:
            rows, posts = store.posts(OPEN_ID), {post.name: post for post in self.project().load().posts}
            row = chance.choice(rows) if rows else None
            if row and row.name in posts:
                store.acknowledge(row, posts[row.name].digest, "tested", NOW)

    def change_photos(self, chance: random.Random) -> None:
        folder = self.root / "posts" / "0" / "slides"
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(chance.randrange(1, 4)):
            shutil.copy(PICTURE, folder / f"{number}.jpg")
        if chance.random() < 0.5:
            (folder / "0.jpg").unlink()
        told = f"name: {chance.choice(['slides', 'one'])}\naccount: acme\nphotos: slides/\nprivacy: everyone\n"
        (self.root / "posts" / "0" / "slides.yaml").write_text(told)

    STEPS: tuple[Callable[..., None], ...] = (
        *Place.STEPS, time_passes, time_passes, spoil_a_receipt, spoil_a_receipt, receive_a_receipt, link_a_file,
        write_through_a_link, save_or_put_back_the_state, lose_the_state, change_a_variable, add_a_kind_of_post,
        read_the_list, read_the_list, accept_an_edit, change_photos,
    )  # fmt: skip


def state_files(state: Path) -> list[Path]:
    """A state's file with its log."""
    return [
        path
        for path in (state, *(state.with_name(f"{state.name}-{part}") for part in ("wal", "shm")))
        if path.exists()
    ]
