"""Does the code keep its rules? Which words stay where, who prints, who catches; what import contracts can't say.

The floors, and what pure modules may import, are contracts in pyproject.toml; `lint-imports` checks them.

The rules read the source and never run it; each says `file:line: what it breaks`. Each is held against the package,
and against a small tree made to break it.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "contentsync"

ISLANDS = {"emulator"}  # imports nothing of ours
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
PURE = {name for contract in CONTRACTS if contract["id"] == "pure" for name in contract["source_modules"]}
TIKTOK_WORDS = re.compile(
    r"\b(brand_content_toggle|brand_organic_toggle|privacy_level|privacy_level_options|disable_(duet|stitch|comment)"
    r"|is_aigc|auto_add_music|video_cover_timestamp_ms|photo_cover_index|photo_images|post_info|source_info|post_mode"
    r"|media_type|total_chunk_count|creator_(nickname|username|avatar_url)|max_video_post_duration_sec"
    r"|publicaly_available_post_id|video_description|share_url|FILE_UPLOAD|PULL_FROM_URL|PUBLIC_TO_EVERYONE"
    r"|MUTUAL_FOLLOW_FRIENDS|FOLLOWER_OF_CREATOR|SELF_ONLY)\b"
)
SLOW = {
    "pydantic",
    "httpx",
    "obstore",
    "yaml",
    "sqlite_utils",
    "rich",
    "watchdog",
    "jinja2",
    "starlette",
    "uvicorn",
}


# -- reading a tree


@dataclass(frozen=True)
class Import:
    """One imported name. target: dotted, as exact as it is written. late: in a function or for types only."""

    line: int
    target: str
    late: bool


@dataclass(frozen=True)
class Module:
    """One source file, by its path from the tree's root."""

    path: str
    tree: ast.Module

    @property
    def is_package(self) -> bool:
        return self.path.endswith("/__init__.py")

    @property
    def name(self) -> str:
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def room(self) -> str:
        return self.path.split("/")[1].removesuffix(".py")

    def imports(self) -> Iterator[Import]:
        yield from _imports(self.tree, self, late=False)

    def says(self, line: int, what: str) -> str:
        return f"{self.path}:{line}: {what}"


class Tree:
    """All modules of a package, and which of them an import means."""

    def __init__(self, root: Path) -> None:
        files = sorted((root / PACKAGE).rglob("*.py"))
        paths = [file.relative_to(root).as_posix() for file in files]
        self.modules = [
            Module(path, ast.parse(file.read_text("utf-8"))) for path, file in zip(paths, files, strict=True)
        ]
        self.by_name = {module.name: module for module in self.modules}

    def ours(self, module: Module) -> Iterator[tuple[Import, Module]]:
        """The imports of `module` that stay in the package, each with the module that it means."""
        for item in module.imports():
            meant = self.find(item.target)
            if meant is not None and meant is not module:
                yield item, meant

    def find(self, target: str) -> Module | None:
        """The module that a dotted name means, or the nearest package above it."""
        while target and target not in self.by_name:
            target = target.rpartition(".")[0]
        return self.by_name.get(target)


