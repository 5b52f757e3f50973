"""Is a plan file that shows something else than a fresh plan told apart, whatever its digest?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from contentsync.errors import Level, Place, Problem
from contentsync.plan.action import AccountView, Action, Change, Kind, Quota
from contentsync.plan.document import account_as_json, action_as_json
from contentsync.plan.same_plan import account_difference, action_difference
from contentsync.post import Interaction, Mode, Privacy
from tests.builders import NOW, OPEN_ID, a_creator, a_media

NOTE = Problem("photos-hosted", "2 photos are put there", where=Place("posts/a.yaml", 3, 1), level=Level.NOTE)
UNSURE = Problem("url-not-checked", "not checked: https://x", level=Level.NOTE)
SAVED = Action(
    Kind.CREATE,
    "acme/launch",
    "new",
    where="posts/a.yaml:1:1",
    mode=Mode.DIRECT,
    not_sent=("title",),
    changes=(Change("caption", "old", "new"),),
    media=(a_media("a.mp4"),),
    problems=(NOTE,),
    digest="sha256:1",
    sends={"caption": "Launch day", "privacy": "only_me", "allow": []},
)
FORGED: dict[str, dict[str, Any]] = {
    "action": {"kind": Kind.RESUME},
    "post": {"post": "acme/other"},
    "where": {"where": "posts/b.yaml:1:1"},
    "mode": {"mode": Mode.DRAFT},
    "due_at": {"due_at": NOW},
    "sends": {"sends": {"caption": "Nothing to see", "privacy": "only_me", "allow": []}},
    "not_sent": {"not_sent": ("title", "caption")},
    "changes": {"changes": ()},
    "media": {"media": (a_media("a.mp4", sha256="0" * 64),)},
    "problems": {"problems": (replace(NOTE, what="this is only a rehearsal"),)},
    "digest": {"digest": "sha256:2"},
    "left": {"left": True},
    "moved_from": {"moved_from": "acme/old"},
    "adopts": {"adopts": "71"},
    "then": {"then": Kind.CREATE},
}


def test_every_key_of_an_action_but_its_reason_is_compared() -> None:
    assert {*FORGED, "reason"} == set(action_as_json(SAVED))


@pytest.mark.parametrize("key", FORGED)
def test_an_action_that_shows_something_else_is_told_apart(key: str) -> None:
    assert action_difference(replace(SAVED, **FORGED[key]), SAVED, {}) == key


def test_the_same_is_the_same_whatever_its_reason_is_called() -> None:
    assert action_difference(replace(SAVED, reason="as new"), SAVED, {}) == ""


def test_an_address_that_could_not_be_looked_at_this_time_is_no_difference_and_one_that_is_made_up_is() -> None:
    assert action_difference(SAVED, replace(SAVED, problems=(UNSURE, NOTE)), {}) == ""
    assert action_difference(replace(SAVED, problems=(UNSURE, NOTE)), SAVED, {}) == "problems"


def test_what_follows_a_move_may_be_put_off_but_the_move_stays_the_move() -> None:
    saved = replace(SAVED, kind=Kind.MOVE, then=Kind.CREATE, moved_from="acme/old")
    later = replace(saved, then=Kind.WAIT, due_at=NOW, left=True)
    assert action_difference(saved, later, {}) == ""
    assert action_difference(replace(saved, moved_from="acme/other"), later, {}) == "moved_from"


def test_a_plan_is_compared_as_it_was_saved_with_names_for_values() -> None:
    fresh = replace(SAVED, problems=(replace(NOTE, what="put under https://media.example/"),))
    saved = replace(SAVED, problems=(replace(NOTE, what="put under ${CONTENTSYNC_M}"),))
    assert action_difference(saved, fresh, {"CONTENTSYNC_M": "https://media.example/"}) == ""


VIEW = AccountView("acme", OPEN_ID, a_creator(), Quota(15, 5), public=True, list_read_at=NOW)
OTHERS: dict[str, AccountView] = {
    "open_id": replace(VIEW, open_id="another"),
    "nickname": replace(VIEW, creator=replace(a_creator(), nickname="Somebody Else")),
    "username": replace(VIEW, creator=replace(a_creator(), username="somebody")),
    "privacy": replace(VIEW, creator=replace(a_creator(), privacy=(Privacy.ONLY_ME,))),
    "disabled": replace(VIEW, creator=replace(a_creator(), disabled=frozenset({Interaction.DUET}))),
    "max_seconds": replace(VIEW, creator=replace(a_creator(), max_seconds=7)),
    "public": replace(VIEW, public=False),
    "sandbox": replace(VIEW, sandbox=True),
}
MOVES_WITH_TIME = {"quota", "list_read_at", "stop", "stop_what"}


def test_every_key_of_an_account_is_compared_but_what_moves_with_time() -> None:
    assert set(account_as_json(VIEW)) == {*OTHERS, *MOVES_WITH_TIME}


@pytest.mark.parametrize("key", OTHERS)
def test_another_account_is_told_apart(key: str) -> None:
    assert account_difference(OTHERS[key], VIEW, {}) == key
    assert account_difference(VIEW, VIEW, {}) == ""


def test_a_plan_without_a_look_at_the_account_is_compared_by_its_identity_alone() -> None:
    blind = AccountView("acme", OPEN_ID, None, Quota(15, 5))
    assert account_difference(blind, replace(VIEW, sandbox=True), {}) == ""
    assert account_difference(replace(blind, open_id=None), VIEW, {}) == "open_id"
