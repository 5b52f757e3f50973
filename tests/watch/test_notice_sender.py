"""What ends the thread that sends notices? Nothing that passes."""

from __future__ import annotations

import os
from pathlib import Path

from contentsync.project import Project
from contentsync.watch.feed import Feed, Live
from contentsync.watch.notice_sender import NoticeSender
from contentsync.watch_event import Happened
from tests.builders import ManualClock
from tests.cli.support import Studio


def test_a_disk_that_fails_is_reported_and_ends_nothing(tmp_path: Path) -> None:
    studio, heard, feed = Studio(tmp_path / "studio"), list[Live](), Feed()
    feed.listen(heard.append)

    def fail(_: Project) -> None:
        raise OSError(5, "Input/output error", "tokens.json")

    def opened() -> Project:
        return Project.open(studio.root, dict(os.environ) | studio.environment)

    NoticeSender(opened, ManualClock(), feed, fail).round(1.0)
    assert [one.problem.code for one in heard if isinstance(one, Happened) and one.problem] == ["watch-trouble"]
