"""Who is told what happened: by a web server that stands for a chat, and by a program of the project."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from contentsync.emulator.server import Emulator
from tests.cli.ears import Ear, an_ear
from tests.cli.support import PROJECT, Studio

CHAT = "notify:\n  - url: ${CONTENTSYNC_NOTIFY_CHAT}\n"
TELL = "#!/bin/sh\ncat >>told.jsonl\nenv >told.env\n"


@pytest.fixture
def ear() -> Iterator[Ear]:
    with an_ear() as ear:
        yield ear


@pytest.fixture
def heard(studio: Studio, ear: Ear) -> Studio:
    """A project that tells the ear, as its user granted."""
    studio.environment["CONTENTSYNC_NOTIFY_CHAT"] = ear.url
    granting(studio, CHAT)
    return studio


def granting(studio: Studio, notify: str) -> None:
    studio.write("contentsync.yaml", PROJECT + notify)
    studio.environment["CONTENTSYNC_TRUST"] = studio.run("trust", "--show", "--json").json["digest"]


def a_program(studio: Studio, script: str = TELL) -> None:
    studio.write("tell.sh", script).chmod(0o755)
    granting(studio, "notify:\n  - command: [./tell.sh]\n")


def applied(studio: Studio) -> int:
    ran = studio.run("apply", "--auto-approve")
    assert "hunter" not in ran.out + ran.err
    return ran.code


def test_a_published_post_is_told_once(heard: Studio, ear: Ear) -> None:
    heard.post("launch")
    assert applied(heard) == 0
    assert (ear.titles, "published" in ear.texts[0]) == (["acme/launch: published"], True)
    assert applied(heard) == 0
    heard.run("status")
    heard.run("refresh")
    assert ear.titles == ["acme/launch: published"]


def test_what_was_before_the_recipient_is_not_told(studio: Studio, ear: Ear) -> None:
    studio.post("early")
    assert studio.run("apply", "--auto-approve").code == 0
    studio.environment["CONTENTSYNC_NOTIFY_CHAT"] = ear.url
    granting(studio, CHAT)
    studio.post("late")
    assert applied(studio) == 0
    assert ear.titles == ["acme/late: published"]


def test_a_draft_brings_its_caption_as_a_message_of_its_own_and_then_what_to_choose(heard: Studio, ear: Ear) -> None:
    heard.post("teaser", "acme_de", caption="Launch day\n#fyp", privacy="followers", cover_at="0.5s")
    assert applied(heard) == 0
    assert ear.titles == ["acme_de/teaser: delivered", "", ""]
    assert ear.texts[1] == "Launch day\n#fyp"
    assert ear.texts[2].splitlines()[:3] == [
        "Cover: the frame at 0.5 s",
        "Who can watch: Followers",
        "Allow comments: off",
    ]


def test_a_draft_that_the_creator_posted_otherwise_is_told_as_different(
    heard: Studio, ear: Ear, emulator: Emulator
) -> None:
    heard.post("teaser", "acme_de", caption="Launch day")
    heard.post("other", "acme_de", caption="As it is")
    applied(heard)
    (one, other) = (task for task in emulator.ledger()["tasks"])  # type: ignore[attr-defined]
    by_caption = {"acme_de/other": one, "acme_de/teaser": other}
    ear.heard.clear()
    emulator.publish_draft(by_caption["acme_de/teaser"]["publish_id"], caption="Something else")
    emulator.publish_draft(by_caption["acme_de/other"]["publish_id"], caption="As it is")
    heard.run("refresh")
    assert sorted(ear.titles) == ["acme_de/other: published", "acme_de/teaser: differs", "acme_de/teaser: published"]
    assert 'its caption is "Something else"' in heard.run("status").out
    differs = {post["post"]: post["differs"] for post in heard.run("status", "--json").json["posts"]}
    assert [one["what"] for one in differs["acme_de/teaser"]] == ["caption"]
    assert differs["acme_de/other"] == []
    assert "not as declared" in heard.run("explain", "teaser").out
    told = next(text for text in ear.texts if "declared" in text)
    assert told == (
        'acme_de/teaser is public, but not as declared: its caption is "Something else", declared is "Launch day".'
    )


def test_a_draft_that_holds_the_next_one_up_is_named(heard: Studio, ear: Ear) -> None:
    limits = PROJECT.replace(
        "acme_de: {mode: draft, limits: {", "acme_de: {mode: draft, limits: {pending_drafts: 1, "
    )
    heard.write("contentsync.yaml", limits + CHAT)
    heard.post("a-first", "acme_de")
    heard.post("b-second", "acme_de")
    applied(heard)
    assert "acme_de/a-first: draft-waiting" in ear.titles
    assert any("acme_de/b-second waits for it until" in text for text in ear.texts)


def test_a_failed_and_a_missed_post_are_told(heard: Studio, ear: Ear, emulator: Emulator) -> None:
    heard.post("late", publish_at="2020-01-01T00:00:00Z")
    heard.post("bad")
    emulator.add_fault("video_init:fail=spam_risk_text")
    applied(heard)
    assert sorted(ear.titles) == ["acme/bad: failed", "acme/late: missed"]


def test_what_nobody_approved_is_told(heard: Studio, ear: Ear) -> None:
    heard.post("launch")
    heard.run("apply", "--approved")
    assert ear.titles == ["acme/launch: needs-approval"]
    assert "contentsync approve acme/launch" in ear.texts[0]


def test_events_and_accounts_choose(studio: Studio, ear: Ear) -> None:
    studio.environment["CONTENTSYNC_NOTIFY_CHAT"] = ear.url
    granting(studio, CHAT + "    events: [published]\n    accounts: [acme]\n")
    studio.post("launch")
    studio.post("draft", "acme_de")
    applied(studio)
    assert ear.titles == ["acme/launch: published"]


def test_a_program_reads_the_notice_and_none_of_our_secrets(studio: Studio) -> None:
    a_program(studio)
    studio.environment |= {"CONTENTSYNC_NOTIFY_CHAT": "json://hunter1", "COPY": "json://hunter1"}
    studio.post("launch", caption="Hello")
    assert applied(studio) == 0
    (line,) = (studio.root / "told.jsonl").read_text().splitlines()
    told = json.loads(line)
    assert (told["format"], told["kind"], told["post"]) == ("contentsync.notice/1", "published", "acme/launch")
    environ = (studio.root / "told.env").read_text()
    assert "PATH=" in environ and "CONTENTSYNC" not in environ and "hunter" not in environ


def test_a_program_or_address_that_is_not_trusted_gets_nothing(studio: Studio, ear: Ear) -> None:
    studio.environment["CONTENTSYNC_NOTIFY_CHAT"] = ear.url
    studio.write("tell.sh", TELL).chmod(0o755)
    studio.write("contentsync.yaml", PROJECT + CHAT + "  - command: [./tell.sh]\n")
    studio.post("launch")
    ran = studio.run("apply", "--auto-approve")
    assert (ran.code, ran.err.count("[notify-not-trusted]")) == (0, 2)
    assert (ear.heard, (studio.root / "told.jsonl").exists()) == ([], False)
    tested = studio.run("notify", "test", "--json")
    assert (tested.code, [one["sent"] for one in tested.json["recipients"]]) == (1, [False, False])


def test_a_recipient_that_hangs_delays_no_post_and_is_told_later(
    heard: Studio, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contentsync.operations.notify.SECONDS", 0.5)
    monkeypatch.setattr("contentsync.operations.notify.Notifier.send.__defaults__", (0.5,))
    ear.silent.set()
    heard.post("launch")
    before = time.monotonic()
    ran = heard.run("apply", "--auto-approve")
    assert (ran.code, time.monotonic() - before < 50) == (0, True)  # the recipient hangs for a minute
    assert "a notice could not be sent to ${CONTENTSYNC_NOTIFY_CHAT}: no answer in time" in ran.err
    assert "hunter" not in ran.out + ran.err


def test_a_dead_recipient_is_reported_once(heard: Studio, ear: Ear) -> None:
    ear.status = 500
    heard.post("one")
    first = heard.run("apply", "--auto-approve")
    heard.post("two")
    second = heard.run("apply", "--auto-approve")
    assert [ran.err.count("[notify-failed]") for ran in (first, second)] == [1, 0]
    assert (first.code, second.code) == (0, 0)


def test_a_notice_that_a_killed_process_kept_is_sent_by_the_next_command(heard: Studio, ear: Ear) -> None:
    ear.status = 500
    heard.post("one")
    applied(heard)
    age_notices(heard)
    ear.status = 200
    heard.run("status")
    assert ear.titles == ["acme/one: published"]


def age_notices(studio: Studio) -> None:
    """Let every waiting notice be due again."""
    import sqlite3

    with sqlite3.connect(studio.root / ".contentsync" / "state.db") as db:
        db.execute("UPDATE notices SET due_at = 0")


def test_testing_says_what_became_of_each(studio: Studio, ear: Ear) -> None:
    studio.write("tell.sh", "#!/bin/sh\nexit 3\n").chmod(0o755)
    studio.environment |= {"CONTENTSYNC_NOTIFY_CHAT": ear.url, "CONTENTSYNC_NOTIFY_ODD": "hunter4"}
    granting(studio, CHAT + "  - url: ${CONTENTSYNC_NOTIFY_ODD}\n  - command: [./tell.sh]\n")
    ran = studio.run("notify", "test")
    assert (ran.code, ran.out) == (
        1,
        "✓ ${CONTENTSYNC_NOTIFY_CHAT}: sent\n"
        "✗ ${CONTENTSYNC_NOTIFY_ODD}: not sent: the variable holds no address that apprise knows\n"
        "✗ ./tell.sh: not sent: the program ended with 3\n",
    )
    assert ear.titles == ["test"]
    assert "hunter" not in ran.out + ran.err


def test_testing_without_recipients_says_how_to_have_some(studio: Studio) -> None:
    ran = studio.run("notify", "test")
    assert (ran.code, "docs/notify.md" in ran.out) == (0, True)
    assert studio.run("notify", "test", "--json").json == {"format": "contentsync.notify/1", "recipients": []}


def test_a_variable_that_is_not_set_stops_nothing(heard: Studio) -> None:
    del heard.environment["CONTENTSYNC_NOTIFY_CHAT"]
    heard.post("launch")
    ran = heard.run("apply", "--auto-approve")
    assert (ran.code, "[notify-unset]" in ran.err) == (0, True)


def test_nothing_of_an_address_is_kept_or_shown(heard: Studio, ear: Ear) -> None:
    heard.post("launch")
    ran = heard.process("-v", "apply", "--auto-approve")
    assert (ran.code, ear.titles) == (0, ["acme/launch: published"])
    assert "hunter" not in ran.out + ran.err
    for file in (heard.root / ".contentsync").rglob("*"):
        assert not file.is_file() or b"hunter" not in file.read_bytes(), file
