"""What follows from an event: TikTok is asked, a video is bound, an account is marked; and nothing is ever sent."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from contentsync.emulator.config import Pace
from contentsync.lifecycle import Event
from contentsync.store.sqlite.events import AT_A_TIME
from contentsync.tiktok import removed_access
from contentsync.webhooks import decide
from contentsync.webhooks.work import KEPT_FOR
from tests.builders import NOW, ManualClock
from tests.cli.support import Ran
from tests.webhooks.support import DAY, HIDDEN, PUBLISHED, REMOVED, Desk, a_desk

VIDEO = "7400000000000000009"
SENT = ("video_init", "inbox_init", "photo_init", "upload")


@pytest.fixture
def desk(tmp_path: Path, clock: ManualClock) -> Iterator[Desk]:
    """A public post that is published and waits for its id, and a draft in the inbox."""
    with a_desk(tmp_path, clock, pace=Pace(processing_polls=0, moderation_polls=None)) as desk:
        desk.site.studio.post("launch")
        desk.site.studio.post("idea", "acme_de")
        desk.site.apply()
        yield desk


@pytest.fixture
def early(tmp_path: Path, clock: ManualClock) -> Iterator[Desk]:
    """A post that TikTok processes still, as far as we know."""
    with a_desk(tmp_path, clock, pace=Pace(processing_polls=0, moderation_polls=None, settle_seconds=0)) as desk:
        desk.site.studio.post("launch")
        desk.site.apply(wait=0.0)
        assert desk.site.phases() == ["processing"]
        yield desk


def of(desk: Desk, event: str, **content: object) -> bytes:
    return desk.body(event, publish_id=desk.publish_id(), **content)


@pytest.mark.parametrize("event", ["post.publish.complete", PUBLISHED])
def test_an_event_makes_us_ask_and_the_answer_counts(early: Desk, event: str) -> None:
    asked = early.calls().get("status", 0)
    early.came(of(early, event, post_id=VIDEO))
    assert early.site.phases() == ["published"]
    assert early.calls()["status"] == asked + 1


def test_an_event_that_tiktok_does_not_confirm_changes_nothing(tmp_path: Path, clock: ManualClock) -> None:
    with a_desk(tmp_path, clock, pace=Pace(processing_polls=99, settle_seconds=9e9)) as desk:
        desk.site.studio.post("launch")
        desk.site.apply(wait=0.0)
        for event in ("post.publish.complete", "post.publish.failed", PUBLISHED):
            assert desk.came(of(desk, event, post_id=VIDEO, reason="spam_risk"))[-1] == "not-yet"
        assert desk.site.phases() == ["processing"]
        assert desk.bindings() == {}


def test_a_failure_is_what_status_says_it_is(tmp_path: Path, clock: ManualClock) -> None:
    with a_desk(tmp_path, clock, faults=("init:fail=spam_risk",), pace=Pace(processing_polls=0)) as desk:
        desk.site.studio.post("launch")
        desk.site.apply(wait=0.0)
        assert desk.came(of(desk, "post.publish.failed", reason="internal")) == ["seen"]
        assert desk.row().attempts[-1].problem_code == "spam-risk"


def test_a_video_that_is_public_is_bound_with_its_receipt(desk: Desk) -> None:
    assert desk.row().post_id == ""
    assert desk.came(of(desk, PUBLISHED, post_id=int(VIDEO))) == ["bound"]
    assert (desk.row().post_id, desk.bindings()) == (VIDEO, {VIDEO: desk.row().uid})
    assert desk.row().public_at is not None
    receipt = desk.site.studio.root / "receipts" / "acme" / "launch.json"
    assert VIDEO in receipt.read_text("utf-8")


def test_a_receipt_that_cannot_be_written_is_told_and_stops_nothing(desk: Desk) -> None:
    folder = desk.site.studio.root / "receipts"
    shutil.rmtree(folder)
    folder.write_text("in its way", "utf-8")
    assert desk.came(of(desk, PUBLISHED, post_id=VIDEO)) == ["bound"]
    assert [err.problems[0].code for err in desk.problems] == ["receipt-unwritable"]


def test_a_video_that_belongs_to_another_post_is_told_and_not_forced(desk: Desk) -> None:
    desk.came(of(desk, PUBLISHED, post_id=VIDEO))
    desk.site.studio.post("second")
    desk.site.apply()
    other = desk.body(PUBLISHED, publish_id=desk.publish_id("second"), post_id=VIDEO)
    assert desk.came(other) == ["bound-elsewhere"]
    assert desk.row("second").post_id == ""
    assert desk.bindings() == {VIDEO: desk.row().uid}


def test_a_draft_that_was_posted_several_times_keeps_the_first_and_all(desk: Desk) -> None:
    publish_id = desk.publish_id("idea", "acme_de")
    desk.site.emulator.publish_draft(publish_id)
    bodies = [
        desk.body(PUBLISHED, "acme_de", ago, publish_id=publish_id, post_id=post_id)
        for post_id, ago in (("30", 10), ("20", 20), ("10", 5))
    ]
    assert [desk.came(body) for body in bodies] == [["bound"], ["bound"], ["further-video"]]
    assert desk.row("idea", "acme_de").post_id == "20"
    assert set(desk.bindings("acme_de")) == {"10", "20", "30"}


def test_a_further_id_of_a_post_is_told_as_such_and_shown(desk: Desk) -> None:
    desk.came(of(desk, PUBLISHED, post_id=VIDEO))
    assert desk.came(of(desk, PUBLISHED, post_id="7499999999999999999")) == ["further-video"]
    assert desk.row().post_id == VIDEO
    told = run(desk, "explain", "launch").out
    assert f"TikTok post {VIDEO}\n" in told and "further TikTok post 7499999999999999999, bound to it too" in told


def test_a_video_that_is_public_settles_what_status_does_not(desk: Desk) -> None:
    """TikTok tells by the event that a draft was posted, and by its status that it lies in the inbox."""
    draft = desk.body(PUBLISHED, "acme_de", publish_id=desk.publish_id("idea", "acme_de"), post_id=VIDEO)
    assert desk.came(draft) == ["bound"]
    assert (desk.site.phases("idea", "acme_de"), desk.row("idea", "acme_de").post_id) == (["published"], VIDEO)


def test_a_video_that_is_public_settles_an_unknown_outcome(early: Desk) -> None:
    attempt = early.row().attempts[-1]
    lost = attempt.after(Event.LOST_SIGHT, early.clock.now(), upload_url="")
    early.read(lambda project: project.store.save(lost, "lost-sight"))
    early.site.emulator.forget(attempt.publish_id)
    assert early.came(of(early, "post.publish.complete")) == ["not-yet"]
    assert early.site.phases() == ["unknown"]
    assert early.came(of(early, PUBLISHED, post_id=VIDEO)) == ["bound"]
    assert (early.site.phases(), early.row().post_id) == (["published"], VIDEO)


def test_a_draft_is_found_posted_long_after_polling_has_ended(desk: Desk) -> None:
    publish_id = desk.publish_id("idea", "acme_de")
    desk.clock.advance(30 * DAY)
    desk.site.emulator.expire_tokens("acme_de")
    desk.site.emulator.publish_draft(publish_id)
    assert desk.came(desk.body("post.publish.complete", "acme_de", publish_id=publish_id)) == ["seen"]
    assert desk.site.phases("idea", "acme_de") == ["published"]


@pytest.mark.parametrize("event", [HIDDEN, "post.publish.no_longer_publicly_available"])
def test_a_video_that_is_public_no_more_is_drift_a_day_later(desk: Desk, event: str) -> None:
    desk.came(of(desk, PUBLISHED, post_id=VIDEO))
    desk.clock.advance(2 * DAY)
    assert desk.site.kinds() == {}
    assert desk.came(of(desk, event, post_id=VIDEO)) == ["not-public"]
    assert desk.site.kinds()["acme/launch"] == "drift"
    desk.clock.advance(60)
    desk.came(of(desk, PUBLISHED, post_id=VIDEO))
    assert desk.site.kinds() == {}


def test_an_older_word_about_who_sees_it_does_not_win(desk: Desk) -> None:
    desk.clock.advance(2 * DAY)
    desk.came(of(desk, PUBLISHED, post_id=VIDEO))
    hidden_before = desk.body(HIDDEN, ago=3600, publish_id=desk.publish_id(), post_id=VIDEO)
    assert desk.came(hidden_before) == ["not-public"]
    assert desk.site.kinds() == {}


def test_an_event_that_is_earlier_than_our_own_commit_is_looked_at_again(desk: Desk) -> None:
    assert desk.came(desk.body("post.publish.complete", publish_id="v_pub~later")) == ["unknown-publish-id"]
    assert desk.work() == []
    desk.clock.advance(decide.FIRST_WAIT)
    assert desk.work() == ["unknown-publish-id"]


def test_an_event_finds_the_attempt_whose_publish_id_came_after_it(early: Desk) -> None:
    assert early.came(early.body("post.publish.complete", publish_id="v_pub~later")) == ["unknown-publish-id"]
    attempt = early.row().attempts[-1]
    known = attempt.noting(early.clock.now(), publish_id="v_pub~later")
    early.read(lambda project: project.store.save(known, "noted"))
    early.clock.advance(decide.FIRST_WAIT)
    asked = early.calls().get("status", 0)
    assert early.work() == ["not-yet"]  # the emulator never gave that id, so it can't confirm it
    assert (early.worked[0].post, early.calls()["status"]) == ("acme/launch", asked + 1)


def test_one_that_nobody_ever_knows_is_kept_in_the_end(desk: Desk) -> None:
    desk.deliver(desk.body("post.publish.complete", publish_id="of-another-tool"))
    tries = 0
    while desk.read(lambda project: project.store.events.next_due()):
        desk.clock.advance(timedelta(hours=1))
        tries += len(desk.work())
    assert 20 < tries < 40
    (event,) = desk.read(lambda project: project.store.events.all())
    assert (event.state, event.outcome) == ("kept", "unknown-publish-id")


@pytest.mark.parametrize(
    ("event", "came", "phase"),
    [
        ("post.publish.publicly_available", "bound", "published"),
        ("post.publish.complete", "not-yet", "unknown"),
        ("post.publish.failed", "seen", "failed"),
    ],
)
def test_a_failure_that_an_event_speaks_against_is_none(
    tmp_path: Path, clock: ManualClock, event: str, came: str, phase: str
) -> None:
    with a_desk(tmp_path, clock, faults=("init:fail=spam_risk",), pace=Pace(processing_polls=0)) as desk:
        desk.site.studio.post("launch")
        desk.site.apply()
        assert desk.came(of(desk, event, post_id=VIDEO)) == [came]
        assert desk.site.phases() == [phase]


def test_a_hint_that_is_too_old_is_no_more_than_a_hint(early: Desk) -> None:
    early.deliver(of(early, PUBLISHED, post_id=VIDEO), age=80 * 3600)
    assert early.work() == ["seen"]
    assert (early.site.phases(), early.row().post_id) == (["published"], "")


def test_no_event_ever_sends_anything_or_takes_the_lock(desk: Desk) -> None:
    before = {name: desk.calls().get(name, 0) for name in SENT}
    with desk.site.project() as project, project.lock("a test"):
        for event in sorted({*decide.EFFECTS, "post.publish.someday"}):
            desk.came(of(desk, event, post_id=VIDEO, reason=1))
    assert len(desk.read(lambda project: project.store.events.all())) == len(decide.EFFECTS) + 1
    assert {name: desk.calls().get(name, 0) for name in SENT} == before


def test_an_answer_that_does_not_come_is_asked_for_again(early: Desk) -> None:
    early.site.emulator.add_fault("status:drop_before,count=all")
    assert early.came(of(early, "post.publish.complete")) == ["not-yet"]
    early.site.emulator.clear_faults()
    early.clock.advance(60)
    assert early.work() == ["seen"]
    assert early.site.phases() == ["published"]


# Accounts.


def run(desk: Desk, *args: str) -> Ran:
    return desk.site.studio.run(*args)


@pytest.mark.parametrize(
    ("reason", "word"),
    [
        (0, "does not say why"),
        (1, "disconnected"),
        (2, "deleted"),
        (3, "age"),
        (4, "banned"),
        (5, "revoked by the developer"),
        (77, "does not say why"),
    ],
)
def test_each_reason_is_told_in_words(reason: int, word: str) -> None:
    assert word in removed_access.problem("acme", reason, NOW, "contentsync login acme").what


def test_with_removed_access_every_command_says_so_and_makes_no_call(desk: Desk) -> None:
    assert desk.came(desk.body(REMOVED, "acme_de", reason=5)) == ["access-removed"]
    before = len(desk.site.emulator.requests())
    for command in (("plan",), ("accounts",), ("status",), ("refresh", "--account", "acme_de")):
        ended = run(desk, *command)
        assert (ended.code, "revoked by the developer" in ended.out + ended.err) == (8, True), command
    assert {line["account"] for line in desk.site.emulator.requests()[before:]} == {"acme"}


def test_accounts_says_that_a_seed_is_what_has_to_change_where_access_was_removed(desk: Desk) -> None:
    desk.came(desk.body(REMOVED, "acme_de", reason=5))
    told = run(desk, "accounts").out
    assert "acme_de  not signed in: put new tokens into CONTENTSYNC_TOKEN_ACME_DE; or unset" in told
    assert "CONTENTSYNC_TOKEN_ACME_DE and CONTENTSYNC_REFRESH_TOKEN_ACME_DE, which win over a sign-in" in told


def test_a_changed_seed_ends_the_mark(desk: Desk) -> None:
    desk.came(desk.body(REMOVED, reason=1))
    assert run(desk, "status").code == 8
    desk.site.studio.environment["CONTENTSYNC_TOKEN_ACME"] += "x"
    assert "access-removed" not in run(desk, "status").err


def test_a_token_that_was_saved_later_ends_the_mark(desk: Desk) -> None:
    removed = desk.body(REMOVED, reason=1)
    desk.clock.advance(60)
    with desk.site.project() as project:  # as a sign-in or a renewal does
        credentials = project.at_work("acme").credentials
        credentials.refresh(credentials.pair().access_token)
    assert desk.came(removed) == ["newer-sign-in"]
    assert run(desk, "status").code == 0


def test_an_old_removal_does_not_kill_a_newer_sign_in_that_nothing_dates(desk: Desk) -> None:
    """The seed may have been changed since: only TikTok can tell, and it is asked once."""
    removed = desk.body(REMOVED, ago=3600, reason=1)
    with desk.site.project() as project:
        for _, creator, _ in project.store.creators().values():
            project.store.save_creator("acme", creator, desk.clock.now() - 2 * DAY)
            break
    assert desk.came(removed) == ["newer-sign-in"]
    assert run(desk, "status").code == 0


def test_of_two_removals_the_newer_one_counts_in_any_order(desk: Desk) -> None:
    older, newer = desk.body(REMOVED, reason=1), desk.body(REMOVED, reason=4)
    desk.clock.advance(60)
    newer = desk.body(REMOVED, reason=4)
    desk.came(newer)
    desk.came(older)
    assert "banned" in run(desk, "status").err


def test_a_removal_of_an_account_that_is_not_ours_is_kept(desk: Desk) -> None:
    key = desk.site.studio.environment["CONTENTSYNC_CLIENT_KEY"]
    foreign = desk.body(REMOVED, reason=1).replace(
        desk.site.emulator.accounts["acme"].open_id.encode(), b"somebody-else"
    )
    assert key.encode() in foreign
    assert desk.came(foreign) == ["no-account"]
    assert run(desk, "status").code == 0


@pytest.mark.parametrize("name", ["publish_id", "share_id"])
@pytest.mark.parametrize("event", ["video.publish.completed", "video.upload.failed"])
def test_an_event_of_the_share_kit_is_a_hint_where_its_id_is_ours(early: Desk, event: str, name: str) -> None:
    outcome = early.came(early.body(event, **{name: early.publish_id()}))
    assert early.site.phases() == ["published"]
    assert outcome == (["seen"] if event == "video.publish.completed" else ["contradicts"])


def test_a_hint_without_an_id_of_ours_makes_us_ask_about_open_attempts(early: Desk) -> None:
    assert early.came(early.body("video.publish.completed", share_id="video.share.1")) == ["others-changed"]
    assert early.site.phases() == ["published"]
    receipt = early.site.studio.root / "receipts" / "acme" / "launch.json"
    assert "published" in receipt.read_text("utf-8")
    asked = early.calls()["status"]
    assert early.came(early.body("video.publish.completed", share_id="video.share.2")) == ["no-id-of-ours"]
    assert early.calls()["status"] == asked
    assert not [call for call in SENT if early.calls().get(call, 0) > 1]


def test_a_hint_of_another_account_asks_nobody(early: Desk) -> None:
    asked = early.calls().get("status", 0)
    body = early.body("video.upload.failed", share_id="x").replace(b"-000", b"-999")
    assert early.came(body) == ["no-account"]
    assert early.calls().get("status", 0) == asked


def test_what_was_settled_long_ago_is_dropped_and_what_waits_is_kept(desk: Desk) -> None:
    assert desk.came(desk.body("portability.download.ready", request_id=1)) == []
    desk.clock.advance(KEPT_FOR + timedelta(hours=1))
    desk.deliver(desk.body("post.publish.complete", publish_id="of-another-tool"))
    desk.work()
    assert [event.event for event in desk.read(lambda project: project.store.events.all())] == [
        "post.publish.complete"
    ]


def test_a_long_backlog_is_worked_off_in_pieces(desk: Desk) -> None:
    bodies = [desk.body("post.publish.complete", publish_id=f"other-{number}") for number in range(AT_A_TIME + 1)]
    desk.deliver(*bodies)
    assert (len(desk.work()), len(desk.work())) == (AT_A_TIME, 1)
