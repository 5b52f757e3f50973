"""How is the branch read, and how is it changed? Files by path; a commit that is pushed as a fast-forward or refused.

The danger: a push whose answer is lost may have arrived, and one that nobody waits for any more may arrive later.
The rule: a commit counts only once the remote's branch is seen to hold it. A push is compare-and-swap: the server
takes a commit only where its parent is the branch's present head, so of two writers one is refused and must read
again. After an unclear answer the remote is read, and the commit is looked for in what it shows.

Others push while this process reads, so git can fail though the remote is well: the branch appears between a fetch
and the question whether it is there, or another push holds the branch's lock on the server. Only such failures are
tried again here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Final

from contentsync.errors import Problem, StoreError
from contentsync.frozen import frozen
from contentsync.store.git.program import Ended, Git, plain

HIDDEN: Final = "refs/contentsync"  # where our references live: no branch, tag or remote branch of the user's
NOBODY: Final = "contentsync <contentsync@localhost>"
PAUSES: Final = (0.0, 0.2, 0.5, 1.0, 2.0)  # seconds before each further try while another process is in the way
#: How a server says that it could not lock the branch, in its refusal of a push.
_LOCKED: Final = ("failed to update ref", "cannot lock ref", "unable to lock")
#: How a server says that this user or token may not push, where git could not even offer the reference.
_DENIED: Final = ("denied", "returned error: 403", "not allowed", "read-only", "read only", "forbidden")


class Pushed(StrEnum):
    """What became of a push."""

    TAKEN = "taken"
    #: The remote's head is another one by now: read, then decide anew.
    REFUSED = "refused"
    #: The remote can't be reached: nothing is known to be there.
    UNREACHABLE = "unreachable"
    #: The remote does not allow it: a protected branch, a hook, or a token that may only read. Only a person helps.
    FORBIDDEN = "forbidden"


@frozen
class Fetched:
    """The head of the remote's branch. head: empty where there is no such branch."""

    head: str
    #: Why the remote could not be read; empty where it was.
    why: str = ""


