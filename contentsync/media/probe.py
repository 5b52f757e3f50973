"""What does libmediainfo say of the tracks of a film? It runs in a process of its own: see mediainfo.py."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, Final

from contentsync.media import mediainfo
from contentsync.post import MediaFacts

#: The tracks of a film as libmediainfo names their values; None where it is not on this machine.
Tracks = Callable[[Path], list[dict[str, Any]] | None]
_NAMES: Final = {"win32": ("MediaInfo.dll",), "darwin": ("libmediainfo.0.dylib", "libmediainfo.dylib")}
_CODECS: Final = {"AVC": "h264", "HEVC": "h265", "VP8": "vp8", "VP9": "vp9", "AV1": "av1", "MPEG-4 Visual": "mpeg4"}


class Prober:
    """Asks a process that runs libmediainfo, started with the first question and again after one that it died of."""

    def __init__(self, deadline: float = 30.0) -> None:
        self._deadline = deadline
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def __call__(self, path: Path) -> list[dict[str, Any]] | None:
        """The tracks of a file; None where libmediainfo is not there, nothing where it fails or takes too long."""
        with self._lock:
            process = self._process or self._start()
            if process is None:
                return None
            told = self._ask(process, os.fsencode(path.absolute()).hex().encode() + b"\n")
        return _tracks(told)

    def close(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process:
            _end(process)

    def _start(self) -> subprocess.Popen[bytes] | None:
        # Without the folders of site-packages, which take a while to find: it imports nothing from there.
        command = [sys.executable, "-I", "-S", mediainfo.__file__, *libraries()]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("CONTENTSYNC_")}
        pipe = subprocess.PIPE
        self._process = process = subprocess.Popen(  # noqa: S603
            command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=environment
        )
        assert process.stdout
        return process if process.stdout.readline().strip() == b"true" else None

    def _ask(self, process: subprocess.Popen[bytes], question: bytes) -> bytes:
        assert process.stdin
        assert process.stdout
        timer = threading.Timer(self._deadline, process.kill)
        timer.start()
        try:
            process.stdin.write(question)
            process.stdin.flush()
            told = _answer(process.stdout)
        except OSError:
            told = None
        finally:
            timer.cancel()
        if told is None:
            _end(process)
            self._process = None
        return told or b""


def libraries() -> list[str]:
    """Where libmediainfo may be: in pymediainfo's wheel, else among the libraries of the system."""
    names = _NAMES.get(sys.platform, ("libmediainfo.so.0",))
    found = find_spec("pymediainfo")
    places = found.submodule_search_locations if found else None
    inside = [path for place in places or () for name in names if os.path.isfile(path := os.path.join(place, name))]  # noqa: PTH113, PTH118
    return inside or list(names)


def _answer(stream: IO[bytes]) -> bytes | None:
    """One answer: its size in a line, then as many bytes. None where it was cut short."""
    size = stream.readline()
    if not size.endswith(b"\n") or not size.strip().isdigit():
        return None
    told = stream.read(int(size))
    return told if len(told) == int(size) else None


def _tracks(told: bytes) -> list[dict[str, Any]]:
    try:
        tracks = json.loads(told)["media"]["track"]
    except (ValueError, KeyError, TypeError):
        return []
    return [track for track in tracks if isinstance(track, dict)] if isinstance(tracks, list) else []


def _end(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stdout):
        if stream:
            with contextlib.suppress(OSError):
                stream.close()
    process.kill()
    process.wait()


class Probers:
    """As many processes as are asked at the same time."""

    def __init__(self) -> None:
        self._idle: list[Prober] = []
        self._all: list[Prober] = []
        self._lock = threading.Lock()

    def __call__(self, path: Path) -> list[dict[str, Any]] | None:
        """As Prober."""
        with self._lock:
            prober = self._idle.pop() if self._idle else self._another()
        try:
            return prober(path)
        finally:
            with self._lock:
                self._idle.append(prober)

    def close(self) -> None:
        """End all processes."""
        with self._lock:
            for prober in self._all:
                prober.close()

    def _another(self) -> Prober:
        self._all.append(Prober())
        return self._all[-1]


tracks_of: Final = Probers()
atexit.register(tracks_of.close)


def film_track(tracks: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The track of the picture."""
    return next((track for track in tracks if track.get("@type") == "Video"), None)


def facts_of(container: str, video: dict[str, Any]) -> MediaFacts:
    """The facts of a film, its sides as they are shown."""
    width, height = _whole(video.get("Width")), _whole(video.get("Height"))
    if (decimal(video.get("Rotation")) or 0) % 180 == 90:
        width, height = height, width
    name = str(video.get("Format", ""))
    return MediaFacts(
        container,
        codec=_CODECS.get(name) or name.lower() or None,
        width=width,
        height=height,
        duration=decimal(video.get("Duration")) or None,
        frame_rate=decimal(video.get("FrameRate")),
    )


def decimal(value: object) -> float | None:
    """A number; None where it is none."""
    try:
        return float(str(value))
    except ValueError:
        return None


def _whole(value: object) -> int | None:
    number = decimal(value)
    return int(number) if number else None
