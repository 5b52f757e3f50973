"""How is a small picture of a media file made, for a page? By another program, since the file may be hostile.

PyAV (the extra `preview`) where it is installed, else ffmpeg, else none. Either gets the file's absolute path as a
`file:` address, so that no name is taken for an option or another protocol; reads it as the format that its content
says, so that a playlist in a film's clothes opens nothing; and has bounded time, memory and output. No shell, none of
our environment.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import threading
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from contentsync.frozen import frozen
from contentsync.media import frame

SECONDS: Final = 10.0
MOST: Final = 60_000  # bytes of a picture; at its size only noise takes more
#: Containers, by what both programs call their format.
FORMATS: Final = {
    "mp4": "mov",
    "mov": "mov",
    "webm": "matroska",
    "jpeg": "jpeg_pipe",
    "png": "png_pipe",
    "webp": "webp_pipe",
}
NO_PROGRAM: Final = "no preview: install ffmpeg, or contentsync[preview]"
NOT_READ: Final = "no preview: the file could not be decoded"
_ENVIRONMENT: Final = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "TMPDIR", "TEMP")


@frozen
class Painter:
    """Makes pictures with one of the two programs."""

    #: The path of ffmpeg; empty for PyAV.
    ffmpeg: str = ""
    seconds: float = SECONDS

    def draw(self, path: Path, container: str, at: float) -> bytes:
        """The frame at a time, or the photo, as a small JPEG. Empty where none could be made."""
        form = FORMATS.get(container)
        if form is None:
            return b""
        data = _output(self._command(form, at, os.path.abspath(path)), self.seconds)  # noqa: PTH100
        return data if data[:2] == b"\xff\xd8" and len(data) <= MOST else b""

    def _command(self, form: str, at: float, path: str) -> list[str]:
        if not self.ffmpeg:
            return [sys.executable, "-P", "-m", frame.__name__, form, repr(at), path]
        fit = f"scale={frame.WIDTH}:{frame.HEIGHT}:force_original_aspect_ratio=decrease:force_divisible_by=2"
        begin = [self.ffmpeg, "-nostdin", "-loglevel", "quiet", "-threads", "1", "-protocol_whitelist", "file"]
        seek = ["-ss", f"{at:.3f}"] if at else []
        read = ["-max_pixels", str(frame.PIXELS), "-f", form, *seek, "-i", f"file:{path}"]
        write = ["-map", "0:v:0", "-frames:v", "1", "-vf", fit, "-threads", "1", "-c:v", "mjpeg", "-q:v", "6"]
        return [*begin, *read, *write, "-pix_fmt", "yuvj420p", "-f", "image2pipe", "pipe:1"]


def painter() -> Painter | None:
    """The program that makes pictures on this machine; None if there is none."""
    if find_spec("av"):
        return Painter()
    found = shutil.which("ffmpeg")
    if found is None or not Path(found).is_absolute() or Path(found).parent == Path.cwd():
        return None  # Windows looks into the current folder first, which may be a stranger's repository
    return Painter(found)


def _output(command: list[str], seconds: float) -> bytes:
    """What a program writes, up to a bound. It is killed once its time is over, or it writes more."""
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    quiet = subprocess.DEVNULL
    try:
        program = subprocess.Popen(  # noqa: S603 - no shell; see above for the arguments
            command, stdin=quiet, stdout=subprocess.PIPE, stderr=quiet, env=environment, cwd=os.path.sep
        )
    except OSError:
        return b""
    assert program.stdout is not None
    _restrict(program.pid)
    timer = threading.Timer(seconds, program.kill)
    timer.start()
    try:
        with program:
            data = program.stdout.read(MOST + 1)
            if len(data) > MOST:
                program.kill()
    finally:
        timer.cancel()
    return data if program.returncode == 0 else b""


def _restrict(pid: int) -> None:
    """Limit another process, if the system can; one that has ended needs no limit."""
    try:
        import resource

        limit = resource.prlimit
    except (ImportError, AttributeError):
        return
    most = ((resource.RLIMIT_AS, frame.MEMORY), (resource.RLIMIT_CPU, 15), (resource.RLIMIT_FSIZE, 0))
    with contextlib.suppress(OSError, ValueError):
        for what, value in most:
            limit(pid, what, (value, value))
