"""`contentsync watch` as a process: signals, kills, locks, a second watcher, git beside it, a state on git."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from contentsync.emulator.server import Emulator
from tests.cli.support import PROJECT, Studio
from tests.processes import PATIENCE, begun, count, heed_signals, until

MEGABYTE = 1_000_000
QUICK = "watch: {debounce: 200ms, settle: 500ms, approve: auto}\n"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals as POSIX has them")


class Watcher:
    """A watch under way, and the events that it told."""

    def __init__(
        self, root: Path, environment: dict[str, str], *args: str, program: Sequence[str] = ("-m", "contentsync")
    ) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *program, "watch", "--json", *args],
            cwd=root,
            env=dict(os.environ) | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=heed_signals,
        )
        self.events: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.events.append(json.loads(line))

    def until(self, happens: Callable[[], bool]) -> None:
        try:
            until(happens, self.process)
        except AssertionError as err:
            raise AssertionError(f"{err}; it told {self.events}") from None

    def told(self, event: str, post: str = "", **detail: object) -> bool:
        return any(
            one["event"] == event and (not post or one["post"] == post) and detail.items() <= one.items()
            for one in tuple(self.events)
        )

    def codes(self) -> list[str]:
        return [one["problem"]["code"] for one in tuple(self.events) if one["event"] == "problem" and one["problem"]]

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.ended()

    def ended(self) -> int:
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join(PATIENCE)
        for stream in (self.process.stdout, self.process.stderr):
            if stream:
                stream.close()

    @property
    def error(self) -> str:
        assert self.process.stderr
        return self.process.stderr.read()


@contextmanager
def watching(studio: Studio, *args: str) -> Iterator[Watcher]:
    watcher = Watcher(studio.root, studio.environment, *args)
    try:
        yield watcher
    finally:
        watcher.close()


@pytest.fixture
def studio(tmp_path: Path, emulator: Emulator) -> Studio:
    made = Studio(tmp_path / "studio", emulator.environment)
    made.write("contentsync.yaml", PROJECT + QUICK)
    return made


def a_large_post(studio: Studio, emulator: Emulator, *, held_at: int) -> None:
    """A post whose upload takes 8 chunks of 10 MB. held_at: the chunk answered only once the faults are cleared."""
    studio.post("launch", privacy="only_me")
    clip = studio.root / "posts" / "launch.mp4"
    size = 80 * MEGABYTE - clip.stat().st_size
    with clip.open("ab") as file:
        file.write(size.to_bytes(4, "big") + b"free")
        file.truncate(file.tell() - 8 + size)
    emulator.add_fault(f"upload:delay=600,nth={held_at},when=after")


def uploads(emulator: Emulator) -> int:
    return count(emulator, "upload")


def test_it_publishes_what_is_there_and_what_comes_and_each_line_is_json(studio: Studio, emulator: Emulator) -> None:
    studio.post("one")
    with watching(studio) as watcher:
        watcher.until(lambda: watcher.told("result", "acme/one", result="published"))
        studio.post("two")
        watcher.until(lambda: watcher.told("result", "acme/two", result="published"))
        assert watcher.end() == 0
        (said,) = watcher.error.splitlines()
        assert said.startswith("acme: from now on it posts as this TikTok account only; commit the new line in")
    assert watcher.events[0]["format"] == "contentsync.watch/1"
    assert [one["event"] for one in watcher.events[-2:]] == ["stopping", "stopped"]
    assert len(emulator.posts()) == 2


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 0), ("SIGINT", 130), ("SIGHUP", 130)])
def test_a_signal_in_a_chunk_ends_it_after_the_chunk_and_the_next_one_goes_on(
    studio: Studio, emulator: Emulator, name: str, code: int
) -> None:
    a_large_post(studio, emulator, held_at=2)
    with watching(studio) as watcher:
        watcher.until(lambda: uploads(emulator) == 2)
        watcher.process.send_signal(getattr(signal, name))
        watcher.until(lambda: watcher.told("stopping"))
        emulator.clear_faults()
        assert watcher.ended() == code
    assert uploads(emulator) == 2
    with watching(studio) as watcher:
        watcher.until(lambda: watcher.told("result", "acme/launch", result="published"))
        assert watcher.end() == 0
    assert len(emulator.ledger()["tasks"]) == 1  # type: ignore[arg-type]


def lines_after_ctrl_c(studio: Studio, emulator: Emulator, happens: Callable[[], bool]) -> list[str]:
    """What a person reads after Ctrl-C, on both streams; without the time. What TikTok holds it lets go then."""
    with begun(studio, "watch", stderr=subprocess.STDOUT) as process:
        until(happens, process)
        process.send_signal(signal.SIGINT)
        assert process.stdout
        told = []
        for line in process.stdout:
            told.append(line.rstrip("\n"))
            if "stopping" in line:
                emulator.clear_faults()
    return [line.partition("  ")[2] or line for line in told if "stop" in line]


def test_ctrl_c_says_in_one_line_that_nothing_was_being_sent(studio: Studio, emulator: Emulator) -> None:
    studio.post("launch", hold=True)
    done = "stopped; nothing was being sent"
    assert lines_after_ctrl_c(studio, emulator, lambda: bool(emulator.requests())) == [done]


def test_ctrl_c_in_a_chunk_says_what_it_waits_for(studio: Studio, emulator: Emulator) -> None:
    a_large_post(studio, emulator, held_at=2)
    said = lines_after_ctrl_c(studio, emulator, lambda: uploads(emulator) == 2)
    assert said == [
        "stopping after the chunk under way; Ctrl-C once more leaves now, which is safe too",
        "stopped; the next watch or apply continues there",
    ]


def test_a_kill_in_a_chunk_costs_nothing_but_the_chunk(studio: Studio, emulator: Emulator) -> None:
    a_large_post(studio, emulator, held_at=2)
    with watching(studio) as watcher:
        watcher.until(lambda: uploads(emulator) == 2)
        watcher.end(signal.SIGKILL)
    emulator.clear_faults()
    with watching(studio) as watcher:
        watcher.until(lambda: watcher.told("result", "acme/launch", result="published"))
        watcher.end()
    assert len(emulator.posts()) == 1


def test_a_slow_upload_delays_no_other_account(studio: Studio, emulator: Emulator) -> None:
    a_large_post(studio, emulator, held_at=1)
    emulator.clear_faults()
    emulator.add_fault("upload:delay=4,count=all,when=after")  # the other account's turn comes after the chunk
    with watching(studio) as watcher:
        watcher.until(lambda: uploads(emulator) == 1)
        studio.post("soon", account="acme_de")
        watcher.until(lambda: watcher.told("result", "acme_de/soon"))
        assert not watcher.told("result", "acme/launch")
        emulator.clear_faults()
        watcher.until(lambda: watcher.told("result", "acme/launch", result="published"))
        watcher.end()
    assert len(emulator.posts()) == 2


def test_a_second_watcher_says_who_has_the_place_and_takes_over(studio: Studio, emulator: Emulator) -> None:
    with watching(studio) as first:
        first.until(lambda: first.told("watching"))
        with watching(studio) as second:
            second.until(lambda: second.told("standing-by"))
            assert f"process {first.process.pid} on " in second.events[0]["what"]
            studio.post("one")
            first.until(lambda: first.told("result", "acme/one", result="published"))
            assert not second.told("watching")
            first.end(signal.SIGKILL)
            second.until(lambda: second.told("watching"))
            studio.post("two")
            second.until(lambda: second.told("result", "acme/two", result="published"))
            assert second.end() == 0
    assert len(emulator.posts()) == 2


def test_a_watcher_that_stands_by_can_be_ended(studio: Studio) -> None:
    with watching(studio) as first:
        first.until(lambda: first.told("watching"))
        with watching(studio) as second:
            second.until(lambda: second.told("standing-by"))
            assert second.end() == 0
            assert [one["event"] for one in second.events] == ["standing-by", "stopped"]
        assert first.end() == 0


def test_the_projects_lock_is_held_only_while_it_sends(studio: Studio) -> None:
    studio.post("one")
    with watching(studio) as watcher:
        watcher.until(lambda: watcher.told("result", "acme/one", result="published"))
        assert studio.run("apply", "--auto-approve").code == 0


def test_an_apply_beside_it_is_told_once_and_waited_for(studio: Studio, emulator: Emulator) -> None:
    a_large_post(studio, emulator, held_at=1)
    with begun(studio, "apply", "--auto-approve") as apply:
        until(lambda: uploads(emulator) == 1, apply)
        with watching(studio) as watcher:
            is_told_once_that_it_is_locked(studio, emulator, watcher)
        apply.communicate(timeout=PATIENCE)
    assert len(emulator.ledger()["tasks"]) == 2  # type: ignore[arg-type]


def is_told_once_that_it_is_locked(studio: Studio, emulator: Emulator, watcher: Watcher) -> None:
    studio.post("other", account="acme_de")
    watcher.until(lambda: "locked" in watcher.codes())
    emulator.clear_faults()
    watcher.until(lambda: watcher.told("result", "acme_de/other", result="delivered"))
    watcher.until(lambda: watcher.told("solved"))
    assert watcher.codes() == ["locked"]
    watcher.end()


def git(studio: Studio, *args: str) -> None:
    command = ["git", "-c", "user.name=anna", "-c", "user.email=anna@studio.example", *args]
    ran = subprocess.run(command, cwd=studio.root, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert ran.returncode == 0, ran.stderr


def test_a_checkout_of_thousands_of_files_beside_it_fails_neither(studio: Studio, emulator: Emulator) -> None:
    clip = studio.video("clip.mp4")
    studio.write(".gitignore", ".contentsync/\nreceipts/\n")
    git(studio, "init", "-q", "-b", "main")
    git(studio, "add", "-A")
    git(studio, "commit", "-q", "-m", "empty")
    git(studio, "checkout", "-q", "-b", "many")
    for number in range(1_500):
        studio.write(f"notes/{number}.txt", "x")
        keys = f"name: p{number}\naccount: acme\nvideo: {clip.name}\ncaption: p{number}\nprivacy: only_me\n"
        studio.write(f"posts/p{number}.yaml", f"{keys}publish_at: 2031-01-01T00:00:00Z\n")
    studio.post("good")
    git(studio, "add", "-A")
    git(studio, "commit", "-q", "-m", "many")
    git(studio, "checkout", "-q", "main")
    with watching(studio) as watcher:
        watcher.until(lambda: watcher.told("watching"))
        for branch in ("many", "main", "many"):
            git(studio, "checkout", "-q", branch)
        watcher.until(lambda: watcher.told("result", "acme/good", result="published"))
        git(studio, "checkout", "-q", "main")
        git(studio, "status")
        assert watcher.end() == 0
    assert len(emulator.posts()) == 1
    assert "manifests-vanished" not in watcher.codes() or watcher.codes() == ["manifests-vanished"]


def test_with_a_state_on_git_an_approval_from_another_machine_is_heeded(
    tmp_path: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.cli.shared_state import SHARED, Site

    site = Site.made(tmp_path, emulator, "one", project=SHARED + "watch: {debounce: 200ms, settle: 500ms}\n")
    here, there = site.clone("here"), site.clone("there")
    assert there.run("approve", "--all", "--auto-approve").code == 0
    with watching(here) as watcher:
        watcher.until(lambda: watcher.told("result", "acme/one", result="published"))
        assert watcher.end() == 0
    assert len(emulator.posts()) == 1
    assert there.run("apply", "--approved").code == 0
    assert len(emulator.posts()) == 1


def test_with_a_log_in_json_each_line_of_stderr_is_an_object(studio: Studio) -> None:
    """From its first line to a signal; the events themselves stay lines on stdout."""
    studio.write("contentsync.yaml", PROJECT + QUICK)
    studio.post("launch")
    with begun(studio, "-v", "--log-format", "json", "watch", "--metrics", "127.0.0.1:0") as watch:
        assert watch.stdout
        seen = []
        for line in watch.stdout:
            seen.append(line)
            if "published" in line:
                break
        watch.send_signal(signal.SIGINT)
        out, err = watch.communicate(timeout=PATIENCE)
    assert "watching" in seen[0] and "stopped" in out
    entries = [json.loads(line) for line in err.splitlines()]
    assert entries and all({"ts", "level", "event", "message"} <= entry.keys() for entry in entries)
    assert "/healthz and /metrics are at" in entries[0]["message"]
