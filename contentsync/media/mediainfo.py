"""The process that runs libmediainfo: a path a line in, the tracks of that file as a line of JSON out.

A program of its own, which imports nothing of contentsync: some spoilt files keep the library busy for ever, or end
the process it runs in, and neither may happen to a command.
"""

import json
import sys


def main() -> None:
    """Answer every line until the input ends. The first line out says whether the library is there."""
    from pymediainfo import MediaInfo

    _answer(MediaInfo.can_parse())
    for line in sys.stdin:
        _answer(_tracks(MediaInfo, json.loads(line)))


def _answer(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def _tracks(library: type, path: str) -> object:
    try:
        with open(path, "rb") as file:  # noqa: PTH123  # by handle: the library can't spell every name
            return json.loads(library.parse(file, output="JSON", full=False))["media"]["track"]  # type: ignore[attr-defined]
    except (OSError, RuntimeError, ValueError, KeyError, TypeError):
        return []


if __name__ == "__main__":
    main()
