"""Do file events reach this machine? Pure: says so from the list of mounted file systems.

A file system whose files change on another machine, or in another kernel, tells nothing of it.
Source: Linux, Documentation/filesystems/proc.rst, "/proc/<pid>/mountinfo".
"""

from __future__ import annotations

from typing import Final

_SILENT: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "ncpfs", "9p", "virtiofs", "vboxsf", "prl_fs", "vmhgfs", "afs"}
    | {"ceph", "glusterfs", "lustre", "gfs2", "ocfs2", "beegfs", "drvfs", "coda", "davfs", "fakeowner", "fuseblk"}
)


def silent_kind(mountinfo: str, path: str) -> str:
    """The kind of the file system of `path`, if it reports no changes; else empty.

    mountinfo: the text of /proc/self/mountinfo. path: absolute, without links.
    """
    best, kind = "", ""
    for line in mountinfo.splitlines():
        fields, _, rest = line.partition(" - ")
        parts, kinds = fields.split(" "), rest.split(" ")
        if len(parts) < 5 or not kinds[0]:
            continue
        place = _unescaped(parts[4])
        if len(place) >= len(best) and _is_within(path, place):  # of two at one place the later one is on top
            best, kind = place, kinds[0]
    return kind if kind in _SILENT or kind.startswith("fuse.") else ""


def _is_within(path: str, place: str) -> bool:
    return place == "/" or path == place or path.startswith(f"{place}/")


def _unescaped(place: str) -> str:
    r"""Blanks and the like are written as `\040`."""
    for code, char in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        place = place.replace(code, char)
    return place
