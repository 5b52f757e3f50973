"""The frame of all pages: what it forbids, and what becomes of other people's text."""

from __future__ import annotations

import base64
import hashlib
import re

from jinja2 import DictLoader
from jinja2.environment import Environment

from contentsync.views.html import page


def a_page(main: str, **values: object) -> str:
    """A page whose main part is this template."""
    env: Environment = page._environment()
    before = env.loader
    text = '{% extends "base.html" %}{% block main %}' + main + "{% endblock %}"
    assert before is not None
    env.loader = DictLoader(
        {"t.html": text, "base.html": before.get_source(env, "base.html")[0], "style.css": page._source("style.css")}
    )
    try:
        return page.render("t.html", **values)
    finally:
        env.loader = before


def policy_of(text: str) -> dict[str, str]:
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert found
    parts = [part.strip().partition(" ") for part in found[1].replace("&#39;", "'").split(";")]
    return {name: value for name, _, value in parts}


def test_a_page_forbids_everything_but_its_own_style() -> None:
    text = a_page("hello")
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy_of(text) == {
        "default-src": "'none'",
        "style-src": f"'sha256-{digest}'",
        "script-src": "'none'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_the_policy_comes_before_everything_that_it_governs() -> None:
    text = a_page("hello")
    assert text.index("Content-Security-Policy") < min(map(text.index, ("<style", "<link", "<body")))


def test_a_served_page_may_call_its_own_server_and_no_other() -> None:
    env = page.render("base.html", calls=page.SERVED)
    assert policy_of(env)["connect-src"] == "'self'" and policy_of(env)["form-action"] == "'self'"


def test_text_is_escaped_and_what_is_unseen_is_shown() -> None:
    text = a_page('<p title="{{ said }}">{{ said }}</p>', said="\"><script>alert('1')</script>\u202ex\x00")
    said = "&#34;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;\\u202ex\\u0000"
    assert f'<p title="{said}">{said}</p>' in text


def test_the_style_asks_for_nothing() -> None:
    assert not re.search(r"url\(|@import|</", page._source("style.css"))


def test_no_template_has_style_or_handler_attributes() -> None:
    env = page._environment()
    for name in env.list_templates(extensions=["html"]):
        assert env.loader is not None
        source = env.loader.get_source(env, name)[0]
        assert not re.search(r"\s(style|on\w+)=|\|\s*safe\b|autoescape\s+false", source), name
