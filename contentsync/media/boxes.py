"""The boxes that an MP4 or MOV is made of: a length, a kind, and what they hold."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final, NamedTuple

MOST: Final = 100_000  # boxes in a row; a film of ten minutes has hundreds


class Damaged(Exception):
    """A file's structure does not add up; the message says what, after "the file: "."""


class Box(NamedTuple):
    """One box of a file: from `start` to `end`, its content from `body`."""

    kind: bytes
    start: int
    body: int
    end: int


def boxes(handle: int, start: int, end: int) -> Iterator[Box]:
    """The boxes between two places of a file; the last one may go on past `end`."""
    at = start
    for _ in range(MOST):
        if at + 8 > end:
            return
        head = os.pread(handle, 16, at)
        length, kind, body = int.from_bytes(head[:4]), head[4:8], at + 8
        if length == 1:
            length, body = int.from_bytes(head[8:16]), at + 16
        if length and length < body - at:
            return
        stop = end if length == 0 else at + length
        yield Box(kind, at, body, stop)
        at = stop
    raise Damaged("it has more parts than a film can have")


def payload(handle: int, box: Box) -> bytes:
    """The content of a box."""
    data = os.pread(handle, box.end - box.body, box.body)
    if len(data) != box.end - box.body:
        raise Damaged("a part of it ends too early")
    return data


def inner(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The boxes within the content of one: the kind and content of each."""
    at = 0
    for _ in range(MOST):
        if at + 8 > len(data):
            return
        length, kind, body = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8], at + 8
        if length == 1:
            length, body = int.from_bytes(data[at + 8 : at + 16]), at + 16
        stop = len(data) if length == 0 else at + length
        if stop < body or stop > len(data):
            raise Damaged("a part of its index ends too early")
        yield kind, data[body:stop]
        at = stop
    raise Damaged("its index has more parts than an index can have")


def within(data: bytes, *path: bytes) -> bytes | None:
    """The content of the first box at the end of a path of kinds."""
    for kind in path:
        found = next((content for name, content in inner(data) if name == kind), None)
        if found is None:
            return None
        data = found
    return data
