"""With `--log-format json` each line on stderr is an object, whatever happens; stdout stays as it is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contentsync.emulator.server import Emulator
from tests.cli.support import Ran, Studio


def logged(ran: Ran) -> list[dict[str, Any]]:
    """The entries of the log; every line has to be one."""
    entries = [json.loads(line) for line in ran.err.splitlines()]
    assert all({"ts", "level", "event", "message"} <= entry.keys() for entry in entries)
    return entries


def test_an_apply_logs_what_it_does_and_each_request(studio: Studio) -> None:
    studio.post("launch")
    ran = studio.run("-v", "--log-format", "json", "apply", "--auto-approve")
    entries = logged(ran)
    assert ran.code == 0 and "acme/launch" in ran.out
    requests = [entry for entry in entries if entry["event"] == "request"]
    assert any(entry["path"] == "/v2/post/publish/video/init/" and entry["status"] == 200 for entry in requests)
    assert any(entry["event"] == "accepted" and entry["post"] == "acme/launch" for entry in entries)


def test_a_problem_is_one_entry_with_its_code_and_place(studio: Studio) -> None:
    studio.write("contentsync.yaml", "version: 1\nacounts: {}\n")
    (entry,) = logged(studio.run("--log-format", "json", "plan"))
    assert (entry["level"], entry["event"], entry["code"]) == ("error", "problem", "unknown-key")
    assert entry["where"] == "contentsync.yaml:2:1"
    assert entry["hint"] == 'did you mean "accounts"?'


def test_a_wrong_call_is_an_entry(studio: Studio) -> None:
    ran = studio.run("--log-format", "json", "plan", "--bogus")
    assert (ran.code, logged(ran)[-1]["event"]) == (64, "usage")


@pytest.mark.parametrize("odd", ["a\x1b[31mb", "x\u202ey", 'quote " and \\ back'])
def test_odd_characters_break_no_entry(odd: str, studio: Studio, emulator: Emulator) -> None:
    studio.post("launch", caption=odd)
    studio.write("posts/bad.yaml", json.dumps({"name": odd, "account": "acme"}))
    assert logged(studio.run("--log-format", "json", "apply", "--auto-approve"))


def test_the_next_command_logs_lines_again(studio: Studio) -> None:
    studio.run("--log-format", "json", "plan", "--account", "nobody")
    assert studio.run("plan", "--account", "nobody").err.startswith('there is no account "nobody"')


def test_a_process_of_its_own_logs_nothing_but_entries(studio: Studio) -> None:
    studio.post("launch")
    ran = studio.process("--log-format", "json", "apply", "--auto-approve", "--no-wait")
    logged(ran)
