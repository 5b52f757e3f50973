"""Which files look like manifests, but no pattern of `manifests` covers them? Such a post is never sent."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from contentsync.errors import Level, Problem
from contentsync.manifest.document import at
from contentsync.manifest.files import every_file
from contentsync.manifest.wording import printable
from contentsync.standard_paths import PROJECT_FILE

LISTED: Final = 20
_SUFFIXES: Final = (".yaml", ".yml", ".md", ".markdown", ".json")
_HEAD: Final = 16_384
_KEYS: Final = tuple(
    re.compile(rf'^[ \t{{]*"?(?:{names})"?[ \t]*:'.encode(), re.MULTILINE)
    for names in ("name", "accounts?", "video|photos|post_id")
)


def uncovered(root: Path, covered: Iterable[str]) -> Iterator[Problem]:
    """A warning for each file below `root` that has the keys of a post and is not among `covered`; twenty at most."""
    known = {*covered, PROJECT_FILE}
    names = (name for name in every_file(root) if name not in known and _may_be_one(name.lower()))
    found = (name for name in sorted(names) if _looks_like_a_manifest(root / name))
    for name, _ in zip(found, range(LISTED), strict=False):
        what = "looks like a manifest, but no pattern of `manifests` covers it, so it is never posted"
        hint = f"move it below posts/, or add a pattern for it: manifests: [{printable(_pattern(name))}, …]"
        problem = Problem("manifest-not-covered", what, hint, level=Level.WARNING)
        yield at(problem, printable(name), (1, 1, 1))


def _may_be_one(name: str) -> bool:
    """A schema has the keys of a post as well."""
    return name.endswith(_SUFFIXES) and not name.endswith(".schema.json")


def _pattern(name: str) -> str:
    folder, _, file = name.rpartition("/")
    suffix = os.path.splitext(file)[1]  # noqa: PTH122
    return f'"{folder}/**/*{suffix}"' if folder else f'"*{suffix}"'


def _looks_like_a_manifest(path: Path) -> bool:
    try:
        if not path.is_file() or path.is_symlink():
            return False
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    return all(key.search(head) for key in _KEYS)
