"""Does `apply` do what the plan says, once, and say how it ended?"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from contentsync.emulator.config import Account, Pace
from contentsync.emulator.server import Emulator
from tests.cli.support import Studio, an_emulator

INITS = {"video_init", "inbox_init", "content_init"}


def inits(emulator: Emulator) -> int:
    return sum(request["endpoint"] in INITS for request in emulator.requests())


def tasks(emulator: Emulator) -> list[dict[str, Any]]:
    found = emulator.ledger()["tasks"]
    assert isinstance(found, list)
    return found


def test_direct_posts_and_drafts_arrive_whole_and_a_second_apply_sends_no_init(
    studio: Studio, emulator: Emulator
) -> None:
    caption = "Emoji 🎉👩‍👩‍👧‍👦 and\n\nline breaks #fyp"
    studio.post("one", caption=caption, allow=["comment"], disclosure=["your_brand"], cover_at="500ms")
    studio.post("two", privacy="only_me", ai_generated=True)
    studio.post("three", "acme_de")

    assert studio.run("apply", "--auto-approve").code == 0
    sent = inits(emulator)
    again = studio.run("apply", "--auto-approve")

    assert (again.code, again.out, inits(emulator)) == (0, "Nothing to do: 3 posts as declared.\n", sent)
    told = {task["sha256"]: task for task in tasks(emulator)}
    for name in ("one", "two", "three"):
        digest = hashlib.sha256((studio.root / "posts" / f"{name}.mp4").read_bytes()).hexdigest()
        assert told[digest]["status"] in {"PUBLISH_COMPLETE", "SEND_TO_USER_INBOX"}
    one = next(task for task in tasks(emulator) if task["caption"] == caption)
    assert one["post_info"] == {
        "title": caption,
        "privacy_level": "PUBLIC_TO_EVERYONE",
        "disable_comment": False,
        "disable_duet": True,
        "disable_stitch": True,
        "brand_content_toggle": False,
        "brand_organic_toggle": True,
        "is_aigc": False,
        "video_cover_timestamp_ms": 500,
    }


def test_without_a_terminal_nothing_is_sent_unless_it_was_approved(studio: Studio, emulator: Emulator) -> None:
    studio.post("one")

    ran = studio.run("apply")

    assert (ran.code, emulator.requests()) == (64, [])
    assert "--auto-approve" in ran.err


@pytest.mark.parametrize("bad", ["name: Bad Name\n", "name: bad\naccount: acme\nvideo: gone.mp4\n", "name: 'open\n"])
def test_a_fault_stays_where_it_is(bad: str, studio: Studio, emulator: Emulator) -> None:
    studio.post("one")
    studio.write("posts/bad.yaml", bad)

    assert studio.run("apply", "--auto-approve", "--strict").code == 1
    assert inits(emulator) == 0
    assert studio.run("apply", "--auto-approve").code == 1
    assert [post.caption for post in emulator.posts()] == ["About one"]
    assert studio.run("apply", "--auto-approve", "--only", "one").code == 0
    assert inits(emulator) == 1


def test_a_post_whose_manifest_becomes_unreadable_is_neither_forgotten_nor_taken_for_renamed(
    studio: Studio, emulator: Emulator
) -> None:
    manifest = studio.post("one")
    assert studio.run("apply", "--auto-approve").code == 0
    text = manifest.read_text("utf-8")
    manifest.write_text("caption: 'open\n" + text, "utf-8")
    studio.write("posts/two.yaml", text.replace("name: one", "name: two"))

    plan = json.loads(studio.run("plan", "--json").out)

    assert [(a["post"], a["action"], a["problems"][0]["code"]) for a in plan["actions"]] == [
        ("acme/two", "blocked", "move-held-back")
    ]
    assert studio.run("apply", "--auto-approve").code == 1
    assert inits(emulator) == 1


def test_a_saved_plan_is_its_own_approval_and_is_used_once(studio: Studio, emulator: Emulator) -> None:
    studio.post("one")
    studio.run("plan", "--out", "plan.json")

    first = studio.run("apply", "plan.json")
    second = studio.run("apply", "plan.json")

    assert (first.code, second.code, inits(emulator)) == (0, 7, 1)
    assert "[plan-used]" in second.err


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda studio: studio.post("one", caption="another"), "plan-stale"),
        (lambda studio: studio.video("one.mp4", "other bytes"), "plan-stale"),
        (lambda studio: studio.post("two"), "plan-stale"),
        (lambda studio: (studio.root / ".contentsync" / "state.db").unlink(), "plan-of-another-state"),
    ],
    ids=["caption", "media", "a new manifest", "another state"],
)
def test_a_saved_plan_is_refused_when_anything_differs(
    studio: Studio, emulator: Emulator, change: Any, code: str
) -> None:
    studio.post("one")
    studio.run("plan", "--out", "plan.json")
    change(studio)

    ran = studio.run("apply", "plan.json")

    assert (ran.code, inits(emulator)) == (7, 0)
    assert f"[{code}]" in ran.err


def test_a_saved_plan_that_was_altered_is_refused(studio: Studio, emulator: Emulator) -> None:
    studio.post("one")
    studio.run("plan", "--out", "plan.json")
    path = studio.root / "plan.json"
    path.write_text(path.read_text().replace("acme/one", "acme/two"))

    ran = studio.run("apply", "plan.json")

    assert (ran.code, "[plan-altered]" in ran.err, inits(emulator)) == (7, True, 0)


def test_events_are_json_lines_that_end_with_a_summary(studio: Studio) -> None:
    studio.post("one")

    events = studio.run("apply", "--auto-approve", "--json").events

    assert events[-1]["event"] == "summary"
    assert events[-1]["exit_code"] == 0
    assert events[-1]["counts"]["published"] == 1
    assert {"accepted", "processing", "published", "done"} <= {event["event"] for event in events}


def test_no_wait_sends_every_byte_and_leaves_with_3(studio: Studio, emulator: Emulator) -> None:
    studio.post("one")

    ran = studio.run("apply", "--auto-approve", "--no-wait")

    assert ran.code == 3
    assert tasks(emulator)[0]["sha256"] is not None
    assert studio.run("status", "--wait", "5s").code == 0
    assert studio.run("apply", "--auto-approve").code == 0
    assert inits(emulator) == 1


def test_one_failed_post_does_not_stop_the_others(studio: Studio, emulator: Emulator) -> None:
    studio.post("bad")
    studio.post("good")
    emulator.add_fault("video_init:fail=spam_risk_text")

    ran = studio.run("apply", "--auto-approve")

    assert ran.code == 1
    assert "[spam-risk-text]" in ran.out
    assert [post.caption for post in emulator.posts("acme")] == ["About good"]


def test_a_definite_failure_waits_for_a_person(studio: Studio, emulator: Emulator) -> None:
    studio.post("one")
    emulator.add_fault("video_init:fail=spam_risk_text")
    studio.run("apply", "--auto-approve")

    held = studio.run("apply", "--auto-approve")
    asked = studio.run("apply", "--auto-approve", "--retry", "acme/one")

    assert (held.code, asked.code) == (5, 0)
    assert "--retry acme/one" in held.out


def test_another_identity_behind_the_token_is_refused(studio: Studio, emulator: Emulator) -> None:
    studio.post("one")
    studio.run("apply", "--auto-approve")
    other = emulator.environment
    studio.environment |= {
        "CONTENTSYNC_TOKEN_ACME": other["CONTENTSYNC_TOKEN_ACME_DE"],
        "CONTENTSYNC_REFRESH_TOKEN_ACME": other["CONTENTSYNC_REFRESH_TOKEN_ACME_DE"],
    }
    studio.post("two")

    ran = studio.run("apply", "--auto-approve")

    assert (ran.code, "[other-identity]" in ran.err) == (8, True)


def test_two_names_of_one_account_are_refused(studio: Studio, emulator: Emulator) -> None:
    studio.post("one")
    studio.post("two", "acme_de")
    studio.environment |= {
        "CONTENTSYNC_TOKEN_ACME_DE": studio.environment["CONTENTSYNC_TOKEN_ACME"],
        "CONTENTSYNC_REFRESH_TOKEN_ACME_DE": studio.environment["CONTENTSYNC_REFRESH_TOKEN_ACME"],
    }

    ran = studio.run("apply", "--auto-approve")

    assert (ran.code, "[open-id-twice]" in ran.err, inits(emulator)) == (1, True, 0)


def test_a_cap_puts_off_what_is_over_it(tmp_path: Path) -> None:
    with an_emulator(accounts=(Account("acme", private=False), Account("acme_de"))) as served:
        studio = Studio(tmp_path / "studio", served.environment)
        for number in range(7):
            studio.post(f"p{number}", "acme_de")

        ran = studio.run("apply", "--auto-approve")

        assert ran.code == 5
        assert len(served.posts("acme_de")) == 5
        actions = studio.run("plan", "--json").json["actions"]
        assert [action["action"] for action in actions] == ["wait", "wait"]
        assert all(action["due_at"] for action in actions)


def test_receipts_tell_what_became_of_each_post(studio: Studio) -> None:
    studio.post("one")
    studio.run("apply", "--auto-approve")

    told = json.loads((studio.root / "receipts" / "acme" / "one.json").read_text())

    assert (told["post"], told["phase"]) == ("acme/one", "published")
    assert told["url"].startswith("https://www.tiktok.com/@acme/video/")


def test_nothing_that_a_run_leaves_behind_holds_a_token(studio: Studio, emulator: Emulator, home: Path) -> None:
    studio.post("one")
    ran = studio.run("-v", "apply", "--auto-approve", "--json")
    studio.run("plan", "--out", "plan.json")

    secrets = [value.encode() for name, value in studio.environment.items() if "TOKEN" in name or "SECRET" in name]
    left = [path.read_bytes() for path in studio.root.rglob("*") if path.is_file()]
    said = [ran.out.encode(), ran.err.encode()]

    assert not any(secret in text for secret in [*secrets, b"upload_token"] for text in [*left, *said])
    assert all(path.stat().st_mode & 0o077 == 0 for path in home.rglob("tokens.json"))


def test_the_limit_by_the_minute_is_kept_from_run_to_run(studio: Studio, emulator: Emulator) -> None:
    text = (studio.root / "contentsync.yaml").read_text().replace("inits_per_minute: 100", "inits_per_minute: 2")
    studio.write("contentsync.yaml", text)
    studio.post("one")
    studio.post("two")
    studio.run("apply", "--auto-approve", "--no-wait")
    with contextlib.closing(sqlite3.connect(studio.root / ".contentsync" / "state.db")) as state:
        scopes = {row[0] for row in state.execute("SELECT scope FROM calls WHERE endpoint LIKE '%init%'")}

    assert scopes == {emulator.accounts["acme"].open_id}


def test_a_token_that_no_renewal_cures_needs_a_sign_in(studio: Studio, emulator: Emulator) -> None:
    studio.post("one")
    emulator.add_fault("user_info:error=access_token_invalid,status=401,count=all")

    assert studio.run("plan").code == 8
    assert studio.run("apply", "--auto-approve").code == 8


# A move goes on with what its row was left at.


def rename(studio: Studio, old: str, new: str) -> None:
    path = studio.root / "posts" / f"{old}.yaml"
    path.write_text(path.read_text().replace(f"name: {old}", f"name: {new}"))


@pytest.mark.parametrize(("polls", "code", "result"), [(99, 3, "processing"), (2, 0, "published")])
def test_an_open_attempt_goes_on_in_the_run_that_renames_its_post(
    tmp_path: Path, polls: int, code: int, result: str
) -> None:
    with an_emulator(pace=Pace(processing_polls=polls, moderation_polls=0)) as emulator:
        studio = Studio(tmp_path / "studio", emulator.environment)
        studio.post("one")
        assert studio.run("apply", "--auto-approve", "--no-wait").code == 3
        rename(studio, "one", "renamed")
        planned = studio.run("plan", "--no-refresh", "--detailed-exitcode")
        ran = studio.run("apply", "--auto-approve", "--wait", "200ms", "--json")
        assert (planned.code, "was acme/one; then resume: was left processing" in planned.out) == (2, True)
        assert (ran.code, ran.events[-1]["exit_code"], inits(emulator)) == (code, code, 1)
        ended = [(event["post"], event["result"]) for event in ran.events if event["event"] == "done"]
        assert ended == [("acme/renamed", "moved"), ("acme/renamed", result)]


def test_an_unknown_outcome_still_needs_a_person_when_its_post_is_renamed(studio: Studio, emulator: Emulator) -> None:
    studio.post("one", video="https://media.acme.example/a.mp4", privacy="only_me")
    emulator.add_fault("video_init:drop_after")
    assert studio.run("apply", "--auto-approve").code == 4
    rename(studio, "one", "renamed")

    planned = studio.run("plan", "--json").json["actions"][0]
    shown = studio.run("plan").out
    ran = studio.run("apply", "--auto-approve", "--json")

    assert (planned["action"], planned["then"]) == ("move", "unknown")
    assert (ran.code, inits(emulator)) == (4, 1)
    assert "contentsync resolve acme/renamed" in shown
    told = [(event["event"], event.get("action"), event.get("result")) for event in ran.events]
    assert told == [("left", "unknown", None), ("done", None, "moved"), ("summary", None, None)]
    assert (ran.events[-1]["counts"]["left"], ran.events[-1]["counts"]["moved"]) == (1, 1)
    kept = studio.run("resolve", "renamed", "--keep")
    assert (kept.code, "raise its `generation`" in kept.err) == (0, True)


def test_a_post_that_failed_and_was_edited_and_renamed_is_sent_by_the_plan_that_says_so(
    studio: Studio, emulator: Emulator
) -> None:
    studio.post("one")
    emulator.add_fault("video_init:fail=spam_risk_text")
    assert studio.run("apply", "--auto-approve").code == 1
    emulator.clear_faults()
    studio.post("one", caption="corrected")
    rename(studio, "one", "renamed")
    studio.run("plan", "--out", "plan.json")

    ran = studio.run("apply", "plan.json")

    assert (ran.code, inits(emulator), len(emulator.posts())) == (0, 2, 1)
    assert studio.run("apply", "--auto-approve").out == "Nothing to do: 1 post as declared.\n"


BANNED = "creator_info:error=spam_risk_user_banned_from_posting,count=all"


@pytest.mark.parametrize("saved", [False, True])
def test_what_is_held_back_is_told_with_its_reason_in_text(studio: Studio, emulator: Emulator, saved: bool) -> None:
    studio.post("launch")
    studio.run("plan", "--out", "plan.json")
    emulator.add_fault(BANNED)
    ran = studio.run("apply", "plan.json") if saved else studio.run("apply", "--auto-approve")
    assert (ran.code, inits(emulator)) == (5, 0)
    assert "acme/launch" in ran.out
    assert "[spam-risk-user-banned-from-posting]" in ran.out
    assert "hint: no direct post can be sent" in ran.out


@pytest.mark.parametrize("saved", [False, True])
def test_what_is_held_back_is_told_with_its_reason_as_json(studio: Studio, emulator: Emulator, saved: bool) -> None:
    studio.post("launch")
    studio.run("plan", "--out", "plan.json")
    emulator.add_fault(BANNED)
    given = ["plan.json"] if saved else ["--auto-approve"]
    left, summary = studio.run("apply", "--json", *given).events
    assert (left["event"], left["post"], left["action"]) == ("left", "acme/launch", "blocked")
    assert left["problems"][0]["code"] == "spam-risk-user-banned-from-posting"
    assert (summary["counts"]["left"], summary["exit_code"]) == (1, 5)


def test_a_saved_plan_says_all_that_will_be_sent(studio: Studio) -> None:
    studio.post("one", caption="Whole #caption", allow=["comment"], disclosure=["your_brand"])
    studio.post("two", "acme_de", caption="Not sent")
    told = {action["post"]: action for action in studio.run("plan", "--json").json["actions"]}
    assert told["acme/one"]["sends"] == {
        "caption": "Whole #caption",
        "privacy": "everyone",
        "allow": ["comment"],
        "disclosure": ["your_brand"],
        "ai_generated": False,
        "cover": None,
    }
    assert (told["acme_de/two"]["sends"], told["acme_de/two"]["not_sent"]) == ({}, ["caption"])


def test_a_caption_changed_in_a_saved_plan_is_an_altered_plan(studio: Studio, emulator: Emulator) -> None:
    studio.post("one", caption="Whole caption")
    studio.run("plan", "--out", "plan.json")
    plan = studio.root / "plan.json"
    plan.write_text(plan.read_text(encoding="utf-8").replace("Whole", "Another"), encoding="utf-8")
    ran = studio.run("apply", "plan.json")
    assert (ran.code, "[plan-altered]" in ran.err, inits(emulator)) == (7, True, 0)


def as_pointer(studio: Studio, name: str) -> bytes:
    """Put a Git LFS pointer in the place of a file; its bytes are returned."""
    path = studio.root / "posts" / name
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    path.write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {len(data)}\n")
    return data


def test_a_pointer_of_git_lfs_is_planned_and_never_sent(studio: Studio, emulator: Emulator) -> None:
    for name in ("one", "two", "three"):
        studio.post(name)
    films = {name: as_pointer(studio, f"{name}.mp4") for name in ("one", "two")}

    planned = studio.run("plan", "--out", "plan.json")
    assert planned.code == 0
    assert "3 to create" in planned.out
    assert "[media-lfs-pointer]" in planned.out
    assert "first run: git lfs pull --include=posts/one.mp4\n" in planned.out
    assert "TikTok takes it" not in studio.run("probe", "posts/one.mp4").out

    ran = studio.run("apply", "plan.json")
    assert ran.code == 5
    assert [post.caption for post in emulator.posts()] == ["About three"]
    assert ran.out.count("git lfs pull --include=posts/one.mp4,posts/two.mp4") == 2

    for name, data in films.items():
        (studio.root / "posts" / f"{name}.mp4").write_bytes(data)
    assert studio.run("apply", "--auto-approve").code == 0
    assert len(emulator.posts()) == 3


def published(studio: Studio, name: str, **keys: object) -> Path:
    manifest = studio.post(name, **keys)
    assert studio.run("apply", "--auto-approve").code == 0
    return manifest


def rest_of(studio: Studio, *args: str) -> str:
    ran = studio.run("plan", *args)
    assert ran.code == 0, ran.out + ran.err
    return ran.out


def test_a_published_post_needs_no_media_and_no_rule_of_today(studio: Studio, emulator: Emulator) -> None:
    published(studio, "one")
    (studio.root / "posts/one.mp4").unlink()
    assert rest_of(studio) == "Nothing to do: 1 post as declared.\n"
    assert rest_of(studio, "--strict") == "Nothing to do: 1 post as declared.\n"

    studio.post("two")
    assert studio.run("apply", "--auto-approve").code == 0
    assert len(emulator.posts()) == 2

    (studio.root / "posts/one.mp4").write_bytes((studio.root / "posts/two.mp4").read_bytes() + b"more")
    assert "~ acme/one" in rest_of(studio)


def test_validate_calls_nothing_faulty_that_is_settled_with_the_state_or_with_receipts_alone(studio: Studio) -> None:
    published(studio, "one")
    (studio.root / "posts/one.mp4").unlink()
    assert studio.run("validate").code == 0
    shutil.rmtree(studio.root / ".contentsync")
    assert studio.run("validate").code == 0
    shutil.rmtree(studio.root / "receipts")
    assert studio.run("validate").code == 1


def test_the_settled_posts_of_an_account_that_is_gone_leave_a_note(studio: Studio) -> None:
    published(studio, "one")
    file = studio.root / "contentsync.yaml"
    file.write_text("\n".join(line for line in file.read_text().splitlines() if not line.startswith("  acme:")))
    studio.post("two", "acme_de")
    ran = studio.run("plan", "--no-refresh")
    assert ran.code == 0
    assert "[account-gone]" in ran.err
    studio.post("three")
    assert "✗ acme/three" in studio.run("plan", "--no-refresh").out


def test_what_is_odd_about_a_settled_post_is_one_note(studio: Studio) -> None:
    manifest = published(studio, "one")
    manifest.write_text(manifest.read_text() + "expires_at: tomorrow\n")
    ran = studio.run("plan")
    assert (ran.code, ran.out) == (0, "Nothing to do: 1 post as declared.\n")
    assert ran.err.count("[settled-not-judged]") == 1
    manifest.write_text(manifest.read_text() + "generation: 2\n")
    assert studio.run("plan").code == 1
