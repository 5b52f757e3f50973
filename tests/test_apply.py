"""A plan carried out against the emulator, with all that can go wrong: what TikTok has in the end, and how often."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from contentsync.emulator.config import Limits, Pace, Quirks
from contentsync.emulator.faults import INITS
from contentsync.operations.approvals import only_approved
from contentsync.operations.carry_out import apply_plan
from contentsync.operations.plan import make_plan
from contentsync.operations.selection import Wish
from tests.attempt.site import Site, a_site
from tests.builders import ManualClock
from tests.cli.support import Studio

DROPS = ["drop_before", "drop_after"]


@pytest.fixture
def site(tmp_path: Path, clock: ManualClock) -> Iterator[Site]:
    with a_site(tmp_path, clock) as made:
        yield made


def inits(site: Site) -> int:
    return sum(site.count(endpoint) for endpoint in INITS)


def arrived_once(site: Site, name: str = "launch") -> bool:
    """TikTok has the post's bytes once, and a further apply starts nothing."""
    before = inits(site)
    site.apply()
    return site.arrived() == [site.digest(name)] and inits(site) == before


# As it should go.


def test_a_direct_post_and_a_draft_arrive_once(site: Site) -> None:
    site.studio.post("launch")
    site.studio.post("idea", "acme_de")
    assert site.apply().results == {"acme/launch": "published", "acme_de/idea": "delivered"}
    assert site.row().post_id == site.emulator.posts("acme")[0].post_id
    assert site.apply().results == {}
    assert sorted(filter(None, site.arrived())) == sorted([site.digest("launch"), site.digest("idea")])


def test_history_tells_every_step_and_no_address(site: Site) -> None:
    site.studio.post("launch")
    site.apply()
    told = [line["what"] for line in site.history() if line["attempt_id"]]
    assert told == ["intent", "init", "upload-opened", "last-chunk", "all-sent", "published"]
    assert "upload_token" not in str(site.history())


def test_a_receipt_is_written_with_each_phase_and_bears_no_address(site: Site) -> None:
    seen: list[str] = []
    receipt = site.studio.root / "receipts" / "acme" / "launch.json"
    site.on_tell = lambda _: seen.append(receipt.read_text(encoding="utf-8")) if receipt.exists() else None
    site.studio.post("launch")
    site.apply()
    assert "upload_token" not in "".join(seen)
    assert site.emulator.posts()[0].post_id is not None
    assert f'"post_id": "{site.emulator.posts()[0].post_id}"' in receipt.read_text(encoding="utf-8")


# Lost inits.


@pytest.mark.parametrize("fault", [*DROPS, "status=500", "status=503,when=after", "garbage", "empty", "truncate"])
@pytest.mark.parametrize("account", ["acme", "acme_de"])
def test_a_lost_init_of_a_file_starts_over_and_posts_once(site: Site, account: str, fault: str) -> None:
    site.studio.post("launch", account)
    site.emulator.add_fault(f"init:{fault}")
    assert set(site.apply().results.values()) <= {"published", "delivered"}
    assert site.phases("launch", account)[0] == "orphaned"
    assert (inits(site), arrived_once(site)) == (2, True)


@pytest.mark.parametrize("fault", [*DROPS, "status=500", "status=503,when=after", "garbage"])
def test_a_lost_init_of_a_pull_is_unknown_and_stops_its_account(site: Site, fault: str) -> None:
    site.studio.post("a-pull", video="https://media.acme.example/a.mp4")
    site.studio.post("later")
    site.studio.post("idea", "acme_de")
    site.emulator.add_fault(f"video_init:{fault}")
    results = site.apply().results
    assert results == {"acme/a-pull": "unknown", "acme/later": "not-started", "acme_de/idea": "delivered"}
    site.apply()
    assert site.count("video_init") == 1


