"""What does the browser show at the end of a sign-in? One self-contained page, without a token or code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Final

from contentsync.errors import Problem

_STYLE: Final = """
:root{color-scheme:light dark;--ink:#17181c;--soft:#5d6270;--paper:#fff;--back:#f3f4f6;--line:#e2e4e9;--good:#0f7b4b;
--bad:#b3261e;--warn:#8a5a00}
@media(prefers-color-scheme:dark){:root{--ink:#eceef2;--soft:#a2a8b6;--paper:#1d1f24;--back:#121317;--line:#33363e;
--good:#5fd39b;--bad:#ff8a80;--warn:#f0b95b}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:24px;background:var(--back);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{width:100%;max-width:560px;background:var(--paper);border:1px solid var(--line);border-radius:16px;padding:32px}
.mark{display:inline-grid;place-items:center;width:44px;height:44px;border-radius:50%;font-size:24px;font-weight:700;
color:var(--paper)}
.good .mark{background:var(--good)}.bad .mark{background:var(--bad)}
h1{font-size:24px;line-height:1.25;margin:16px 0 8px}
p{margin:8px 0}.soft{color:var(--soft)}
h2{font-size:13px;letter-spacing:.04em;text-transform:uppercase;color:var(--soft);margin:24px 0 8px}
ul{list-style:none;margin:0;padding:0}
li{padding:8px 0;border-top:1px solid var(--line)}
li code{font-weight:600}li.no code{color:var(--warn)}li span{display:block;color:var(--soft);font-size:14px}
code{font:14px/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
footer{margin-top:24px;padding-top:16px;border-top:1px solid var(--line);color:var(--soft);font-size:14px}
"""
_PAGE: Final = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} - contentsync</title><style>{style}</style></head>
<body><main class="{kind}"><div class="mark" aria-hidden="true">{mark}</div>
<h1>{title}</h1>
{body}
<footer>{footer}</footer></main></body>
</html>
"""
_CLOSE: Final = "You may close this tab and go back to the terminal."


def success(
    account: str,
    who: str,
    granted: Iterable[str] | None,
    missing: Mapping[str, str],
    not_asked: Mapping[str, str],
    sandbox: bool,
) -> str:
    """Who signed in, with which scopes, and what the missing ones mean."""
    app = " with the app's sandbox" if sandbox else ""
    body = f"<p><strong>{escape(who)}</strong> is signed in as account <code>{escape(account)}</code>{app}.</p>"
    if granted is None:
        body += '<p class="soft">TikTok did not say which scopes were granted.</p>'
    else:
        body += _list("Granted", "yes", dict.fromkeys(granted, ""))
    body += _list("Not granted", "no", missing) + _list("Not asked for", "yes", not_asked)
    if not_asked:
        command = f"contentsync login {escape(account)} --scope all"
        body += f'<p class="soft">If your app has these scopes, ask for them too: <code>{command}</code></p>'
    return _page("good", "✓", "Signed in", body, _CLOSE)


def failure(problem: Problem) -> str:
    """What went wrong, and how to fix it."""
    hint = f"<h2>What to do</h2><p>{escape(_sentence(problem.hint))}</p>" if problem.hint else ""
    body = f"<p>{escape(_sentence(problem.what))}</p>{hint}"
    body += f'<p class="soft">Nothing was stored. Code: {escape(problem.code)}</p>'
    return _page("bad", "!", "Not signed in", body, "The terminal says the same. You may close this tab.")


def stopped() -> str:
    body = "<p>contentsync ended before the sign-in was complete. It may or may not have stored the tokens.</p>"
    return _page("bad", "!", "Not signed in", body, "The terminal says more.")


def elsewhere() -> str:
    body = "<p>contentsync waits for the sign-in at another address.</p>"
    return _page("bad", "!", "Nothing at this address", body, "Continue in the tab with TikTok's page.")


def nothing_in_it() -> str:
    body = "<p>This address has neither a code nor an error from TikTok. contentsync is still waiting.</p>"
    return _page("bad", "!", "No answer in this address", body, "Continue in the tab with TikTok's page.")


def not_ours() -> str:
    body = (
        "<p>This answer belongs to another sign-in, for example one in an old tab. "
        "contentsync is still waiting for the answer to its own.</p>"
    )
    return _page(
        "bad", "!", "Not the answer to this sign-in", body, "Continue in the tab that the terminal opened last."
    )


def taken_already() -> str:
    body = "<p>contentsync already has an answer, and takes only one. If that one was not yours, sign in again.</p>"
    return _page("bad", "!", "Already answered", body, "The terminal shows the result.")


def _sentence(text: str) -> str:
    """A problem's words as a sentence of a page; they begin in lower case for the terminal."""
    whole = text[:1].upper() + text[1:] if text.partition(" ")[0].isalpha() else text
    return whole if whole.endswith((".", ":", "?")) else f"{whole}."


def _list(title: str, kind: str, entries: Mapping[str, str]) -> str:
    items = "".join(
        f'<li class="{kind}"><code>{escape(name)}</code>{f"<span>{escape(why)}</span>" if why else ""}</li>'
        for name, why in entries.items()
    )
    return f"<h2>{title}</h2><ul>{items}</ul>" if items else ""


def _page(kind: str, mark: str, title: str, body: str, footer: str) -> str:
    return _PAGE.format(style=_STYLE, kind=kind, mark=mark, title=title, body=body, footer=footer or _CLOSE)
