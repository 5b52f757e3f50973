"""How is a file cut into chunks? Sizes and offsets are bytes; nothing is read or sent here.

Source: Content Posting API, Media Transfer Guide, "Chunk restrictions"; the sizes satisfy both meanings of MB.
"""

from __future__ import annotations

from contentsync import limits
from contentsync.frozen import frozen


@frozen
class ChunkPlan:
    """What is declared at init: every chunk but the last has chunk_size bytes; the last takes what is left over."""

    chunk_size: int
    count: int


@frozen
class Chunk:
    """One byte range of an upload; `last` is inclusive, as in Content-Range."""

    first: int
    last: int

    @property
    def size(self) -> int:
        return self.last - self.first + 1


def plan_chunks(size: int, chunk: int | None = None) -> ChunkPlan:
    """How a file of `size` bytes is declared.

    chunk: None cuts only what must be cut: up to 64,000,000 bytes go as one piece, above that 10,000,000 each.
    A given chunk is used where the file holds at least two of them; a smaller file is one piece, whose
    chunk_size is the file's size (TikTok refuses any other figure beside a count of 1).

    Raises ValueError for a size below 1 or above 4 GiB, and for a chunk outside 5 MiB to 64 MB.
    """
    if not 1 <= size <= limits.VIDEO_BYTES:
        raise ValueError(f"a file of {size} bytes can't be uploaded; 1 to {limits.VIDEO_BYTES} can")
    if chunk is None:
        chunk = size if size <= limits.CHUNK_MAX else limits.CHUNK_USUAL
    elif not limits.CHUNK_MIN <= chunk <= limits.CHUNK_MAX:
        raise ValueError(f"a chunk of {chunk} bytes is not within {limits.CHUNK_MIN} to {limits.CHUNK_MAX}")
    if size >= 2 * chunk:
        return ChunkPlan(chunk, size // chunk)
    if size > limits.CHUNK_MAX:
        raise ValueError(f"{size} bytes can't go as one piece, and chunks of {chunk} would make one")
    return ChunkPlan(size, 1)


def split(size: int, chunk: int | None = None) -> list[Chunk]:
    """Cut a file into the byte ranges of its upload, in the order in which they are sent.

    size, chunk, errors: as in plan_chunks.
    """
    plan = plan_chunks(size, chunk)
    return [chunk_at(plan, size, index * plan.chunk_size) for index in range(plan.count)]


def chunk_at(plan: ChunkPlan, size: int, offset: int) -> Chunk:
    """The range that begins at `offset`.

    Raises ValueError where no range begins there: TikTok takes whole chunks in their order only.
    """
    index, rest = divmod(offset, plan.chunk_size)
    if rest or not 0 <= index < plan.count:
        raise ValueError(f"no chunk begins at {offset}")
    return Chunk(offset, size - 1 if index == plan.count - 1 else offset + plan.chunk_size - 1)


def snap(plan: ChunkPlan, size: int, reported: int) -> int:
    """Where to continue by TikTok's count: the offset of the next range, or `size` if TikTok has all.

    reported: as told by status or a Content-Range answer, read there as a count or as the index of the last
    byte: a boundary and the byte before it both mean that boundary. A figure inside a chunk means its start.
    """
    if reported >= size - 1 and reported > 0:
        return size
    index, rest = divmod(max(reported, 0), plan.chunk_size)
    if rest == plan.chunk_size - 1 and reported > 0:
        index += 1
    return min(index, plan.count - 1) * plan.chunk_size
