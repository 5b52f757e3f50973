"""Does the planner decide as the cases say? Each file in cases/ gives a world and the plan as it is printed.

`pytest tests/plan --update` writes what is expected anew; read the difference before it is committed.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from contentsync.cli.terminal.plan_text import show_plan
from contentsync.plan import planfile
from contentsync.plan.planner import make_plan
from tests.plan.casefile import CASES, Case

FILES = sorted(CASES.glob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_plan_is_printed_as_the_case_expects(
    file: Path, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    text = file.read_text("utf-8")
    case = Case(text)
    show_plan(make_plan(case.posts.values(), case.world, case.only), case.posts)
    printed = capsys.readouterr().out
    if request.config.getoption("--update", default=False):
        file.write_text(_expecting(text, printed), "utf-8")
        return
    assert printed == case.given["expected"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_plan_comes_back_from_its_file_as_it_was(file: Path) -> None:
    case = Case(file.read_text("utf-8"))
    plan = make_plan(case.posts.values(), case.world, case.only)
    assert planfile.load(planfile.dump(plan, "1.0"), "plan.json")[0] == plan


def test_no_plan_that_is_saved_holds_the_query_of_an_address() -> None:
    case = Case((CASES / "create-a-video-by-a-signed-url.yaml").read_text("utf-8"))
    saved = planfile.dump(make_plan(case.posts.values(), case.world), "1.0")
    assert "SECRET" in str(case.posts) and "SECRET" not in saved and "https://media.acme.example/sent.mp4?…" in saved


def _expecting(text: str, printed: str) -> str:
    given = re.split(r"^expected:", text, maxsplit=1, flags=re.MULTILINE)[0].rstrip()
    lines = "".join(f"  {line}\n" if line else "\n" for line in printed.splitlines())
    return f"{given}\nexpected: |\n{lines}"
