"""To which address does TikTok send the browser back, and what does the address contain?

Source: Login Kit for Desktop and for Web, "Redirect URI" and "Authorization response".
"""

from __future__ import annotations

import re
from dataclasses import field
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from contentsync.destinations import is_on_this_machine
from contentsync.errors import Problem, SignInNeeded, UsageError
from contentsync.frozen import frozen
from contentsync.tiktok.reading import told, word

_DESKTOP: Final = re.compile(r"(https?)://(localhost|127\.0\.0\.1):(\*|[0-9]{1,5})(/[^?#\s]*)?")
_WEB: Final = re.compile(r"https://[^\s/?#@\[]+(/[^?#\s]*)?")


@frozen
class Target:
    """A registered redirect URI. port: None for `*`. is_desktop: a loopback one. is_plain: we can answer there."""

    uri: str
    path: str
    port: int | None
    is_desktop: bool
    is_plain: bool

    def at(self, port: int) -> str:
        """The URI to send to TikTok when the answer is awaited at `port` of this machine."""
        return self.uri.replace(":*", f":{port}", 1) if self.is_desktop else self.uri


def target_of(uri: str) -> Target:
    """The target of a redirect URI. Raises UsageError for a URI that TikTok would not register. IPv4 only."""
    if desktop := _DESKTOP.fullmatch(uri):
        port = None if desktop[3] == "*" else int(desktop[3])
        if port is None or 0 < port < 65_536:
            return Target(uri, desktop[4] or "/", port, is_desktop=True, is_plain=desktop[1] == "http")
    elif (web := _WEB.fullmatch(uri)) and not is_on_this_machine(uri):
        return Target(uri, web[1] or "/", None, is_desktop=False, is_plain=False)
    what = "TikTok can't register app.redirect_uri: it must have no query, no # and, on this machine, a port"
    hint = "write http://127.0.0.1:*/callback/ (Desktop), or the https address of a Web app"
    raise UsageError(Problem("redirect-uri", what, hint))


@frozen
class Answer:
    """The answer of the redirect: a code with the granted scopes, or an error.

    code: decoded once, whole. scopes: None where it does not say. state: None for a code that was pasted alone.
    """

    code: str = field(default="", repr=False)
    scopes: tuple[str, ...] | None = None
    state: str | None = field(default=None, repr=False)
    error: str = ""
    description: str = ""


def read_answer(query: str) -> Answer | None:
    """The answer in the query of a redirect; None where there is neither a code nor an error in it."""
    values = dict(parse_qsl(query, keep_blank_values=True))
    code, error = values.get("code", ""), values.get("error", "")
    if not code and not error:
        return None
    said = ", ".join(filter(None, (word(values.get("error_type")), told(values.get("error_description")))))
    scopes = values.get("scopes", values.get("scope"))
    return Answer(
        code="" if error else code,
        scopes=None if scopes is None else split_scopes(scopes),
        state=values.get("state", ""),
        error=word(error) or ("unknown" if error else ""),
        description=said,
    )


def read_pasted(line: str) -> Answer:
    """The answer in what a person pasted: the whole address, its query, or the code alone.

    Raises SignInNeeded where none of them can be seen in it.
    """
    given = line.strip().strip("'\"")
    if "://" in given or re.search(r"(?:^|[?&])(?:code|error)=", given):
        query = urlsplit(given).query if "://" in given else given.lstrip("?")
        if answer := read_answer(query):
            return answer
    elif re.fullmatch(r"[!-~]{8,}", given):
        return Answer(code=unquote(given))
    what = "there is no code in what was pasted" if given else "nothing was pasted"
    hint = (
        "after you have authorized the app, copy the whole address from the browser, even if the page does not load"
    )
    raise SignInNeeded(Problem("sign-in-answer", what, hint))


def split_scopes(text: str) -> tuple[str, ...]:
    """Scopes from a list with commas; blanks are understood too."""
    return tuple(dict.fromkeys(filter(None, (word(part) for part in re.split(r"[,\s]+", text)))))
