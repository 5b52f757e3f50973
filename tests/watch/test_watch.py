"""What does watch publish, and when? On a virtual clock: hours pass in no time."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from contentsync.operations.status import ask_about
from contentsync.times import rfc3339
from contentsync.watch.work import Asked
from tests.builders import NOW
from tests.cli.support import PROJECT
from tests.watch.virtual import Stage, a_stage

HOUR = 3600.0


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with a_stage(tmp_path) as made:
        yield made


def at(seconds: float) -> str:
    return rfc3339(NOW + timedelta(seconds=seconds))


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# When.


def test_a_post_that_is_due_goes_out_once_and_is_followed_to_its_end(stage: Stage) -> None:
    stage.studio.post("launch")
    stage.run(60)
    assert stage.results() == ["acme/launch processing", "acme/launch published"]
    assert len(stage.emulator.posts()) == 1


def test_a_scheduled_post_goes_out_at_its_time_and_not_before(stage: Stage) -> None:
    stage.studio.post("launch", publish_at=at(4000))
    stage.run(5000)
    assert 4000 <= stage.posted["About launch"] < 4001


def test_posts_of_one_account_go_out_in_the_order_of_their_times(stage: Stage) -> None:
    stage.studio.post("a", publish_at=at(300))
    stage.studio.post("b", publish_at=at(200))
    stage.run(400)
    assert 200 <= stage.posted["About b"] < 201
    assert 300 <= stage.posted["About a"] < 301


def test_a_slot_is_given_out_once_and_kept(stage: Stage) -> None:
    text = PROJECT.replace("{mode: direct,", '{mode: direct, slots: ["daily 13:00"],')
    stage.studio.write("contentsync.yaml", text)
    stage.studio.post("part-10", publish_at="next-slot")
    stage.studio.post("part-2", publish_at="next-slot")
    stage.run(26 * HOUR, full_every=HOUR)  # from noon on
    assert 1 * HOUR <= stage.posted["About part-2"] < 1 * HOUR + 1
    assert 25 * HOUR <= stage.posted["About part-10"] < 25 * HOUR + 1


def test_a_night_in_which_clocks_go_forward_moves_nothing(stage: Stage) -> None:
    text = PROJECT.replace("{mode: direct,", '{mode: direct, timezone: Europe/Berlin, slots: ["daily 09:00"],')
    stage.studio.write("contentsync.yaml", text)
    stage.time.sleep((NOW.replace(month=3, day=28, hour=7) - NOW).total_seconds())  # the night of 29 March 2026
    began = stage.time.passed
    for name in ("one", "two"):
        stage.studio.post(name, publish_at="next-slot")
    stage.run(26 * HOUR, full_every=HOUR)
    out = {name: round(moment - began) for name, moment in stage.posted.items()}
    assert out == {"About one": HOUR, "About two": 24 * HOUR}  # 08:00 UTC, then 07:00 UTC


# Files.


def test_a_file_that_is_rewritten_again_and_again_is_sent_once_it_is_still(stage: Stage) -> None:
    stage.studio.post("launch")
    script = stage.script()
    for number in range(1, 20):
        script.at(3.0 * number, partial(stage.studio.video, "launch.mp4", f"take {number}"), "posts/launch.mp4")
    stage.run(90, script)
    assert [post.sha256 for post in stage.emulator.posts()] == [digest(stage.studio.root / "posts/launch.mp4")]
    assert 57 + 5 <= stage.posted["About launch"] < 57 + 7


def test_the_same_without_a_single_event(stage: Stage) -> None:
    stage.studio.post("launch")
    script = stage.script()
    for number in range(1, 20):
        script.at(3.0 * number, partial(stage.studio.video, "launch.mp4", f"take {number}"), silent=True)
    stage.run(90, script, tick=1.0)
    assert [post.sha256 for post in stage.emulator.posts()] == [digest(stage.studio.root / "posts/launch.mp4")]
    assert 57 + 5 <= stage.posted["About launch"] < 57 + 7


def test_a_copy_that_takes_long_is_not_reported_as_faulty(stage: Stage) -> None:
    stage.studio.post("launch")
    clip = stage.studio.root / "posts" / "launch.mp4"
    whole = clip.read_bytes()
    clip.unlink()
    script = stage.script()
    step = len(whole) // 20 + 1
    for number in range(20):
        script.at(4.0 + 2 * number, partial(clip.write_bytes, whole[: step * (number + 1)]), "posts/launch.mp4")
    stage.run(90, script)
    assert stage.problems() == []
    assert stage.posted.keys() == {"About launch"}


def test_a_copy_that_breaks_off_is_reported_once_its_file_is_still(stage: Stage) -> None:
    stage.studio.post("launch")
    clip = stage.studio.root / "posts" / "launch.mp4"
    clip.write_bytes(clip.read_bytes()[:-3000])
    stage.run(90)
    assert stage.problems() == ["media-truncated"]


def test_a_file_that_grows_inside_its_whole_size_is_waited_for(stage: Stage) -> None:
    stage.studio.post("launch")
    clip = stage.studio.root / "posts" / "launch.mp4"
    whole = clip.read_bytes()
    clip.write_bytes(b"\0" * len(whole))  # preallocated
    script = stage.script()
    step = len(whole) // 10 + 1

    def fill(number: int) -> None:
        with clip.open("r+b") as file:
            file.seek(number * step)
            file.write(whole[number * step : (number + 1) * step])

    for number in range(10):
        script.at(10.0 + 4 * number, partial(fill, number), "posts/launch.mp4")
    stage.run(120, script)
    assert [post.sha256 for post in stage.emulator.posts()] == [hashlib.sha256(whole).hexdigest()]
    assert stage.posted["About launch"] >= 46 + 5


def test_a_download_under_another_name_counts_from_its_rename(stage: Stage) -> None:
    stage.studio.post("launch")
    clip = stage.studio.root / "posts" / "launch.mp4"
    part = clip.with_suffix(".mp4.part")
    clip.rename(part)
    script = stage.script()
    script.at(30, lambda: part.rename(clip), "posts/launch.mp4.part", "posts/launch.mp4")
    stage.run(60, script)
    assert 35 <= stage.posted["About launch"] < 38
    assert stage.problems() == ["media-not-found"]


def test_an_editor_that_saves_by_renaming_sends_what_was_saved_last(stage: Stage) -> None:
    manifest = stage.studio.post("launch", caption="First")
    script = stage.script()

    def save(caption: str) -> None:
        new = manifest.with_name(".launch.yaml.swp")
        new.write_text(manifest.read_text().replace("First", caption))
        new.replace(manifest)

    script.at(3, lambda: save("Second"), "posts/launch.yaml")
    stage.run(60, script)
    assert list(stage.posted) == ["Second"]


def test_a_lost_event_costs_one_full_look_at_most(stage: Stage) -> None:
    script = stage.script()
    script.at(61, lambda: stage.studio.post("launch"), silent=True)
    stage.run(200, script)
    assert 61 < stage.posted["About launch"] < 120 + 7


def test_lost_events_that_are_noticed_are_looked_for_at_once(stage: Stage) -> None:
    script = stage.script()
    script.at(61, lambda: stage.studio.post("launch"), lost=True)
    stage.run(100, script)
    assert stage.posted["About launch"] < 61 + 7


def test_a_storm_of_events_is_a_few_looks(stage: Stage) -> None:
    script = stage.script()
    for number in range(2_000):
        script.at(10 + number / 100, lambda: None, f"posts/{number}.txt")
    watch = stage.run(59, script)
    assert watch.health().looks < 10


# git.


def test_while_git_holds_its_lock_nothing_is_looked_at(stage: Stage) -> None:
    lock = stage.studio.write(".git/index.lock", "")
    os.utime(lock, (NOW.timestamp(), NOW.timestamp()))
    stage.studio.post("launch")
    script = stage.script()
    script.at(30, lock.unlink)
    stage.run(59, script)
    assert 30 <= stage.posted["About launch"] < 40
    assert stage.problems() == []


def test_a_lock_that_a_git_left_behind_does_not_hold_for_ever(stage: Stage) -> None:
    lock = stage.studio.write(".git/index.lock", "")
    os.utime(lock, (NOW.timestamp() - HOUR, NOW.timestamp() - HOUR))
    stage.studio.post("launch")
    stage.run(30)
    assert len(stage.emulator.posts()) == 1
    assert lock.exists()


def test_during_a_rebase_auto_sends_nothing_and_says_so_once(stage: Stage) -> None:
    marker = stage.studio.write(".git/rebase-merge/done", "")
    stage.studio.post("launch")
    script = stage.script()
    script.at(600, lambda: shutil.rmtree(marker.parent))
    stage.run(700, script)
    assert 600 <= stage.posted["About launch"] < 610
    assert stage.words()[:5] == ["watching", "problem", "solved", "next", "sending"]


def test_during_a_rebase_what_a_person_approved_goes_out(stage: Stage) -> None:
    stage.approve = "manual"
    stage.studio.post("launch")
    assert stage.studio.run("approve", "--all", "--auto-approve").code == 0
    stage.studio.write(".git/rebase-merge/done", "")
    stage.run(30)
    assert len(stage.emulator.posts()) == 1


# The folder is gone.


def test_a_renamed_root_is_an_alert_and_nothing_is_forgotten(stage: Stage) -> None:
    stage.studio.post("one")
    stage.studio.post("later", publish_at=at(2000))
    root, away = stage.studio.root, stage.studio.root.with_name("away")
    script = stage.script()
    script.at(100, lambda: root.rename(away))
    script.at(1000, lambda: away.rename(root))
    stage.run(2100, script)
    assert 2000 <= stage.posted["About later"] < 2001
    assert stage.problems() == ["root-gone"]
    assert [notice.kind for notice in stage.notices if notice.kind == "root-gone"] == ["root-gone"]
    assert "solved" in stage.words()


def test_manifests_that_vanish_at_once_are_an_alert(stage: Stage) -> None:
    stage.studio.post("one")
    posts, away = stage.studio.root / "posts", stage.studio.root.with_name("away")
    script = stage.script()
    script.at(100, lambda: (posts.rename(away), posts.mkdir()), "posts")

    def back() -> None:
        posts.rmdir()
        away.rename(posts)
        stage.studio.post("two")

    script.at(500, back, "posts")
    stage.run(600, script)
    assert stage.problems() == ["manifests-vanished"]
    assert [task for task in stage.posted if task == "About two"] == ["About two"]
    assert len(stage.emulator.posts()) == 2


def test_a_mistake_in_the_project_file_ends_nothing(stage: Stage) -> None:
    stage.studio.post("later", publish_at=at(500))
    good = (stage.studio.root / "contentsync.yaml").read_text()
    script = stage.script()
    script.at(100, lambda: stage.studio.write("contentsync.yaml", good + "accounts: [\n"), "contentsync.yaml")
    script.at(400, lambda: stage.studio.write("contentsync.yaml", good), "contentsync.yaml")
    stage.run(600, script)
    assert 500 <= stage.posted["About later"] < 501
    assert len(stage.problems()) == 1
    assert "solved" in stage.words()


def test_a_mistake_in_the_project_file_is_told_once_for_looking_and_asking(stage: Stage) -> None:
    stage.studio.post("later", publish_at=at(500))
    good = (stage.studio.root / "contentsync.yaml").read_text()
    script = stage.script()
    script.at(100, lambda: stage.studio.write("contentsync.yaml", good + "accounts: [\n"), "contentsync.yaml")
    script.at(300, lambda: stage.studio.write("contentsync.yaml", good), "contentsync.yaml")
    stage.run(450, script, refresh_every=20.0)
    assert len(stage.problems()) == 1
    assert stage.words().count("solved") == 1


@pytest.mark.parametrize("name", ["contentsync.yaml", "posts/later.yaml"])
def test_a_file_that_is_half_saved_for_a_moment_is_not_told(stage: Stage, name: str) -> None:
    stage.studio.post("later", publish_at=at(500))
    whole = (stage.studio.root / name).read_text()
    script = stage.script()
    script.at(100, lambda: stage.studio.write(name, ""), name)
    script.at(102.5, lambda: stage.studio.write(name, whole), name)
    stage.run(600, script)
    assert stage.problems() == []
    assert list(stage.posted) == ["About later"]


# Clocks.


def test_after_a_sleep_what_is_due_goes_out_at_once(stage: Stage) -> None:
    stage.studio.post("launch", publish_at=at(HOUR), grace="10h")
    stage.studio.post("late", account="acme_de", publish_at=at(HOUR))
    script = stage.script()
    script.at(600, lambda: stage.time.suspend(5 * HOUR), silent=True)
    stage.run(6 * HOUR, script, tick=1.0, full_every=HOUR)
    woke = 600 + 5 * HOUR
    assert woke <= stage.posted["About launch"] < woke + 10
    assert stage.problems() == ["missed"]
    assert [notice.kind for notice in stage.notices if notice.post == "acme_de/late"] == ["missed"]


def test_a_clock_that_is_set_a_day_ahead_sends_nothing_early(stage: Stage) -> None:
    stage.studio.post("launch", publish_at=at(5000))
    script = stage.script()

    def set_ahead() -> None:
        stage.time.set_by = timedelta(days=1)

    script.at(1000, set_ahead, silent=True)
    stage.run(6000, script, tick=60.0)
    assert 5000 <= stage.posted["About launch"] < 5070


@pytest.mark.parametrize("days", [1, -1])
def test_a_clock_that_is_set_wrong_and_right_again_takes_no_slot_and_misses_nothing(stage: Stage, days: int) -> None:
    text = PROJECT.replace("{mode: direct,", '{mode: direct, slots: ["daily 13:00"],')
    stage.studio.write("contentsync.yaml", text)
    for name in ("part-1", "part-2"):
        stage.studio.post(name, publish_at="next-slot")
    stage.studio.post("launch", publish_at=at(6000))
    script = stage.script()

    def set_by(by: int) -> None:
        stage.time.set_by = timedelta(days=by)

    script.at(1000, lambda: set_by(days), silent=True)
    script.at(2000, lambda: set_by(0), silent=True)
    stage.run(6100, script, tick=60.0, full_every=HOUR)
    assert [event.words for event in stage.said if event.problem and event.problem.code == "missed"] == []
    assert [notice for notice in stage.notices if notice.kind == "missed"] == []
    out = {name: round(moment, -2) for name, moment in stage.posted.items()}
    assert out == {"About part-1": HOUR, "About launch": 6000}


def test_with_a_clock_that_is_behind_it_says_that_the_post_waits_and_why(stage: Stage) -> None:
    stage.studio.post("launch", publish_at=at(100))
    stage.time.set_by = timedelta(days=-1)
    stage.run(1000)
    assert stage.posted == {}
    (event,) = (one for one in stage.said if one.word == "problem" and one.post == "acme/launch")
    assert event.problem and event.problem.code == "clock-wrong"
    assert "once it is due by both clocks, and this machine's clock is 1440 min behind TikTok's" in event.words


def test_a_clock_that_was_set_back_and_is_right_again_loses_nothing(stage: Stage) -> None:
    stage.studio.post("launch", publish_at=at(5000))
    script = stage.script()

    def set_back(days: int) -> None:
        stage.time.set_by = timedelta(days=-days)

    script.at(1000, lambda: set_back(1), silent=True)
    script.at(5500, lambda: set_back(0), silent=True)
    stage.run(6000, script, tick=60.0)
    assert 5500 <= stage.posted["About launch"] < 5570


# What goes wrong.


def test_a_refused_post_is_tried_once_and_delays_no_other(stage: Stage) -> None:
    stage.emulator.add_fault("video_init:fail=picture_size_check_failed")
    stage.studio.post("bad", publish_at=at(10))
    stage.studio.post("good", publish_at=at(11))
    stage.run(4 * HOUR, full_every=600.0)
    posted = stage.emulator.ledger()["tasks"]
    assert len(posted) == 2  # type: ignore[arg-type]
    assert "acme/good published" in stage.results()
    assert [one for one in stage.results() if one.startswith("acme/bad")].count("acme/bad failed") == 1
    assert stage.posted["About good"] < 20


def test_a_failure_that_passes_is_tried_twice_in_all(stage: Stage) -> None:
    stage.emulator.add_fault("video_init:fail=internal,count=all")
    stage.studio.post("bad")
    stage.run(24 * HOUR, full_every=HOUR)
    assert len(stage.emulator.ledger()["tasks"]) == 2  # type: ignore[arg-type]


def test_an_unknown_outcome_stops_its_account_and_notifies(stage: Stage) -> None:
    stage.emulator.add_fault("video_init:drop_after")
    stage.studio.post("one", video="https://media.acme.example/a.mp4", privacy="only_me")
    stage.studio.post("two", publish_at=at(100))
    stage.studio.post("three", account="acme_de", publish_at=at(100))
    stage.run(200)
    assert [notice.post for notice in stage.notices if notice.kind == "unknown"] == ["acme/one"]
    assert "About two" not in stage.posted
    assert "acme_de/three delivered" in stage.results()


def test_a_thousand_broken_files_delay_no_good_one(stage: Stage) -> None:
    for number in range(1_000):
        stage.studio.write(f"posts/broken-{number}.yaml", f"name: broken-{number}\naccount: acme\ncaption: 'x'\n")
    stage.studio.post("good", publish_at=at(100))
    stage.run(150)
    assert 100 <= stage.posted["About good"] < 102
    assert len(stage.problems()) == 20  # the others are one line
    assert sum(one.word == "problem" for one in stage.said) == 21


def test_an_invalid_post_is_told_once_for_each_content(stage: Stage) -> None:
    manifest = stage.studio.post("launch", privacy="nobody")
    script = stage.script()
    text = manifest.read_text()
    script.at(200, lambda: manifest.write_text(text.replace("nobody", "somebody")), "posts/launch.yaml")
    script.at(400, lambda: manifest.write_text(text.replace("nobody", "everyone")), "posts/launch.yaml")
    stage.run(500, script)
    assert stage.problems() == ["unknown-word", "unknown-word"]
    assert list(stage.posted) == ["About launch"]


def test_a_network_that_is_away_is_told_once_and_comes_back(stage: Stage) -> None:
    stage.studio.post("launch")
    stage.emulator.add_fault("any:drop_before,count=all")
    script = stage.script()
    script.at(1800, stage.emulator.clear_faults, silent=True)
    stage.run(2 * HOUR, script)
    assert len(stage.problems()) == 1
    assert 1800 <= stage.posted["About launch"] < 1800 + 330
    assert "solved acme" in stage.words()


# Approvals.


def test_manual_sends_nothing_that_nobody_approved(stage: Stage) -> None:
    stage.approve = "manual"
    stage.studio.post("launch")
    script = stage.script()
    script.at(100, lambda: stage.studio.run("approve", "launch", "--auto-approve"), silent=True)
    stage.run(150, script, tick=1.0)
    assert 100 <= stage.posted["About launch"] < 103
    assert stage.problems() == ["not-approved"]
    assert [notice.kind for notice in stage.notices][:1] == ["needs-approval"]


def test_an_edit_the_day_before_is_not_sent_until_it_is_approved_again(stage: Stage) -> None:
    stage.approve = "manual"
    stage.studio.post("launch", publish_at=at(HOUR))
    assert stage.studio.run("approve", "--all", "--auto-approve").code == 0
    script = stage.script()
    edited = {"publish_at": at(HOUR), "video": "launch.mp4", "caption": "Other words"}
    script.at(600, lambda: stage.studio.post("launch", **edited), "posts/launch.yaml")
    script.at(HOUR + 900, lambda: stage.studio.run("approve", "launch", "--auto-approve"), silent=True)
    stage.run(1.5 * HOUR, script, tick=1.0)
    assert list(stage.posted) == ["Other words"]
    assert stage.posted["Other words"] >= HOUR + 900
    assert stage.problems() == ["approval-lapsed"]


def test_auto_records_how_it_approved_and_heeds_a_persons_no(stage: Stage) -> None:
    stage.studio.post("launch")
    stage.studio.post("never")
    assert stage.studio.run("approve", "never", "--auto-approve").code == 0
    assert stage.studio.run("approve", "never", "--revoke").code == 0
    stage.run(60)
    assert list(stage.posted) == ["About launch"]
    with stage.opened() as project:
        given = {one.name: one.how for one in project.store.approvals.all()}
    assert given == {"launch": "auto", "never": "auto-approve"}


# Pauses.


def test_a_pause_is_seen_within_seconds_and_its_end_too(stage: Stage) -> None:
    stage.studio.post("launch", publish_at=at(100))
    script = stage.script()
    script.at(99, lambda: stage.studio.run("pause", "acme", "--reason", "wrong logo"), silent=True)
    script.at(300, lambda: stage.studio.run("resume", "acme"), silent=True)
    stage.run(400, script, tick=1.0)
    assert 300 <= stage.posted["About launch"] < 303


def test_an_upload_whose_last_byte_never_came_is_sent_again(stage: Stage) -> None:
    stage.studio.post("launch")
    stage.emulator.add_fault("upload:drop_before,count=12")
    stage.run(HOUR)
    assert stage.results()[-1] == "acme/launch published"
    assert len(stage.emulator.ledger()["tasks"]) == 1  # type: ignore[arg-type]


# What it says by itself.


def said(stage: Stage, word: str) -> list[str]:
    return [f"{one.account} {one.words}".strip() for one in stage.said if one.word == word]


def test_at_its_start_it_says_what_is_next_of_what_is_approved(stage: Stage) -> None:
    stage.approve = "manual"
    stage.studio.post("early", publish_at=at(HOUR))
    stage.studio.post("later", publish_at=at(3 * HOUR))
    stage.studio.post("latest", publish_at=at(5 * HOUR))
    assert stage.studio.run("approve", "later", "latest", "--auto-approve").code == 0
    stage.run(4 * HOUR, full_every=HOUR)
    (event,) = (one for one in stage.said if one.word == "next")
    assert event.words.startswith("next: acme/later ") and event.words.endswith(", in 3 h; 2 approved")
    assert event.detail == {"next": "acme/later", "due_at": at(3 * HOUR), "waiting": 2}


def test_at_its_start_it_says_that_nothing_is_approved(stage: Stage) -> None:
    stage.approve = "manual"
    stage.studio.post("early", publish_at=at(HOUR))
    stage.run(10)
    assert said(stage, "next") == ["next: nothing that is approved waits to be sent"]


def test_approvals_that_come_from_elsewhere_are_read_before_it_says_what_is_next(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.approve = "manual"
    stage.studio.post("early", publish_at=at(HOUR))

    def take_approvals(*_: object) -> Asked:
        assert stage.studio.run("approve", "early", "--auto-approve").code == 0
        return Asked(took_approvals=True)

    monkeypatch.setattr("contentsync.watch.loop.take_approvals", take_approvals)
    monkeypatch.setattr("contentsync.watch.kept_project.KeptProject.shares", True)
    stage.run(10)
    (words,) = said(stage, "next")
    assert words.startswith("next: acme/early ") and words.endswith("; 1 approved")


def test_with_auto_every_post_counts_and_one_that_is_due_goes_now(stage: Stage) -> None:
    stage.studio.post("early", publish_at=at(HOUR))
    stage.studio.post("launch")
    stage.run(10)
    assert said(stage, "next") == ["next: acme/launch now; 2 to be sent"]


def test_a_pause_and_its_end_are_each_said_once(stage: Stage) -> None:
    stage.studio.post("launch", publish_at=at(5 * HOUR))
    script = stage.script()
    script.at(99, lambda: stage.studio.run("pause", "acme", "--reason", "wrong logo"), silent=True)
    script.at(300, lambda: stage.studio.run("resume", "acme"), silent=True)
    stage.run(600, script, tick=1.0)
    (paused,), resumed = said(stage, "paused"), said(stage, "resumed")
    assert paused.startswith("acme paused by ") and paused.endswith(
        ": wrong logo; to end it: contentsync resume acme"
    )
    assert resumed == ["acme resumed; what is due may be sent again"]


def test_a_watch_that_begins_says_which_accounts_are_paused(stage: Stage) -> None:
    stage.studio.write("contentsync.yaml", PROJECT.replace("{mode: direct,", "{mode: direct, paused: true,"))
    stage.studio.post("launch")
    stage.run(200, full_every=20.0)
    assert said(stage, "paused") == ["acme paused in contentsync.yaml; nothing is begun for it"]


def test_asking_about_one_post_reads_no_manifest(stage: Stage) -> None:
    stage.studio.post("launch")
    stage.emulator.add_fault("video_init:stuck")
    stage.run(30)
    with stage.opened() as project:
        for manifest in (stage.studio.root / "posts").glob("*.yaml"):
            manifest.write_text("no: [manifest")
        before, found = ask_about(project, ["acme/launch", "acme/unknown", "nobody/launch"])
    assert {key: row and str(row.last and row.last.phase) for key, row in before.items()} == {
        "acme/launch": "processing",
        "acme/unknown": None,
        "nobody/launch": None,
    }
    assert (found.rows, found.failures) == (before, {})
