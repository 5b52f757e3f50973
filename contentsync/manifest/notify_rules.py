"""Who gets notices, as `notify:` in the project file says? And what is wrong with its entries? Pure.

The danger: a notice holds captions and the names of accounts, and the address of a recipient holds a secret. A
stranger's project file could name an address of its own. So the file can only name a variable that holds a whole
address, and whoever runs contentsync must trust the entry (`contentsync trust`), whether address or program.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from contentsync.errors import Level, Problem
from contentsync.manifest.document import Document, Path
from contentsync.manifest.wording import did_you_mean, tidy
from contentsync.notices import NoticeKind, Recipient
from contentsync.trust import NOTIFY

if TYPE_CHECKING:
    from contentsync.manifest.project_schema import NotifyKeys, ProjectFile

_VARIABLE: Final = re.compile(rf"\$\{{{NOTIFY}[A-Z0-9_]+\}}")
_HOW: Final = f"set it in a variable, and write url: ${{{NOTIFY}CHAT}}"
_BARE: Final = Problem("notify-entry", "notify lists something that is neither url: nor command:", _HOW)
_LITERAL: Final = Problem(
    "literal-secret",
    "url is written into the file, at least in part; an address of a recipient holds a secret",
    f"set the whole address in a variable, and write url: ${{{NOTIFY}CHAT}}; if this file was committed, make a "
    "new address",
)


def refuse_bare(document: Document) -> None:
    """Refuse entries that are plain text, without showing them: they may be addresses."""
    entries = document.value.get("notify")
    for number, entry in enumerate(entries) if isinstance(entries, list) else ():
        if isinstance(entry, str):
            path = ("notify", number)
            document.broken.add(path)
            document.problems.append(replace(document.tell(_BARE, path), source=""))


def check(project: ProjectFile, written: Mapping[str, Any]) -> Iterator[tuple[Path, Problem]]:
    """All that is wrong with the entries. written: the file before ${NAME} was read."""
    raw = written.get("notify")
    for number, entry in enumerate(raw) if isinstance(raw, list) else ():
        if isinstance(entry, dict):
            yield from _entry(entry, ("notify", number))
    for number, keys in enumerate(project.notify or ()):
        for place, account in enumerate(keys.accounts or ()):
            if account not in (project.accounts or {}):
                hint = did_you_mean(account, project.accounts or {}) or "name accounts of this file"
                problem = Problem("unknown-account", "notify names the account {shown}, which is not there", hint)
                yield ("notify", number, "accounts", place), problem


def _entry(entry: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, Problem]]:
    if ("url" in entry) == ("command" in entry):
        what = (
            "an entry of notify has both url and command"
            if "url" in entry
            else "an entry of notify has neither url nor command"
        )
        yield path, Problem("notify-entry", what, "write exactly one of url and command")
    url = entry.get("url")
    if isinstance(url, str) and not _VARIABLE.fullmatch(url):
        yield (*path, "url"), _LITERAL


def recipients(project: ProjectFile, document: Document, is_granted: bool) -> tuple[Recipient, ...]:
    """The recipients, each with the reason if nothing may be sent to it."""
    raw = document.raw or {}
    written = raw.get("notify") or []
    return tuple(
        _recipient(keys, written[number], document, ("notify", number), is_granted)
        for number, keys in enumerate(project.notify or ())
        if number < len(written) and isinstance(written[number], dict)
    )


def _recipient(keys: NotifyKeys, entry: Any, document: Document, path: Path, is_granted: bool) -> Recipient:
    command = keys.command or ()
    name = tidy(" ".join(map(str, entry["command"]))) if command else str(entry.get("url", ""))
    usual = Recipient(name)
    refused = None
    if not is_granted:
        what = f"no notice goes to {name} until you trust it"
        hint = "check the entry, then run: contentsync trust; for a CI: contentsync trust --show"
        refused = Problem("notify-not-trusted", what, hint, level=Level.WARNING)
    elif not (keys.url or command):
        what = f"no notice goes to {name}: the variable is not set"
        refused = Problem("notify-unset", what, f"export {name.strip('${}')}=…", level=Level.NOTE)
    return Recipient(
        name=name,
        url=keys.url or "",
        command=command,
        events=frozenset(keys.events or NoticeKind),
        accounts=frozenset(keys.accounts or ()),
        sign_in_within=keys.sign_in_within or usual.sign_in_within,
        refused=document.tell(refused, path) if refused else None,
    )