@frozen
class Branch:
    """One branch of one remote."""

    git: Git
    remote: str
    name: str
    #: Lets seconds pass while another process is in the way.
    wait: Callable[[float], None] = time.sleep

    @property
    def _theirs(self) -> str:
        return f"refs/heads/{self.name}"

    @property
    def kept_as(self) -> str:
        """The reference under which this clone keeps the branch."""
        return f"{HIDDEN}/{self.remote}/{self.name}"

    def fetch(self) -> Fetched:
        """Read the remote's head, with its files."""
        for seconds in (*PAUSES, None):
            ended = self._fetched()
            if ended.code == 0:
                return Fetched(self.git.run("rev-parse", "--verify", "--quiet", f"{self.kept_as}^{{commit}}").line)
            found = self._instead_of(ended)
            if found is not None or seconds is None:
                break
            self.wait(seconds)
        return found or Fetched("", ended.why)

    def _fetched(self) -> Ended:
        depth = ("--depth=1",) if self._is_shallow() else ()
        spec = f"+{self._theirs}:{self.kept_as}"
        quiet = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-gc")
        return self.git.remote("fetch", *quiet, *depth, self.remote, spec)

    def _instead_of(self, failed: Ended) -> Fetched | None:
        """What a failed fetch means. None if the branch is there now: another process was in the way.

        A fetch of a missing branch fails as a fetch from a dead remote does; the list of the remote's branches
        differs.
        """
        if failed.code is None:
            return Fetched("", failed.why)
        listed = self.git.remote("ls-remote", "--exit-code", self.remote, self._theirs)
        if listed.code == 2:  # reached, and there is no such branch
            return Fetched("")
        return None if listed.code == 0 else Fetched("", listed.why)

    def fetched_by_user(self) -> str:
        """The branch's head as the user's own clone or fetch brought it; empty where none did."""
        tracked = f"refs/remotes/{self.remote}/{self.name}^{{commit}}"
        return self.git.run("rev-parse", "--verify", "--quiet", tracked).line

    @property
    def tracking(self) -> str:
        """What a person gives `git fetch` to bring the branch here."""
        return f"{self.name}:refs/remotes/{self.remote}/{self.name}"

    def written_at(self, commit: str) -> str:
        """When a commit was made, in ISO 8601, UTC."""
        return self.git.run("show", "-s", "--format=%cd", "--date=iso-strict", commit).line

    def _is_shallow(self) -> bool:
        return self.git.run("rev-parse", "--is-shallow-repository").line == "true"

    def commit(self, parent: str, files: Mapping[str, bytes | None], message: str, when: int) -> str:
        """Make a commit here, on `parent`; nobody else sees it yet. Returns its id.

        parent: empty for the first one. files: new content by path; None removes one. when: epoch seconds.
        """
        who = self._identity()
        target = f"{self.kept_as}.made"
        body = message.encode()
        lines = [b"feature done", f"commit {target}".encode(), b"mark :1", f"committer {who} {when} +0000".encode()]
        lines += [b"data %d" % len(body), body]
        lines += [f"from {parent}".encode()] if parent else []
        for path, content in files.items():
            if content is None:
                lines.append(b"D " + path.encode())
            else:
                lines += [b"M 100644 inline " + path.encode(), b"data %d" % len(content), content]
        lines += [b"get-mark :1", b"done", b""]
        if not parent:
            self.git.run("update-ref", "-d", target)
        made = self.git.ask("fast-import", "--quiet", "--force", given=b"\n".join(lines))
        return made.decode().strip()

    def push(self, commit: str, parent: str) -> tuple[Pushed, str]:
        """Offer a commit to the remote, whose head must be `parent`; empty: there must be no such branch.

        Returns what became of it, and why where it was not taken.
        """
        for seconds in (*PAUSES, None):
            what, why = self._pushed(commit, parent)
            if what is not Pushed.UNREACHABLE or seconds is None or not any(said in why for said in _LOCKED):
                break
            self.wait(seconds)
        return what, why

    def _pushed(self, commit: str, parent: str) -> tuple[Pushed, str]:
        lease = f"--force-with-lease={self._theirs}:{parent}"  # a head that was put back must not pass as our parent
        quiet = ("--porcelain", "--no-verify", "--no-follow-tags", "--recurse-submodules=no")
        one_branch = ("-c", f"remote.{self.remote}.mirror=false")  # git pushes no single branch to a mirror
        ended = self.git.remote(*one_branch, "push", *quiet, lease, self.remote, f"{commit}:{self._theirs}")
        elsewhere = self._pushed_elsewhere()
        if ended.code == 0 and not elsewhere:
            self.git.run("update-ref", self.kept_as, commit)
            return Pushed.TAKEN, ""
        now = self.fetch()
        if now.why:
            return Pushed.UNREACHABLE, now.why
        if now.head and self.holds(now.head, commit):
            return Pushed.TAKEN, ""
        if elsewhere and now.head == parent:
            return Pushed.UNREACHABLE, elsewhere
        if ended.code is None:  # it may arrive yet; to try again would wait for the whole deadline each time
            return Pushed.UNREACHABLE, ended.why
        refusal = _refusal(ended)
        if now.head == parent:
            return _kind(ended, refusal), refusal  # the head is still our parent: it was not the race that spoke
        return Pushed.REFUSED, refusal

    def _pushed_elsewhere(self) -> str:
        """Why a push says nothing about what is fetched; empty where both go to one address.

        Two addresses may be one repository (https to read, ssh to write) or two (a project and its fork). In two,
        every clone with another fork would have a state of its own, so what was pushed must be seen in a fetch.
        """
        read, written = (self.git.run("remote", "get-url", *of, self.remote).out for of in ((), ("--push", "--all")))
        if not read or read.strip() in written.splitlines():
            return ""
        one = f"run git remote set-url --push {self.remote} with the address that it fetches"
        return f"git fetches {self.remote} from one repository and pushes to another; {one}"

    def holds(self, head: str, commit: str) -> bool:
        """Whether `commit` is `head`, or one of its ancestors as far as they are here."""
        return head == commit or self.git.run("merge-base", "--is-ancestor", commit, head).code == 0

    def follows(self, head: str, known: str) -> bool:
        """Whether `head` was built on `known`; in a shallow clone nobody can tell, and it counts as built on it."""
        return not known or self._is_shallow() or self.holds(head, known)

    def _identity(self) -> str:
        name, email = (self.git.run("config", key).line for key in ("user.name", "user.email"))
        clean = str.maketrans("", "", "<>\n\0")
        return f"{name.translate(clean)} <{email.translate(clean)}>" if name and email else NOBODY

    # -- reading

    def changed(self, old: str, new: str) -> dict[str, str | None] | None:
        """The files that differ from `old` to `new`: their new object by path, None for one that is gone.

        None where `old` is not here any more: then all must be read.
        """
        ended = self.git.run("diff-tree", "-r", "-z", "--no-renames", old, new)
        return _changes(ended.out) if ended.code == 0 else None

    def files(self, head: str, folder: str = "") -> dict[str, str]:
        """Every file of `head`, or of one folder of it: its object by path."""
        within = [folder] if folder else []
        out = self.git.ask("ls-tree", "-r", "-z", "--full-tree", head, *within)
        entries = (entry.decode(errors="replace").partition("\t") for entry in out.split(b"\0") if entry)
        return {path: about.split()[2] for about, _, path in entries}

    def read(self, objects: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
        """The content of each object, by its path. Raises StoreError where one is missing."""
        if not objects:
            return
        out = self.git.ask("cat-file", "--batch", given="".join(f"{oid}\n" for oid in objects.values()).encode())
        at = 0
        for path in objects:
            end = out.index(b"\n", at)
            about = out[at:end].split()
            if len(about) != 3:
                what = f"the shared state lacks {path}: the copy in this repository is damaged"
                raise StoreError(Problem("state-corrupt", what, f"run: git fetch --refetch {self.remote}"))
            size = int(about[2])
            yield path, out[end + 1 : end + 1 + size]
            at = end + 2 + size


def _changes(out: bytes) -> dict[str, str | None]:
    parts = out.split(b"\0")
    found: dict[str, str | None] = {}
    for about, path in zip(parts[::2], parts[1::2], strict=False):
        _, _, _, oid, status = about.decode().split()
        found[path.decode(errors="replace")] = None if status == "D" else oid
    return found


def _refusal(ended: Ended) -> str:
    """Why the remote did not take it: git's summary of the refused reference, else its last line, with what the
    remote itself said."""
    lines = [line for line in ended.out.decode(errors="replace").splitlines() if line.startswith("!")]
    why = plain(lines[0].split("\t")[-1]) if lines else ended.why
    said = [text for text in ended.from_remote if text not in why]
    return f"{why}; the remote says: {plain(' '.join(said))}" if said else why


def _kind(ended: Ended, refusal: str) -> Pushed:
    """Whether the remote forbids the push for good, or may take it later."""
    if any(said in refusal for said in _LOCKED):
        return Pushed.UNREACHABLE
    rejected = b"[remote rejected]" in ended.out
    return Pushed.FORBIDDEN if rejected or any(said in refusal.lower() for said in _DENIED) else Pushed.UNREACHABLE
