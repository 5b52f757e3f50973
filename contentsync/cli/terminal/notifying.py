"""How does a command send its notices? After everything else, and with a deadline."""

from __future__ import annotations

from contentsync.cli.terminal import text
from contentsync.errors import StoreError
from contentsync.operations.notify import Notifier
from contentsync.operations.plan import Made
from contentsync.project import Project


class Notifying:
    """The recipients of one command. Created before the command begins, so that its results are reported."""

    def __init__(self, project: Project) -> None:
        self._notifier = Notifier(project)

    def tell(self, made: Made | None = None, *, send: bool = True) -> None:
        """Keep what is worth telling, and send it. What goes wrong here changes no exit code: posts are not affected.

        made: as for Notifier. send: False to leave the sending to the next command.
        """
        try:
            self._notifier.tell_happened(made)
            text.show_problems(self._notifier.send() if send else [])
        except StoreError as err:
            text.show_error(err)

    def show_refused(self) -> None:
        """Show why some recipients get no notices."""
        text.show_problems(self._notifier.refused)
