"""`state: git` as its users meet it: a real remote, several clones, and whatever may befall either."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from contentsync.emulator.server import Emulator
from contentsync.errors import Problem, StoreError
from contentsync.project import Project
from tests.cli.shared_state import STATE, Site, apply, start, untouched
from tests.cli.support import Studio
from tests.store.git.remotes import git


@pytest.fixture
def site(tmp_path: Path, emulator: Emulator) -> Site:
    return Site.made(tmp_path, emulator, "one", "two")


def test_what_one_clone_posted_another_one_knows(site: Site) -> None:
    first, second = site.clone("a"), site.clone("b")

    assert apply(first)[0] == 0
    status, again = second.run("status", "--json"), apply(second)

    assert {post["phase"] for post in status.json["posts"]} == {"published"}
    assert again[0] == 0
    assert site.captions() == ["About one", "About two"]
    assert all(line.endswith("[skip ci]") for line in site.log())
    assert len(site.log()) <= 3 * 2  # of each post: the claim, the announcement, the outcome


def test_the_users_own_files_index_head_and_branches_stay_as_they_are(site: Site) -> None:
    clone = site.clone("a")
    clone.write("contentsync.yaml", (clone.root / "contentsync.yaml").read_text() + "# edited\n")
    clone.write("staged.txt", "staged\n")
    git(clone.root, "add", "staged.txt")
    before = untouched(clone.root)

    for args in (["plan"], ["status"], ["refresh"], ["explain", "one"], ["state", "list"]):
        assert clone.run(*args).code == 0, args
    assert untouched(clone.root) == before
    apply(clone)
    index, refs, head, *_ = untouched(clone.root)

    assert (index, refs, head) == before[:3]


@pytest.mark.parametrize(
    "options", [("--depth=1",), ("--filter=blob:none",), ("--single-branch",)], ids=lambda o: o[0]
)
def test_any_kind_of_clone_knows_it(site: Site, options: tuple[str, ...]) -> None:
    git(site.remote, "config", "uploadpack.allowFilter", "true")
    apply(site.clone("a"))
    other = site.clone("b", *options)

    assert apply(other)[0] == 0
    other.post("three")
    assert apply(other)[0] == 0
    assert site.captions() == ["About one", "About three", "About two"]


def test_a_worktree_a_subfolder_and_a_foreign_git_dir_are_no_obstacle(site: Site, tmp_path: Path) -> None:
    clone = site.clone("a")
    git(clone.root, "worktree", "add", "-q", str(tmp_path / "tree"))
    tree = site.studio("tree", tmp_path / "tree")
    foreign = tmp_path / "foreign"
    git(tmp_path, "init", "-q", str(foreign))
    tree.environment["GIT_DIR"] = tree.environment["GIT_COMMON_DIR"] = str(foreign / ".git")
    tree.environment["GIT_INDEX_FILE"] = str(foreign / ".git" / "index")

    assert apply(tree)[0] == 0
    assert apply(clone)[0] == 0
    assert len(site.captions()) == 2
    assert git(foreign, "for-each-ref") == ""


def test_a_project_in_a_subfolder_of_the_repository(site: Site) -> None:
    clone = site.clone("a")
    git(clone.root, "rm", "-q", "-r", "--cached", ".")
    inner = clone.root / "social"
    inner.mkdir()
    for name in ("contentsync.yaml", "posts"):
        (clone.root / name).rename(inner / name)
    git(clone.root, "add", ".")
    git(clone.root, "commit", "-q", "-m", "move")
    git(clone.root, "push", "-q", "origin", "main")

    assert apply(site.studio("a", inner))[0] == 0
    site.clone("b")
    assert apply(site.studio("b", site.folder / "b" / "social"))[0] == 0
    assert len(site.captions()) == 2


def test_a_checked_out_state_branch_is_left_as_it_is(site: Site) -> None:
    apply(site.clone("a"))
    other = site.clone("b")
    git(other.root, "worktree", "add", "-q", str(site.folder / "looking"), STATE)
    seen = git(site.folder / "looking", "rev-parse", "HEAD")
    other.post("three")

    assert apply(other)[0] == 0
    assert git(site.folder / "looking", "rev-parse", "HEAD") == seen
    assert git(site.folder / "looking", "status", "--porcelain") == ""


def test_the_hint_before_the_first_apply_fetches_only_if_another_machine_has_posted(site: Site) -> None:
    said = site.clone("a").run("plan", "--no-refresh").err
    fetch = f"git fetch origin {STATE}:refs/remotes/origin/{STATE}"
    assert f"if another machine has posted, its posts look new here until you run: {fetch}" in " ".join(said.split())


def test_a_remote_that_is_away_begins_nothing_and_readers_tell_how_old_their_copy_is(site: Site) -> None:
    clone = site.clone("a")
    clone.run("plan")
    site.away()

    planned, offline, status = clone.run("plan"), clone.run("plan", "--no-refresh"), clone.run("status")
    code, said = apply(clone)

    assert (planned.code, status.code, code) == (0, 0, 1)
    for text in (planned.err, status.err, said):
        assert "[state-unreachable]" in text
        assert re.search(r"the last copy is from \w{3} \d", text)
    assert "[state-copy]" in offline.err
    assert site.captions() == []
    assert not any(request["endpoint"] == "video_init" for request in site.emulator.requests())
    site.back()
    assert apply(clone)[0] == 0
    assert len(site.captions()) == 2


def test_what_is_past_its_commit_point_is_followed_while_the_remote_is_away(site: Site, emulator: Emulator) -> None:
    clone = site.clone("a")
    assert apply(clone, "--no-wait")[0] == 3
    clone.post("three")
    site.away()

    code, said = apply(clone)
    status = clone.run("status", "--json")

    assert code == 1, said
    phases = {post["post"]: post["phase"] for post in status.json["posts"]}
    assert phases["acme/one"] == phases["acme/two"] == "published"
    assert phases["acme/three"] == "new"
    site.back()
    assert apply(clone)[0] == 0
    other = site.clone("b").run("status", "--json")
    assert {post["phase"] for post in other.json["posts"]} >= {"published"}
    assert len(site.captions()) == 3


@pytest.mark.parametrize("refusal", ["echo protected branch >&2; exit 1", "exit 1"])
def test_a_remote_that_forbids_the_push_begins_nothing_and_says_why(site: Site, refusal: str) -> None:
    clone = site.clone("a")
    site.hook(refusal)

    code, said = apply(clone)

    assert code == 1
    assert "[state-unreachable]" in said
    assert "pre-receive hook declined" in said
    assert "allow this machine's token or key to push the branch contentsync-state" in said
    assert "run apply again later" not in said
    assert ("the remote says: protected branch" in said) == ("protected" in refusal)
    assert site.captions() == []


def test_a_branch_that_was_put_back_or_deleted_stops_what_is_new(site: Site) -> None:
    clone = site.clone("a")
    apply(clone, "--only", "acme/one")
    old = git(site.remote, "rev-parse", STATE)
    apply(clone)
    new = git(site.remote, "rev-parse", STATE)
    clone.post("three")

    git(site.remote, "update-ref", f"refs/heads/{STATE}", old)
    rewound = apply(clone)
    git(site.remote, "update-ref", "-d", f"refs/heads/{STATE}")
    gone = apply(clone)

    assert (rewound[0], gone[0]) == (1, 1)
    assert "[state-rewound]" in rewound[1]
    assert f"{new}:refs/heads/{STATE}" in gone[1]
    assert len(site.captions()) == 2
    git(clone.root, "push", "-q", "--force", "origin", f"{new}:refs/heads/{STATE}")
    assert apply(clone)[0] == 0
    assert len(site.captions()) == 3


def test_another_branch_is_another_state_and_the_way_out_moves_it(site: Site) -> None:
    clone = site.clone("a")
    assert apply(clone)[0] == 0
    project = clone.root / "contentsync.yaml"
    project.write_text(project.read_text().replace("state: git\n", "state: git:origin#other\n"))
    clone.post("three")

    code, said = apply(clone)

    assert (code, len(site.captions())) == (1, 2), said
    assert "[state-left-behind]" in said
    assert "state-rewound" not in said
    assert "git push --force" not in said
    for was, to in (
        ("git:origin#contentsync-state", ".contentsync/state.db"),
        (".contentsync/state.db", "git:origin#other"),
    ):
        assert f"CONTENTSYNC_STATE={was} contentsync state migrate {to}" in said
        clone.environment["CONTENTSYNC_STATE"] = was
        moved = clone.run("state", "migrate", to)
        assert moved.code == 0, moved.err
        if to.endswith(".db"):
            (clone.root / ".contentsync" / "shared.db").rename(clone.root / ".contentsync" / "earlier.db")
    del clone.environment["CONTENTSYNC_STATE"]
    assert apply(clone)[0] == 0
    assert len(site.captions()) == 3


def test_what_people_decided_about_an_account_is_known_to_every_clone(site: Site) -> None:
    first = site.clone("a")
    earlier = Studio(site.folder / "earlier", first.environment | {"CONTENTSYNC_DATA_DIR": str(site.folder / "old")})
    earlier.post("long-before")
    assert apply(earlier)[0] == 0
    other = site.clone("b")
    assert apply(other)[0] == 5

    assert first.run("import", "acme").code == 0

    assert apply(other)[0] == 0
    assert site.captions() == ["About long-before", "About one", "About two"]


def test_nobody_need_have_a_name_in_git(site: Site) -> None:
    clone = site.clone("a")
    clone.environment |= {"HOME": str(site.folder), "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}

    assert apply(clone)[0] == 0
    assert git(site.remote, "log", "-1", "--format=%an", STATE) == "contentsync"


@pytest.mark.parametrize("count", [2, 4])
@pytest.mark.slow
def test_clones_that_apply_at_once_post_each_post_once(tmp_path: Path, emulator: Emulator, count: int) -> None:
    site = Site.made(tmp_path, emulator, "one", "two", "three")
    clones = [site.clone(f"clone{number}") for number in range(count)]

    runs = [start(clone, "apply", "--auto-approve", "--json") for clone in clones]
    said = [run.communicate(timeout=200)[0] for run in runs]
    told = "\n".join(f"exit {run.returncode}\n{text}" for run, text in zip(runs, said, strict=True))

    assert site.captions() == ["About one", "About three", "About two"], told
    assert {run.returncode for run in runs} == {0}, told
    assert apply(clones[0])[0] == 0
    assert len(site.captions()) == 3


def test_init_offers_a_shared_state_where_there_is_a_remote(site: Site, tmp_path: Path) -> None:
    clone = site.clone("a")
    plain = site.studio("plain", tmp_path)

    assert clone.run("init", "new").code == 0
    assert plain.run("init", "elsewhere").code == 0

    offered = (clone.root / "new" / "contentsync.yaml").read_text()
    assert "\n# state: git\n" in offered
    assert "state:" not in (tmp_path / "elsewhere" / "contentsync.yaml").read_text()
    assert clone.run("-C", "new", "validate").code == 0
    (clone.root / "new" / "contentsync.yaml").write_text(offered.replace("# state: git", "state: git"))
    assert clone.run("-C", "new", "plan", "--no-refresh").code == 0


def test_an_approval_on_one_machine_counts_on_another_until_it_is_revoked_or_used(site: Site) -> None:
    laptop, runner = site.clone("laptop"), site.clone("runner")
    assert laptop.run("approve", "--all", "--auto-approve").code == 0
    assert laptop.run("approve", "acme/two", "--revoke").code == 0

    runner.run("apply", "--approved")
    assert site.captions() == ["About one"]
    told = laptop.run("plan") and laptop.run("approve", "--list").out

    assert "used" in told or "published" in told, told
    assert laptop.run("approve", "acme/two", "--auto-approve").code == 0
    assert runner.run("apply", "--approved").code == 0
    assert site.captions() == ["About one", "About two"]


@pytest.mark.parametrize(
    "args", [("validate",), ("plan", "--no-refresh"), ("fmt", "--check")], ids=lambda args: args[0]
)
def test_an_offline_command_asks_no_remote(site: Site, args: tuple[str, ...]) -> None:
    clone = site.clone("a")
    apply(clone)
    clone.write("posts/old.yaml", "name: old\naccount: gone\n")  # of an account that is not in the project
    site.remote.rename(site.remote.with_name("away"))

    said = clone.run(*args)

    assert "state-unreachable" not in said.out + said.err


def test_what_can_not_be_shared_at_the_end_is_an_error_and_no_traceback(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Project) -> None:
        raise StoreError(Problem("state-rewound", "the branch was reset"))

    clone = site.clone("a")
    monkeypatch.setattr(Project, "close_state", refuse)
    ran = clone.run("plan", "--json")

    assert ran.code == 1
    assert "[state-rewound]" in ran.err
    assert ran.json["format"] == "contentsync.plan/1"  # one document, as ever


def test_a_branch_that_is_no_state_is_called_that(site: Site) -> None:
    clone = site.clone("a")
    project = clone.root / "contentsync.yaml"
    project.write_text(project.read_text().replace("state: git\n", "state: git:origin#main\n"))
    before = git(site.remote, "rev-parse", "main")

    code, said = apply(clone)

    assert (code, site.captions()) == (1, [])
    assert "branch main of origin holds something else than a state of contentsync" in said
    assert git(site.remote, "rev-parse", "main") == before


def test_a_clone_of_one_branch_is_told_how_to_bring_the_state(site: Site) -> None:
    apply(site.clone("a"))
    clone = site.clone("b", "--depth=1", "--single-branch")

    lacking = clone.run("plan", "--no-refresh")
    step = lacking.err.partition("git fetch ")[2].split()[:2]
    git(clone.root, "fetch", "-q", *step)

    assert "to create" in lacking.out
    assert "2 posts as declared" in clone.run("plan", "--no-refresh").out
