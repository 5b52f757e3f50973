"""The checks of this checkout.

    nox                    everything: format, lint, types, imports, schemas, tests
    nox -s quick           the inner loop, under a minute: no process, server or browser
    nox -s fix             format the code, and fix what lint can fix
    nox -s site            the documents as a site in build/site; a link that leads nowhere is an error
    nox -s long            the long proofs: an hour or so, alone on the machine
    nox -s lowest          the quick tests, with the oldest dependencies that pyproject.toml allows
    nox -s newest          everything, with the newest dependencies instead of the locked ones
    nox -s tests -- -k planner     only the tests; what follows -- goes to pytest

Needs Python 3.11 or newer, nox, and a package index for the first run. Each session has an environment of
its own below .nox/ and keeps it.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "venv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["check"]

LOCK = "requirements-dev.lock"
FAILED = Path(".pytest_cache/v/cache/lastfailed")
MOST_REPEATED = 10
# One more than processors, because many tests wait for a process or a server.
WORKERS = str((os.cpu_count() or 1) + 1)
QUIET = ("--quiet", "--disable-pip-version-check", "--no-input")


@nox.session
def check(session: nox.Session) -> None:
    """Everything, with the locked dependencies."""
    _install(session)
    _everything(session)


@nox.session
def quick(session: nox.Session) -> None:
    """What needs no process, server or browser."""
    _install(session)
    _static(session)
    _pytest(session, "-m", "not slow")


@nox.session
def tests(session: nox.Session) -> None:
    """Only the tests."""
    _install(session)
    _pytest(session)


@nox.session
def fix(session: nox.Session) -> None:
    """Format, and fix what lint can fix."""
    _install(session)
    session.run("ruff", "check", "--fix", ".")
    session.run("ruff", "format", ".")


@nox.session
def site(session: nox.Session) -> None:
    """The documents as a site, and what it must hold to."""
    _install(session, "--constraint", LOCK, extras="dev,site")
    env = {"NO_MKDOCS_2_WARNING": "1", "CONTENTSYNC_TEST_INSTALL": "1"}
    session.run("mkdocs", "build", "--quiet", "--strict", "-f", "docs/site/mkdocs.yml", env=env)
    session.run("pytest", "-q", "-n", "0", "tests/handbook", "-k", "test_site or installation", env=env)


@nox.session
def long(session: nox.Session) -> None:
    """The long proofs; see docs/reliability.md."""
    _install(session)
    session.run("python", "-m", "tests.crash", "--long")
    session.run("python", "-m", "tests.simulation", "--seeds", "20000", "--singles", "--jobs", "2")
    session.run("python", "-m", "tests.simulation.shared", "0", "5000")
    session.run("pytest", "-q", "tests/machine", env={"CONTENTSYNC_MACHINE": "long"})
    session.run("python", "-m", "tests.soak")
    session.run("python", "-m", "tests.soak", "--virtual", "10")


@nox.session
def lowest(session: nox.Session) -> None:
    """The quick tests with the oldest dependencies; the static checks belong to the other sessions."""
    _install(session, *_lower_bounds())
    _pytest(session, "-m", "not slow")


@nox.session
def newest(session: nox.Session) -> None:
    """Everything, with the newest dependencies."""
    _install(session, "--upgrade")
    _everything(session)


def _install(session: nox.Session, *more: str, extras: str = "dev") -> None:
    """The project with its tools. more: other versions than the locked ones."""
    pins = more or ("--constraint", LOCK)
    extras += ",servers" if os.environ.get("CONTENTSYNC_TEST_SERVERS") else ""
    session.install(*QUIET, "--editable", f".[{extras}]", *pins)


def _everything(session: nox.Session) -> None:
    _static(session)
    session.run("contentsync", "schema", "--check")
    session.run("pytest", "-q", "-n", WORKERS, "--cache-clear", *session.posargs, success_codes=[0, 1])
    if FAILED.exists():
        _repeat(session, list(json.loads(FAILED.read_text("utf-8"))))


def _repeat(session: nox.Session, failed: list[str]) -> None:
    """Run failed tests once more, alone: a test that starts processes may fail because the machine is busy.

    A test that is not marked slow needs no process, so it may not fail even once (5: pytest found no such test).
    """
    if len(failed) > MOST_REPEATED:
        session.error(f"{len(failed)} tests failed; more than {MOST_REPEATED} are not repeated")
    session.run("pytest", "-q", "-n", "0", "--last-failed", "-m", "not slow", success_codes=[5])
    session.run("pytest", "-q", "-n", "0", "--last-failed", "-m", "slow")
    for test in failed:
        session.warn(f"PASSED ONLY WHEN IT RAN ALONE: {test}")


def _static(session: nox.Session) -> None:
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    session.run("mypy")
    session.run("lint-imports", "--no-cache")


def _pytest(session: nox.Session, *selected: str) -> None:
    session.run("pytest", "-q", "-n", "auto", *selected, *session.posargs)


def _lower_bounds() -> list[str]:
    """`name==version` of the oldest version that each dependency of a plain install may have."""
    wanted = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    return ["==".join(re.fullmatch(r"([\w.-]+)>=([^,;\s]+).*", line).groups()) for line in wanted]  # type: ignore[union-attr]
