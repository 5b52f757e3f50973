"""The file under the state: made once however many come, refused where it is not ours, honest where it fails."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from contentsync.errors import StoreError, StoreLocked
from contentsync.lifecycle import Phase
from contentsync.store.lock import apply_lock
from contentsync.store.sqlite import database
from contentsync.store.sqlite.state import SqliteStore
from tests.builders import NOW, OPEN_ID, ManualClock, a_post, an_attempt

OPEN_AND_TELL = """
import sys; from pathlib import Path; from contentsync.store.sqlite.state import SqliteStore
print(SqliteStore.open(Path(sys.argv[1])).lineage)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".contentsync" / "state.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore.open(path)
    yield opened
    opened.close()


def code_of(path: Path) -> str:
    with pytest.raises(StoreError) as caught:
        SqliteStore.open(path)
    return caught.value.problems[0].code


def run_sql(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def test_a_state_is_made_with_a_folder_that_git_leaves_alone(path: Path, store: SqliteStore) -> None:
    assert (path.parent / ".gitignore").read_text().endswith("*\n")
    assert (store.serial, len(store.lineage)) == (0, 36)


def test_a_state_is_the_same_when_it_is_opened_again(path: Path, store: SqliteStore) -> None:
    begun = store.begin(a_post(), an_attempt(phase=Phase.INTENT, post_uid=""), NOW)
    other = SqliteStore.open(path)
    assert (other.lineage, other.serial, other.attempt(begun.id)) == (store.lineage, 1, begun)
    other.close()


@pytest.mark.slow
def test_processes_that_open_a_new_state_at_once_make_one(path: Path) -> None:
    command = [sys.executable, "-c", OPEN_AND_TELL, str(path)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(6)]
    ended = [process.communicate(timeout=60) for process in running]
    assert [err.decode() for _, err in ended] == [""] * 6
    assert len({out for out, _ in ended}) == 1


def test_it_waits_for_whoever_is_at_the_file(path: Path, store: SqliteStore) -> None:
    assert store.lineage  # the file is there and ready: opening it again takes no lock of its own
    with FileLock(path.with_name("state.db.new.lock")):
        again = SqliteStore.open(path)
    assert again.lineage == store.lineage
    again.close()


def test_a_state_of_a_newer_version_is_refused(path: Path, store: SqliteStore) -> None:
    store.close()
    run_sql(path, "PRAGMA user_version = 99")
    assert code_of(path) == "state-newer"


@pytest.mark.parametrize("version", [0, 1, 99])
def test_a_database_of_another_program_is_refused_and_left_as_it_is(path: Path, version: int) -> None:
    path.parent.mkdir()
    run_sql(path, "CREATE TABLE theirs (x)", f"PRAGMA user_version = {version}")
    path.chmod(0o644)
    before = path.read_bytes()
    assert code_of(path) == "state-foreign"
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (before, 0o644)


@pytest.mark.parametrize("data", [b"not a database at all" * 100, b"SQLite format 3\x00" + b"\xff" * 4000])
def test_a_damaged_file_is_told(path: Path, data: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(data)
    assert code_of(path) == "state-corrupt"
    assert path.read_bytes() == data


def test_each_page_that_is_damaged_is_told_when_the_state_is_opened(path: Path) -> None:
    SqliteStore.open(path).close()
    whole = path.read_bytes()
    for page in range(1, len(whole) // 4096):
        path.write_bytes(whole[: page * 4096] + b"\xff" * 4096 + whole[(page + 1) * 4096 :])
        assert code_of(path) == "state-corrupt"


def test_of_a_large_state_a_damaged_page_is_told_when_it_is_met_or_something_is_begun(path: Path) -> None:
    made = SqliteStore.open(path)
    made.begin(a_post(), an_attempt(phase=Phase.INTENT, post_uid=""), NOW)
    made.close()
    big = f"INSERT INTO history (at, who, what, detail) VALUES (0, 'me', 'big', zeroblob({database.PROVEN}))"
    run_sql(path, big, "PRAGMA wal_checkpoint(TRUNCATE)")
    smash(path, "posts")
    store = SqliteStore.open(path)
    for met in (lambda: store.posts(OPEN_ID), store.check):
        with pytest.raises(StoreError) as caught:
            met()
        assert caught.value.problems[0].code == "state-corrupt"
    store.close()


def smash(path: Path, table: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as db:
        page = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)


def test_an_empty_file_is_a_state_that_lost_what_it_had(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    assert code_of(path) == "state-corrupt"


def test_a_state_is_never_in_its_place_before_it_is_whole(path: Path) -> None:
    SqliteStore.open(path).close()
    assert sorted(file.name for file in path.parent.glob("state.db*")) == ["state.db", "state.db.new.lock"]


def test_a_folder_where_the_state_should_be_is_told(path: Path) -> None:
    path.mkdir(parents=True)
    assert code_of(path) in {"state-read-only", "state-unusable"}


def test_a_file_where_the_folder_should_be_is_told(path: Path) -> None:
    path.parent.write_text("")
    assert code_of(path) == "state-unusable"


def limit(store: SqliteStore, pragma: str) -> None:
    with store._db.reading() as connection:
        connection.execute(pragma)


def test_a_full_disk_is_told_and_what_was_written_stays(store: SqliteStore) -> None:
    store.begin(a_post(), an_attempt(phase=Phase.INTENT, post_uid=""), NOW)
    limit(store, "PRAGMA max_page_count = 1")
    with pytest.raises(StoreError) as caught:
        for number in range(500):
            store.begin(a_post(name=f"n{number}"), an_attempt(phase=Phase.INTENT, id=f"{number}", post_uid=""), NOW)
    assert caught.value.problems[0].code == "state-full"
    count = len(store.posts(OPEN_ID))
    limit(store, "PRAGMA max_page_count = 1000000")
    store.begin(a_post(name="after"), an_attempt(phase=Phase.INTENT, id="after", post_uid=""), NOW)
    assert [len(row.attempts) for row in store.posts(OPEN_ID)] == [1] * (count + 1)


def test_a_commit_that_fails_leaves_nothing_behind(store: SqliteStore) -> None:
    """A deferred constraint breaks at the commit itself, as a full disk may."""
    wrong = "INSERT INTO bindings VALUES ('o', 'p', 'no-such-post', '', 'how', 0)"
    with pytest.raises(sqlite3.IntegrityError), store._db.writing() as connection:
        connection.execute("PRAGMA defer_foreign_keys = ON")
        connection.execute(wrong)
    store.record("after", NOW)
    assert [line["what"] for line in store.history()] == ["after"]
    assert store.bindings("o") == {}


def test_a_state_that_can_not_be_written_is_told(store: SqliteStore) -> None:
    limit(store, "PRAGMA query_only = ON")
    with pytest.raises(StoreError) as caught:
        store.record("anything", NOW)
    assert caught.value.problems[0].code == "state-read-only"


def test_a_migration_leaves_a_backup_of_what_was(path: Path, tmp_path: Path, store: SqliteStore) -> None:
    store.record("before", NOW)
    copy = tmp_path / "copy.db"
    with store._db.reading() as connection:
        database.backup(connection, copy)
    restored = SqliteStore.open(copy)
    assert [line["what"] for line in restored.history()] == ["before"]
    assert (restored.lineage, copy.stat().st_mode & 0o077) == (store.lineage, 0)
    restored.close()


# The lock, and the note of who posts.


def test_the_lock_names_its_holder_and_is_free_afterwards(tmp_path: Path, clock: ManualClock) -> None:
    with apply_lock(tmp_path, "contentsync apply", clock):
        clock.advance(5)
        with pytest.raises(StoreLocked, match=r"process \d+ on .* `contentsync apply` here for 5 s"):
            apply_lock(tmp_path, "another", clock).__enter__()
    with apply_lock(tmp_path, "another", clock):
        pass


def test_a_lock_that_can_not_be_taken_is_told(tmp_path: Path, clock: ManualClock) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError), apply_lock(tmp_path / "file" / "below", "apply", clock):
        pass


def test_the_lock_dies_with_its_process(tmp_path: Path, clock: ManualClock) -> None:
    hold = (
        "import sys, os; from pathlib import Path; from contentsync.clock import SystemClock\n"
        "from contentsync.store.lock import apply_lock\n"
        "lock = apply_lock(Path(sys.argv[1]), 'contentsync apply', SystemClock()); lock.__enter__()\n"
        "print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", hold, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"held\n"
        with pytest.raises(StoreLocked), apply_lock(tmp_path, "another", clock):
            pass
        process.kill()
    with apply_lock(tmp_path, "another", clock, timeout=5):
        pass


def test_an_older_state_gets_what_it_lacks_and_keeps_a_copy_of_itself(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with sqlite3.connect(path) as db:
        db.executescript(database.migrations()[0])
        db.execute("INSERT INTO meta VALUES ('lineage', 'old'), ('serial', '7')")
        db.execute("PRAGMA user_version = 1")
    db.close()
    store = SqliteStore.open(path)
    assert (store.hosted.all(), store.lineage, store.serial) == ([], "old", 7)
    store.close()
    assert (tmp_path / f"state.db.before-schema-{len(database.migrations())}").exists()