def test_no_more_than_three_inits_a_run_and_six_a_day(site: Site, clock: ManualClock) -> None:
    site.studio.post("launch")
    site.emulator.add_fault("init:drop_after,count=all")
    runs = [(site.apply().results.get("acme/launch"), inits(site)) for _ in range(3)]
    assert runs == [("failed", 3), ("failed", 6), (None, 6)]
    clock.advance(timedelta(hours=25))
    site.emulator.clear_faults()
    assert site.apply().results == {"acme/launch": "published"}
    assert site.arrived() == [site.digest()]


def test_a_refused_init_is_a_failure_and_does_not_stop_the_others(site: Site) -> None:
    site.studio.post("a-first")
    site.studio.post("second")
    site.emulator.add_fault("video_init:error=invalid_params")
    assert site.apply().results == {"acme/a-first": "failed", "acme/second": "published"}
    assert site.kinds() == {"acme/a-first": "blocked"}
    assert site.apply(retry=("acme/a-first",)).results == {"acme/a-first": "published"}


def test_a_limit_by_the_minute_is_waited_out(site: Site, clock: ManualClock) -> None:
    site.studio.post("launch")
    site.emulator.add_fault("video_init:error=rate_limit_exceeded")
    assert site.apply().results == {"acme/launch": "published"}
    assert sum(clock.slept) > 60


def test_tiktok_s_own_limits_are_kept_without_a_refusal(tmp_path: Path, clock: ManualClock) -> None:
    with a_site(tmp_path, clock, limits=Limits()) as site:
        site.studio.write("contentsync.yaml", PLAIN)
        for number in range(8):
            site.studio.post(f"p{number}")
        assert set(site.apply().results.values()) == {"published"}
        assert {line["status"] for line in site.emulator.requests()} <= {200, 201}


PLAIN = """\
version: 1
app: {client_key: "${CONTENTSYNC_CLIENT_KEY}", client_secret: "${CONTENTSYNC_CLIENT_SECRET}", audited: true}
accounts: {acme: {mode: direct}}
"""


def test_a_cap_of_the_day_holds_the_account_back(site: Site) -> None:
    site.studio.post("a-first")
    site.studio.post("second")
    site.emulator.add_fault("video_init:error=spam_risk_too_many_posts")
    assert site.apply().results == {"acme/a-first": "held", "acme/second": "not-started"}
    assert inits(site) == 1


# The upload.


@pytest.mark.parametrize("fault", [*DROPS, "cut=1000", "status=500", "status=503,when=after", "status=416"])
def test_trouble_with_the_only_chunk_ends_in_one_post(site: Site, fault: str) -> None:
    site.studio.post("launch")
    site.emulator.add_fault(f"upload:{fault}")
    assert site.apply().results == {"acme/launch": "published"}
    assert (inits(site), arrived_once(site)) == (1, True)


@pytest.mark.parametrize("quirks", [Quirks(range_answer="last"), Quirks(repeated_chunk=206), Quirks(unknown_polls=3)])
@pytest.mark.parametrize("fault", ["upload:drop_after", "upload:status=503,when=after", "status:drop_before"])
def test_tiktok_s_other_ways_end_in_one_post_too(
    tmp_path: Path, clock: ManualClock, quirks: Quirks, fault: str
) -> None:
    with a_site(tmp_path, clock, quirks=quirks) as site:
        site.studio.post("launch")
        site.emulator.add_fault(fault)
        assert site.apply().results == {"acme/launch": "published"}
        assert (inits(site), arrived_once(site)) == (1, True)


def test_bytes_go_whatever_the_time_to_wait(site: Site) -> None:
    site.studio.post("launch")
    site.emulator.add_fault("upload:drop_before,count=3")
    site.emulator.add_fault("status:drop_before,count=4")
    assert site.apply(wait=0).results == {"acme/launch": "processing"}
    assert site.arrived() == [site.digest()]
    assert site.apply().results == {"acme/launch": "published"}
    assert inits(site) == 1


