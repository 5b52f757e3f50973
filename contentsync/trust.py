"""What does a project want that only its user may grant? Programs, variables, and folders outside the project.

Pure. A repository may come from a stranger, and a pull request may change it. So everything in its project file that
reaches beyond the project is listed here, under one digest. The user grants the digest. Any change to the list,
or to a script of the project that a command runs, changes the digest.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Final

from contentsync.frozen import frozen
from contentsync.visible import as_json, visible

OURS: Final = "CONTENTSYNC_"
_NEVER: Final = re.compile(r"CONTENTSYNC_(?:TOKEN_.*|REFRESH_TOKEN_.*|SECRET_KEY|TRUST)")
NOTIFY: Final = "CONTENTSYNC_NOTIFY_"  # of variables that hold the address of a recipient of notices
_SECRET: Final = re.compile(rf"{NOTIFY}|SECRET|TOKEN|PASSW|PRIVATE|CREDENTIAL|API_?KEY|ACCESS_?KEY", re.I)
A_SECRETS_LENGTH: Final = 8  # a shorter value of such a name is a setting, such as CONTENTSYNC_TOKEN_STORE=file
SECRET_KEYS: Final = frozenset({"app.client_secret", "app.sandbox.client_secret"})
NOTIFY_URL: Final = "notify.url"


@frozen
class UserSays:
    """What the user says of a project, outside of its repository."""

    #: The API's address from the user's configuration file; empty where it names none.
    api_url: str = ""
    #: Where the user's configuration file keeps the state of this project; empty where it does not say.
    state: str = ""
    #: The digests of what the user granted to the project at this path.
    granted: frozenset[str] = frozenset()


@frozen
class Wanted:
    """All that a project file asks for and that needs a grant, each with the key that asks."""

    #: Commands as they are written, before ${NAME} is read.
    commands: tuple[tuple[str, tuple[str, ...]], ...] = ()
    #: Names of variables that do not begin with CONTENTSYNC_.
    variables: tuple[tuple[str, str], ...] = ()
    #: Folders outside of the project, as they are written.
    folders: tuple[tuple[str, str], ...] = ()
    #: Files of the project that a command names, with the sha256 of their bytes.
    scripts: tuple[tuple[str, str], ...] = ()
    #: The entries of notify, as they are written. A notice contains captions.
    notices: tuple[tuple[str, str], ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.commands or self.variables or self.folders or self.notices)

    @property
    def digest(self) -> str:
        """One value over exactly this, wherever the project lies; the empty text where nothing is wanted."""
        if self.is_empty:
            return ""
        told = {name: value for name, value in asdict(self).items() if value or name != "notices"}
        text = json.dumps(told, sort_keys=True, ensure_ascii=True)  # grants from before there were notices still hold
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()

    def is_granted(self, digests: Iterable[str]) -> bool:
        return self.is_empty or self.digest in digests


def digests_in(text: str) -> frozenset[str]:
    """The digests in CONTENTSYNC_TRUST: one or several, parted by blanks or commas."""
    return frozenset(re.split(r"[\s,]+", text.strip())) - {""}


def is_never_read(name: str) -> bool:
    """Whether no project file may read this variable: it holds a token of ours, or what makes us trust."""
    return _NEVER.fullmatch(name) is not None


def is_secret(name: str) -> bool:
    """Whether a variable of this name holds a secret, as far as its name tells."""
    return _SECRET.search(name) is not None


def may_hold_secret(name: str, key: str) -> bool:
    """Whether this key may read a variable of this name, which is a secret."""
    return key in SECRET_KEYS or (key == NOTIFY_URL and name.startswith(NOTIFY))


def is_ours(name: str) -> bool:
    """Whether a variable may be read without a grant."""
    return name.startswith(OURS)


def stripped(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without white space at the ends of our variables: a CI secret often ends with a line break."""
    return {name: value.strip() if name.startswith(OURS) else value for name, value in environ.items()}


def without_secrets(environ: Mapping[str, str], secrets: Iterable[str | None]) -> dict[str, str]:
    """The environment for a program that the repository names: none of our variables, and none of `secrets`."""
    ours = {value.strip() for name, value in environ.items() if name.startswith(OURS) and is_secret(name)}
    held = {secret for secret in secrets if secret} | {value for value in ours if len(value) >= A_SECRETS_LENGTH}
    return {name: value for name, value in environ.items() if not name.startswith(OURS) and value.strip() not in held}


def hide(text: str, read: Mapping[str, str]) -> str:
    """`text` with each value that ${NAME} gave replaced by the name. read: values by name."""
    for name, value in sorted(read.items(), key=lambda item: -len(item[1])):
        for spelt in {value, visible(value), json.dumps(value)[1:-1], as_json(value)[1:-1]}:
            text = text.replace(spelt, f"${{{name}}}")
    return text
