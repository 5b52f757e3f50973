"""Which posts did a manifest declare when it was last read? Saves the parsing of files whose bytes are the same.

The danger: a wrong cache entry could post what nobody wrote. An entry may be damaged, from an older version, made for
other settings, or put into the repository by a stranger.

The rule: a keyed digest over the file's name, all its bytes and the kept text proves each entry. The key is a
secret of this user, mixed with the settings that the posts depend on and the version of this format. Each run reads
every manifest and computes every proof again; whatever does not match is parsed as if nothing had been kept. Only
files without problems are kept, so each run finds every problem again.

Media count as unchanged only while the stat of each file is the one under which its bytes were hashed; otherwise the
manifest is parsed again and the media are hashed again.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, Protocol

from contentsync import __version__
from contentsync.errors import Place
from contentsync.manifest.zones import state_of
from contentsync.media.look import LOOK_VERSION, MediaCache, StatKey
from contentsync.post import DesiredPost, Disclosure, Interaction, Kind, Media, MediaFacts, Mode, Privacy
from contentsync.settings import Settings

#: Raised when the same bytes would give another post, or the same post another text.
VERSION: Final = 2
_MICROSECOND: Final = timedelta(microseconds=1)
_FACTS: Final = tuple(one.name for one in fields(MediaFacts))
_EXPECTED: Final = (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError)


class Memory(Protocol):
    """Where texts are kept, by the name of their manifest. A miss only means: parse it."""

    #: What this user alone knows, on this machine alone.
    secret: bytes

    def recall(self, names: Sequence[str]) -> Mapping[str, tuple[bytes, str]]:
        """The proofs and texts of these manifests, as far as they are kept."""
        ...

    def keep(self, name: str, proof: bytes, text: str) -> None:
        """Keep the text of a manifest."""
        ...


class Remembered:
    """What is kept of the manifests of one project, under its present settings."""

    def __init__(self, root: Path, settings: Settings, memory: Memory, looks: MediaCache, *, is_near: bool) -> None:
        """looks: what was seen in media, by their stat. is_near: as in Attachments."""
        self._root, self._memory, self._looks = root, memory, looks
        self._real_root = os.path.realpath(root)
        self._key = blake2b(_frame(settings, is_near), key=memory.secret).digest()
        self._texts: Mapping[str, tuple[bytes, str]] = {}
        self._inside: dict[str, bool] = {}

    def look_up(self, names: Sequence[str]) -> None:
        """Fetch what is kept of these manifests, before they are asked for one by one."""
        self._texts = self._memory.recall(names)

    def posts(self, name: str, data: bytes) -> list[DesiredPost] | None:
        """The posts of a manifest with these bytes, which have no problem at all; None where it must be parsed."""
        proof, text = self._texts.get(name, (b"", ""))
        if not text or proof != self._proof(name, data, text):
            return None
        try:
            told = json.loads(text)
            if not all(self._is_untouched(item) for post in told for item in post[4]):
                return None
            return [_post(post, name) for post in told]
        except _EXPECTED:
            return None

    def keep(self, name: str, data: bytes, posts: Sequence[DesiredPost]) -> None:
        """Keep the posts of a manifest that has no problem, if all their media can be recognised by their stat."""
        told = []
        for post in posts:
            media = [self._told(item) for item in post.media]
            if None in media or (not media and not post.post_id):
                return
            told.append(_told_post(post, media))
        text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        try:
            self._memory.keep(name, self._proof(name, data, text), text)
        except UnicodeError:
            return  # a lone surrogate: parsed each time

    def _proof(self, name: str, data: bytes, text: str) -> bytes:
        said, kept = name.encode("utf-8", "surrogatepass"), text.encode("utf-8", "surrogatepass")
        lengths = b"%d %d %d " % (len(said), len(data), len(kept))
        return blake2b(b"".join((lengths, said, data, kept)), key=self._key, digest_size=32).digest()

    def _told(self, item: Media) -> list[Any] | None:
        """A file or URL as text; None where nothing tells that the file is untouched."""
        if item.url:
            return ["", item.url, "", 0, None, None]
        if item.pointer or not item.path.isascii():
            return None  # how the disk spells it is looked up each time
        key = _stat(f"{self._root}/{item.path}")
        look = self._looks.get(self._root / item.path, key) if key else None
        if look is None or look.sha256 != item.sha256:
            return None
        facts = item.facts and [getattr(item.facts, name) for name in _FACTS]
        return [item.path, "", item.sha256, item.size, facts, key]

    def _is_untouched(self, item: list[Any]) -> bool:
        if item[1]:
            return True
        path = item[0]
        folder = path.rpartition("/")[0]
        if folder not in self._inside:
            real = os.path.realpath(f"{self._root}/{folder}")
            self._inside[folder] = real == self._real_root or real.startswith(self._real_root.rstrip(os.sep) + os.sep)
        return self._inside[folder] and _stat(f"{self._root}/{path}") == tuple(item[5])


def _stat(path: str) -> StatKey | None:
    """The key of a regular file, which is no link; None for anything else."""
    try:
        found = os.lstat(path)
    except (OSError, ValueError):
        return None
    return StatKey.of(found) if stat.S_ISREG(found.st_mode) else None


def _frame(settings: Settings, is_near: bool) -> bytes:
    """All but the manifest and its media that a declared post, or a problem of one, depends on."""
    given = settings.defaults
    values = [
        VERSION,
        LOOK_VERSION,
        __version__,
        settings.timezone,
        is_near,
        [(a.name, a.mode, a.timezone, state_of(a.timezone), len(a.slots)) for a in settings.accounts.values()],
        [sorted(given.allow), sorted(given.disclosure), given.ai_generated, given.mode, str(given.grace)],
    ]
    return json.dumps(values, separators=(",", ":")).encode()


def _told_post(post: DesiredPost, media: list[Any]) -> list[Any]:
    return [
        post.account,
        post.name,
        post.kind,
        post.mode,
        media,
        post.caption,
        post.title,
        post.privacy,
        sorted(post.allow),
        sorted(post.disclosure),
        post.ai_generated,
        post.auto_music,
        post.cover,
        post.publish_at and post.publish_at.isoformat(),
        post.next_slot,
        post.grace // _MICROSECOND,
        post.expires_at and post.expires_at.isoformat(),
        post.hold,
        post.generation,
        post.moved_from,
        post.post_id,
        (post.where.line, post.where.column),
        [(key, place.line, place.column) for key, place in post.places],
        post.lists_photos,
    ]


def _post(told: list[Any], file: str) -> DesiredPost:
    return DesiredPost(
        told[0],
        told[1],
        _KINDS[told[2]],
        _MODES[told[3]],
        tuple([_media(item) for item in told[4]]),
        told[5],
        told[6],
        told[7] and Privacy(told[7]),
        frozenset(map(Interaction, told[8])),
        frozenset(map(Disclosure, told[9])),
        told[10],
        told[11],
        told[12],
        told[13] and datetime.fromisoformat(told[13]),
        told[14],
        told[15] * _MICROSECOND,
        told[16] and datetime.fromisoformat(told[16]),
        told[17],
        told[18],
        told[19],
        told[20],
        Place(file, *told[21]),
        tuple([(key, Place(file, line, column)) for key, line, column in told[22]]),
        told[23],
    )


def _media(told: list[Any]) -> Media:
    return Media(told[0], told[1], told[2], told[3], told[4] and MediaFacts(*told[4]))


_KINDS: Final = {str(kind): kind for kind in Kind}
_MODES: Final = {str(mode): mode for mode in Mode}
