"""Where are small pictures kept for the next page? In the user's own folder, never in a project.

A repository could bring pictures that show something else than its films; so only what this user's contentsync made
is used. Each is named by the digest of its film, so that another film never gets it. All of them may be deleted at
any time.
"""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Final

from contentsync.files import replace_whole
from contentsync.frozen import frozen

MOST: Final = 2_000  # pictures: about 25 MB
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


@frozen
class KeptPictures:
    """Pictures by their film's digest and the time in it. Where the folder can't be used, nothing is kept."""

    folder: Path
    most: int = MOST

    def get(self, sha256: str, at: float) -> bytes:
        """The picture that was kept; empty for none."""
        path = self._path(sha256, at)
        if path is None:
            return b""
        try:
            return path.read_bytes()
        except OSError:
            return b""

    def put(self, sha256: str, at: float, picture: bytes) -> None:
        """Keep a picture."""
        path = self._path(sha256, at)
        if path is None:
            return
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            replace_whole(path, picture)

    def prune(self) -> None:
        """Delete the oldest where there are too many."""
        with contextlib.suppress(OSError):
            found = sorted(self.folder.glob("*.jpg"), key=lambda path: path.stat().st_mtime_ns)
            for path in found[: max(0, len(found) - self.most)]:
                path.unlink(missing_ok=True)

    def _path(self, sha256: str, at: float) -> Path | None:
        return self.folder / f"{sha256}-{round(at * 1000)}.jpg" if _DIGEST.fullmatch(sha256) else None
