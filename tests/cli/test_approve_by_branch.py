"""`watch: {approve: {branch: main}}`: who merges approves, and nothing that only lies on this machine does."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contentsync.emulator.faults import INITS
from contentsync.emulator.server import Emulator
from contentsync.operations.branch_approvals import approve_by_branch
from contentsync.operations.plan import make_plan
from contentsync.operations.selection import Wish
from contentsync.project import Project
from contentsync.store.git.program import Git
from tests.cli.shared_state import Site, untouched
from tests.cli.support import PROJECT, Ran, Studio
from tests.store.git.remotes import git

BY_MAIN = PROJECT + "watch: {approve: {branch: main}}\n"
WITH_SLOTS = BY_MAIN.replace("acme: {mode: direct,", 'acme: {mode: direct, slots: ["daily 09:00"],')


def inits(emulator: Emulator) -> int:
    return sum(request["endpoint"] in INITS for request in emulator.requests())


def a_site(folder: Path, emulator: Emulator, project: str = BY_MAIN) -> Site:
    return Site.made(folder, emulator, "launch", project=project)


def push(studio: Studio, branch: str = "main", *options: str) -> str:
    """Commit all that lies there, and push it; the commit's id."""
    git(studio.root, "add", "-A", ".")
    git(studio.root, "commit", "-q", "--allow-empty", "-m", "change")
    git(studio.root, "push", "-q", *options, "origin", f"HEAD:refs/heads/{branch}")
    return git(studio.root, "rev-parse", "HEAD")


def apply_approved(studio: Studio, *args: str) -> Ran:
    return studio.run("apply", "--approved", *args)


def refused(studio: Studio) -> dict[str, str]:
    """What the branch does not approve, by key, with why."""
    project = Project.open(studio.root, dict(os.environ) | studio.environment)
    try:
        made = approve_by_branch(project, make_plan(project, Wish()))
        return {key: problem.what for key, problem in made.refused.items()}
    finally:
        project.close()
        project.close_state()


def test_what_was_merged_is_approved_and_the_commit_and_its_author_are_on_record(
    tmp_path: Path, emulator: Emulator
) -> None:
    one = a_site(tmp_path, emulator).clone("one")
    before, head = untouched(one.root)[:3], git(one.root, "rev-parse", "HEAD")
    ran = apply_approved(one)
    assert ran.code == 0 and inits(emulator) == 1
    approval = one.run("approve", "--list", "--json").json["approvals"][0]
    assert approval["how"] == f"branch main, commit {head}"
    assert approval["who"] == "A Person <person@example.org>"
    assert untouched(one.root)[:3] == before


def caption(studio: Studio) -> None:
    studio.post("launch", caption="Other words")


def media(studio: Studio) -> None:
    studio.video("launch.mp4", "another film")


def a_default(studio: Studio) -> None:
    studio.write("contentsync.yaml", BY_MAIN + "defaults: {grace: 9h}\n")


def committed_here_only(studio: Studio) -> None:
    caption(studio)
    git(studio.root, "commit", "-q", "-am", "not pushed")
    git(studio.root, "update-ref", "refs/remotes/origin/main", "HEAD")  # forged


def proposed(studio: Studio) -> None:
    caption(studio)
    push(studio, "proposal")


def proposed_with_its_own_approval(studio: Studio) -> None:
    studio.write("contentsync.yaml", PROJECT + "watch: {approve: {branch: proposal}}\n")
    proposed(studio)


def a_tag_called_main(studio: Studio) -> None:
    caption(studio)
    git(studio.root, "commit", "-q", "-am", "tagged")
    git(studio.root, "push", "-q", "origin", "HEAD:refs/tags/main")


