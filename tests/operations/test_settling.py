"""What a person settles: unknown outcomes, edits, names, lost states, videos that were there before."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from contentsync.emulator.config import Video
from contentsync.emulator.faults import INITS
from contentsync.errors import StoreError, UsageError
from contentsync.lifecycle import Phase
from contentsync.operations import import_videos as importing
from contentsync.operations import rebuild as rebuilding
from contentsync.operations import resolve as resolving
from contentsync.operations.ack import ack as accept_edit
from contentsync.operations.backup import back_up
from contentsync.operations.edit_state import remove_row, rename_row
from contentsync.operations.import_videos import Imported
from contentsync.operations.rebuild import Rebuilt
from contentsync.operations.resolve import Verdict
from contentsync.operations.state_rows import NotSettled, all_rows
from contentsync.post_state import PostState
from tests.attempt.site import Site, a_site
from tests.builders import ManualClock

PULL = "https://media.acme.example/a.mp4"
ID = "7400000000000000077"


@pytest.fixture
def site(tmp_path: Path, clock: ManualClock) -> Iterator[Site]:
    with a_site(tmp_path, clock) as made:
        yield made


def an_unknown(site: Site, name: str = "launch", fault: str = "drop_after", **keys: object) -> None:
    """A post whose init was lost, so that nobody here knows whether TikTok has it; no public list shows it."""
    site.studio.post(name, **({"video": PULL, "privacy": "only_me"} | keys))
    site.emulator.add_fault(f"video_init:{fault}")
    site.apply()
    site.emulator.clear_faults()


def inits(site: Site) -> int:
    return sum(site.count(endpoint) for endpoint in INITS)


def resolve(site: Site, verdict: str, post_id: str = "", name: str = "launch", why: str = "looked") -> PostState:
    with site.project() as project:
        return resolving.resolve(project, name, Verdict(verdict), post_id, why)


def code_of(error: pytest.ExceptionInfo[Any]) -> str:
    return str(error.value.problems[0].code)


def edit(site: Site, name: str, **keys: object) -> None:
    """Write the manifest anew, with the same media."""
    site.studio.post(name, **({"video": f"{name}.mp4"} | keys))


# resolve


def test_a_published_one_is_never_sent_again_and_its_id_is_kept(site: Site) -> None:
    an_unknown(site)
    assert resolve(site, "published", ID).post_id == ID
    assert (site.apply().results, inits(site), site.row().post_id) == ({}, 1, ID)


def test_a_published_one_needs_no_id(site: Site) -> None:
    an_unknown(site)
    assert resolve(site, "published").last.phase is Phase.PUBLISHED  # type: ignore[union-attr]
    assert (site.apply().results, inits(site)) == ({}, 1)


def test_not_published_allows_exactly_one_new_attempt(site: Site) -> None:
    an_unknown(site, fault="drop_before")
    resolve(site, "not-published")
    site.emulator.add_fault("video_init:drop_after")
    assert site.apply().results == {"acme/launch": "unknown"}
    site.apply()
    assert (inits(site), site.phases()) == (2, ["orphaned", "unknown"])


def test_a_kept_one_is_never_sent_again_unless_its_generation_rises(site: Site) -> None:
    an_unknown(site)
    resolve(site, "keep")
    assert (site.apply().results, site.kinds(), inits(site)) == ({}, {}, 1)
    edit(site, "launch", video=PULL, privacy="only_me", caption="Another")
    assert site.kinds() == {"acme/launch": "frozen"}
    edit(site, "launch", video=PULL, privacy="only_me", generation=2)
    assert site.apply().results == {"acme/launch": "published"}


def test_who_when_and_why_stand_in_the_history(site: Site, clock: ManualClock) -> None:
    an_unknown(site)
    resolve(site, "keep", why="the client said so")
    line = site.history()[-1]
    assert (line["what"], line["detail"]["why"], line["phase_after"]) == (
        "resolved-keep",
        "the client said so",
        "abandoned",
    )
    assert line["who"] and line["at"] == clock.now()


@pytest.mark.parametrize("post_id", ["abc", "12a", "-1", "0", "1 2", "٣", "7" * 33, "https://www.tiktok.com/1"])
def test_ids_are_digits(site: Site, post_id: str) -> None:
    an_unknown(site)
    with pytest.raises(NotSettled) as error:
        resolve(site, "published", post_id)
    assert (code_of(error), site.phases()) == ("post-id-malformed", ["unknown"])


def test_a_video_of_another_post_is_refused(site: Site) -> None:
    site.studio.post("first")
    site.apply()
    an_unknown(site)
    with pytest.raises(NotSettled) as error:
        resolve(site, "published", site.row("first").post_id)
    assert (code_of(error), site.phases()) == ("video-bound-twice", ["unknown"])


def test_a_video_that_a_manifest_names_is_refused(site: Site) -> None:
    an_unknown(site)
    site.studio.write("posts/there.yaml", f'name: there\naccount: acme\npost_id: "{ID}"\n')
    with pytest.raises(NotSettled, match="acme/there"):
        resolve(site, "published", ID)


def test_the_video_of_an_earlier_generation_is_refused(site: Site) -> None:
    site.studio.post("launch")
    site.apply()
    an_unknown(site, generation=2)
    with pytest.raises(NotSettled, match="an earlier attempt"):
        resolve(site, "published", site.row().post_id)


def test_what_is_processed_for_more_than_an_hour_may_be_settled(site: Site, clock: ManualClock) -> None:
    site.studio.post("launch", privacy="only_me")
    site.emulator.add_fault("video_init:stuck")
    site.apply(wait=0)
    with pytest.raises(NotSettled, match="it is processing"):
        resolve(site, "keep")
    clock.advance(timedelta(hours=2))
    resolve(site, "published")
    assert (site.phases(), inits(site)) == (["published"], 1)


def test_what_is_settled_or_was_never_begun_has_nothing_to_resolve(site: Site) -> None:
    site.studio.post("launch")
    site.apply()
    site.studio.post("new")
    with pytest.raises(NotSettled, match="it is published"):
        resolve(site, "published")
    with pytest.raises(NotSettled, match="no evidence says that it was ever sent"):
        resolve(site, "not-published", name="new")
    with pytest.raises(UsageError, match="no post"):
        resolve(site, "published", name="lanch")


# ack


def ack(site: Site, name: str = "launch") -> PostState:
    with site.project() as project:
        return accept_edit(project, name, "agreed")


def test_an_accepted_edit_is_unchanged_until_the_next_one(site: Site) -> None:
    site.studio.post("launch")
    site.apply()
    edit(site, "launch", caption="Corrected")
    ack(site)
    assert site.kinds() == {}
    edit(site, "launch", caption="Again")
    assert site.kinds() == {"acme/launch": "frozen"}
    assert (site.apply().results, inits(site)) == ({}, 1)


def test_an_edit_of_a_post_that_was_left_for_good_can_be_accepted_too(site: Site) -> None:
    an_unknown(site)
    resolve(site, "keep")
    edit(site, "launch", video=PULL, privacy="only_me", caption="Corrected")
    ack(site)
    assert site.kinds() == {}


def test_without_an_edit_there_is_nothing_to_accept(site: Site) -> None:
    site.studio.post("launch")
    site.apply()
    with pytest.raises(NotSettled) as error:
        ack(site)
    edit(site, "launch", caption="Corrected")
    ack(site)
    with pytest.raises(NotSettled):
        ack(site)
    assert code_of(error) == "nothing-to-ack"


# state rm and state mv


def remove(site: Site, name: str = "launch") -> PostState:
    with site.project() as project:
        return remove_row(project, name, "tidy")


def test_a_removed_post_stays_removed_under_any_name_until_its_generation_rises(site: Site) -> None:
    site.studio.post("launch")
    site.apply()
    remove(site)
    assert site.kinds() == {"acme/launch": "blocked"}
    (site.studio.root / "posts/launch.yaml").unlink()
    edit(site, "other", video="launch.mp4")
    assert site.kinds() == {"acme/other": "blocked"}
    edit(site, "other", video="launch.mp4", generation=2)
    assert (site.apply().results, inits(site)) == ({"acme/other": "published"}, 2)


def test_an_unknown_or_open_attempt_is_not_removed(site: Site) -> None:
    an_unknown(site)
    with pytest.raises(NotSettled) as error:
        remove(site)
    assert (code_of(error), "contentsync resolve" in error.value.problems[0].hint) == ("attempt-open", True)


def test_what_was_removed_is_not_removed_again_and_keeps_its_name(site: Site) -> None:
    site.studio.post("launch")
    site.apply()
    remove(site)
    with pytest.raises(NotSettled) as error:
        remove(site)
    with pytest.raises(NotSettled):
        rename(site, "launch", "other")
    assert code_of(error) == "removed-already"


def rename(site: Site, old: str, new: str) -> PostState:
    with site.project() as project:
        return rename_row(project, old, new, "renamed")


def test_a_row_takes_the_name_that_its_manifest_has_by_now(site: Site) -> None:
    site.studio.post("launch")
    site.apply()
    (site.studio.root / "posts/launch.yaml").unlink()
    site.studio.post("renamed")
    assert rename(site, "launch", "renamed").key == "acme/renamed"
    receipts = sorted(path.name for path in (site.studio.root / "receipts/acme").iterdir())
    assert (site.kinds(), receipts) == ({"acme/renamed": "frozen"}, ["renamed.json"])


@pytest.mark.parametrize(
    ("new", "code"),
    [
        ("../../contentsync", "other-account"),
        ("..", "name-malformed"),
        ("acme/..", "name-malformed"),
        ("A", "name-malformed"),
        ("", "name-malformed"),
        ("acme_de/launch", "other-account"),
        ("second", "name-taken"),
        ("free", "still-declared"),
    ],
)
def test_a_row_is_not_moved_where_that_does_harm(site: Site, new: str, code: str) -> None:
    site.studio.post("launch")
    site.studio.post("second")
    site.apply()
    if code == "name-taken":
        (site.studio.root / "posts/launch.yaml").unlink()
    with pytest.raises(NotSettled) as error:
        rename(site, "launch", new)
    assert (code_of(error), site.row().name) == (code, "launch")


# state rebuild


def lose(site: Site, *, notes: bool = False) -> None:
    if notes:
        with site.project() as project:
            shutil.rmtree(project.data_folder / "lineages")
    for file in (site.studio.root / ".contentsync").glob("state.db*"):
        file.unlink()


def rebuild(site: Site) -> list[Rebuilt]:
    with site.project() as project:
        return rebuilding.rebuild(project)[0]


def receipt(site: Site, name: str = "launch", account: str = "acme") -> Path:
    return site.studio.root / "receipts" / account / f"{name}.json"


def test_after_a_rebuild_there_is_nothing_to_do(site: Site) -> None:
    site.studio.post("public")
    site.studio.post("private", privacy="only_me")
    site.studio.post("draft", "acme_de")
    site.apply()
    lose(site)
    assert [len(made.rows) for made in rebuild(site)] == [2, 1]
    assert (site.kinds(), site.apply().results, inits(site)) == ({}, {}, 3)
    assert [len(made.rows) for made in rebuild(site)] == [0, 0]


def test_what_a_receipt_leaves_open_is_unknown_and_then_asked_for(site: Site) -> None:
    site.studio.post("launch", privacy="only_me")
    site.apply(wait=0)
    before = site.phases()
    lose(site)
    rebuild(site)
    site.apply()
    assert (before, site.phases(), inits(site)) == (["processing"], ["published"], 1)
    assert next(line["phase_after"] for line in site.history() if line["what"] == "restored") == "unknown"


def test_an_unknown_pull_stays_unknown_and_is_adopted_where_exactly_one_video_fits(site: Site) -> None:
    an_unknown(site, privacy="everyone", caption="Only this one")
    lose(site)
    rebuild(site)
    site.emulator.advance(60)
    assert site.kinds() == {"acme/launch": "adopt"}
    assert (site.apply().results, inits(site)) == ({"acme/launch": "adopted"}, 1)


HOSTILE: dict[str, Any] = {
    "no json": "{",
    "a list": "[]",
    "deep": "[" * 100_000,
    "no attempts": {"attempts": None},
    "an attempt that is none": {"attempts": [7]},
    "a phase that is none": ("phase", "posted"),
    "a time without a zone": ("started_at", "2026-03-01T12:00:00"),
    "a time that is none": ("finished_at", 7),
    "a size beyond any": ("bytes", 2**70),
    "a duration that is none": ("duration", "long"),
    "half a character": ("publish_id", "\ud800"),
    "an endless generation": {"generation": 1e400},
    "a removal that is no time": {"removed_at": "yesterday"},
    "two open attempts": "twice",
}


def spoil(path: Path, how: Any) -> None:
    told = json.loads(path.read_text(encoding="utf-8"))
    if how == "twice":
        told["attempts"] = [told["attempts"][0] | {"phase": "processing", "number": n} for n in (1, 2)]
    elif isinstance(how, tuple):
        told["attempts"][0][how[0]] = how[1]
    elif isinstance(how, dict):
        told |= how
    path.write_text(how if isinstance(how, str) and how != "twice" else json.dumps(told), encoding="utf-8")


@pytest.mark.parametrize("how", HOSTILE.values(), ids=HOSTILE)
def test_a_receipt_that_nobody_can_read_leaves_its_post_unknown(site: Site, how: Any) -> None:
    site.studio.post("launch", privacy="only_me")
    site.apply()
    lose(site, notes=True)
    spoil(receipt(site), how)
    rebuild(site)
    known = how == "twice"  # one posting that is told twice is one, and TikTok tells what became of it
    assert (site.kinds(), site.phases()) == (
        ({}, ["published"]) if known else ({"acme/launch": "unknown"}, ["unknown"])
    )
    assert (site.apply().results, inits(site)) == ({}, 1)


def test_two_receipts_of_one_posting_make_one_row_and_the_other_stays_blocked(site: Site) -> None:
    site.studio.post("launch", privacy="only_me")
    site.apply()
    receipt(site, "twin").write_bytes(receipt(site).read_bytes())
    lose(site)
    made = rebuild(site)[0]
    assert ([row.name for row in made.rows], made.unused) == (["launch"], ("acme/twin",))
    edit(site, "twin", video="launch.mp4", privacy="only_me")
    assert site.kinds() == {"acme/twin": "blocked"}


def test_receipts_of_another_identity_and_of_impossible_names_are_left_alone(site: Site) -> None:
    site.studio.post("launch")
    site.apply()
    told = json.loads(receipt(site).read_text(encoding="utf-8"))
    receipt(site, "foreign").write_text(json.dumps(told | {"open_id": "someone-else"}), encoding="utf-8")
    receipt(site, "Not A Name").write_text("{", encoding="utf-8")
    (site.studio.root / "receipts/acme/folder.json").mkdir()
    lose(site)
    made = rebuild(site)[0]
    assert sorted(row.name for row in made.rows) == ["folder", "launch"]
    assert made.unused == ("acme/Not A Name",)


def test_an_older_copy_of_the_state_gets_the_attempts_that_it_lacks(site: Site, tmp_path: Path) -> None:
    site.studio.post("launch", privacy="only_me")
    site.emulator.add_fault("video_init:error=invalid_params")
    site.apply()
    copy = tmp_path / "copy.db"
    with site.project() as project:
        back_up(project, copy)
    site.apply(retry=("acme/launch",))
    lose(site)
    (site.studio.root / ".contentsync/state.db").write_bytes(copy.read_bytes())
    edit(site, "launch", privacy="only_me", caption="Mended")
    assert site.kinds() == {"acme/launch": "blocked"}
    rebuild(site)
    assert (site.kinds(), site.phases()) == ({"acme/launch": "frozen"}, ["failed", "published"])


def test_an_older_copy_of_the_state_learns_how_an_open_attempt_ended(site: Site, tmp_path: Path) -> None:
    site.studio.post("launch", privacy="only_me")
    site.emulator.add_fault("upload:status=503,count=all")
    site.apply()
    copy = tmp_path / "copy.db"
    with site.project() as project:
        back_up(project, copy)
    site.emulator.clear_faults()
    site.apply()
    site.emulator.forget(site.row().attempts[0].publish_id)
    lose(site)
    (site.studio.root / ".contentsync/state.db").write_bytes(copy.read_bytes())
    assert site.kinds() == {"acme/launch": "blocked"}
    assert site.apply().results == {}
    rebuild(site)
    assert (site.kinds(), site.phases(), inits(site)) == ({}, ["published"], 1)


def test_an_account_that_can_not_be_asked_leaves_the_others_alone(site: Site) -> None:
    site.studio.post("one")
    site.studio.post("two", "acme_de")
    site.apply()
    lose(site)
    site.emulator.add_fault("user_info:error=scope_not_authorized,account=acme")
    with site.project() as project:
        made, failures = rebuilding.rebuild(project)
    assert ([one.account for one in made], list(failures)) == (["acme_de"], ["acme"])


# state backup


def test_a_copy_is_proven_and_overwrites_nothing(site: Site, tmp_path: Path) -> None:
    site.studio.post("launch")
    site.apply()
    with site.project() as project:
        assert back_up(project, tmp_path / "copy.db")["posts"] == 1
        with pytest.raises(StoreError, match="exists already"):
            back_up(project, tmp_path / "copy.db")
        with pytest.raises(StoreError):
            back_up(project, tmp_path / "no" / "folder.db")


# import


def import_videos(site: Site, folder: str | None = "posts/imported") -> list[Imported]:
    with site.project() as project:
        where = site.studio.root / folder if folder else None
        return importing.import_videos(project, project.account("acme"), where)


def test_each_video_gets_a_manifest_and_a_row_and_is_never_sent(site: Site) -> None:
    for caption in ("Hello, World! #fyp", "Hello, World! #fyp", "", "no: [yaml] \u2028 # here", "日本語"):
        site.emulator.add_video("acme", Video(caption))
    assert [bool(item.path) for item in import_videos(site, None)] == [False] * 5
    done = import_videos(site)
    assert len({item.name for item in done}) == 5 and all(item.path for item in done)
    assert (site.kinds(), import_videos(site), site.apply().results, inits(site)) == ({}, [], {}, 0)


def test_nothing_is_overwritten(site: Site) -> None:
    site.emulator.add_video("acme", Video("Hello"))
    name = import_videos(site, None)[0].name
    mine = site.studio.write(f"posts/imported/{name}.yaml", "# mine\nname: mine\naccount: acme\nhold: true\n")
    site.studio.video("imported/a.mp4")
    mine.write_text(mine.read_text() + "video: a.mp4\nprivacy: only_me\n", encoding="utf-8")
    assert import_videos(site)[0].path != mine
    assert mine.read_text().startswith("# mine")


@pytest.mark.parametrize("folder", ["elsewhere", ".", "receipts/acme", "posts/.hidden", "posts/../../out", "/tmp"])
def test_a_folder_that_no_manifest_is_read_from_is_refused(site: Site, folder: str) -> None:
    site.emulator.add_video("acme", Video("Hello"))
    with pytest.raises(NotSettled) as error:
        import_videos(site, folder)
    assert code_of(error) == "folder-not-read"


def test_cut_off_between_manifest_and_row_it_is_an_adopt_and_the_import_goes_on(site: Site) -> None:
    for caption in ("One", "Two"):
        site.emulator.add_video("acme", Video(caption))
    first, _ = import_videos(site)
    lose(site)
    (site.studio.root / "receipts/acme" / f"{first.name}.json").unlink()
    assert set(site.kinds().values()) == {"adopt"}
    assert next(item.name for item in import_videos(site)) == first.name
    assert (site.kinds(), len(list((site.studio.root / "posts/imported").iterdir()))) == ({}, 2)


def test_what_may_be_a_declared_post_is_left_alone(site: Site) -> None:
    site.emulator.add_video("acme", Video("About launch"))
    site.studio.post("launch")
    done = import_videos(site)
    assert [(item.name, "acme/launch" in item.belongs) for item in done] == [("", True)]
    assert site.kinds() == {"acme/launch": "blocked"}


def test_the_video_of_an_unknown_attempt_is_left_for_it(site: Site) -> None:
    an_unknown(site, privacy="everyone", caption="Only this one")
    site.emulator.advance(60)
    assert [item.belongs[:18] for item in import_videos(site)] == ["may be acme/launch"]
    assert site.apply().results == {"acme/launch": "adopted"}


def test_rows_of_an_account_that_is_no_more_can_still_be_looked_at(site: Site) -> None:
    site.studio.post("launch")
    site.apply()
    file = site.studio.root / "contentsync.yaml"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(line for line in lines if not line.startswith("  acme:")), encoding="utf-8")
    with site.project() as project:
        assert [row.key for row in all_rows(project)] == ["acme/launch"]