def test_an_outage_during_the_upload_is_gone_on_from_in_the_next_run(site: Site) -> None:
    site.studio.post("launch")
    site.emulator.add_fault("upload:drop_before,count=all")
    assert site.apply().results == {"acme/launch": "uploading"}
    assert site.kinds() == {"acme/launch": "resume"}
    site.emulator.clear_faults()
    assert site.apply().results == {"acme/launch": "published"}
    assert (inits(site), arrived_once(site)) == (1, True)


@pytest.mark.parametrize("quirks", [Quirks(), Quirks(expired_upload="failed")])
def test_an_upload_left_past_its_hour_is_started_over(tmp_path: Path, clock: ManualClock, quirks: Quirks) -> None:
    with a_site(tmp_path, clock, quirks=quirks) as site:
        site.studio.post("launch")
        site.emulator.add_fault("upload:drop_before,count=all")
        site.apply()
        clock.advance(timedelta(minutes=66))
        site.emulator.clear_faults()
        assert site.apply().results == {"acme/launch": "published"}
        assert (inits(site), arrived_once(site)) == (2, True)


def test_a_file_that_changes_during_the_upload_is_not_sent(site: Site) -> None:
    site.studio.post("launch")
    site.on_tell = lambda told: site.studio.video("launch.mp4", "LAUNCH") if told.event == "accepted" else None
    assert site.apply().results == {"acme/launch": "changed"}
    assert site.arrived() == []


def test_what_is_edited_while_it_uploads_ends_first_and_is_then_planned_anew(site: Site, clock: ManualClock) -> None:
    site.studio.post("launch")
    site.emulator.add_fault("upload:drop_before,count=all")
    site.apply()
    site.emulator.clear_faults()
    site.studio.post("launch", caption="Another one")
    site.apply()
    clock.advance(timedelta(minutes=66))
    for _ in range(3):
        site.apply()
    assert [posting.caption for posting in site.emulator.posts()] == ["Another one"]


def test_66_megabytes_go_in_chunks_through_trouble_with_each(site: Site) -> None:
    site.studio.post("launch", video="big.mp4")
    skipped = bytes(range(256)) * 257_813
    with site.studio.video("big.mp4").open("ab") as file:
        file.write((len(skipped) + 8).to_bytes(4, "big") + b"free" + skipped)
    troubles = ["drop_before,nth=1", "status=500,nth=3", "drop_after,nth=5", "status=416,nth=7", "cut=999,nth=9"]
    for trouble in troubles:
        site.emulator.add_fault(f"upload:{trouble}")
    assert site.apply().results == {"acme/launch": "published"}
    assert (inits(site), site.tasks[0]["total_chunk_count"]) == (1, 6)
    assert site.arrived() == [site.digest("big")]


# After the last byte.


def test_a_token_that_expires_while_polling_leads_to_no_init(site: Site) -> None:
    site.studio.post("launch")
    site.emulator.add_fault("status:expire_token")
    assert site.apply().results == {"acme/launch": "published"}
    assert (inits(site), arrived_once(site)) == (1, True)


def test_an_account_whose_access_is_taken_away_asks_for_a_sign_in(site: Site) -> None:
    site.studio.post("launch")
    site.on_tell = lambda told: site.emulator.revoke("acme") if told.event == "uploaded" else None
    ended = site.apply()
    assert ended.outcomes["acme/launch"].sign_in
    assert inits(site) == 1


def test_a_failure_that_passes_is_tried_once_more_and_no_oftener(site: Site) -> None:
    site.studio.post("launch")
    site.emulator.add_fault("init:fail=internal,count=all")
    assert site.apply().results == {"acme/launch": "failed"}
    assert (site.phases(), inits(site)) == (["failed", "failed"], 2)
    site.apply()
    assert (site.kinds(), inits(site)) == ({"acme/launch": "blocked"}, 2)


