"""Which backend keeps the state that `state:` in the project file names?"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from contentsync.amounts import many
from contentsync.errors import Place, Problem, StoreError
from contentsync.standard_paths import PROJECT_FILE, is_shared
from contentsync.store.port.backend import Backend
from contentsync.store.port.store import Store
from contentsync.store.sqlite.backend import SqliteBackend
from contentsync.store.sqlite.migration import attempts_left

if TYPE_CHECKING:
    from contentsync.store.git.branch import Branch
    from contentsync.store.git.program import Git

BRANCH: Final = "contentsync-state"
REMOTE: Final = "origin"
# A remote by its name, never an address: a repository must not choose where commits and credentials go.
_GIT: Final = re.compile(
    r"git(?::(?P<remote>[A-Za-z0-9][A-Za-z0-9_-]{0,62}))?(?:#(?P<branch>[A-Za-z0-9][A-Za-z0-9_/-]{0,99}))?"
)


def remote_of(folder: Path, environ: Mapping[str, str]) -> str:
    """The git remote through which a state at `folder` could be shared: origin, else the only one; empty for none."""
    from contentsync.store.git.program import Git

    here = next((part for part in (folder.absolute(), *folder.absolute().parents) if part.is_dir()), None)
    if here is None:
        return ""
    try:
        names = Git(here, environ).run("remote").out.decode(errors="replace").split()
    except StoreError:  # no git program here
        return ""
    return REMOTE if REMOTE in names else names[0] if len(names) == 1 else ""


def approving_branch(root: Path, state: str, environ: Mapping[str, str], name: str) -> Branch:
    """A branch of the remote whose content counts as approved. Raises StoreError where there is no remote.

    The remote is that of a shared state, else origin, else the only one.
    """
    from contentsync.store.git.branch import Branch
    from contentsync.store.git.program import Git

    named = _GIT.fullmatch(state) if is_shared(state) else None
    remote = (named["remote"] or REMOTE) if named else remote_of(root, environ)
    if not remote:
        what = f"watch.approve names branch {name}, and there is no git remote at {root}"
        raise _refused(Problem("approve-branch-unread", what, "run: git remote add origin URL"))
    git = Git(root, environ)
    _settings_of(git, remote)
    return Branch(git, remote, name)


def backend_of(root: Path, state: str, environ: Mapping[str, str]) -> Backend:
    """The backend of a project. state: as the project file says. Raises StoreError for an unknown one."""
    if is_shared(state):
        return _git(root, state, environ)
    if "://" in state and not state.startswith("file://"):
        what = f"state: {state.partition('://')[0]}://… needs a backend that this version does not have"
        raise _refused(Problem("state-backend", what, "name a file, such as .contentsync/state.db, or git"))
    return SqliteBackend(root / state)


def refuse_left_behind(root: Path, state: str, store: Store) -> None:
    """Notice a `state:` that was changed without moving the state: what the old one posted must not be posted again.

    state: as the project file says; store: the state that it names. Raises StoreError.
    """
    shared = is_shared(state)
    old = root / ".contentsync" / ("state.db" if shared else "shared.db")
    if "://" in state or (not shared and root / state == old) or not old.exists():
        return
    if not (left := attempts_left(old)):
        return
    known = {a.id for open_id in store.identities() for row in store.posts(open_id) for a in row.attempts}
    if lacking := left - known:
        was = f".contentsync/{old.name}" if shared else "git"
        what = f"{old} knows {many(len(lacking), 'attempt')} that the state at `state: {state}` does not"
        hint = f"move it: CONTENTSYNC_STATE={was} contentsync state migrate {state}"
        raise StoreError(Problem("state-left-behind", what, hint))


def _git(root: Path, state: str, environ: Mapping[str, str]) -> Backend:
    from contentsync.store.git.backend import GitBackend
    from contentsync.store.git.branch import Branch
    from contentsync.store.git.program import Git

    named = _GIT.fullmatch(state)
    if named is None:
        what = f'state: "{state}" does not name a remote and a branch'
        hint = "write git, or git:REMOTE#BRANCH with the name of a remote"
        raise _refused(Problem("state-backend", what, hint))
    remote = named["remote"] or REMOTE
    git = Git(root, environ)
    if f"remote.{remote}.url" not in _settings_of(git, remote):
        what = f"state: {state} needs a git repository with a remote called {remote}, and there is none at {root}"
        hint = f"run: git remote add {remote} URL; or name a file in `state:`"
        raise _refused(Problem("state-remote-missing", what, hint))
    return GitBackend(Branch(git, remote, named["branch"] or BRANCH), root / ".contentsync" / "shared.db")


def _settings_of(git: Git, remote: str) -> set[str]:
    """The keys of git's configuration. Raises StoreError where the repository's own part names a program."""
    from contentsync.store.git.named_programs import refusal, settings_of

    found = settings_of(git.ask("config", "--list", "--show-scope", "-z"))
    if problem := refusal(found, remote, _top_of(git.folder), shutil.which("ssh") or ""):
        raise StoreError(problem)
    return {one.key for one in found}


def _top_of(folder: Path) -> Path:
    """The top folder of the repository round `folder`; itself where there is none."""
    here = folder.absolute()
    return next((top for top in (here, *here.parents) if (top / ".git").exists()), here)


def _refused(problem: Problem) -> StoreError:
    return StoreError(replace(problem, where=Place(PROJECT_FILE)))
