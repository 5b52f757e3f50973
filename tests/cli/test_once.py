"""Whatever people and machines do between two applies, no post is sent a second time."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from pathlib import Path

import pytest

from contentsync.emulator.server import Emulator
from tests.cli.support import Ran, Studio
from tests.processes import PATIENCE, begun, count, until

APPLY = ("apply", "--auto-approve")


def published(studio: Studio, *names: str, **keys: object) -> None:
    for name in names:
        studio.post(name, **keys)  # type: ignore[arg-type]
    assert studio.run("apply", "--auto-approve").code == 0


def lose_the_state(studio: Studio) -> None:
    shutil.rmtree(studio.root / ".contentsync")


def apply(studio: Studio) -> Ran:
    return studio.run("apply", "--auto-approve")


def test_four_runners_at_once_publish_each_post_once(studio: Studio, emulator: Emulator) -> None:
    for number in range(3):
        studio.post(f"p{number}")

    with ExitStack() as held:
        runners = [held.enter_context(begun(studio, *APPLY, "--lock-timeout", "600")) for _ in range(4)]
        said = [runner.communicate(timeout=PATIENCE) for runner in runners]

    assert [runner.returncode for runner in runners] == [0, 0, 0, 0], said
    assert sorted(post.caption for post in emulator.posts()) == ["About p0", "About p1", "About p2"]


def test_the_lock_names_its_holder_lets_readers_pass_and_dies_with_it(studio: Studio, emulator: Emulator) -> None:
    studio.post("one")
    emulator.add_fault("upload:delay=600")
    with begun(studio, *APPLY) as holder:
        until(lambda: count(emulator, "video_init") == 1, holder)
        second, reading = apply(studio), studio.run("status")
    emulator.clear_faults()

    assert (second.code, f"process {holder.pid}" in second.err, reading.code != 6) == (6, True, True)
    assert apply(studio).code == 0
    assert len(emulator.posts()) == 1


@pytest.mark.parametrize("keys", [{}, {"privacy": "only_me"}, {"mode": "draft"}], ids=["public", "private", "draft"])
@pytest.mark.parametrize("receipts", [True, False], ids=["receipts kept", "receipts lost"])
def test_a_deleted_state_posts_nothing_again(
    studio: Studio, emulator: Emulator, keys: dict[str, object], receipts: bool
) -> None:
    published(studio, "one", **keys)
    lose_the_state(studio)
    if not receipts:
        shutil.rmtree(studio.root / "receipts")

    ran = apply(studio)

    assert (ran.code, "[known-elsewhere]" in ran.out, len(emulator.posts())) == (5, True, 1)


@pytest.mark.parametrize("keys", [{}, {"privacy": "only_me"}, {"mode": "draft"}], ids=["public", "private", "draft"])
def test_a_rebuilt_state_has_nothing_to_do_and_posts_what_is_new(
    studio: Studio, emulator: Emulator, keys: dict[str, object]
) -> None:
    published(studio, "one", **keys)
    lose_the_state(studio)

    assert studio.run("state", "rebuild").code == 0
    again = apply(studio)
    studio.post("two")

    assert again.out == "Nothing to do: 1 post as declared.\n"
    assert apply(studio).code == 0
    assert len(emulator.posts()) == 2


def test_a_lifted_guard_is_kept_in_the_history(studio: Studio, emulator: Emulator) -> None:
    published(studio, "one")
    lose_the_state(studio)
    shutil.rmtree(studio.root / "receipts")
    studio.write("posts/one.yaml", "name: other\naccount: acme\nvideo: one.mp4\nprivacy: only_me\n")

    studio.run("apply", "--auto-approve", "--allow", "existing-posts")

    assert "guard-lifted" in studio.run("state", "history").out


def test_a_renamed_folder_changes_nothing(studio: Studio, emulator: Emulator) -> None:
    published(studio, "one")
    (studio.root / "posts").rename(studio.root / "moved")
    (studio.root / "posts").mkdir()
    (studio.root / "moved").rename(studio.root / "posts" / "deeper")

    ran = apply(studio)

    assert (ran.code, ran.out, len(emulator.posts())) == (0, "Nothing to do: 1 post as declared.\n", 1)


def test_a_renamed_account_moves_its_posts(studio: Studio, emulator: Emulator) -> None:
    published(studio, "one")
    for path in (studio.root / "contentsync.yaml", studio.root / "posts" / "one.yaml"):
        path.write_text(path.read_text().replace("acme:", "studio:").replace("account: acme", "account: studio"))
    studio.environment |= {
        name.replace("TOKEN_ACME", "TOKEN_STUDIO"): value
        for name, value in studio.environment.items()
        if name.endswith("TOKEN_ACME")
    }

    assert apply(studio).code == 0
    ran = apply(studio)

    assert (ran.out, len(emulator.posts())) == ("Nothing to do: 1 post as declared.\n", 1)
    assert studio.run("status", "--json").json["posts"][0]["post"] == "studio/one"


def test_an_edited_caption_is_frozen_until_it_is_acknowledged(studio: Studio, emulator: Emulator) -> None:
    published(studio, "one")
    studio.post("one", caption="edited")

    frozen = apply(studio)
    studio.run("ack", "one", "--because", "a typo")

    assert (frozen.code, "frozen" in frozen.out) == (0, True)
    assert apply(studio).out == "Nothing to do: 1 post as declared.\n"
    assert len(emulator.posts()) == 1


def test_a_removed_and_restored_manifest_is_the_same_post(studio: Studio, emulator: Emulator) -> None:
    published(studio, "one")
    manifest = studio.root / "posts" / "one.yaml"
    kept = manifest.read_text()
    manifest.unlink()
    gone = apply(studio)
    manifest.write_text(kept)

    assert (gone.code, "has no manifest any more" in gone.out) == (0, True)
    assert apply(studio).out == "Nothing to do: 1 post as declared.\n"
    assert len(emulator.posts()) == 1


def test_a_removed_row_blocks_a_returning_manifest_until_its_generation_rises(
    studio: Studio, emulator: Emulator
) -> None:
    published(studio, "one")
    assert studio.run("state", "rm", "one").code == 0

    blocked = apply(studio)
    studio.post("one", generation=2)

    assert (blocked.code, len(emulator.posts())) == (5, 1)
    assert apply(studio).code == 0
    assert len(emulator.posts()) == 2


def test_a_changed_byte_of_a_published_video_is_an_edit(studio: Studio, emulator: Emulator) -> None:
    published(studio, "one")
    studio.video("one.mp4", "other bytes")

    ran = apply(studio)

    assert (ran.code, "frozen" in ran.out, len(emulator.posts())) == (0, True, 1)


@pytest.mark.parametrize("wrong", ["garbage", "newer", "foreign"])
def test_a_state_that_can_not_be_used_is_one_clear_line(studio: Studio, emulator: Emulator, wrong: str) -> None:
    published(studio, "one")
    _spoil(studio.root / ".contentsync" / "state.db", wrong)
    studio.post("two")

    ran = apply(studio)

    assert (ran.code, len(emulator.posts())) == (1, 1)
    assert "[state-" in ran.err and "hint:" in ran.err and "Traceback" not in ran.err


def _spoil(path: Path, wrong: str) -> None:
    import sqlite3

    for side in path.parent.glob("state.db-*"):
        side.unlink()
    if wrong == "garbage":
        path.write_bytes(b"no database at all" * 500)
        return
    path.unlink() if wrong == "foreign" else None
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE strange (x)" if wrong == "foreign" else "PRAGMA user_version = 99")
    db.commit()
    db.close()


def test_an_unknown_pull_is_settled_in_one_command(studio: Studio, emulator: Emulator) -> None:
    studio.post("pulled", video="https://media.example.com/pulled.mp4")
    studio.post("next", privacy="only_me")
    emulator.add_fault("video_init:drop_after,nth=2")

    unknown = apply(studio)
    again = apply(studio)
    settled = studio.run("resolve", "pulled", "--published", "--because", "seen in the app")

    assert (unknown.code, again.code, settled.code) == (4, 4, 0)
    assert apply(studio).code == 0
    assert len(emulator.posts()) == 2


@pytest.mark.parametrize("call", ["video_init", "upload", "status"])
def test_tokens_that_expire_amid_an_apply_are_renewed_and_nothing_is_begun_twice(
    studio: Studio, emulator: Emulator, call: str
) -> None:
    for number in range(3):
        studio.post(f"p{number}")
    emulator.add_fault(f"{call}:delay=600,count=all,when=before")
    with begun(studio, *APPLY) as runner:
        until(lambda: count(emulator, call) > 0, runner)
        emulator.expire_tokens("acme")
        emulator.clear_faults()
        out, err = runner.communicate(timeout=PATIENCE)

    assert (runner.returncode, count(emulator, "token")) == (0, 1), out + err
    statuses = [request["status"] for request in emulator.requests() if request["endpoint"] == "video_init"]
    assert (len(emulator.posts()), statuses.count(200)) == (3, 3)
    assert all(status == 401 for status in statuses if status != 200)
