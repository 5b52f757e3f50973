"""The agenda: what goes out when, in the account's zone, who approved it, and what stands in its way."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

from contentsync.clock import SystemClock
from contentsync.emulator.server import Emulator
from tests.cli.signing import Login, a_studio, consented
from tests.cli.support import Studio


def in_days(days: float) -> str:
    return (SystemClock().now() + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_it_lists_what_goes_out_in_the_order_of_its_time(studio: Studio) -> None:
    studio.post("later", publish_at=in_days(2))
    studio.post("now")
    studio.post("held", hold=True)
    studio.post("next-month", publish_at=in_days(30))
    found = studio.run("agenda", "--json").json
    assert found["format"] == "contentsync.agenda/1"
    assert [one["post"] for one in found["posts"]] == ["acme/now", "acme/later", "acme/held"]
    assert [one["at"] is None for one in found["posts"]] == [False, False, True]
    assert found["later"] == 1 and found["posts"][1]["where"] == "posts/later.yaml:1:1"
    assert len(studio.run("agenda", "--days", "60", "--json").json["posts"]) == 4


def test_people_read_the_time_in_the_account_s_zone(studio: Studio) -> None:
    project = (studio.root / "contentsync.yaml").read_text()
    studio.write("contentsync.yaml", project.replace("acme: {mode", "acme: {timezone: Asia/Tokyo, mode"))
    studio.post("later", publish_at=in_days(2))
    line = studio.run("agenda").out.splitlines()[0]
    assert " JST, in " in line and "acme/later" in line


def test_what_goes_out_with_the_next_apply_goes_out_now(studio: Studio) -> None:
    studio.post("soon")
    assert studio.run("agenda").out.startswith("+ now  acme/soon  ")


def test_it_says_who_approved_what_and_what_lapsed(studio: Studio) -> None:
    studio.post("one", publish_at=in_days(1))
    studio.post("two", publish_at=in_days(2))
    assert "approved" not in studio.run("agenda").out
    studio.run("approve", "one", "--auto-approve")
    told = studio.run("agenda").out
    assert told.count("approved by ") == 1 and told.count("    not approved") == 1
    studio.post("one", publish_at=in_days(1), caption="Another")
    assert "its approval lapsed: the caption" in studio.run("agenda").out


def test_it_says_what_stands_in_the_way(studio: Studio) -> None:
    studio.post("missed", publish_at=in_days(-2))
    studio.post("fine", publish_at=in_days(2))
    studio.run("pause", "acme", "--reason", "wrong logo")
    found = {one["post"]: one for one in studio.run("agenda", "--json").json["posts"]}
    assert [problem["code"] for problem in found["acme/missed"]["in_the_way"]] == ["missed"]
    assert "wrong logo" in found["acme/fine"]["reason"] and found["acme/fine"]["at"]


def test_a_faulty_post_is_listed_with_its_fault(offline: Studio) -> None:
    offline.post("bad", privacy="nobody")
    ran = offline.run("agenda", "--json")
    assert ran.code == 1
    assert ran.json["posts"][0]["post"] == "acme/bad" and ran.json["posts"][0]["in_the_way"]


def test_nothing_to_come_is_said(offline: Studio) -> None:
    assert offline.run("agenda").out == "Nothing goes out in the next 14 days.\n"


def test_it_names_the_free_slots_and_the_days_without_a_post(studio: Studio) -> None:
    project = (studio.root / "contentsync.yaml").read_text()
    slots = 'acme: {timezone: Asia/Tokyo, slots: ["daily 09:00"], mode'
    studio.write("contentsync.yaml", project.replace("acme: {mode", slots))
    for number in range(3):
        studio.post(f"part-{number}", publish_at="next-slot")
    found = studio.run("agenda", "--days", "5", "--json").json
    (gap,) = found["gaps"]
    taken = [one["at"] for one in found["posts"]]
    assert gap["account"] == "acme" and len(taken) == 3 and len(gap["free_slots"]) == 2
    assert not set(taken) & set(gap["free_slots"]) and all(slot.endswith("T00:00:00Z") for slot in gap["free_slots"])
    posted = {one["at"][:10] for one in found["posts"]}  # midnight UTC is nine o'clock of the same day in Tokyo
    assert not posted & set(gap["days_without_a_post"]) and len(gap["days_without_a_post"]) == 2
    told = studio.run("agenda", "--days", "5").out
    assert (
        "Gaps in the next 5 days:\n  acme  free slots: " in told and " 09:00 JST" in told and "no post on: " in told
    )


def test_an_account_without_slots_has_gaps_of_days_only_and_one_without_posts_none(studio: Studio) -> None:
    studio.post("later", publish_at=in_days(2))
    (gap,) = studio.run("agenda", "--days", "4", "--json").json["gaps"]
    assert gap["account"] == "acme" and gap["free_slots"] == [] and len(gap["days_without_a_post"]) == 3


def test_many_posts_without_a_time_become_one_line(offline: Studio) -> None:
    for number in range(25):
        offline.post(f"held-{number}", hold=True)
    ran = offline.run("agenda")
    assert "⏸ no time yet 25 posts: hold: true  (contentsync plan --full lists them)\n" in ran.out
    assert "acme/held-3" not in ran.out.partition("Gaps")[0]
    assert len(offline.run("agenda", "--json").json["posts"]) == 25


def test_a_file_that_is_only_a_pointer_here_stands_in_the_way(studio: Studio) -> None:
    studio.post("launch")
    film = studio.root / "posts" / "launch.mp4"
    digest = hashlib.sha256(film.read_bytes()).hexdigest()
    film.write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {film.stat().st_size}\n")
    entry = studio.run("agenda", "--json").json["posts"][0]
    assert (entry["action"], [one["code"] for one in entry["in_the_way"]]) == ("blocked", ["media-lfs-pointer"])
    assert studio.run("agenda").out.startswith("✗ ")


def test_a_scope_that_the_sign_in_lacks_stands_in_the_way(tmp_path: Path, emulator: Emulator) -> None:
    studio = a_studio(tmp_path, emulator)
    login = Login(studio, "acme", "--no-browser", "--scope", "user.info.basic,video.upload")
    assert login.ends(consented(login.address()) + "\n").code == 0
    studio.post("launch")
    studio.post("later", publish_at=in_days(2))
    found = {one["post"]: one for one in studio.run("agenda", "--json").json["posts"]}
    assert found["acme/launch"]["action"] == "blocked"
    assert all("scope-missing" in [p["code"] for p in one["in_the_way"]] for one in found.values())
