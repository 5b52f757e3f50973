"""How is the `git` program run? One call each, with a deadline, without a prompt, hook or secret of ours.

It runs in the user's repository, so the user's credentials, proxies and protocols serve. The work tree, the index,
HEAD and the user's branches are never touched: only plumbing is called, on a reference of our own.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from contentsync.errors import Problem, StoreError
from contentsync.frozen import frozen

LOCAL: Final = 60.0  # seconds for what stays on this machine
_BLOCK: Final = 1 << 20
NETWORK: Final = 60.0  # seconds for a fetch or a push

_SETTINGS: Final = (
    "core.hooksPath=/dev/null",
    "core.quotePath=false",
    "core.fsmonitor=false",
    "core.useReplaceRefs=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "fetch.writeCommitGraph=false",
    "fetch.recurseSubmodules=false",
    "push.recurseSubmodules=no",
    "push.followTags=false",
    "push.gpgSign=false",
    "submodule.recurse=false",
    "log.showSignature=false",
    "fastimport.unpackLimit=100",
)
# Where git was started from must not decide which repository this is, nor which index is written.
_NOT_OURS: Final = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_OBJECT_DIRECTORY",
    "GIT_NAMESPACE",
)
# What git adds to a remote that can't be reached; the cause stands before it.
_ADVICE: Final = (
    "fatal: Could not read from remote repository.",
    "Please make sure you have the correct access rights",
    "and the repository exists.",
)
_REMOTE: Final = "remote: "  # what git puts before each line of the remote's side
_PASSWORD: Final = re.compile(r"//[^/@\s]*@")  # the user and password of an address


@frozen
class Ended:
    """How a call ended. code: the exit code; None where the deadline passed and nobody knows what it did."""

    code: int | None
    out: bytes
    err: str

    @property
    def line(self) -> str:
        """The first line of output."""
        return self.out.decode(errors="replace").partition("\n")[0].strip()

    @property
    def why(self) -> str:
        """What git said of a failure, on one line."""
        if self.code is None:
            return "no answer in time"
        said = [line for line in self.err.splitlines() if line.strip()]
        causes = [line for line in said if line.strip() not in _ADVICE]
        return plain((causes or said or [f"git ended with {self.code}"])[-1])

    @property
    def from_remote(self) -> list[str]:
        """What the remote's side said itself, as a hook or a host does, line by line."""
        lines = [line.removeprefix(_REMOTE).strip() for line in self.err.splitlines() if line.startswith(_REMOTE)]
        return [plain(line) for line in lines if line.strip("-=* ")]


def plain(text: str) -> str:
    """Foreign text for a message: on one line, not too long, and with no password of an address in it."""
    shown = "".join(char if char.isprintable() else " " for char in _PASSWORD.sub("//", text))
    return " ".join(shown.split())[:300]


@frozen
class Git:
    """The git program in one repository."""

    #: A folder of the repository.
    folder: Path
    environ: Mapping[str, str]
    network_seconds: float = NETWORK

    def run(
        self, *args: str, given: bytes = b"", seconds: float = LOCAL, more: Mapping[str, str] | None = None
    ) -> Ended:
        """Run git and wait for its end. more: variables for it. Raises StoreError where there is no git program."""
        process = self._started(args, more or {})
        try:
            out, err_text = process.communicate(given, timeout=seconds)
        except subprocess.TimeoutExpired:
            _kill(process)
            return Ended(None, b"", "")
        return Ended(process.returncode, out, err_text.decode(errors="replace"))

    def stream(self, *args: str) -> Iterator[bytes]:
        """The output of a call that must succeed, in blocks, however long it is. Raises StoreError."""
        process = self._started(args, {})
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.close()
        try:
            while block := process.stdout.read(_BLOCK):
                yield block
            err = process.stderr.read().decode(errors="replace")
            if process.wait(LOCAL):
                raise self._failed(args[0], Ended(process.returncode, b"", err))
        finally:
            if process.poll() is None:
                _kill(process)
            process.stdout.close()
            process.stderr.close()

    def remote(self, *args: str) -> Ended:
        """The same for a call that reaches the remote."""
        return self.run(*args, seconds=self.network_seconds, more=self._ssh())

    def ask(self, *args: str, given: bytes = b"") -> bytes:
        """The output of a call that must succeed. Raises StoreError."""
        ended = self.run(*args, given=given)
        if ended.code != 0:
            raise self._failed(args[0], ended)
        return ended.out

    def _ssh(self) -> dict[str, str]:
        """Keep ssh from asking, where it is git's own choice: the user's ssh, with its key and options, stays."""
        if "GIT_SSH" in self.environ or "GIT_SSH_COMMAND" in self.environ:
            return {}
        chosen = self.run("config", "--get", "core.sshCommand").line
        return {} if chosen else {"GIT_SSH_COMMAND": "ssh -o BatchMode=yes"}

    def _failed(self, call: str, ended: Ended) -> StoreError:
        what = f"git {call} failed in {self.folder}: {ended.why}"
        return StoreError(Problem("git-failed", what, "check that `git status` works there"))

    def _started(self, args: Sequence[str], more: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """The running program. Raises StoreError if it can't be started."""
        options = [part for setting in _SETTINGS for part in ("-c", setting)]
        try:
            return subprocess.Popen(  # noqa: S603  (the arguments are ours)
                ["git", *options, *args],  # noqa: S607  (the user's own git)
                cwd=self.folder,
                env={**self._environment(), **more},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=os.name != "nt",
            )
        except OSError as err:
            what = f"the git program can't be started: {err.strerror or err}"
            raise StoreError(Problem("git-missing", what, "install git, or name a file in `state:`")) from err

    def _environment(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in self.environ.items()
            if not name.startswith("CONTENTSYNC_") and name not in _NOT_OURS
        }
        quiet = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", "GIT_MERGE_AUTOEDIT": "no"}
        return kept | quiet


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End git and what it started, such as ssh or a credential helper."""
    if os.name == "nt":
        process.kill()
    else:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            process.kill()
    process.communicate()
