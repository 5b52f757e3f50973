"""The switch that stops, while an apply is at work: seen within seconds, and only what is out already goes on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from contentsync.emulator.server import Emulator
from tests.cli.shared_state import Site
from tests.cli.support import PROJECT, Studio
from tests.cli.test_locks import APPLY, MEGABYTE
from tests.processes import PATIENCE, begun, count, inits, until

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals as POSIX has them")

SOON = 50.0  # seconds, on a busy machine; the wait that it cuts short takes a minute


def a_long_post(studio: Studio, name: str) -> None:
    """A post whose upload takes several chunks."""
    studio.post(name)
    film = studio.root / "posts" / f"{name}.mp4"
    box = (70 * MEGABYTE).to_bytes(4, "big") + b"free" + name.encode()
    film.write_bytes(film.read_bytes() + box.ljust(70 * MEGABYTE, b"x"))


def committed(emulator: Emulator) -> int:
    tasks: Any = emulator.ledger()["tasks"]
    return sum(task["committed"] for task in tasks)


@pytest.mark.parametrize("account", [("acme",), ()])
def test_an_upload_stops_before_its_last_chunk_and_nothing_else_begins(
    studio: Studio, emulator: Emulator, account: tuple[str, ...]
) -> None:
    a_long_post(studio, "a-first")
    studio.post("b-second")
    emulator.add_fault("upload:delay=600,when=after,count=all")
    with begun(studio, *APPLY) as process:
        until(lambda: count(emulator, "upload") == 1, process)
        assert studio.run("pause", *account, "--reason", "wrong logo").code == 0
        emulator.clear_faults()
        out, err = process.communicate(timeout=PATIENCE)
    assert inits(emulator) == 1 and committed(emulator) == 0
    assert out.count("wrong logo") == out.count("contentsync resume") == 2
    assert "Applied: 0 of 2 actions; exit 0." in out and "done" not in out + err
    told = studio.run("status").out
    assert "wrong logo" in told.splitlines()[0] and " since " in told.splitlines()[0]
    emulator.clear_faults()
    again = studio.run(*APPLY)
    assert again.code == 0 and inits(emulator) == 1 and committed(emulator) == 0
    assert "done" not in again.out
    studio.run("resume")
    assert studio.run(*APPLY).code == 0 and committed(emulator) == 2


def test_what_tiktok_has_completely_goes_on_to_its_outcome(studio: Studio, emulator: Emulator) -> None:
    studio.post("launch")
    emulator.add_fault("status:delay=600,count=1")
    with begun(studio, *APPLY) as process:
        until(lambda: count(emulator, "status") >= 1, process)
        assert studio.run("pause", "acme").code == 0
        emulator.clear_faults()
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 0 and committed(emulator) == 1
    assert studio.run("status", "--json").json["posts"][0]["phase"] == "published"


def test_a_wait_for_the_minute_ends_with_the_pause(studio: Studio, emulator: Emulator) -> None:
    studio.write("contentsync.yaml", PROJECT.replace("inits_per_minute: 100", "inits_per_minute: 1"))
    studio.post("a-first")
    studio.post("b-second")
    with begun(studio, *APPLY) as process:
        until(lambda: committed(emulator) == 1, process)
        assert studio.run("pause", "acme").code == 0
        out, _ = process.communicate(timeout=SOON)
    assert inits(emulator) == 1
    assert "acme/b-second" in out and "paused by" in out


def test_a_pause_on_another_machine_is_seen_within_seconds(tmp_path: Path, emulator: Emulator) -> None:
    site = Site.made(tmp_path, emulator, "b-second")
    one, other = site.clone("one"), site.clone("other")
    a_long_post(one, "a-first")
    emulator.add_fault("upload:delay=600,when=after,count=all")
    with begun(one, *APPLY) as process:
        until(lambda: count(emulator, "upload") == 1, process)
        assert other.run("pause", "acme", "--reason", "wrong logo").code == 0
        emulator.clear_faults()
        out, err = process.communicate(timeout=PATIENCE)
    assert inits(emulator) == 1 and committed(emulator) == 0 and "wrong logo" in out + err