@pytest.mark.parametrize(
    "edit",
    [caption, media, a_default, committed_here_only, proposed, proposed_with_its_own_approval, a_tag_called_main],
)
def test_what_was_not_merged_is_not_sent(tmp_path: Path, emulator: Emulator, edit: Callable[[Studio], None]) -> None:
    one = a_site(tmp_path, emulator).clone("one")
    edit(one)
    ran = apply_approved(one)
    assert ran.code == 5 and inits(emulator) == 0
    assert "not approved" in ran.out


def test_a_branch_that_only_the_work_tree_names_approves_nothing_and_says_so(
    tmp_path: Path, emulator: Emulator
) -> None:
    one = a_site(tmp_path, emulator).clone("one")
    proposed_with_its_own_approval(one)
    assert "approve-branch-not-chosen" in apply_approved(one).err


def test_a_remote_without_a_default_branch_lets_no_branch_approve_itself(tmp_path: Path, emulator: Emulator) -> None:
    site = a_site(tmp_path, emulator)
    one = site.clone("one")
    proposed_with_its_own_approval(one)
    git(site.remote, "symbolic-ref", "HEAD", "refs/heads/nobody-made-it")
    ran = apply_approved(one)
    assert ran.code == 5 and inits(emulator) == 0
    assert "names no default branch" in ran.err


def dropped(studio: Studio) -> None:
    (studio.root / "posts/launch.yaml").unlink()


def held(studio: Studio) -> None:
    studio.post("launch", publish_at="2030-01-01T09:00:00Z", hold=True)


def another_account_pin(studio: Studio) -> None:
    studio.write("contentsync.yaml", BY_MAIN.replace("acme: {mode", "acme: {open_id: somebody-else, mode"))


def a_broken_project_file(studio: Studio) -> None:
    studio.write("contentsync.yaml", "accounts: [\n")


@pytest.mark.parametrize("edit", [dropped, held, another_account_pin, caption])
@pytest.mark.parametrize("options", [(), ("--force",)])
def test_an_approval_ends_once_the_branch_declares_something_else(
    tmp_path: Path, emulator: Emulator, edit: Callable[[Studio], None], options: tuple[str, ...]
) -> None:
    site = a_site(tmp_path, emulator)
    other = site.clone("other")
    other.post("launch", publish_at="2030-01-01T09:00:00Z")
    push(other)
    one = site.clone("one")
    assert apply_approved(one).code == 0
    assert one.run("approve", "--list", "--json").json["approvals"][0]["valid"]
    if options:
        git(other.root, "commit", "-q", "--amend", "-m", "rewritten")
    edit(other)
    push(other, "main", *options)
    assert "not approved: branch main" in refused(one)["acme/launch"]


def test_a_revoked_approval_is_not_given_again_by_the_branch(tmp_path: Path, emulator: Emulator) -> None:
    site = a_site(tmp_path, emulator)
    first = site.clone("first-clone")
    first.post("launch", publish_at="2030-01-01T09:00:00Z")
    push(first)
    one = site.clone("one")
    apply_approved(one)
    assert one.run("approve", "launch", "--revoke").code == 0
    apply_approved(one)
    assert not one.run("approve", "--list", "--json").json["approvals"][0]["valid"]


def test_a_branch_that_cannot_be_read_approves_nothing_and_takes_nothing_back(
    tmp_path: Path, emulator: Emulator
) -> None:
    site = a_site(tmp_path, emulator)
    one, other = site.clone("one"), site.clone("other")
    one.post("launch", publish_at="2030-01-01T09:00:00Z")
    push(one)
    apply_approved(one)
    site.away()
    ran = apply_approved(one)
    assert ran.code == 0 and "approve-branch-unread" in ran.err
    assert one.run("approve", "--list", "--json").json["approvals"][0]["valid"]
    assert apply_approved(other).code == 5 and inits(emulator) == 0


def test_a_branch_with_a_broken_project_file_approves_nothing(tmp_path: Path, emulator: Emulator) -> None:
    site = a_site(tmp_path, emulator)
    one, other = site.clone("one"), site.clone("other")
    a_broken_project_file(other)
    push(other)
    ran = apply_approved(one)
    assert ran.code == 5 and "contentsync.yaml there" in ran.err and inits(emulator) == 0


