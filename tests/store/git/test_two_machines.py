"""Two clones that share nothing but the remote: of two claims one wins, and nobody sends what another announced."""

from __future__ import annotations

import time
import uuid
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from contentsync.approval import approval_of
from contentsync.errors import StoreError
from contentsync.lifecycle import Event, Phase
from contentsync.plan.action import AccountFacts, Kind, World
from contentsync.plan.planner import make_plan
from contentsync.post import DesiredPost
from contentsync.post_state import Attempt
from contentsync.settings import App, Limits
from contentsync.store.git.store import GitStore
from contentsync.store.port.conflicts import AttemptOpen, Overtaken, Superseded
from tests.builders import NOW, OPEN_ID, a_media, a_post, an_account, an_attempt
from tests.store.git.remotes import a_backend, git

LATER = NOW + timedelta(minutes=20)


def begun(store: GitStore, post: DesiredPost | None = None, **over: object) -> Attempt:
    """An attempt begun as an apply begins one: decided anew where another machine wrote first."""
    post = post or a_post()
    given = {"phase": Phase.INTENT, "id": uuid.uuid4().hex, "post_uid": "", "created_at": NOW, "updated_at": NOW}
    attempt = an_attempt(post, **(given | over))  # type: ignore[arg-type]
    with suppress(Overtaken):
        return store.begin(post, attempt, NOW)
    return store.begin(post, attempt, NOW)


def opened(store: GitStore, attempt: Attempt, publish_id: str = "v_pub_file~1") -> Attempt:
    sent = store.save(attempt.noting(NOW, init_sent_at=NOW), "init")
    return store.save(sent.after(Event.UPLOAD_OPENED, NOW, publish_id=publish_id), "upload-opened")


def announced(store: GitStore, attempt: Attempt) -> Attempt:
    return store.save(attempt.noting(NOW, last_put_at=NOW), "last-chunk")


def test_of_two_claims_of_one_post_one_is_refused(one: GitStore, other: GitStore) -> None:
    begun(one)
    with pytest.raises(AttemptOpen):
        begun(other)
    assert other.posts(OPEN_ID)[0].attempts == other.posts(OPEN_ID)[0].attempts[:1]
    assert other.posts(OPEN_ID)[0].last.machine == one.machine  # type: ignore[union-attr]


def an_intent() -> Attempt:
    return an_attempt(a_post(), phase=Phase.INTENT, id=uuid.uuid4().hex, post_uid="", created_at=NOW, updated_at=NOW)


def test_a_claim_is_never_pushed_on_top_of_a_pause_that_was_not_seen(one: GitStore, other: GitStore) -> None:
    begun(one, a_post(name="before"))
    other.catch_up(NOW)
    other.pauses.add("acme", OPEN_ID, "recall", NOW)
    with pytest.raises(Overtaken):
        one.begin(a_post(), an_intent(), NOW)
    assert [pause.account for pause in one.pauses.all()] == ["acme"]
    assert [row.name for row in one.posts(OPEN_ID)] == ["before"]
    one.close()
    assert other.catch_up(NOW) is None
    assert [row.name for row in other.posts(OPEN_ID)] == ["before"]


def test_a_claim_that_is_taken_back_leaves_earlier_attempts_and_the_approval_as_they_were(
    one: GitStore, other: GitStore
) -> None:
    post = a_post()
    first = begun(one, post)
    one.save(first.after(Event.NOT_SENT, NOW, retry=True), "not-sent")
    one.approvals.save(approval_of(post, OPEN_ID, "a person", "terminal", NOW))
    other.catch_up(NOW)
    given = other.approvals.find(OPEN_ID, post.name, 1)
    assert given is not None
    before = one.posts(OPEN_ID)
    other.approvals.revoke(given, LATER)
    with pytest.raises(Overtaken):
        one.begin(post, an_intent(), NOW)
    found = one.approvals.find(OPEN_ID, post.name, 1)
    assert found is not None and (found.revoked_at, found.used_by) == (LATER, "")
    assert one.posts(OPEN_ID) == before


def test_an_init_that_an_earlier_process_claimed_is_decided_anew_where_others_wrote(
    one: GitStore, other: GitStore, remote: Path
) -> None:
    other.catch_up(NOW)
    remote.rename(remote.parent / "away.git")
    with pytest.raises(StoreError):
        begun(one)
    (remote.parent / "away.git").rename(remote)
    other.pauses.add("acme", OPEN_ID, "recall", NOW)
    left = one.posts(OPEN_ID)[0].last
    assert left is not None
    with pytest.raises(Superseded):
        one.save(left.noting(NOW, init_sent_at=NOW), "init")
    assert one.pauses.all() and one.attempt(left.id).init_sent_at is None


def test_a_pause_that_arrives_before_the_last_byte_stops_it(one: GitStore, other: GitStore) -> None:
    mine = opened(one, begun(one))
    other.catch_up(NOW)
    other.pauses.add("acme", OPEN_ID, "recall", NOW)
    with pytest.raises(Superseded):
        announced(one, mine)
    assert one.attempt(mine.id).last_put_at is None


