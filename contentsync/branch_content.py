"""What does a branch of the remote declare? Read from the remote's own commit, never from the files on this disk.

The danger: the work tree, the index, HEAD and the local branches can hold anything, and so can a branch that somebody
proposes. The rule: the commit comes from the remote, by a fetch to a reference of our own. All that decides what
would be sent is read from that commit: the project file with its accounts, zones and defaults, the manifests, and the
media, which are hashed as git holds them. They are written to a folder of their own that vanishes afterwards, so the
reader of manifests works on them as on any project; links are left out, because they could lead out of it.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import Final

from contentsync.errors import Level, Problem, StoreError
from contentsync.frozen import frozen
from contentsync.manifest.files import would_find
from contentsync.manifest.load import Loaded, load, load_settings
from contentsync.media.disk import DiskReader
from contentsync.media.look import MediaLook, Sent
from contentsync.post import DesiredPost
from contentsync.settings import ApproveBy, Settings
from contentsync.standard_paths import PROJECT_FILE
from contentsync.store.git.branch import Branch
from contentsync.trust import UserSays

_LINK: Final = "120000"
_SMALL: Final = 1_024  # a file of this size may be a pointer of Git LFS
_TEXT: Final = 1_048_577  # one byte more than a manifest may have
_NOT_READ: Final = MediaLook(1, "0" * 64)


@frozen
class Blob:
    """A regular file of a commit."""

    oid: str
    size: int


@frozen
class Declared:
    """What one commit of a branch declares."""

    branch: str
    commit: str
    author: str
    settings: Settings
    #: Those that were asked for, sound ones only, by key.
    posts: Mapping[str, DesiredPost] = field(default_factory=dict)
    #: The keys of posts that have errors there.
    faulty: frozenset[str] = frozenset()


#: What this process read already. A commit and a blob never change, and `watch` asks once a minute.
_digests: dict[str, str] = {}
_declared: dict[tuple[object, ...], Declared] = {}


@frozen
class BranchContent:
    """The content of one branch, as the remote has it."""

    branch: Branch
    environ: Mapping[str, str]
    user: UserSays

    def declared(self, keys: Iterable[str]) -> Declared:
        """What the branch declares for these posts. Raises StoreError if that can't be read."""
        fetched = self.branch.fetch()
        if fetched.why or not fetched.head:
            raise _unread(self.branch, fetched.why or "there is no such branch")
        with tempfile.TemporaryDirectory(prefix="contentsync-branch-") as folder:
            tree = _Tree(self.branch, fetched.head, Path(folder))
            settings = tree.settings(self.environ, self.user)
            self._refuse_chosen_by_itself(settings)
            return self._read(tree, fetched.head, settings, frozenset(keys))

    def _read(self, tree: _Tree, commit: str, settings: Settings, keys: frozenset[str]) -> Declared:
        given = hash(frozenset(self.environ.items()))
        known = (self.branch.git.folder, self.branch.remote, self.branch.name, commit, keys, given, self.user)
        if known not in _declared:
            found = tree.posts(settings, keys, self.environ, self.user)
            author = self.branch.git.run("show", "-s", "--format=%an <%ae>", commit).line
            _declared.clear()  # only the last one is asked for again
            _declared[known] = replace(found, author=author)
        return _declared[known]

    def _refuse_chosen_by_itself(self, settings: Settings) -> None:
        """A branch counts only where the remote's default branch says so: else a proposal would approve itself."""
        default = self._default_branch()
        if default != self.branch.name:
            other = replace(self.branch, name=default)
            fetched = other.fetch()
            if not fetched.head:
                raise _unread(other, fetched.why or "there is no such branch")
            with tempfile.TemporaryDirectory(prefix="contentsync-branch-") as folder:
                settings = _Tree(other, fetched.head, Path(folder)).settings(self.environ, self.user)
        if not _names(settings.approve_by, self.branch.name):
            where = f"{self.branch.remote}/{default}"
            what = (
                f"watch.approve on {where} does not name branch {self.branch.name}, so that branch approves nothing"
            )
            hint = f"merge `watch: {{approve: {{branch: {self.branch.name}}}}}` into {where} first"
            raise StoreError(Problem("approve-branch-not-chosen", what, hint))

    def _default_branch(self) -> str:
        """The remote's default branch. Raises StoreError if it names none: any branch could approve itself."""
        listed = self.branch.git.remote("ls-remote", "--symref", self.branch.remote, "HEAD")
        if listed.code != 0:
            raise _unread(self.branch, listed.why)
        line = listed.line
        if not line.startswith("ref: refs/heads/"):
            raise StoreError(_without_default(self.branch))
        return line.removeprefix("ref: refs/heads/").partition("\t")[0]


def _names(chosen: ApproveBy, branch: str) -> bool:
    return chosen.branch == branch


