"""What can others see of the outcome of each post? Each post has one JSON file, committed with the content.

A receipt is evidence for people, for other clones and for a lost state. While the state exists, the state is the
truth. Writing a receipt never loses evidence: attempts that the row does not know, or knows less about, stay in the
file beside those of the row. If git left two versions with conflict markers in one file, they are read as one receipt
with the attempts of both.
"""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import field
from pathlib import Path
from typing import Any, Final

from contentsync import links
from contentsync.evidence.compare import is_same, is_settled, knows_less, tells_more
from contentsync.evidence.identity import Identity
from contentsync.evidence.record import (
    EPOCH,
    MALFORMED,
    as_json,
    attempt_of,
    bare_attempt,
    count,
    made_up,
    moment,
    text,
    tried_of,
)
from contentsync.evidence.witness import Source, Tried, Witness
from contentsync.files import leads_out, names_inside, replace_whole
from contentsync.frozen import frozen
from contentsync.lifecycle import OVER, Phase
from contentsync.post_state import PostState
from contentsync.times import rfc3339

FORMAT: Final = "contentsync.receipt/1"
_ENDING: Final = ".json"
#: A pipe in the place of a receipt must not be waited for.
_FOR_READING: Final = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
_USUAL: Final = 16_384  # bytes; a larger buffer costs more than reading the file
_GENERATION: Final = re.compile(rb'"generation":\s*([0-9]{1,6})')
_UNREADABLE: Final = (OSError, RecursionError, *MALFORMED)


@frozen
class Told:
    """What a receipt says. body: all of it; empty where it could not be read."""

    name: str
    phase: str
    generation: int
    post_id: str
    open_id: str
    body: Mapping[str, Any] = field(default_factory=dict)

    def witness(self) -> Witness:
        """The same, to be compared."""
        try:
            self._told_row("", "")
            tried = tuple(map(tried_of, _union(self.body["attempts"])))
        except MALFORMED:
            return Witness(Source.RECEIPT, self.name, legible=False)
        bound = "" if tried else self.post_id
        return Witness(Source.RECEIPT, self.name, tried, bound, self.generation, self._media())

    @property
    def identity(self) -> Identity:
        """Whose post it is; older receipts name the open_id alone."""
        known = (self.body.get(key) for key in ("union_id", "username"))
        return Identity(self.open_id, *(value if isinstance(value, str) else "" for value in known))

    @property
    def is_of_a_post(self) -> bool:
        """Whether it tells of more than a manifest that was seen."""
        return self.phase != "declared"

    def _media(self) -> str:
        told = self.body.get("media_digest")
        return told if isinstance(told, str) else ""

    def as_row(self, account: str, open_id: str) -> PostState:
        """The row of a lost state, as far as its receipt knows. An unreadable receipt counts as one attempt."""
        try:
            return self._told_row(account, open_id)
        except MALFORMED:
            uid = made_up(open_id, self.name)
            lost = bare_attempt(Tried(Phase.UNKNOWN, 1, started_at=EPOCH), f"{account}/{self.name}", open_id)
            return PostState(uid, open_id, self.name, account, attempts=(lost,))

    def _told_row(self, account: str, open_id: str) -> PostState:
        attempts = tuple(
            attempt_of(told, f"{account}/{self.name}", open_id) for told in _union(self.body["attempts"])
        )
        return PostState(
            uid=made_up(open_id, self.name, attempts[0].id if attempts else self.post_id),
            open_id=open_id,
            name=self.name,
            account=account,
            generation=count(self.generation),
            attempts=attempts,
            media_digest=text(self.body.get("media_digest")),
            bound_post_id="" if attempts else text(self.post_id),
            removed_at=moment(self.body.get("removed_at")),
        )


def write(folder: Path, row: PostState, identity: Identity | None = None, *, over: bool = False) -> Path:
    """Write the receipt of a post below `folder`; on disk whole, or not at all. Raises OSError.

    What the file tells beyond the row stays in it. One that can't be read stays as it is, unless the row is settled
    and what is left of the file names no higher generation: another machine may have sent that.
    over: replace the file, whatever it tells: a person settled the post.
    """
    path = _place(folder, row.key)
    told = _read(path) if path.exists() else None
    if told is not None and told.open_id in {"", row.open_id} and not over and _must_stay(told, row):
        return path
    is_ours = told is not None and told.open_id == row.open_id and told.witness().legible
    kept = told if is_ours and not over else None
    body = json.dumps(_content(row, identity or Identity(row.open_id), kept), ensure_ascii=False, indent=2) + "\n"
    if not _is(path, body):
        _put(path, body)
    return path


