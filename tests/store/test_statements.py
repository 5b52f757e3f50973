"""Every statement of queries.sql becomes a function that gives what the mark behind its name says."""

from __future__ import annotations

import sqlite3

import pytest

from contentsync.store.sqlite.database import HERE, queries
from contentsync.store.sqlite.statements import Statements

TEXT = """\
-- What is kept.

-- name: things(least)
SELECT name FROM things WHERE size >= :least ORDER BY name;

-- One of them, whatever it is called.
-- name: thing(name)^
SELECT name, size FROM things WHERE name = :name;

-- name: add(name, size)!
INSERT INTO things VALUES (:name, :size) ON CONFLICT DO NOTHING;

-- name: add_all(name, size)*!
INSERT INTO things VALUES (:name, :size);
"""


@pytest.fixture
def db() -> sqlite3.Connection:
    made = sqlite3.connect(":memory:")
    made.execute("CREATE TABLE things (name TEXT PRIMARY KEY, size INTEGER)")
    return made


def test_each_mark_gives_its_kind_of_result(db: sqlite3.Connection) -> None:
    made = Statements(TEXT)
    assert [made.add(db, name="a", size=1), made.add(db, name="a", size=2)] == [1, 0]
    made.add_all(db, [{"name": "b", "size": 5}, {"name": "c", "size": 7}])
    assert [name for (name,) in made.things(db, least=5)] == ["b", "c"]
    assert (made.thing(db, name="a"), made.thing(db, name="z")) == (("a", 1), None)
    db.close()


def test_a_name_that_is_not_there_is_an_error() -> None:
    with pytest.raises(AttributeError):
        Statements(TEXT).nothing  # noqa: B018


def test_every_statement_of_the_file_is_found() -> None:
    names = [line for line in (HERE / "queries.sql").read_text().splitlines() if line.startswith("-- name: ")]
    assert len(set(queries())) == len(names) > 90
    assert all(callable(getattr(queries(), name)) for name in queries())