def test_a_failure_that_passes_once_ends_in_one_post(site: Site) -> None:
    site.studio.post("launch")
    site.emulator.add_fault("init:fail=internal")
    assert site.apply().results == {"acme/launch": "published"}
    assert arrived_once(site)


def test_a_post_that_tiktok_does_not_finish_is_left_processing(site: Site, clock: ManualClock) -> None:
    site.studio.post("launch")
    site.emulator.add_fault("init:stuck")
    began = clock.now()
    assert site.apply(wait=10).results == {"acme/launch": "processing"}
    assert timedelta(seconds=9) < clock.now() - began < timedelta(seconds=11)
    site.apply(wait=1)
    assert inits(site) == 1


def test_looks_become_rarer_up_to_poll_max(tmp_path: Path, clock: ManualClock) -> None:
    with a_site(tmp_path, clock) as site:
        site.studio.write("contentsync.yaml", PLAIN)
        site.studio.post("launch")
        site.emulator.add_fault("init:stuck")
        site.apply(wait=300)
        assert 10 <= site.count("status") <= 20


def test_a_publish_id_that_is_forgotten_is_unknown_then_found_again(site: Site, clock: ManualClock) -> None:
    site.studio.post("launch")
    site.emulator.add_fault("init:stuck")
    site.apply(wait=1)
    clock.advance(timedelta(minutes=2))
    site.emulator.unknown(site.row().attempts[0].publish_id, polls=1)
    assert site.kinds() == {"acme/launch": "unknown"}
    assert site.kinds() == {"acme/launch": "resume"}
    assert inits(site) == 1


def test_an_id_that_is_not_known_at_first_is_no_failure(tmp_path: Path, clock: ManualClock) -> None:
    with a_site(tmp_path, clock, quirks=Quirks(unknown_polls=3, unknown_code="invalid_params")) as site:
        site.studio.post("launch", video="https://media.acme.example/a.mp4")
        assert site.apply().results == {"acme/launch": "published"}
        assert inits(site) == 1


def test_a_post_without_an_id_is_a_success_and_its_id_is_taken_when_it_comes(
    tmp_path: Path, clock: ManualClock
) -> None:
    with a_site(tmp_path, clock, pace=Pace(processing_polls=1, moderation_polls=2)) as site:
        site.studio.post("launch")
        assert site.apply().results == {"acme/launch": "published"}
        assert site.row().post_id == ""
        for _ in range(3):
            site.kinds()
        assert site.row().post_id != ""


# Stopping, and others at the same time.


@pytest.mark.parametrize("event", ["accepted", "progress", "uploaded", "processing", "again"])
def test_a_stop_at_any_moment_is_gone_on_from(site: Site, event: str) -> None:
    site.studio.post("launch")
    site.studio.post("next")
    site.emulator.add_fault("init:drop_before")
    site.on_tell = lambda told: site.stop.set() if told.event == event else None
    site.apply()
    site.stop.clear()
    site.on_tell = lambda _: None
    site.apply()
    assert sorted(filter(None, site.arrived())) == sorted([site.digest("launch"), site.digest("next")])


def test_a_stop_ends_a_long_wait_for_a_limit(site: Site, clock: ManualClock) -> None:
    site.studio.post("launch")
    site.emulator.add_fault("video_init:error=rate_limit_exceeded")
    site.on_tell = lambda told: site.stop.set() if told.event == "again" else None
    site.apply()
    assert sum(clock.slept) < 5
    assert inits(site) == 1