def _imports(node: ast.AST, module: Module, *, late: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield from (Import(child.lineno, target, late) for target in _targets(child, module))
            continue
        for_types = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        in_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from _imports(child, module, late=late or for_types or in_function)


def _targets(node: ast.Import | ast.ImportFrom, module: Module) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    base = node.module or ""
    if node.level:
        parts = module.name.split(".")
        above = parts[: len(parts) - node.level + module.is_package]
        base = ".".join([*above, base] if base else above)
    return [f"{base}.{alias.name}" for alias in node.names]


def _docstrings(tree: ast.Module) -> set[int]:
    """The ids of the nodes that are docstrings, or bare strings of the same use."""
    return {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


# -- the rules


def islands_import_nothing_of_ours(tree: Tree) -> list[str]:
    """An island has no bridge: what stands in for TikTok may not share our view of it."""
    return [
        module.says(item.line, f"{module.room} is an island and may not import {meant.name}")
        for module in tree.modules
        for item, meant in tree.ours(module)
        if module.room in ISLANDS and meant.room != module.room
    ]


def names_come_from_where_they_are_defined(tree: Tree) -> list[str]:
    """Circles start where a package's __init__ is imported from."""
    return [
        module.says(item.line, f"{item.target} is taken from a package's __init__; import the module that defines it")
        for module in tree.modules
        for item, meant in tree.ours(module)
        if meant.is_package and meant.name != PACKAGE
    ]


def no_import_comes_back(tree: Tree) -> list[str]:
    """No module is imported, at import time, by what it imports itself."""
    at_once = {
        module.name: {(item.line, meant.name) for item, meant in tree.ours(module) if not item.late}
        for module in tree.modules
    }
    return [
        tree.by_name[name].says(line, f"{name} and {other} import each other, directly or by a circle")
        for name, found in at_once.items()
        for line, other in sorted(found)
        if name in _reach(at_once, other)
    ]


def pure_modules_do_not_act(tree: Tree) -> list[str]:
    """Pure modules open no file, print nothing and read no clock; which libraries they may use is a contract."""
    return [said for module in tree.modules if _is_pure(module) for said in _acts_of(module)]


def tiktok_words_stay_at_the_wire(tree: Tree) -> list[str]:
    """TikTok's own field names and values stand in tiktok/ and emulator/ only; docstrings may cite them."""
    return [
        module.says(line, f"{word} is TikTok's word; outside tiktok/ and emulator/ say ours")
        for module in tree.modules
        if module.room not in ("tiktok", "emulator")
        for line, text in _words(module.tree)
        for word in [found.group() for found in TIKTOK_WORDS.finditer(text)]
    ]


def only_main_catches_everything(tree: Tree) -> list[str]:
    """`except Exception` hides defects; one place turns them into a message and an exit code."""
    return [
        module.says(node.lineno, "everything is caught here; only cli/main.py may")
        for module in tree.modules
        if module.path != f"{PACKAGE}/cli/main.py"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ExceptHandler) and _catches_everything(node.type) and not _raises_again(node)
    ]


def only_cli_prints(tree: Tree) -> list[str]:
    """Below cli/ results are returned, not printed."""
    return [
        module.says(node.lineno, "print() below cli/; return the value, or yield it")
        for module in tree.modules
        if module.room != "cli"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "print"
    ]


def only_cli_knows_click(tree: Tree) -> list[str]:
    """Below cli/ nothing knows a command line: another door calls the same operations."""
    return [
        module.says(item.line, "click below cli/; return the value, or raise the error")
        for module in tree.modules
        if module.room not in ("cli", "__main__")
        for item in module.imports()
        if item.target.partition(".")[0] in ("click", "rich")
    ]


def _reach(graph: dict[str, set[tuple[int, str]]], start: str) -> set[str]:
    """All that is imported from `start` on, itself included."""
    seen: set[str] = set()
    left = [start]
    while left:
        name = left.pop()
        if name not in seen:
            seen.add(name)
            left += [other for _, other in graph[name]]
    return seen


def _is_pure(module: Module) -> bool:
    return any(module.name == name or module.name.startswith(f"{name}.") for name in PURE)


def _acts_of(module: Module) -> Iterator[str]:
    """Where a module reaches outside: by what it imports, or by what it calls."""
    for item in module.imports():
        if re.match(r"pathlib(?!\.Pure)", item.target):
            yield module.says(item.line, f"{item.target} is out of reach of a pure module")
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and _acts(node.func):
            yield module.says(
                node.lineno, f"{ast.unparse(node.func)}() in a pure module; take the value as an argument"
            )


def _acts(func: ast.expr) -> bool:
    if isinstance(func, ast.Name):
        return func.id in {"open", "input", "print"}
    return bool(re.search(r"\b(datetime|date)\.(now|utcnow|today)$", ast.unparse(func)))


def _catches_everything(caught: ast.expr | None) -> bool:
    names = [None] if caught is None else caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(name is None or ast.unparse(name) in {"Exception", "BaseException"} for name in names)


def _raises_again(handler: ast.ExceptHandler) -> bool:
    """Whether what was caught goes on its way, after some tidying."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def _words(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Names and texts of the code, with their lines; docstrings left out."""
    docstrings = _docstrings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value
        elif isinstance(node, ast.Name):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute):
            yield node.lineno, node.attr
        elif isinstance(node, ast.arg | ast.keyword) and node.arg:
            yield node.lineno, node.arg


# -- the rules, held


RULES: tuple[Callable[[Tree], list[str]], ...] = (
    islands_import_nothing_of_ours,
    names_come_from_where_they_are_defined,
    no_import_comes_back,
    pure_modules_do_not_act,
    tiktok_words_stay_at_the_wire,
    only_main_catches_everything,
    only_cli_prints,
    only_cli_knows_click,
)


@cache
def package() -> Tree:
    return Tree(ROOT)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_package_keeps_the_rule(rule: Callable[[Tree], list[str]]) -> None:
    broken = list(dict.fromkeys(rule(package())))
    assert not broken, f"{rule.__doc__}\n" + "\n".join(broken)


def test_the_rules_see_the_whole_package() -> None:
    seen = {module.room for module in package().modules}
    assert {"errors", "post", "manifest", "plan", "store", "tiktok", "cli"} <= seen


