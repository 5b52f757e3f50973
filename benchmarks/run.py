"""How quick is it, against what anyone can measure beside it? Ratios, each with its reference in the same run.

    python benchmarks/run.py                 # all, some minutes
    python benchmarks/run.py start plan      # only these
    python benchmarks/run.py --markdown      # also written to docs/performance.md

Figures of one machine mean little; the ratios travel. Nothing here is a test: a slow machine fails nothing.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT)]

from benchmarks import planning, quota, remote, sending, shared, watching  # noqa: E402
from benchmarks.measure import Figure  # noqa: E402

BENCHES: dict[str, Callable[[], Iterator[Figure]]] = {
    "start": planning.start,
    "plan": planning.plan,
    "plan-gone": planning.plan_gone,
    "first": planning.first_plan,
    "growth": planning.growth,
    "listing": remote.listing,
    "write": sending.write,
    "upload": sending.upload,
    "hashing": sending.hashing,
    "printing": planning.printing,
    "manifests": sending.manifests,
    "waiting": sending.waiting,
    "overhead": remote.overhead,
    "shared": shared.shared,
    "watching": watching.watching,
    "quota": quota.quota,
}
PAGE = """\
# Performance

What contentsync costs, beside something that everyone can run: each ratio is taken in one run, on one machine, in
interleaved rounds, and the median counts. `python benchmarks/run.py` measures all of
it; `--markdown` writes this page.

Measured on {when} with Python {python} on {machine}, {cores} cores, load {load:.1f} at the start. Processes are
compared by the CPU time they use (user and system), since other work on the machine disturbs it less than wall time.
"misses" marks a figure that is not reached yet; the last column says what limits it.

A plan costs what changed since the last one. Where nothing did, half of its time goes to the stat of each manifest
and clip, and the rest to the start of Python and click. After an edit the planner, the schemas and the state are
imported (about 0.2 s), and one file of what rests is read and written. The first plan in a new clone parses all
manifests and hashes all media that are there; it looks into those alone that may be sent.

Among 10,000 settled posts, `plan` that asks TikTok takes about 1.0 s of CPU time, `apply` with nothing to do 1.2 s,
and a send by `watch` 0.8 s: they leave settled posts out, too. Without what an earlier plan found, they take about
3 s. The first `status` in a clone with all their media takes 7.1 s: it only hashes the media of settled posts.
The delay of P11 is wall time: on a busy machine, measure it with real-time priority (`chrt -f 5 python
benchmarks/run.py watching`).

| | what | ours | reference | ratio | wanted | | what limits it |
| --- | --- | --- | --- | --- | --- | --- | --- |
"""


def main(arguments: list[str]) -> None:
    """Measure what is named, or everything."""
    names = [name for name in arguments if not name.startswith("--")]
    load = os.getloadavg()[0]
    figures: list[Figure] = []
    for name, bench in BENCHES.items():
        for figure in bench() if not names or name in names else ():
            print(_line(figure), flush=True)
            figures.append(figure)
    if "--markdown" in arguments:
        figures.sort(key=lambda figure: int(figure.number[1:]))
        (ROOT / "docs" / "performance.md").write_text(_head(load) + "".join(map(_row, figures)))


def _head(load: float) -> str:
    return PAGE.format(
        when=f"{datetime.now(UTC):%Y-%m-%d}",
        python=platform.python_version(),
        machine=f"{platform.system()} {platform.machine()}",
        cores=os.cpu_count(),
        load=load,
    )


def _line(one: Figure) -> str:
    rest = f"{one.ours} / {one.reference}" if one.reference else one.ours or one.limit
    return f"{one.number:<4}{one.what:<84}{one.ratio:>9} {one.wanted:>8} {one.verdict:<7} {rest}"


def _row(one: Figure) -> str:
    cells = (one.number, one.what, one.ours, one.reference, one.ratio, one.wanted, one.verdict, one.limit)
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    main(sys.argv[1:])
