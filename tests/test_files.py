"""Does anything of a project lead out of it? Links in every place where we read, write or delete."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from contentsync.errors import ManifestError
from contentsync.evidence import receipts
from contentsync.files import inside, leads_out, output_place
from tests.builders import a_row
from tests.cli.support import Studio

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


@pytest.fixture
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("outside")
    (folder / "precious.json").write_text("precious")
    return folder


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path / "studio")


def unharmed(outside: Path) -> bool:
    return {path.name: path.read_text() for path in outside.iterdir()} == {"precious.json": "precious"}


@pytest.mark.parametrize("path", ["..", "../x", "a/../../x", "out", "out/x", "out/x/y", "dangling", "a/out", "/etc"])
def test_each_way_out_is_seen(path: str, tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "a").mkdir(parents=True)
    for link in ("out", "a/out"):
        (root / link).symlink_to(tmp_path)
    (root / "dangling").symlink_to(tmp_path / "nothing")
    assert leads_out(root, root / path)
    with pytest.raises(ManifestError):
        inside(root, root / path)


@pytest.mark.parametrize("path", ["", ".", "a", "a/..", "new/deep", "in", "in/x", "a/../b"])
def test_what_stays_inside_is_taken(path: str, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "in").symlink_to(tmp_path / "a")
    assert not leads_out(tmp_path, tmp_path / path)


def test_a_root_that_is_a_link_is_no_way_out(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert not leads_out(tmp_path / "link", tmp_path / "real" / "x")
    assert not leads_out(tmp_path / "real", tmp_path / "link" / "x")


def test_a_neighbour_whose_name_begins_alike_is_outside(tmp_path: Path) -> None:
    assert leads_out(tmp_path / "root", tmp_path / "root-2" / "x")


def test_a_path_that_the_user_names_may_lie_anywhere_but_not_behind_a_link_of_the_project(
    tmp_path: Path, outside: Path
) -> None:
    (tmp_path / "plan.json").symlink_to(outside / "precious.json")
    assert output_place(tmp_path, outside / "plan.json")
    with pytest.raises(ManifestError):
        output_place(tmp_path, tmp_path / "plan.json")


# Receipts


@pytest.mark.parametrize("link", ["receipts", "receipts/acme", "receipts/acme/launch.json"])
def test_a_receipt_is_neither_written_nor_removed_nor_read_through_a_link(
    link: str, tmp_path: Path, outside: Path
) -> None:
    (tmp_path / link).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / link).symlink_to(outside / "precious.json" if link.endswith("json") else outside)
    folder = tmp_path / "receipts"
    with pytest.raises(OSError, match="points outside"):
        receipts.write(folder, a_row())
    with pytest.raises(OSError, match="points outside"):
        receipts.remove(folder, "acme/launch", a_row())
    with pytest.raises(ManifestError):
        list(receipts.read(folder, "acme"))
    assert unharmed(outside)


@pytest.mark.parametrize("account", ["..", "../..", "/tmp", "acme/../.."])
def test_a_row_of_any_text_writes_no_receipt_elsewhere(account: str, tmp_path: Path) -> None:
    row = replace(a_row(), account=account, name="stray")
    with pytest.raises(OSError, match="points outside"):
        receipts.write(tmp_path / "receipts", row)
    with pytest.raises(OSError, match="points outside"):
        receipts.remove(tmp_path / "receipts", row.key, row)
    assert list(tmp_path.rglob("*.json")) == []


@pytest.mark.parametrize("verb", [["plan", "--no-refresh"], ["explain", "acme/one"], ["apply", "--auto-approve"]])
def test_a_command_that_meets_such_a_link_says_so_and_ends(verb: list[str], studio: Studio, outside: Path) -> None:
    studio.environment["CONTENTSYNC_API_URL"] = "http://127.0.0.1:9"
    studio.post("one")
    (studio.root / "receipts").mkdir()
    (studio.root / "receipts" / "acme").symlink_to(outside)
    told = studio.run(*verb)
    assert (told.code in {1, 8}, unharmed(outside)) == (True, True), told.err
    assert "[path-outside]" in told.err or verb[0] == "apply"


# The state


@pytest.mark.parametrize(
    "state", ["../state.db", "/tmp/contentsync-test/state.db", "posts/../../x.db", "out/state.db"]
)
def test_a_state_outside_is_refused_and_nothing_is_made(state: str, studio: Studio, outside: Path) -> None:
    (studio.root / "out").symlink_to(outside)
    project = (studio.root / "contentsync.yaml").read_text()
    studio.write("contentsync.yaml", f"{project}state: {state}\n")
    before = sorted(studio.root.parent.iterdir())
    for verb in (["plan", "--no-refresh"], ["state", "list"], ["state", "unlock"], ["apply", "--auto-approve"]):
        told = studio.run(*verb)
        assert (told.code, "[state-outside]" in told.err) == (1, True), (verb, told)
    assert (unharmed(outside), sorted(studio.root.parent.iterdir())) == (True, before)
    assert not Path("/tmp/contentsync-test").exists()


@pytest.mark.parametrize("state", [".git/index.lock", "posts/../.git/x.db", ".GIT/state.db"])
def test_a_state_among_gits_own_files_is_refused(state: str, studio: Studio) -> None:
    (studio.root / ".git").mkdir()
    project = (studio.root / "contentsync.yaml").read_text()
    studio.write("contentsync.yaml", f"{project}state: {state}\n")
    told = studio.run("plan", "--no-refresh")
    assert (told.code, "[state-outside]" in told.err) == (1, True), told
    assert not [path for path in studio.root.rglob("*") if path.suffix in {".db", ".lock"}]


def test_the_user_may_keep_the_state_outside(studio: Studio, outside: Path) -> None:
    studio.environment["CONTENTSYNC_STATE"] = f"{outside}/mine/state.db\n"
    assert studio.run("state", "list").code == 0
    assert (outside / "mine" / "state.db").exists()
    assert not (studio.root / ".contentsync" / "state.db").exists()


def test_the_configuration_file_may_keep_the_state_outside(studio: Studio, outside: Path) -> None:
    (outside / "config.yaml").write_text(f"projects:\n  {studio.root}: {{state: {outside}/mine.db}}\n")
    studio.environment["CONTENTSYNC_CONFIG_DIR"] = str(outside)
    assert studio.run("state", "list").code == 0
    assert (outside / "mine.db").exists()


@needs_git
def test_a_state_that_git_tracks_is_refused(studio: Studio) -> None:
    assert studio.run("state", "list").code == 0
    for args in (["init", "-q"], ["add", "-f", ".contentsync/state.db"]):
        subprocess.run(["git", "-C", str(studio.root), *args], check=True)
    told = studio.run("plan", "--no-refresh")
    assert (told.code, "[state-tracked]" in told.err) == (1, True)
    assert "tracks the state at .contentsync/state.db:" in told.err and str(studio.root) not in told.err
    subprocess.run(["git", "-C", str(studio.root), "rm", "-q", "--cached", ".contentsync/state.db"], check=True)
    assert studio.run("plan", "--no-refresh").code == 0


@needs_git
@pytest.mark.parametrize(("state", "warned"), [("posts/state.db", True), ("fresh/state.db", False)])
def test_a_state_elsewhere_is_hidden_from_git_or_warned_of(state: str, warned: bool, studio: Studio) -> None:
    subprocess.run(["git", "-C", str(studio.root), "init", "-q"], check=True)
    studio.post("one")
    project = (studio.root / "contentsync.yaml").read_text()
    studio.write("contentsync.yaml", f"{project}state: {state}\n")
    assert studio.run("state", "list").code == 0
    told = studio.run("state", "list")
    assert (told.code, "[state-not-ignored]" in told.err) == (0, warned)
    listed = subprocess.run(
        ["git", "-C", str(studio.root), "status", "--short", "-uall"], capture_output=True, text=True, check=True
    )
    assert ("state.db" in listed.stdout) is warned


def test_a_row_of_a_state_that_came_along_deletes_no_foreign_file(studio: Studio, outside: Path) -> None:
    """Rows that name any place: `hosting prune` deletes at the project's own place alone, and by our names alone."""
    pytest.importorskip("obstore", reason="needs the extra hosting")
    project = (studio.root / "contentsync.yaml").read_text()
    studio.write("contentsync.yaml", f"{project}hosting: {{base_url: 'https://m.example/', upload: www}}\n")
    (studio.root / "www").mkdir()
    (studio.root / "www" / "theirs.jpg").write_text("theirs")
    assert studio.run("state", "list").code == 0
    with closing(sqlite3.connect(studio.root / ".contentsync" / "state.db")) as db, db:
        for place, name in (
            (outside.as_uri(), "precious.json"),
            (str(outside), "precious.json"),
            ("www", "theirs.jpg"),
        ):
            db.execute(
                "INSERT INTO hosted (place, name, size, post, open_id, begun_at) VALUES (?, ?, 1, 'acme/x', 'o', 1)",
                (place, name),
            )
    told = studio.run("hosting", "prune")
    assert (told.code, told.out, told.err.count("stays")) == (0, "", 3)
    assert unharmed(outside) and (studio.root / "www" / "theirs.jpg").read_text() == "theirs"