def test_the_version_is_told_without_the_slow_libraries() -> None:
    command = [sys.executable, "-X", "importtime", "-m", PACKAGE, "--version"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    lines = done.stderr.splitlines()
    assert done.returncode == 0, "\n".join(line for line in lines if not line.startswith("import time:"))
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}
    assert PACKAGE in imported, "importtime said nothing"
    assert not imported & SLOW


# -- the rules, broken: for each a tree that it refuses, with the place that it names


BROKEN: tuple[tuple[Callable[[Tree], list[str]], dict[str, str], str], ...] = (
    (
        islands_import_nothing_of_ours,
        {"emulator/a.py": "from contentsync import errors", "errors.py": ""},
        "emulator/a.py:1:",
    ),
    (
        islands_import_nothing_of_ours,
        {"emulator/a.py": "from contentsync import __version__", "__init__.py": ""},
        "emulator/a.py:1:",
    ),
    (
        names_come_from_where_they_are_defined,
        {"operations/a.py": "from contentsync.plan import Plan", "plan/__init__.py": ""},
        "operations/a.py:1:",
    ),
    (
        no_import_comes_back,
        {"plan/a.py": "from contentsync.plan import b", "plan/b.py": "from . import a"},
        "plan/b.py:1:",
    ),
    (
        no_import_comes_back,
        {"plan/a.py": "from . import b", "plan/b.py": "\nfrom . import c", "plan/c.py": "from . import a"},
        "plan/b.py:2:",
    ),
    (pure_modules_do_not_act, {"post.py": "from pathlib import PurePath, Path"}, "post.py:1:"),
    (pure_modules_do_not_act, {"plan/a.py": "now = datetime.now(UTC)"}, "plan/a.py:1:"),
    (pure_modules_do_not_act, {"errors.py": "\n\ntext = open('x').read()"}, "errors.py:3:"),
    (tiktok_words_stay_at_the_wire, {"post.py": "x = {'privacy_level': 1}"}, "post.py:1:"),
    (tiktok_words_stay_at_the_wire, {"apply.py": "\nx.brand_content_toggle = True"}, "apply.py:2:"),
    (tiktok_words_stay_at_the_wire, {"operations/a.py": "f(\n    is_aigc=True)"}, "operations/a.py:2:"),
    (only_main_catches_everything, {"store.py": "try:\n    pass\nexcept Exception:\n    pass"}, "store.py:3:"),
    (
        only_main_catches_everything,
        {"cli/commands/plan.py": "try:\n    pass\nexcept:\n    pass"},
        "cli/commands/plan.py:3:",
    ),
    (
        only_main_catches_everything,
        {"operations/a.py": "try:\n    pass\nexcept (OSError, BaseException):\n    pass"},
        "operations/a.py:3:",
    ),
    (only_cli_prints, {"operations/a.py": "print('hello')"}, "operations/a.py:1:"),
    (only_cli_knows_click, {"operations/a.py": "from click import echo"}, "operations/a.py:1:"),
)


@pytest.mark.parametrize(("rule", "files", "place"), BROKEN)
def test_a_rule_names_the_place_that_breaks_it(
    rule: Callable[[Tree], list[str]], files: dict[str, str], place: str, tmp_path: Path
) -> None:
    assert any(said.startswith(f"{PACKAGE}/{place}") for said in rule(a_tree(tmp_path, files)))


def test_every_rule_has_a_tree_that_breaks_it() -> None:
    assert {rule for rule, _, _ in BROKEN} == set(RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_tree_that_keeps_to_the_rules_passes(rule: Callable[[Tree], list[str]], tmp_path: Path) -> None:
    files = {
        "post.py": '"""Sent as privacy_level."""\nfrom pathlib import PurePosixPath\nfrom contentsync import errors',
        "errors.py": "from dataclasses import dataclass\nfrom datetime import datetime",
        "plan/planner.py": "from contentsync.plan import action\nfrom contentsync.post import key",
        "plan/action.py": "if TYPE_CHECKING:\n    from contentsync.plan import planner",
        "tiktok/client.py": "import httpx\nfrom contentsync.tiktok import wire\nx = 'privacy_level'",
        "tiktok/wire.py": "",
        "emulator/world.py": "import time\nfrom . import faults",
        "emulator/faults.py": "",
        "store/database.py": "try:\n    pass\nexcept BaseException:\n    undo()\n    raise",
        "cli/main.py": "try:\n    print(1)\nexcept Exception:\n    from contentsync.emulator import world",
    }
    assert rule(a_tree(tmp_path, files)) == []


def a_tree(root: Path, files: dict[str, str]) -> Tree:
    """A package of these files, by their paths in it."""
    for path, text in files.items():
        file = root / PACKAGE / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return Tree(root)
