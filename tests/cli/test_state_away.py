"""While the remote of a shared state can't be reached: readers say how old their copy is, and nothing pretends to be
shared."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from contentsync.account import NeverStop
from contentsync.emulator.server import Emulator
from contentsync.operations.plan import make_plan
from contentsync.operations.selection import Wish
from contentsync.project import Project
from contentsync.watch import work
from tests.cli.shared_state import SHARED, Site, apply
from tests.cli.support import Studio

AGE = re.compile(r"the last copy is from \w{3} \d")
READING = (
    ("plan",),
    ("status",),
    ("refresh",),
    ("approve", "--list"),
    ("state", "list"),
)
OFFLINE = (
    ("plan", "--no-refresh"),
    ("agenda",),
    ("calendar",),
    ("explain", "one"),
    ("handover",),
    ("stats",),
)
DECIDING = (
    ("approve", "acme_de/two", "--revoke"),
    ("pause", "acme"),
    ("resume", "acme"),
    ("pause",),
    ("resume",),
    ("import", "acme"),
    ("ack", "acme/one"),
    ("state", "unpin", "acme/slot"),
    ("state", "mv", "acme/gone", "went"),
    ("state", "rm", "acme/went"),
    ("resolve", "acme/pull", "--not-published"),
    ("resolve", "acme_de/new", "--keep"),
    ("resolve", "acme_de/two", "--published"),
)


@pytest.fixture
def site(tmp_path: Path, emulator: Emulator) -> Site:
    slots = SHARED.replace("acme: {", "acme: {slots: ['daily 09:00'], ")
    return Site.made(tmp_path, emulator, "one", "gone", project=slots)


@pytest.fixture
def clone(site: Site) -> Studio:
    """A clone with a post that was edited since, one whose manifest is gone, one with a slot, an unknown, and two
    drafts, one of which is approved."""
    clone = site.clone("a")
    clone.post("slot", publish_at="next-slot")
    assert apply(clone)[0] == 0
    clone.post("pull", video="https://media.acme.example/a.mp4")
    site.emulator.add_fault("video_init:drop_after")
    assert apply(clone)[0] == 4
    site.emulator.clear_faults()
    clone.post("one", caption="An edited caption")
    (clone.root / "posts" / "gone.yaml").unlink()
    for name in ("two", "new"):
        clone.post(name, account="acme_de")
    assert clone.run("approve", "acme_de/two", "--auto-approve").code == 0
    return clone


def test_readers_say_that_they_could_not_read_the_remote_or_how_old_their_copy_is(site: Site, clone: Studio) -> None:
    site.away()

    for args, code in (
        *((args, "state-unreachable") for args in READING),
        *((args, "state-copy") for args in OFFLINE),
    ):
        said = clone.run(*args)
        assert said.code == (4 if args == ("status",) else 0), (args, said.err)  # one post is unknown
        assert said.err.count(f"[{code}]") == 1, args
        assert AGE.search(said.err), args


@pytest.mark.slow
def test_what_a_person_decides_meanwhile_is_kept_and_not_called_shared(site: Site, clone: Studio) -> None:
    before, begun = site.log(), len(site.emulator.requests())
    site.away()

    for args in DECIDING:
        said = clone.run(*args)
        assert said.code == 1, (args, said.out, said.err)
        assert "[not-shared]" in said.err, args
        assert "on this machine only; no other machine knows it yet" in said.err

    site.back()
    assert site.log() == before
    assert clone.run("status").err == ""
    assert len(site.log()) == len(before) + 1
    rows = {row["post"]: row["phase"] for row in site.clone("b").run("state", "list", "--json").json["rows"]}
    assert (rows["acme/pull"], rows["acme_de/new"], rows["acme_de/two"]) == ("orphaned", "abandoned", "delivered")
    assert not [one for one in site.emulator.requests()[begun:] if "init" in one["endpoint"]]


def test_watch_says_that_the_remote_is_away_and_not_that_an_approval_was_not_shared(site: Site) -> None:
    clone = site.clone("w")
    project = clone.root / "contentsync.yaml"
    project.write_text(project.read_text() + "watch: {approve: auto}\n")
    with work.opened(lambda: opened(clone)) as watching:
        made = make_plan(watching, Wish())
    site.away()

    sent = work.send(lambda: opened(clone), made, ("acme/one",), lambda _: None, NeverStop())

    assert sent.error is None and sent.report is not None
    (left,) = [action for action in sent.report.proposal.actions if action.post == "acme/one"]
    assert [problem.code for problem in left.blockers] == ["state-unreachable"]
    site.back()
    sent = work.send(lambda: opened(clone), made, ("acme/one",), lambda _: None, NeverStop())
    assert sent.report is not None
    assert [outcome.post for outcome in sent.report.outcomes] == ["acme/one"]
    assert site.captions() == ["About one"]


def opened(clone: Studio) -> Project:
    return Project.open(clone.root, dict(os.environ) | clone.environment)


def test_nothing_is_approved_while_another_machine_may_have_sent_it(site: Site, clone: Studio) -> None:
    site.away()

    said = clone.run("approve", "acme_de/new", "--auto-approve")

    assert said.code == 1
    assert "There is nothing to approve." in said.out
    site.back()
    assert [one["post"] for one in clone.run("approve", "--list", "--json").json["approvals"]] == ["acme_de/two"]


def test_a_decision_that_is_shared_says_nothing_of_it(site: Site, clone: Studio) -> None:
    said = clone.run("resolve", "acme/pull", "--published")

    assert (said.code, said.err) == (0, "")
    assert "acme/pull: resolved-published [skip ci]" in site.log()
