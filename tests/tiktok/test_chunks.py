"""How a file is cut: the table of known sizes, TikTok's rules for any size, and where to go on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contentsync import limits
from contentsync.tiktok.chunks import ChunkPlan, chunk_at, plan_chunks, snap, split

# Source: Media Transfer Guide, "Chunk restrictions".
LAST_CHUNK_MAX, CHUNKS_MAX = 128_000_000, 1_000
SIZES = st.one_of(st.integers(1, limits.VIDEO_BYTES), st.integers(1, 200_000_000))
CHUNKS = st.one_of(st.none(), st.integers(limits.CHUNK_MIN, limits.CHUNK_MAX // 2))


@pytest.mark.parametrize(
    ("size", "chunk_size", "count", "last"),
    [
        (1, 1, 1, 1),
        (4_999_999, 4_999_999, 1, 4_999_999),
        (5_000_000, 5_000_000, 1, 5_000_000),
        (64_000_000, 64_000_000, 1, 64_000_000),
        (64_000_001, 10_000_000, 6, 14_000_001),
        (66_259_900, 10_000_000, 6, 16_259_900),
        (602_285_541, 10_000_000, 60, 12_285_541),
        (4_294_967_296, 10_000_000, 429, 14_967_296),
    ],
)
def test_a_file_is_cut_only_where_it_must_be(size: int, chunk_size: int, count: int, last: int) -> None:
    assert plan_chunks(size) == ChunkPlan(chunk_size, count)
    assert split(size)[-1].size == last


def test_the_official_example_is_cut_as_documented() -> None:
    chunks = split(50_000_123, chunk=10_000_000)
    assert [chunk.size for chunk in chunks] == [10_000_000] * 4 + [10_000_123]
    assert (chunks[-1].first, chunks[-1].last) == (40_000_000, 50_000_122)


def test_bytes_left_over_do_not_make_a_chunk_of_their_own() -> None:
    assert plan_chunks(12_345_678, 5_242_880) == ChunkPlan(5_242_880, 2)


@pytest.mark.parametrize("size", [0, -1, limits.VIDEO_BYTES + 1])
def test_a_size_that_tiktok_never_takes_is_our_mistake(size: int) -> None:
    with pytest.raises(ValueError, match="can't be uploaded"):
        plan_chunks(size)


@pytest.mark.parametrize("chunk", [limits.CHUNK_MIN - 1, limits.CHUNK_MAX + 1])
def test_a_chunk_outside_both_readings_of_mb_is_our_mistake(chunk: int) -> None:
    with pytest.raises(ValueError, match="is not within"):
        plan_chunks(100_000_000, chunk)


def test_a_chunk_that_would_make_one_oversized_piece_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="one piece"):
        plan_chunks(90_000_000, 60_000_000)


@given(SIZES, CHUNKS)
def test_the_ranges_cover_the_file_exactly_once(size: int, chunk: int | None) -> None:
    ends = [-1]
    for part in split(size, chunk):
        assert part.first == ends[-1] + 1
        ends.append(part.last)
    assert ends[-1] == size - 1


@given(SIZES, CHUNKS)
def test_any_plan_keeps_tiktoks_rules(size: int, chunk: int | None) -> None:
    plan = plan_chunks(size, chunk)
    parts = split(size, chunk)
    assert plan.count == size // plan.chunk_size == len(parts)
    assert 1 <= plan.count <= CHUNKS_MAX
    assert plan.chunk_size <= limits.CHUNK_MAX
    assert plan.chunk_size >= limits.CHUNK_MIN or plan == ChunkPlan(size, 1)
    assert parts[-1].size <= LAST_CHUNK_MAX
    assert plan.count > 1 or plan.chunk_size == size


@pytest.mark.parametrize("offset", [-10, 1, 9_999_999, 60_000_000, 64_000_001])
def test_no_chunk_begins_between_the_boundaries(offset: int) -> None:
    with pytest.raises(ValueError, match="no chunk begins"):
        chunk_at(plan_chunks(64_000_001), 64_000_001, offset)


@pytest.mark.parametrize(
    ("reported", "meant"),
    [
        (-1, 0),
        (0, 0),
        (9_999_998, 0),
        (9_999_999, 10_000_000),
        (10_000_000, 10_000_000),
        (10_000_001, 10_000_000),
        (49_999_999, 50_000_000),
        (59_999_999, 50_000_000),  # no boundary: the sixth chunk is the last and ends with the file
        (64_000_000, 64_000_001),
        (64_000_001, 64_000_001),
        (99_000_000, 64_000_001),
    ],
)
def test_a_reported_count_means_the_boundary_in_either_reading(reported: int, meant: int) -> None:
    assert snap(plan_chunks(64_000_001), 64_000_001, reported) == meant


@given(SIZES, CHUNKS, st.integers(0, 500))
def test_a_boundary_is_found_again_from_its_count_and_from_its_last_index(
    size: int, chunk: int | None, at: int
) -> None:
    plan, parts = plan_chunks(size, chunk), split(size, chunk)
    part = parts[at % len(parts)]
    assert snap(plan, size, part.last + 1) == part.last + 1
    assert snap(plan, size, max(part.last, 1)) == part.last + 1
    assert snap(plan, size, part.first) == part.first


def test_nothing_uploaded_of_one_byte_is_nothing() -> None:
    assert snap(ChunkPlan(1, 1), 1, 0) == 0
    assert snap(ChunkPlan(1, 1), 1, 1) == 1
