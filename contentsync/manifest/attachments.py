"""Which files does a manifest mean by video and photos? Paths that stay inside the project, and https URLs.

media/ reads the content of a file; media_rules.py knows what TikTok accepts.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Final

from contentsync.errors import Level, Problem
from contentsync.manifest import pointers
from contentsync.manifest.document import Document
from contentsync.manifest.document import Path as KeyPath
from contentsync.manifest.files import odd_name
from contentsync.manifest.wording import did_you_mean, printable, shown
from contentsync.media.look import MediaLook, MediaReader, Sent
from contentsync.natural_order import natural
from contentsync.post import ABSENT, Media

_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_HTTPS: Final = re.compile(r"https://([^\s/?#\\]+)(?:[/?#][^\s\\]*)?")  # a \ is a / to some, and none to others
_LABEL: Final = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_DOMAIN: Final = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}\.?(?::(?P<port>[0-9]{{1,5}}))?")
_LONGEST_URL: Final = 2_048
_HIGHEST_PORT: Final = 65_535
_NEAR: Final = re.compile(r"https?://(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]{1,5})?(?:/[^\s#]*)?")
_WITH_NAME: Final = re.compile(r"[^/]*//[^/?#]*@")
_ADDRESS: Final = re.compile(r"(?:[0-9]+(?:\.[0-9]+){3}|\[.*\])(?::[0-9]+)?")
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_LONGEST_PATH: Final = 1_024  # the shortest limit among the systems in use
_NAMES_COMPARED: Final = 500  # of a folder, in search of what a missing file may be called
_MISSING_COMPARED: Final = 1_000  # missing files of a run: the clips of all that is out may be deleted
_ANOTHER: Final = frozenset({"photos", "generation", "moved_from", "post_id"})
_TEXTS: Final = (".yaml", ".yml", ".md", ".json")
_FILES_A_WORKER: Final = 8  # a worker starts a process of its own for films, which costs as much as reading a few
_LARGE: Final = 1 << 24  # bytes; hashing such a file takes as long as starting a worker
_ABSENT: Final = frozenset({"media-not-found", "media-dvc-pointer", "media-annex-pointer"})
OnProgress = Callable[[str, int, int], None]
_PICTURES: Final = (".jpg", ".jpeg", ".webp", ".png", ".gif", ".heic", ".heif", ".avif", ".bmp", ".tif", ".tiff")


_NOTHING_SENT: Final[Mapping[str, Sent | None]] = {}
#: Gives what the post of a key was sent with, where it is settled; None for any other post.
SentBy = Callable[[str], Sent | None]


class Attachments:
    """Finds and reads media. One for each run, so that each folder is checked once.

    root: the project. reader: looks into a file. is_near: the API is a stand-in on this machine, which fetches from
    this machine too, and without TLS. sent_by: what the post of a key was sent with, once it is settled.
    """

    def __init__(
        self,
        root: Path,
        reader: MediaReader,
        is_near: bool = False,
        on_progress: OnProgress | None = None,
        sent_by: SentBy = lambda _: None,
    ) -> None:
        """on_progress: told of what is done, how many files, and of how many."""
        self._root = root
        self._on_progress = on_progress
        self._read = 0
        #: How many further files are expected, for the progress alone.
        self.expected = 0
        self._real_root = os.path.realpath(root)
        self._reader = reader
        self._is_near = is_near
        self._sent_by = sent_by
        #: The files of settled posts that were not looked into, because they have the bytes that were sent.
        self.hashed_only: set[str] = set()
        self._inside: dict[str, bool] = {}
        self._looks: dict[str, MediaLook] = {}
        self._entries: dict[str, list[str]] = {}
        self._missing = 0

    @cached_property
    def _git_prefix(self) -> str:
        return pointers.git_prefix(self._root.absolute())

    def read_ahead(self, documents: Sequence[Document]) -> None:
        """Look into all files that these documents name, several at a time; `item` and `folder` do so one by one."""
        sent: dict[str, Sent | None] = {}
        for document in documents:
            known = self._sent(document)
            for name in self._named(document):
                sent[name] = known if sent.get(name, known) == known else None
        self.read_files(sent, sent)

    def read_files(self, files: Iterable[str], sent: Mapping[str, Sent | None] = _NOTHING_SENT) -> None:
        """Look into these files, from the root, several at a time. sent: what settled posts sent of them."""
        names = [name for name in dict.fromkeys(files) if name not in self._looks]
        workers = self._workers(names)
        if workers < 2:
            return
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(workers) as pool:
            looks = pool.map(lambda name: self._reader.read(self._root / name, sent.get(name)), names)
            for number, (name, look) in enumerate(zip(names, looks, strict=True), 1):
                self._looks[name] = look
                self._tell_progress(number, len(names) + self.expected)
            self._read += len(names)

    def _workers(self, names: Sequence[str]) -> int:
        """How many files are read at the same time: as many as there are cores, if that saves time."""
        cores, many = os.cpu_count() or 1, len(names) // _FILES_A_WORKER
        if many >= cores or len(names) < 2:
            return min(cores, many)
        large = sum(_size(f"{self._root}/{name}") >= _LARGE for name in names)
        return min(cores, max(many, large))

    def end_progress(self) -> None:
        """Tell that all files are read."""
        if self._read:
            self._tell_progress(0, 0)

    def _tell_progress(self, done: int, total: int) -> None:
        """done, total: beyond the files that were read before."""
        if self._on_progress:
            self._on_progress("Reading files", self._read + done, self._read + total)

    def _named(self, document: Document) -> Iterator[str]:
        """The files that a document names plainly, from the root."""
        folder = document.file.rpartition("/")[0]
        video, photos = document.value.get("video"), document.value.get("photos")
        for text in (video, *(photos if isinstance(photos, list) else ())):
            if isinstance(text, str) and text.isascii() and not _URL.match(text) and not _path_problem(text):
                name = os.path.normpath(f"{folder}/{text}" if folder else text).replace(os.sep, "/")
                if self._stays_inside(name):
                    yield name

    def item(self, document: Document, text: str, path: KeyPath) -> Media | None:
        """The file or URL that `text` names; None if it can't be used; the document then has the problem."""
        if _URL.match(text):
            problem = None if self._is_near and _NEAR.fullmatch(text) else _url_problem(text)
            self._told(document, path, problem)
            return None if problem else Media(url=text)
        name = self._name(document, text, path)
        if name is None:
            return None
        look = self._look(name, self._sent(document))
        told = [self._with_hint(problem, name) for problem in look.problems]
        for problem in told:
            document.add(problem, path)
        is_absent = any(problem.code in _ABSENT for problem in told)
        return Media(path=name, pointer=ABSENT) if is_absent else _media(name, look)

    def _look(self, name: str, sent: Sent | None) -> MediaLook:
        known = self._looks.get(name)
        if known is None or not (known.is_probed or known.of_sent(sent)):
            known = self._looks[name] = self._reader.read(self._root / name, sent)
        look = known.of_sent(sent) or known
        if not look.is_probed:
            self.hashed_only.add(name)
        return look

    def _sent(self, document: Document) -> Sent | None:
        """What all posts of a document were sent with, where it declares settled posts of one video.

        A key that means another post, or the same post once more, is rare: then the file is looked into.
        """
        value = document.value
        name, account, several = value.get("name"), value.get("account"), value.get("accounts")
        if document.problems or "video" not in value or value.keys() & _ANOTHER or not isinstance(name, str):
            return None
        accounts = [account] if isinstance(account, str) else several
        if not isinstance(accounts, list) or (account is not None and several is not None):
            return None
        found = {self._sent_by(f"{one}/{name}") for one in accounts}
        return found.pop() if len(found) == 1 else None

    def folder(self, document: Document, text: str, path: KeyPath) -> list[Media]:
        """The pictures in the folder that `text` names, 2 before 10; hidden files and folders are left out."""
        if _URL.match(text):
            problem = Problem("photos-not-a-folder", "photos is one URL, not a list", "write it in [ ]")
            self._told(document, path, problem)
            return []
        name = self._name(document, text.rstrip("/") or "/", path)
        if name is None:
            return []
        try:
            found = sorted(filter(_is_picture, _names(self._root / name)), key=natural)
        except OSError as err:
            kept = pointers.absent_problem(self._root, name) if isinstance(err, FileNotFoundError) else None
            self._told(document, path, kept or _folder_problem(text, err))
            return []
        odd = next((entry for entry in found if printable(entry) != entry), None)
        if odd:
            self._told(document, path, odd_name(odd))
            return []
        if not found:
            problem = Problem("photos-empty", f"{shown(text)} contains no pictures", "add JPEG or WebP files")
            self._told(document, path, problem)
        items = [self.item(document, f"{text.rstrip('/')}/{entry}", path) for entry in found]
        return [item for item in items if item]

    def _told(self, document: Document, path: KeyPath, problem: Problem | None) -> None:
        if problem:
            document.refuse(problem, path)

    def _name(self, document: Document, text: str, path: KeyPath) -> str | None:
        """`text` as a path from the root; None if it leads out of the project."""
        problem = _path_problem(text)
        folder = document.file.rpartition("/")[0]
        name = os.path.normpath(f"{folder}/{text}" if folder else text).replace(os.sep, "/")
        if not problem and not self._stays_inside(name):
            problem = pointers.outside_problem(self._root, name, shown(text))
        self._told(document, path, problem)
        return None if problem else self._spelt(name)

    def _spelt(self, name: str) -> str:
        """`name` as the disk spells it: `é` may be one character in a manifest, and two in a name from a Mac."""
        if name.isascii() or os.path.lexists(self._root / name):
            return name
        found = ""
        for part in name.split("/"):
            wanted = unicodedata.normalize("NFC", part)
            same = [one for one in self._listing(found) if unicodedata.normalize("NFC", one) == wanted]
            found += ("/" if found else "") + (same[0] if len(same) == 1 and part not in same else part)
        return found

    def _listing(self, folder: str) -> list[str]:
        """The names in a folder below the project; none where it can't be read."""
        if folder not in self._entries:
            try:
                self._entries[folder] = _names(self._root / folder)
            except (OSError, ValueError):
                self._entries[folder] = []
        return self._entries[folder]

    def _stays_inside(self, name: str) -> bool:
        folder, _, _ = name.rpartition("/")
        if folder not in self._inside:
            self._inside[folder] = self._is_below(os.path.realpath(self._root / folder))
        if not self._inside[folder]:
            return False
        path = f"{self._root}/{name}"
        return not os.path.islink(path) or self._is_below(os.path.realpath(path))  # noqa: PTH114

    def _is_below(self, real: str) -> bool:
        return real == self._real_root or real.startswith(self._real_root.rstrip(os.sep) + os.sep)

    def _with_hint(self, problem: Problem, name: str) -> Problem:
        """Of a missing file: what keeps it elsewhere, or which one may be meant."""
        if problem.code == "media-lfs-pointer" and problem.level is Level.NOTE:
            return pointers.lfs_problem(name, self._git_prefix)
        if problem.code != "media-not-found":
            return problem
        if absent := pointers.absent_problem(self._root, name):
            return absent
        folder, _, wanted = name.rpartition("/")
        self._missing += 1
        if self._missing > _MISSING_COMPARED:
            return problem
        near = did_you_mean(wanted, [n for n in self._listing(folder) if not n.endswith(_TEXTS)][:_NAMES_COMPARED])
        return Problem(problem.code, problem.what, near or problem.hint)


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116
    except (OSError, ValueError):
        return 0


