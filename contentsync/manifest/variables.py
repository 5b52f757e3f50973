"""How is ${NAME} read in the project file? From the environment, but not for every name, and not for every key.

A pull request can change the project file. So the file can read names that begin with CONTENTSYNC_, and others only
after `contentsync trust`. It can never read the tokens and keys that contentsync itself uses. Only client_secret can
read a name that sounds like a secret, because any other value may be shown, sent or become the name of a file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from contentsync import trust
from contentsync.errors import Level, Place, Problem
from contentsync.files import leads_out, local_place
from contentsync.manifest.document import Document
from contentsync.manifest.document import Path as KeyPath
from contentsync.manifest.scalars import Plain
from contentsync.manifest.wording import tidy

VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_CLOUDS: Final = ("s3://", "gs://", "az://")
_FREE_TEXTS: Final = frozenset(
    {"open_id", "token_command", "base_url", "upload", "verified", "state", "redirect_uri", "manifests"}
    | {"url", "command"}
)
_CLIENT_KEYS: Final = frozenset({"app.client_key", "app.sandbox.client_key"})


def wanted_of(raw: Mapping[str, Any], root: Path) -> trust.Wanted:
    """What a project file asks for that needs a grant. raw: as it is written."""
    commands = tuple(_commands(raw))
    names = {(key, name) for key, text in _texts(raw) for name in VARIABLE.findall(text) if not trust.is_ours(name)}
    scripts = {(arg, _digest(root, arg)) for _, command in commands for arg in command}
    return trust.Wanted(
        commands=commands,
        variables=tuple(sorted(names)),
        folders=tuple(_folders(raw, root)),
        scripts=tuple(sorted((arg, digest) for arg, digest in scripts if digest)),
        notices=tuple(_notices(raw)),
    )


def is_one_variable(text: object) -> bool:
    """Whether a value is nothing but one ${NAME}, so that the environment alone decides it."""
    return isinstance(text, str) and VARIABLE.fullmatch(text) is not None


def _commands(raw: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    accounts = raw.get("accounts")
    for name, keys in accounts.items() if isinstance(accounts, dict) else ():
        command = keys.get("token_command") if isinstance(keys, dict) else None
        if isinstance(command, list) and command:
            yield f"accounts.{name}.token_command", tuple(str(arg) for arg in command)

    command = raw.get("policy_cmd")
    if isinstance(command, list) and command:
        yield "policy_cmd", tuple(str(arg) for arg in command)

    for number, keys in _entries(raw):
        command = keys.get("command")
        if isinstance(command, list) and command:
            yield f"notify.{number}.command", tuple(str(arg) for arg in command)


def _notices(raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Who would get which notices. The whole entry counts: another account or event needs another grant."""
    for number, keys in _entries(raw):
        command = keys.get("command")
        whom = " ".join(map(str, command)) if isinstance(command, list) else str(keys.get("url"))
        events, accounts = (_names(keys.get(key)) for key in ("events", "accounts"))
        yield f"notify.{number}", f"{whom} of {events or 'all events'} for {accounts or 'all accounts'}"


