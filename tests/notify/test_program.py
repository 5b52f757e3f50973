"""A program gets a notice on its standard input, and is ended when it takes too long, with all that it started."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from contentsync.notices import Notice, NoticeKind
from contentsync.notify.program import send
from tests.builders import NOW
from tests.processes import until

NOTICE = Notice(NoticeKind.FAILED, "acme", "acme/launch", NOW, "It failed.", messages=("Grüße \ud83d",))


def script(folder: Path, text: str) -> list[str]:
    path = folder / "tell.sh"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return ["./tell.sh"]


def run(folder: Path, text: str, seconds: float = 5) -> str:
    return send(script(folder, text), folder, {"PATH": os.environ["PATH"]}, NOTICE, seconds)


def test_a_program_reads_the_notice(tmp_path: Path) -> None:
    assert run(tmp_path, "cat >told") == ""
    assert '"kind": "failed"' in (tmp_path / "told").read_text()


@pytest.mark.parametrize(
    ("text", "why"),
    [("exit 3", "the program ended with 3"), ("exec 0<&-; exit 0", "")],
)
def test_its_exit_code_says_whether_it_told(text: str, why: str, tmp_path: Path) -> None:
    assert run(tmp_path, text) == why


def test_a_program_that_is_not_there_is_a_reason(tmp_path: Path) -> None:
    why = send(["./no-such"], tmp_path, {}, NOTICE, 5)
    assert why == "the program could not be started (FileNotFoundError)"


def test_a_program_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    why = run(tmp_path, "sleep 60 & echo $! >child; wait", seconds=0.5)
    assert why == "the program took longer than 0.5 seconds"
    child = int((tmp_path / "child").read_text())
    until(lambda: is_gone(child))


def is_gone(process: int) -> bool:
    """Whether a process has ended; one that nobody has waited for yet has an empty command line."""
    try:
        return not Path(f"/proc/{process}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return True
