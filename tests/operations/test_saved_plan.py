"""What of a saved plan may still be carried out, and when is it refused?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from contentsync.errors import Problem, SignInNeeded, StalePlan
from contentsync.lifecycle import Phase
from contentsync.operations.plan import Made
from contentsync.operations.saved_plan import Saved, open_saved, to_do
from contentsync.plan import planfile
from contentsync.plan.action import AccountFacts, Action, Kind, Remote, World
from contentsync.plan.planner import make_plan
from contentsync.post import DesiredPost
from contentsync.post_state import PostState
from contentsync.project import Project
from contentsync.settings import App, Limits
from tests.builders import (
    NOW,
    OPEN_ID,
    ManualClock,
    a_creator,
    a_media,
    a_post,
    a_remote,
    a_row,
    an_account,
    an_attempt,
    settings,
)

AUDITED = App(audited=True, posting_users_per_day=None)
ACME = an_account()
POST = a_post(publish_at=None)
TEASER = a_post(name="teaser", media=(a_media("teaser.mp4"),))


@pytest.fixture
def project(tmp_path: Path, clock: ManualClock) -> Project:
    return Project(tmp_path, settings(ACME), {}, clock)


def a_world(project: Project, *rows: PostState, account: Any = ACME, **over: Any) -> World:
    facts = AccountFacts(account, **({"open_id": OPEN_ID, "creator": a_creator(), "rows": rows} | over))
    store = project.store
    known = {account.name: facts}
    return World(project.clock.now(), known, AUDITED, lineage=store.lineage, serial=store.serial)


def made_of(world: World, posts: Iterable[DesiredPost] = (POST,)) -> Made:
    declared = {post.key: post for post in posts}
    return Made(make_plan(declared.values(), world), declared, world)


def save(made: Made, folder: Path, selected: frozenset[str] | None = None) -> Saved:
    """The plan as it comes back from a file."""
    path = folder / "plan.json"
    plan = make_plan(made.posts.values(), made.world, selected)
    path.write_text(planfile.dump(plan, "1.0"), encoding="utf-8")
    return open_saved(path)


def code_of(err: pytest.ExceptionInfo[StalePlan]) -> str:
    return err.value.problems[0].code


def kinds(actions: Iterable[Action]) -> list[tuple[str, str]]:
    return [(action.post, str(action.kind)) for action in actions]


def test_what_is_as_it_was_is_carried_out(project: Project, tmp_path: Path) -> None:
    made = made_of(a_world(project))
    saved = save(made, tmp_path)
    saved.check_state(project)
    assert (kinds(to_do(saved, made, project)[0]), to_do(saved, made, project)[1]) == (
        [("acme/launch", "create")],
        [],
    )


def test_a_plan_expires_after_a_day(project: Project, tmp_path: Path, clock: ManualClock) -> None:
    saved = save(made_of(a_world(project)), tmp_path)
    clock.advance(timedelta(hours=24) - timedelta(seconds=1))
    saved.check_state(project)
    clock.advance(timedelta(seconds=1))
    with pytest.raises(StalePlan) as caught:
        saved.check_state(project)
    assert code_of(caught) == "plan-expired"


def test_a_plan_of_another_state_is_refused(project: Project, tmp_path: Path) -> None:
    world = replace(a_world(project), lineage="another")
    with pytest.raises(StalePlan) as caught:
        save(made_of(world), tmp_path).check_state(project)
    assert code_of(caught) == "plan-of-another-state"


def test_a_plan_is_stale_once_a_binding_or_an_attempt_changed(project: Project, tmp_path: Path) -> None:
    saved = save(made_of(a_world(project)), tmp_path)
    project.store.bind_post(TEASER, OPEN_ID, "71", "manifest", NOW)
    with pytest.raises(StalePlan) as caught:
        saved.check_state(project)
    assert code_of(caught) == "plan-stale"


def test_a_plan_for_an_account_that_the_project_lost_is_refused(project: Project, tmp_path: Path) -> None:
    saved = save(made_of(a_world(project)), tmp_path)
    project.settings = settings(an_account("other", open_id="other"))
    with pytest.raises(StalePlan, match="account acme, which this project does not have"):
        saved.check_state(project)


@pytest.mark.parametrize(
    ("posts", "what"),
    [
        ([replace(POST, caption="Other")], "the manifest of acme/launch changed"),
        ([replace(POST, publish_at=NOW)], "the manifest of acme/launch changed"),
        ([replace(POST, media=(a_media(sha256="0" * 64),))], "the media of acme/launch changed"),
        ([POST, TEASER], "a manifest was added, changed or removed"),
        ([], "the manifest of acme/launch changed"),
    ],
)
def test_a_manifest_or_a_byte_that_differs_makes_it_stale(
    project: Project, tmp_path: Path, posts: list[DesiredPost], what: str
) -> None:
    saved = save(made_of(a_world(project)), tmp_path)
    with pytest.raises(StalePlan, match=what) as caught:
        to_do(saved, made_of(a_world(project), posts), project)
    assert code_of(caught) == "plan-stale"


@pytest.mark.parametrize(("was", "now"), [(OPEN_ID, "someone-else"), (None, OPEN_ID)])
def test_another_identity_makes_it_stale(project: Project, tmp_path: Path, was: str | None, now: str) -> None:
    saved = save(made_of(a_world(project, open_id=was)), tmp_path)
    with pytest.raises(StalePlan, match="account acme") as caught:
        to_do(saved, made_of(a_world(project, open_id=now)), project)
    assert code_of(caught) == "plan-stale"


def test_an_account_that_could_not_be_asked_is_told_as_what_it_is(project: Project, tmp_path: Path) -> None:
    made = made_of(a_world(project))
    saved = save(made, tmp_path)
    failed = replace(made, failures={"acme": SignInNeeded(Problem("no-token", "no token"))})
    with pytest.raises(SignInNeeded):
        to_do(saved, failed, project)


def test_a_plan_for_some_posts_asks_for_their_accounts_and_lets_no_other_post_take_their_room(
    project: Project, tmp_path: Path
) -> None:
    tight = an_account(limits=Limits(posts_per_day=1))
    made = made_of(a_world(project, account=tight), [POST, TEASER])
    saved = save(made, tmp_path, frozenset({"acme/teaser"}))
    assert kinds(made.plan.actions) == [("acme/launch", "create"), ("acme/teaser", "wait")]
    assert kinds(to_do(saved, made, project)[0]) == [("acme/teaser", "create")]
    assert (saved.wish.accounts, saved.wish.only) == (("acme",), ())


def test_guards_that_were_lifted_for_the_plan_are_lifted_again(project: Project, tmp_path: Path) -> None:
    world = replace(a_world(project, noted_elsewhere=True), allow=frozenset({"existing-posts"}))
    assert save(made_of(world), tmp_path).wish.allow == ("existing-posts",)


def test_what_came_to_be_held_is_told_and_not_sent(project: Project, tmp_path: Path) -> None:
    saved = save(made_of(a_world(project)), tmp_path)
    stopped = a_creator(privacy=None, stop="spam_risk_too_many_posts", stop_what="enough")
    doing, refused = to_do(saved, made_of(a_world(project, creator=stopped)), project)
    assert ([(a.kind, a.left) for a in doing], refused) == ([(Kind.WAIT, True)], [])


def test_what_became_due_since_needs_a_new_plan(project: Project, tmp_path: Path, clock: ManualClock) -> None:
    posts = [replace(POST, publish_at=NOW + timedelta(minutes=30))]
    saved = save(made_of(a_world(project), posts), tmp_path)
    clock.advance(timedelta(minutes=40))
    doing, refused = to_do(saved, made_of(a_world(project), posts), project)
    assert (doing, [err.problems[0].code for err in refused]) == ((), ["plan-stale"])
    assert "says wait for acme/launch, but now it is create" in str(refused[0])


def test_another_video_than_the_one_that_was_shown_is_not_adopted(project: Project, tmp_path: Path) -> None:
    lost = an_attempt(POST, phase=Phase.UNKNOWN, created_at=NOW - timedelta(hours=2))
    row = a_row(POST, attempts=(lost,))

    def listing(post_id: str) -> Made:
        video = a_remote(post_id=post_id, created_at=NOW - timedelta(hours=1))
        return made_of(a_world(project, row, remote=Remote((video,))))

    saved = save(listing("71"), tmp_path)
    assert kinds(to_do(saved, listing("71"), project)[0]) == [("acme/launch", "adopt")]
    doing, refused = to_do(saved, listing("72"), project)
    assert (doing, len(refused)) == ((), 1)


@pytest.mark.parametrize(
    ("now", "followed"), [(Phase.PROCESSING, "resume"), (Phase.UNKNOWN, "unknown"), (Phase.PUBLISHED, None)]
)
def test_a_move_holds_while_nothing_more_follows_it_than_was_said(
    project: Project, tmp_path: Path, now: Phase, followed: str | None
) -> None:
    renamed = replace(POST, name="renamed")

    def made(phase: Phase) -> Made:
        return made_of(a_world(project, a_row(POST, attempts=(an_attempt(POST, phase=phase),))), [renamed])

    saved = save(made(Phase.PROCESSING), tmp_path)
    doing, refused = to_do(saved, made(now), project)
    assert (kinds(doing), doing[0].then, refused) == ([("acme/renamed", "move")], followed, [])


def test_a_move_that_would_go_on_otherwise_than_was_said_needs_a_new_plan(project: Project, tmp_path: Path) -> None:
    renamed = replace(POST, name="renamed")

    def made(phase: Phase) -> Made:
        return made_of(a_world(project, a_row(POST, attempts=(an_attempt(POST, phase=phase),))), [renamed])

    doing, refused = to_do(save(made(Phase.UNKNOWN), tmp_path), made(Phase.ORPHANED), project)
    assert (doing, [err.problems[0].code for err in refused]) == ((), ["plan-stale"])


def begun(project: Project, saved: Saved, *rows: PostState) -> Made:
    """What a fresh plan is made of, once the saved one was used and left these rows."""
    project.store.use_plan(saved.digest, "run-1", NOW)
    return made_of(a_world(project, *rows), [POST, TEASER])


def test_a_plan_that_was_begun_finishes_its_own_attempts_and_names_the_rest(project: Project, tmp_path: Path) -> None:
    saved = save(made_of(a_world(project), [POST, TEASER]), tmp_path)
    mine = an_attempt(POST, phase=Phase.UPLOADING, plan_digest=saved.digest)
    made = begun(project, saved, a_row(POST, attempts=(mine,)))
    saved.check_state(project)
    doing, refused = to_do(saved, made, project)
    assert kinds(doing) == [("acme/launch", "resume")]
    assert [err.problems[0].code for err in refused] == ["plan-used"]
    assert "a new plan is needed for acme/teaser" in str(refused[0])


def test_a_plan_that_was_begun_leaves_the_attempts_of_others_alone(project: Project, tmp_path: Path) -> None:
    saved = save(made_of(a_world(project), [POST, TEASER]), tmp_path)
    foreign = an_attempt(POST, phase=Phase.UPLOADING, plan_digest="sha256:another")
    doing, refused = to_do(saved, begun(project, saved, a_row(POST, attempts=(foreign,))), project)
    assert (doing, len(refused)) == ((), 1)
    assert "acme/launch, acme/teaser" in str(refused[0])


def test_an_attempt_of_its_own_that_ended_without_a_post_is_not_begun_anew(project: Project, tmp_path: Path) -> None:
    saved = save(made_of(a_world(project), [POST, TEASER]), tmp_path)
    over = an_attempt(POST, phase=Phase.ORPHANED, plan_digest=saved.digest)
    doing, refused = to_do(saved, begun(project, saved, a_row(POST, attempts=(over,))), project)
    assert doing == ()
    assert "acme/launch, acme/teaser" in str(refused[0])


def test_an_unknown_of_its_own_is_still_told(project: Project, tmp_path: Path) -> None:
    saved = save(made_of(a_world(project)), tmp_path)
    lost = an_attempt(POST, phase=Phase.UNKNOWN, plan_digest=saved.digest)
    doing, _ = to_do(saved, begun(project, saved, a_row(POST, attempts=(lost,))), project)
    assert kinds(doing) == [("acme/launch", "unknown")]


def test_a_plan_is_used_up_by_its_first_use(project: Project, tmp_path: Path) -> None:
    saved = save(made_of(a_world(project)), tmp_path)
    done = an_attempt(POST, plan_digest=saved.digest)
    doing, refused = to_do(saved, begun(project, saved, a_row(POST, attempts=(done,))), project)
    assert (doing, [err.problems[0].code for err in refused]) == ((), ["plan-used"])


@pytest.mark.parametrize("content", [b"\xff\xfe", b"", b"{}"])
def test_a_file_that_is_no_plan_is_unreadable(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(content)
    with pytest.raises(StalePlan) as caught:
        open_saved(path)
    assert code_of(caught) == "plan-unreadable"


def test_a_folder_is_no_plan(tmp_path: Path) -> None:
    with pytest.raises(StalePlan) as caught:
        open_saved(tmp_path)
    assert code_of(caught) == "plan-unreadable"
