"""The process that runs libmediainfo: a path a line in, the tracks of that file as a line of JSON out.

A program of its own, which imports nothing of contentsync: some spoilt files keep the library busy for ever, or end
the process it runs in, and neither may happen to a command.
"""

import json
import sys
import xml.etree  # noqa: F401  # the second of _NOT_NEEDED is looked up in it
from types import ModuleType

# pymediainfo reads its own version with the first, and XML, for which we do not ask, with the second. Both together
# take as long to import as ten films take to read.
_NOT_NEEDED = ("importlib.metadata", "xml.etree.ElementTree")


def main() -> None:
    """Answer every line until the input ends. The first line out says whether the library is there."""
    library = _library()
    _answer(library.can_parse())  # type: ignore[attr-defined]
    for line in sys.stdin:
        _answer(_tracks(library, json.loads(line)))


def _library() -> type:
    """pymediainfo's way to the library, imported without what is not needed here."""
    for name in _NOT_NEEDED:
        sys.modules[name] = _stand_in(name)
    try:
        from pymediainfo import MediaInfo
    except (AttributeError, ImportError):  # another release needs more of them
        sys.modules.pop("pymediainfo", None)
        for name in _NOT_NEEDED:
            del sys.modules[name]
        from pymediainfo import MediaInfo
    return MediaInfo


def _stand_in(name: str) -> ModuleType:
    module = ModuleType(name)
    vars(module).update(version=lambda _: "", PackageNotFoundError=LookupError)
    return module


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
