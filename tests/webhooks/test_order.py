"""Signed webhooks, sent twice and out of order, between polls, leave the same state as sent once in order."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contentsync.emulator.config import Pace
from contentsync.operations.refresh import refresh_all
from tests.attempt.site import Site
from tests.builders import NOW, ManualClock
from tests.cli.support import Studio
from tests.webhooks.support import Desk, a_desk

POSTS = ("launch", "hidden", "bad", "idea")


def live(desk: Desk) -> list[bytes]:
    """Four posts as TikTok knows them to the end, and we only to their last byte; and what TikTok pushed of them."""
    site, emulator = desk.site, desk.site.emulator
    for name in POSTS:
        site.studio.post(name, **({"mode": "draft"} if name == "idea" else {}))
    with site.project() as project:
        assert refresh_all(project, (), full_list=False)[1] == {}
    site.apply(wait=0.0)
    emulator.fail(desk.publish_id("bad"), "spam_risk")
    for caption in ("first", "again"):
        desk.clock.advance(10)
        emulator.publish_draft(desk.publish_id("idea"), caption)
    (hidden,) = [p.post_id for p in emulator.posts("acme") if p.publish_id == desk.publish_id("hidden")]
    assert hidden is not None
    emulator.ledger()
    desk.clock.advance(10)
    emulator.change_video(hidden, hidden=True)
    emulator.ledger()
    emulator.revoke("acme_de")
    desk.clock.advance(10)
    emulator.send_webhook("authorization.removed", account="acme_de", reason=4)
    emulator.send_webhook("post.publish.complete", publish_id="of-another-tool", account="acme")
    return desk.pushed()


def copied(desk: Desk, folder: Path) -> Desk:
    """The same moment once more: a copy of the project, with a clock of its own."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(desk.site.studio.root, folder)
    studio = Studio.__new__(Studio)
    studio.root, studio.environment = folder, desk.site.studio.environment
    clock = ManualClock(desk.clock.now())
    return Desk(Site(studio, desk.site.emulator, clock), clock, started_at=NOW)


def poll(desk: Desk) -> None:
    with desk.site.project() as project:
        assert refresh_all(project, ("acme",), full_list=True)[1] == {}


def come_to_rest(desk: Desk) -> None:
    """Work until nothing waits any more, however long that takes."""
    while desk.read(lambda project: project.store.events.next_due()):
        desk.work()
        desk.clock.advance(timedelta(hours=1))


def state_of(desk: Desk) -> dict[str, Any]:
    def told(project: Any) -> dict[str, Any]:
        store = project.store
        ids = {name: desk.site.emulator.accounts[name].open_id for name in ("acme", "acme_de")}
        facts = project.at_work("acme").facts()
        return {
            "posts": {r.name: (r.attempts[-1].phase, r.post_id, len(r.attempts)) for r in store.posts(ids["acme"])},
            "bound": store.bindings(ids["acme"]),
            "gone": sorted(facts.remote.gone),
            "events": {e.digest: (e.event, e.state) for e in store.events.all()},
            "removed": {name: store.events.removed_access(open_id) for name, open_id in ids.items()},
        }

    found: dict[str, Any] = desk.read(told)
    return found


@pytest.mark.slow
def test_any_order_any_number_and_any_polling_lead_to_the_same_state(tmp_path: Path, clock: ManualClock) -> None:
    pace = Pace(processing_polls=0, moderation_polls=0, settle_seconds=0)
    with a_desk(tmp_path, clock, pace=pace) as desk:
        bodies = live(desk)
        names = sorted({str(told["event"]) for told in desk.site.emulator.webhooks()})
        assert len(names) == 6 and len(bodies) >= 12
        once = copied(desk, tmp_path / "once")
        for body in bodies:
            once.came(body)
        come_to_rest(once)
        poll(once)
        wanted = state_of(once)
        assert {name: str(phase) for name, (phase, _, _) in wanted["posts"].items()} == {
            "launch": "published", "hidden": "published", "bad": "failed", "idea": "published",
        }  # fmt: skip
        assert len(wanted["bound"]) == 4 and len(wanted["gone"]) == 1
        assert wanted["removed"]["acme"] is None and wanted["removed"]["acme_de"].reason == 4

        order = st.permutations(range(len(bodies)))
        twice = st.lists(st.integers(0, len(bodies) - 1), max_size=6)
        between = st.lists(st.sampled_from(["work", "poll", "later", "-", "-"]), min_size=24, max_size=24)

        @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
        @given(order, twice, between)
        def same(order: list[int], again: list[int], between: list[str]) -> None:
            other = copied(desk, tmp_path / "other")
            for number, doing in zip([*order, *again], between, strict=False):
                other.deliver(bodies[number])
                if doing == "poll":
                    poll(other)
                elif doing == "work":
                    other.work()
                elif doing == "later":
                    other.clock.advance(7)
            other.deliver(*bodies)
            come_to_rest(other)
            poll(other)
            assert state_of(other) == wanted

        same()
