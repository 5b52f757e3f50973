"""Which time does a line of `status` show?"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from contentsync.cli.terminal.status_lines import StatusLines
from contentsync.lifecycle import Phase
from contentsync.post import DesiredPost
from tests.builders import NOW, a_draft, a_post, a_row, an_attempt

PUBLISHED_AT = NOW + timedelta(minutes=2)
LEARNT_AT = NOW + timedelta(hours=3)


@pytest.mark.parametrize(
    ("post", "phase", "shown"),
    [
        pytest.param(a_post(), Phase.PUBLISHED, PUBLISHED_AT, id="published: not when its id was learnt"),
        pytest.param(a_draft(), Phase.PUBLISHED, LEARNT_AT, id="a draft that its creator posted: not its delivery"),
        pytest.param(a_post(), Phase.UNKNOWN, LEARNT_AT, id="unknown: the last that was learnt"),
    ],
)
def test_a_line_shows_when_the_post_came_to_its_phase(post: DesiredPost, phase: Phase, shown: datetime) -> None:
    last = an_attempt(post, phase=phase, finished_at=PUBLISHED_AT, updated_at=LEARNT_AT)
    line = StatusLines({"acme": "UTC"}, {}, LEARNT_AT).line(
        post.key, a_row(post, attempts=(last,)), None, len(post.key)
    )
    assert f"{shown:%H:%M}" in line
    assert sum(f"{moment:%H:%M}" in line for moment in (PUBLISHED_AT, LEARNT_AT)) == 1
