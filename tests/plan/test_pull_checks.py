"""What speaks against an address that TikTok would be given, and how local photos get theirs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contentsync.media_urls import Answer, Hosting, Look, covers, object_name, shown
from contentsync.plan.action import AccountFacts, Kind, Plan, World
from contentsync.plan.planner import make_plan
from contentsync.post import DesiredPost, Mode
from contentsync.post import Kind as Made
from contentsync.settings import App
from tests.builders import NOW, OPEN_ID, a_creator, a_media, a_photo, a_post, a_slideshow, an_account

BASE = "https://media.acme.example/tiktok/"


def planned(post: DesiredPost, **world: object) -> Plan:
    facts = {"acme": AccountFacts(an_account(), OPEN_ID, a_creator())}
    return make_plan([post], World(NOW, facts, App(audited=True), **world))  # type: ignore[arg-type]


def codes(plan: Plan) -> tuple[str, list[str]]:
    (action,) = plan.actions
    return action.kind, [p.code for p in action.problems if p.code != "media-not-checked"]


def a_carousel() -> DesiredPost:
    return a_post(kind=Made.PHOTOS, media=(a_photo("posts/1.jpg"), a_photo("posts/2.jpg")))


def test_local_photos_without_hosting_are_blocked() -> None:
    assert codes(planned(a_carousel())) == (Kind.BLOCKED, ["photos-need-hosting"])


def test_local_photos_get_an_address_by_their_content() -> None:
    photo = a_photo()
    assert Hosting(BASE).url_of(photo) == f"{BASE}{photo.sha256}.jpg"
    assert Hosting(BASE.rstrip("/")).url_of(photo) == f"{BASE}{photo.sha256}.jpg"
    assert object_name(replace(photo, path="posts/x.JPEG", facts=None)).endswith(".jpeg")


def test_that_photos_are_put_on_the_web_is_told() -> None:
    assert codes(planned(a_carousel(), hosting=Hosting(BASE, uploads=True))) == (Kind.CREATE, ["photos-hosted"])


@pytest.mark.parametrize("answer", [Answer.REFUSED, Answer.OTHER_FILE])
def test_an_address_that_refuses_blocks(answer: Answer) -> None:
    url = a_slideshow().media[1].url
    kind, told = codes(planned(a_slideshow(), looks={url: Look(answer, "it answered 404")}))
    assert (kind, told) == (Kind.BLOCKED, ["url-refused" if answer is Answer.REFUSED else "url-other-file"])


@pytest.mark.parametrize("passes", [True, False])
def test_a_refusal_that_passes_is_to_be_tried_later(passes: bool) -> None:
    look = Look(Answer.REFUSED, "it answered 429", passes=passes)
    plan = planned(a_slideshow(), looks={a_slideshow().media[0].url: look})
    assert plan.actions[0].problems[0].hint.startswith("try again later") is passes


def test_what_can_not_be_reached_is_noted_and_goes_on() -> None:
    url = a_slideshow().media[0].url
    plan = planned(a_slideshow(), looks={url: Look(Answer.NOT_CHECKED, "no connection to the server")})
    assert codes(plan) == (Kind.CREATE, ["url-not-checked"])


def test_an_address_is_noted_as_not_checked_once() -> None:
    first, *others = (item.url for item in a_slideshow().media)
    plan = planned(a_slideshow(), looks={first: Look(Answer.NOT_CHECKED, "no connection to the server")})
    assert [str(p.what).count(first) for p in plan.actions[0].problems] == [0, 1]
    assert all(other in plan.actions[0].problems[0].what for other in others)


@pytest.mark.parametrize(
    ("verified", "kind"),
    [
        (None, Kind.CREATE),
        (("acme.example",), Kind.CREATE),
        (("media.acme.example",), Kind.CREATE),
        (("https://media.acme.example/",), Kind.CREATE),
        (("other.acme.example",), Kind.BLOCKED),
        (("https://media.acme.example/tiktok/",), Kind.BLOCKED),
        ((), Kind.BLOCKED),
    ],
)
def test_an_address_must_be_covered_where_it_is_known_what_is_verified(
    verified: tuple[str, ...] | None, kind: Kind
) -> None:
    assert codes(planned(a_slideshow(), hosting=Hosting(verified=verified)))[0] == kind


def test_an_uploaded_video_needs_no_address() -> None:
    assert codes(planned(a_post(), hosting=Hosting(BASE, verified=())))[0] == Kind.CREATE


def test_a_video_by_url_is_checked_like_photos() -> None:
    post = a_post(media=(a_media(url="https://other.example/film.mp4?key=hidden"),), mode=Mode.DIRECT)
    plan = planned(post, hosting=Hosting(verified=("acme.example",)))
    assert codes(plan) == (Kind.BLOCKED, ["url-not-verified"])
    assert "hidden" not in "".join(p.what + p.hint for p in plan.actions[0].problems)


@pytest.mark.parametrize(
    ("entry", "url", "is_covered"),
    [
        ("static.example.com", "https://video.static.example.com/x", True),
        ("static.example.com", "https://example.com/x", False),
        ("acme.example", "https://evilacme.example/x", False),
        ("acme.example", "https://acme.example@evil.example/x", False),
        ("https://a.example/x", "https://a.example/x/1.jpg", True),
        ("https://a.example/x", "https://a.example/xy/1.jpg", False),
        ("https://a.example", "https://a.example.evil/1.jpg", False),
        ("https://a.example/tik", "https://a.example/tiktok/1.jpg", False),
        ("https://a.example/tik/", "https://a.example/tik", False),
        ("https://a.example/tik/", "https://a.example/tik/../x/1.jpg", False),
        ("https://a.example/tik/", "https://a.example/tik/%2e%2E/x/1.jpg", False),
        ("https://a.example/tik/", "https://a.example/tik/.%2e/x/1.jpg", False),
        ("https://a.example/tik/", "https://a.example/x/../tik/./1.jpg", True),
        ("https://a.example/tik/", "https://a.example/../../tik/1.jpg", True),
        ("https://a.example/tik/", "https://a.example/tik/..1.jpg", True),
        ("https://a.example/", "https://a.example?x=/1.jpg", True),
        ("https://a.example/tik/", "https://a.example/x?y=/tik/", False),
        ("https://a.example/", "https://a.example:8443/1.jpg", False),
        ("https://a.example/", "https://a.example:443/1.jpg", True),
        ("https://a.example:8443/", "https://a.example:8443/1.jpg", True),
        ("https://a.example/", "https://a.example:no/1.jpg", False),
        ("https://a.example/", "http://a.example/1.jpg", False),
        ("https://a.example/", "https://a.example@evil.example/", False),
        ("https://a.example/", "https://evil.example@a.example/", False),
        ("acme.example", "https://x@acme.example@evil.example/", False),
        ("https://a.example/", "https://a.example\\@evil.example/", False),
        ("https://a.example/", "https://A.Example/1.jpg", True),
        ("https://A.example/Tik/", "HTTPS://a.example/Tik/1.jpg", True),
        ("https://a.example/tik/", "https://a.example/TIK/1.jpg", False),
        ("https://bücher.example/", "https://xn--bcher-kva.example/1.jpg", True),
        ("xn--bcher-kva.example", "https://media.BÜCHER.example/1.jpg", True),
        ("bücher.example", "https://media.xn--bcher-kva.example/1.jpg", True),
        ("bucher.example", "https://bücher.example/1.jpg", False),
    ],
)
def test_a_domain_covers_what_is_below_it_and_a_prefix_what_begins_with_it(
    entry: str, url: str, is_covered: bool
) -> None:
    assert covers(entry, url) is is_covered


def test_an_address_is_told_without_its_query() -> None:
    assert shown("https://a.example/1.jpg?sig=secret") == "https://a.example/1.jpg?…"
