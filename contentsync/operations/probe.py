"""What is in one media file, and does TikTok take it? Offline, and without a project."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from contentsync.errors import Level, Problem
from contentsync.frozen import frozen
from contentsync.lfs import lfs_command
from contentsync.manifest import media_rules
from contentsync.manifest.pointers import git_prefix
from contentsync.media.container import FILMS
from contentsync.media.disk import DiskReader
from contentsync.media.look import MediaLook, MediaReader
from contentsync.post import Kind, Media, Mode


@frozen
class Probed:
    """One file: what was seen, and each verdict on it."""

    path: Path
    kind: Kind
    look: MediaLook
    #: What is wrong with the file itself, and what TikTok's rules say of it.
    problems: tuple[Problem, ...]

    @property
    def is_fine(self) -> bool:
        """Whether nothing forbids posting it."""
        return not any(problem.level is Level.ERROR for problem in self.problems)


def probe(path: Path, reader: MediaReader | None = None) -> Probed:
    """Read a file, and check it as a video for a draft or as a photo."""
    look = (reader or DiskReader()).read(path)
    facts = look.facts
    is_film = facts is None or facts.container in FILMS
    media = Media(str(path), sha256=look.sha256, size=look.size, facts=facts)
    rules = media_rules.check_video(media, Mode.DRAFT) if is_film else media_rules.check_photo(media)
    judged = tuple(rules) if look.sha256 else ()
    seen = tuple(_with_command(problem, path) for problem in look.problems)
    return Probed(path, Kind.VIDEO if is_film else Kind.PHOTOS, look, (*seen, *judged))


def _with_command(problem: Problem, path: Path) -> Problem:
    """Of a Git LFS pointer: with the command that fetches its file."""
    if problem.code != "media-lfs-pointer" or problem.level is not Level.NOTE:
        return problem
    whole = path.absolute()
    return replace(problem, hint=f"run: {lfs_command(git_prefix(whole.parent), [whole.name])}")
