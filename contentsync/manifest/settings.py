"""What does contentsync.yaml say? The file and the environment in, Settings and problems out.

A project with faults still gives the settings that are good, so that all problems of all files can be told in one
run: whoever acts on settings looks at the problems first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from contentsync.errors import Level, Place, Problem, by_place
from contentsync.manifest import project_rules
from contentsync.manifest.document import Document, at
from contentsync.manifest.document import Path as KeyPath
from contentsync.manifest.files import PROJECT_FILE, misnamed, read_bytes
from contentsync.manifest.scalars import Plain
from contentsync.manifest.source import is_fast, read_yaml
from contentsync.manifest.wording import shown, tidy
from contentsync.manifest.zones import has_database, zone_of
from contentsync.media_urls import is_loopback
from contentsync.post import Account, App, Defaults, Limits, Sandbox, Settings, Slot

if TYPE_CHECKING:
    from contentsync.manifest.project_schema import AccountKeys, AppKeys, ProjectFile

API_URL: Final = "CONTENTSYNC_API_URL"
_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_START: Final = (1, 1, 1)
_NO_DATABASE: Final = Problem(
    "timezone-database-missing",
    "{shown} can't be looked up: this machine has no time zone database",
    "install it: pip install tzdata (or your system's tzdata package)",
)


def load_settings(root: Path, environ: Mapping[str, str]) -> tuple[Settings | None, list[Problem]]:
    """The project file of `root`, and all that is wrong with it; None where it can't be read at all."""
    data, problem = read_bytes(root, PROJECT_FILE)
    if problem:
        return None, [_missing(root) if not (root / PROJECT_FILE).exists() else problem]
    documents, problems = read_yaml(data, PROJECT_FILE)
    if problems or len(documents) != 1:
        return None, by_place([*problems, *_of_all(documents), *_several(documents)])
    if not is_fast():
        problems.append(_slow())
    settings = _settings(documents[0], environ)
    return settings, by_place([*problems, *documents[0].problems])


def _missing(root: Path) -> Problem:
    absent = Problem("project-missing", f"there is no {PROJECT_FILE} here", "run: contentsync init")
    return at(misnamed([root]) or absent, PROJECT_FILE, _START)


def _slow() -> Problem:
    what = "PyYAML has no libyaml here; manifests are read about seven times slower"
    hint = "install PyYAML from a wheel, or with libyaml's headers"
    return at(Problem("yaml-slow", what, hint, level=Level.WARNING), PROJECT_FILE, _START)


def _of_all(documents: list[Document]) -> list[Problem]:
    return [problem for document in documents for problem in document.problems]


def _several(documents: list[Document]) -> list[Problem]:
    problem = Problem("several-documents", "the project file holds more than one document", "keep one")
    return [documents[1].tell(problem)] if len(documents) > 1 else []


def _settings(document: Document, environ: Mapping[str, str]) -> Settings:
    from contentsync.manifest.shape import judge_project

    reader = _Environment(document, environ)
    document.raw = document.value
    document.value = reader.expanded(document.value)
    project = judge_project(document)
    base_url = _base_url(project, environ, document)
    is_near = is_loopback(base_url)
    for path, problem in project_rules.check(project, document.raw, lambda name: zone_of(name) is not None, is_near):
        if not document.is_broken(path):
            if problem.code == "unknown-timezone" and not has_database():
                problem = _NO_DATABASE
            what = problem.what.replace("{shown}", shown(document.written(path)))
            document.add(replace(problem, what=what), path)
    return _built(project, tuple(reader.unset), base_url)


