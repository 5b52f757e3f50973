"""Projects on disk for the manifests' tests, and what was told of them in a form that is easy to compare."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from contentsync.errors import Problem
from contentsync.manifest.load import Loaded, load
from contentsync.media.look import MediaLook, Sent
from contentsync.post import MediaFacts

PROJECT = """\
version: 1
timezone: Europe/Berlin
accounts:
  acme:
    mode: direct
    slots: ["mon 09:00"]
  lily:
    mode: draft
    timezone: America/New_York
  bare: {}
"""
VIDEO = MediaFacts("mp4", "h264", 1080, 1920, 12.5, 30.0)
PHOTO = MediaFacts("jpeg", width=1080, height=1920)


class FakeProbe:
    """Sees the same in every file: a good video, or a good photo by its name; or what it is told to see."""

    def __init__(self, facts: MediaFacts | None = None, size: int = 1_000) -> None:
        self.facts = facts
        self.size = size
        self.read_paths: list[Path] = []

    def read(self, path: Path, sent: Sent | None = None) -> MediaLook:
        self.read_paths.append(path)
        usual = VIDEO if path.suffix == ".mp4" else PHOTO
        return MediaLook(self.size, f"sha-of-{path.name}", self.facts or usual)


def write(root: Path, files: dict[str, str | bytes]) -> Path:
    """Files below `root`, with their folders; a project file unless one is given."""
    for name, content in {"contentsync.yaml": PROJECT, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def loaded(root: Path, files: dict[str, str | bytes], probe: FakeProbe | None = None) -> Loaded:
    """What loading a project of these files gives, with media that are never read."""
    return load(write(root, files), {}, probe=probe or FakeProbe())


def of_manifest(root: Path, text: str | bytes, probe: FakeProbe | None = None) -> Loaded:
    """What a project of one manifest gives."""
    return loaded(root, {"posts/a.yaml": text}, probe)


def told(problems: Iterable[Problem]) -> list[str]:
    """Each problem as `LINE:COLUMN code`."""
    return [f"{p.where.line}:{p.where.column} {p.code}" if p.where else p.code for p in problems]
