"""Exports of other tools may hold anything: what can't be a manifest is told, and nothing ends an import halfway."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contentsync.errors import ContentsyncError
from contentsync.manifest.markdown import read_markdown
from contentsync.manifest.source import read_yaml
from contentsync.operations.draft_files import Choices
from contentsync.operations.import_posts import Proposal, Source, carry_out, propose
from contentsync.project import Project
from tests.cli.support import Studio

ODD = [
    "",
    "\0",
    "a\0.mp4",
    "x" * 5000,
    "\ud800",
    "a\r\nb",
    "/etc/passwd",
    "../..",
    ".",
    "https://x/\ud800.mp4",
    "a\u2028b",
]
TEXT = st.sampled_from([*ODD, "a.mp4", "acme", "2030-01-01T00:00:00Z", "#x: y"]) | st.text(max_size=12)
KEYS = st.sampled_from(["content", "publishDate", "state", "image", "value", "settings", "title", "path", "media"])
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    studio = Studio(tmp_path_factory.mktemp("import") / "studio")
    studio.video("a.mp4")
    return Project.open(studio.root, {"CONTENTSYNC_DATA_DIR": str(studio.root.parent / "data")})


def proposed(project: Project, export: object, **choices: object) -> Proposal:
    path = project.root / "export.json"
    path.write_text(json.dumps(export))
    return propose(project, path, Source.POSTIZ, None, Choices(foreign=True, **choices))  # type: ignore[arg-type]


def a_post(**changes: object) -> dict[str, object]:
    usual = {"integration": {"providerIdentifier": "tiktok", "name": "acme"}, "state": "QUEUE", "content": "Hi"}
    return usual | {"image": [{"path": "a.mp4"}]} | changes


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
@pytest.mark.parametrize("key", ["content", "path", "name", "title"])
def test_an_odd_text_is_a_bad_row_or_reads_back(odd: str, key: str, project: Project) -> None:
    changes: dict[str, object] = {
        "content": {"content": odd},
        "path": {"image": [{"path": odd}]},
        "name": {"integration": {"providerIdentifier": "tiktok", "name": odd}},
        "title": {"settings": {"title": odd}},
    }[key]
    for choices in ({}, {"media": project.root / "posts"}, {"into": project.root / "posts"}, {"markdown": True}):
        for entry in proposed(project, [a_post(**changes)], account="acme", privacy="everyone", **choices).entries:
            read = read_markdown if entry.file.endswith(".md") else read_yaml
            if entry.is_sound:
                documents, problems = read(entry.text.encode(), entry.file)
                assert not problems and documents[0].value.get("caption", "") == entry.values["caption"]


@pytest.mark.slow
@settings(suppress_health_check=list(HealthCheck), deadline=None)
@given(ANY)
def test_no_export_ends_an_import_with_a_defect(project: Project, value: object) -> None:
    export = [a_post(**value) if isinstance(value, dict) else value, value]
    try:
        proposed(project, {"posts": export}, account="acme")
    except ContentsyncError as err:
        assert err.problems


def test_a_line_end_of_windows_in_a_caption_is_a_line_end(project: Project) -> None:
    [entry] = proposed(project, [a_post(content="a\r\nb\rc")], account="acme", privacy="only_me").entries
    assert entry.values["caption"] == "a\nb\nc"


def test_nothing_is_written_through_a_link_that_leads_out(project: Project, tmp_path: Path) -> None:
    [entry] = proposed(project, [a_post()], account="acme", privacy="only_me").entries
    assert entry.file == "posts/a.yaml"
    (project.root / "posts").rename(tmp_path / "posts")
    (project.root / "posts").symlink_to(tmp_path / "posts")
    try:
        with pytest.raises(ContentsyncError):
            list(carry_out(project, Proposal((entry,))))
        assert not (tmp_path / "posts" / "a.yaml").exists()
    finally:
        (project.root / "posts").unlink()
        (tmp_path / "posts").rename(project.root / "posts")
