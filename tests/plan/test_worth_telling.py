"""What is worth telling follows from rows, plan and accounts alone, and each thing has one key."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from contentsync.errors import Problem
from contentsync.lifecycle import Phase
from contentsync.notices import Notice, NoticeKind
from contentsync.plan.action import Action, Kind
from contentsync.plan.differs import Difference
from contentsync.plan.worth_telling import Known, kept_rows, notices_of
from contentsync.post import Mode
from contentsync.post_state import PostState
from tests.builders import NOW, a_post, a_row

DAY = timedelta(days=1)


def told(**known: Any) -> list[Notice]:
    return notices_of(Known(**({"now": NOW} | known)))


def kinds(**known: Any) -> list[NoticeKind]:
    return [notice.kind for notice in told(**known)]


def row(phase: Phase, ago: timedelta = timedelta(), **attempt: Any) -> PostState:
    """A post whose last attempt ended in this phase so long ago."""
    made = a_row(phase=phase)
    assert made.last is not None
    at = NOW - ago
    last = replace(made.last, updated_at=at, finished_at=at, **attempt)
    return replace(made, attempts=(last,))


@pytest.mark.parametrize("phase", [Phase.INTENT, Phase.UPLOADING, Phase.PROCESSING, Phase.ORPHANED, Phase.ABANDONED])
def test_what_is_under_way_or_came_to_nothing_is_not_told(phase: Phase) -> None:
    assert kinds(rows=(row(phase),)) == []


@pytest.mark.parametrize(
    ("phase", "kind"),
    [
        (Phase.PUBLISHED, NoticeKind.PUBLISHED),
        (Phase.DELIVERED, NoticeKind.DELIVERED),
        (Phase.FAILED, NoticeKind.FAILED),
        (Phase.UNKNOWN, NoticeKind.UNKNOWN),
    ],
)
def test_what_ended_is_told_under_one_key_however_often_it_is_looked_at(phase: Phase, kind: NoticeKind) -> None:
    (first,) = told(rows=(row(phase),))
    (later,) = told(rows=(row(phase),), now=NOW + timedelta(hours=3))
    assert (first.kind, first.key) == (kind, later.key)


def test_a_failure_that_is_tried_again_by_itself_is_not_told() -> None:
    assert kinds(rows=(row(Phase.FAILED, retry=True),)) == []


def test_a_published_post_is_told_with_its_address() -> None:
    published = row(Phase.PUBLISHED, post_id="74")
    (notice,) = told(rows=(published,), usernames={published.open_id: "acme"})
    assert notice.words.endswith("published. https://www.tiktok.com/@acme/video/74")


def test_an_old_end_is_no_news() -> None:
    assert kinds(rows=(row(Phase.PUBLISHED, ago=9 * DAY),)) == []


def test_a_new_attempt_is_told_anew() -> None:
    (first,) = told(rows=(row(Phase.FAILED),))
    (second,) = told(rows=(row(Phase.FAILED, id="another"),))
    assert first.key != second.key


def test_a_draft_without_a_manifest_is_told_without_texts() -> None:
    (notice,) = told(rows=(row(Phase.DELIVERED, mode=Mode.DRAFT),))
    assert (notice.messages, "in TikTok's inbox" in notice.words) == ((), True)


@pytest.mark.parametrize(("age", "reminders"), [(0.9, 0), (1.1, 1), (2.9, 1), (3.1, 2), (5.5, 2), (20, 2)])
def test_a_waiting_draft_is_reminded_of_twice(age: float, reminders: int) -> None:
    draft = row(Phase.DELIVERED, mode=Mode.DRAFT)
    looks = [NOW + timedelta(hours=hour) for hour in range(round(age * 24) + 1)]
    keys = {n.key for now in looks for n in told(rows=(draft,), now=now) if n.kind is NoticeKind.DRAFT_WAITING}
    assert len(keys) == reminders


def test_the_draft_that_holds_another_up_is_named_at_once_and_once() -> None:
    younger = row(Phase.DELIVERED, ago=DAY / 24, mode=Mode.DRAFT, created_at=NOW - DAY / 24)
    older = replace(row(Phase.DELIVERED, ago=DAY / 12, mode=Mode.DRAFT, created_at=NOW - DAY / 12), name="first")
    held = Action(Kind.WAIT, "acme/next", "no room", mode=Mode.DRAFT, left=True, due_at=NOW + DAY / 2)
    found = [
        n for now in (NOW, NOW + DAY / 24) for n in told(rows=(younger, older), actions={held.post: held}, now=now)
    ]
    reminders = [notice for notice in found if notice.kind is NoticeKind.DRAFT_WAITING]
    assert {notice.post for notice in reminders} == {"acme/first"}
    assert len({notice.key for notice in reminders}) == 1
    assert "acme/next waits for it until Mon 2 Mar 00:00 UTC" in reminders[0].words


def test_a_posted_draft_that_differs_is_told_with_how() -> None:
    posted = row(Phase.PUBLISHED, mode=Mode.DRAFT, post_id="74")
    differs = {posted.key: (Difference("caption", '"Launch day"', '"Other"'),)}
    notice = told(rows=(posted,), differs=differs)[-1]
    assert notice.kind is NoticeKind.DIFFERS
    assert notice.words.endswith('not as declared: its caption is "Other", declared is "Launch day".')


def test_a_missed_post_is_told_once_for_each_time_that_it_is_given() -> None:
    action = Action(Kind.BLOCKED, "acme/launch", "missed", problems=(Problem("missed", "its window is over"),))
    post = a_post(publish_at=NOW - DAY)
    first, same, moved = (
        told(actions={action.post: action}, posts={post.key: each})[0].key
        for each in (post, post, replace(post, publish_at=NOW - 2 * DAY))
    )
    assert first == same != moved


@pytest.mark.parametrize(("ahead", "expected"), [(0.5, [NoticeKind.NEEDS_APPROVAL]), (2, [])])
def test_a_lacking_approval_is_told_a_day_ahead(ahead: float, expected: list[NoticeKind]) -> None:
    action = Action(Kind.WAIT, "acme/launch", "waits", problems=(Problem("not-approved", "not approved"),))
    post = a_post(publish_at=NOW + ahead * DAY)
    assert kinds(actions={action.post: action}, posts={post.key: post}) == expected


@pytest.mark.parametrize(("days", "words"), [(8, None), (6.5, "in 6 d 12 h"), (-1, "ended ")])
def test_a_sign_in_is_told_before_and_after_its_end(days: float, words: str | None) -> None:
    notices = told(sign_ins={"acme": NOW + days * DAY})
    assert [words in notice.words for notice in notices if words] == ([True] if words else [])
    assert all("contentsync login acme" in notice.words for notice in notices)


def test_rows_that_changed_long_ago_are_not_looked_at() -> None:
    recent, old = row(Phase.DELIVERED), row(Phase.DELIVERED, ago=8 * DAY)
    assert kept_rows([recent, old], NOW) == (recent,)
