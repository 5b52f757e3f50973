"""A person's word, or another machine's post, that reaches the shared state between an apply's last look and its own
push: it is known before anything is begun, since that push is refused."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from contentsync.emulator.server import Emulator
from tests.cli.shared_state import Site, apply
from tests.cli.support import Studio

# Before the remote takes the first push, another clone has its say. git's own variables would lead it astray.
FIRST = """#!/bin/sh
cat > /dev/null
[ -e {mark} ] && exit 0
touch {mark}
cd {folder} && env -i PATH="$PATH" HOME="$HOME" {environment} {python} -m contentsync {command} > {said} 2>&1
exit 0
"""
PULLED: dict[str, object] = {"video": "https://media.example.org/one.mp4"}
FILE: dict[str, object] = {}


def say_first(site: Site, other: Studio, *args: str) -> None:
    """Let the other clone run a command while the next push arrives."""
    environment = " ".join(f"{name}={shlex.quote(value)}" for name, value in other.environment.items())
    path = site.remote / "hooks" / "pre-receive"
    places = {name: shlex.quote(str(site.folder / name)) for name in ("mark", "said")}
    folder, python = shlex.quote(str(other.root)), shlex.quote(sys.executable)
    command = shlex.join(args)
    path.write_text(FIRST.format(**places, folder=folder, python=python, environment=environment, command=command))
    path.chmod(0o755)


@pytest.fixture
def site(tmp_path: Path, emulator: Emulator) -> Site:
    return Site.made(tmp_path, emulator, "two")


def inits(site: Site) -> int:
    return sum(request["endpoint"] == "video_init" for request in site.emulator.requests())


@pytest.mark.parametrize("keys", [FILE, PULLED], ids=["file", "pull"])
def test_a_pause_that_arrives_with_the_claim_stops_it(site: Site, keys: dict[str, object]) -> None:
    mine, other = site.clone("a"), site.clone("b")
    mine.post("one", **keys)
    other.run("plan")
    say_first(site, other, "pause", "--reason", "recall")

    said = apply(mine, "--only", "one")

    assert (site.folder / "said").read_text().strip(), "the other clone said nothing"
    assert (said[0], inits(site), site.captions()) == (0, 0, []), said
    assert "recall" in said[1]
    assert mine.run("resume").code == 0
    again = apply(mine, "--only", "one")
    assert (again[0], site.captions()) == (0, ["About one"]), again


@pytest.mark.parametrize("keys", [FILE, PULLED], ids=["file", "pull"])
def test_an_approval_that_is_revoked_as_the_claim_arrives_counts_no_more(site: Site, keys: dict[str, object]) -> None:
    mine, other = site.clone("a"), site.clone("b")
    mine.post("one", **keys)
    assert mine.run("approve", "one", "--auto-approve").code == 0
    say_first(site, other, "approve", "acme/one", "--revoke")

    said = mine.run("apply", "--approved", "--only", "one")

    assert (said.code, inits(site), site.captions()) == (5, 0, []), said
    assert "revoked" in said.out


def test_another_machines_post_does_not_stop_this_ones(site: Site) -> None:
    mine, other = site.clone("a"), site.clone("b")
    mine.post("one")
    say_first(site, other, "apply", "--auto-approve", "--only", "two")

    assert apply(mine, "--only", "one")[0] == 0
    assert site.captions() == ["About one", "About two"]


def test_a_saved_plan_that_others_overtook_is_stale(site: Site) -> None:
    mine, other = site.clone("a"), site.clone("b")
    assert apply(other)[0] == 0
    mine.post("one")
    assert mine.run("plan", "--out", "plan.json").code == 0
    other.post("three")
    assert apply(other)[0] == 0

    ran = mine.run("apply", "plan.json")

    assert (ran.code, site.captions()) == (7, ["About three", "About two"]), ran
    assert "[plan-stale]" in ran.err


def test_a_saved_plan_begins_nothing_while_the_remote_is_away_and_is_good_afterwards(site: Site) -> None:
    mine = site.clone("a")
    mine.run("apply", "--auto-approve", "--only", "two")
    mine.post("one")
    assert mine.run("plan", "--out", "plan.json").code == 0
    site.away()

    ran = mine.run("apply", "plan.json")

    assert (ran.code, site.captions()) == (1, ["About two"]), ran
    assert "[state-unreachable]" in ran.err + ran.out
    site.back()
    assert mine.run("apply", "plan.json").code == 0
    assert site.captions() == ["About one", "About two"]
