"""What does contentsync.yaml say? Reads the file and the environment; gives Settings and problems.

A faulty project file still gives its valid settings, so that one run reports all problems of all files. Callers that
act on the settings must check the problems first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from contentsync.destinations import host_on_this_machine, may_be_chosen, may_get_secrets
from contentsync.errors import Level, Problem, by_place
from contentsync.frozen import frozen
from contentsync.manifest import notify_rules, policy_rules, project_rules
from contentsync.manifest.document import Document, at
from contentsync.manifest.files import misnamed, read_bytes
from contentsync.manifest.source import is_fast, read_yaml
from contentsync.manifest.variables import Variables, is_one_variable, wanted_of
from contentsync.manifest.wording import shown, tidy
from contentsync.manifest.zones import has_database, zone_of
from contentsync.settings import Account, App, Defaults, Limits, Sandbox, Settings, Watching
from contentsync.standard_paths import PROJECT_FILE, is_shared
from contentsync.trust import UserSays, digests_in

if TYPE_CHECKING:
    from contentsync.manifest.project_schema import AccountKeys, AppKeys, ProjectFile, WatchKeys

API_URL: Final = "CONTENTSYNC_API_URL"
STATE: Final = "CONTENTSYNC_STATE"
TRUST: Final = "CONTENTSYNC_TRUST"
NOTHING_SAID: Final = UserSays()
_START: Final = (1, 1, 1)
_NO_DATABASE: Final = Problem(
    "timezone-database-missing",
    "{shown} can't be looked up: this machine has no time zone database",
    "install it: pip install tzdata (or your system's tzdata package)",
)


@frozen
class Given:
    """What a project file is read with: its folder, the environment, and its user's own configuration."""

    root: Path
    environ: Mapping[str, str]
    user: UserSays


def load_settings(
    root: Path, environ: Mapping[str, str], user: UserSays = NOTHING_SAID
) -> tuple[Settings | None, list[Problem]]:
    """The project file of `root`, and all that is wrong with it; None where it can't be read at all."""
    data, problem = read_bytes(root, PROJECT_FILE)
    if problem:
        return None, [_missing(root) if not (root / PROJECT_FILE).exists() else problem]
    documents, problems = read_yaml(data, PROJECT_FILE)
    if problems or len(documents) != 1:
        return None, by_place([*problems, *_of_all(documents), *_several(documents)])
    if not is_fast():
        problems.append(_slow())
    settings = _settings(documents[0], Given(root, environ, user))
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


def _settings(document: Document, given: Given) -> Settings:
    from contentsync.manifest.shape import judge_project

    wanted = wanted_of(document.value, given.root)
    is_granted = wanted.is_granted(given.user.granted | digests_in(given.environ.get(TRUST, "")))
    reader = Variables(document, given.environ, is_granted)
    document.raw = document.value
    notify_rules.refuse_bare(document)
    document.value = reader.expanded(document.value)
    project = judge_project(document)
    base_url, refused = _base_url(project, given, document)
    is_near = bool(host_on_this_machine(base_url))
    found = project_rules.check(project, document.raw, lambda name: zone_of(name) is not None, is_near)
    listed = (*notify_rules.check(project, document.raw), *policy_rules.check(project, document.raw))
    for path, problem in (*found, *listed):
        if not document.is_broken(path):
            if problem.code == "unknown-timezone" and not has_database():
                problem = _NO_DATABASE
            what = problem.what.replace("{shown}", shown(document.written(path)))
            document.add(replace(problem, what=what), path)
    settings = replace(_built(project, base_url), unset=tuple(reader.unset), withheld=tuple(reader.withheld))
    settings = replace(
        settings, hidden=dict(reader.hidden), base_url_refused=refused, wanted=wanted, granted=is_granted
    )
    settings = replace(
        settings,
        notify=notify_rules.recipients(project, document, is_granted),
        policy=policy_rules.rules(project, document),
        policy_cmd=project.policy_cmd or (),
    )
    if not is_granted:
        settings = _without_commands(settings, document)
    return _with_users_places(settings, document.raw, given)