def test_claims_of_different_posts_do_not_disturb_each_other(one: GitStore, other: GitStore) -> None:
    begun(one, a_post(name="a"))
    begun(other, a_post(name="b"))
    assert one.catch_up(NOW) is None
    assert {row.name for row in one.posts(OPEN_ID)} == {row.name for row in other.posts(OPEN_ID)} == {"a", "b"}


def test_an_attempt_that_was_taken_over_is_not_announced(one: GitStore, other: GitStore) -> None:
    mine = opened(one, begun(one))
    other.catch_up(LATER)
    theirs = other.attempt(mine.id)
    other.save(theirs.after(Event.LOST_BEFORE_COMMIT, LATER), "taken over")
    begun(other)
    with pytest.raises(Superseded):
        announced(one, mine)
    assert one.posts(OPEN_ID)[0].attempts[0].phase is Phase.ORPHANED


def test_an_announced_attempt_is_not_taken_over(one: GitStore, other: GitStore) -> None:
    mine = opened(one, begun(one))
    other.catch_up(LATER)
    theirs = other.attempt(mine.id)
    announced(one, mine)
    with pytest.raises(Superseded):
        other.save(theirs.after(Event.LOST_BEFORE_COMMIT, LATER), "taken over")
    assert other.attempt(mine.id).last_put_at == NOW
    assert other.attempt(mine.id).publish_id == "v_pub_file~1"


def test_any_machine_may_tell_the_outcome(one: GitStore, other: GitStore) -> None:
    mine = announced(one, opened(one, begun(one)))
    other.catch_up(LATER)
    theirs = other.attempt(mine.id)
    other.save(theirs.after(Event.PUBLISHED, LATER, post_id="7400", last_put_at=NOW), "published")
    assert one.catch_up(LATER) is None
    assert one.attempt(mine.id).phase is Phase.PUBLISHED
    assert one.bindings(OPEN_ID) == other.bindings(OPEN_ID) == {"7400": one.posts(OPEN_ID)[0].uid}
    with pytest.raises(Superseded):
        one.save(mine.after(Event.FAILED, LATER), "failed")


def test_nothing_is_begun_while_the_remote_can_not_be_reached(one: GitStore, remote: Path) -> None:
    one.catch_up(NOW)
    remote.rename(remote.parent / "away.git")
    with pytest.raises(StoreError, match="can't be reached"):
        begun(one)
    left = one.posts(OPEN_ID)[0].last
    assert left is not None
    with pytest.raises(StoreError, match="can't be reached"):
        one.save(left.noting(NOW, init_sent_at=NOW), "init")
    (remote.parent / "away.git").rename(remote)
    assert one.save(left.noting(NOW, init_sent_at=NOW), "init").init_sent_at == NOW


def test_what_is_past_its_commit_point_is_followed_without_the_remote_and_shared_later(
    one: GitStore, other: GitStore, remote: Path
) -> None:
    mine = announced(one, opened(one, begun(one)))
    remote.rename(remote.parent / "away.git")
    done = one.save(mine.after(Event.PUBLISHED, LATER, post_id="7400"), "published")
    assert done.phase is Phase.PUBLISHED
    (remote.parent / "away.git").rename(remote)
    assert one.catch_up(LATER) is None
    other.catch_up(LATER)
    assert other.attempt(mine.id).post_id == "7400"


def test_a_lost_copy_is_read_again_from_the_branch(one: GitStore, remote: Path) -> None:
    mine = announced(one, opened(one, begun(one)))
    rows = one.posts(OPEN_ID)
    again = a_backend(remote, "fresh", "--depth=1", "--single-branch").open()
    assert again.catch_up(LATER) is None
    assert [replace(row, attempts=()) for row in again.posts(OPEN_ID)] == [replace(row, attempts=()) for row in rows]
    assert again.attempt(mine.id) == replace(one.attempt(mine.id), version=1)
    assert (again.lineage, again.serial) == (one.lineage, one.serial)


@pytest.mark.parametrize("how", ["force-push", "deleted"])
def test_a_branch_that_was_put_back_stops_what_would_begin(one: GitStore, remote: Path, how: str) -> None:
    begun(one, a_post(name="a"))
    first = git(remote, "rev-parse", "contentsync-state")
    begun(one, a_post(name="b"))
    if how == "deleted":
        git(remote, "update-ref", "-d", "refs/heads/contentsync-state")
    else:
        git(remote, "update-ref", "refs/heads/contentsync-state", first)
    told = one.catch_up(LATER)
    assert told is not None
    assert told.code == "state-rewound"
    with pytest.raises(StoreError):
        begun(one, a_post(name="c"))


def test_a_branch_that_was_deleted_does_not_keep_the_copy_open(one: GitStore, remote: Path, tmp_path: Path) -> None:
    opened(one, begun(one))
    git(remote, "update-ref", "-d", "refs/heads/contentsync-state")
    with pytest.raises(StoreError, match="is gone from origin"):
        one.close()
    assert list(tmp_path.rglob("*.db"))
    assert not list(tmp_path.rglob("*.db-wal"))


