"""Right before an intent only evidence that concerns the post is looked into, and the answer is that of all of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from contentsync.account import AccountAtWork
from contentsync.account_facts import About
from contentsync.evidence import receipts
from contentsync.evidence.journal import Journal
from contentsync.plan.action import AccountFacts, Kind, World
from contentsync.plan.last_look import Against, against
from contentsync.post import DesiredPost
from contentsync.project import Project
from contentsync.remote_post import Creator
from contentsync.settings import App
from contentsync.store.sqlite.state import SqliteStore
from tests.builders import NOW, OPEN_ID, a_creator, a_media, a_post, a_row, an_attempt
from tests.operations.test_plan_scales import counting

NEW = a_post(name="new", media=(a_media("posts/new.mp4", sha256="new"),))
ROWS = 60


def out(number: int) -> DesiredPost:
    return a_post(name=f"out{number}", media=(a_media(f"posts/{number}.mp4", sha256=f"sha{number}"),))


@pytest.fixture
def account(tmp_path: Path) -> AccountAtWork:
    """An account with published posts, each with its receipt and its note in the journal."""
    (tmp_path / "contentsync.yaml").write_text("version: 1\naccounts: {acme: {mode: direct}}\n")
    store = SqliteStore.open(tmp_path / ".contentsync" / "state.db")
    store.save_creator("acme", Creator(OPEN_ID, username="acme"), NOW)
    journal = Journal(tmp_path / "data", store.lineage)
    for number in range(ROWS):
        post = out(number)
        attempt = an_attempt(post, id=f"a{number}", publish_id=f"v{number}", post_id=f"74{number:08}")
        row = a_row(post, attempts=(attempt,))
        assert store.restore(row, NOW)
        receipts.write(tmp_path / "receipts", row)
        journal.note_attempt(attempt, post.name, whole=True)
    store.close()
    return Project.open(tmp_path, {"CONTENTSYNC_DATA_DIR": str(tmp_path / "data")}).at_work("acme")


def looked(account: AccountAtWork, about: About | None) -> Against | None:
    facts = replace(account.facts(about=about), creator=a_creator())
    world = World(now=NOW, accounts={"acme": facts}, app=App(audited=True), lineage=account.store.lineage)
    return against(Kind.CREATE, NEW, facts, world, {NEW.name: NEW})


def about_new(planned: AccountFacts) -> About:
    return About(NEW, frozenset(row.name for row in planned.rows) - {NEW.name})


def nothing(root: Path) -> None:
    """Nothing happens meanwhile."""


def its_receipt_comes(root: Path) -> None:
    receipts.write(root / "receipts", a_row(NEW, attempts=(an_attempt(NEW, id="x", post_id="75"),)))


def a_receipt_of_its_media_comes(root: Path) -> None:
    other = replace(NEW, name="renamed")
    receipts.write(root / "receipts", a_row(other, attempts=(an_attempt(other, id="x", post_id="75"),)))


def another_state_notes_it(root: Path) -> None:
    Journal(root / "data", "another").note_attempt(an_attempt(NEW, id="x"), "new", whole=True)


def another_state_notes_its_media(root: Path) -> None:
    journal = Journal(root / "data", "another")
    journal.note_attempt(an_attempt(NEW, id="x"), "elsewhere", whole=True)
    journal.note_attempt(an_attempt(NEW, id="x"), "elsewhere", whole=False)


def another_post_is_noted(root: Path) -> None:
    Journal(root / "data", "another").note_attempt(an_attempt(out(999), id="y"), "out999", whole=True)


@pytest.mark.parametrize(
    ("meanwhile", "stops"),
    [
        (nothing, False),
        (its_receipt_comes, True),
        (a_receipt_of_its_media_comes, True),
        (another_state_notes_it, True),
        (another_state_notes_its_media, True),
        (another_post_is_noted, False),
    ],
)
def test_what_concerns_the_post_is_seen_as_among_all_evidence(
    account: AccountAtWork, tmp_path: Path, meanwhile: Callable[[Path], None], stops: bool
) -> None:
    about = about_new(account.facts())
    meanwhile(tmp_path)
    found = looked(account, about)
    assert found == looked(account, None)
    assert (found is not None) == stops


def test_a_look_costs_a_fraction_of_all_evidence(account: AccountAtWork) -> None:
    about = about_new(account.facts())
    looked(account, about)
    with counting() as narrow:
        looked(account, about)
    with counting() as whole:
        looked(account, None)
    assert narrow[0] * 4 < whole[0], (narrow[0], whole[0])
