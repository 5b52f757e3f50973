"""Which identities do the receipts of an account name? Only receipts that changed are read again.

Each receipt names the TikTok account that made its post. A new post needs to know them all, and there is one for each
post that ever was. They are parted by their names. What those of a part name is kept with the names and stats of its
files (`nothing_to_do.py` has the theory), so that a new receipt costs reading its part.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final
from zlib import crc32

from contentsync.evidence import receipts
from contentsync.evidence.identity import Identity, Witnessed
from contentsync.frozen import frozen
from contentsync.operations.nothing_to_do import NothingToDo
from contentsync.project import Project
from contentsync.tree import RACY, Stat, Tree

_FILE: Final = "receipt-identities"
_ENDING: Final = ".json"
_PARTS: Final = 64
_WHOLE: Final = "whole"  # beside the parts: one digest for the names and stats of all files
_LINK: Final = "\0"  # the end of a name that a link leads from, as in Tree


@frozen
class _Named:
    """An identity that receipts name."""

    identity: Identity
    #: How many name it.
    count: int
    #: The first file that does, by its name.
    first: str

    def as_json(self) -> list[str | int]:
        return [self.identity.open_id, self.identity.union_id, self.identity.username, self.count, self.first]


def of_account(still: NothingToDo, project: Project, account: str) -> list[Witnessed]:
    """The identities that the receipts of an account name, each with how many; in the order of the names."""
    place = Path(project.receipts.path, account).relative_to(project.root).as_posix()
    tree = Tree(str(project.root), [place])
    if not tree.is_whole or place not in tree.folders:
        return _joined(_named(receipts.of_pages(project.receipts.pages(account))), account)
    every = json.loads(still.read(_FILE) or "{}")
    kept = every.get(account, {})
    whole = tree.digest()
    if kept.pop(_WHOLE, "") == whole:  # quicker than to look at each part
        return _joined(_known([part for _, part in kept.values()]), account)
    parts = _parts(tree.folders[place].files())
    looks = {number: _look(files) for number, files in parts.items()}
    known = {number: kept[number][1] for number, look in looks.items() if kept.get(number, [""])[0] == look}
    told = _known(known.values())
    new = {number: files for number, files in parts.items() if number not in known}
    read = _read(project, account, parts, new) if new else {}
    told += [named for part in read.values() for named in part]
    keeps = {number: [looks[number], known[number]] for number in known}
    keeps |= {n: [looks[n], [one.as_json() for one in read[n]]] for n in new if _is_settled(new[n], still.began)}
    look = {_WHOLE: whole} if len(keeps) == len(parts) else {}
    still.write(_FILE, json.dumps(every | {account: {**keeps, **look}}))
    return _joined(told, account)


def _known(parts: Iterable[list[list[Any]]]) -> list[_Named]:
    """What was kept of these parts."""
    return [_Named(Identity(*who), count, first) for part in parts for *who, count, first in part]


_Files = dict[str, Stat]


def _parts(files: Iterable[tuple[str, Stat]]) -> dict[str, _Files]:
    """The receipts by the number of their part; the stat of what a link leads to goes with it."""
    found: dict[str, _Files] = {}
    for name, seen in files:
        bare = name.removesuffix(_LINK)
        if bare.endswith(_ENDING):
            found.setdefault(_number(bare), {})[name] = seen
    return found


def _number(file: str) -> str:
    return str(crc32(file.encode("utf-8", "surrogateescape")) % _PARTS)


def _look(files: _Files) -> str:
    told = repr(sorted(files.items())).encode("utf-8", "surrogateescape")
    return blake2b(told, digest_size=16).hexdigest()


def _is_settled(files: _Files, now: int) -> bool:
    """As Tree.is_settled."""
    return all(max(seen[1:3]) + RACY < now for seen in files.values())


def _read(
    project: Project, account: str, parts: Mapping[str, _Files], new: Mapping[str, _Files]
) -> dict[str, list[_Named]]:
    """What the receipts of the new parts name."""
    known = {
        name.removesuffix(_LINK).removesuffix(_ENDING)
        for number, files in parts.items()
        if number not in new
        for name in files
    }
    found: dict[str, list[receipts.Told]] = {number: [] for number in new}
    for told in receipts.of_pages(project.receipts.pages(account, known)):
        found.setdefault(_number(told.name + _ENDING), []).append(told)
    return {number: _named(several) for number, several in found.items()}


def _named(told: Iterable[receipts.Told]) -> list[_Named]:
    """The identities that these receipts name. told: in the order of their names."""
    found: dict[Identity, _Named] = {}
    for one in told:
        if one.is_of_a_post:
            known = found.get(one.identity) or _Named(one.identity, 0, one.name + _ENDING)
            found[one.identity] = replace(known, count=known.count + 1)
    return list(found.values())


def _joined(parts: Iterable[_Named], account: str) -> list[Witnessed]:
    """The same of all parts, one value for each identity, in the order of the receipts' names."""
    counts: dict[Identity, int] = {}
    for one in sorted(parts, key=lambda named: named.first):
        counts[one.identity] = counts.get(one.identity, 0) + one.count
    return [Witnessed(identity, account, receipts=count) for identity, count in counts.items()]
