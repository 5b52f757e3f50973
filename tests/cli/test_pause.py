"""The switch that stops: who sees it, what it lets end, and that nothing claims to be done meanwhile."""

from __future__ import annotations

from pathlib import Path

from contentsync.emulator.faults import INITS
from contentsync.emulator.server import Emulator
from tests.cli.shared_state import Site
from tests.cli.support import Studio


def inits(emulator: Emulator) -> int:
    return sum(request["endpoint"] in INITS for request in emulator.requests())


def test_a_paused_account_sends_nothing_until_it_is_resumed(studio: Studio, emulator: Emulator) -> None:
    studio.post("launch")
    studio.post("idea", "acme_de")
    said = studio.run("pause", "acme", "--reason", "wrong logo")
    assert said.code == 0 and "contentsync resume acme" in said.out
    ran = studio.run("apply", "--auto-approve")
    assert ran.code == 0 and inits(emulator) == 1
    assert "acme: paused by" in ran.err and "wrong logo" in ran.err and "Applied: 1 of 1" in ran.out
    assert studio.run("apply", "--auto-approve").out.startswith("Nothing to do now: 1 waiting")
    assert studio.run("resume", "acme").out.startswith("acme: resumed; it was paused by")
    assert studio.run("apply", "--auto-approve").code == 0 and inits(emulator) == 2


def test_plan_and_status_show_who_paused_since_when_and_why(studio: Studio) -> None:
    studio.post("launch")
    studio.run("pause", "--reason", "fire alarm")
    assert "⏸ acme/launch  wait     all accounts are paused by " in studio.run("plan").out
    assert studio.run("plan", "--detailed-exitcode").code == 0
    first = studio.run("status").out.splitlines()[0]
    assert first.startswith("⏸ all accounts are paused by") and "fire alarm" in first
    paused = studio.run("status", "--json").json["paused"]
    assert [(one["account"], one["why"]) for one in paused] == [(None, "fire alarm")]


def test_resume_names_what_still_holds_the_account(studio: Studio) -> None:
    studio.run("pause")
    studio.run("pause", "acme")
    held = studio.run("resume", "acme")
    assert held.code == 5 and "all accounts are paused" in held.err
    assert studio.run("resume").code == 0
    assert studio.run("resume", "acme").out == "acme was not paused.\n"
    project = (studio.root / "contentsync.yaml").read_text()
    studio.write("contentsync.yaml", project.replace("acme: {mode", "acme: {paused: true, mode"))
    by_file = studio.run("resume")
    assert by_file.code == 5 and "paused: true" in by_file.err


def test_the_first_pause_stays_and_an_unknown_account_is_refused(studio: Studio) -> None:
    studio.run("pause", "acme", "--reason", "first")
    assert "first" in studio.run("pause", "acme", "--reason", "second").out
    assert studio.run("pause", "amce").code == 64
    assert studio.run("resume", "amce").code == 64


def test_a_new_name_does_not_end_the_pause(studio: Studio, emulator: Emulator) -> None:
    studio.post("first")
    studio.run("apply", "--auto-approve")
    studio.run("pause", "acme")
    project = (studio.root / "contentsync.yaml").read_text()
    studio.write("contentsync.yaml", project.replace("  acme: ", "  brand: "))
    for manifest in (studio.root / "posts").glob("*.yaml"):
        manifest.unlink()
    studio.post("second", "brand", privacy="everyone")
    studio.environment["CONTENTSYNC_TOKEN_BRAND"] = studio.environment["CONTENTSYNC_TOKEN_ACME"]
    assert "paused by" in studio.run("plan").out
    studio.run("apply", "--auto-approve")
    assert inits(emulator) == 1


def test_a_pause_holds_on_every_machine_of_a_shared_state(tmp_path: Path, emulator: Emulator) -> None:
    site = Site.made(tmp_path, emulator, "launch")
    one, other = site.clone("one"), site.clone("other")
    assert one.run("pause", "acme", "--reason", "wrong logo").code == 0
    assert other.run("apply", "--auto-approve").code == 0 and inits(emulator) == 0
    assert "wrong logo" in other.run("status").out
    assert other.run("resume", "acme").code == 0
    assert one.run("apply", "--auto-approve").code == 0 and inits(emulator) == 1


def test_a_pause_that_could_not_be_shared_says_so_and_holds_here(tmp_path: Path, emulator: Emulator) -> None:
    site = Site.made(tmp_path, emulator, "launch")
    one = site.clone("one")
    one.run("status")
    site.away()
    ran = one.run("pause", "acme")
    assert ran.code == 1 and "not-shared" in ran.err
    assert "paused by" in one.run("status").out
