"""What does `plan` show, and what does it leave alone?"""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from contentsync.emulator.server import Emulator
from tests.cli.support import Studio

READS = {"user_info", "creator_info", "video_list", "video_query", "status"}


def test_a_plan_sends_nothing_but_reads(studio: Studio, emulator: Emulator) -> None:
    studio.post("one")
    studio.post("two", "acme_de")

    assert studio.run("plan").code == 0

    assert {request["endpoint"] for request in emulator.requests()} <= READS


def test_a_plan_without_a_network_asks_nothing_and_needs_no_token(offline: Studio) -> None:
    offline.post("one")

    ran = offline.run("plan", "--no-refresh")

    assert (ran.code, "1 to create" in ran.out) == (0, True)


def test_a_plan_shows_what_will_be_public_and_what_is_not_sent(studio: Studio) -> None:
    studio.post("one", caption="Hello 🎉 world")
    studio.post("two", "acme_de", caption="for the creator's eyes")

    out = studio.run("plan").out

    assert "+ acme/one" in out
    assert "direct post, PUBLIC: everyone" in out
    assert "Hello 🎉 world" in out
    assert "not sent  caption" in out
    assert "Plan: 2 to create, 0 unchanged." in out


def test_the_exit_code_tells_changes_only_where_it_is_asked_for(studio: Studio) -> None:
    studio.post("one")

    assert studio.run("plan").code == 0
    assert studio.run("plan", "--detailed-exitcode").code == 2
    studio.run("apply", "--auto-approve")
    assert studio.run("plan", "--detailed-exitcode").code == 0


def one_missed(studio: Studio) -> None:
    studio.post("late", publish_at="2020-01-01T09:00:00Z")


def one_with_errors(studio: Studio) -> None:
    studio.post("wrong", privacy="nobody")


def one_unknown(studio: Studio) -> None:
    studio.post("pulled", "acme_de", video="https://media.acme.example/a.mp4")
    studio.run("apply", "--auto-approve", "--only", "pulled")


def one_over_a_cap(studio: Studio) -> None:
    text = (studio.root / "contentsync.yaml").read_text()
    studio.write(
        "contentsync.yaml",
        text.replace("acme: {mode: direct, limits: {", "acme: {mode: direct, limits: {posts_per_day: 1, "),
    )
    studio.post("two")


def one_for_later(studio: Studio) -> None:
    studio.post("later", publish_at="2100-01-01T09:00:00Z")


@pytest.mark.parametrize(
    ("beside", "planned", "status"),
    [(one_missed, 5, 5), (one_with_errors, 1, 5), (one_unknown, 4, 4), (one_over_a_cap, 5, 0), (one_for_later, 2, 0)],
)
def test_the_detailed_exit_code_says_what_a_perfect_apply_would_leave(
    studio: Studio, emulator: Emulator, beside: Callable[[Studio], None], planned: int, status: int
) -> None:
    emulator.add_fault("inbox_init:drop_after")
    beside(studio)
    studio.post("one")
    assert studio.run("plan", "--detailed-exitcode").code == planned
    assert studio.run("plan").code in {0, 1}
    assert studio.run("status", "--exit-code").code == status


def test_json_goes_to_stdout_alone(studio: Studio) -> None:
    studio.post("one")

    plan = studio.run("plan", "--json").json

    assert plan["format"] == "contentsync.plan/1"
    assert plan["summary"]["create"] == 1
    assert plan["accounts"]["acme"]["username"] == "acme"
    assert plan["actions"][0]["post"] == "acme/one"
    assert plan["actions"][0]["media"][0]["bytes"] > 0


def test_a_faulty_post_is_blocked_with_its_places_and_the_others_are_planned(studio: Studio) -> None:
    studio.post("one")
    studio.write(
        "posts/bad.yaml", "name: bad\naccount: acme\nvideo: gone.mp4\nprivacy: everyone\ncaption: My day #fyp\n"
    )

    ran = studio.run("plan")

    assert ran.code == 1
    assert "✗ acme/bad" in ran.out
    assert "posts/bad.yaml:3:8:" in ran.out
    assert "[caption-cut-by-comment]" in ran.out
    assert "+ acme/one" in ran.out
    assert "Traceback" not in ran.err
    assert studio.run("plan", "--strict").out == ""
    assert studio.run("plan", "--only", "one").code == 0