def test_other_slots_here_are_not_what_was_merged(tmp_path: Path, emulator: Emulator) -> None:
    site = a_site(tmp_path, emulator, WITH_SLOTS)
    other = site.clone("other")
    other.post("launch", publish_at="next-slot")
    push(other)
    one = site.clone("one")
    one.write("contentsync.yaml", WITH_SLOTS.replace("09:00", "10:00"))
    assert "other slots" in refused(one)["acme/launch"]
    one.write("contentsync.yaml", WITH_SLOTS)
    apply_approved(one)
    assert one.run("approve", "--list", "--json").json["approvals"][0]["valid"]


def test_a_pointer_on_the_branch_stands_for_the_file_here(tmp_path: Path, emulator: Emulator) -> None:
    site = a_site(tmp_path, emulator)
    one, other = site.clone("one"), site.clone("other")
    film = one.root / "posts/launch.mp4"
    digest = hashlib.sha256(film.read_bytes()).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {film.stat().st_size}\n"
    other.write("posts/launch.mp4", pointer)
    push(other)
    assert apply_approved(one).code == 0 and inits(emulator) == 1


def test_a_link_on_the_branch_approves_nothing(tmp_path: Path, emulator: Emulator) -> None:
    site = a_site(tmp_path, emulator)
    one, other = site.clone("one"), site.clone("other")
    (other.root / "posts/launch.mp4").unlink()
    (other.root / "posts/launch.mp4").symlink_to(one.root / "posts/launch.mp4")
    push(other)
    assert apply_approved(one).code == 5 and inits(emulator) == 0


def test_a_project_in_a_folder_of_a_shallow_clone_is_read_there(tmp_path: Path, emulator: Emulator) -> None:
    site = a_site(tmp_path, emulator)
    other = site.clone("other")
    (other.root / "content").mkdir()
    for name in ("contentsync.yaml", "posts"):
        (other.root / name).rename(other.root / "content" / name)
    push(other)
    shallow = site.clone("shallow", "--depth=1")
    inner = site.studio("shallow", shallow.root / "content")
    assert apply_approved(inner).code == 0 and inits(emulator) == 1


def test_a_folder_of_photos_is_approved_by_its_names_and_bytes(tmp_path: Path, emulator: Emulator) -> None:
    site = a_site(tmp_path, emulator)
    other = site.clone("other")
    picture = next((Path(__file__).parents[1] / "media").glob("*.jpg")).read_bytes()
    for number in ("2", "10"):
        (other.root / f"posts/slides/{number}.jpg").parent.mkdir(parents=True, exist_ok=True)
        (other.root / f"posts/slides/{number}.jpg").write_bytes(picture + number.encode())
    other.post("album", photos="slides", publish_at="2030-01-01T09:00:00Z")
    push(other)
    one = site.clone("one")
    apply_approved(one)
    listed = {a["post"]: a["valid"] for a in one.run("approve", "--list", "--json").json["approvals"]}
    assert listed["acme/album"]


def test_media_are_hashed_once_however_often_the_branch_is_read(
    tmp_path: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = a_site(tmp_path, emulator)
    other = site.clone("other")
    other.post("launch", publish_at="2030-01-01T09:00:00Z")
    other.video("launch.mp4", "a film of this test only")
    push(other)
    one, hashed = site.clone("one"), []
    stream = Git.stream

    def counted(self: Git, *args: str) -> Iterator[bytes]:
        hashed.append(args[-1])
        return stream(self, *args)

    monkeypatch.setattr(Git, "stream", counted)
    assert refused(one) == refused(one) == {}
    other.write("README.md", "new words")
    push(other)
    assert refused(one) == {}
    assert len(hashed) == 1
