"""A day of watch, with all that may go wrong around it; `python -m tests.soak` has longer and harsher forms."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak import virtual
from tests.soak.world import Declared, Ledger


@pytest.mark.parametrize("seed", [3, 11])
def test_every_due_post_is_out_once_none_early_none_half(seed: int, tmp_path: Path) -> None:
    life, broken = virtual.soak(tmp_path, seed, 1.0)
    assert broken == []
    assert len(life.ledger.posts) > 2


def test_the_ledger_tells_what_is_broken(tmp_path: Path) -> None:
    """A soak that could find nothing would prove nothing."""
    with virtual.a_stage(tmp_path) as stage:
        stage.studio.post("one", caption="one")
        stage.studio.post("two", caption="two")
        stage.run(60)
        ledger = Ledger()
        ledger.add(Declared("acme/one", "one", due=stage.time.now().timestamp() + 60, whole={"another"}))
        ledger.add(Declared("acme/three", "three"))
        broken = ledger.broken(stage.emulator)
        assert ledger.missing(stage.emulator) == ["three"]
    assert [" early" in broken[0], "no whole file" in broken[1], broken[2:]] == [
        True,
        True,
        ["two was never declared"],
    ]
