"""A file that is read ahead gives the same bytes, whatever its length, and the same errors."""

from __future__ import annotations

import hashlib
import io
import threading
from pathlib import Path

import pytest

from contentsync.media.ahead import BLOCK, blocks
from contentsync.media.zeros import digest

LENGTHS = [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 4 * BLOCK, 5 * BLOCK + 7]


def some(length: int) -> bytes:
    return (b"0123456789abcdef!" * (length // 17 + 1))[:length]


class Breaking:
    """A file whose disk fails in its third block."""

    def __init__(self) -> None:
        self.read = 0

    def readinto(self, buffer: bytearray, /) -> int:
        self.read += 1
        if self.read == 3:
            raise OSError("disk")
        return len(buffer)


@pytest.mark.parametrize("length", LENGTHS)
def test_all_bytes_come_in_their_order(length: int) -> None:
    data = some(length)
    assert b"".join(bytes(buffer[:size]) for buffer, size in blocks(io.BytesIO(data))) == data


@pytest.mark.parametrize("length", LENGTHS)
def test_the_digest_is_the_files(length: int, tmp_path: Path) -> None:
    path = tmp_path / "film"
    path.write_bytes(some(length))
    with path.open("rb", buffering=0) as file:
        assert digest(file).sha256 == hashlib.sha256(some(length)).hexdigest()


def test_zeros_are_found_over_the_borders_of_blocks() -> None:
    data = some(BLOCK - 5_000) + bytes(2 * BLOCK + 10_000) + some(9_000)
    assert digest(io.BytesIO(data)).zeros == [(BLOCK - 5_000, 3 * BLOCK + 5_000)]


def test_an_error_of_the_disk_is_told() -> None:
    with pytest.raises(OSError, match="disk"):
        list(blocks(Breaking()))


def test_no_thread_is_left_where_the_reader_stops_early() -> None:
    found = blocks(io.BytesIO(some(9 * BLOCK)))
    next(found), next(found)
    found.close()  # type: ignore[attr-defined]
    assert not [thread for thread in threading.enumerate() if thread.name == "reads ahead"]
