"""A time span on the command line: as manifests write it (30s, 2m), or bare seconds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    _ParamType = click.ParamType[float]
else:
    _ParamType = click.ParamType  # before click 8.4 it takes no type argument


class Duration(_ParamType):
    """Seconds as a float."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        from contentsync.manifest.scalars import ScalarError, span

        if isinstance(value, int | float):
            return float(value)
        told = str(value).strip()
        try:
            return span(f"{told}s" if re.fullmatch(r"[0-9.]+", told) else told).total_seconds()
        except ScalarError:
            self.fail(
                f"{value!r} is no time; write seconds, or a number and ms, s, m, h or d: 30, 0.5, 30s, 2m, 1h",
                param,
                ctx,
            )


DURATION = Duration()
