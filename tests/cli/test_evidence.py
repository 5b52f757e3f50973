"""What keeps a post from being there twice when something was lost, renamed or edited? Whole runs, real processes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from contentsync.emulator.config import Video
from contentsync.emulator.faults import INITS
from contentsync.emulator.server import Emulator
from tests.cli.support import Ran, Studio

APPLY = ("apply", "--auto-approve")
KINDS = {
    "public": {"privacy": "everyone"},
    "private": {"privacy": "only_me"},
    "draft": {"account": "acme_de"},
}

each_kind = pytest.mark.parametrize("kind", KINDS)


def inits(emulator: Emulator) -> int:
    return sum(request["endpoint"] in INITS for request in emulator.requests())


@pytest.fixture
def posted(studio: Studio, emulator: Emulator) -> Studio:
    """One public post, applied; none of these tests may make it a second one."""
    studio.post("launch")
    assert studio.run(*APPLY).code == 0
    return studio


def applied(studio: Studio, kind: str) -> None:
    studio.post("launch", **KINDS[kind])  # type: ignore[arg-type]
    assert studio.run(*APPLY).code == 0


def lose_state(studio: Studio, *, receipts: bool = False, notes: bool = False) -> None:
    shutil.rmtree(studio.root / ".contentsync")
    if receipts:
        shutil.rmtree(studio.root / "receipts")
    if notes:
        data = Path(studio.environment["CONTENTSYNC_DATA_DIR"])
        shutil.rmtree(data / "lineages")


@pytest.fixture(autouse=True)
def data_folder(studio: Studio, tmp_path: Path) -> None:
    studio.environment = studio.environment | {"CONTENTSYNC_DATA_DIR": str(tmp_path / "data")}


def nothing_more(studio: Studio, emulator: Emulator, code: int = 0) -> Ran:
    """A further apply, which ends with `code` and begins nothing."""
    before = inits(emulator)
    ran = studio.run(*APPLY)
    assert (ran.code, inits(emulator), len(emulator.posts())) == (code, before, before)
    return ran


# A state that was lost.


@each_kind
def test_receipts_alone_hold_every_post_back_and_a_rebuild_knows_it_again(
    studio: Studio, emulator: Emulator, kind: str
) -> None:
    applied(studio, kind)
    lose_state(studio, notes=True)
    ran = nothing_more(studio, emulator, 5)
    assert "[known-elsewhere]" in ran.out and "contentsync state rebuild" in ran.out
    assert studio.run(*APPLY, "--allow", "existing-posts").code == 5
    assert studio.run("state", "rebuild").code == 0
    assert nothing_more(studio, emulator).out == "Nothing to do: 1 post as declared.\n"


def test_the_public_list_alone_holds_back_and_names_the_video(posted: Studio, emulator: Emulator) -> None:
    lose_state(posted, receipts=True, notes=True)
    out = nothing_more(posted, emulator, 5).out
    assert "1 public video" in out
    assert "contentsync import acme; or" in out


@each_kind
def test_the_note_in_the_user_s_folder_alone_holds_back(studio: Studio, emulator: Emulator, kind: str) -> None:
    applied(studio, kind)
    lose_state(studio, receipts=True)
    assert "[known-elsewhere]" in nothing_more(studio, emulator, 5).out
    assert studio.run(*APPLY, "--allow", "existing-posts").code == 5
    assert studio.run("state", "rebuild").code == 0
    assert nothing_more(studio, emulator).out == "Nothing to do: 1 post as declared.\n"


def test_an_import_leaves_the_video_of_a_declared_post_to_it(posted: Studio, emulator: Emulator) -> None:
    lose_state(posted, receipts=True, notes=True)
    told = posted.run("import", "acme", "--write", "posts/imported").out
    assert "write post_id:" in told
    nothing_more(posted, emulator, 5)
    post_id = emulator.posts()[0].post_id
    posted.write("posts/launch.yaml", f'name: launch\naccount: acme\npost_id: "{post_id}"\n')
    assert "1 to adopt" in posted.run("plan").out
    nothing_more(posted, emulator)
    assert posted.run("plan").out == "Nothing to do: 1 post as declared.\n"


def test_a_pull_whose_answer_was_lost_is_adopted_once_it_is_public(studio: Studio, emulator: Emulator) -> None:
    """As docs/emulator.md tells how to see it; nobody looks in between."""
    studio.post("launch", video="https://media.acme.example/a.mp4?sig=hidden")
    emulator.add_fault("video_init:drop_after")
    assert studio.run(*APPLY).code == 4
    emulator.advance(61)
    plan = studio.run("plan")
    assert "1 to adopt" in plan.out and "hidden" not in plan.out
    nothing_more(studio, emulator)
    receipt = (studio.root / "receipts" / "acme" / "launch.json").read_text("utf-8")
    assert emulator.posts()[0].post_id in receipt and "hidden" not in receipt


def test_an_unknown_of_a_lost_state_is_adopted_by_the_one_video_that_fits(studio: Studio, emulator: Emulator) -> None:
    studio.post("launch", video="https://media.acme.example/a.mp4")
    emulator.add_fault("video_init:drop_after")
    assert studio.run(*APPLY).code == 4
    lose_state(studio)
    assert "unknown" in studio.run("state", "rebuild").out
    emulator.advance(60)
    assert "1 to adopt" in studio.run("plan").out
    nothing_more(studio, emulator)
    assert nothing_more(studio, emulator).out == "Nothing to do: 1 post as declared.\n"


def test_a_lifted_guard_is_recorded(posted: Studio, emulator: Emulator) -> None:
    lose_state(posted, receipts=True)
    (posted.root / "posts" / "launch.yaml").unlink()
    posted.post("second")
    assert posted.run(*APPLY, "--allow", "existing-posts").code == 0
    lines = posted.run("state", "history", "--json").json["changes"]
    lifted = next(line for line in lines if line["what"] == "guard-lifted")
    assert (lifted["detail"]["guard"], bool(lifted["who"]), len(emulator.posts())) == ("existing-posts", True, 2)


@pytest.mark.parametrize("renamed", [False, True])
@pytest.mark.parametrize("kind", ["private", "draft"])
def test_an_older_copy_of_the_state_does_not_send_again_what_the_newest_sent(
    studio: Studio, emulator: Emulator, kind: str, renamed: bool
) -> None:
    studio.post("first", privacy="only_me")
    assert studio.run(*APPLY).code == 0
    assert studio.run("state", "backup", "copy.db").code == 0
    applied(studio, kind)
    lose_state(studio, receipts=True)
    (studio.root / ".contentsync").mkdir()
    (studio.root / "copy.db").rename(studio.root / ".contentsync" / "state.db")
    if renamed:
        (studio.root / "posts" / "launch.yaml").unlink()
        studio.post("new-name", video="launch.mp4", **KINDS[kind])  # type: ignore[arg-type]
    assert "a newer copy of this state sent this post" in nothing_more(studio, emulator, 5).out
    studio.post("second", account="acme_de" if kind == "draft" else "acme")
    studio.run(*APPLY)
    assert inits(emulator) == 3


def test_an_import_of_what_is_public_says_nothing_of_a_private_post(studio: Studio, emulator: Emulator) -> None:
    emulator.add_video("acme", Video("By hand"))
    studio.post("launch", privacy="only_me")
    assert studio.run(*APPLY, "--allow", "existing-posts").code == 0
    lose_state(studio, receipts=True)
    studio.post("second")
    assert studio.run("import", "acme", "--write", "posts/imported").code == 0
    ran = studio.run(*APPLY)
    assert "another state on this machine sent this post before" in ran.out
    assert (ran.code, inits(emulator)) == (5, 2)
    assert [post.caption for post in emulator.posts()][1:] == ["About second"]


def test_a_rebuild_without_every_receipt_takes_the_rest_from_the_journal(studio: Studio, emulator: Emulator) -> None:
    for name in ("launch", "second"):
        studio.post(name, privacy="only_me")
    assert studio.run(*APPLY).code == 0
    lose_state(studio)
    (studio.root / "receipts" / "acme" / "second.json").unlink()
    told = studio.run("state", "rebuild")
    assert (told.code, "new" in told.out) == (0, False)
    assert nothing_more(studio, emulator).out == "Nothing to do: 2 posts as declared.\n"


def test_a_rebuild_of_an_older_copy_takes_in_a_rename(studio: Studio, emulator: Emulator) -> None:
    applied(studio, "private")
    assert studio.run("state", "backup", "copy.db").code == 0
    (studio.root / "posts" / "launch.yaml").unlink()
    studio.post("teaser", video="launch.mp4", privacy="only_me", caption="About launch")
    nothing_more(studio, emulator)
    lose_state(studio, notes=True)
    (studio.root / ".contentsync").mkdir()
    (studio.root / "copy.db").rename(studio.root / ".contentsync" / "state.db")
    studio.video("launch.mp4", "made anew")
    assert studio.run("state", "rebuild").code == 0
    assert "acme/teaser" in studio.run("state", "list").out
    assert [path.name for path in (studio.root / "receipts" / "acme").iterdir()] == ["teaser.json"]
    ran = studio.run(*APPLY, "--allow", "existing-posts")
    assert (ran.code, inits(emulator)) == (0, 1)


def test_a_guard_lifted_for_some_posts_stays_for_the_others(studio: Studio, emulator: Emulator) -> None:
    emulator.add_video("acme", Video("By hand"))
    for name in ("launch", "second", "third"):
        studio.post(name)
    lift = (*APPLY, "--allow", "existing-posts", "--only")
    assert (studio.run(*lift, "launch").code, inits(emulator)) == (0, 1)
    ran = studio.run(*APPLY)
    assert (ran.code, ran.out.count("[existing-posts]"), inits(emulator)) == (5, 2, 1)
    (studio.root / "posts" / "third.yaml").unlink()
    studio.post("renamed", video="third.mp4")
    ran = studio.run(*APPLY)
    assert (ran.code, ran.out.count("[existing-posts]"), inits(emulator)) == (5, 2, 1)
    assert (studio.run(*lift, "second").code, inits(emulator)) == (0, 2)
    studio.post("new-later")
    assert (studio.run(*APPLY).code, inits(emulator)) == (5, 3)
    assert (studio.run(*APPLY, "--allow", "existing-posts").code, inits(emulator)) == (0, 4)


def test_a_guard_lifted_for_a_post_that_was_refused_stays_for_the_others(studio: Studio, emulator: Emulator) -> None:
    emulator.add_video("acme", Video("By hand"))
    studio.post("launch")
    emulator.add_fault("video_init:error=invalid_params")
    assert studio.run(*APPLY, "--allow", "existing-posts").code == 1
    studio.post("launch", video="launch.mp4", caption="Mended")
    studio.post("second")
    ran = studio.run(*APPLY)
    assert (ran.code, ran.out.count("[existing-posts]")) == (5, 1)
    assert [post.caption for post in emulator.posts()] == ["Mended"]


def test_a_refused_post_does_not_end_what_another_state_on_this_machine_tells(
    studio: Studio, emulator: Emulator
) -> None:
    applied(studio, "private")
    lose_state(studio, receipts=True)
    (studio.root / "posts" / "launch.yaml").unlink()
    studio.post("second")
    emulator.add_fault("video_init:error=invalid_params")
    assert studio.run(*APPLY, "--allow", "existing-posts").code == 1
    studio.post("third")
    assert (studio.run(*APPLY, "--only", "third").code, inits(emulator)) == (5, 2)


def another_machine(studio: Studio, tmp_path: Path) -> Studio:
    """The same repository elsewhere: no state, and another data folder."""
    root = tmp_path / "elsewhere"
    shutil.copytree(studio.root, root, ignore=shutil.ignore_patterns(".contentsync"))
    return Studio(root, studio.environment | {"CONTENTSYNC_DATA_DIR": str(tmp_path / "other-data")})


def test_a_look_never_writes_over_what_another_machine_says_of_a_post(
    studio: Studio, emulator: Emulator, tmp_path: Path
) -> None:
    studio.post("launch", privacy="only_me")
    there = another_machine(studio, tmp_path)
    emulator.add_fault("video_init:error=invalid_params")
    assert studio.run(*APPLY).code == 1
    assert there.run(*APPLY).code == 0
    receipt = Path("receipts") / "acme" / "launch.json"
    shutil.copy(there.root / receipt, studio.root / receipt)
    studio.post("launch", video="launch.mp4", privacy="only_me", caption="Mended")
    assert "its receipt says published" in studio.run("plan").out
    assert json.loads((studio.root / receipt).read_text(encoding="utf-8"))["phase"] == "published"
    assert (studio.run(*APPLY).code, inits(emulator)) == (5, 2)


def test_a_generation_that_another_machine_posted_is_not_posted_again(
    studio: Studio, emulator: Emulator, tmp_path: Path
) -> None:
    applied(studio, "private")
    there = another_machine(studio, tmp_path)
    shutil.rmtree(there.root / "receipts")
    for where in (there, studio):
        where.post("launch", video="launch.mp4", privacy="only_me", generation=2)
    assert there.run(*APPLY, "--allow", "existing-posts").code == 0
    shutil.copytree(there.root / "receipts", studio.root / "receipts", dirs_exist_ok=True)
    assert (studio.run(*APPLY).code, inits(emulator)) == (5, 2)


def test_the_receipt_under_the_old_name_stays_until_the_new_one_is_written(
    posted: Studio, emulator: Emulator
) -> None:
    (posted.root / "posts" / "launch.yaml").unlink()
    posted.post("teaser", video="launch.mp4", caption="About launch")
    folder = posted.root / "receipts" / "acme"
    (folder / "teaser.json").mkdir()
    assert "could not be written" in nothing_more(posted, emulator).err
    assert (folder / "launch.json").is_file()


# What is renamed, moved or edited.


def test_a_renamed_folder_is_no_matter(posted: Studio, emulator: Emulator) -> None:
    (posted.root / "posts").rename(posted.root / "old")
    (posted.root / "posts").mkdir()
    (posted.root / "old").rename(posted.root / "posts" / "2026")
    assert nothing_more(posted, emulator).out == "Nothing to do: 1 post as declared.\n"


@pytest.mark.parametrize("lost", [False, True])
def test_a_renamed_account_takes_its_posts_along(posted: Studio, emulator: Emulator, lost: bool) -> None:
    for path in (posted.root / "contentsync.yaml", posted.root / "posts" / "launch.yaml"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("acme:", "acme_studio:").replace("account: acme", "account: acme_studio"))
    given = posted.environment
    tokens = {k.replace("TOKEN_ACME", "TOKEN_ACME_STUDIO"): v for k, v in given.items() if k.endswith("TOKEN_ACME")}
    posted.environment = given | tokens
    if lost:
        lose_state(posted, notes=True)
        nothing_more(posted, emulator, 5)
        assert "acme_studio: 1 row made from receipts" in posted.run("state", "rebuild").out
    else:
        assert "1 to move" in posted.run("plan").out
    nothing_more(posted, emulator)
    assert posted.run("plan").out == "Nothing to do: 1 post as declared.\n"


def test_an_edited_caption_is_frozen_and_can_be_accepted(posted: Studio, emulator: Emulator) -> None:
    posted.post("launch", video="launch.mp4", caption="Corrected")
    assert "contentsync ack acme/launch" in nothing_more(posted, emulator).out
    assert posted.run("ack", "launch").code == 0
    assert nothing_more(posted, emulator).out == "Nothing to do: 1 post as declared.\n"


def test_a_changed_byte_after_publication_is_frozen_too(posted: Studio, emulator: Emulator) -> None:
    posted.video("launch.mp4", "other bytes")
    assert "1 frozen" in nothing_more(posted, emulator).out


def test_media_made_anew_after_publication_are_the_post_s_own_under_a_new_name_too(
    posted: Studio, emulator: Emulator
) -> None:
    posted.video("launch.mp4", "made anew")
    assert "1 frozen" in nothing_more(posted, emulator).out
    (posted.root / "posts" / "launch.yaml").unlink()
    (posted.root / "posts" / "launch.mp4").rename(posted.root / "posts" / "teaser.mp4")
    posted.post("teaser", video="teaser.mp4", caption="About launch")
    assert "1 to move" in posted.run("plan").out
    nothing_more(posted, emulator)
    assert "1 frozen" in nothing_more(posted, emulator).out


@pytest.mark.parametrize("acked", [False, True])
def test_each_of_the_media_that_were_seen_is_the_post_s_own(posted: Studio, emulator: Emulator, acked: bool) -> None:
    for mark in ("made anew", "made anew again"):
        posted.video("launch.mp4", mark)
        assert posted.run("ack", "launch").code == 0 if acked else "1 frozen" in nothing_more(posted, emulator).out
    (posted.root / "posts" / "launch.yaml").unlink()
    posted.video("launch.mp4", "made anew")
    posted.post("teaser", video="launch.mp4", caption="Another")
    assert "1 to move" in posted.run("plan").out
    nothing_more(posted, emulator)


def test_a_manifest_that_went_and_came_back_is_as_it_was(posted: Studio, emulator: Emulator) -> None:
    manifest = posted.root / "posts" / "launch.yaml"
    text = manifest.read_text(encoding="utf-8")
    manifest.unlink()
    assert "the video stays at TikTok" in nothing_more(posted, emulator).out
    manifest.write_text(text, encoding="utf-8")
    assert nothing_more(posted, emulator).out == "Nothing to do: 1 post as declared.\n"


def test_a_removed_post_that_comes_back_needs_a_higher_generation(posted: Studio, emulator: Emulator) -> None:
    assert posted.run("state", "rm", "launch", "--because", "gone").code == 0
    assert "[returned]" in nothing_more(posted, emulator, 5).out
    posted.post("launch", video="launch.mp4", generation=2)
    assert (posted.run(*APPLY).code, inits(emulator)) == (0, 2)


# A saved plan.


def test_a_used_plan_is_refused(studio: Studio, emulator: Emulator) -> None:
    studio.post("launch")
    studio.run("plan", "--out", "plan.json")
    assert studio.run("apply", "plan.json").code == 0
    ran = studio.run("apply", "plan.json")
    assert (ran.code, "[plan-used]" in ran.err, inits(emulator)) == (7, True, 1)


def test_one_changed_byte_makes_a_plan_stale(studio: Studio, emulator: Emulator) -> None:
    studio.post("launch")
    studio.run("plan", "--out", "plan.json")
    clip = studio.root / "posts" / "launch.mp4"
    clip.write_bytes(clip.read_bytes()[:-1] + b"!")
    ran = studio.run("apply", "plan.json")
    assert (ran.code, "the media of acme/launch changed" in ran.err, inits(emulator)) == (7, True, 0)


# What was there before.


def test_imported_videos_are_bound_and_never_sent(studio: Studio, emulator: Emulator) -> None:
    for caption in ("One", "Two"):
        emulator.add_video("acme", Video(caption))
    assert "2 videos of acme bound" in studio.run("import", "acme", "--write", "posts/imported").out
    assert studio.run("plan").out == "Nothing to do: 2 posts as declared.\n"
    lose_state(studio, receipts=True)
    assert "2 to adopt" in studio.run("plan").out
    assert (studio.run(*APPLY).code, inits(emulator)) == (0, 0)


def test_a_receipt_that_can_not_be_read_holds_a_higher_generation_back_until_a_person_settles_it(
    posted: Studio, emulator: Emulator
) -> None:
    receipt = posted.root / "receipts" / "acme" / "launch.json"
    by_another = receipt.read_text().replace('"generation": 1', '"generation": 2')[:-40]
    receipt.write_text(by_another)
    assert nothing_more(posted, emulator).out == "Nothing to do: 1 post as declared.\n"
    assert receipt.read_text() == by_another

    posted.post("launch", generation=2)

    assert "[known-elsewhere]" in nothing_more(posted, emulator, 5).out
    assert posted.run("resolve", "launch", "--not-published").code == 0
    assert posted.run(*APPLY).code == 0
    assert len(emulator.posts()) == 2


def test_a_receipt_that_can_not_be_read_is_written_anew_where_it_tells_of_nothing_later(
    posted: Studio, emulator: Emulator
) -> None:
    receipt = posted.root / "receipts" / "acme" / "launch.json"
    whole = receipt.read_text()
    receipt.write_text(whole[:-40])

    nothing_more(posted, emulator)

    assert receipt.read_text() == whole
