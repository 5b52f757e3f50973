"""Who may apply, and how does an apply end that is asked to? Real processes, one project, one emulator."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contentsync.emulator.server import Emulator
from tests.cli.support import PROJECT, Studio
from tests.processes import PATIENCE, begun, count, inits, stop, until, waiting_for_the_lock

APPLY = ("apply", "--auto-approve")
MEGABYTE = 1_000_000

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals as POSIX has them")


@contextmanager
def holding(studio: Studio, emulator: Emulator) -> Iterator[subprocess.Popen[str]]:
    """An apply that holds the lock while TikTok does not answer its init."""
    emulator.add_fault("video_init:delay=600,when=after,count=all")
    with begun(studio, *APPLY) as process:
        until(lambda: inits(emulator) == 1, process)
        yield process


# The lock.


def test_who_looks_never_waits_and_who_changes_is_told_who_holds_the_lock(studio: Studio, emulator: Emulator) -> None:
    studio.post("launch")
    with holding(studio, emulator) as holder:
        for looks in (["plan"], ["explain", "launch"], ["refresh"], ["state", "list"], ["state", "history"]):
            assert studio.run(*looks).code == 0
        assert studio.run("status").code == 3
        for changes in ([*APPLY], ["state", "rm", "launch"], ["state", "unlock"], ["resolve", "launch", "--keep"]):
            ran = studio.run(*changes)
            assert (ran.code, f"process {holder.pid} on " in ran.err, "`contentsync apply`" in ran.err) == (
                6,
                True,
                True,
            )


def test_the_lock_dies_with_its_holder_and_the_next_apply_goes_on(studio: Studio, emulator: Emulator) -> None:
    studio.post("launch")
    with holding(studio, emulator) as holder:
        holder.kill()
    emulator.clear_faults()
    assert studio.run("state", "unlock").out == "Nobody holds the lock.\n"
    assert (studio.run(*APPLY).code, len(emulator.posts())) == (0, 1)


def test_four_at_once_publish_each_post_once(studio: Studio, emulator: Emulator) -> None:
    for name in ("one", "two", "three"):
        studio.post(name)
    commands = [[sys.executable, "-m", "contentsync", *APPLY, "--lock-timeout", "60"] for _ in range(4)]
    null = subprocess.DEVNULL
    where = {"cwd": studio.root, "env": dict(os.environ) | studio.environment, "stdin": null}
    running = [subprocess.Popen(command, **where, stdout=null, stderr=null) for command in commands]  # type: ignore[call-overload]
    assert [process.wait(PATIENCE) for process in running] == [0, 0, 0, 0]
    assert (len(emulator.posts()), inits(emulator)) == (3, 3)


def test_without_waiting_the_others_are_refused(studio: Studio, emulator: Emulator) -> None:
    studio.post("launch")
    with holding(studio, emulator):
        assert studio.run(*APPLY, "--lock-timeout", "0.2").code == 6
        assert studio.run(*APPLY, "--lock-timeout", "-1").code == 64


def test_who_waits_for_the_lock_can_be_stopped(studio: Studio, emulator: Emulator) -> None:
    studio.post("launch")
    with holding(studio, emulator), waiting_for_the_lock(studio, *APPLY, "--lock-timeout", "600") as waiting:
        waiting.send_signal(signal.SIGINT)
        assert waiting.wait(PATIENCE) == 130


# The lock of an account.


def test_another_checkout_is_told_who_sends_for_an_account_and_sends_for_the_others(
    studio: Studio, emulator: Emulator, tmp_path: Path
) -> None:
    studio.post("launch")
    other = Studio(tmp_path / "other", studio.environment)
    other.post("extra")
    other.post("idea", "acme_de")
    with holding(studio, emulator) as holder:
        ran = other.run(*APPLY, "--allow", "existing-posts")
    assert ran.code == 6
    assert f"process {holder.pid} on " in ran.err and f"in {studio.root}` for account acme " in ran.err
    assert count(emulator, "inbox_init") == 1


def test_an_apply_that_only_waits_holds_nobody_up(studio: Studio, emulator: Emulator) -> None:
    slow = PROJECT.replace("10ms, poll_max: 50ms", "40s, poll_max: 60s")
    studio.write("contentsync.yaml", slow)
    studio.post("one")
    with begun(studio, *APPLY) as waiting:
        until(lambda: studio.run("state", "show", "one").out.find("processing") > 0)
        studio.post("two")
        until(lambda: studio.run("state", "unlock").out == "Nobody holds the lock.\n")
        assert studio.run(*APPLY, "--no-wait").code == 3
        assert waiting.poll() is None
    assert inits(emulator) == 2


# Signals, while a file of several chunks is on its way.


@pytest.fixture
def large(studio: Studio, emulator: Emulator) -> Path:
    """A post whose file is sent in seven chunks; TikTok answers the second only once the faults are cleared."""
    studio.post("launch", privacy="only_me")
    clip = studio.root / "posts" / "launch.mp4"
    size = 70 * MEGABYTE - clip.stat().st_size
    with clip.open("ab") as file:
        file.write(size.to_bytes(4, "big") + b"free")
        file.truncate(file.tell() - 8 + size)
    emulator.add_fault("upload:delay=600,nth=2")
    return clip


def attempts(studio: Studio) -> list[dict[str, object]]:
    told: list[dict[str, object]] = studio.run("state", "show", "launch").json["attempts"]
    return told


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_one_signal_finishes_the_chunk_and_the_next_apply_goes_on(
    studio: Studio, emulator: Emulator, large: Path, name: str
) -> None:
    with begun(studio, *APPLY) as process:
        until(lambda: count(emulator, "upload") == 2, process)
        stop(process, getattr(signal, name))
        emulator.clear_faults()
        assert process.wait(PATIENCE) == 130
    sent = count(emulator, "upload")
    attempt = attempts(studio)[0]
    assert (sent, attempt["phase"], attempt["sent_bytes"]) == (2, "uploading", 20 * MEGABYTE)
    assert (studio.run(*APPLY).code, count(emulator, "upload")) == (0, 7)
    assert (len(attempts(studio)), inits(emulator), len(emulator.posts())) == (1, 1, 1)


def test_two_interrupts_leave_at_once_and_nothing_is_lost(studio: Studio, emulator: Emulator, large: Path) -> None:
    with begun(studio, *APPLY) as process:
        until(lambda: count(emulator, "upload") == 2, process)
        stop(process)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
    emulator.clear_faults()
    assert studio.run(*APPLY).code == 0
    assert (len(attempts(studio)), inits(emulator), len(emulator.posts())) == (1, 1, 1)
