"""The rules of a project's policy: about words however they are spelt, and about times over all that goes out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from contentsync.errors import Level
from contentsync.lifecycle import Phase
from contentsync.plan.action import AccountFacts, Action, Kind, Verdict, World
from contentsync.plan.guard_names import GUARDS
from contentsync.plan.last_look import against
from contentsync.plan.planner import make_plan
from contentsync.plan.policy import content_problems
from contentsync.plan.policy_words import found, lacking_hashtags, lacking_mentions
from contentsync.policy_rule import Hours, Rule
from contentsync.post import DesiredPost, Disclosure, Mode, Privacy
from contentsync.settings import App
from tests.builders import NOW, OPEN_ID, a_creator, a_media, a_post, a_row, an_account, an_attempt

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)

HIDDEN = [
    "GUARANTEED",
    "Ｇｕａｒａｎｔｅｅｄ",
    "𝐠𝐮𝐚𝐫𝐚𝐧𝐭𝐞𝐞𝐝",
    "ⓖⓤⓐⓡⓐⓝⓣⓔⓔⓓ",
    "gua\u200brant\u2060eed",
    "gua\u00adranteed",
    "g\u0336u\u0336a\u0336r\u0336a\u0336n\u0336t\u0336e\u0336e\u0336d\u0336",
    "guаrаntееd",  # with Cyrillic а and е
    "ɢᴜᴀʀᴀɴᴛᴇᴇᴅ",
    "gυαrαnteed",  # with Greek υ and α
    "#guaranteed!",
    "\u202eguaranteed",
    "guaranteed\ufe0f",
]


@pytest.mark.parametrize("text", HIDDEN)
def test_a_word_is_found_however_it_is_spelt(text: str) -> None:
    assert found(("guarantee*",), f"It is {text} to work") == ["guarantee*"]
    assert found(("guaranteed",), f"It is {text} to work") == ["guaranteed"]


@pytest.mark.parametrize(
    ("word", "text", "is_there"),
    [
        ("ass", "a class act", False),
        ("ass", "what an ass.", True),
        ("cure", "cures", False),
        ("cure*", "cures", True),
        ("miracle cure", "Miracle\n cure", True),
        ("miracle cure", "#MiracleCure", True),
        ("miracle cure", "miracle, then a cure", False),
        ("schon", "schön", False),
        ("straße", "STRASSE", True),
        ("保証", "全額保証します", True),
        ("гарантия", "ГАРАНТИЯ", True),
        ("100 %", "100% sure", True),
        ("100 %", "1000", False),
        ("ﬁne", "fine", True),
        ("e\u0301clair", "éclair", True),
        ("🍺", "prost 🍺", True),
    ],
)
def test_a_word_is_found_as_a_whole(word: str, text: str, is_there: bool) -> None:
    assert bool(found((word,), text)) is is_there


def test_what_is_required_is_compared_the_same_way() -> None:
    assert lacking_hashtags(["Acme", "#pots"], "New ＃ａｃｍｅ #potsherd") == ["#pots"]
    assert lacking_mentions(["@Acme", "kiln.co"], "by @ACME, fired by @kiln.co.") == []


def content(rule: Rule, **post: Any) -> list[tuple[str, str]]:
    return [(p.code, str(p.level)) for p in content_problems(a_post(**post), (rule,))]


def test_each_rule_about_content() -> None:
    assert content(Rule("r", banned=("launch",))) == [("policy-banned", "error")]
    assert content(Rule("r", banned=("launch",), level=Level.WARNING)) == [("policy-banned", "warning")]
    assert content(Rule("r", banned=("launch",), accounts=frozenset({"beta"}))) == []
    assert content(Rule("r", hashtags=("acme",))) == [("policy-required", "error")]
    assert content(Rule("r", mentions=("acme",)), caption="by @acme") == []
    assert content(Rule("r", disclosure=("your_brand",)), disclosure=frozenset()) == [("policy-required", "error")]
    assert content(Rule("r", disclosure=("your_brand",)), disclosure=frozenset({Disclosure.YOUR_BRAND})) == []
    assert content(Rule("r", banned=("x",)), caption="", title="X!") == [("policy-banned", "error")]


def test_a_rule_with_when_asks_only_of_posts_that_say_so() -> None:
    rule = Rule("r", when=("ad", "sponsored"), disclosure=("branded_content",))
    assert content(rule, caption="#AD by us", disclosure=frozenset()) == [("policy-required", "error")]
    assert content(rule, caption="add more", disclosure=frozenset()) == []


def a_world(*rules: Rule, rows: Any = (), **over: Any) -> World:
    facts = AccountFacts(an_account(), OPEN_ID, a_creator(), rows=tuple(rows))
    attempts = tuple(attempt for row in rows for attempt in row.attempts)
    return World(**({"now": NOW, "accounts": {"acme": facts}, "app": App(audited=True), "attempts": attempts,
                     "policy": rules, "allow": frozenset(GUARDS)} | over))  # fmt: skip


def named(name: str, **over: Any) -> DesiredPost:
    return a_post(**({"name": name, "media": (a_media(f"posts/{name}.mp4", sha256=name),)} | over))


def sent(name: str, ago: timedelta, **over: Any) -> Any:
    post = named(name, **over)
    attempt = an_attempt(post, phase=Phase.PUBLISHED, init_sent_at=NOW - ago, created_at=NOW - ago)
    return a_row(post, attempts=(attempt,))


def plan(world: World, *posts: DesiredPost) -> dict[str, Action]:
    actions = make_plan(posts, world).actions
    return {action.post.partition("/")[2]: action for action in actions if action.kind is not Kind.FORGET}


def kinds(world: World, *posts: DesiredPost) -> dict[str, str]:
    return {name: str(action.kind) for name, action in plan(world, *posts).items()}


def test_no_guard_lifts_a_rule() -> None:
    action = plan(a_world(Rule("no-launch", banned=("launch",))), a_post())["launch"]
    assert (action.kind, action.problems[0].code, "rule no-launch" in action.reason) == (
        Kind.BLOCKED,
        "policy-banned",
        True,
    )


def test_a_warning_is_told_and_blocks_nothing() -> None:
    action = plan(a_world(Rule("r", banned=("launch",), level=Level.WARNING)), a_post())["launch"]
    assert (action.kind, [p.code for p in action.problems if p.level is Level.WARNING]) == (
        Kind.CREATE,
        ["policy-banned"],
    )


def test_posts_of_an_account_keep_their_distance_and_the_older_one_goes() -> None:
    world = a_world(Rule("r", spacing=2 * HOUR), rows=[sent("before", 3 * HOUR)])
    first, second = named("first", publish_at=NOW - MINUTE), named("second")
    assert kinds(world, second, first) == {"first": "create", "second": "blocked"}
    near = a_world(Rule("r", spacing=2 * HOUR), rows=[sent("before", HOUR)])
    assert kinds(near, first) == {"first": "blocked"}
    assert kinds(near, named("draft", mode=Mode.DRAFT, privacy=None)) == {"draft": "create"}


def test_a_wait_that_would_break_a_rule_is_told_ahead() -> None:
    world = a_world(Rule("r", spacing=2 * HOUR))
    action = plan(world, named("now"), named("soon", publish_at=NOW + HOUR))["soon"]
    assert (action.kind, [p.code for p in action.problems]) == (Kind.WAIT, ["policy-spacing"])
    assert action.problems[0].level is Level.WARNING


def test_a_post_does_not_stand_in_its_own_way() -> None:
    failed = an_attempt(named("one"), phase=Phase.FAILED, init_sent_at=NOW - HOUR, created_at=NOW - HOUR)
    world = a_world(Rule("r", spacing=2 * HOUR), rows=[a_row(named("one"), attempts=(failed,))], retry={"acme/one"})
    assert kinds(world, named("one")) == {"one": "create"}


@pytest.mark.parametrize(
    ("hours", "zone", "kind"),
    [
        (Hours(8 * 60, 22 * 60), "UTC", "create"),  # it is 12:00 UTC
        (Hours(8 * 60, 12 * 60), "UTC", "blocked"),
        (Hours(12 * 60, 13 * 60), "UTC", "create"),
        (Hours(22 * 60, 6 * 60), "UTC", "blocked"),
        (Hours(22 * 60, 6 * 60), "Pacific/Auckland", "create"),
        (Hours(22 * 60, 12 * 60 + 1), "UTC", "create"),
    ],
)
def test_hours_are_those_of_the_account(hours: Hours, zone: str, kind: str) -> None:
    world = a_world(Rule("r", hours=hours))
    facts = replace(world.accounts["acme"], account=an_account(timezone=zone))
    assert kinds(replace(world, accounts={"acme": facts}), named("one")) == {"one": kind}


def test_public_posts_of_a_day_are_counted_in_the_account_s_day() -> None:
    rule = Rule("r", public_per_day=2)
    yesterday, today = sent("late", 13 * HOUR), sent("early", 11 * HOUR)
    assert kinds(a_world(rule, rows=[yesterday, today]), named("a"), named("b")) == {"a": "create", "b": "blocked"}
    hidden = named("c", privacy=Privacy.ONLY_ME)
    assert kinds(a_world(rule, rows=[today, sent("two", HOUR)]), hidden, named("d")) == {
        "c": "create",
        "d": "blocked",
    }


def test_the_same_media_on_two_accounts_keep_their_distance() -> None:
    beta = AccountFacts(an_account("beta"), "open-id-of-beta", a_creator(open_id="open-id-of-beta"))
    world = a_world(Rule("r", same_content_within=HOUR))
    world = replace(world, accounts={**world.accounts, "beta": beta})
    both = [named("one"), named("one", account="beta")]
    assert sorted(str(action.kind) for action in make_plan(both, world).actions) == ["blocked", "create"]
    other = replace(an_attempt(named("one"), phase=Phase.PROCESSING), open_id="another", id="x", init_sent_at=NOW)
    assert kinds(replace(world, attempts=(other,)), named("one")) == {"one": "blocked"}
    assert kinds(replace(world, attempts=(other,)), named("two")) == {"two": "create"}


def resumed(phase: Phase, **policy: Any) -> tuple[str, str]:
    """What becomes of an attempt that was left in this phase; and why."""
    left = an_attempt(named("one"), phase=phase, created_at=NOW - MINUTE, init_sent_at=None)
    if phase is not Phase.INTENT:
        left = replace(left, init_sent_at=NOW - MINUTE)
    rules = policy.pop("rules", ())
    action = plan(a_world(*rules, rows=[a_row(named("one"), attempts=(left,))], **policy), named("one"))["one"]
    return str(action.kind), next((problem.code for problem in action.problems), "")


@pytest.mark.parametrize(
    ("phase", "kind"), [(Phase.INTENT, "blocked"), (Phase.UPLOADING, "blocked"), (Phase.PROCESSING, "resume")]
)
def test_an_upload_that_is_not_complete_is_held_by_a_rule_that_came_later(phase: Phase, kind: str) -> None:
    from contentsync.errors import Problem

    told = "policy-banned" if kind == "blocked" else ""
    assert resumed(phase, rules=(Rule("r", banned=("launch",)),)) == (kind, told)
    no = Problem("policy-cmd-refused", "no")
    assert resumed(phase, verdict=Verdict(refused={"acme/one": no}))[0] == kind
    assert resumed(phase)[0] == "resume"


def test_a_rule_about_time_holds_an_attempt_until_its_init_is_sent() -> None:
    closed = (Rule("r", hours=Hours(0, 60)),)
    assert resumed(Phase.INTENT, rules=closed) == ("blocked", "policy-hours")
    assert resumed(Phase.UPLOADING, rules=closed) == ("resume", "")


def test_a_refusal_of_the_program_blocks_however_often_the_plan_is_made() -> None:
    from contentsync.errors import Problem

    refused = Problem("policy-cmd-refused", "no")
    world = a_world(verdict=Verdict(refused={"acme/a": refused}))
    assert kinds(world, named("a"), named("b")) == {"a": "blocked", "b": "create"}
    assert kinds(a_world(verdict=Verdict(every=refused)), named("a"), named("b")) == {"a": "blocked", "b": "blocked"}


def look(world: World, post: DesiredPost) -> str | None:
    told = against(Kind.CREATE, post, world.accounts["acme"], world, {post.name: post})
    return told and told.problem.code


def test_the_last_look_asks_again_with_what_went_out_meanwhile() -> None:
    post = named("one")
    assert look(a_world(Rule("r", spacing=HOUR)), post) is None
    assert look(a_world(Rule("r", spacing=HOUR), rows=[sent("two", MINUTE)]), post) == "policy-spacing"
    assert look(a_world(Rule("r", hours=Hours(0, 60))), post) == "policy-hours"
    assert look(a_world(Rule("r", banned=("launch",))), named("one", caption="Launch")) == "policy-banned"
    assert look(a_world(Rule("r", spacing=HOUR, level=Level.WARNING), rows=[sent("two", MINUTE)]), post) is None
