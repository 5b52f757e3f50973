"""A disk fills up at the worst moments, under real processes: nothing is lost, and nothing is there twice once there
is room again. What is said is plain."""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

if os.name == "nt":
    pytest.skip("file systems are mounted as Linux does it", allow_module_level=True)

from contentsync.emulator.server import Emulator
from contentsync.errors import StoreError
from contentsync.lifecycle import Phase
from contentsync.store.sqlite.state import SqliteStore
from tests.builders import NOW, OPEN_ID, a_post, an_attempt
from tests.cli.disks import a_disk, filled, read_only
from tests.cli.support import Ran, Studio
from tests.cli.test_locks import APPLY, attempts
from tests.processes import PATIENCE, begun, count, inits, until

MEGABYTE = 1_000_000
PULL = "https://media.acme.example/a.mp4"
Struck = Callable[[Path], contextlib.AbstractContextManager[None]]
struck_by = pytest.mark.parametrize("strike", [filled, read_only], ids=["full", "read-only"])


@pytest.fixture
def disk(studio: Studio) -> Iterator[Path]:
    """The state lies on a small disk of its own."""
    folder = studio.root / ".contentsync"
    with a_disk(folder, "size=8m"):
        yield folder


@contextmanager
def ran_until(
    studio: Studio, emulator: Emulator, happens: Callable[[], bool], disk: Path
) -> Iterator[Callable[[], Ran]]:
    """An apply under way; its disk is full once it has come that far. Yields what waits for its end."""
    with begun(studio, *APPLY) as process:
        until(happens, process)
        with filled(disk):
            emulator.clear_faults()

            def ended() -> Ran:
                out, err = process.communicate(timeout=PATIENCE)
                return Ran(process.returncode, out, err)

            yield ended


def told_plainly(ran: Ran) -> bool:
    """What was wrong stands there with its code and how to mend it, and no word of a defect."""
    said = ran.out + ran.err
    codes = any(f"[{code}]" in said for code in ("state-full", "state-read-only", "state-error"))
    return codes and "hint: " in said and "Traceback" not in said and "defect" not in said


def is_whole(studio: Studio, emulator: Emulator, disk: Path) -> None:
    """The post is there once; the state is whole; a further apply begins nothing."""
    assert len(emulator.posts()) == 1
    begun_so_far = inits(emulator)
    assert (studio.run(*APPLY).code, inits(emulator)) == (0, begun_so_far)
    with contextlib.closing(sqlite3.connect(disk / "state.db")) as state:
        assert state.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    phases = [attempt["phase"] for attempt in attempts(studio)]
    assert phases[-1] == "published" and set(phases[:-1]) <= {"orphaned"}


def large(studio: Studio) -> None:
    studio.post("launch", privacy="only_me")
    clip = studio.root / "posts" / "launch.mp4"
    size = 70 * MEGABYTE - clip.stat().st_size
    with clip.open("ab") as file:
        file.write(size.to_bytes(4, "big") + b"free")
        file.truncate(file.tell() - 8 + size)


def test_between_init_and_its_publish_id(studio: Studio, emulator: Emulator, disk: Path) -> None:
    studio.post("launch")
    emulator.add_fault("video_init:delay=600,when=after")
    with ran_until(studio, emulator, lambda: inits(emulator) == 1, disk) as ended:
        ran = ended()
    assert (ran.code, told_plainly(ran), count(emulator, "upload")) == (1, True, 0)
    assert "TikTok had just accepted the post as v_" in ran.out + ran.err
    assert studio.run(*APPLY).code == 0
    assert (inits(emulator), len(attempts(studio))) == (2, 2)  # without its address nobody can upload to the first
    is_whole(studio, emulator, disk)


def test_between_the_init_of_a_pull_and_its_publish_id(studio: Studio, emulator: Emulator, disk: Path) -> None:
    studio.post("launch", video=PULL, privacy="only_me")
    emulator.add_fault("video_init:delay=600,when=after")
    with ran_until(studio, emulator, lambda: inits(emulator) == 1, disk) as ended:
        ran = ended()
    assert (ran.code, told_plainly(ran)) == (1, True)
    assert (studio.run(*APPLY).code, inits(emulator)) == (4, 1)  # it may be live: nothing is guessed
    assert studio.run("resolve", "launch", "--published", "--because", "it is in the app").code == 0
    assert (studio.run(*APPLY).code, inits(emulator), len(emulator.posts())) == (0, 1, 1)


