"""Does every `apply --json` end with one summary, with its exit code and what ended it? Whatever ends it."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contentsync.attempt.told import Result
from contentsync.emulator.server import Emulator
from contentsync.plan import planfile
from contentsync.plan.guard_names import GUARDS
from tests.cli.support import PROJECT, Ran, Studio
from tests.cli.test_locks import holding
from tests.processes import PATIENCE, begun, count, stop, until, waiting_for_the_lock

JSON = ("apply", "--auto-approve", "--json")
posix = pytest.mark.skipif(os.name == "nt", reason="signals as POSIX has them")


def ended(ran: Ran) -> tuple[int, list[str]]:
    """The exit code that the summary tells, and the codes of what ended it; it is whole, the last line, and alone."""
    told = [json.loads(line) for line in ran.out.splitlines()]
    assert [event["event"] for event in told].count("summary") == 1
    last: dict[str, Any] = told[-1]
    assert set(last) == {"event", "time", "counts", "waiting", "next_due", "exit_code", "problems"}
    assert set(last["counts"]) == {*map(str, Result), "left", "unchanged"}
    assert last["exit_code"] == ran.code
    assert "Traceback" not in ran.err
    return ran.code, [problem["code"] for problem in last["problems"]]


def saved(studio: Studio, **changes: object) -> None:
    """A saved plan of one post, with some of it changed as if it had been made so."""
    studio.post("one")
    studio.run("plan", "--out", "plan.json")
    path = studio.root / "plan.json"
    body = json.loads(path.read_text("utf-8")) | changes
    body |= {"digest": planfile.digest_of(body)}
    path.write_text(json.dumps(body, ensure_ascii=False, indent=2) + "\n", "utf-8")


def stale(studio: Studio) -> None:
    saved(studio)
    studio.post("one", caption="another")


def used(studio: Studio) -> None:
    saved(studio)
    assert studio.run("apply", "plan.json").code == 0


def torn(studio: Studio) -> None:
    studio.write("plan.json", "{")


def invalid(studio: Studio) -> None:
    manifest = studio.post("one")
    manifest.write_text(manifest.read_text("utf-8").replace("name: one", "name: Bad Name"), "utf-8")


def damaged(studio: Studio) -> None:
    studio.write(".contentsync/state.db", "zz" * 4000)


def no_project(studio: Studio) -> None:
    (studio.root / "contentsync.yaml").unlink()


def signed_out(studio: Studio) -> None:
    studio.post("one")
    studio.environment = {k: v for k, v in studio.environment.items() if "TOKEN" not in k}


def nothing(_: Studio) -> None:
    pass


@pytest.mark.parametrize(
    ("begin", "args", "expected"),
    [
        (nothing, ("--auto-approve",), (0, [])),
        (stale, ("plan.json",), (7, ["plan-stale"])),
        (used, ("plan.json",), (7, ["plan-used"])),
        (lambda studio: saved(studio, expires_at="2020-01-01T00:00:00Z"), ("plan.json",), (7, ["plan-expired"])),
        (torn, ("plan.json",), (7, ["plan-unreadable"])),
        (invalid, ("--auto-approve",), (1, ["name-pattern"])),
        (damaged, ("--auto-approve",), (1, ["state-corrupt"])),
        (no_project, ("--auto-approve",), (1, ["project-missing"])),
        (signed_out, ("--auto-approve",), (8, ["no-token"])),
        (nothing, (), (64, ["usage"])),
        (nothing, ("--auto-approve", "--bogus"), (64, ["usage"])),
        (nothing, ("--auto-approve", "--wait", "soon"), (64, ["usage"])),
        (nothing, ("--auto-approve", "--account", "nobody"), (64, ["unknown-account"])),
        (nothing, ("there-is-none.json",), (64, ["usage"])),
    ],
)
def test_what_ends_it_before_anything_is_sent_is_in_its_summary(
    studio: Studio, begin: Callable[[Studio], None], args: tuple[str, ...], expected: tuple[int, list[str]]
) -> None:
    begin(studio)
    code, problems = ended(studio.run("apply", "--json", *args))
    assert (code, problems[:1]) == (expected[0], expected[1])


@pytest.mark.parametrize(("command", "told"), [("apply", True), ("status", False), ("cancel", False)])
def test_only_apply_says_that_it_sends_every_byte(studio: Studio, command: str, told: bool) -> None:
    assert ("every byte is still sent" in " ".join(studio.run(command, "--help").out.split())) is told


def test_help_names_each_guard(studio: Studio) -> None:
    helped = "".join(studio.run("plan", "--help").out.split())
    assert [guard for guard in GUARDS if guard not in helped] == []


def test_help_is_no_apply(studio: Studio) -> None:
    assert "summary" not in studio.run("apply", "--json", "--help").out


def test_an_account_that_was_left_out_is_told_beside_what_was_done(studio: Studio, emulator: Emulator) -> None:
    studio.post("one")
    studio.post("two", "acme_de")
    studio.environment = {k: v for k, v in studio.environment.items() if not k.endswith("TOKEN_ACME_DE")}
    ran = studio.run(*JSON)
    assert ended(ran) == (8, ["no-token"])
    assert (json.loads(ran.out.splitlines()[-1])["counts"]["published"], len(emulator.posts())) == (1, 1)


@posix
def test_a_held_lock_is_told(studio: Studio, emulator: Emulator) -> None:
    studio.post("one")
    with holding(studio, emulator):
        assert ended(studio.run(*JSON)) == (6, ["locked"])


@posix
def test_one_interrupt_and_one_while_the_lock_is_waited_for(studio: Studio, emulator: Emulator) -> None:
    studio.post("one")
    studio.write("contentsync.yaml", PROJECT.replace("10ms, poll_max: 50ms", "40s, poll_max: 60s"))
    emulator.add_fault("upload:delay=600")
    with begun(studio, *JSON) as process:
        until(lambda: count(emulator, "upload") == 1, process)
        with waiting_for_the_lock(studio, *JSON, "--lock-timeout", "600") as waiting:
            waiting.send_signal(signal.SIGINT)
            out, err = waiting.communicate(timeout=PATIENCE)
            assert ended(Ran(waiting.returncode, out, err)) == (130, [])
        stop(process)
        emulator.clear_faults()
        out, err = process.communicate(timeout=PATIENCE)
    assert ended(Ran(process.returncode, out, err)) == (130, [])


@posix
def test_two_interrupts_leave_a_summary_too(studio: Studio, emulator: Emulator) -> None:
    studio.post("done")
    assert studio.run(*JSON).code == 0
    studio.post("one")
    emulator.add_fault("video_init:delay=600,when=after,count=all")
    with begun(studio, *JSON) as process:
        until(lambda: count(emulator, "video_init") == 2, process)
        stop(process)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert ended(Ran(process.returncode, out, err)) == (130, [])


@posix
def test_two_interrupts_end_it_though_nobody_reads_its_lines(studio: Studio, emulator: Emulator) -> None:
    studio.post("done")
    assert studio.run(*JSON).code == 0
    studio.post("one")
    emulator.add_fault("video_init:delay=600,when=after,count=all")
    reader, writer = os.pipe()
    with begun(studio, *JSON, stdout=writer) as process:
        until(lambda: count(emulator, "video_init") == 2, process)  # by now it has said that the post has begun
        os.set_blocking(writer, False)
        fill(writer)
        os.set_blocking(writer, True)
        stop(process)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
    os.close(reader)
    os.close(writer)


def fill(pipe: int) -> None:
    try:
        while os.write(pipe, b"\n" * 4096):
            pass
    except BlockingIOError:
        return


def test_a_reader_that_went_away_stops_nothing(studio: Studio, emulator: Emulator, tmp_path: Path) -> None:
    studio.post("one")
    reader, writer = os.pipe()
    os.close(reader)
    with begun(studio, *JSON, stdout=writer) as process:
        os.close(writer)
        _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, len(emulator.posts()), "Traceback" in err) == (0, 1, False)


def test_the_summary_says_how_many_wait_and_when_the_next_is_due(studio: Studio) -> None:
    studio.post("now")
    studio.post("soon", publish_at="2099-01-02T09:00:00Z")
    studio.post("later", publish_at="2099-01-03T09:00:00Z")
    studio.post("held", hold=True)
    *events, last = studio.run(*JSON).events
    assert (last["waiting"], last["next_due"]) == (3, "2099-01-02T09:00:00Z")
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", event["time"]) for event in (*events, last))
