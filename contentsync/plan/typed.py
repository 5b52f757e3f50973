"""Has a piece of JSON the types that we expect? Reads an object key by key, and takes nothing for granted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TypeVar

T = TypeVar("T")


class Typed:
    """A JSON object. Each reader raises ValueError for a key that is missing or has a value of another type."""

    def __init__(self, told: object) -> None:
        if not isinstance(told, dict):
            raise ValueError("an object is meant")
        self._told = told

    def value(self, key: str) -> object:
        if key not in self._told:
            raise ValueError(f"{key} is missing")
        return self._told[key]

    def text(self, key: str) -> str:
        return self._is(str, key, self.value(key))

    def text_or_none(self, key: str) -> str | None:
        return None if self.value(key) is None else self.text(key)

    def text_if_told(self, key: str) -> str | None:
        """None where the key is missing too: an older version did not know it."""
        return self.text_or_none(key) if key in self._told else None

    def mapping_if_told(self, key: str) -> dict[str, object]:
        """Empty where the key is missing too."""
        return self._is(dict, key, self.value(key)) if key in self._told else {}

    def count(self, key: str) -> int:
        return self._is(int, key, self.value(key))

    def count_or_none(self, key: str) -> int | None:
        return None if self.value(key) is None else self.count(key)

    def figure_or_none(self, key: str) -> float | None:
        value = self.value(key)
        return value if value is None or isinstance(value, float) else float(self.count(key))

    def flag(self, key: str) -> bool:
        value = self.value(key)
        if not isinstance(value, bool):
            raise ValueError(f"{key} is no switch")
        return value

    def flag_if_told(self, key: str) -> bool:
        """False where the key is missing: an older version did not know it."""
        return key in self._told and self.flag(key)

    def flag_or_none(self, key: str) -> bool | None:
        return None if self.value(key) is None else self.flag(key)

    def time(self, key: str) -> datetime:
        """An aware time."""
        moment = datetime.fromisoformat(self.text(key))
        if moment.tzinfo is None:
            raise ValueError(f"{key} has no zone")
        return moment

    def time_or_none(self, key: str) -> datetime | None:
        return None if self.value(key) is None else self.time(key)

    def texts(self, key: str) -> tuple[str, ...]:
        return tuple(self._is(str, key, item) for item in self._list(key))

    def inners(self, key: str) -> Iterator[Typed]:
        return (Typed(item) for item in self._list(key))

    def inner(self, key: str) -> Typed:
        return Typed(self.value(key))

    def inner_or_none(self, key: str) -> Typed | None:
        return None if self.value(key) is None else self.inner(key)

    def entries(self) -> Iterator[tuple[str, Typed]]:
        """Each key with its object, for one whose keys are names."""
        return ((name, Typed(inner)) for name, inner in self._told.items())

    def _list(self, key: str) -> list[object]:
        return self._is(list, key, self.value(key))

    @staticmethod
    def _is(kind: type[T], key: str, value: object) -> T:
        if not isinstance(value, kind) or isinstance(value, bool):
            raise ValueError(f"{key} is no {kind.__name__}")
        return value
