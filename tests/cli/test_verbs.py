"""The other verbs: one happy run each, and how they say no."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from contentsync.emulator.server import Emulator
from tests.cli.support import Studio
from tests.processes import begun, count, until


def test_init_makes_a_project_that_validates_and_plans(offline: Studio) -> None:
    offline.run("init", "new")

    assert offline.run("-C", "new", "validate").code == 0
    assert "1 to create" in offline.run("-C", "new", "plan", "--no-refresh").out


def test_init_names_only_what_its_user_has(offline: Studio) -> None:
    told = offline.run("init", "new").out
    written = "".join(path.read_text() for path in (offline.root / "new").rglob("*.yaml"))
    assert "docs/" not in told + written
    assert "contentsync login --help" in told and (offline.root / "new/schemas/project.schema.json").exists()


def test_init_overwrites_nothing(offline: Studio) -> None:
    offline.run("init", "new")
    offline.write("new/posts/hello/hello.yaml", "mine")

    ran = offline.run("init", "new")

    assert ran.code == 1
    assert (offline.root / "new/posts/hello/hello.yaml").read_text() == "mine"


def test_validate_tells_all_problems_of_all_files(offline: Studio) -> None:
    offline.write("posts/a.yaml", "name: a\naccount: nobody\nvideo: a.mp4\n")
    offline.write("posts/b.yaml", "nmae: b\n")

    ran = offline.run("validate")

    assert ran.code == 1
    assert "posts/a.yaml:2:10:" in ran.out
    assert "posts/b.yaml:1:1:" in ran.out
    assert "did you mean" in ran.out


def test_validate_of_one_folder_leaves_the_rest_unread(offline: Studio) -> None:
    offline.post("good")
    offline.write("posts/other/bad.yaml", "nmae: b\n")

    assert offline.run("validate", "posts/good.yaml").code == 0
    assert offline.run("validate").code == 1


def test_status_tells_where_each_post_stands(studio: Studio) -> None:
    studio.post("one")
    studio.post("two", hold=True)
    studio.run("apply", "--auto-approve")

    told = {post["post"]: post for post in studio.run("status", "--json").json["posts"]}

    assert told["acme/one"]["phase"] == "published"
    assert told["acme/one"]["url"].endswith(told["acme/one"]["post_id"])
    assert told["acme/two"] == {
        "differs": [],
        "due_at": None,
        "post": "acme/two",
        "phase": "new",
        "publish_id": None,
        "post_id": None,
        "url": None,
        "attempts": 0,
        "updated_at": None,
        "problem": None,
        "plan": {"action": "wait", "reason": "hold: true", "due_at": None, "problems": []},
    }


def test_status_of_many_posts_ends_with_their_count(studio: Studio) -> None:
    for number in range(21):
        studio.post(f"held-{number}", hold=True)
    assert studio.run("status").out.endswith("\n21 posts: 21 waiting.\n")
    assert "posts:" not in studio.run("status", "held-1*").out


def test_status_folds_more_than_twenty_posts_with_one_state_and_reason(studio: Studio) -> None:
    for number in range(21):
        studio.post(f"faulty-{number}", privacy="nobody")
    for name in ("a", "z"):
        studio.post(f"faulty-{name}", privacy="nobody_at_all")
    for number in range(3):
        studio.post(f"faulty-m{number}", hold=True)
    folded = studio.run("status").out.splitlines()
    assert [line.split()[:3] for line in folded if not line.startswith(" ")] == [
        ["21", "posts", "blocked"],
        ["acme/faulty-a", "blocked"],
        *([f"acme/faulty-m{number}", "waiting", "hold:"] for number in range(3)),
        ["acme/faulty-z", "blocked"],
        ["26", "posts:", "23"],
    ]
    assert sum("[unknown-word]" in line for line in folded) == sum("hint:" in line for line in folded) == 3
    assert studio.run("status", "--full").out.count("[unknown-word]") == 23
    assert studio.run("status", "faulty-1*").out.count("[unknown-word]") == 11
    assert len(studio.run("status", "--json").json["posts"]) == 26


def test_what_concerns_an_account_is_said_once_in_status(studio: Studio, emulator: Emulator) -> None:
    studio.post("one")
    studio.run("apply", "--auto-approve")
    (studio.root / ".contentsync" / "state.db").unlink()
    for receipt in (studio.root / "receipts").rglob("*.json"):
        receipt.unlink()
    (studio.root / "posts" / "one.yaml").unlink()
    for name in ("two", "three"):
        studio.post(name)
    studio.run("refresh")
    told = studio.run("status").out
    assert told.count("hint:") == 1 and "as acme's first post above [existing-posts]" in told


def test_explain_shows_the_evidence_and_the_decision(studio: Studio) -> None:
    studio.post("one")
    studio.run("apply", "--auto-approve")

    out = studio.run("explain", "one").out

    assert "posts/one.yaml:1:1" in out
    assert "1. published (direct)" in out
    assert "intent → uploading" in out
    assert "unchanged: nothing to do" in out


@pytest.mark.slow
def test_explain_tells_both_clocks_of_an_open_upload(studio: Studio, emulator: Emulator) -> None:
    studio.post("one")
    emulator.add_fault("upload:delay=600")
    with begun(studio, "apply", "--auto-approve") as process:
        until(lambda: count(emulator, "upload") == 1, process)

    out = studio.run("explain", "one").out

    assert "upload address good until" in out and "; TikTok's clock said" in out


def test_a_plan_notes_a_clock_that_is_hours_from_tiktoks(studio: Studio, emulator: Emulator) -> None:
    studio.post("one")
    emulator.advance(7_200)

    ran = studio.run("plan")

    assert ran.code == 0
    assert "note: this machine's clock is 1" in ran.err and "min behind TikTok's [clock-wrong]" in ran.err


def test_explain_of_a_post_that_is_not_there_is_an_error_of_usage(studio: Studio) -> None:
    studio.post("launch-day")

    ran = studio.run("explain", "lanch-day")

    assert (ran.code, "did you mean" in ran.err) == (64, True)


def test_refresh_reads_and_changes_nothing_at_tiktok(studio: Studio, emulator: Emulator) -> None:
    studio.post("one")
    studio.run("apply", "--auto-approve")
    before = len(emulator.posts())

    ran = studio.run("refresh")

    assert (ran.code, "acme: 1 public video" in ran.out, len(emulator.posts())) == (0, True, before)


def test_accounts_tells_what_each_can_do(studio: Studio) -> None:
    out = studio.run("accounts").out

    assert "Acme (@acme)" in out
    assert "public account" in out and "privacy  everyone, friends, only_me" in out
    assert "direct posts: yes" in out and "drafts: not known" in out  # the scopes of a seed are not known


def test_schemas_are_written_and_checked(offline: Studio) -> None:
    assert offline.run("schema", "--check").code == 1
    assert offline.run("schema").code == 0
    assert offline.run("schema", "--check").code == 0


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(offline: Studio, shell: str) -> None:
    assert "_CONTENTSYNC_COMPLETE" in offline.run("completion", shell).out


def test_a_verbose_run_tells_requests_without_secrets(studio: Studio) -> None:
    studio.post("one")

    err = studio.run("-v", "plan").err

    assert "POST /v2/post/publish/creator_info/query/ 200" in err
    assert "act." not in err


def test_an_unknown_command_is_an_error_of_usage(offline: Studio) -> None:
    ran = offline.run("aply")

    assert (ran.code, "apply" in ran.err) == (64, True)


@pytest.mark.slow
def test_the_demo_runs_offline_and_ends_with_nothing_to_do(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "contentsync", "demo"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "Nothing to do now: 1 waiting, 5 unchanged." in done.stdout
    assert list(tmp_path.iterdir()) == []
