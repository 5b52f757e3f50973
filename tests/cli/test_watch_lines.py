"""How does watch show an event to a person?"""

from __future__ import annotations

import signal

import pytest

from contentsync.attempt.told import Told
from contentsync.cli.commands import cancel
from contentsync.cli.commands.watch import Teller
from contentsync.cli.terminal.interrupt import stoppable
from contentsync.errors import Place, Problem
from contentsync.watch_event import Happened, Word
from tests.builders import NOW


@pytest.mark.parametrize(
    ("post", "expected"), [("", "posts/bad.yaml:3:7: not valid YAML"), ("acme/bad", "acme/bad not valid YAML")]
)
def test_a_problem_of_no_post_names_its_file(capsys: pytest.CaptureFixture[str], post: str, expected: str) -> None:
    problem = Problem("yaml", "not valid YAML", "correct it", Place("posts/bad.yaml", 3, 7))
    Teller(json_=False).hear(Happened(Word.PROBLEM, NOW, problem.what, post, problem=problem))
    assert expected in capsys.readouterr().out


@pytest.mark.parametrize("as_json", [True, False])
def test_the_line_that_an_account_needs_in_the_project_file_is_said(
    capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    Teller(json_=as_json).hear(Told("pinned", "acme", {"open_id": "o-1", "line": 'open_id: "o-1"'}))
    told = capsys.readouterr()
    assert 'commit the new line in contentsync.yaml: open_id: "o-1"' in told.err
    assert told.out == ""


def test_ctrl_c_of_cancel_speaks_of_no_apply(capfd: pytest.CaptureFixture[str]) -> None:
    with stoppable(said=cancel.STOPPING) as stop:
        signal.raise_signal(signal.SIGINT)
        assert stop.is_set()
    said = capfd.readouterr().err
    assert "what TikTok answered so far is on record" in said
    assert "apply" not in said