class _Tree:
    """The project in one commit, laid out in a folder of its own: texts whole, other files empty."""

    def __init__(self, branch: Branch, commit: str, folder: Path) -> None:
        self._branch, self._commit, self._folder = branch, commit, folder
        self._put_already: set[str] = set()
        self._files = self._listed()

    def _listed(self) -> dict[str, Blob]:
        """The regular files of the project, by their path from its root."""
        git = self._branch.git
        prefix = git.ask("rev-parse", "--show-prefix").decode(errors="replace").rstrip("\n")
        within = [prefix] if prefix else []
        out = git.ask("ls-tree", "-r", "-z", "-l", "--full-tree", self._commit, *within)
        found = {}
        for entry in filter(None, out.split(b"\0")):
            about, _, path = entry.decode(errors="surrogateescape").partition("\t")
            mode, kind, oid, size = about.split()
            name = path.removeprefix(prefix)
            if kind == "blob" and mode != _LINK and _is_plain(name):
                found[name] = Blob(oid, int(size))
        return found

    def settings(self, environ: Mapping[str, str], user: UserSays) -> Settings:
        """The project file. Raises StoreError where it is missing or has errors."""
        self._lay_out([PROJECT_FILE] if PROJECT_FILE in self._files else [])
        settings, problems = load_settings(self._folder, environ, user)
        errors = [problem for problem in problems if problem.level is Level.ERROR]
        if settings is None or errors:
            why = errors[0].what if errors else "it can't be read"
            raise _unread(self._branch, f"{PROJECT_FILE} there: {why}")
        return settings

    def posts(self, settings: Settings, keys: frozenset[str], environ: Mapping[str, str], user: UserSays) -> Declared:
        """What is declared for these keys; media are hashed for them only."""
        texts = [
            name for name, blob in self._files.items() if blob.size <= _TEXT and would_find(settings.manifests, name)
        ]
        self._lay_out(texts)
        self._mark(self._files.keys() - set(texts) - {PROJECT_FILE})
        every = load(self._folder, environ, probe=_NoReader(), user=user)
        wanted = sorted({post.where.file for post in every.posts if post.key in keys})
        doubtful = {one.key for one in every.faulty}
        paths = [self._folder / name for name in wanted]
        read = load(self._folder, environ, paths, probe=_BlobReader(self), user=user) if paths else Loaded(settings)
        posts = {post.key: post for post in read.posts if post.key in keys - doubtful}
        faulty = frozenset(doubtful | {one.key for one in read.faulty}) & keys
        return Declared(self._branch.name, self._commit, "", settings, posts, faulty)

    def blob(self, path: Path) -> Blob | None:
        return self._files.get(path.relative_to(self._folder).as_posix())

    def sha256(self, blob: Blob) -> str:
        if blob.oid not in _digests:
            found = hashlib.sha256()
            for block in self._branch.git.stream("cat-file", "blob", blob.oid):
                found.update(block)
            _digests[blob.oid] = found.hexdigest()
        return _digests[blob.oid]

    def lay_out(self, path: Path) -> None:
        """Put the file itself in its place."""
        self._lay_out([path.relative_to(self._folder).as_posix()])

    def _lay_out(self, names: Iterable[str]) -> None:
        objects = {name: self._files[name].oid for name in names}
        for name, content in self._branch.read(objects):
            self._put(name, content)

    def _mark(self, names: Iterable[str]) -> None:
        """Empty files in place of media, so that a folder of photos has its names."""
        for name in names:
            self._put(name, b"")

    def _put(self, name: str, content: bytes) -> None:
        target = self._folder / name
        try:
            if name not in self._put_already and target.exists():
                raise _unread(self._branch, f"this disk takes {name} for another file of the same name")
            self._put_already.add(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        except (OSError, ValueError) as err:
            why = getattr(err, "strerror", None) or "its name can't be used here"
            raise _unread(self._branch, f"{name.encode(errors='replace').decode()}: {why}") from err


def _is_plain(name: str) -> bool:
    """Whether a path of a tree stays below the folder that it is written to."""
    parts = name.split("/")
    return "\\" not in name and all(part not in {"", ".", ".."} and part.lower() != ".git" for part in parts)


class _NoReader:
    """Accepts every file as it is, for a first look at the declarations."""

    def read(self, path: Path, sent: Sent | None = None) -> MediaLook:  # noqa: ARG002  (of a protocol)
        return _NOT_READ


class _BlobReader:
    """Reads media as git holds them."""

    def __init__(self, tree: _Tree) -> None:
        self._tree = tree

    def read(self, path: Path, sent: Sent | None = None) -> MediaLook:  # noqa: ARG002  (of a protocol)
        """The size and digest; a small file is looked into, because it may be a pointer."""
        blob = self._tree.blob(path)
        if blob is None or blob.size <= _SMALL:
            if blob:
                self._tree.lay_out(path)
            return DiskReader().read(path)
        return MediaLook(blob.size, self._tree.sha256(blob))


def _without_default(branch: Branch) -> Problem:
    what = f"{branch.remote} names no default branch, so nothing says that branch {branch.name} may approve"
    hint = f"choose a default branch there; in a bare repository: git symbolic-ref HEAD refs/heads/{branch.name}"
    return Problem("approve-branch-not-chosen", what, hint)


def _unread(branch: Branch, why: str) -> StoreError:
    what = f"branch {branch.name} of {branch.remote} can't be read: {why}"
    hint = "nothing new is approved by it until then; check: git fetch"
    return StoreError(Problem("approve-branch-unread", what, hint))
