"""Where does the search for a project end, and whose projects are opened?"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from contentsync.errors import ManifestError
from contentsync.root import find_root, user_says

posix_only = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have owners on POSIX alone")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "contentsync.yaml").write_text("version: 1\n", "utf-8")
    return tmp_path


def refused(start: Path, **environ: str) -> str:
    with pytest.raises(ManifestError) as caught:
        find_root(start, environ)
    return caught.value.problems[0].code


def test_a_project_is_found_from_a_folder_in_it(project: Path) -> None:
    (project / "posts" / "june").mkdir(parents=True)
    assert find_root(project / "posts" / "june", {}) == project.resolve()


@pytest.mark.parametrize("mark", ["file", "folder"])
def test_the_search_ends_at_the_root_of_a_repository(project: Path, mark: str) -> None:
    clone = project / "clone"
    (clone / "posts").mkdir(parents=True)
    (clone / ".git").mkdir() if mark == "folder" else (clone / ".git").write_text("gitdir: elsewhere")
    assert refused(clone / "posts") == "project-missing"


def test_the_root_of_a_repository_is_itself_looked_into(project: Path) -> None:
    (project / ".git").mkdir()
    (project / "posts").mkdir()
    assert find_root(project / "posts", {}) == project.resolve()


@posix_only
def test_the_search_ends_at_the_border_of_a_file_system(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = project / "mounted"
    inner.mkdir()
    stat = Path.stat

    def on_another_device(path: Path, **how: bool) -> os.stat_result:
        found = list(stat(path, **how))
        found[2] += path == inner  # st_dev
        return os.stat_result(found)

    monkeypatch.setattr(Path, "stat", on_another_device)
    assert refused(inner) == "project-missing"


@posix_only
@pytest.mark.skipif(getattr(os, "geteuid", int)() != 0, reason="only root can give files away")
@pytest.mark.parametrize("which", [".", "contentsync.yaml"])
def test_a_project_of_another_user_is_refused_unless_it_is_said_to_be_safe(project: Path, which: str) -> None:
    os.chown(project / which, 4711, 4711)
    assert refused(project) == "project-of-another"
    assert find_root(project, {"CONTENTSYNC_SAFE_FOLDERS": f"/x{os.pathsep}{project}"}) == project.resolve()
    assert find_root(project, {"CONTENTSYNC_SAFE_FOLDERS": "*"}) == project.resolve()
    assert find_root(project, {"SUDO_UID": "4711"}) == project.resolve()
    config = project / "config"
    config.mkdir()
    (config / "config.yaml").write_text(f"safe_folders: ['{project}']\n", "utf-8")
    assert find_root(project, {"CONTENTSYNC_CONFIG_DIR": str(config)}) == project.resolve()


@posix_only
def test_a_local_folder_that_leads_out_is_refused(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    (project / ".contentsync").symlink_to(tmp_path_factory.mktemp("outside"))
    assert refused(project) == "path-outside"


@posix_only
@pytest.mark.parametrize("name", ["state.db", "state.db-wal", ".gitignore", "cache.db", "apply.lock"])
def test_a_link_in_the_local_folder_that_leads_out_is_refused(
    project: Path, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (project / ".contentsync").mkdir()
    (project / ".contentsync" / name).symlink_to(tmp_path_factory.mktemp("outside") / "not-there-yet")
    assert refused(project) == "path-outside"


BAD_FILES = {
    "an unknown key": "api_urls: x\n",
    "a list": "- a\n",
    "no YAML": "api_url: [\n",
    "an address that is a list": "api_url: [a]\n",
    "folders that are text": "safe_folders: /srv\n",
    "a project without a state": "projects: {/srv/posts: {}}\n",
    "a relative project": "projects: {posts: {state: /x}}\n",
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_faulty_configuration_file_is_told(case: str, project: Path) -> None:
    (project / "config.yaml").write_text(BAD_FILES[case], "utf-8")
    with pytest.raises(ManifestError):
        user_says(project, {"CONTENTSYNC_CONFIG_DIR": str(project)})


def test_the_configuration_file_names_an_address_and_the_state_of_this_project(project: Path) -> None:
    text = f"api_url: https://proxy.example\nprojects:\n  {project}: {{state: /srv/a.db}}\n  /other: {{state: /b}}\n"
    (project / "config.yaml").write_text(text, "utf-8")
    told = user_says(project, {"CONTENTSYNC_CONFIG_DIR": str(project)})
    assert (told.api_url, told.state) == ("https://proxy.example", "/srv/a.db")


@pytest.mark.skipif(os.name == "nt", reason="the current folder can't be deleted there")
def test_a_folder_that_is_gone_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(ManifestError, match="gone"):
        find_root(Path(), {})
