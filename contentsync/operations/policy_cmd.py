"""What does the project's own program say about a plan? It reads the plan as JSON and may refuse posts.

The danger: a program that is missing, hangs or crashes must not count as a yes. The rule: only an exit with 0 and an
answer that is understood, in time, lets a post through; everything else blocks all creates. The program runs only
after `contentsync trust`, without a shell and without secrets; it can refuse posts, but not allow or change any.

Its answer, on stdout, is empty, or `{"refused": {POST: REASON}}`, or `{"refused": [{"post", "reason"}]}`. A refusal
that names no post of the project is not understood: it may mean one that would be sent.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterable
from typing import IO, Any, Final

from contentsync import __version__
from contentsync.errors import Problem
from contentsync.plan import planfile
from contentsync.plan.action import Plan, Verdict
from contentsync.project import Project
from contentsync.trust import without_secrets
from contentsync.visible import visible

SECONDS: Final = 30
_BYTES: Final = 1_048_576  # of its answer
_TOLD: Final = 300  # characters of a reason


def ask(project: Project, plan: Plan) -> Verdict:
    """Run the program on the plan."""
    settings = project.settings
    if settings.policy_cmd_refused:
        return Verdict(settings.policy_cmd_refused)
    try:
        code, answer = _run(project, planfile.dump(plan, __version__, settings.hidden).encode())
    except subprocess.TimeoutExpired:
        return Verdict(_failed(project, f"took longer than {SECONDS} seconds"))
    except (OSError, ValueError) as err:
        return Verdict(_failed(project, f"could not be started ({getattr(err, 'strerror', '') or err})"))
    if code:
        why = _short(answer.decode("utf-8", "replace"))
        return Verdict(_failed(project, f"ended with {code}" + (f": {why}" if why else "")))
    return _verdict(project, plan, answer)


def _run(project: Project, plan: bytes) -> tuple[int, bytes]:
    """The exit code and the output of the program. Raises TimeoutExpired, OSError, ValueError.

    Files instead of pipes: what the program leaves behind may hold a pipe open for ever.
    """
    app = project.settings.app
    secrets = (app.client_secret, app.sandbox.client_secret if app.sandbox else None)
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as told:
        given.write(plan)
        given.seek(0)
        program = subprocess.Popen(  # noqa: S603 - a command that the user has granted, without a shell
            list(project.settings.policy_cmd),
            cwd=project.root,
            env=without_secrets(project.environ, secrets),
            stdin=given,
            stdout=told,
            stderr=subprocess.DEVNULL,
            start_new_session=os.name != "nt",
        )
        try:
            code = program.wait(SECONDS)
        finally:
            _end(program)
        return code, _read(told)


def _read(told: IO[bytes]) -> bytes:
    told.seek(0)
    answer = told.read(_BYTES + 1)
    if len(answer) > _BYTES:
        raise ValueError(f"its answer is over {_BYTES:,} bytes")
    return answer


def _end(program: subprocess.Popen[bytes]) -> None:
    """Kill the program with all that it started; after its end only what it left behind."""
    if os.name == "nt":
        program.kill()
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # nothing of it is left
            os.killpg(program.pid, signal.SIGKILL)
    program.wait()


def _verdict(project: Project, plan: Plan, answer: bytes) -> Verdict:
    if not answer.strip():
        return Verdict()
    try:
        refused = dict(_refused(json.loads(answer, object_pairs_hook=_each_once)))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Verdict(_failed(project, 'gave an answer that is not {"refused": {POST: REASON}}'))
    if unknown := _unknown(project, plan, refused):
        what = f"refuses {_short(unknown[0])}, which is no post of this project: it must name ACCOUNT/POST"
        return Verdict(_failed(project, what))
    name = project.settings.policy_cmd[0]
    hint = "change the post, or the policy"
    told = {key: f"{name} refuses it: {_short(reason) or 'no reason given'}" for key, reason in refused.items()}
    return Verdict(refused={key: Problem("policy-cmd-refused", what, hint) for key, what in told.items()})


def _refused(answer: Any) -> Iterable[tuple[str, str]]:
    """The refused posts with their reasons. Raises for anything else than the two forms."""
    if set(answer) != {"refused"}:
        raise ValueError("unknown keys")
    refused = answer["refused"]
    if not isinstance(refused, dict):
        if not isinstance(refused, list):
            raise TypeError("neither form")
        refused = [(one["post"], one.get("reason", "")) for one in refused]
    for key, reason in refused.items() if isinstance(refused, dict) else refused:
        if not isinstance(key, str) or not isinstance(reason, str):
            raise ValueError("not text")
        yield key, reason


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object. Raises ValueError where a key stands twice: one of its values would be lost."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _unknown(project: Project, plan: Plan, refused: Iterable[str]) -> list[str]:
    """The refused posts that neither the plan nor any manifest of the project has."""
    unknown = set(refused) - {action.post for action in plan.actions}
    if unknown:  # the plan may be of some posts only
        loaded = project.load()
        unknown -= {post.key for post in loaded.posts} | {one.key for one in loaded.faulty}
    return sorted(unknown)


def _failed(project: Project, why: str) -> Problem:
    what = f"policy_cmd ({visible(project.settings.policy_cmd[0])}) {why}, so nothing is sent"
    return Problem("policy-cmd-failed", what, "run it by hand on: contentsync plan --json; it must exit with 0")


def _short(text: str) -> str:
    line = visible(" ".join(text.split()))
    return line if len(line) <= _TOLD else line[: _TOLD - 1] + "…"
