"""How is a choice of the emulator written as text? A quirk as `NAME=VALUE`, a missing scope as `[ACCOUNT:]SCOPE`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from contentsync.emulator.config import SCOPES, Account, Quirks

_YES: Final = ("true", "yes", "1")
_NO: Final = ("false", "no", "0")


def quirks_of(texts: Iterable[str]) -> Quirks:
    """The quirks with these changes, each `NAME=VALUE`. Raises ValueError in words for a person."""
    hints = get_type_hints(Quirks)
    changes: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if name not in hints or not equals:
            known = ", ".join(sorted(field.name for field in fields(Quirks)))
            raise ValueError(f'"{text}" is not NAME=VALUE with one of these names: {known}')
        changes[name] = _read(name, hints[name], value)
    return replace(Quirks(), **changes)


def _read(name: str, kind: Any, value: str) -> object:
    """A value as one of the types that its field takes; "none" is None."""
    choices = _choices(kind)
    if value in choices:
        return choices[value]
    for reader in _readers(kind):
        try:
            return reader(value)
        except ValueError:
            continue
    hint = f"one of {', '.join(sorted(choices))}" if choices else "a number"
    raise ValueError(f'{name} takes {hint}, not "{value}"')


def _choices(kind: Any) -> Mapping[str, object]:
    """The values that a field takes by name."""
    if get_origin(kind) is Literal:
        return {str(value): value for value in get_args(kind)}
    if get_origin(kind) in (Union, UnionType):
        return {name: value for part in get_args(kind) for name, value in _choices(part).items()}
    if get_origin(kind) is frozenset:
        names = sorted(_choices(get_args(kind)[0]))
        return {
            "none": frozenset(),
            "+".join(names): frozenset(names),
            **{name: frozenset((name,)) for name in names},
        }
    if kind is bool:
        return {**dict.fromkeys(_YES, True), **dict.fromkeys(_NO, False)}
    return {"none": None} if kind is NoneType else {}


def _readers(kind: Any) -> list[Any]:
    parts = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    return [part for part in parts if part in (int, float, str)]


def without_scopes(accounts: Iterable[Account], texts: Iterable[str]) -> tuple[Account, ...]:
    """The accounts, whose tokens lack these scopes: each `SCOPE` of all, or `ACCOUNT:SCOPE` of one.

    Raises ValueError for a scope or account that is not there.
    """
    found = {account.name: account for account in accounts}
    for text in texts:
        name, _, scope = text.rpartition(":")
        if scope not in SCOPES:
            raise ValueError(f'"{scope}" is not one of {", ".join(SCOPES)}')
        if name and name not in found:
            raise ValueError(f'there is no account "{name}", only {", ".join(found)}')
        for each in [name] if name else list(found):
            left = tuple(one for one in found[each].scopes if one != scope)
            found[each] = replace(found[each], scopes=left)
    return tuple(found.values())
