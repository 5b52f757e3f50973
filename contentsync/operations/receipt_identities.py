"""Which identities do the receipts of an account name? Read again only after a receipt changed.

Each receipt names the TikTok account that made its post. A new post needs to know them all, and there is one for each
post that ever was. What they name is kept with the names and stats of the files, as in `still.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from contentsync.evidence import receipts
from contentsync.evidence.identity import Identity, Witnessed
from contentsync.operations.nothing_to_do import NothingToDo
from contentsync.project import Project
from contentsync.tree import Tree

_FILE: Final = "receipt-identities"


def of_account(still: NothingToDo, project: Project, account: str) -> list[Witnessed]:
    """The identities that the receipts of an account name, each with how many."""
    folder = project.receipts.path
    tree = Tree(str(project.root), [Path(folder, account).relative_to(project.root).as_posix()])
    look = tree.digest()
    kept = json.loads(still.read(_FILE) or "{}")
    if tree.is_whole and kept.get(account, [""])[0] == look:
        return [Witnessed(Identity(*told), account, receipts=count) for told, count in kept[account][1]]
    found = witnessed(receipts.of_pages(project.receipts.pages(account)), account)
    if tree.is_whole and tree.is_settled(still.began):
        told = [[[one.identity.open_id, one.identity.union_id, one.identity.username], one.receipts] for one in found]
        still.write(_FILE, json.dumps(kept | {account: [look, told]}))
    return found


def witnessed(told: Iterable[receipts.Told], account: str) -> list[Witnessed]:
    """What receipts witness, one value for each identity, in the order of their names."""
    counts: dict[Identity, int] = {}
    for one in told:
        if one.is_of_a_post:
            counts[one.identity] = counts.get(one.identity, 0) + 1
    return [Witnessed(identity, account, receipts=count) for identity, count in counts.items()]
