"""Which project does watch look at? One that stays open between looks, so that state and cache stay in memory."""

from __future__ import annotations

from datetime import timedelta

from contentsync.errors import ContentsyncError
from contentsync.project import Project
from contentsync.settings import Approve, Settings, Watching
from contentsync.standard_paths import is_shared
from contentsync.watch.settled_files import Seen
from contentsync.watch.work import ClockAhead, Looked, OpenProject, look, machine_errors, stat_of

PROJECT_FILE = "contentsync.yaml"


class KeptProject:
    """Opens the project again whenever its file changed, and for every full look."""

    def __init__(self, open_project: OpenProject) -> None:
        self._open = open_project
        self._project: Project | None = None
        self._file: Seen = None
        #: How far TikTok's clock is ahead of this machine's, where that is so much that ours counts as wrong.
        self.ahead = timedelta()

    @property
    def watching(self) -> Watching:
        """The `watch` settings, as they were last read."""
        return self._project.settings.watching if self._project else Watching()

    @property
    def project(self) -> Project | None:
        """The project of the last look."""
        return self._project

    @property
    def approve(self) -> Approve:
        """How posts are approved, as it was last read."""
        return self._project.settings.approve_by.way if self._project else Approve.MANUAL

    @property
    def pauses(self) -> tuple[float, float]:
        """The shortest and the longest pause between two questions about an attempt, in seconds."""
        settings = self._project.settings if self._project else Settings()
        return settings.poll_initial.total_seconds(), settings.poll_max.total_seconds()

    @property
    def shares(self) -> bool:
        """Whether approvals and pauses may come from other machines: by a shared state, or by a branch."""
        project = self._project
        return project is not None and (is_shared(project.settings.state) or self.approve is Approve.BRANCH)

    def look(self, *, fresh: bool, gives_slots: bool) -> Looked:
        """The plan as it is now. fresh: everything outside of the project's folder is read again too.

        gives_slots: whether the time is known well enough to give slots out, and to take those that were missed.
        """
        try:
            with machine_errors():
                project = self._opened(fresh=fresh)
        except ContentsyncError as err:
            return Looked(error=err)
        clock = project.clock
        project.clock = ClockAhead(clock, self.ahead) if self.ahead else clock
        try:
            return look(project, gives_slots=gives_slots)
        finally:
            project.clock = clock

    def stamp(self) -> tuple[int, int] | None:
        """A value that another process changes when it writes into the state; None where that can't be seen."""
        if self._project is None:
            return None
        try:
            return self._project.reading_store.stamp()
        except ContentsyncError:
            return None  # the next look says why

    def close(self) -> None:
        """Close the project."""
        project, self._project = self._project, None
        if project is not None:
            project.close()
            project.close_state()

    def _opened(self, *, fresh: bool) -> Project:
        seen = stat_of(str(self._project.root / PROJECT_FILE)) if self._project else None
        if self._project is not None and not fresh and seen == self._file:
            return self._project
        project = self._open()
        self.close()
        self._project, self._file = project, stat_of(str(project.root / PROJECT_FILE))
        return project