def test_two_applies_at_once_post_once(site: Site) -> None:
    for name in ("a", "b", "c"):
        site.studio.post(name)
    other = replace(site, stop=threading.Event())
    threads = [threading.Thread(target=each.apply) for each in (site, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    site.apply()
    assert sorted(filter(None, site.arrived())) == sorted(site.digest(name) for name in ("a", "b", "c"))
    assert [len(site.row(name).attempts) for name in ("a", "b", "c")] >= [1, 1, 1]


def test_a_receipt_that_a_crash_left_behind_is_mended(site: Site) -> None:
    site.studio.post("launch")
    site.apply()
    receipt = site.studio.root / "receipts" / "acme" / "launch.json"
    whole = receipt.read_bytes()
    receipt.write_bytes(b"\xff<<<<<<< HEAD")
    site.apply()
    assert receipt.read_bytes() == whole


# What changed between the plan and the post's turn.


def another_checkout(site: Site, folder: Path) -> Site:
    """The same project in another folder: the same manifests, accounts and user, and a state of its own."""
    shutil.copytree(site.studio.root / "posts", folder / "posts")
    return Site(Studio(folder, site.studio.environment), site.emulator, site.clock)


@pytest.mark.parametrize("account", ["acme", "acme_de"])
def test_two_checkouts_that_planned_at_the_same_moment_post_each_post_once(
    site: Site, tmp_path: Path, account: str
) -> None:
    names = ["one", "two", "three"]
    for name in names:
        site.studio.post(name, account)
    other = another_checkout(site, tmp_path / "other")
    with other.planned() as late:
        assert set(site.apply().results.values()) <= {"published", "delivered"}
        ended = late()
    assert ended.results == {f"{account}/{name}": "held" for name in names}
    assert sorted(filter(None, site.arrived())) == sorted(site.digest(name) for name in names)


def test_a_receipt_that_is_pulled_meanwhile_stops_the_post(site: Site, tmp_path: Path) -> None:
    site.studio.post("launch")
    other = another_checkout(site, tmp_path / "other")
    other.studio.environment = site.studio.environment | {"CONTENTSYNC_DATA_DIR": str(tmp_path / "another machine")}
    with other.planned() as late:
        site.apply()
        shutil.copytree(site.studio.root / "receipts", other.studio.root / "receipts")
        assert late().results == {"acme/launch": "held"}
    assert inits(site) == 1


def test_a_window_that_closes_before_a_post_s_turn_is_missed(site: Site, clock: ManualClock) -> None:
    site.studio.post("launch", publish_at=f"{clock.now():%Y-%m-%dT%H:%M:%SZ}", grace="30m")
    with site.planned() as late:
        clock.advance(timedelta(hours=1))
        ended = late()
    problem = ended.outcomes["acme/launch"].problem
    assert (ended.results, problem and problem.code) == ({"acme/launch": "held"}, "missed")
    assert inits(site) == 0


def test_what_is_paused_meanwhile_waits(site: Site) -> None:
    site.studio.post("launch")
    with site.planned() as late:
        paused = PLAIN.replace("{mode: direct}", "{mode: direct, paused: true}")
        site.studio.write("contentsync.yaml", paused)
        assert late().results == {"acme/launch": "waiting"}
    assert inits(site) == 0


def test_a_person_s_pause_is_seen_before_the_next_intent(site: Site) -> None:
    site.studio.post("launch")
    with site.planned() as late:
        assert site.studio.run("pause", "acme").code == 0
        assert late().results == {"acme/launch": "waiting"}
    assert inits(site) == 0
    site.studio.run("resume", "acme")
    assert site.apply().results == {"acme/launch": "published"}


def test_an_approval_that_is_revoked_meanwhile_stops_the_post(site: Site) -> None:
    site.studio.post("launch")
    site.studio.run("approve", "--all", "--auto-approve")
    with site.project() as project:
        made = only_approved(project, make_plan(project, Wish()))
        assert [str(action.kind) for action in made.plan.actions] == ["create"]
        site.studio.run("approve", "--all", "--revoke")
        report = apply_plan(project, made, made.plan.actions, tell=lambda _: None, stop=site.stop, wait=0)
    assert [str(outcome.result) for outcome in report.outcomes] == ["held"]
    assert inits(site) == 0


@pytest.mark.parametrize("edit", ["caption", "gone", "faulty", "project"])
def test_what_is_edited_after_its_approval_is_not_sent(site: Site, edit: str) -> None:
    manifest = site.studio.post("launch")
    with site.planned() as late:
        if edit == "caption":
            site.studio.post("launch", caption="Another one")
        elif edit == "gone":
            manifest.unlink()
        elif edit == "faulty":
            site.studio.post("launch", caption="x" * 3_000)
        else:
            site.studio.write("contentsync.yaml", "version: 1\naccounts: [")
        assert late().results == {"acme/launch": "changed"}
    assert inits(site) == 0


def test_a_faulty_post_beside_it_in_the_same_file_does_not_stop_a_post(site: Site) -> None:
    manifest = site.studio.post("launch")
    with site.planned() as late:
        good = manifest.read_text(encoding="utf-8")
        manifest.write_text(f"{good}---\nname: other\naccount: nobody\n", encoding="utf-8")
        assert late().results == {"acme/launch": "published"}


def test_a_plan_that_waited_for_a_day_begins_nothing(site: Site, clock: ManualClock) -> None:
    site.studio.post("launch")
    with site.planned() as late:
        clock.advance(timedelta(hours=25))
        ended = late()
    problem = ended.outcomes["acme/launch"].problem
    assert (ended.results, problem and problem.code) == ({"acme/launch": "not-started"}, "plan-expired")
    assert inits(site) == 0


def test_a_post_that_is_due_tomorrow_by_tiktok_s_clock_is_not_posted_today(
    tmp_path: Path, clock: ManualClock
) -> None:
    tomorrow = clock.now() + timedelta(hours=20)
    with a_site(tmp_path, clock) as site:
        site.clock = ManualClock(clock.now() + timedelta(days=1))
        site.studio.post("launch", publish_at=f"{tomorrow:%Y-%m-%dT%H:%M:%SZ}", grace="6h")
        assert (site.apply().results, inits(site)) == ({}, 0)
        clock.advance(timedelta(hours=21))
        assert site.apply().results == {"acme/launch": "published"}


# Sending and waiting.


def test_all_is_sent_before_anything_is_waited_for_and_the_lock_goes_in_between(site: Site) -> None:
    for name in ("one", "two"):
        site.studio.post(name)
    site.studio.post("idea", "acme_de")
    seen: list[str] = []
    site.on_tell = lambda told: seen.append(told.event)
    site.on_sent = lambda: seen.append("unlocked")
    site.apply()
    assert seen.index("unlocked") == max(n for n, event in enumerate(seen) if event == "processing") + 1
    assert {"published", "delivered"} & set(seen[: seen.index("unlocked")]) == set()


@pytest.mark.parametrize("taken", [False, True])
def test_a_passing_failure_is_repeated_under_the_locks_or_left_to_who_has_them(site: Site, taken: bool) -> None:
    site.studio.post("launch")
    site.emulator.add_fault("video_init:fail=internal")
    with ExitStack() as held:
        if taken:
            site.on_sent = lambda: held.enter_context(site.locked("acme"))
        results = site.apply().results
    assert (results, inits(site)) == ({"acme/launch": "held" if taken else "published"}, 1 if taken else 2)
    site.on_sent = lambda: None
    assert site.apply().results == ({"acme/launch": "published"} if taken else {})
    assert inits(site) == 2


def test_an_account_that_another_checkout_sends_for_is_left_out_and_the_others_are_sent(site: Site) -> None:
    site.studio.post("launch")
    site.studio.post("idea", "acme_de")
    with site.locked("acme"):
        ended = site.apply()
    assert ended.results == {"acme_de/idea": "delivered"}
    assert [problem.code for problem in ended.failures["acme"].problems] == ["locked"]
    assert "for account acme" in ended.failures["acme"].problems[0].what
    assert site.apply().results == {"acme/launch": "published"}
