"""What is wrong with a project file that has the right shape?

Pure. Messages contain `{shown}` in place of a value, because the value may come from the environment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from contentsync.destinations import is_on_this_machine
from contentsync.errors import Level, Problem
from contentsync.manifest.document import Path
from contentsync.media_urls import is_domain
from contentsync.settings import Slot

if TYPE_CHECKING:
    from contentsync.manifest.project_schema import AccountKeys, HostingKeys, ProjectFile

Finding = tuple[Path, Problem]
VERSION: Final = 1
DEEP_WILDCARDS: Final = 3  # more of them take for ever on one deep folder
_HTTPS: Final = re.compile(r"https://[^\s/@?#:]+(?::[0-9]{1,5})?(?:/\S*)?")


def is_https_or_loopback(url: str) -> bool:
    """Whether a token may go there: https, or http to this machine. A port may be `*`, as in a redirect URI."""
    return _HTTPS.fullmatch(url) is not None or is_on_this_machine(url.replace(":*", "", 1))


def check(
    project: ProjectFile, written: Mapping[str, Any], is_zone: Callable[[str], bool], is_near: bool = False
) -> Iterator[Finding]:
    """All that is wrong with the project. written: the file before ${NAME} was read. is_zone: knows IANA names.

    is_near: the API that will be called is a loopback address.
    """
    if project.version and project.version != VERSION:
        what = f"the file has version {project.version}; this contentsync knows {VERSION}"
        yield ("version",), Problem("version-unknown", what, "update contentsync, or write version: 1")
    yield from _zones(project, is_zone)
    yield from _globs(project.manifests or ())
    yield from _app(project, written)
    yield from _addresses(project, written, is_near)
    accounts = project.accounts or {}
    yield from _suffixes(accounts)
    yield from _identities(accounts)
    for name, keys in accounts.items():
        slots = slots_of(keys)
        if len(set(slots)) < len(slots):
            yield ("accounts", name, "slots"), Problem("repeated-value", "slots names a time twice", "name each once")


def slots_of(keys: AccountKeys) -> tuple[Slot, ...]:
    """The weekly slots of an account; one that is written without a weekday is of every day."""
    return tuple(
        Slot(day, hour, minute)
        for weekday, hour, minute in keys.slots or ()
        for day in (range(7) if weekday is None else (weekday,))
    )


def _zones(project: ProjectFile, is_zone: Callable[[str], bool]) -> Iterator[Finding]:
    named: list[tuple[Path, str | None]] = [(("timezone",), project.timezone)]
    named += [(("accounts", name, "timezone"), keys.timezone) for name, keys in (project.accounts or {}).items()]
    for path, zone in named:
        if zone is not None and not is_zone(zone):
            what = "unknown time zone {shown}"
            yield path, Problem("unknown-timezone", what, "write an IANA name: Europe/Berlin")


def _globs(globs: Iterable[str]) -> Iterator[Finding]:
    for number, glob in enumerate(globs):
        if glob.startswith("/") or "\\" in glob or ".." in glob.split("/") or re.match(r"[A-Za-z]:", glob):
            what = "{shown} does not stay inside the project"
            yield ("manifests", number), Problem("glob-outside", what, "write it relative to the project, with /")
        if glob.split("/").count("**") > DEEP_WILDCARDS:
            what = f"{{shown}} contains more than {DEEP_WILDCARDS} parts **"
            yield ("manifests", number), Problem("glob-tangled", what, "use one **, and add a second pattern")


def _app(project: ProjectFile, written: Mapping[str, Any]) -> Iterator[Finding]:
    yield from _literal_secrets(written)
    sandbox_key = project.app and project.app.sandbox and project.app.sandbox.client_key
    if sandbox_key and project.app and sandbox_key == project.app.client_key:
        what = "app.sandbox has the client_key of the app itself"
        hint = "copy the sandbox's own key from TikTok's developer portal"
        yield ("app", "sandbox", "client_key"), Problem("sandbox-key", what, hint)
    state = written.get("state")
    if isinstance(state, str) and re.search(r"://[^/\s:@]{0,200}:(?!\$\{)[^@\s]{1,200}@", state):
        hint = "set the whole address in CONTENTSYNC_STATE instead"
        problem = Problem("literal-secret", "state contains a password", hint, level=Level.WARNING)
        yield ("state",), problem
    if project.app and project.app.redirect_uri and not is_https_or_loopback(project.app.redirect_uri):
        what = "redirect_uri is neither https nor a loopback address"
        hint = "write http://127.0.0.1:*/callback/, or the https address of a Web app"
        yield ("app", "redirect_uri"), Problem("redirect-uri", what, hint)


def _literal_secrets(written: Mapping[str, Any]) -> Iterator[Finding]:
    app = written.get("app")
    app = app if isinstance(app, dict) else {}
    for path, keys in ((("app",), app), (("app", "sandbox"), app.get("sandbox"))):
        secret = keys.get("client_secret") if isinstance(keys, dict) else None
        if isinstance(secret, str) and secret and "${" not in secret:
            name = "CONTENTSYNC_" + ("SANDBOX_SECRET" if "sandbox" in path else "CLIENT_SECRET")
            hint = f"write ${{{name}}}, and make a new secret if this one was committed"
            problem = Problem("literal-secret", "client_secret is written into the file", hint, level=Level.WARNING)
            yield (*path, "client_secret"), problem


def _addresses(project: ProjectFile, written: Mapping[str, Any], is_near: bool) -> Iterator[Finding]:
    api, hosting = project.api, project.hosting
    if api and api.base_url and not is_https_or_loopback(api.base_url):
        what = "base_url is neither https nor a loopback address"
        yield ("api", "base_url"), Problem("base-url", what, "use https, or http://127.0.0.1:PORT")
    if api and api.poll_initial and api.poll_max and api.poll_max < api.poll_initial:
        yield ("api", "poll_max"), Problem("poll-order", "poll_max is shorter than poll_initial", "make it longer")
    if hosting:
        yield from _hosting(hosting, written["hosting"], is_near)


def _hosting(hosting: HostingKeys, written: Mapping[str, Any], is_near: bool) -> Iterator[Finding]:
    """is_near: the API is a stand-in on this machine, which fetches from this machine too."""
    lacks_base_url = bool(hosting.upload) and "base_url" not in written
    if problem := _base_url_problem(hosting.base_url, lacks_base_url, is_near):
        yield ("hosting", "base_url"), problem
    for number, entry in enumerate(hosting.verified or ()):
        if not (is_domain(entry) or is_https_or_loopback(entry)):
            what = "verified names neither a domain nor an https prefix"
            hint = "write acme.example for a verified domain, https://acme.example/PATH/ for a verified prefix"
            yield ("hosting", "verified", number), Problem("hosting-verified", what, hint)
    if hosting.upload and (what := _upload_fault(hosting.upload)):
        hint = "write s3://BUCKET/PATH, gs://BUCKET/PATH, az://CONTAINER/PATH, file:///FOLDER or a folder's path"
        yield ("hosting", "upload"), Problem("hosting-upload", what, hint)


def _base_url_problem(base_url: str | None, is_lacking: bool, is_near: bool) -> Problem | None:
    if base_url is None:
        hint = "write base_url: https://HOST/PATH/, the address where everyone can read the files of upload"
        what = "hosting.upload needs a base_url: without it TikTok can't find the files"
        return Problem("hosting-url", what, hint) if is_lacking else None
    if not (_HTTPS.fullmatch(base_url) or (is_near and is_on_this_machine(base_url))):
        return Problem("hosting-url", "base_url is not an https address", "TikTok fetches only https")
    if re.search(r"[?#\s]", base_url):
        return Problem("hosting-url", "base_url contains a ?, a # or a blank", "write https://HOST/PATH/")
    return None


def _upload_fault(upload: str) -> str:
    """What is wrong with the place to put files; it must not contain credentials."""
    scheme, mark, rest = upload.partition("://")
    if re.search(r"[?#@]", rest if mark else ""):
        return "upload contains more than a place; credentials come from the environment"
    if mark and scheme not in {"s3", "gs", "az", "file"}:
        return "upload names an unknown kind of place"
    return "" if not mark or rest.strip("/") else "upload names no bucket or folder"


def _suffixes(accounts: Mapping[str, AccountKeys]) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for name in accounts:
        suffix = name.upper().replace("-", "_")
        other = first.setdefault(suffix, name)
        if other != name:
            what = f"accounts {other} and {name} share the variable CONTENTSYNC_TOKEN_{suffix}"
            yield ("accounts", name), Problem("account-clash", what, "rename one of them")


def _identities(accounts: Mapping[str, AccountKeys]) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for name, keys in accounts.items():
        other = first.setdefault(keys.open_id, name) if keys.open_id else name
        if other != name:
            what = f"accounts {other} and {name} have the same open_id"
            yield ("accounts", name, "open_id"), Problem("open-id-twice", what, "keep one name for one account")
