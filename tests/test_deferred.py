"""What is made at the first look is made once, and is the same as if it had been made at once."""

from __future__ import annotations

from contentsync.deferred import DeferredMapping, DeferredSequence


def test_a_mapping_is_made_at_the_first_look_and_once() -> None:
    made: list[int] = []
    found = DeferredMapping(lambda: made.append(1) or {"a": 1, "b": 2})
    assert made == []
    assert (dict(found), found["b"], len(found), "c" in found) == ({"a": 1, "b": 2}, 2, 2, False)
    assert made == [1]


def test_a_sequence_is_made_at_the_first_look_and_once() -> None:
    made: list[int] = []
    found = DeferredSequence(lambda: made.append(1) or ("a", "b"))
    assert made == []
    assert (list(found), found[1], found[:1], bool(found)) == (["a", "b"], "b", ("a",), True)
    assert made == [1]
