"""What may be done to an apply from outside, wherever it is: each post is there once after the next one.

While a chunk is on its way, while a limit by the minute is waited out, while TikTok is asked for the outcome.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

if os.name == "nt":
    pytest.skip("signals and terminals as POSIX has them", allow_module_level=True)

import fcntl
import pty
import termios

from contentsync.emulator.server import Emulator
from tests.cli.support import PROJECT, Studio
from tests.cli.test_locks import APPLY, attempts
from tests.processes import PATIENCE, begun, count, heed_signals, heeded, inits, stop, until

MEGABYTE = 1_000_000
SOON = 30.0  # seconds within which a stop must be heeded, also on a busy machine


class Terminal:
    """`contentsync ARGS` at the other end of a terminal of its own, as a person runs it."""

    def __init__(self, studio: Studio, *args: str, ignoring: int | None = None) -> None:
        self._master, slave = pty.openpty()
        os.set_blocking(self._master, False)

        def take_it() -> None:
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            heed_signals()
            if ignoring is not None:
                signal.signal(ignoring, signal.SIG_IGN)

        self.process = subprocess.Popen(
            [sys.executable, "-m", "contentsync", *args],
            cwd=studio.root,
            env=dict(os.environ) | {"TERM": "xterm"} | studio.environment,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=take_it,
        )
        os.close(slave)
        self.said = b""

    def read(self) -> bytes:
        """All that it has said so far; a full terminal would hold it up."""
        try:
            while more := os.read(self._master, 65_536):
                self.said += more
        except OSError:
            pass
        return self.said

    def type(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def until(self, happens: Callable[[], bool]) -> None:
        until(lambda: bool(self.read() or True) and happens())

    def ends_with(self) -> int:
        self.until(lambda: self.process.poll() is not None)
        return int(self.process.returncode)

    def hang_up(self) -> None:
        os.close(self._master)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()


# Where it is when it happens: each makes the project, and tells whether an apply has come that far.


def a_chunk_on_its_way(studio: Studio, emulator: Emulator) -> Callable[[], bool]:
    studio.post("launch", privacy="only_me")
    clip = studio.root / "posts" / "launch.mp4"
    size = 30 * MEGABYTE - clip.stat().st_size
    with clip.open("ab") as file:
        file.write(size.to_bytes(4, "big") + b"free")
        file.truncate(file.tell() - 8 + size)
    emulator.add_fault("upload:delay=600,count=all,when=after")
    return lambda: count(emulator, "upload") == 1


def pacing(studio: Studio, emulator: Emulator) -> Callable[[], bool]:
    limited(studio, "inits_per_minute: 100", "inits_per_minute: 1")
    studio.post("launch")
    studio.post("second")
    return lambda: inits(emulator) == 1 and count(emulator, "upload") == 1


def polling(studio: Studio, emulator: Emulator) -> Callable[[], bool]:
    limited(studio, "poll_initial: 10ms, poll_max: 50ms", "poll_initial: 40s, poll_max: 60s")
    studio.post("launch")
    return lambda: count(emulator, "upload") == 1


def limited(studio: Studio, usual: str, limit: str) -> None:
    """A project that waits long where the usual one does not."""
    text = (studio.root / "contentsync.yaml").read_text()
    assert usual in text
    studio.write("contentsync.yaml", text.replace(usual, limit))


WHERE = {"a chunk": a_chunk_on_its_way, "pacing": pacing, "polling": polling}
wherever = pytest.mark.parametrize("where", WHERE)


def is_whole(studio: Studio, emulator: Emulator) -> None:
    """The next apply goes on, all is there once, nothing was begun twice, and a further one finds nothing to do."""
    emulator.clear_faults()
    studio.write("contentsync.yaml", PROJECT)
    posts = len(list((studio.root / "posts").glob("*.yaml")))
    assert studio.run(*APPLY).code == 0
    assert (len(emulator.posts()), inits(emulator)) == (posts, posts)
    assert [attempt["phase"] for attempt in attempts(studio)] == ["published"]
    again = studio.run(*APPLY)
    assert (again.code, inits(emulator)) == (0, posts)


@wherever
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_one_signal_ends_it_soon_and_the_next_apply_goes_on(
    studio: Studio, emulator: Emulator, where: str, name: str
) -> None:
    is_there = WHERE[where](studio, emulator)
    with begun(studio, *APPLY) as process:
        until(is_there, process)
        stop(process, getattr(signal, name))
        emulator.clear_faults()
        out, err = process.communicate(timeout=SOON)
    assert process.returncode == 130
    assert "launch" in out and "exit 130" in out
    assert "Traceback" not in err and "defect" not in err
    assert "the next apply resumes what is open" not in err  # said once, and only of Ctrl-C
    is_whole(studio, emulator)


@wherever
def test_two_interrupts_end_it_at_once(studio: Studio, emulator: Emulator, where: str) -> None:
    is_there = WHERE[where](studio, emulator)
    with begun(studio, *APPLY) as process:
        until(is_there, process)
        stop(process)
        process.send_signal(signal.SIGINT)
        assert process.wait(SOON) in {130, -signal.SIGINT}  # a shell tells both as 130
    is_whole(studio, emulator)


@wherever
def test_a_terminal_that_hangs_up_is_as_one_interrupt(studio: Studio, emulator: Emulator, where: str) -> None:
    is_there = WHERE[where](studio, emulator)
    with Terminal(studio, *APPLY) as terminal:
        terminal.until(is_there)
        terminal.hang_up()
        heeded()
        emulator.clear_faults()
        assert terminal.process.wait(SOON) == 130
    is_whole(studio, emulator)


@wherever
def test_ctrl_c_at_a_terminal_is_told_and_heeded(studio: Studio, emulator: Emulator, where: str) -> None:
    is_there = WHERE[where](studio, emulator)
    with Terminal(studio, *APPLY) as terminal:
        terminal.until(is_there)
        terminal.type(b"\x03")
        terminal.until(lambda: b"the next apply resumes what is open" in terminal.said)
        emulator.clear_faults()
        assert terminal.ends_with() == 130
    assert b"Traceback" not in terminal.read()
    is_whole(studio, emulator)


# Nobody listens any more, and nobody asks to stop.


def test_an_apply_that_ignores_the_hang_up_goes_on_to_the_end(studio: Studio, emulator: Emulator) -> None:
    is_there = a_chunk_on_its_way(studio, emulator)
    with Terminal(studio, *APPLY, ignoring=signal.SIGHUP) as terminal:
        terminal.until(is_there)
        terminal.hang_up()
        heeded()
        emulator.clear_faults()
        assert terminal.process.wait(PATIENCE) == 0
    assert len(emulator.posts()) == 1
    is_whole(studio, emulator)


@pytest.mark.parametrize("as_json", [[], ["--json"], ["-v"]], ids=["lines", "json", "verbose"])
def test_a_reader_that_goes_away_stops_nothing(studio: Studio, emulator: Emulator, as_json: list[str]) -> None:
    is_there = a_chunk_on_its_way(studio, emulator)
    args = ["-v", *APPLY] if as_json == ["-v"] else [*APPLY, *as_json]
    with begun(studio, *args) as process:
        until(is_there, process)
        assert process.stdout and process.stderr
        process.stdout.close()
        process.stderr.close()
        emulator.clear_faults()
        assert process.wait(PATIENCE) == 0
    is_whole(studio, emulator)


def test_a_reader_that_never_was_stops_nothing(studio: Studio, emulator: Emulator) -> None:
    a_chunk_on_its_way(studio, emulator)
    emulator.clear_faults()
    with begun(studio, *APPLY) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        process.stderr.close()
        assert process.wait(PATIENCE) == 0
    is_whole(studio, emulator)


def test_a_disk_too_full_for_what_is_said_is_told_and_stops_nothing(studio: Studio, emulator: Emulator) -> None:
    studio.post("launch")
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "contentsync", *APPLY],
            cwd=studio.root,
            env=dict(os.environ) | studio.environment,
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert (ran.returncode, len(emulator.posts())) == (0, 1)
    assert "stdout can't be written any more" in ran.stderr


# At the question.


@contextmanager
def asked(studio: Studio) -> Iterator[Terminal]:
    studio.post("launch")
    with Terminal(studio, "apply") as terminal:
        terminal.until(lambda: b"Type yes to publish" in terminal.said)
        yield terminal


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_at_the_question_ends_it_at_once_and_nothing_was_sent(
    studio: Studio, emulator: Emulator, name: str
) -> None:
    with asked(studio) as terminal:
        terminal.process.send_signal(getattr(signal, name))
        assert terminal.ends_with() == 130
    assert inits(emulator) == 0
    assert b"Traceback" not in terminal.said


def test_a_terminal_that_hangs_up_at_the_question_has_said_no(studio: Studio, emulator: Emulator) -> None:
    with asked(studio) as terminal:
        terminal.hang_up()
        assert terminal.process.wait(SOON) == 130
    assert inits(emulator) == 0


@pytest.mark.parametrize(("answer", "code", "posts"), [(b"yes\n", 0, 1), (b"y\n", 130, 0), (b"\x04", 130, 0)])
def test_only_yes_is_yes(studio: Studio, emulator: Emulator, answer: bytes, code: int, posts: int) -> None:
    with asked(studio) as terminal:
        terminal.type(answer)
        assert terminal.ends_with() == code
    assert len(emulator.posts()) == posts