@pytest.mark.parametrize("chunks", [1, 6, 7])
def test_between_chunks_and_after_the_last(studio: Studio, emulator: Emulator, disk: Path, chunks: int) -> None:
    large(studio)
    emulator.add_fault(f"upload:delay=600,nth={chunks},when=after")
    with ran_until(studio, emulator, lambda: count(emulator, "upload") == chunks, disk) as ended:
        ran = ended()
    assert (ran.code, told_plainly(ran), count(emulator, "upload")) == (1, True, chunks)
    assert studio.run(*APPLY).code == 0
    assert (inits(emulator), count(emulator, "upload")) == (1, 7)  # goes on where TikTok says that it stands
    is_whole(studio, emulator, disk)


def test_while_the_outcome_is_asked_for(studio: Studio, emulator: Emulator, disk: Path) -> None:
    studio.post("launch")
    emulator.add_fault("status:delay=600,when=after")
    with ran_until(studio, emulator, lambda: count(emulator, "status") >= 1, disk) as ended:
        ran = ended()
    assert (ran.code, told_plainly(ran)) == (1, True)
    assert (studio.run(*APPLY).code, inits(emulator)) == (0, 1)
    is_whole(studio, emulator, disk)


@struck_by
def test_before_anything_nothing_is_sent(studio: Studio, emulator: Emulator, disk: Path, strike: Struck) -> None:
    studio.post("launch")
    with strike(disk):
        ran = studio.run(*APPLY)
        assert (ran.code, told_plainly(ran), inits(emulator)) == (1, True, 0)
        looked = studio.run("plan")
        assert (looked.code, "acme/launch" in looked.out) == (0, True)
    assert (studio.run(*APPLY).code, inits(emulator)) == (0, 1)
    is_whole(studio, emulator, disk)


LOOKS = (
    ("plan",),
    ("plan", "--json"),
    ("plan", "--no-refresh"),
    ("status",),
    ("status", "--json"),
    ("state", "list"),
    ("state", "show", "launch"),
    ("state", "history"),
    ("explain", "launch"),
    ("state", "backup", "copy.db"),
)


SEEN = re.compile(r"acme/launch|acme/second|copy\.db written|published")


@struck_by
def test_who_only_looks_needs_no_room_in_the_state_and_says_that_nothing_is_kept(
    studio: Studio, emulator: Emulator, disk: Path, strike: Struck
) -> None:
    studio.post("launch")
    assert studio.run(*APPLY).code == 0
    studio.post("second")
    with strike(disk):
        before = {path.name: path.read_bytes() for path in disk.glob("state.db*")}
        for command in LOOKS:
            ran = studio.run(*command)
            assert (ran.code, command, bool(SEEN.search(ran.out))) == (0, command, True)
            assert len(ran.err.splitlines()) == 1 and "[state-not-kept]" in ran.err
        assert {path.name: path.read_bytes() for path in disk.glob("state.db*")} == before
        for command in (APPLY, ("refresh",), ("resolve", "launch", "--keep"), ("state", "rm", "launch")):
            ran = studio.run(*command)
            assert (ran.code, told_plainly(ran), inits(emulator)) == (1, True, 1)
    assert (studio.run(*APPLY).code, inits(emulator)) == (0, 2)


@struck_by
def test_an_attempt_that_is_open_is_looked_at_and_its_receipt_is_never_ahead_of_the_state(
    studio: Studio, emulator: Emulator, disk: Path, strike: Struck
) -> None:
    studio.post("launch")
    assert studio.run(*APPLY, "--no-wait").code == 3
    receipt = studio.root / "receipts" / "acme" / "launch.json"
    before = receipt.read_text()
    with strike(disk):
        ran = studio.run("status", "--wait", "5s")
        assert (ran.code, "published" in ran.out, receipt.read_text()) == (0, True, before)
    assert studio.run("status", "--wait", "5s").code == 0
    assert '"phase": "published"' in receipt.read_text()
    is_whole(studio, emulator, disk)


