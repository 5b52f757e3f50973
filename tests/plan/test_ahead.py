"""What does a plan say ahead of time, and what does it forecast once TikTok says that a cap is reached?"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from contentsync.plan.action import AccountFacts, Action, Kind, World
from contentsync.plan.planner import make_plan
from contentsync.post import DesiredPost
from contentsync.settings import App, Limits, Slot
from tests.builders import NOW, OPEN_ID, a_creator, a_media, a_post, a_row, an_account, an_attempt

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SOON = NOW + 2 * HOUR
ACCOUNT = an_account(slots=(Slot(0, 9, 0),))


def a_clip(name: str, **over: Any) -> DesiredPost:
    return a_post(name=name, media=(a_media(path=f"{name}.mp4", sha256=name),), **over)


def planned(*posts: DesiredPost, facts: dict[str, Any] | None = None, **world: Any) -> list[Action]:
    known = AccountFacts(**({"account": ACCOUNT, "open_id": OPEN_ID} | (facts or {})))
    return list(make_plan(posts, World(now=NOW, accounts={"acme": known}, app=App(audited=True), **world)).actions)


def warned_codes(action: Action) -> list[str]:
    return [problem.code for problem in action.problems]


@pytest.mark.parametrize(
    ("keys", "every", "codes"),
    [
        ({"publish_at": SOON}, 2 * HOUR, ["window-short"]),
        ({"publish_at": SOON}, HOUR, []),
        ({"publish_at": SOON}, None, []),
        ({"publish_at": SOON, "grace": DAY}, 2 * HOUR, []),
        ({"publish_at": SOON, "expires_at": SOON + HOUR / 2}, HOUR, ["window-short"]),
        ({"next_slot": True}, 2 * HOUR, ["window-short"]),
    ],
)
def test_a_window_that_may_pass_between_two_runs_is_said_ahead(
    keys: dict[str, Any], every: timedelta | None, codes: list[str]
) -> None:
    (action,) = planned(a_clip("a", **keys), run_every=every)
    assert action.kind is Kind.WAIT and action.due_at is not None
    assert warned_codes(action) == codes


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(max_creates_per_run=1), "max-creates-per-run"),
        (Limits(max_creates_per_day=1), "max-creates-per-day"),
    ],
)
def test_a_guard_that_will_stop_a_later_post_is_said_ahead(limits: Limits, code: str) -> None:
    posts = [a_clip(name, publish_at=SOON) for name in ("a", "b")]
    first, second = planned(*posts, facts={"account": an_account(limits=limits)})
    assert (warned_codes(first), warned_codes(second)) == ([], [code])
    assert second.due_at == SOON and "then blocked, as things are" in second.reason
    lifted = planned(*posts, facts={"account": an_account(limits=limits)}, allow=frozenset({code}))
    assert [warned_codes(action) for action in lifted] == [[], []]


def test_a_guard_of_a_day_that_is_over_by_then_is_not_said() -> None:
    posts = [a_clip("a"), a_clip("b", publish_at=NOW + DAY)]
    limits = Limits(max_creates_per_day=1, max_creates_per_run=1)
    assert [warned_codes(action) for action in planned(*posts, facts={"account": an_account(limits=limits)})] == [
        [],
        [],
    ]


def test_where_a_cap_and_a_guard_say_the_same_the_post_waits() -> None:
    limits = Limits(posts_per_day=1, max_creates_per_day=1, max_creates_per_run=1)
    first, second = planned(a_clip("a"), a_clip("b"), facts={"account": an_account(limits=limits)})
    assert (first.kind, second.kind, second.due_at) == (Kind.CREATE, Kind.WAIT, NOW + DAY)
    assert not second.problems


def test_a_cap_told_by_tiktok_moves_the_forecast_to_when_the_oldest_post_leaves_the_day() -> None:
    sent = a_row(a_clip("sent"), attempts=(an_attempt(created_at=NOW - 20 * HOUR, init_sent_at=NOW - 20 * HOUR),))
    capped = {"creator": a_creator(stop="spam_risk_too_many_posts"), "rows": (sent,)}
    actions = planned(a_clip("sent"), a_clip("a"), a_clip("b", publish_at=SOON), facts=capped)
    found = {action.post: (action.kind, action.due_at, action.left) for action in actions}
    assert found["acme/a"] == (Kind.WAIT, NOW + 4 * HOUR, True)
    assert found["acme/b"] == (Kind.WAIT, None, False)  # its window ends before
    later = planned(a_clip("sent"), a_clip("c", publish_at=NOW + DAY), facts=capped)
    assert later[-1].due_at == NOW + DAY and "spam_risk" not in later[-1].reason


def test_a_cap_told_by_tiktok_with_no_post_known_is_forecast_for_a_day() -> None:
    capped = {"creator": a_creator(stop="reached_active_user_cap")}
    actions = planned(*[a_clip(f"clip-{number:02}") for number in range(20)], facts=capped)
    assert [action.due_at for action in actions] == [NOW + DAY] * 15 + [NOW + 2 * DAY] * 5
