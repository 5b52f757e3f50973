"""Do names come in the order in which a person lists them?"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contentsync.natural_order import natural
from tests.manifest.projects import loaded

IN_ORDER = [
    ["slide 1", "slide 2", "slide 9", "slide 10", "slide 11"],
    ["1", "2", "10", "a", "b"],
    ["a1b2", "a1b10", "a2b1"],
    ["IMG_9.jpg", "img_10.jpg", "IMG_11.jpg"],
    ["002", "2", "3"],
    ["e\u0301 2", "é 10"],
    ["x" + "9" * 5_000, "x1" + "0" * 5_000],
]


@pytest.mark.parametrize("names", IN_ORDER)
def test_numbers_compare_by_their_value(names: list[str]) -> None:
    mixed = random.Random(1).sample(names, len(names))
    assert sorted(mixed, key=natural) == names


@given(st.lists(st.text(), unique=True))
def test_the_order_is_the_same_whatever_order_the_names_come_in(names: list[str]) -> None:
    backwards = names[::-1]
    assert sorted(names, key=natural) == sorted(backwards, key=natural)


def test_the_photos_of_a_folder_are_in_natural_order(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"posts/slides/slide {n}.jpg": b"x" for n in (1, 2, 3, 9, 10, 11)}
    found = loaded(tmp_path, {"posts/a.yaml": "name: a\naccount: lily\nphotos: slides/\n", **files})
    order = [media.path.rsplit(" ")[-1] for media in found.posts[0].media]
    assert order == ["1.jpg", "2.jpg", "3.jpg", "9.jpg", "10.jpg", "11.jpg"]