# What commands write where their user says


def test_plan_out_does_not_write_through_a_link_of_the_project(studio: Studio, outside: Path) -> None:
    (studio.root / "plan.json").symlink_to(outside / "precious.json")
    told = studio.run("plan", "--no-refresh", "--out", "plan.json")
    assert (told.code, "[path-outside]" in told.err, unharmed(outside)) == (1, True, True)
    assert studio.run("plan", "--no-refresh", "--out", str(outside / "plan.json")).code == 0


def test_state_backup_does_not_write_through_a_link_of_the_project(studio: Studio, outside: Path) -> None:
    (studio.root / "copy.db").symlink_to(outside / "copy.db")
    told = studio.run("state", "backup", "copy.db")
    assert (told.code, "[path-outside]" in told.err, unharmed(outside)) == (1, True, True)


@pytest.mark.parametrize("link", ["contentsync.yaml", "posts", "posts/hello/hello.yaml", "schemas"])
def test_init_and_schema_do_not_write_through_a_link(link: str, tmp_path: Path, outside: Path) -> None:
    studio = Studio(tmp_path / "new")
    (studio.root / "contentsync.yaml").unlink()
    (studio.root / link).parent.mkdir(parents=True, exist_ok=True)
    (studio.root / link).symlink_to(outside / "new" if "." in link else outside)
    assert studio.run("init").code == 1
    assert link != "schemas" or studio.run("schema").code == 1
    assert unharmed(outside)


def test_validate_reads_no_file_outside(studio: Studio, outside: Path) -> None:
    (studio.root / "posts").mkdir()
    (studio.root / "posts" / "out").symlink_to(outside)
    for path in (str(outside / "precious.json"), "posts/out/precious.json"):
        told = studio.run("validate", path)
        assert (told.code, "[path-outside]" in told.out + told.err) == (1, True)


@pytest.mark.parametrize("name", ["posts/a.yaml", "posts/a.MP4", "contentsync.yaml", "posts/a.md"])
def test_a_result_replaces_no_manifest_and_no_clip(tmp_path: Path, name: str) -> None:
    """`plan --html posts/*` names the first file of the folder."""
    there = tmp_path / name
    assert output_place(tmp_path, there) == there
    there.parent.mkdir(exist_ok=True)
    there.write_bytes(b"mine")
    with pytest.raises(ManifestError, match="is not replaced"):
        output_place(tmp_path, there)
    assert output_place(tmp_path, tmp_path / "plan.html") == tmp_path / "plan.html"
