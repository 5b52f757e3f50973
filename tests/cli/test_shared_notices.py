"""`state: git`: what one machine told people, the next one knows; and telling never stops a post."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contentsync.emulator.server import Emulator
from tests.cli.ears import Ear, an_ear
from tests.cli.shared_state import SHARED, Site, Studio
from tests.store.git.remotes import git

CHAT = "notify:\n  - url: ${CONTENTSYNC_NOTIFY_CHAT}\n"
LATE = {"publish_at": "2020-01-01T09:00:00Z", "grace": "1h"}


@pytest.fixture
def ear() -> Iterator[Ear]:
    with an_ear() as ear:
        yield ear


@pytest.fixture
def site(tmp_path: Path, emulator: Emulator) -> Site:
    return Site.made(tmp_path, emulator, "one", project=SHARED + CHAT)


def runner(site: Site, ear: Ear, name: str, *options: str) -> Studio:
    """A machine that is new, as a CI's is, and that its user trusts; with one post more, whose window is over."""
    studio = site.clone(name, *options)
    studio.environment["CONTENTSYNC_NOTIFY_CHAT"] = ear.url
    studio.environment["CONTENTSYNC_TRUST"] = studio.run("trust", "--show", "--json").json["digest"]
    studio.post("late", **LATE)
    return studio


def test_a_runner_that_is_new_each_time_tells_what_lasts_once(site: Site, ear: Ear) -> None:
    for name in ("first", "second", "third"):
        studio = runner(site, ear, f"run {name}", "--depth=1")
        studio.run("apply", "--auto-approve")
        studio.run("status")
    assert sorted(ear.titles) == ["acme/late: missed", "acme/one: published"]
    assert sum("notices" in line for line in site.log()) == 2


def test_a_run_that_tells_nothing_new_pushes_nothing(site: Site, ear: Ear) -> None:
    runner(site, ear, "a").run("apply", "--auto-approve")
    before = site.log()
    runner(site, ear, "b").run("apply", "--auto-approve")
    assert site.log() == before


def test_a_branch_that_takes_no_notices_stops_no_post_and_no_notice(site: Site, ear: Ear) -> None:
    site.hook(
        'while read old new ref; do git ls-tree -r --name-only $new | grep -q "^notices/" && exit 1; done; exit 0'
    )
    ran = runner(site, ear, "a").run("apply", "--auto-approve")
    assert site.captions() == ["About one"]
    assert sorted(ear.titles) == ["acme/late: missed", "acme/one: published"]
    assert "published" in ran.out
    again = runner(site, ear, "b").run("apply", "--auto-approve")
    assert (again.code, site.captions()) == (ran.code, ["About one"])


def test_the_branch_holds_no_address_and_no_text_of_a_notice(site: Site, ear: Ear) -> None:
    runner(site, ear, "a").run("apply", "--auto-approve")
    files = git(site.remote, "ls-tree", "-r", "--name-only", "contentsync-state", "notices/").splitlines()
    told = "".join(git(site.remote, "show", f"contentsync-state:{path}") for path in files)
    assert "hunter" not in told
    assert "${CONTENTSYNC_NOTIFY_CHAT}" in told
    assert "About" not in told


def test_the_memory_moves_with_the_state(site: Site, ear: Ear) -> None:
    studio = runner(site, ear, "a")
    studio.write("contentsync.yaml", (SHARED + CHAT).replace("state: git\n", "state: .contentsync/state.db\n"))
    studio.run("apply", "--auto-approve")
    assert studio.run("state", "migrate", "git").code == 0
    runner(site, ear, "b").run("apply", "--auto-approve")
    assert sorted(ear.titles) == ["acme/late: missed", "acme/one: published"]
