"""How does watch show an event to a person?"""

from __future__ import annotations

import pytest

from contentsync.cli.commands.watch import Teller
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
