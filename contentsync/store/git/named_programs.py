"""Which programs would git run because the repository's own configuration names them? Pure.

The danger: a repository that comes in an archive or on a shared disk brings its own `.git/config`, and git runs what
that names: an ssh command, a credential helper, the program at the other end of a remote on this disk. The rule:
nothing is run that only the repository names. What the user's own configuration or environment says is the user's
word. Two kinds of setting are harmless, and common: a credential helper that git brings along, and ssh itself with
options that name no further program, as a checkout with a deploy key has them.

Git's other ways to a program (hooks, a file system monitor, signatures) are switched off at each call: `program.py`.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from contentsync.errors import Problem
from contentsync.frozen import frozen
from contentsync.visible import visible

_ITS_OWN: Final = frozenset({"local", "worktree"})  # the scopes of a repository's own files
_PROGRAM: Final = re.compile(
    r"core\.(sshcommand|gitproxy|askpass|alternaterefscommand)"
    r"|credential\.(.*\.)?helper"
    r"|remote\..*\.(uploadpack|receivepack|vcs)"
    r"|protocol\.(.*\.)?allow"  # it can allow `ext::`, an address that is a command
    r"|gpg\.(.*\.)?(program|defaultkeycommand)"
    r"|hook\..*",
    re.S,
)
_HELPER: Final = re.compile(r"(?:[a-z0-9]+(?:-[a-z0-9]+)*(?: --timeout[= ][0-9]+)?)?")
# A command line in which a shell does nothing but split words, as `shlex` does. A variable, such as the $RUNNER_TEMP
# of a CI, may stand only in double quotes, where no shell splits it; a backslash beside it could end them early.
_PLAIN: Final = re.compile(
    r"(?:[\w@%+=:,./~ \\-]|\"[\w@%+=:,./~ ()\\-]*\"|'[\w@%+=:,./~ ()-]*')*"
    r"|(?:[\w@%+=:,./~ -]|\"(?:[\w@%+=:,./~ ()-]|\$[A-Za-z_]\w*)*\"|'[\w@%+=:,./~ ()-]*')*"
)
_SSH_OPTION: Final = re.compile(
    r"(?:IdentitiesOnly|IdentityFile|StrictHostKeyChecking|CheckHostIP|UserKnownHostsFile|GlobalKnownHostsFile|BatchMode"
    r"|ConnectTimeout|ServerAliveInterval|ServerAliveCountMax|LogLevel|Port|User)=.*",
    re.I,
)
_SSH_FLAGS: Final = frozenset({"-4", "-6", "-q", "-v", "-T", "-a", "-x", "-C"})
_LOCAL_PATH: Final = re.compile(r"(?!\w[\w+.-]*::)(?:file://(?:localhost)?)?(?P<path>[^:]*|[A-Za-z]:[\\/].*)", re.S)


@frozen
class Setting:
    """One line of git's configuration."""

    #: system, global, local, worktree or command.
    scope: str
    #: With its section and last part in lower case, as git lists it.
    key: str
    value: str


def settings_of(listed: bytes) -> list[Setting]:
    """What `git config --list --show-scope -z` printed."""
    parts = listed.decode(errors="surrogateescape").split("\0")
    pairs = zip(parts[::2], parts[1::2], strict=False)
    return [Setting(scope, *line.partition("\n")[::2]) for scope, line in pairs]


def refusal(settings: Iterable[Setting], remote: str, folder: Path, ssh: str) -> Problem | None:
    """Why git may not be run with this configuration; None where it names no program.

    remote: the name of the remote that is used. folder: the top of the repository. ssh: where the user's ssh is.
    """
    for one in settings:
        if one.scope not in _ITS_OWN:
            continue
        if _PROGRAM.fullmatch(one.key) and not _is_harmless(one, ssh):
            return _names_a_program(one)
        if _leads_inside(one, remote, folder):
            what = f"remote {remote} is a folder of this repository itself ({visible(one.value)})"
            hint = f"its hooks are programs; give it another address: git remote set-url {remote} URL"
            return Problem("git-config-program", what, hint)
    return None


def _is_harmless(one: Setting, ssh: str) -> bool:
    if one.key.endswith(".helper"):
        return _HELPER.fullmatch(one.value) is not None
    return one.key == "core.sshcommand" and is_only_ssh(one.value, ssh)


def is_only_ssh(command: str, ssh: str) -> bool:
    """Whether a command line runs ssh and nothing else. ssh: where the user's ssh is; empty if there is none."""
    if not _PLAIN.fullmatch(command):
        return False
    try:
        program, *left = shlex.split(command) or [""]
    except ValueError:
        return False
    if program and program not in {"ssh", ssh}:
        return False
    while left:
        flag = left.pop(0)
        if flag in _SSH_FLAGS:
            continue
        value = left.pop(0) if left else None
        if value is None or not (flag == "-i" or (flag == "-o" and _SSH_OPTION.fullmatch(value))):
            return False
    return True


def _leads_inside(one: Setting, remote: str, folder: Path) -> bool:
    """Whether an address of the remote is a folder of this repository."""
    if one.key in {f"remote.{remote}.url", f"remote.{remote}.pushurl"}:
        address = one.value
    elif one.key.startswith("url.") and one.key.endswith((".insteadof", ".pushinsteadof")):
        address = one.key.removeprefix("url.").rpartition(".")[0]
    else:
        return False
    found = _LOCAL_PATH.fullmatch(address)
    top = Path(os.path.realpath(folder))
    place = Path(os.path.realpath(folder / found["path"])) if found else None
    return place is not None and top in (place, *place.parents)


def _names_a_program(one: Setting) -> Problem:
    what = f"this repository's own git configuration names a program: {visible(one.key)} = {visible(one.value)}"
    move = f'git config --global {one.key} "$(git config {one.key})" && git config --unset-all {one.key}'
    return Problem("git-config-program", what, f"if you wrote that line, move it to your own configuration: {move}")
