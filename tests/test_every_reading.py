"""Where TikTok is silent or answers in more than one way, every reading leads to the same posts, and each only once.

The emulator's quirks are those readings. This walks all values of all of them, so that a new quirk is tried at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest

from contentsync.emulator.config import SCOPES, Account, App, Quirks
from contentsync.operations.refresh import refresh_all
from contentsync.signin.scopes import POSTING
from tests.attempt.site import a_site
from tests.builders import ManualClock
from tests.cli.signing import PROJECT, a_studio
from tests.cli.support import an_emulator
from tests.signin.test_flow import PASTE, Someone, sign

# The values of the quirks that are no choice from a few words.
OPEN: dict[str, tuple[Any, ...]] = {
    "oauth_status": (200, 400, 401),
    "business_status": (None, 200),
    "refresh_grace": (0.0, 60.0),
    "unknown_polls": (0, 1, 3),
    "post_id_key": ("publicaly_available_post_id", "publicly_available_post_id", "publically_available_post_id"),
    "listed_units": (150, 20, None),
    "posts_cap_counts": (frozenset(), frozenset({"failed", "unfinished"})),
}
AT_SIGN_IN = (
    "oauth_status",
    "web_pkce",
    "code_before_client",
    "basic_always",
    "refusals_shown",
    "sandbox_open_id",
    "failure_data",
)


def values_of(name: str) -> tuple[Any, ...]:
    return OPEN[name] if name in OPEN else tuple(_choices(get_type_hints(Quirks)[name]))


def _choices(kind: Any) -> Iterator[Any]:
    if get_origin(kind) is Literal:
        yield from get_args(kind)
    elif get_origin(kind) in (Union, UnionType):
        for part in get_args(kind):
            yield from _choices(part)
    elif kind is bool:
        yield from (True, False)
    else:
        raise AssertionError(f"name the values of a quirk of the type {kind} in OPEN")


def _shown(value: object) -> str:
    """A value in a test's name, the same in every process: a set has no order of its own."""
    return "+".join(sorted(map(str, value))) if isinstance(value, frozenset) else str(value)


def readings(*names: str) -> list[Any]:
    """Each value of each quirk, the others as they are; as parameters of a test."""
    chosen = names or tuple(field.name for field in fields(Quirks))
    return [
        pytest.param(Quirks(**{name: value}), id=f"{name}={_shown(value)}")
        for name in chosen
        for value in values_of(name)
    ]


@pytest.mark.slow
@pytest.mark.parametrize("quirks", readings())
def test_every_reading_posts_once_and_knows_it(tmp_path: Path, clock: ManualClock, quirks: Quirks) -> None:
    accounts = (Account("acme", scopes=SCOPES), Account("acme_de", scopes=POSTING))
    with a_site(tmp_path, clock, accounts=accounts, quirks=quirks) as site:
        site.studio.post("launch")
        site.studio.post("idea", "acme_de")
        for account in ("acme", "acme_de"):
            site.emulator.expire_tokens(account)  # so that they are renewed on the way
        assert site.apply().results == {"acme/launch": "published", "acme_de/idea": "delivered"}
        site.emulator.publish_draft(site.row("idea", "acme_de").attempts[-1].publish_id, "As she likes it")
        with site.project() as project:
            _, failures = refresh_all(project, (), full_list=True)
        assert failures == {}
        assert set(site.kinds().values()) <= {"unchanged"}
        assert site.apply().results == {}
        assert [site.phases(), site.phases("idea", "acme_de")] == [["published"], ["published"]]
        assert site.row().post_id == str(site.emulator.videos("acme")[0].id)
        assert len(site.emulator.posts()) == 2
        assert sorted(map(str, site.arrived())) == sorted([site.digest(), site.digest("idea")])


@pytest.mark.slow
@pytest.mark.parametrize("quirks", readings("business_status", "failure_data", "invalid_code", "unknown_code"))
def test_every_reading_of_a_refusal_is_a_failure_of_that_post_alone(
    tmp_path: Path, clock: ManualClock, quirks: Quirks
) -> None:
    with a_site(tmp_path, clock, quirks=quirks) as site:
        site.studio.post("launch")
        site.studio.post("idea", "acme_de")
        site.emulator.change_app(audited=False)  # which nothing but the init tells
        assert site.apply().results == {"acme/launch": "failed", "acme_de/idea": "delivered"}
        refusal = site.row().attempts[-1].problem_code
        assert refusal == "unaudited-client-can-only-post-to-private-accounts"
        assert site.apply().results == {}


@pytest.mark.parametrize("quirks", readings(*AT_SIGN_IN))
def test_every_reading_lets_a_desktop_app_a_web_app_and_a_sandbox_sign_in(tmp_path: Path, quirks: Quirks) -> None:
    uris = ("http://127.0.0.1:*/callback/", "https://tool.example/back")
    with an_emulator(app=App(audited=True, redirect_uris=uris), quirks=quirks) as served:
        studio = a_studio(tmp_path, served)
        assert set(sign(studio, Someone(), **PASTE).scopes or ()) == set(POSTING)
        web = PROJECT.replace("  audited", "  redirect_uri: https://tool.example/back\n  audited")
        studio.write("contentsync.yaml", web)
        assert sign(studio, Someone(), scopes=("video.upload",), **PASTE).scopes is not None
        studio.write("contentsync.yaml", PROJECT)
        live = served.accounts["acme"].open_id
        assert sign(studio, Someone(), sandbox=True, **PASTE).open_id
        assert (served.accounts["acme"].open_id == live) or quirks.sandbox_open_id == "other"


def test_every_quirk_has_values_to_try() -> None:
    assert all(len(values_of(field.name)) > 1 for field in fields(Quirks))