def _entries(raw: Mapping[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    notify = raw.get("notify")
    for number, keys in enumerate(notify) if isinstance(notify, list) else ():
        if isinstance(keys, dict):
            yield number, keys


def _names(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _folders(raw: Mapping[str, Any], root: Path) -> Iterator[tuple[str, str]]:
    hosting = raw.get("hosting")
    upload = hosting.get("upload") if isinstance(hosting, dict) else None
    if not isinstance(upload, str) or not upload or upload.startswith(_CLOUDS) or is_one_variable(upload):
        return
    if "${" in upload or leads_out(root, local_place(upload, root)):
        yield "hosting.upload", upload


def _texts(value: Any, path: KeyPath = ()) -> Iterator[tuple[str, str]]:
    """Every text with a ${NAME} below `value`, with its key."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _texts(inner, (*path, number))
    elif isinstance(value, str) and "${" in value:
        yield _key(path), value


def _digest(root: Path, arg: str) -> str:
    """The digest of the file of the project that an argument names; empty where it names none."""
    try:
        path = root / arg
        if not path.is_file() or leads_out(root, path):
            return ""
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError):
        return ""


def _key(path: KeyPath) -> str:
    return ".".join(tidy(str(step)) for step in path if isinstance(step, str))


class Variables:
    """Reads ${NAME} in a document's text.

    A key whose text names a variable that can't be read is left out, and so is a list that holds such a text: half a
    command is worse than none.
    """

    def __init__(self, document: Document, environ: Mapping[str, str], is_granted: bool) -> None:
        self.document = document
        self.environ = environ
        self.is_granted = is_granted
        #: Names that the environment does not hold, with the key and place that ask.
        self.unset: list[tuple[str, str, Place]] = []
        #: Problems of names that need a grant.
        self.withheld: list[tuple[str, Problem]] = []
        #: What was read, by name.
        self.read: dict[str, str] = {}
        #: The part of it that is never shown: all but client keys, which every sign-in shows in its address.
        self.hidden: dict[str, str] = {}

    def expanded(self, value: dict[str, Any], path: KeyPath = ()) -> dict[str, Any]:
        """`value` with its variables read."""
        made: dict[str, Any] = {}
        for key, inner in value.items():
            read = self._value(inner, (*path, key))
            if read is not None:
                made[key] = read
        return made

    def _value(self, value: Any, path: KeyPath) -> Any:
        if isinstance(value, dict):
            return self.expanded(value, path)
        if isinstance(value, list):
            items = [self._value(item, (*path, number)) for number, item in enumerate(value)]
            return None if any(item is None for item in items) else items
        return self._text(value, path) if "${" in value else value

    def _text(self, value: str, path: KeyPath) -> str | None:
        names = dict.fromkeys(VARIABLE.findall(value))
        readable = [self._may_read(name, path) for name in names]  # every one is judged
        if not all(readable):
            return None
        return Plain(VARIABLE.sub(lambda match: self.read[match[1]], value))

    def _may_read(self, name: str, path: KeyPath) -> bool:
        key = _key(path)
        if problem := _forbidden(name, key):
            self.document.refuse(problem, path)
        elif not (trust.is_ours(name) or self.is_granted):
            what = f"{key} asks for the variable {name}, which is not read until you trust it"
            hint = "rename it to CONTENTSYNC_…, or run: contentsync trust"
            problem = Problem("variable-not-trusted", what, hint, level=Level.NOTE)
            self.document.add(problem, path)
            self.withheld.append((key, self.document.tell(problem, path)))
        elif not (found := self.environ.get(name, "").strip()):
            self.unset.append((name, key, self.document.place(path)))
            what = f"the variable {name} is not set; {key} needs it"
            self.document.add(Problem("unset-variable", what, f"export {name}=…", level=Level.NOTE), path)
        elif not _is_clean(found, key):
            what = f"the variable {name} contains a blank, a line break or a control character inside its value"
            self.document.refuse(Problem("variable-malformed", what, "set it to the value alone"), path)
        else:
            self.read[name] = found
            if key not in _CLIENT_KEYS and len(found) >= _hidden_from(key):
                self.hidden[name] = found
            return True
        return False


def _hidden_from(key: str) -> int:
    """How long a value must be to be hidden: a shorter one can't be told from ordinary words and figures.

    Most keys take words of a small, public set, such as a mode; a free text is hidden when it is shorter, too.
    """
    return 6 if key.rpartition(".")[2] in _FREE_TEXTS or key in trust.SECRET_KEYS else 8


def _forbidden(name: str, key: str) -> Problem | None:
    if trust.is_never_read(name):
        what = f"{key} asks for {name}, which no project file may read"
        return Problem("variable-refused", what, "delete it: contentsync itself reads this variable")
    if trust.is_secret(name) and not trust.may_hold_secret(name, key):
        what = f"{key} asks for {name}, whose name says that it is a secret; only client_secret may read one"
        return Problem(
            "variable-refused",
            what,
            "use a variable that contains no secret, with a name that does not sound like one",
        )
    return None


def _is_clean(value: str, key: str) -> bool:
    if key in trust.SECRET_KEYS | _CLIENT_KEYS:
        return value.isascii() and value.isprintable() and " " not in value
    return all(char.isprintable() for char in value)
