"""How is a page made? From a template and values, as one file that makes no request. Pure.

The danger: captions, names and TikTok's own words are other people's text, and a page can run programs and call
addresses. The rule: everything that a template puts in is escaped, every character that can't be seen is shown as an
escape, and the page's own policy forbids each program, style and address that is not part of the page. The policy
names its stylesheet and scripts by their digests, so text that were to break out would still do nothing.

Templates are part of the program. They use no `style=` and no `on…=` attributes: the policy forbids both.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from contentsync.times import rfc3339
from contentsync.trust import hide
from contentsync.visible import visible_lines

#: Of a page that is opened as a file: it calls nothing.
ALONE: Final = "; img-src data:; form-action 'none'"
#: Of a page that `contentsync` serves: it may call that server, show media from there, and send forms to it.
SERVED: Final = "; img-src data: 'self'; media-src 'self'; connect-src 'self'; form-action 'self'"


def render(template: str, *, scripts: Sequence[str] = (), calls: str = ALONE, **values: Any) -> str:
    """The page that a template of this folder makes.

    scripts: files of this folder that run in the page, which must be usable without them. calls: ALONE or SERVED.
    """
    env = _environment()
    style = _source("style.css")
    programs = [_source(name) for name in scripts]
    policy = _policy(style, programs) + calls
    referrer = (
        "same-origin" if calls == SERVED else "no-referrer"
    )  # a form without one says that it comes from nowhere
    frame = {"style": style, "programs": programs, "policy": policy, "referrer": referrer}
    return env.get_template(template).render(frame | values)


def without(page: str, read: Mapping[str, str]) -> str:
    """The page with names instead of the values that ${NAME} gave, also where they are escaped. read: by name."""
    return hide(hide(page, read), {name: str(escape(value)) for name, value in read.items()}) if read else page


def _policy(style: str, programs: Sequence[str]) -> str:
    allowed = " ".join(map(_digest, programs)) or "'none'"
    return f"default-src 'none'; style-src {_digest(style)}; script-src {allowed}; base-uri 'none'"


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _environment() -> Environment:
    env = Environment(
        loader=PackageLoader("contentsync.views", "html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_seen,
    )
    env.filters["rfc3339"] = rfc3339
    env.filters["exact"] = _exact
    return env


def _seen(value: Any) -> Any:
    """Every text that a template puts in, with unseen characters as escapes; our own markup as it is."""
    return visible_lines(value) if type(value) is str else value


def _exact(text: str) -> Markup:
    """A text that is copied from the page: every character as it is, unseen ones too."""
    return Markup(str(escape(text)).replace("\r", "&#13;"))  # noqa: S704 - a line break of its own, and escaped


def _source(name: str) -> Markup:
    """A file of this folder: part of the program, so that it goes into a page as it is."""
    env = _environment()
    assert env.loader is not None
    return Markup(env.loader.get_source(env, name)[0].strip())  # noqa: S704
