"""Can TikTok fetch the media of a post? Judges what their addresses answered, and whether they are verified."""

from __future__ import annotations

from contentsync.errors import Level, Problem
from contentsync.media_urls import Answer, Hosting, Look, many_shown, shown
from contentsync.plan.action import World
from contentsync.post import DesiredPost, Kind


def fetch_blocks(post: DesiredPost, world: World) -> list[Problem]:
    """Why TikTok could not fetch the media; empty if it could."""
    if post.kind is Kind.PHOTOS and any(item.path for item in post.media) and not world.hosting.base_url:
        hint = "set hosting.base_url in contentsync.yaml to a prefix that TikTok has verified, or use https URLs"
        what = "TikTok takes photos by URL only, and these are local files"
        return [Problem("photos-need-hosting", what, hint, post.place_of("photos"))]
    urls = world.hosting.urls_of(post)
    strange = [url for url in urls if not world.hosting.is_verified(url)]
    if strange:
        return [_not_verified(post, strange)]
    found = (refused(post, url, world.looks[url], world.hosting) for url in urls if url in world.looks)
    return [problem for problem in found if problem]


def _not_verified(post: DesiredPost, urls: list[str]) -> Problem:
    what = f"hosting.verified does not cover {many_shown(urls)}: TikTok would refuse it"
    hint = "verify its domain or prefix in TikTok's developer portal, and add it to hosting.verified"
    return Problem("url-not-verified", what, hint, post.place_of(post.kind.value))


def refused(post: DesiredPost, url: str, look: Look, hosting: Hosting) -> Problem | None:
    """The problem of an answer that TikTok would not accept; None for a good or an unclear answer."""
    if look.answer in {Answer.GOOD, Answer.NOT_CHECKED}:
        return None
    where = post.place_of(post.kind.value)
    if look.answer is Answer.OTHER_FILE:
        what = f"a different file is at {shown(url)}: {look.what}"
        return Problem(
            "url-other-file", what, "upload the manifest's file there; a cache may still serve an old one", where
        )
    item = hosting.urls_of(post)[url]
    hint = "serve the file itself by https, without a redirect or a sign-in"
    if look.passes:
        hint = "try again later; if it still fails, make the server answer at once and without limits on requests"
    elif item.path and hosting.uploads:
        hint = "check that everyone can read the files of hosting.upload under hosting.base_url"
    elif item.path:
        hint = f"upload {item.path} there; contentsync hosting list shows the address of each file"
    return Problem("url-refused", f"{shown(url)} can't be fetched: {look.what}", hint, where)


def fetch_notes(post: DesiredPost, world: World) -> list[Problem]:
    """Notes on how the media get to TikTok."""
    urls = world.hosting.urls_of(post)
    unsure = {url: world.looks[url].what for url in urls if is_unsure(world, url)}
    found = []
    if unsure:
        what = f"not checked: {many_shown(unsure)} ({next(iter(unsure.values()))})"
        found.append(Problem("url-not-checked", what, "TikTok checks it when the post is sent", level=Level.NOTE))
    local = sum(bool(item.path) for item in urls.values())
    if local and world.hosting.uploads:
        photos = "1 photo is" if local == 1 else f"{local} photos are"
        what = f"{photos} first uploaded to {shown(world.hosting.base_url)}, for everyone to see"
        found.append(Problem("photos-hosted", what, level=Level.NOTE))
    return found


def is_unsure(world: World, url: str) -> bool:
    """Whether an address was requested, and the answer proves nothing."""
    return url in world.looks and world.looks[url].answer is Answer.NOT_CHECKED


def to_look_at(post: DesiredPost, hosting: Hosting) -> dict[str, int]:
    """The addresses of a post that should answer by now, with the bytes that should lie there, 0 for unknown."""
    urls = hosting.urls_of(post)
    return {url: item.size for url, item in urls.items() if not (item.path and hosting.uploads)}
