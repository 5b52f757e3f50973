"""Are characters that nobody can see noted, and those that belong to an emoji or a script left alone?"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contentsync.errors import Level
from contentsync.visible import unseen, visible
from tests.manifest.projects import of_manifest

A = "name: a\naccount: lily\nvideo: v.mp4\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("buy\u200bnow", "buy\\u200bnow"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("a\u2066b\u2069c", "a\\u2066b\\u2069c"),
        ("soft\u00adhyphen", "soft\\u00adhyphen"),
        ("pay\u200dpal", "pay\\u200dpal"),
        ("\u200ctag", "\\u200ctag"),
        ("tag \U000e0041", "tag \\U000e0041"),
        ("\u3164", "\\u3164"),
    ],
)
def test_what_nobody_can_see_is_escaped(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert unseen(text)


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "👨\u200d👩\u200d👧 family",
        "❤\ufe0f\u200d🔥",
        "👩🏽\u200d🚀",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "می\u200cخواهم",
        "क्\u200dष",
        "café crème – naïve",
    ],
)
def test_what_belongs_to_an_emoji_or_a_script_is_no_surprise(text: str) -> None:
    assert not unseen(text)
    assert visible(text) == text


@pytest.mark.slow
@given(st.text())
def test_nothing_hidden_is_left_after_escaping(text: str) -> None:
    assert not unseen(visible(text))


def test_a_caption_with_hidden_characters_is_noted_and_kept_exactly(tmp_path: Path) -> None:
    found = of_manifest(tmp_path, A + "caption: 'buy\u200bnow \u202ex'\n")
    problem = found.problems[0]
    assert (str(problem.where), problem.code, problem.level) == ("posts/a.yaml:4:10", "hidden-character", Level.NOTE)
    assert "\\u200b" in problem.what
    assert found.posts[0].caption == "buy\u200bnow \u202ex"