def _without_commands(settings: Settings, document: Document) -> Settings:
    """The settings; each account whose command may not run has the reason."""
    accounts = dict(settings.accounts)
    for key, command in settings.wanted.commands:
        if not key.startswith("accounts."):
            continue
        name = key.split(".")[1]
        what = f"the token_command of account {name} ({tidy(' '.join(command))}) is not run until you trust it"
        hint = "check what it does, then run: contentsync trust; for a CI: contentsync trust --show"
        problem = document.tell(Problem("command-not-trusted", what, hint), ("accounts", name, "token_command"))
        if name in accounts and accounts[name].token_command:
            accounts[name] = replace(accounts[name], command_refused=problem)
    return replace(settings, accounts=accounts, policy_cmd_refused=_policy_refused(settings, document))


def _policy_refused(settings: Settings, document: Document) -> Problem | None:
    """Why policy_cmd may not run; None if it may, or if there is none. While it may not run, nothing is created."""
    if not settings.policy_cmd:
        return None
    what = f"policy_cmd ({tidy(' '.join(settings.policy_cmd))}) is not run until you trust it, so nothing may be sent"
    hint = "check what it does, then run: contentsync trust; for a CI: contentsync trust --show"
    return document.tell(Problem("command-not-trusted", what, hint), ("policy_cmd",))


def _with_users_places(settings: Settings, raw: Mapping[str, Any], given: Given) -> Settings:
    """With the places that the user chose, and that therefore may lie outside of the project."""
    state = given.environ.get(STATE, "").strip() or given.user.state
    hosting = raw.get("hosting")
    upload = hosting.get("upload") if isinstance(hosting, dict) else None
    chosen = settings.granted or is_one_variable(upload)
    return replace(settings, state=state or settings.state, state_by_user=bool(state), hosting_by_user=chosen)


def _base_url(project: ProjectFile, given: Given, document: Document) -> tuple[str, Problem | None]:
    """Where the API is called; and why nothing that is secret may go there, if only the project file names it."""
    for name, url in ((API_URL, given.environ.get(API_URL, "").strip()), ("api_url", given.user.api_url.strip())):
        if url and may_be_chosen(url):
            return url.rstrip("/"), None
        if url:
            what = f"{name} is neither a plain https address nor one on this machine"
            hint = "write https://HOST or http://127.0.0.1:PORT, without a user name"
            document.problems.append(Problem("base-url", what, hint))
    written = project.api.base_url if project.api else None
    if not written or may_get_secrets(written):
        return (written or Settings().base_url).rstrip("/"), None
    return written.rstrip("/"), _foreign(document, project_rules.is_https_or_loopback(written))


def _foreign(document: Document, is_address: bool) -> Problem:
    """The refusal of an address that only the project file names. is_address: else other words are said of it."""
    what = "api.base_url is neither TikTok's own address nor one on this machine, so no token is sent there"
    hint = f"delete it; to use this address anyway, set it in {API_URL}, or as api_url in your own configuration file"
    path = ("api", "base_url")
    if is_address:
        document.add(Problem("base-url-foreign", what, hint, level=Level.WARNING), path)
    return document.tell(Problem("base-url-foreign", what, hint), path)


def _built(project: ProjectFile, base_url: str) -> Settings:
    usual = Settings()
    hosting = project.hosting
    return Settings(
        manifests=project.manifests or usual.manifests,
        state=project.state or usual.state,
        takeover=project.takeover or usual.takeover,
        run_every=project.run_every,
        receipts=not is_shared(project.state or "") if project.receipts is None else project.receipts,
        timezone=project.timezone or usual.timezone,
        app=_app(project.app),
        accounts={name: _account(name, keys, project) for name, keys in (project.accounts or {}).items()},
        base_url=base_url,
        poll_initial=(project.api and project.api.poll_initial) or usual.poll_initial,
        poll_max=(project.api and project.api.poll_max) or usual.poll_max,
        hosting_base_url=(hosting.base_url or "") if hosting else "",
        hosting_upload=(hosting.upload or "") if hosting else "",
        hosting_verified=hosting.verified if hosting else None,
        defaults=_defaults(project),
        approve_by=(project.watch and project.watch.approve) or usual.approve_by,
        watching=_watching(project.watch),
    )


def _watching(keys: WatchKeys | None) -> Watching:
    usual = Watching()
    if keys is None:
        return usual
    return Watching(keys.debounce or usual.debounce, keys.settle or usual.settle)


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
        slots=project_rules.slots_of(keys),
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
