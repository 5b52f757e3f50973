"""What is a frozen class? A class of values with slots, which no one changes after they are made.

`@frozen` means what `@dataclass(frozen=True, slots=True)` means: `fields`, `replace`, `asdict` and `field(…)` work
with it. The standard decorator compiles seven functions for each class, which takes half a millisecond. A plan
imports a hundred such classes: a tenth of its time. Here only `__init__` is compiled; all classes share the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform

_Class = TypeVar("_Class", bound=type)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: _Class) -> _Class:
    """Make a class of values. Methods that the class defines itself are kept."""
    own = {name for name, one in vars(cls).items() if one is not None}
    made: Any = dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    known = fields(made)
    made._compared = attrgetter(*([one.name for one in known if one.compare] or ["__class__"]))
    made._shown = tuple(one.name for one in known if one.repr)
    for name, method in {"__init__": _init(made, known), **_SHARED}.items():
        if name not in own:
            setattr(made, name, method)
    return made  # type: ignore[no-any-return]


def _init(cls: type, known: tuple[Field[Any], ...]) -> Callable[..., None]:
    """The `__init__` of a class, which fills each slot directly, past `__setattr__`."""
    scope: dict[str, Any] = {"MISSING": MISSING}
    given, lines = ["self"], []
    for one in known:
        name = taken = one.name
        scope[f"set_{name}"] = getattr(cls, name).__set__
        if one.default is not MISSING:
            scope[f"usual_{name}"] = one.default
            name = f"{name}=usual_{name}"
        elif one.default_factory is not MISSING:
            scope[f"make_{name}"] = one.default_factory
            taken = f"make_{name}() if {name} is MISSING else {name}"
            name = f"{name}=MISSING"
        given.append(name)
        lines.append(f"set_{one.name}(self, {taken})")
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    text = f"def __init__({', '.join(given)}):\n " + "\n ".join(lines or ["pass"])
    exec(text, scope)  # noqa: S102  # as dataclasses do: the text holds the names of fields alone
    init: Callable[..., None] = scope["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    return init


def _equals(self: Any, other: Any) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    return self._compared(self) == self._compared(other)


def _hash(self: Any) -> int:
    return hash(self._compared(self))


def _text(self: Any) -> str:
    shown = ", ".join([f"{name}={getattr(self, name)!r}" for name in self._shown])
    return f"{type(self).__qualname__}({shown})"


def _refuse_to_set(_: object, name: str, __: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(_: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, one.name) for one in fields(self)]


def _set_state(self: Any, state: list[Any]) -> None:
    for one, kept in zip(fields(self), state, strict=True):
        object.__setattr__(self, one.name, kept)


_SHARED: dict[str, Callable[..., Any]] = {
    "__eq__": _equals,
    "__hash__": _hash,
    "__repr__": _text,
    "__setattr__": _refuse_to_set,
    "__delattr__": _refuse_to_delete,
    "__getstate__": _state,
    "__setstate__": _set_state,
}