@struck_by
def test_what_a_killed_process_left_in_the_log_is_seen(
    studio: Studio, emulator: Emulator, disk: Path, strike: Struck
) -> None:
    studio.post("launch")
    emulator.add_fault("video_init:delay=600,when=after")
    with begun(studio, *APPLY) as process:
        until(lambda: inits(emulator) == 1, process)
        process.kill()
        process.wait()
    assert (disk / "state.db-wal").stat().st_size
    with strike(disk):
        ran = studio.run("status", "--json")
        assert [post["phase"] for post in ran.json["posts"]] == ["intent"]
    emulator.clear_faults()
    assert studio.run(*APPLY).code == 0
    is_whole(studio, emulator, disk)


@struck_by
def test_a_look_whose_receipt_can_not_be_written_is_a_look_all_the_same(
    studio: Studio, emulator: Emulator, strike: Struck
) -> None:
    studio.post("launch")
    folder = studio.root / "receipts"
    with a_disk(folder, "size=1m"):
        assert studio.run(*APPLY, "--no-wait").code == 3
        with strike(folder):
            ran = studio.run("status", "--wait", "5s")
            assert (ran.code, "[receipt-not-written]" in ran.err, "published" in ran.out) == (0, True, True)
        assert studio.run(*APPLY).code == 0
    assert len(emulator.posts()) == 1


def test_a_state_is_not_begun_where_no_room_is(studio: Studio, emulator: Emulator) -> None:
    studio.post("launch")
    folder = studio.root / ".contentsync"
    with a_disk(folder, "size=64k"):
        ran = studio.run(*APPLY)
        assert (ran.code, told_plainly(ran), inits(emulator)) == (1, True, 0)
        subprocess.run(["mount", "-o", "remount,size=8m", str(folder)], check=True)
        assert (studio.run(*APPLY).code, inits(emulator)) == (0, 1)
        is_whole(studio, emulator, folder)


@struck_by
def test_a_receipt_that_can_not_be_written_is_told_and_follows_later(
    studio: Studio, emulator: Emulator, strike: Struck
) -> None:
    studio.post("launch")
    folder = studio.root / "receipts"
    with a_disk(folder, "size=1m"):
        with strike(folder):
            ran = studio.run(*APPLY)
            assert (ran.code, len(emulator.posts())) == (0, 1)
            assert "its receipt could not be written" in ran.err and "Traceback" not in ran.err
        assert not (folder / "acme" / "launch.json").exists()
        again = studio.run(*APPLY)
        assert (again.code, inits(emulator)) == (0, 1)
        assert '"phase": "published"' in (folder / "acme" / "launch.json").read_text()


@struck_by
def test_where_the_users_data_folder_can_not_be_written_nothing_is_sent(
    studio: Studio, emulator: Emulator, tmp_path: Path, strike: Struck
) -> None:
    studio.post("launch")
    data = tmp_path / "data"
    studio.environment["CONTENTSYNC_DATA_DIR"] = str(data)
    with a_disk(data, "size=1m"):
        with strike(data):
            ran = studio.run(*APPLY)
            assert ran.code in {1, 8} and inits(emulator) == 0
            assert "hint: " in ran.err + ran.out and "Traceback" not in ran.err and "defect" not in ran.err
        assert (studio.run(*APPLY).code, inits(emulator), len(emulator.posts())) == (0, 1, 1)


def test_a_log_that_a_reader_keeps_from_shrinking_fills_the_disk_and_loses_nothing(tmp_path: Path) -> None:
    with a_disk(tmp_path / "disk", "size=2m"):
        path = tmp_path / "disk" / "state.db"
        store, reader = SqliteStore.open(path), sqlite3.connect(path, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM posts").fetchone()
        kept = write_until_full(store)
        reader.close()
        with contextlib.closing(SqliteStore.open(path)) as other:
            assert len(other.posts(OPEN_ID)) == kept
        subprocess.run(["mount", "-o", "remount,size=8m", str(path.parent)], check=True)
        write(store, kept)
        assert len(store.posts(OPEN_ID)) == kept + 1
        store.close()
        with contextlib.closing(sqlite3.connect(path)) as state:
            assert state.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def write(store: SqliteStore, number: int) -> None:
    store.begin(a_post(name=f"n{number}"), an_attempt(phase=Phase.INTENT, id=f"{number}", post_uid=""), NOW)


def write_until_full(store: SqliteStore) -> int:
    """How many posts went onto the disk before it was full."""
    for number in range(5_000):
        try:
            write(store, number)
        except StoreError as err:
            assert err.problems[0].code == "state-full"
            return number
    raise AssertionError("the disk never filled up")
