"""Lives at will: one of them with its trace, or as many as there is time for.

python -m tests.simulation --seed 1234 --trace                  one life, line by line
python -m tests.simulation --life pull --faults 4:lost --trace  the same for a life with given faults
python -m tests.simulation --seeds 50000                        the long form, with a table
python -m tests.simulation --pairs --jobs 2                     every pair of faults; more than an hour
python -m tests.simulation --mutant e                           the first seed that catches a wrong variant
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.campaign import TEMPOS, Case, Tally, first_that_catches, live, pairs, run, seeds, singles
from tests.simulation.faults import parse, show
from tests.simulation.life import LIVES, SINGLE
from tests.simulation.mutants import MUTANTS

SLICE = 500
PARTS = 50  # into which the pairs of one life are cut, so that several processes share them


def main(args: list[str] | None = None) -> int:
    """The exit code: 0 where every promise was kept."""
    options = _options(args)
    if options.seeds or options.singles or options.pairs:
        return _many(options)
    if options.mutant and options.seed is None and options.faults is None:
        return _hunt(options.mutant)
    return _one(options)


def _options(args: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--seed", type=int)
    parser.add_argument("--faults", help="NUMBER:FAULT,… of a life without chance")
    parser.add_argument("--life", choices=sorted(LIVES))
    parser.add_argument("--tempo", choices=TEMPOS, default="quick")
    parser.add_argument("--trace", action="store_true")
    parser.add_argument("--mutant", choices=sorted(MUTANTS))
    parser.add_argument("--seeds", type=int, help="that many, from --from on")
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--singles", action="store_true", help="every single fault")
    parser.add_argument("--pairs", action="store_true", help="every pair of faults")
    parser.add_argument("--jobs", type=int, default=1)
    return parser.parse_args(args)


def _one(options: argparse.Namespace) -> int:
    faults = tuple(parse(options.faults or "").items())
    seed = options.seed if options.faults is None else None
    case = Case(seed, options.life or (None if seed is not None else "direct-3"), faults, options.tempo)
    parts, _, rules = MUTANTS[options.mutant] if options.mutant else (None, None, True)
    life = live(case, parts, rules=rules, tracing=options.trace)
    print("\n".join(life.trace))
    print(f"life {life.script.life}, faults {show(life.struck) or 'none'}")
    print(f"{len(life.machines)} runs, {life.requests} requests, {life.promises.unknowns} unknowns")
    out = [f"{task.publish_id} ({task.mode}, {task.mark})" for task in life.world.out()]
    print(f"published: {', '.join(out) or 'nothing'}")
    print("\n".join(f"BROKEN: {what}" for what in life.promises.broken) or "every promise was kept")
    return bool(life.promises.broken)


def _hunt(letter: str) -> int:
    caught = first_that_catches(letter, 10_000)
    if caught is None:
        print(f"mutant {letter} is not caught")
        return 1
    case, broken = caught
    print(f"mutant {letter} is caught by seed {case.seed}: {broken[0]}\n{case.command} --mutant {letter}")
    return 0


def _many(options: argparse.Namespace) -> int:
    jobs: list[tuple[str, str | None, int, int]] = []
    chosen = [options.life] if options.life else list(SINGLE)
    if options.seeds:
        starts = range(options.first, options.first + options.seeds, SLICE)
        end = options.first + options.seeds
        jobs += [("seeds", options.life, start, min(SLICE, end - start)) for start in starts]
    for kind, parts in [("singles", 1), ("pairs", PARTS)]:
        if getattr(options, kind):
            jobs += [(kind, life, n % 2, n // 2) for life in chosen for n in range(len(TEMPOS) * parts)]
    whole = Tally()
    with ProcessPoolExecutor(options.jobs) as pool:
        for done, tally in enumerate(pool.map(_job, jobs), 1):
            _add(whole, tally)
            end = "" if sys.stderr.isatty() else "\n"
            line = f"\r{done} of {len(jobs)}, {whole.lives:,} lives, {len(whole.broken)} broken"
            print(line, end=end, file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print(whole)
    if whole.broken:
        print(whole.report)
    return bool(whole.broken)


def _job(job: tuple[str, str | None, int, int]) -> Tally:
    kind, life, number, count = job
    cases: Iterator[Case]
    if kind == "seeds":
        cases = seeds(number, count, life)
    else:
        assert life is not None
        tempo = TEMPOS[number]
        cases = singles(life, tempo) if kind == "singles" else pairs(life, tempo, part=count, parts=PARTS)
    return run(cases)


def _add(whole: Tally, part: Tally) -> None:
    for name in ("lives", "faults", "requests", "unknowns", "duplicates", "losses", "seconds"):
        setattr(whole, name, getattr(whole, name) + getattr(part, name))
    whole.kinds.update(part.kinds)
    whole.broken += part.broken


if __name__ == "__main__":
    sys.exit(main())