def test_a_file_that_can_not_be_read_is_told_and_the_others_are_planned(studio: Studio) -> None:
    studio.post("one")
    studio.write("posts/bad.yaml", "name: 'open\n")

    ran = studio.run("plan", "--json")

    assert ran.code == 1
    assert "posts/bad.yaml:1:7:" in ran.err
    plan = json.loads(ran.out)
    assert [(action["post"], action["action"]) for action in plan["actions"]] == [("acme/one", "create")]
    assert [note["code"] for note in plan["notes"] if note["level"] == "error"] == ["yaml-syntax"]
    chosen = studio.run("plan", "--only", "one")
    assert (chosen.code, "warning" in chosen.err) == (0, True)


def test_a_faulty_project_file_stops_everything(studio: Studio) -> None:
    studio.post("one")
    file = studio.root / "contentsync.yaml"
    file.write_text(file.read_text("utf-8") + "nonsense: 1\n", "utf-8")
    assert studio.run("plan", "--only", "one").code == 1


@pytest.mark.parametrize(
    "args", [["--account", "acm"], ["--only", "nothing*"], ["--exclude", "nope"], ["--allow", "everything"]]
)
def test_a_name_that_is_not_there_is_an_error_of_usage(studio: Studio, args: list[str]) -> None:
    studio.post("one")

    assert studio.run("plan", *args).code == 64


def test_only_and_exclude_choose_by_key_or_name(studio: Studio) -> None:
    studio.post("one")
    studio.post("two")
    studio.post("three", "acme_de")

    def keys(*args: str) -> list[str]:
        return [action["post"] for action in studio.run("plan", "--json", *args).json["actions"]]

    assert keys("--only", "t*") == ["acme/two", "acme_de/three"]
    assert keys("--only", "acme/*", "--exclude", "two") == ["acme/one"]
    assert keys("--account", "acme_de") == ["acme_de/three"]


def test_an_account_without_a_token_leaves_the_others_in_the_plan(studio: Studio) -> None:
    studio.post("one")
    studio.post("two", "acme_de")
    for name in ("CONTENTSYNC_TOKEN_ACME_DE", "CONTENTSYNC_REFRESH_TOKEN_ACME_DE"):
        studio.environment.pop(name)

    ran = studio.run("plan")

    assert ran.code == 8
    assert "acme/one" in ran.out
    assert "[no-token]" in ran.err


def test_many_actions_of_one_kind_fold_into_one_line(studio: Studio) -> None:
    for number in range(21):
        studio.post(f"p{number:02}", "acme_de", hold=True)

    out = studio.run("plan").out

    assert "21 posts" in out
    assert "p05" not in out
    assert "p05" in studio.run("plan", "--full").out


def test_posts_that_a_guard_will_stop_later_fold_although_each_names_another_post(studio: Studio) -> None:
    caps = "posts_per_day: 99, max_creates_per_day: 99, max_creates_per_run: 99, inits_per_minute: 100"
    project = (studio.root / "contentsync.yaml").read_text()
    studio.write("contentsync.yaml", project.replace("inits_per_minute: 100", caps, 1))
    for number in range(21):
        studio.post(f"p{number:02}", publish_at="2099-01-01T09:00:00Z")
        studio.post(f"q{number:02}", publish_at="2099-01-02T09:00:00Z", video=f"p{number:02}.mp4")

    out = studio.run("plan").out

    (line,) = [line for line in out.splitlines() if "then blocked" in line]
    assert "21 posts" in line and "[same-media]" in line
    assert "acme/p05 has the same media" in studio.run("plan", "--full").out


def test_a_public_account_of_an_unaudited_app_is_told_before_anything_is_sent(studio: Studio) -> None:
    studio.write(
        "contentsync.yaml", (studio.root / "contentsync.yaml").read_text().replace("audited: true", "audited: false")
    )
    studio.post("one")

    ran = studio.run("apply", "--auto-approve")

    assert ran.code == 5
    assert "[unaudited-public-account]" in ran.out
    assert "draft" in ran.out and "private" in ran.out
