"""The process that runs libmediainfo: a path a line in; the size of its answer a line out, then the answer as JSON.

A program of its own, which imports nothing of contentsync: some spoilt files keep the library busy for ever, or end
the process it runs in, and neither may happen to a command.

The library comes with pymediainfo, but is called directly: pymediainfo imports modules for half of the time that this
process takes for one film, and opens the library again for each.
"""

import ctypes
import os
import sys

_SIZE, _TEXT, _HANDLE, _LONG = ctypes.c_size_t, ctypes.c_wchar_p, ctypes.c_void_p, ctypes.c_uint64
#: What each function gives and takes. Source: MediaInfoDLL.h of libmediainfo.
_FUNCTIONS = {
    "New": (_HANDLE, ()),
    "Option": (_TEXT, (_HANDLE, _TEXT, _TEXT)),
    "Open_Buffer_Init": (_SIZE, (_HANDLE, _LONG, _LONG)),
    "Open_Buffer_Continue": (_SIZE, (_HANDLE, ctypes.c_char_p, _SIZE)),
    "Open_Buffer_Continue_GoTo_Get": (_LONG, (_HANDLE,)),
    "Open_Buffer_Finalize": (_SIZE, (_HANDLE,)),
    "Inform": (_TEXT, (_HANDLE, _SIZE)),
    "Close": (None, (_HANDLE,)),
    "Delete": (None, (_HANDLE,)),
}
_OPTIONS = {"CharSet": "UTF-8", "Inform": "JSON", "Complete": "", "ParseSpeed": "0.5", "Cover_Data": ""}
_FINISHED = 8  # the bit of an answer that says that no more bytes are wanted
_NO_JUMP = 2**64 - 1
_BLOCK = 65_536


def main() -> None:
    """Answer every line until the input ends. The first line out says whether the library is there."""
    library = _library(sys.argv[1:])
    _write(b"false\n" if library is None else b"true\n")
    for line in sys.stdin.buffer:
        told = _told(library, os.fsdecode(bytes.fromhex(line.decode())))
        _write(b"%d\n" % len(told) + told)


def _library(paths: list[str]) -> ctypes.CDLL | None:
    """The first of these libraries that is there."""
    load = getattr(ctypes, "WinDLL", ctypes.CDLL)
    for path in paths:
        try:
            library: ctypes.CDLL = load(path)
            for name, (gives, takes) in _FUNCTIONS.items():
                function = getattr(library, f"MediaInfo_{name}")
                function.restype, function.argtypes = gives, takes
            return library
        except (OSError, AttributeError):
            continue
    return None


def _write(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _told(library: ctypes.CDLL | None, path: str) -> bytes:
    """What the library says of a file, as JSON; nothing where the file can't be read."""
    if library is None:
        return b""
    handle = library.MediaInfo_New()
    try:
        for name, value in _OPTIONS.items():
            library.MediaInfo_Option(handle, name, value)
        _feed(library, handle, path)
        return str(library.MediaInfo_Inform(handle, 0)).encode("utf-8", "replace")
    except OSError:
        return b""
    finally:
        library.MediaInfo_Close(handle)
        library.MediaInfo_Delete(handle)


def _feed(library: ctypes.CDLL, handle: int, path: str) -> None:
    """Give the library the parts of a file that it asks for. Raises OSError.

    Opened here, and not by the library, which can't spell every name.
    """
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        library.MediaInfo_Open_Buffer_Init(handle, size, 0)
        while block := file.read(_BLOCK):
            if library.MediaInfo_Open_Buffer_Continue(handle, block, len(block)) & _FINISHED:
                break
            jump = library.MediaInfo_Open_Buffer_Continue_GoTo_Get(handle)
            if jump != _NO_JUMP:
                library.MediaInfo_Open_Buffer_Init(handle, size, file.seek(jump))
        library.MediaInfo_Open_Buffer_Finalize(handle)


if __name__ == "__main__":
    main()
