"""A reader who follows a page from top to bottom in a fresh folder."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path

from tests.handbook.reading import Command, File, answers, fits, steps
from tests.handbook.shell import Shell, a_shell

DOCS = Path(__file__).resolve().parents[2] / "docs"
FIRST = "Terminal 1"
#: What a page calls the port of a server; a test takes one that is free.
PORT = "8000"


class Reader:
    """What was typed and written so far, with a list of the commands whose output is not the one on the page."""

    def __init__(self, folder: Path, terminals: contextlib.ExitStack) -> None:
        self.folder, self._stack = folder / "work", terminals
        self._home = folder / "home"
        self.folder.mkdir()
        self._home.mkdir()
        self._shells = {FIRST: self._a_shell(self.folder)}
        self.surprises: list[str] = []

    def follow(self, page: str) -> None:
        """Do everything that a page of docs/ says."""
        text = (DOCS / page).read_text("utf-8").replace(PORT, _free_port())
        for step in steps(text):
            if isinstance(step, File):
                self.write(step)
            else:
                self.type(step)

    def write(self, file: File) -> None:
        target = self._shells[FIRST].folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(file.text, "utf-8")

    def type(self, command: Command) -> None:
        """Type a line. In a second terminal it goes on running, and only its first words are waited for."""
        if command.terminal == FIRST:
            shown = self._shells[FIRST].run(command.line, answers(command.shown))
        else:
            shell = self._shells.setdefault(command.terminal, self._a_shell(self._shells[FIRST].folder))
            shell.type(command.line)
            shown = shell.read(until=command.shown.strip().split()[-1])
        if not fits(shown, command.shown):
            self.surprises.append(f"$ {command.line}\n{shown}\n--- instead of ---\n{command.shown}")

    def _a_shell(self, folder: Path) -> Shell:
        return self._stack.enter_context(a_shell(folder, self._home))


def _free_port() -> str:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return str(asked.getsockname()[1])
