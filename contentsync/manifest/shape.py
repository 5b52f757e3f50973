"""Does a document have the shape its schema asks for? Reports the schema's findings in our words, each at its place.

A faulty document is read again without its faulty keys, so that the rules can check the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from contentsync.errors import Problem
from contentsync.frozen import frozen
from contentsync.manifest.document import Document, Path
from contentsync.manifest.scalars import ScalarError
from contentsync.manifest.wording import did_you_mean, listed, shown, tidy

if TYPE_CHECKING:
    from pydantic import ValidationError

    from contentsync.manifest.project_schema import ProjectFile
    from contentsync.manifest.schema import Manifest

_STAND_INS: Final[dict[str, Any]] = {
    "name": "unnamed",
    "video": "unnamed",
    "photos": ["unnamed"],
    "post_id": "0",
}
_INSTEAD: Final = {"cover": "cover_at", "cover_at": "cover", "title": "caption"}
_OF_A_WHOLE: Final = frozenset({"repeated-value", "not-a-branch"})  # said of a list or mapping, not of one value
_TAKES: Final = {"string_type": "text", "tuple_type": "a list", "model_type": "a mapping", "dict_type": "a mapping"}


@frozen
class CheckedDocument:
    """What the shape of a manifest says: the post, and the keys about which nothing more is to be said."""

    post: Manifest | None
    bad: frozenset[str] = frozenset()


def judge_manifest(document: Document) -> CheckedDocument:
    """The post that a document asks for; faults go to the document's problems."""
    from pydantic import ValidationError

    from contentsync.manifest.schema import KEYS, SHAPES, kind_of, validated

    broken = frozenset(str(path[0]) for path in document.broken)
    try:
        return CheckedDocument(validated(document.value), broken)
    except ValidationError as err:
        faults = _faults(err)
    shape = SHAPES[kind_of(document.value)]
    bad = broken | {str(path[0]) for path in (_path(document, fault) for fault in faults) if path}
    _Translator(document, {"": tuple(shape.model_fields)}, KEYS).tell(faults)
    return CheckedDocument(_salvaged(validated, document.value, bad), bad)


def judge_project(document: Document) -> ProjectFile:
    """The project file without its faulty keys; faults go to the document's problems."""
    from pydantic import ValidationError

    from contentsync.manifest.project_schema import PROJECT, SHAPES, ProjectFile

    try:
        return PROJECT.validate_python(document.value)
    except ValidationError as err:
        faults = _faults(err)
    faulty = {_path(document, fault) for fault in faults} | document.broken
    _Translator(document, {path: tuple(shape.model_fields) for path, shape in SHAPES.items()}, ()).tell(faults)
    good = _salvaged(PROJECT.validate_python, _without(document.value, faulty), frozenset())
    tops = frozenset(str(path[0]) for path in faulty)
    return good or _salvaged(PROJECT.validate_python, document.value, tops) or ProjectFile()


def _salvaged(validate: Callable[[Any], Any], value: dict[str, Any], bad: frozenset[str]) -> Any:
    from pydantic import ValidationError

    kept = {key: inner for key, inner in value.items() if key not in bad}
    kept |= {key: _STAND_INS[key] for key in bad & _STAND_INS.keys() if key != "photos" or "video" not in value}
    try:
        return validate(kept)
    except ValidationError:
        return None


def _without(value: Any, faulty: set[Path], path: Path = ()) -> Any:
    if not isinstance(value, dict):
        return value
    cut = {fault[: len(path) + 1] for fault in faulty if len(fault) == len(path) + 1}
    cut |= {fault[: len(path) + 1] for fault in faulty if _is_inside_a_list(value, fault, len(path))}
    return {key: _without(inner, faulty, (*path, key)) for key, inner in value.items() if (*path, key) not in cut}


def _is_inside_a_list(value: dict[str, Any], fault: Path, depth: int) -> bool:
    return len(fault) > depth + 1 and isinstance(value.get(str(fault[depth])), list)


def _path(document: Document, fault: Any) -> Path:
    """Where in the document a finding of the schema points; the names of alternatives are left out of it."""
    loc = fault["loc"]
    inner = loc[:-1] if fault["type"] == "missing" else loc
    value: Any = document.value
    path: list[str | int] = []
    for step in inner:
        if (isinstance(value, dict) and step in value) or (isinstance(value, list) and isinstance(step, int)):
            value = value[step]
            path.append(step)
    return (*path, loc[-1]) if fault["type"] == "missing" else tuple(path)