def _names(folder: Path) -> list[str]:
    return [entry.name for entry in folder.iterdir()]


def _media(name: str, look: MediaLook) -> Media | None:
    if not look.sha256:
        return None
    pointer = pointers.LFS if any(problem.code == "media-lfs-pointer" for problem in look.problems) else ""
    return Media(path=name, sha256=look.sha256, size=look.size, facts=look.facts, pointer=pointer)


def _is_picture(name: str) -> bool:
    return not name.startswith(".") and name.lower().endswith(_PICTURES)


def _folder_problem(text: str, err: OSError) -> Problem:
    if isinstance(err, FileNotFoundError):
        return Problem(
            "media-not-found", f"the folder {shown(text)} does not exist", "fix the path, or add the folder"
        )
    if isinstance(err, NotADirectoryError):
        return Problem("photos-not-a-folder", f"{shown(text)} is a file, not a folder", "write it in [ ]")
    return Problem("media-unreadable", f"the folder {shown(text)} can't be read", "make the folder readable")


def _path_problem(text: str) -> Problem | None:
    if len(text) > _LONGEST_PATH:
        return Problem("path-too-long", f"the path has {len(text):,} characters", "shorten it")
    if "\\" in text:
        return Problem("path-backslash", f"{shown(text)} contains a backslash", "write / between folders")
    if text.startswith("/") or _DRIVE.match(text):
        return Problem("path-absolute", f"{shown(text)} is an absolute path", "write it from the manifest's folder")
    if ".." in text.split("/"):
        return Problem("path-parent", f"{shown(text)} goes up with ..", "put the file beside or below the manifest")
    return None


def _url_problem(url: str) -> Problem | None:
    if _WITH_NAME.match(url):
        return Problem("url-with-password", "the URL contains a user name or a password", "use a URL that needs none")
    match = _HTTPS.fullmatch(url)
    if not match:
        return Problem("url-not-https", f"{shown(url)} is not an https address", "TikTok fetches only https")
    if _ADDRESS.fullmatch(match[1]):
        return Problem("url-without-domain", "the URL has an IP address as its host", "TikTok needs a domain name")
    if len(url) > _LONGEST_URL:
        return Problem(
            "url-malformed", f"the URL has {len(url):,} characters", f"use one of at most {_LONGEST_URL:,}"
        )
    domain = _DOMAIN.fullmatch(match[1])
    if domain is None or int(domain["port"] or 443) > _HIGHEST_PORT:
        what = f"{shown(url)[:200]} names no host on the web"
        return Problem("url-malformed", what, "write https://HOST/PATH with the host's full name")
    return None
