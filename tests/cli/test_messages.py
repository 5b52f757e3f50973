"""What is said when something goes wrong is true, has the facts at hand, and names the next step; also later on.

One test a situation, made by the emulator as TikTok would make it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from contentsync.emulator.config import Account, App
from tests.builders import ManualClock
from tests.cli.at_a_desk import Desk, a_desk
from tests.cli.support import Studio, an_emulator

LOG_ID = re.compile(r"log_id \w+")


@pytest.fixture
def desk(tmp_path: Path, clock: ManualClock, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    with a_desk(tmp_path, clock, capsys, accounts=(Account("acme"), Account("acme_de"))) as made:
        yield made


def declare(desk: Desk, name: str = "v", account: str = "acme", **keys: object) -> None:
    desk.site.studio.post(name, account, **({} if account != "acme" else {"privacy": "only_me"}) | keys)


def test_a_refused_upload_says_what_is_there_and_until_when_more_may_arrive(desk: Desk) -> None:
    declare(desk)
    desk.site.emulator.add_fault("upload:status=403,count=all")
    said = desk.apply("--wait", "1")
    assert said.code == 3
    assert re.search(r"TikTok answered 403 to a chunk.*; 0 of [\d,]+ bytes are known to be there", said.text)
    assert re.search(r"may still arrive until \w{3} \d+ \w{3} \d\d:\d\d UTC", said.text)
    assert "after it, run contentsync apply" in said.text
    assert "TikTok has it" not in said.text


def test_a_read_that_fails_says_what_was_asked_and_that_nothing_was_sent(desk: Desk) -> None:
    declare(desk)
    desk.site.emulator.add_fault("user_info:status=500,count=all")
    said = desk.run("plan")
    assert "TikTok could not answer (500) when asked for who the account is" in said.text
    assert "account acme is left out" in said.text and "nothing was sent" in said.text
    assert LOG_ID.search(said.text)
    assert "what it did is not known" not in said.text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "fix"),
    [
        ("spam_risk_user_banned_from_posting", "can find the reason, and appeal, in the TikTok app"),
        ("url_ownership_unverified", "verify it in TikTok's developer portal"),
        ("privacy_level_option_mismatch", "choose a privacy"),
    ],
)
@pytest.mark.parametrize("later", ["plan", "status", "explain v"])
def test_the_fix_of_a_failure_is_said_again_later(desk: Desk, code: str, fix: str, later: str) -> None:
    declare(desk)
    desk.site.emulator.add_fault(f"video_init:error={code}")
    assert fix in desk.apply().text
    said = desk.run(*later.split()).text
    assert fix in said
    assert "contentsync apply --retry acme/v" in said
    assert said.count(f"[{code.replace('_', '-')}") <= 2


@pytest.mark.parametrize("reason", ["file_format_check_failed", "picture_size_check_failed"])
def test_photos_are_not_told_to_export_a_video(reason: str, tmp_path: Path) -> None:
    with an_emulator(app=App(audited=True)) as emulator:
        studio = Studio(tmp_path / "studio", emulator.environment)
        studio.post("album", photos=["https://media.acme.example/1.jpg"], privacy="everyone")
        emulator.add_fault(f"photo_init:fail={reason}")
        for args in (("apply", "--auto-approve"), ("plan",), ("status",)):
            told = studio.run(*args)
            assert reason.replace("_", "-") in told.out
            assert "photo" in told.out and "the video" not in told.out


def test_a_length_that_does_not_fit_is_compared_with_the_accounts(desk: Desk) -> None:
    declare(desk)
    desk.site.emulator.add_fault("video_init:fail=duration_check_failed")
    assert "compare its length with the longest that `contentsync accounts` shows" in desk.apply().text


def test_invalid_params_admits_that_no_field_is_named(desk: Desk) -> None:
    declare(desk, "draft", "acme_de")
    desk.site.emulator.add_fault("inbox_init:error=invalid_params")
    said = desk.apply().text
    assert "TikTok does not say which field" in said and "contentsync explain acme_de/draft" in said
    assert LOG_ID.search(said) and "check caption" not in said


def test_invalid_params_of_a_read_speaks_of_no_post(desk: Desk) -> None:
    declare(desk)
    desk.site.emulator.add_fault("creator_info:error=invalid_params,count=all")
    said = desk.run("plan").text
    assert "nothing was sent; run the same command again" in said and "caption" not in said


def test_a_full_inbox_is_looked_at_again_by_itself_and_says_when(desk: Desk) -> None:
    declare(desk, "draft", "acme_de")
    desk.site.emulator.add_fault("inbox_init:error=spam_risk_too_many_pending_share")
    said = desk.apply()
    assert said.code == 5
    assert "post drafts in the TikTok app" in said.text
    assert re.search(r"next try: \w{3} \d+ \w{3} [\d:]+ UTC, in 4 h", said.text)
    assert re.search(r"waits: the inbox holds .*; next try \w{3} .*, in 4 h", desk.run("plan").text)


def test_the_daily_cap_says_when_and_that_nothing_is_to_be_done(desk: Desk) -> None:
    declare(desk)
    desk.site.emulator.add_fault("video_init:error=spam_risk_too_many_posts")
    said = desk.apply()
    assert said.code == 5
    assert "nothing to do" in said.text
    assert re.search(r"next try: \w{3} \d+ \w{3} [\d:]+ UTC, in 1 d", said.text)
    plan = desk.run("plan").text
    assert re.search(r"waits: .*cap of posts.*; next try \w{3} \d+ \w{3} [\d:]+ UTC, in (23 h|1 d)", plan)
    assert "log_id" not in plan


def test_an_upload_that_tiktok_does_not_know_yet_is_not_said_to_be_there(desk: Desk) -> None:
    declare(desk)
    desk.site.emulator.add_fault("status:error=invalid_publish_id,count=all")
    said = desk.apply("--wait", "5")
    assert said.code == 3
    assert "TikTok does not know this upload yet" in said.text
    assert "contentsync status acme/v --wait 10m" in said.text
    assert "TikTok has it" not in said.text


def test_a_missing_scope_names_the_scope_and_the_drafts_go_out(tmp_path: Path) -> None:
    scopes = ("user.info.basic", "video.upload")
    with an_emulator(accounts=(Account("acme", private=False, scopes=scopes),)) as emulator:
        studio = Studio(tmp_path / "studio", emulator.environment)
        studio.post("v")
        studio.post("d", mode="draft")
        told = studio.run("apply", "--auto-approve")
        assert "lacks the scope video.publish" in told.out and "or set mode: draft" in told.out
        assert "acme/d  delivered" in told.out


def test_a_private_account_of_an_unaudited_app_is_not_called_public(tmp_path: Path) -> None:
    with an_emulator(accounts=(Account("acme", private=True),), app=App(audited=False)) as emulator:
        studio = Studio(tmp_path / "studio", emulator.environment)
        studio.write(
            "contentsync.yaml",
            (studio.root / "contentsync.yaml").read_text().replace("audited: true", "audited: false"),
        )
        studio.post("v", privacy="followers")
        told = studio.run("plan")
        assert "privacy: only_me" in told.out and "mode: draft" in told.out
        assert "the account is public" not in told.out


def test_what_is_published_has_its_link(tmp_path: Path) -> None:
    with an_emulator() as emulator:
        studio = Studio(tmp_path / "studio", emulator.environment)
        studio.post("v")
        told = studio.run("apply", "--auto-approve")
        assert re.search(r"https://www\.tiktok\.com/@acme/video/\d+", told.out)


def test_a_status_that_can_not_be_read_does_not_say_that_nothing_was_sent(desk: Desk) -> None:
    declare(desk)
    desk.site.emulator.add_fault("status:status=500,count=all")
    said = desk.apply("--wait", "1m")
    assert said.code == 3, said.text
    assert "run the same command again" in said.text and "nothing was sent" not in said.text


def test_status_says_when_a_post_is_due_and_what_blocks_it(desk: Desk) -> None:
    declare(desk, "ahead", publish_at="2026-03-03T09:00:00Z")
    declare(desk, "missed", publish_at="2026-01-03T09:00:00Z")
    declare(desk, "held", hold=True)
    declare(desk, "due")
    said = desk.run("status").text
    assert re.search(r"acme/ahead +waiting +Tue 3 Mar 09:00 UTC, in \d", said)
    assert re.search(r"acme/missed +missed\n", said) and "give it a new publish_at" in said
    assert re.search(r"acme/held +waiting +hold: true", said)
    assert re.search(r"acme/due +new +the next apply sends it", said)


def test_many_waiting_posts_are_one_line_with_the_next_and_the_last_time(desk: Desk) -> None:
    for day in range(2, 24):
        declare(desk, f"day-{day:02d}", publish_at=f"2026-03-{day:02d}T09:00:00Z")
    short, full = desk.run("plan", "--no-refresh").text, desk.run("plan", "--no-refresh", "--full").text
    assert re.search(r"22 posts +wait .*Mon 2 Mar 09:00 UTC, in .* \(acme/day-02\), to Mon 23 Mar 09:00 UTC", short)
    assert "acme/day-03" not in short and full.count("waits for its publish_at") == 22


def test_times_are_in_the_zone_of_the_account(desk: Desk) -> None:
    project = desk.site.studio.root / "contentsync.yaml"
    project.write_text(project.read_text().replace("acme: {", "acme: {timezone: Europe/Berlin, ", 1))
    declare(desk, "ahead", publish_at="2026-03-03T09:00:00")
    for verb in ("plan", "status"):
        assert "Tue 3 Mar 09:00 CET, in " in desk.run(verb).text
    assert '"due_at": "2026-03-03T08:00:00Z"' in desk.run("plan", "--json").text


@pytest.mark.parametrize("given", ["--log-format", "-v"])
def test_an_option_that_belongs_before_the_command_is_told_where_it_goes(given: str, offline: Studio) -> None:
    ran = offline.run("validate", given)
    assert (ran.code, f"contentsync {given} … validate" in ran.err) == (64, True), ran.err
    assert "goes before the command" not in offline.run("validate", "--logg").err
