"""Does a fault stay where it is: neither begun, nor taken for a post that vanished, nor in the way of others?"""

from __future__ import annotations

import pytest

from contentsync.errors import Place, Problem
from contentsync.faulty import Faulty
from contentsync.lifecycle import Phase
from contentsync.plan.action import AccountFacts, Action, Kind, World
from contentsync.plan.planner import make_plan
from contentsync.post import DesiredPost
from contentsync.post_state import PostState
from contentsync.settings import App
from tests.builders import NOW, OPEN_ID, a_creator, a_media, a_post, a_row, an_account, an_attempt

WHERE = Place("posts/bad.yaml", 1, 1)


def fault(name: str, *codes: str) -> Faulty:
    return Faulty(
        f"acme/{name}", WHERE, tuple(Problem(code, f"{code} is wrong") for code in codes or ("wrong-type",))
    )


def planned(
    posts: list[DesiredPost], rows: list[PostState], faulty: list[Faulty], unread: tuple[str, ...] = ()
) -> dict[str, Action]:
    facts = AccountFacts(an_account(), OPEN_ID, a_creator(), tuple(rows))
    world = World(NOW, {"acme": facts}, App(audited=True), faulty={"acme": tuple(faulty)}, unread=unread)
    return {action.post: action for action in make_plan(posts, world).actions}


def sent(post: DesiredPost, phase: Phase = Phase.PUBLISHED) -> PostState:
    attempt = an_attempt(post, phase=phase, open_id=OPEN_ID)
    return a_row(post, attempts=(attempt,))


def test_a_faulty_post_is_blocked_with_all_its_problems_and_others_go_out() -> None:
    plan = planned([a_post(name="good")], [], [fault("bad", "wrong-type", "media-not-found")])
    assert (plan["acme/bad"].kind, plan["acme/bad"].where) == (Kind.BLOCKED, "posts/bad.yaml:1:1")
    assert [problem.code for problem in plan["acme/bad"].problems] == ["wrong-type", "media-not-found"]
    assert plan["acme/good"].kind is Kind.CREATE


def test_a_faulty_post_of_an_account_that_is_not_known_is_blocked_too() -> None:
    world = World(NOW, {}, faulty={"nobody": (Faulty("nobody/a", WHERE, (Problem("unknown-account", "x"),)),)})
    assert [(a.post, a.kind) for a in make_plan([], world).actions] == [("nobody/a", Kind.BLOCKED)]


def test_what_is_not_selected_is_not_in_the_plan() -> None:
    world = World(NOW, {}, faulty={"acme": (fault("bad"),)})
    assert not make_plan([], world, frozenset({"acme/other"})).actions


@pytest.mark.parametrize(
    ("phase", "kind"),
    [
        (Phase.PROCESSING, Kind.RESUME),
        (Phase.UNKNOWN, Kind.UNKNOWN),
        (Phase.UPLOADING, Kind.BLOCKED),
        (Phase.FAILED, Kind.BLOCKED),
    ],
)
def test_an_attempt_of_a_faulty_post_is_followed_and_never_ended(phase: Phase, kind: Kind) -> None:
    assert planned([], [sent(a_post(name="bad"), phase)], [fault("bad")])["acme/bad"].kind is kind


def test_the_row_of_a_faulty_post_is_not_forgotten_nor_taken_for_renamed() -> None:
    old = a_post(name="bad", media=(a_media("clip.mp4"),))
    plan = planned([a_post(name="new", media=(a_media("clip.mp4"),))], [sent(old)], [fault("bad")])
    assert [plan[key].kind for key in sorted(plan)] == [Kind.BLOCKED, Kind.BLOCKED]
    assert plan["acme/new"].problems[0].code == "move-ambiguous"


def test_while_a_file_can_not_be_read_nothing_vanishes_and_nothing_moves() -> None:
    old = a_post(name="old", media=(a_media("clip.mp4"),))
    new = a_post(name="new", media=(a_media("clip.mp4"),))
    assert planned([new], [sent(old)], [])["acme/new"].kind is Kind.MOVE
    held = planned([new], [sent(old)], [], unread=("posts/bad.yaml",))
    assert [(action.post, action.problems[0].code) for action in held.values()] == [("acme/new", "move-held-back")]
    named = planned([a_post(name="new", moved_from="old")], [sent(old)], [], unread=("posts/bad.yaml",))
    assert named["acme/new"].problems[0].code == "move-held-back"
    assert planned([], [sent(old)], [])["acme/old"].kind is Kind.FORGET
    assert not planned([], [sent(old)], [], unread=("posts/bad.yaml",))


def test_a_faulty_post_without_a_past_may_be_the_new_name_of_one_that_vanished() -> None:
    old = a_post(name="old", media=(a_media("clip.mp4"),))
    plan = planned([a_post(name="copy", media=(a_media("clip.mp4"),))], [sent(old)], [fault("renamed")])
    assert plan["acme/copy"].problems[0].code == "move-held-back"


@pytest.mark.parametrize(("phase", "kinds"), [(Phase.UPLOADING, []), (Phase.PROCESSING, [Kind.RESUME])])
def test_an_upload_is_not_ended_while_its_manifest_may_be_unreadable(phase: Phase, kinds: list[Kind]) -> None:
    plan = planned([], [sent(a_post(name="old"), phase)], [], unread=("posts/bad.yaml",))
    assert [action.kind for action in plan.values()] == kinds


def test_a_vanished_manifest_of_a_shared_state_may_be_in_commits_that_were_not_pulled() -> None:
    facts = AccountFacts(an_account(), open_id=OPEN_ID, rows=(a_row(a_post(name="gone")),))
    for machine in ("", "laptop/1"):
        [action] = make_plan([], World(NOW, {"acme": facts}, App(audited=True), machine=machine)).actions
        assert ("has not pulled" in action.reason) is bool(machine)
