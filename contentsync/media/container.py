"""What kind is a file, by its first bytes and never by its name? Pure."""

from __future__ import annotations

from typing import Final

MP4_BOXES: Final = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
_BRANDS: Final = {
    b"qt  ": "mov",
    b"heic": "heic",
    b"heix": "heic",
    b"heim": "heic",
    b"heis": "heic",
    b"hevc": "heic",
    b"mif1": "heic",
    b"msf1": "heic",
    b"avif": "avif",
    b"avis": "avif",
}
_STARTS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF8", "gif"),
    (b"FLV\x01", "flv"),
    (b"OggS", "ogg"),
    (b"\x00\x00\x01\xba", "mpeg"),
    (b"BM", "bmp"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"%PDF", "pdf"),
)
FILMS: Final = frozenset({"mp4", "mov", "webm", "mkv", "avi", "flv", "ogg", "mpeg", "3gp"})
_SUFFIXES: Final[dict[str, tuple[str, ...]]] = {
    "mp4": (".mp4", ".m4v"),
    "mov": (".mov", ".qt"),
    "webm": (".webm",),
    "mkv": (".mkv",),
    "jpeg": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "webp": (".webp",),
    "png": (".png",),
    "gif": (".gif",),
    "heic": (".heic", ".heif"),
    "avif": (".avif",),
}
_NAMED: Final = frozenset(suffix for several in _SUFFIXES.values() for suffix in several)


def container_of(head: bytes) -> str | None:
    """The container by the first bytes of the file; None for one that is not known."""
    if head[4:8] in MP4_BOXES:
        brand = head[8:12] if head[4:8] == b"ftyp" else b"qt  "
        return "3gp" if brand[:2] == b"3g" else _BRANDS.get(brand, "mp4")
    if head[:4] == b"RIFF":
        return {b"WEBP": "webp", b"AVI ": "avi"}.get(head[8:12])
    if head[:4] == b"\x1aE\xdf\xa3":
        return "webm" if b"webm" in head[:64] else "mkv"
    return next((name for start, name in _STARTS if head.startswith(start)), None)


def is_misnamed(container: str, suffix: str) -> bool:
    """Whether a file's name says that it is of another kind."""
    return suffix.lower() in _NAMED and suffix.lower() not in _SUFFIXES.get(container, ())
