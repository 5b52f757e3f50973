"""As which TikTok account did this machine's user first post, for each account of a project?

The notes are in the user's data folder and outlive a deleted project. So after a lost state another TikTok account is
not taken for the account's own. Each account of a project has one small file.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from contentsync.errors import Problem, StoreError
from contentsync.evidence.identity import Identity
from contentsync.files import replace_whole


def read(folder: Path, project: str, account: str) -> Identity | None:
    """The recorded identity; None if there is none, or if the note can't be read.

    project: what tells the project from others: its root and the API's address.
    """
    told = _told(_file_of(folder, project, account))
    return Identity(told["open_id"], told["union_id"], told["username"]) if told else None


def of_project(folder: Path, project: str) -> dict[str, Identity]:
    """All that was noted for a project, by the account's name at that time."""
    found = {}
    for path in sorted((folder / "identities").glob("*.json")):
        told = _told(path)
        if told and told["project"] == project:
            found[told["account"]] = Identity(told["open_id"], told["union_id"], told["username"])
    return found


class Known:
    """Every identity that any project of this user posted as; to be asked for many accounts."""

    def __init__(self, folder: Path) -> None:
        self._by_mark: dict[tuple[str, str], set[Identity]] = {}
        for told in filter(None, map(_told, sorted((folder / "identities").glob("*.json")))):
            identity = Identity(told["open_id"], told["union_id"], told["username"])
            for mark in _marks(identity):
                self._by_mark.setdefault(mark, set()).add(identity)

    def others(self, now: Identity) -> list[str]:
        """The other open_ids of the same TikTok account, as other apps see it."""
        alike = {one for mark in _marks(now) for one in self._by_mark.get(mark, ()) if one.is_like(now)}
        return sorted({one.open_id for one in alike} - {now.open_id})


def _marks(identity: Identity) -> list[tuple[str, str]]:
    marks = [("union_id", identity.union_id), ("username", identity.username)]
    return [mark for mark in marks if mark[1]]


def _told(path: Path) -> dict[str, str] | None:
    try:
        said = json.loads(path.read_bytes())
        told = {key: said[key] for key in ("project", "account", "open_id", "union_id", "username")}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return told if all(isinstance(value, str) for value in told.values()) and told["open_id"] else None


def note(folder: Path, project: str, account: str, identity: Identity) -> None:
    """Remember it, on disk before this returns. Raises StoreError."""
    if read(folder, project, account) == identity:
        return
    path = _file_of(folder, project, account)
    text = json.dumps({"project": project, "account": account} | asdict(identity)) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_whole(path, text.encode(), prefix=".identity-")
    except OSError as err:
        what = f"can't record in {folder} which TikTok account {account} is: {err.strerror or err}"
        hint = "make the folder writable, or name another one in CONTENTSYNC_DATA_DIR"
        raise StoreError(Problem("data-folder-unusable", what, hint)) from err


def _file_of(folder: Path, project: str, account: str) -> Path:
    mark = hashlib.sha256(f"{project}\n{account}".encode()).hexdigest()[:32]
    return folder / "identities" / f"{mark}.json"
