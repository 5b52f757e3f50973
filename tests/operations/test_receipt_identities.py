"""The identities that receipts name are those of all receipts, however few of them are read."""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contentsync.evidence import receipts
from contentsync.evidence.identity import Identity, Witnessed
from contentsync.operations.nothing_to_do import NothingToDo
from contentsync.operations.receipt_identities import of_account
from contentsync.project import Project
from tests.builders import ManualClock
from tests.operations.histories import PROJECT, TICK

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there a stat does not show every write")
PEOPLE = ("id-one", "id-two", "", "id-three")


class Receipts:
    """A folder of receipts, and what they name."""

    def __init__(self, root: Path) -> None:
        self.root, self.folder = root, root / "receipts" / "acme"
        self.folder.mkdir(parents=True)
        (root / ".contentsync").mkdir()
        (root / "contentsync.yaml").write_text(PROJECT)
        self._environ = {"CONTENTSYNC_DATA_DIR": str(root.parent / "data")}

    def write(self, name: str, open_id: str, phase: str = "published") -> None:
        told = {"open_id": open_id, "username": f"@{open_id}", "phase": phase, "generation": 1, "attempts": []}
        (self.folder / f"{name}.json").write_text(json.dumps(told))

    def named(self, seconds: float = 10) -> list[Witnessed]:
        """seconds: by how much the machine's clock is ahead, so that no file counts as written just now."""
        project = Project.open(self.root, self._environ)
        clock = ManualClock(datetime.now(UTC) + timedelta(seconds=seconds))
        still = NothingToDo.around(self.root, self._environ, clock)
        assert still is not None
        try:
            return of_account(still, project, "acme")
        finally:
            project.close_state()

    def in_fact(self) -> list[Witnessed]:
        told = [one for one in receipts.read(self.root / "receipts", "acme") if one.is_of_a_post]
        counts = Counter(one.identity for one in told)
        return [Witnessed(one, "acme", receipts=counts[one]) for one in dict.fromkeys(one.identity for one in told)]


@pytest.fixture
def there(tmp_path: Path) -> Receipts:
    return Receipts(tmp_path / "studio")


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The paths of the receipts that were read."""
    found: list[str] = []
    inner = receipts._bytes_of
    monkeypatch.setattr(receipts, "_bytes_of", lambda path: (found.append(path), inner(path))[1])
    yield found


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_to_receipts_all_that_they_name_is_known(there: Receipts, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(25):
        time.sleep(TICK)
        for _ in range(chance.randrange(5)):
            name = f"p{chance.randrange(40)}"
            path = there.folder / f"{name}.json"
            what = chance.randrange(6)
            if what == 0:
                path.unlink(missing_ok=True)
            elif what == 1:
                path.write_text("{")
            elif what == 2:
                path.unlink(missing_ok=True)
                path.symlink_to("p0.json")
            else:
                there.write(name, chance.choice(PEOPLE), chance.choice(["published", "declared"]))
        assert there.named(chance.choice([0, 10])) == there.in_fact()


def test_only_the_part_of_a_new_receipt_is_read(there: Receipts, read: list[str]) -> None:
    for number in range(300):
        there.write(f"p{number}", "id-one")
    there.named()
    assert len(read) == 300
    read.clear()
    assert there.named() == [Witnessed(Identity("id-one", "", "@id-one"), "acme", receipts=300)]
    assert read == []
    there.write("new", "id-two")
    there.named()
    assert 0 < len(read) < 30


def test_a_receipt_that_was_written_just_now_is_read_again(there: Receipts, read: list[str]) -> None:
    there.write("new", "id-one")
    for _ in range(2):
        read.clear()
        there.named(0)
        assert len(read) == 1
