"""A shell at a terminal: type a line, read what appears until the shell waits for the next one."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

#: Terminals fold lines at this width.
COLUMNS = 118
READY = re.compile(r"@@(\d+):(.*)@@\n?$")  # printed before each prompt: exit code and folder
QUESTION = re.compile(r"^Type (\w+).*: ?$|^.*\[y/N\]: ?$")


class Shell:
    """One terminal. `code` and `folder`: how the last command ended, and where the shell is now."""

    def __init__(self, terminal: int) -> None:
        self._terminal = terminal
        self.code, self.folder = 0, Path()
        self.read()

    def type(self, line: str) -> None:
        os.write(self._terminal, f"{line}\n".encode())

    def run(self, command: str, answers: Iterator[str]) -> str:
        """What a command shows. answers: what is typed at each question; it appears after the question."""
        self.type(command)
        shown = self.read()
        while not READY.search(shown):
            answer = next(answers)
            self.type(answer)
            shown += f"{answer}\n{self.read()}"
        return READY.sub("", shown)

    def read(self, until: str | None = None, seconds: float = 60) -> str:
        """What appears until the shell is ready, a question waits for an answer, or the text `until` is there."""
        shown, end = "", time.monotonic() + seconds
        while time.monotonic() < end:
            if select.select([self._terminal], [], [], 0.1)[0]:
                shown += os.read(self._terminal, 65536).decode(errors="replace").replace("\r", "")
            elif found := READY.search(shown):
                self.code, self.folder = int(found[1]), Path(found[2])
                return shown
            elif (until and until in shown) or QUESTION.match(shown.rpartition("\n")[2]):
                return shown
        raise AssertionError(f"nothing more came within {seconds} s: {shown}")


@contextlib.contextmanager
def a_shell(folder: Path, home: Path) -> Iterator[Shell]:
    """bash in this folder, with the `contentsync` of these tests and no settings of the user's."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, COLUMNS, 0, 0))
    modes = termios.tcgetattr(theirs)
    modes[3] &= ~termios.ECHO
    termios.tcsetattr(theirs, termios.TCSANOW, modes)
    command = ["bash", "--norc", "--noprofile", "--noediting", "-i"]
    with subprocess.Popen(
        command,
        cwd=folder,
        env=_environment(home),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as bash:
        os.close(theirs)
        try:
            yield Shell(ours)
        finally:
            _end(bash)
            os.close(ours)


def _environment(home: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("CONTENTSYNC_", "GIT_"))}
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return kept | {
        "CHECKOUT": str(Path(__file__).resolve().parents[2]),
        "HOME": str(home),
        "CONTENTSYNC_CONFIG_DIR": str(home / "config"),
        "PATH": programs,
        "GIT_PAGER": "cat",
        "PS1": "",
        "PROMPT_COMMAND": r'printf "@@%s:%s@@\n" $? "$PWD"',
        "PYTHONUTF8": "1",
        "TERM": "dumb",
    }


def _end(bash: subprocess.Popen[bytes]) -> None:
    """End the shell and everything that it started, by their session."""
    found = subprocess.run(["ps", "-o", "pid=", "-s", str(bash.pid)], capture_output=True, text=True, check=False)
    for pid in map(int, found.stdout.split()):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    bash.wait(20)
