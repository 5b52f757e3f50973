"""Media files that were spoilt on purpose, each in a way after which it can't be whole.

python -m tests.media_mutants 10000     # the long form; exits 1 where a spoilt file passes as fine
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

from contentsync.errors import Level
from contentsync.media.disk import DiskReader
from contentsync.media.look import MediaLook

FIXTURES: Final = Path(__file__).parent / "media"
FILMS: Final = (
    "video-h264.mp4", "fast-h264.mp4", "h265.mp4", "clip.mov", "vp8.webm", "vp9.webm", "fragmented.mp4",
    "live.webm", "rotated.mp4", "vfr.mp4",
)  # fmt: skip
PHOTOS: Final = ("ok.jpg", "ok.webp")
Mutation = Callable[[bytes, random.Random], bytes]


def cut_end(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(1, len(data))]


def cut_start(data: bytes, chance: random.Random) -> bytes:
    return data[chance.randrange(1, len(data)) :]


def zero_end(data: bytes, chance: random.Random) -> bytes:
    """What a copy leaves that reserved the whole size first."""
    kept = chance.randrange(1, len(data) * 9 // 10)
    return data[:kept] + bytes(len(data) - kept)


def take_out(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(1, len(data) - 64)
    return data[:start] + data[start + chance.randrange(16, max(17, len(data) - start)) :]


def any_bytes(data: bytes, chance: random.Random) -> bytes:
    """Chance bytes in place of some: it may still be a good film, so that only an exception is wrong."""
    made = bytearray(data)
    for _ in range(chance.randrange(1, 20)):
        made[chance.randrange(len(made))] = chance.randrange(256)
    return bytes(made)


def doubled(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(1, len(data) - 64)
    return data[:start] + data[start : start + chance.randrange(16, 4_096)] + data[start:]


#: By mutation, whether a film, and whether a photo, can't be fine after it.
MUTATIONS: Final[dict[Mutation, tuple[bool, bool]]] = {
    cut_end: (True, True),
    cut_start: (True, True),
    zero_end: (True, True),
    take_out: (True, False),
    doubled: (False, False),
    any_bytes: (False, False),
}


def is_fine(look: MediaLook) -> bool:
    """Whether nothing forbids posting it."""
    return bool(look.sha256) and not any(problem.level is Level.ERROR for problem in look.problems)


def run(count: int, seed: int, folder: Path) -> tuple[Counter[str], list[str]]:
    """Look at so many spoilt files: what was said of them, and which of them passed as fine and could not be."""
    said: Counter[str] = Counter()
    wrong = []
    for number in range(count):
        chance = random.Random(f"{seed}:{number}")
        name = chance.choice([*FILMS, *PHOTOS])
        mutation = chance.choice(list(MUTATIONS))
        data = (FIXTURES / name).read_bytes()
        spoilt = mutation(data, chance)
        path = folder / name
        path.write_bytes(spoilt)
        look = DiskReader().read(path)
        said[", ".join(problem.code for problem in look.problems) or "fine"] += 1
        if is_fine(look) and MUTATIONS[mutation][name in PHOTOS] and spoilt != data:
            wrong.append(f"{seed}:{number} {mutation.__name__} of {name}: {len(spoilt)} of {len(data)} bytes")
    return said, wrong


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with tempfile.TemporaryDirectory() as folder:
        said, wrong = run(count, seed, Path(folder))
    for what, times in said.most_common():
        print(f"{times:>7}  {what}")
    for line in wrong[:50]:
        print("WRONG:", line)
    print(f"{count} spoilt files, {len(wrong)} of them passed as fine and could not be")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
