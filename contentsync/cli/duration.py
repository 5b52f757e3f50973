"""A time span on the command line: a decimal with ms, s, m, h or d."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    _ParamType = click.ParamType[float]
else:
    _ParamType = click.ParamType  # before click 8.4 it takes no type argument

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Duration(_ParamType):
    """Seconds as a float."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, int | float):
            return float(value)
        found = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", str(value).strip())
        if found is None:
            self.fail(f"{value!r} is no time; write a number and ms, s, m, h or d: 90s, 10m", param, ctx)
        return float(found[1]) * _UNITS[found[2]]


DURATION = Duration()
