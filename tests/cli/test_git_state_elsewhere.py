"""A post that another clone is sending: apply waits for what becomes of it, and begins no second attempt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contentsync.attempt.steps import Steps
from contentsync.emulator.server import Emulator
from contentsync.errors import Problem, StoreError
from contentsync.operations import apply as operation
from tests.cli.shared_state import Site, apply, start
from tests.cli.support import Studio
from tests.processes import PATIENCE

INITS = "video_init"


@pytest.fixture
def site(tmp_path: Path, emulator: Emulator) -> Site:
    return Site.made(tmp_path, emulator, "one")


def stopped_before_its_last_byte(clone: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Apply until TikTok has opened the upload; the remote can't be told that the last byte is about to go."""

    def away(*_: object) -> None:
        raise StoreError(Problem("state-unreachable", "no route"))

    with monkeypatch.context() as patched:
        patched.setattr(Steps, "about_to_commit", away)
        assert apply(clone)[0] == 1


def inits(site: Site) -> int:
    return sum(request["endpoint"] == INITS for request in site.emulator.requests())


def test_what_another_clone_has_not_announced_is_not_final_and_is_not_begun_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, other = site.clone("a"), site.clone("b")
    stopped_before_its_last_byte(first, monkeypatch)

    waited, not_waited = apply(other, "--wait", "1s"), apply(other, "--no-wait")

    for code, said in (waited, not_waited):
        assert code == 3, said
        assert "another machine is sending it" in said
        assert "has not finished" in said
    assert (inits(site), site.captions()) == (1, [])
    assert apply(first)[0] == 0
    assert apply(other)[0] == 0
    assert site.captions() == ["About one"]


def test_an_apply_waits_until_another_clone_has_published(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    first, other = site.clone("a"), site.clone("b")
    stopped_before_its_last_byte(first, monkeypatch)
    run = start(other, "apply", "--auto-approve")
    assert run.stdout is not None
    said = ""
    while "waiting for what becomes of it" not in said:
        line = run.stdout.readline()
        assert line, said
        said += line

    assert apply(first)[0] == 0
    said += run.communicate(timeout=PATIENCE)[0]

    assert run.returncode == 0, said
    assert "1 of 1 action done" in said
    assert site.captions() == ["About one"]


def test_what_another_clone_published_since_the_plan_is_told_as_published(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, other = site.clone("a"), site.clone("b")
    carry_out = operation.apply_plan

    def overtaken(*args: Any, **options: Any) -> Any:
        assert first.process("apply", "--auto-approve").code == 0
        return carry_out(*args, **options)

    monkeypatch.setattr(operation, "apply_plan", overtaken)
    code, said = apply(other)

    assert code == 0, said
    assert "published as" in said
    assert site.captions() == ["About one"]
