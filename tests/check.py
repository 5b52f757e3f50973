"""Is this checkout sound? One command: format, lint, types, schemas, tests; it stops at the first fault.

    python tests/check.py                  all of it, a minute or two
    python tests/check.py --fix            mends format and lint first
    python tests/check.py -- -k planner    what stands after -- goes to pytest
    python tests/check.py --lowest         the quick tests, with the oldest dependencies that pyproject.toml allows
    python tests/check.py --newest         all of it, with the newest ones instead of those in requirements-dev.lock

It needs Python 3.11 or newer and, the first time, a package index; itself it uses the standard library alone. Where
the Python that runs it lacks dependencies or tools, it keeps a virtual environment in the checkout (.venv) and leaves
the machine's Python as it is.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036  (said in words, before tomllib says it with a traceback)
    sys.exit("tests/check.py: Python 3.11 or newer is needed, this is " + sys.version.split()[0])

import tomllib

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ROOT / "pyproject.toml"
LOCK = ROOT / "requirements-dev.lock"
STAMP = "contentsync-check"  # in an environment: a digest of what it was made from
STAGES = ("format", "lint", "types", "schemas", "tests")
THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


class Fault(Exception):
    """Something that ends the run, in words for the person who started it."""


@dataclass(frozen=True)
class Stage:
    """A step of the check: its name and the arguments of `python -m`."""

    name: str
    module: tuple[str, ...]


def main() -> int:
    """The exit code: 0 when every stage passed."""
    options = _options()
    began = time.monotonic()
    try:
        python = _python_for(options)
        for stage in _stages(options):
            _run(stage, python)
    except Fault as fault:
        print(f"FAILED {fault}", flush=True)
        return 1
    except KeyboardInterrupt:
        return 130
    print(f"== all good, {time.monotonic() - began:.1f} s", flush=True)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/check.py", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--fix", action="store_true", help="mend format and lint instead of only telling")
    parser.add_argument("--skip", action="append", default=[], choices=STAGES, help="leave a stage out; repeatable")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--lowest", action="store_true", help="only the tests, with the lowest versions allowed")
    which.add_argument("--newest", action="store_true", help="with the newest versions allowed")
    parser.add_argument("pytest", nargs="*", metavar="-- PYTEST", help="further arguments for pytest")
    return parser.parse_args()


def _stages(options: argparse.Namespace) -> list[Stage]:
    tests = Stage("tests", ("pytest", "-n", "auto", *options.pytest))
    if options.lowest:  # the long proofs are of our own code, which the other run holds to them
        return [Stage("tests", ("pytest", "-n", "auto", "-m", "not slow", *options.pytest))]
    look = [Stage("format", ("ruff", "format", "--check", ".")), Stage("lint", ("ruff", "check", "."))]
    mend = [Stage("lint", ("ruff", "check", "--fix", ".")), Stage("format", ("ruff", "format", "."))]
    rest = [Stage("types", ("mypy",)), Stage("schemas", ("contentsync", "schema", "--check")), tests]
    return [stage for stage in (mend if options.fix else look) + rest if stage.name not in options.skip]


def _run(stage: Stage, python: Path) -> None:
    """Run a stage with its output passed through, and say how long it took."""
    print(f"== {stage.name}: {shlex.join(stage.module)}", flush=True)
    began = time.monotonic()
    code = subprocess.run([python, "-m", *stage.module], cwd=ROOT, check=False).returncode
    took = f"{time.monotonic() - began:.1f} s"
    if code:
        raise Fault(f"{stage.name}, exit code {code}, {took}")
    print(f"-- {stage.name} ok, {took}", flush=True)


# -- the environment


def _python_for(options: argparse.Namespace) -> Path:
    """The Python that has what the stages need; makes or renews an environment where none has."""
    if options.lowest:
        bounds = [f"{name}=={lower}" for name, lower in _lower_bounds()]
        return _environment(ROOT / f".venv-lowest-{THIS_PYTHON}", bounds)
    if options.newest:
        return _environment(ROOT / f".venv-newest-{THIS_PYTHON}", [])
    if Path(sys.prefix) != ROOT / ".venv" and _has_everything():
        print(f"== environment: {sys.prefix}, Python {THIS_PYTHON}", flush=True)
        return Path(sys.executable)
    folder = ROOT / ".venv"
    if _version_in(folder) not in (None, THIS_PYTHON):
        folder = ROOT / f".venv-{THIS_PYTHON}"  # the one that is there was made for another Python, by choice maybe
    return _environment(folder, _pins(LOCK))


def _has_everything() -> bool:
    """Whether this Python has each dependency and tool of pyproject.toml in a version that it allows."""
    try:
        from packaging.requirements import Requirement
    except ImportError:
        return False
    for requirement in map(Requirement, _requirements("dev")):
        if requirement.marker and not requirement.marker.evaluate():
            continue
        try:
            installed = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            return False
        if not requirement.specifier.contains(installed, prereleases=True):
            return False
    return True


def _environment(folder: Path, pins: list[str]) -> Path:
    """The Python of the environment in `folder`, made or renewed when it is not up to date.

    pins: `name==version` lines that bind what is installed; names that nothing asks for are of no consequence.
    """
    wanted = hashlib.sha256("\n".join([PROJECT.read_text("utf-8"), THIS_PYTHON, *pins]).encode()).hexdigest()
    stamp = folder / STAMP
    python = _python_in(folder)
    print(f"== environment: {folder.name}, Python {THIS_PYTHON}", flush=True)
    if stamp.is_file() and stamp.read_text("utf-8") == wanted and _version_in(folder) == THIS_PYTHON:
        return python
    if importlib.util.find_spec("ensurepip") is None:
        raise Fault("environment: this Python has no ensurepip; on Debian or Ubuntu: apt-get install python3-venv")
    began = time.monotonic()
    _call(sys.executable, "-m", "venv", str(folder))
    (folder / ".gitignore").write_text("*\n", "utf-8")
    constraints = folder / "constraints.txt"
    constraints.write_text("".join(f"{pin}\n" for pin in pins), "utf-8")
    quiet = ("-qq", "--disable-pip-version-check", "--no-input")
    _call(str(python), "-m", "pip", "install", *quiet, "-c", str(constraints), "-e", f"{ROOT}[dev]")
    stamp.write_text(wanted, "utf-8")
    print(f"-- environment ok, {time.monotonic() - began:.1f} s", flush=True)
    return python


def _call(*command: str) -> None:
    if subprocess.run(command, cwd=ROOT, env=os.environ | {"PIP_USER": "0"}, check=False).returncode:
        raise Fault(f"environment: {shlex.join(command)}")


def _python_in(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _version_in(folder: Path) -> str | None:
    """`3.11` and the like of an environment; None where there is none that works."""
    ask = [str(_python_in(folder)), "-c", "import sys; print('{}.{}'.format(*sys.version_info))"]
    try:
        return subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def _requirements(*extras: str) -> list[str]:
    """The requirements in pyproject.toml: those of a plain install, then those of the extras."""
    project = tomllib.loads(PROJECT.read_text("utf-8"))["project"]
    return [*project["dependencies"], *(line for extra in extras for line in project["optional-dependencies"][extra])]


def _lower_bounds() -> Iterator[tuple[str, str]]:
    """Name and lowest version of each dependency of a plain install."""
    for requirement in _requirements():
        found = re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?\s*>=\s*([^,;\s]+)", requirement)
        if not found:
            raise Fault(f"pyproject.toml: {requirement!r} has no lower bound")
        yield found.group(1), found.group(2)


def _pins(lock: Path) -> list[str]:
    """The `name==version` lines of a lock file; none where there is no such file."""
    lines = lock.read_text("utf-8").splitlines() if lock.is_file() else []
    return [line for line in lines if line and not line.startswith("#")]


if __name__ == "__main__":
    sys.exit(main())
