"""Does the work of a plan grow with what is planned, and with nothing else? Counted in calls, not in seconds."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contentsync.evidence import receipts
from contentsync.evidence.identity import Identity
from contentsync.operations.plan import make_plan
from contentsync.operations.selection import Wish
from contentsync.project import Project
from contentsync.remote_post import Creator
from contentsync.store.sqlite.state import SqliteStore
from tests.builders import NOW, a_post, a_row, an_attempt


def a_project_of(root: Path, accounts: int) -> Path:
    """Accounts that TikTok gave an identity, each with a published post, its receipt, and a new post."""
    (root / "posts").mkdir(parents=True)
    names = [f"a{number}" for number in range(accounts)]
    lines = [f"  {name}: {{mode: draft}}" for name in names]
    (root / "contentsync.yaml").write_text("\n".join(["version: 1", "accounts:", *lines]) + "\n")
    store = SqliteStore.open(root / ".contentsync" / "state.db")
    for name in names:
        (root / "posts" / f"{name}.yaml").write_text(
            f"name: new\naccount: {name}\nvideo: https://x.example/{name}.mp4\n"
        )
        store.save_creator(name, Creator(f"id-{name}", username=name), NOW)
        post = a_post(account=name, name="out")
        known = {"id": f"of-{name}", "publish_id": f"v-{name}", "post_id": f"74{name[1:]:0>8}"}
        row = a_row(post, open_id=f"id-{name}", attempts=(an_attempt(post, open_id=f"id-{name}", **known),))
        assert store.restore(row, NOW)
        receipts.write(root / "receipts", row, Identity(row.open_id, username=name))
    store.close()
    return root


@contextmanager
def counting() -> Iterator[list[int]]:
    """How many calls are made meanwhile, of Python's and of C's functions."""
    calls = [0]

    def count(_frame: object, event: str, _arg: object) -> None:
        calls[0] += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        yield calls
    finally:
        sys.setprofile(None)


def calls_of_a_plan(root: Path) -> int:
    make_plan(
        Project.open(root, {"CONTENTSYNC_DATA_DIR": str(root / "data")}), Wish(refresh=False)
    )  # imports, caches
    project = Project.open(root, {"CONTENTSYNC_DATA_DIR": str(root / "data")})
    with counting() as calls:
        made = make_plan(project, Wish(refresh=False))
    assert len(made.plan.accounts) * 2 == len(made.plan.actions)
    project.close_state()
    return calls[0]


def test_an_account_costs_the_same_however_many_there_are(tmp_path: Path) -> None:
    few = calls_of_a_plan(a_project_of(tmp_path / "few", 25))
    many = calls_of_a_plan(a_project_of(tmp_path / "many", 200))
    assert many < 8.3 * few, (few, many)