def test_a_moved_post_is_one_post_for_both(one: GitStore, other: GitStore) -> None:
    announced(one, opened(one, begun(one, a_post(name="old"))))
    other.catch_up(NOW)
    assert one.move(one.posts(OPEN_ID)[0], a_post(name="new"), NOW)
    other.catch_up(NOW)
    assert [row.name for row in other.posts(OPEN_ID)] == ["new"]


def test_the_log_tells_people_what_happened_and_holds_no_secret(one: GitStore, remote: Path) -> None:
    mine = begun(one)
    sent = one.save(mine.noting(NOW, init_sent_at=NOW), "init")
    url = "https://open-upload.tiktokapis.com/video/?upload_token=secret"
    uploading = one.save(sent.after(Event.UPLOAD_OPENED, NOW, publish_id="v~1", upload_url=url), "upload-opened")
    announced(one, uploading)
    log = git(remote, "log", "--format=%s", "contentsync-state").splitlines()
    assert log[0].startswith("acme/")
    assert all(line.endswith("[skip ci]") for line in log)
    assert "secret" not in git(remote, "log", "-p", "contentsync-state")


def test_a_post_takes_three_pushes(one: GitStore, remote: Path) -> None:
    mine = announced(one, opened(one, begun(one)))
    working = one.save(mine.after(Event.ALL_SENT, NOW, sent_bytes=mine.size), "all-sent")
    one.save(working.after(Event.PUBLISHED, NOW, post_id="7400"), "published")
    assert int(git(remote, "rev-list", "--count", "contentsync-state")) == 3


def test_rows_that_follow_a_new_open_id_do_so_on_every_machine(one: GitStore, other: GitStore) -> None:
    announced(one, opened(one, begun(one)))
    one.accounts.rebind(OPEN_ID, "another-app", "acme", LATER)
    other.catch_up(LATER)
    assert [(row.name, row.account) for row in other.posts("another-app")] == [("launch", "acme")]
    assert other.posts(OPEN_ID) == []


def test_a_push_without_an_answer_is_waited_for_once_and_may_arrive_late(remote: Path) -> None:
    backend = a_backend(remote, "one")
    git_program = replace(backend.branch.git, network_seconds=1.0)
    store = replace(backend, branch=replace(backend.branch, git=git_program)).open()
    hook = remote / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\nsleep 3\n")
    hook.chmod(0o755)

    began = time.monotonic()
    with pytest.raises(StoreError, match="no answer in time"):
        begun(store)

    assert time.monotonic() - began < 60
    left = store.posts(OPEN_ID)[0].last
    assert left is not None
    assert left.init_sent_at is None
    hook.unlink()
    sent = a_backend(remote, "one").open().save(left.noting(NOW, init_sent_at=NOW), "init")
    other = a_backend(remote, "other").open()
    assert other.catch_up(NOW) is None
    assert [attempt.id for attempt in other.posts(OPEN_ID)[0].attempts] == [sent.id]


def test_the_inits_of_another_machine_count_for_the_limit_by_the_minute(one: GitStore, other: GitStore) -> None:
    path, minute = "/v2/post/publish/video/init/", timedelta(minutes=1)
    assert one.take(OPEN_ID, path, 2, minute, NOW) == 0.0
    opened(one, begun(one))
    other.catch_up(NOW)
    soon = NOW + timedelta(seconds=10)
    assert other.room_in(OPEN_ID, path, 2, minute, soon) == other.take(OPEN_ID, path, 2, minute, soon) == 0.0
    assert other.room_in(OPEN_ID, path, 2, minute, soon) > 0 < other.take(OPEN_ID, path, 2, minute, soon)
    assert other.room_in(OPEN_ID, path, 1, minute, soon) == other.take(OPEN_ID, path, 1, minute, soon) == 50.0
    assert other.room_in("another account", path, 1, minute, soon) == 0.0
    assert other.room_in(OPEN_ID, "/v2/post/publish/status/fetch/", 1, minute, soon) == 0.0
    assert other.room_in(OPEN_ID, path, 1, minute, NOW + minute) <= 10.0


def test_the_posts_of_another_machine_count_for_the_cap_of_a_day(one: GitStore, other: GitStore) -> None:
    media = [(a_media(path=f"{number}.mp4", sha256=str(number)),) for number in range(3)]
    posts = [a_post(name=f"p{number}", media=media[number]) for number in range(3)]
    opened(one, begun(one, posts[0]))
    other.catch_up(NOW)
    account = an_account(limits=Limits(posts_per_day=2))
    facts = AccountFacts(account=account, open_id=OPEN_ID, rows=tuple(other.posts(OPEN_ID)))
    world = World(now=NOW + timedelta(hours=1), accounts={"acme": facts}, app=App(audited=True))
    found = {action.post: (action.kind, action.due_at) for action in make_plan(posts, world).actions}
    assert found["acme/p1"] == (Kind.CREATE, None)
    assert found["acme/p2"] == (Kind.WAIT, NOW + timedelta(days=1))
