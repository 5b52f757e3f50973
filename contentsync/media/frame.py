"""How is one frame of a file made into a small JPEG? A program of its own: FORMAT SECONDS FILE, the JPEG on stdout.

The file may be hostile, and decoders have faults. So they work in a process that has no more memory, time or right to
write than a frame needs, and that reads the file as the one format that its first bytes tell.
"""

from __future__ import annotations

import contextlib
import sys
from fractions import Fraction
from typing import Any

WIDTH, HEIGHT = 240, 426  # at most
MEMORY = 2_000_000_000  # of address space; what a decoder's libraries take is in it
PIXELS = 40_000_000


def main() -> None:
    form, seconds, path = sys.argv[1:]
    import av

    restrict()
    sys.stdout.buffer.write(_jpeg(av, _frame(av, form, float(seconds), path)))


def restrict() -> None:
    """Limit this process's memory, time and files, if the system can."""
    try:
        import resource
    except ImportError:
        return
    for what, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, 15), (resource.RLIMIT_FSIZE, 0)):
        with contextlib.suppress(ValueError, OSError):  # a lower limit holds already
            resource.setrlimit(what, (most, most))


def _frame(av: Any, form: str, seconds: float, path: str) -> Any:
    """The frame that is shown at a time; the last before the end where the film is shorter."""
    options = {"protocol_whitelist": "file", "max_pixels": str(PIXELS)}
    with av.open(f"file:{path}", format=form, options=options) as film:
        stream = film.streams.video[0]
        stream.codec_context.thread_count = 1
        if seconds:
            film.seek(int(seconds * 1_000_000))
        last = None
        for frame in film.decode(stream):
            last = frame
            if frame.time is None or frame.time >= seconds:
                break
        return _upright(av, last)


def _upright(av: Any, frame: Any) -> Any:
    """The frame as players show it, at the size of the picture."""
    graph = av.filter.Graph()
    size = {"width": frame.width, "height": frame.height}
    steps = [graph.add_buffer(format=frame.format, time_base=Fraction(1, 1000), **size)]
    steps += [graph.add("transpose", "clock") for _ in range(-getattr(frame, "rotation", 0) // 90 % 4)]
    fit = f"w={WIDTH}:h={HEIGHT}:force_original_aspect_ratio=decrease:force_divisible_by=2"
    steps += [graph.add("scale", fit), graph.add("format", "yuvj420p"), graph.add("buffersink")]
    graph.link_nodes(*steps).configure()
    graph.push(frame)
    return graph.pull()


def _jpeg(av: Any, frame: Any) -> bytes:
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, frame.format.name
    encoder.time_base = Fraction(1, 25)
    encoder.qmin = encoder.qmax = 6
    frame.pts = None
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])


if __name__ == "__main__":
    main()
