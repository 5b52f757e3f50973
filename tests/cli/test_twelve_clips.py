"""A creator with twelve clips and a daily slot: three commands until twelve days are approved, then an edit."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contentsync.emulator.server import Emulator
from tests.builders import ManualClock
from tests.cli.at_a_desk import Desk, a_desk
from tests.cli.signing import Login, a_studio, consented
from tests.cli.support import PROJECT, Studio

CLIPS = 12
DAY = timedelta(days=1)
EVE = datetime(2026, 3, 1, 12, tzinfo=UTC)
WITH_SLOTS = 'acme: {timezone: Europe/Berlin, slots: ["daily 18:00"], mode'
DAILY = PROJECT.partition("api: ")[0].replace("acme: {mode", WITH_SLOTS)


def the_clips(studio: Studio) -> None:
    for number in range(1, CLIPS + 1):
        studio.post(f"part-{number}", publish_at="next-slot")


def test_three_commands_lead_from_sign_in_to_twelve_approved_days(tmp_path: Path, emulator: Emulator) -> None:
    studio = a_studio(tmp_path, emulator)
    written = (studio.root / "contentsync.yaml").read_text()
    slots = '    mode: direct\n    timezone: Europe/Berlin\n    slots: ["daily 18:00"]\n'
    studio.write("contentsync.yaml", written.replace("    mode: direct\n", slots))
    the_clips(studio)

    login = Login(studio, "acme", "--no-browser")
    assert login.ends(consented(login.address()) + "\n").code == 0  # one
    assert studio.run("plan").code == 0  # two: to see what will happen
    approved = studio.run("approve", "--all", "--auto-approve")  # three
    assert approved.code == 0 and "Approved: 12 posts." in approved.out

    found = studio.run("agenda", "--days", "13", "--json").json["posts"]
    assert [one["post"] for one in found] == [f"acme/part-{number}" for number in range(1, CLIPS + 1)]
    assert all(one["approved"] and not one["in_the_way"] for one in found)
    days = [datetime.fromisoformat(one["at"]).date() for one in found]
    assert days == [days[0] + number * DAY for number in range(CLIPS)]
    assert " 18:00 CE" in studio.run("agenda").out  # CET or CEST


def test_the_commands_of_the_readme_for_many_clips_approve_them_all(studio: Studio) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    block = readme.partition("Many clips")[2].partition("```sh\n")[2].partition("```")[0]
    new, approve, watch = (shlex.split(line)[1:] for line in block.splitlines())
    written = (studio.root / "contentsync.yaml").read_text("utf-8")
    studio.write("contentsync.yaml", written.replace("acme: {", 'acme: {slots: ["daily 18:00"], '))
    for number in range(CLIPS):
        studio.video(f"june/{number}.mp4")
    clips = [str(path.relative_to(studio.root)) for path in studio.root.glob(new.pop(1))]

    made = studio.run(*new, *clips, "--account", "acme", "--auto-approve")  # that project has several accounts
    approved = studio.run(*approve, "--auto-approve")

    assert (made.code, len(clips)) == (0, CLIPS) and "Written: 12 manifests. Next: contentsync plan" in made.out
    assert (approved.code, watch) == (0, ["watch"]) and "Approved: 12 posts. `contentsync watch`" in approved.out


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    with a_desk(tmp_path, ManualClock(EVE), capsys) as made:
        made.site.studio.write("contentsync.yaml", DAILY)
        the_clips(made.site.studio)
        assert made.run("approve", "--all", "--auto-approve").code == 0
        yield made


def sent(desk: Desk) -> list[str]:
    tasks: Any = desk.site.emulator.ledger()["tasks"]
    return [task["caption"].removeprefix("About part-") for task in tasks if task["committed"]]


def the_next_slot(desk: Desk) -> int:
    """The run that cron starts at the time of the day's slot; its exit code."""
    now = desk.clock.now()
    slot = now.replace(hour=17, minute=0, second=0, microsecond=0)  # 18:00 in Berlin
    desk.clock.advance(slot + (DAY if slot < now else timedelta()) - now)
    return desk.run("apply", "--approved").code


def test_each_clip_goes_out_on_its_day(desk: Desk) -> None:
    for number in range(1, CLIPS + 1):
        assert the_next_slot(desk) == 0
        assert sent(desk) == [str(one) for one in range(1, number + 1)]


def test_an_edit_the_day_before_is_not_sent_until_it_is_approved_again(desk: Desk) -> None:
    assert the_next_slot(desk) == 0
    desk.site.studio.post("part-2", publish_at="next-slot", caption="About part-2 with an afterthought")
    assert the_next_slot(desk) == 5 and sent(desk) == ["1"]
    said = desk.run("apply", "--approved").text
    assert "its approval lapsed: the caption changed" in said and "contentsync approve acme/part-2" in said
    assert desk.run("approve", "part-2", "--auto-approve").code == 0
    assert desk.run("apply", "--approved").code == 0  # within the hour of its slot
    assert sent(desk) == ["1", "2 with an afterthought"]
    assert the_next_slot(desk) == 0 and sent(desk)[-1] == "3"


def test_an_edit_that_nobody_approves_in_time_goes_to_the_end_of_the_queue_and_moves_no_other(desk: Desk) -> None:
    assert the_next_slot(desk) == 0
    desk.site.studio.post("part-2", publish_at="next-slot", caption="About part-2 with an afterthought")
    assert the_next_slot(desk) == 5
    desk.later(hours=3)
    assert desk.run("approve", "part-2", "--auto-approve").code == 0
    for _ in range(3, CLIPS + 1):
        assert the_next_slot(desk) == 0
    assert sent(desk) == ["1", *(str(one) for one in range(3, CLIPS + 1))]
    assert the_next_slot(desk) == 0 and sent(desk)[-1] == "2 with an afterthought"
