"""Commands run in this process, on a clock that moves by hand: hours pass in no time, all else is real."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import pytest

from contentsync.cli import exits
from contentsync.cli.main import Context
from contentsync.cli.terminal import text
from contentsync.errors import ContentsyncError
from contentsync.project import Project
from tests.attempt.site import Site, a_site
from tests.builders import ManualClock
from tests.cli.support import PROJECT


@dataclass
class SiteContext(Context):
    """The context of a command whose project is a site's."""

    site: Site | None = None
    opened: list[Project] = field(default_factory=list)

    def project(self) -> Project:
        assert self.site is not None
        project = Project.open(self.site.studio.root, os.environ | self.site.studio.environment)
        project.clock = self.site.clock
        self.opened.append(project)
        return project


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended, and all that it said."""

    code: int
    text: str


@dataclass
class Desk:
    """A site, and a person who runs commands there."""

    site: Site
    clock: ManualClock
    capsys: pytest.CaptureFixture[str]
    data: Path

    def run(self, verb: str, *args: str) -> Said:
        """`contentsync VERB ARGS`; errors become exit codes as in cli/main.py."""
        command = getattr(importlib.import_module(f"contentsync.cli.commands.{verb}"), verb)
        context = SiteContext(site=self.site)
        self.site.studio.environment["CONTENTSYNC_DATA_DIR"] = str(self.data)
        self.capsys.readouterr()
        try:
            code = command.main(args=list(args), obj=context, standalone_mode=False)
        except click.ClickException as err:
            err.show()
            code = exits.USAGE
        except ContentsyncError as err:
            text.show_error(err)
            code = exits.of_error(err)
        finally:
            for project in context.opened:
                project.reading_store.close()
        told = self.capsys.readouterr()
        return Said(code, told.out + told.err)

    def apply(self, *args: str) -> Said:
        return self.run("apply", "--auto-approve", *args)

    def inits(self) -> int:
        return sum(self.site.count(endpoint) for endpoint in ("video_init", "inbox_init", "photo_init"))

    def later(self, **span: float) -> None:
        self.clock.advance(timedelta(**span))


@contextmanager
def a_desk(folder: Path, clock: ManualClock, capsys: pytest.CaptureFixture[str], **tiktok: Any) -> Iterator[Desk]:
    with a_site(folder, clock, **tiktok) as site:
        site.studio.write("contentsync.yaml", PROJECT.partition("api: ")[0])  # TikTok's own pace: it costs no time
        yield Desk(site, clock, capsys, folder / "data")