def rebind(path: Path, identity: Identity) -> None:
    """Let a receipt name another open_id, and change nothing else of it. Raises OSError, ValueError."""
    told = json.loads(path.read_text(encoding="utf-8"))
    told |= {
        "open_id": identity.open_id,
        "union_id": identity.union_id or told.get("union_id"),
        "username": identity.username or told.get("username"),
    }
    _put(path, json.dumps(told, ensure_ascii=False, indent=2) + "\n")


def _must_stay(told: Told, row: PostState) -> bool:
    is_later = told.generation > row.generation
    return not told.witness().legible and (is_later or not is_settled(row, row.generation))


def _put(path: Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_whole(path, body.encode(), 0o644, ".receipt-")


def remove(folder: Path, key: str, row: PostState) -> None:
    """Remove the receipt of a key that a row had, unless it tells of more than the row. Raises OSError."""
    path = _place(folder, key)
    told = _read(path) if path.exists() else None
    if told is not None and not (told.open_id == row.open_id and knows_less(row, told.witness())):
        path.unlink(missing_ok=True)


def _place(folder: Path, key: str) -> Path:
    """Where the receipt of a key lies. Raises OSError where a link, or a key that is no key, leads it elsewhere."""
    path = folder / f"{key}.json"
    if leads_out(folder.parent, folder) or leads_out(folder, path):
        raise OSError(errno.ELOOP, f"{path} points outside the project's receipts folder")
    return path


def _is(path: Path, body: str) -> bool:
    return _bytes_of(str(path)) == body.encode()


#: The receipts of one account as they lie on disk: the name of each post with the bytes, None where unreadable.
Pages = Sequence[tuple[str, bytes | None]]


def pages(folder: Path, account: str, without: Set[str] = frozenset()) -> Pages:
    """The receipts of one account, sorted by name, not looked into yet. without: names of posts that are left out.

    Raises ManifestError where they lie outside of the project, or one of them does, by a link.
    """
    own = folder / account
    end = -len(_ENDING)
    found = [
        file for file in names_inside(folder.parent, own) if file.endswith(_ENDING) and file[:end] not in without
    ]
    return tuple([(file[:end], _bytes_of(f"{own}/{file}")) for file in sorted(found)])


def read(folder: Path, account: str) -> Iterator[Told]:
    """The receipts of one account; an unreadable file still counts as a post.

    Raises ManifestError as `pages`.
    """
    return of_pages(pages(folder, account))


def of_pages(found: Pages) -> Iterator[Told]:
    """What these receipts say."""
    return (_of_page(name, data) for name, data in found)


def _read(path: Path) -> Told:
    return _of_page(path.stem, _bytes_of(str(path)))


def _bytes_of(path: str) -> bytes | None:
    """The bytes of a small file. Without a file object: thousands are read in a run."""
    try:
        handle = os.open(path, _FOR_READING)
    except (OSError, ValueError):
        return None
    try:
        data = b""
        while part := os.read(handle, _USUAL):
            data += part
            if len(part) < _USUAL:
                break
        return data
    except OSError:
        return None
    finally:
        os.close(handle)


def _of_page(name: str, data: bytes | None) -> Told:
    try:
        return _told(name, _one_of(_versions((data or b"").decode("utf-8"))))
    except _UNREADABLE:
        named = [int(found[1]) for found in _GENERATION.finditer(data or b"")]
        return Told(name, "unreadable", max(named, default=0), "", "")


def _told(name: str, body: Mapping[str, Any]) -> Told:
    return Told(
        name=name,
        phase=str(body["phase"]),
        generation=int(body["generation"]),
        post_id=str(body.get("post_id") or ""),
        open_id=str(body.get("open_id") or ""),
        body=body,
    )


_OURS, _BASE, _THEIRS, _END = ("<<<<<<<", "|||||||", "=======", ">>>>>>>")


def _versions(content: str) -> list[Any]:
    """What the file says; both versions, where git left it with conflict markers. Raises one of MALFORMED."""
    if _OURS not in content:
        return [json.loads(content)]
    ours: list[str] = []
    theirs: list[str] = []
    side = _END
    for line in content.splitlines():
        marker = next((mark for mark in (_OURS, _BASE, _THEIRS, _END) if line.startswith(mark)), "")
        side = marker or side
        if not marker and side in {_OURS, _END}:
            ours.append(line)
        if not marker and side in {_THEIRS, _END}:
            theirs.append(line)
    return [json.loads("\n".join(lines)) for lines in (ours, theirs)]


def _one_of(versions: list[Any]) -> Mapping[str, Any]:
    """One body that tells all that these tell. Raises one of MALFORMED."""
    first, *others = versions
    if not others:
        return dict(first)
    if len({str(version.get("open_id")) for version in versions}) > 1:
        raise ValueError("two identities")
    newest = max(versions, key=lambda version: (int(version["generation"]), len(version["attempts"])))
    return _with_attempts(dict(newest), _union([told for version in versions for told in version["attempts"]]))


#: Receipts under names that no account has now, by the open_id that they name; empty where they name none.
LeftBehind = Mapping[str, Sequence[Told]]


def left_behind(folder: Path, accounts: Collection[str]) -> LeftBehind:
    """The receipts under account names that the project no longer has. accounts: all names that it has now.

    Read once for all accounts: a renamed account finds its own among them by its open_id.
    Raises ManifestError as `read`.
    """
    found: dict[str, list[Told]] = {}
    for other in sorted(path.name for path in folder.glob("*") if path.name not in accounts and path.is_dir()):
        for told in read(folder, other):
            found.setdefault(told.open_id, []).append(told)
    return found


def of_identity(own: Pages, open_id: str | None, left: LeftBehind) -> list[Told]:
    """The receipts of one identity, one a name: those of its account, and those that it left under a former name."""
    found = {told.name: told for told in of_pages(own) if told.open_id in {"", open_id or told.open_id}}
    for told in left.get(open_id, ()) if open_id else ():
        found[told.name] = _both(found[told.name], told) if told.name in found else told
    return [found[name] for name in sorted(found)]


def _both(one: Told, other: Told) -> Told:
    """Two receipts of one post as one; where either can't be read, none is known to tell all."""
    try:
        return _told(one.name, _one_of([one.body, other.body]))
    except MALFORMED:
        return Told(one.name, "unreadable", 1, "", "")


def _content(row: PostState, identity: Identity, kept: Told | None) -> dict[str, Any]:
    """What the receipt of a row says, and what `kept`, the file as it is, tells beyond the row."""
    last = row.last
    body: dict[str, Any] = {
        "format": FORMAT,
        "post": row.key,
        "open_id": row.open_id,
        "union_id": identity.union_id or None,
        "username": identity.username or None,
        "phase": str(last.phase) if last else "bound" if row.bound_post_id else "declared",
        "generation": row.generation,
        "post_id": row.post_id or None,
        "url": links.url_of(row, identity.username),
        "media_digest": row.media_digest or None,
        "removed_at": rfc3339(row.removed_at, "seconds"),
        "attempts": [as_json(attempt) for attempt in row.attempts],
    }
    if kept is None or not knows_less(row, kept.witness()):
        return body
    if kept.post_id and not row.post_id:
        body |= {"post_id": kept.post_id, "url": kept.body.get("url")}
    body["generation"] = max(row.generation, kept.generation)
    return _with_attempts(body, _union([*map(as_json, row.attempts), *kept.body["attempts"]]))


def _with_attempts(body: dict[str, Any], attempts: list[Mapping[str, Any]]) -> dict[str, Any]:
    phase = attempts[-1]["phase"] if attempts else body["phase"]
    return body | {"phase": phase, "attempts": attempts}


def _union(attempts: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Each attempt once, by the version that tells most of it; those that are not over last, else in their order."""
    found: list[Mapping[str, Any]] = []
    for told in attempts:
        tried = tried_of(told)
        at = next((n for n, one in enumerate(found) if is_same(tried_of(one), tried)), None)
        if at is None:
            found.append(told)
        elif tells_more(tried, tried_of(found[at])):
            found[at] = told
    return sorted(found, key=lambda told: (Phase(told["phase"]) not in OVER, str(told["started_at"])))
