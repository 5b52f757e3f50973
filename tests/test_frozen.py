"""A frozen class does what the standard decorator's does."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import pytest

from contentsync.frozen import frozen

ROOT = Path(__file__).parents[1]


@frozen
class Clip:
    """A clip."""

    name: str
    size: int = 0
    secret: str = field(default="s", repr=False)
    note: str = field(default="", compare=False)
    tags: list[str] = field(default_factory=list)


@frozen
class Longer(Clip):
    """A clip with one field more."""

    length: float = 0.0


@frozen
class Empty:
    """No field."""


def _both(body: type) -> list[type]:
    """The class as both decorators make it, from the same body."""
    made: list[Callable[[type], type]] = [frozen, dataclass(frozen=True, slots=True)]
    return [one(type("Both", (), dict(vars(body)))) for one in made]


class _Body:
    first: int
    second: str = "two"
    third: str = field(default="three", repr=False)

    def __post_init__(self) -> None:
        if self.first < 0:
            raise ValueError(self.first)


def test_both_decorators_make_the_same_signature_text_and_fields() -> None:
    ours, theirs = _both(_Body)

    assert repr(ours(1)) == repr(theirs(1)) == "Both(first=1, second='two')"
    assert [one.name for one in fields(ours)] == [one.name for one in fields(theirs)]
    assert ours.__match_args__ == theirs.__match_args__
    for wrong in ((), (1, "2", "3", "4")):
        for made in (ours, theirs):
            with pytest.raises(TypeError):
                made(*wrong)


def test_what_a_class_checks_itself_is_checked() -> None:
    for made in _both(_Body):
        with pytest.raises(ValueError, match="-1"):
            made(-1)


def test_values_are_equal_by_their_compared_fields_and_by_their_class() -> None:
    assert Clip("a", note="x") == Clip("a", note="y")
    assert Clip("a") != Clip("b")
    assert Clip("a") != ("a", 0, "s", "", [])
    assert Longer("a") != Clip("a")
    assert Empty() == Empty()
    assert Empty() != Clip("a")


def test_equal_values_have_one_hash() -> None:
    ours, theirs = _both(_Body)

    assert len({ours(1), ours(1), ours(2)}) == len({theirs(1), theirs(1), theirs(2)}) == 2
    assert len({Empty(), Empty()}) == 1
    with pytest.raises(TypeError):
        hash(Clip("a"))  # a list has no hash


def test_a_value_cannot_be_changed() -> None:
    clip: Any = Clip("a")

    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'name'"):
        clip.name = "b"
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'other'"):
        clip.other = "b"
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'name'"):
        del clip.name
    assert not hasattr(clip, "__dict__")


def test_each_value_has_a_default_of_its_own_from_a_factory() -> None:
    one, other = Clip("a"), Clip("a")
    one.tags.append("x")

    assert other.tags == []


def test_replace_asdict_copy_and_pickle_work() -> None:
    long = Longer("a", 3, length=2.5)

    assert replace(long, size=4) == Longer("a", 4, length=2.5)
    assert asdict(long) == {"name": "a", "size": 3, "secret": "s", "note": "", "tags": [], "length": 2.5}
    assert copy.deepcopy(long) == long
    assert pickle.loads(pickle.dumps(long)) == long


def test_methods_of_the_class_itself_are_kept() -> None:
    class Body:
        first: int

        def __repr__(self) -> str:
            return "mine"

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 7

    for made in _both(Body):
        assert (repr(made(1)), made(1) == 3, hash(made(1))) == ("mine", True, 7)


def test_a_class_with_its_own_equality_is_hashed_by_its_fields() -> None:
    class Body:
        first: int

        def __eq__(self, other: object) -> bool:
            return True

    for made in _both(Body):
        assert hash(made(1)) == hash(made(1)) != hash(made(2))


def test_every_frozen_class_is_made_by_the_quick_decorator() -> None:
    sources = (path for path in (ROOT / "contentsync").rglob("*.py") if "emulator" not in path.parts)
    slow = [str(path) for path in sources if "\n@dataclass(frozen=True, slots=True)\n" in path.read_text("utf-8")]
    assert slow == [], "write @frozen, from contentsync.frozen"
