"""How does a text get onto a phone without a network? As a QR code, on a page or on a terminal. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import segno

MOST: Final = 2_953  # bytes that a QR code holds
_BORDER: Final = 2  # modules; phones read it with less than the four of the standard
_HALVES: Final = {(0, 0): "█", (0, 1): "▀", (1, 0): "▄", (1, 1): " "}  # light parts are drawn: terminals are dark


def modules(text: str) -> list[list[int]] | None:
    """The code of a text, 1 for dark; None for a text that is too long for any."""
    if len(text.encode()) > MOST:
        return None
    code = segno.make_qr(text, error="l", encoding="utf-8", eci=False)
    return [[int(bool(dark)) for dark in row] for row in code.matrix_iter(border=_BORDER)]


def lines(code: Sequence[Sequence[int]]) -> list[str]:
    """The code for a terminal, two modules in the height of a line."""
    rows = [*code, [1] * len(code[0])] if len(code) % 2 else list(code)
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return ["".join(_HALVES[pair] for pair in zip(upper, lower, strict=True)) for upper, lower in pairs]


def path(code: Sequence[Sequence[int]]) -> str:
    """The code as the path of an SVG, one unit a module."""
    return "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(code) for x, dark in enumerate(row) if dark)
