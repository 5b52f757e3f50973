"""`state migrate`: to the branch and back, nothing lost, and the state that was left is not used by mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from contentsync.emulator.server import Emulator
from contentsync.operations import migrate
from contentsync.store.git.store import GitStore
from contentsync.store.sqlite.state import SqliteStore
from tests.cli.shared_state import Site, Studio, apply
from tests.cli.support import PROJECT

FILE = ".contentsync/state.db"


@pytest.fixture
def site(tmp_path: Path, emulator: Emulator) -> Site:
    return Site.made(tmp_path, emulator, "one", "two")


def uses(studio: Studio, state: str) -> None:
    studio.write("contentsync.yaml", PROJECT.replace("version: 1\n", f"version: 1\nstate: {state}\n"))


def shown(studio: Studio) -> dict[str, object]:
    found = {key: studio.run("state", "show", key).json for key in ("acme/one", "acme/two")}
    for row in found.values():
        row.pop("public_at")  # an apply in between may have seen it on the list
        for attempt in row["attempts"]:
            attempt.pop("version", None)  # counts the writes of one backend
    return found


@pytest.fixture
def local(site: Site) -> Studio:
    clone = site.clone("a")
    uses(clone, FILE)
    assert apply(clone)[0] == 0
    return clone


def test_there_and_back_every_row_is_the_same(site: Site, local: Studio) -> None:
    before, history = shown(local), local.run("state", "history").out
    assert local.run("state", "migrate", "git").code == 0
    uses(local, "git")
    there = shown(local)
    assert apply(local)[0] == 0
    assert apply(site.clone("b"))[0] == 0
    back = local.run("state", "migrate", FILE)
    uses(local, FILE)

    assert back.code == 0, back.err
    assert before == there == shown(local)
    assert set(history.splitlines()) <= set(local.run("state", "history").out.splitlines())
    assert apply(local)[0] == 0
    assert site.captions() == ["About one", "About two"]


def test_a_branch_that_was_closed_is_opened_again_by_the_state_that_comes_back(site: Site) -> None:
    clone, other = site.clone("a"), site.clone("b")
    assert apply(clone, "--only", "acme/one")[0] == 0
    assert apply(other, "--only", "acme/one")[0] == 0
    assert clone.run("state", "migrate", FILE).code == 0
    uses(clone, FILE)
    assert apply(clone)[0] == 0

    back = clone.run("state", "migrate", "git")
    uses(clone, "git")

    assert back.code == 0, back.err
    assert [apply(studio)[0] for studio in (clone, other, site.clone("c"))] == [0, 0, 0]
    assert site.captions() == ["About one", "About two"]


def test_another_state_does_not_open_a_closed_branch(site: Site) -> None:
    clone, other = site.clone("a"), site.clone("b")
    assert apply(clone, "--only", "acme/one")[0] == 0
    assert clone.run("state", "migrate", FILE).code == 0
    uses(other, FILE)

    told = other.run("state", "migrate", "git")

    assert (told.code, "[state-moved]" in told.err) == (1, True), told.err
    assert "it lacks 1 of its attempts" in told.err
    uses(clone, FILE)
    assert apply(clone)[0] == 0


def test_pauses_and_approvals_move_along(site: Site, local: Studio) -> None:
    local.post("three")
    local.run("approve", "three", "--auto-approve")
    local.run("pause", "acme", "--reason", "wrong logo")
    approved = local.run("approve", "--list", "--json").json
    assert local.run("state", "migrate", "git").code == 0
    uses(local, "git")
    assert local.run("approve", "--list", "--json").json == approved
    assert "wrong logo" in site.clone("b").run("status").out
    local.run("resume")
    local.run("approve", "three", "--revoke")
    assert local.run("state", "migrate", FILE).code == 0
    uses(local, FILE)
    assert "revoked" in local.run("approve", "--list").out
    assert local.run("status", "--json").json["paused"] == []


def test_the_old_state_refuses_to_work_and_says_where_it_went(site: Site, local: Studio) -> None:
    assert local.run("state", "migrate", "git").code == 0
    local.post("three")

    old = apply(local)
    again = local.run("state", "migrate", "git")

    assert old[0] == 1
    assert "[state-moved]" in old[1]
    assert "write `state: git` in contentsync.yaml" in old[1]
    assert (again.code, "before" in again.out) == (0, True)


def test_other_machines_learn_that_the_shared_state_moved(site: Site) -> None:
    first, other = site.clone("a"), site.clone("b")
    assert apply(first, "--only", "acme/one")[0] == 0
    other.run("plan")
    assert first.run("state", "migrate", FILE).code == 0

    code, said = apply(other)

    assert (code, "[state-moved]" in said) == (1, True)
    assert site.captions() == ["About one"]


@pytest.mark.parametrize(("first", "then"), [(FILE, "git"), ("git", FILE)])
def test_a_state_that_was_changed_without_moving_it_is_noticed(site: Site, first: str, then: str) -> None:
    clone = site.clone("a")
    uses(clone, first)
    assert apply(clone, "--only", "acme/one")[0] == 0
    uses(clone, then)

    code, said = apply(clone)

    assert (code, "[state-left-behind]" in said) == (1, True), said
    assert f"CONTENTSYNC_STATE={first} contentsync state migrate {then}" in said
    clone.environment["CONTENTSYNC_STATE"] = first
    assert clone.run("state", "migrate", then).code == 0
    del clone.environment["CONTENTSYNC_STATE"]
    assert apply(clone)[0] == 0
    assert site.captions() == ["About one", "About two"]


def test_an_open_upload_stays_where_its_address_is(site: Site, emulator: Emulator) -> None:
    clone = site.clone("a")
    uses(clone, FILE)
    emulator.add_fault("upload:drop_before,count=all")
    apply(clone, "--only", "acme/one")
    emulator.clear_faults()

    refused = clone.run("state", "migrate", "git")

    assert (refused.code, "[migrate-open-attempt]" in refused.err) == (1, True), refused.err
    assert apply(clone)[0] == 0
    assert clone.run("state", "migrate", "git").code == 0


class Cut(Exception):
    """The process ended here."""


@pytest.mark.parametrize("at", ["take_over", "_verify", "close_for"])
def test_after_a_crash_at_any_step_the_old_state_is_in_use_and_the_same_command_finishes(
    site: Site, local: Studio, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: object) -> None:
        raise Cut

    with monkeypatch.context() as patched:
        where = {"take_over": GitStore, "_verify": migrate, "close_for": SqliteStore}[at]
        patched.setattr(where, at, cut)
        assert local.run("state", "migrate", "git").code == 70
    assert apply(local)[0] == 0

    assert local.run("state", "migrate", "git").code == 0
    uses(local, "git")
    assert apply(local)[0] == 0
    assert len(site.captions()) == 2