class _Environment:
    """Reads ${NAME} in a document's text.

    A key whose text names a variable that is not set is left out, and so is a list that holds such a text: half a
    command is worse than none.
    """

    def __init__(self, document: Document, environ: Mapping[str, str]) -> None:
        self.document = document
        self.environ = environ
        self.unset: list[tuple[str, str, Place]] = []

    def expanded(self, value: dict[str, Any], path: KeyPath = ()) -> dict[str, Any]:
        """`value` with its variables read."""
        made: dict[str, Any] = {}
        for key, inner in value.items():
            read = self._read(inner, (*path, key))
            if read is not None:
                made[key] = read
        return made

    def _read(self, value: Any, path: KeyPath) -> Any:
        if isinstance(value, dict):
            return self.expanded(value, path)
        if isinstance(value, list):
            items = [self._read(item, (*path, number)) for number, item in enumerate(value)]
            return None if any(item is None for item in items) else items
        return self._text(value, path) if "${" in value else value

    def _text(self, value: str, path: KeyPath) -> str | None:
        names = [name for name in _VARIABLE.findall(value) if not self.environ.get(name)]
        for name in dict.fromkeys(names):
            self._note(name, path)
        read = _VARIABLE.sub(lambda match: self.environ.get(match[1], ""), value)
        return None if names else Plain(read)

    def _note(self, name: str, path: KeyPath) -> None:
        key = ".".join(tidy(str(step)) for step in path if isinstance(step, str))
        self.unset.append((name, key, self.document.place(path)))
        what = f"the variable {name} is not set; {key} wants it"
        problem = Problem("unset-variable", what, f"export {name}=…", level=Level.NOTE)
        self.document.add(problem, path)


def _base_url(project: ProjectFile, environ: Mapping[str, str], document: Document) -> str:
    given = environ.get(API_URL)
    if given and not project_rules.is_https_or_loopback(given):
        what = f"{API_URL} is neither https nor a loopback address"
        document.problems.append(Problem("base-url", what, "use https, or http://127.0.0.1:PORT"))
        given = None
    written = project.api.base_url if project.api else None
    return (given or written or Settings().base_url).rstrip("/")


def _built(project: ProjectFile, unset: tuple[tuple[str, str, Place], ...], base_url: str) -> Settings:
    usual = Settings()
    hosting = project.hosting
    return Settings(
        manifests=project.manifests or usual.manifests,
        state=project.state or usual.state,
        receipts=usual.receipts if project.receipts is None else project.receipts,
        timezone=project.timezone or usual.timezone,
        app=_app(project.app),
        accounts={name: _account(name, keys, project) for name, keys in (project.accounts or {}).items()},
        base_url=base_url,
        poll_initial=(project.api and project.api.poll_initial) or usual.poll_initial,
        poll_max=(project.api and project.api.poll_max) or usual.poll_max,
        hosting_base_url=(hosting.base_url or "") if hosting else "",
        hosting_upload=(hosting.upload or "") if hosting else "",
        hosting_verified=hosting.verified if hosting else None,
        unset=unset,
        defaults=_defaults(project),
    )


def _app(keys: AppKeys | None) -> App:
    usual = App()
    if keys is None:
        return usual
    audited = bool(keys.audited)
    cap = keys.limits.posting_users_per_day if keys.limits else None
    return App(
        client_key=keys.client_key,
        client_secret=keys.client_secret,
        audited=audited,
        redirect_uri=keys.redirect_uri or usual.redirect_uri,
        posting_users_per_day=cap or (None if audited else usual.posting_users_per_day),
        sandbox=Sandbox(keys.sandbox.client_key, keys.sandbox.client_secret) if keys.sandbox else None,
    )


def _account(name: str, keys: AccountKeys, project: ProjectFile) -> Account:
    given = {key: value for key, value in (keys.limits or ()) if value is not None}
    return Account(
        name=name,
        open_id=keys.open_id,
        token_command=keys.token_command or (),
        mode=keys.mode,
        timezone=keys.timezone or project.timezone or "UTC",
        paused=bool(keys.paused),
        slots=tuple(Slot(*slot) for slot in keys.slots or ()),
        limits=Limits(**given),
    )


def _defaults(project: ProjectFile) -> Defaults:
    keys, usual = project.defaults, Defaults()
    if keys is None:
        return usual
    return Defaults(
        allow=frozenset(keys.allow or ()),
        disclosure=frozenset(keys.disclosure or ()),
        ai_generated=bool(keys.ai_generated),
        mode=keys.mode,
        grace=keys.grace or usual.grace,
    )
