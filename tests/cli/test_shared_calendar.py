"""`calendar --ics` on machines that start empty: the sequence of a moved post rises all the same."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import icalendar
import pytest

from contentsync.clock import SystemClock
from contentsync.emulator.server import Emulator
from tests.cli.shared_state import SHARED, Site, Studio
from tests.store.git.remotes import git


def in_days(days: float) -> str:
    return (SystemClock().now() + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def sequence(studio: Studio, file: str = "posts.ics") -> int:
    """The sequence of acme/soon in a file that is written now."""
    assert studio.run("calendar", "--ics", file).code == 0
    found = icalendar.Calendar.from_ical((studio.root / file).read_bytes())
    (one,) = [event for event in found.walk("VEVENT") if "/soon@" in str(event["uid"])]
    return int(one["sequence"])


@pytest.fixture
def site(tmp_path: Path, emulator: Emulator) -> Site:
    """A project whose state is on the branch already, since a post is out."""
    site = Site.made(tmp_path, emulator, "one", project=SHARED)
    first = site.clone("first clone")
    assert first.run("apply", "--auto-approve").code == 0
    first.post("soon", publish_at=in_days(2))
    publish(first)
    return site


def publish(studio: Studio) -> None:
    git(studio.root, "add", "posts")
    git(studio.root, "commit", "-q", "-m", "content")
    git(studio.root, "push", "-q", "origin", "HEAD:main")


def test_a_fresh_clone_raises_the_sequence_of_a_post_that_moved(site: Site) -> None:
    assert sequence(site.clone("a", "--depth=1")) == 0
    for times in (1, 2):
        author = site.clone(f"author {times}")
        author.post("soon", publish_at=in_days(2 + times))
        publish(author)
        runner = site.clone(f"runner {times}", "--depth=1")
        assert sequence(runner) == times
        assert sequence(runner) == times


def test_two_machines_write_the_same_bytes(site: Site) -> None:
    first, second = site.clone("a", "--depth=1"), site.clone("b", "--depth=1")
    sequence(first), sequence(second)
    assert (first.root / "posts.ics").read_bytes() == (second.root / "posts.ics").read_bytes()
    assert [line for line in site.log() if line.startswith("calendar")] == ["calendar: 2 posts [skip ci]"]


def test_the_branch_holds_no_text_of_a_post(site: Site) -> None:
    sequence(site.clone("a"))
    files = git(site.remote, "ls-tree", "-r", "--name-only", "contentsync-state", "calendar/").splitlines()
    assert len(files) == 2
    told = "".join(git(site.remote, "show", f"contentsync-state:{path}") for path in files)
    assert "About" not in told and '"sequence": 0' in told


def test_a_remote_that_is_away_delays_only_the_sharing(site: Site) -> None:
    author = site.clone("author")
    assert sequence(author) == 0
    site.away()
    author.post("soon", publish_at=in_days(4))
    assert "[calendar-not-shared]" in author.run("calendar", "--ics", "posts.ics").err
    assert sequence(author) == 1
    site.back()
    publish(author)
    assert author.run("status").code == 0
    assert sequence(author) == 1
    assert sequence(site.clone("runner")) == 1


def test_a_calendar_begins_no_shared_state(tmp_path: Path, emulator: Emulator) -> None:
    site = Site.made(tmp_path, emulator, project=SHARED)
    studio = site.clone("a")
    studio.post("soon", publish_at=in_days(2))
    assert sequence(studio) == 0
    assert "contentsync-state" not in git(site.remote, "branch", "--list")


def test_the_memory_moves_with_the_state(tmp_path: Path, emulator: Emulator) -> None:
    site = Site.made(tmp_path, emulator, "one", project=SHARED)
    studio = site.clone("a")
    studio.write("contentsync.yaml", SHARED.replace("state: git\n", "state: .contentsync/state.db\n"))
    studio.run("apply", "--auto-approve")
    for number in range(3):
        studio.post("soon", publish_at=in_days(2 + number))
        assert sequence(studio) == number
    assert studio.run("state", "migrate", "git").code == 0
    publish(studio)
    assert sequence(site.clone("b", "--depth=1"), "new.ics") == 2


def test_without_a_shared_state_the_file_itself_is_the_memory(studio: Studio) -> None:
    studio.post("soon", publish_at=in_days(2))
    sequence(studio)
    studio.post("soon", publish_at=in_days(3))
    assert sequence(studio) == 1
    before = (studio.root / "posts.ics").read_bytes()
    shutil.rmtree(studio.root / ".contentsync")
    assert sequence(studio) == 1
    assert (studio.root / "posts.ics").read_bytes() == before
    shutil.rmtree(studio.root / ".contentsync")
    studio.post("soon", publish_at=in_days(4))
    assert sequence(studio) == 2


@pytest.mark.parametrize(
    "old", [b"", b"not a calendar", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:x\r\n", b"\xff\x00"]
)
def test_another_file_in_its_place_teaches_nothing(studio: Studio, old: bytes) -> None:
    studio.post("soon", publish_at=in_days(2))
    (studio.root / "posts.ics").write_bytes(old)
    assert sequence(studio) == 0


def test_an_entry_that_is_odd_teaches_nothing(studio: Studio) -> None:
    studio.post("soon", publish_at=in_days(2))
    sequence(studio)
    whole = (studio.root / "posts.ics").read_bytes()
    for found, put in ((b"SEQUENCE:0", b"SEQUENCE:99999999999999999999"), (b"SEQUENCE:0", b"SEQUENCE:-4")):
        (studio.root / "posts.ics").write_bytes(whole.replace(found, put))
        assert sequence(studio) == 0
