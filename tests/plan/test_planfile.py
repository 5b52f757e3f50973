"""Does a saved plan come back whole, or not at all?"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contentsync.errors import Level, Place, Problem, StalePlan
from contentsync.plan import planfile
from contentsync.plan.action import AccountView, Action, Change, Kind, Plan, Quota
from contentsync.post import Mode
from tests.builders import NOW, OPEN_ID, a_creator, a_media

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def a_plan() -> Plan:
    """A plan with something in each of its fields."""
    problem = Problem("same-media", "acme/teaser has the same media", "raise it", Place("posts/a:b.yaml", 3, 7))
    note = Problem("list-not-read", "not listed", level=Level.NOTE)
    actions = (
        Action(
            Kind.WAIT,
            "acme/launch",
            "waits — für später",
            where="posts/launch.yaml:1:1",
            mode=Mode.DRAFT,
            due_at=NOW + timedelta(days=1, milliseconds=5),
            not_sent=("caption",),
            changes=(Change("allow", ["duet"], None),),
            media=(a_media(), a_media(url="https://media.acme.example/1.jpg")),
            problems=(problem, note),
            digest="sha256:1",
            left=True,
            moved_from="acme/old",
            adopts="71",
            then=Kind.RESUME,
        ),
        Action(Kind.FORGET, "acme/old", "its manifest is gone"),
    )
    views = (
        AccountView("acme", OPEN_ID, a_creator(), Quota(3, 5), public=True, list_read_at=NOW),
        AccountView("beta", None, None, Quota(15, 5)),
    )
    return Plan(NOW, NOW + timedelta(days=1), "lineage", 7, views, actions, 12, "sha256:2", ("same-media",), (note,))


TEXT = planfile.dump(a_plan(), "1.0")


def code_of(text: str) -> str:
    with pytest.raises(StalePlan) as caught:
        planfile.load(text, "plan.json")
    return caught.value.problems[0].code


def sealed(body: dict[str, Any]) -> str:
    """The plan as text, with the digest that fits it."""
    whole = body | {"digest": planfile.digest_of(body)}
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def test_all_of_a_plan_comes_back() -> None:
    plan, digest = planfile.load(TEXT, "plan.json")
    assert (plan, digest) == (a_plan(), json.loads(TEXT)["digest"])


def test_the_keys_and_forms_of_a_plan_are_those_that_scripts_rely_on() -> None:
    body = json.loads(TEXT)
    assert list(body)[:8] == [
        *("format", "created_at", "expires_at", "tool_version", "state", "accounts", "actions", "summary"),
    ]
    assert (body["format"], body["state"]) == ("contentsync.plan/1", {"lineage": "lineage", "serial": 7})
    assert (body["created_at"], body["actions"][0]["due_at"]) == ("2026-03-01T12:00:00Z", "2026-03-02T12:00:00.005Z")
    assert set(body["accounts"]["acme"]) >= {"open_id", "nickname", "username", "privacy", "quota"}
    assert body["accounts"]["acme"]["quota"] == {"posts_left": 3, "drafts_left": 5}
    assert set(body["actions"][0]) >= {
        *("post", "action", "reason", "where", "mode", "due_at", "not_sent", "changes", "media", "problems"),
    }
    assert set(body["actions"][0]["media"][0]) >= {"path", "sha256", "bytes"}
    assert body["summary"] == {kind: a_plan().count(kind) for kind in Kind}
    assert body["digest"].startswith("sha256:")


@settings(max_examples=300)
@given(st.integers(0, len(TEXT) - 1), st.characters(codec="utf-8"))
def test_any_altered_character_is_noticed(at: int, char: str) -> None:
    altered = TEXT[:at] + char + TEXT[at + 1 :]
    if altered != TEXT:
        assert code_of(altered) in {"plan-altered", "plan-unreadable"}


@settings(max_examples=200)
@given(st.integers(0, len(TEXT) - 1), st.integers(1, 20))
def test_a_torn_plan_is_noticed(at: int, count: int) -> None:
    assert code_of(TEXT[:at]) in {"plan-altered", "plan-unreadable"}
    assert code_of(TEXT[:at] + TEXT[at + count :]) in {"plan-altered", "plan-unreadable"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{",
        "[" * 100_000,
        '{"format": "contentsync.plan/2"}',
        '{"format": "contentsync.plan/1"}',
        "\ufeff" + TEXT,
        TEXT + "\n",
        TEXT.replace("\n", ""),
        TEXT.replace('"serial": 7', '"serial": 7, "serial": 7'),
        TEXT.replace('"serial": 7', '"serial": ' + "7" * 5000),
    ],
    ids=lambda text: repr(text[:20]),
)
def test_what_is_not_the_plan_that_was_made_is_refused(text: str) -> None:
    assert code_of(text) in {"plan-altered", "plan-unreadable"}


@pytest.mark.slow
@settings(max_examples=400)
@given(st.data())
def test_a_plan_of_other_types_is_unreadable_though_its_digest_fits(data: st.DataObject) -> None:
    body = json.loads(TEXT)
    del body["digest"]
    inner = body
    while isinstance(inner, dict | list) and inner:
        key = data.draw(st.sampled_from(sorted(inner) if isinstance(inner, dict) else range(len(inner))))
        if not isinstance(inner[key], dict | list) or data.draw(st.booleans()):
            inner[key] = data.draw(JSON)
            break
        inner = inner[key]
    try:
        plan, _ = planfile.load(sealed(body), "plan.json")
    except StalePlan as err:
        assert err.problems[0].code in {"plan-altered", "plan-unreadable"}
    else:
        assert planfile.dump(plan, "1.0")  # what is let in can be used like any other


@pytest.mark.parametrize("path", [("serial",), ("allow",), ("created_at",), ("accounts",), ("actions",)])
def test_a_missing_part_is_told_by_its_name(path: tuple[str, ...]) -> None:
    body = json.loads(TEXT)
    (body["state"] if path == ("serial",) else body).pop(path[0])
    with pytest.raises(StalePlan, match=f"{path[0]} is missing") as caught:
        planfile.load(sealed({key: body[key] for key in body if key != "digest"}), "plan.json")
    assert caught.value.problems[0].code == "plan-unreadable"
