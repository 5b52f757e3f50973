"""Which known name is meant by an unknown one? The only place that compares names. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_LONGEST: Final = 40  # characters of a name that are compared; a longer one is no slip of the pen
_ALIKE: Final = 0.6


def near(name: str, known: Iterable[str], most: int = 1, alike: float = _ALIKE) -> list[str]:
    """The known names that are most like `name`, the nearest first; none where none is near.

    alike: how like it they must be, from 0 to 1.
    """
    import difflib

    return difflib.get_close_matches(name[:_LONGEST], list(known), most, alike)