def _faults(err: ValidationError) -> list[Any]:
    """The findings of the schema."""
    faults: list[Any] = err.errors(include_url=False)
    return faults


class _Translator:
    """Tells the schema's findings at their places.

    known: the keys of each mapping. all_keys: the keys of all kinds of post.
    """

    def __init__(self, document: Document, known: dict[str, tuple[str, ...]], all_keys: tuple[str, ...]) -> None:
        self.document = document
        self.known = known
        self.all_keys = all_keys

    def tell(self, faults: Any) -> None:
        """Add a problem for each finding."""
        for fault in faults:
            if self.document.is_full:
                return
            path = _path(self.document, fault)
            if not self.document.is_broken(path):
                self._one(fault, path)

    def _one(self, fault: Any, path: Path) -> None:
        if fault["type"] == "missing":
            self._missing(str(fault["loc"][-1]), path[:-1])
        elif fault["type"] == "extra_forbidden":
            self._unknown(path)
        elif fault["type"] != "too_short" or not self.document.written(path):  # else its items were at fault
            at_key = fault["loc"][-1] == "[key]"
            self.document.add(self._value_problem(fault, path), path, at_key=at_key)

    def _missing(self, key: str, path: Path) -> None:
        if key == "video":
            problem = Problem("media-missing", "the post has neither video nor photos", "write video or photos")
        else:
            problem = Problem("missing-key", f"{key} is missing", f"add {key}")
        self.document.add(problem, path)

    def _unknown(self, path: Path) -> None:
        key = str(path[-1])
        pattern = ".".join(
            "*" if number == 1 and path[0] in {"accounts", "notify", "policy"} else str(step)
            for number, step in enumerate(path[:-1])
        )
        self.document.refuse(self._unknown_key(key, pattern), path, at_key=True)

    def _unknown_key(self, key: str, pattern: str) -> Problem:
        if key == "photos" and "photos" in self.all_keys:
            return Problem("media-both", "the post has both video and photos", "keep one of them")
        if key in self.all_keys:
            kind = "photos" if "video" in self.known[""] else "one video"
            hint = f"write {_INSTEAD[key]}" if key in _INSTEAD else "take it out"
            return Problem("key-of-other-kind", f"{key} belongs to a post of {kind}", hint)
        if pattern == "defaults" and key == "privacy":
            what = "privacy can't have a default: it is chosen for each post"
            return Problem("privacy-default", what, "write privacy into each manifest")
        known = self.known.get(pattern, ())
        hint = did_you_mean(key, known) or f"the keys are {listed(known)}" if known else ""
        return Problem("unknown-key", f"{shown(key)} is not a known key here", hint)

    def _value_problem(self, fault: Any, path: Path) -> Problem:
        written = str(path[-1]) if fault["loc"][-1] == "[key]" else self.document.written(path)
        key = tidy(next((str(step) for step in reversed(path) if isinstance(step, str)), ""))
        if fault["type"] == "too_long":
            count = fault["ctx"]["actual_length"]
            return Problem("photos-count", f"{count} photos; TikTok takes at most 35", f"remove {count - 35}")
        if fault["type"] == "too_short":
            return Problem("empty-list", f"{key} is an empty list", "write at least one item, or delete the key")
        error = fault.get("ctx", {}).get("error")
        is_scalar = isinstance(error, ScalarError)
        if is_scalar and (not isinstance(written, dict | list) or error.code in _OF_A_WHOLE):
            key = "the name" if fault["loc"][-1] == "[key]" else key
            return Problem(error.code, f"{key} {error.phrase}".replace("{shown}", shown(written)), error.hint)
        return _wrong_type(key, "one value" if is_scalar else _TAKES.get(fault["type"], "another kind"), written)


def _wrong_type(key: str, takes: str, written: object) -> Problem:
    hint = f"write [{tidy(written)}]" if takes == "a list" and isinstance(written, str) else f"write {takes}"
    return Problem("wrong-type", f"{key} takes {takes}, not {shown(written)}", hint)
