"""Plans to show: many posts of every kind, and texts that would like to be more than text."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from contentsync.errors import Level, Problem
from contentsync.operations.pictures import Pictures
from contentsync.operations.preview import Preview
from contentsync.plan.action import AccountView, Action, Change, Kind, Plan, Quota
from contentsync.post import DesiredPost, Disclosure, Interaction, Mode, Privacy
from contentsync.settings import Limits
from tests.builders import NOW, OPEN_ID, a_creator, a_draft, a_photo, a_post, a_slideshow, an_ad

#: A small grey picture.
PIXEL = (
    "data:image/jpeg;base64,/9j/4AAQSkZJRgABAgAAAQABAAD//gAQTGF2YzU5LjM3LjEwMAD/2wBDAAgUFBcUFxsbGxsbGyAeICEhISAgI"
    "CAhISEkJCQqKiokJCQhISQkKCgqKi4vLisrKisvLzIyMjw8OTlGRkhWVmf/xABLAAEBAAAAAAAAAAAAAAAAAAAABAEBAAAAAAAAAAAAAAAAA"
    "AAAAxABAAAAAAAAAAAAAAAAAAAAABEBAAAAAAAAAAAAAAAAAAAAAP/AABEIABAACAMBIgACEQADEQD/2gAMAwEAAhEDEQA/AJgDCf/Z"
)
#: What would like to be more than text, on a page or in a comment.
HOSTILE = tuple(json.loads((Path(__file__).parent / "hostile.json").read_text("utf-8")))


def hostile(count: int) -> list[str]:
    """Captions that try to break out, alone, in pairs and in threes."""
    alone = list(HOSTILE)
    pairs = [f"{a} {b}" for a, b in itertools.permutations(HOSTILE, 2)]
    threes = [f"{a}\n{b}\n{c}" for a, b, c in itertools.permutations(HOSTILE[::3], 3)]
    return [*alone, *pairs[:: len(pairs) // count + 1], *threes][:count]


def an_action(post: DesiredPost, kind: Kind = Kind.CREATE, reason: str = "new", **over: Any) -> Action:
    """What a plan says of a post."""
    given: dict[str, Any] = {
        "where": str(post.where),
        "mode": post.mode,
        "not_sent": post.settings_not_sent(),
        "media": post.media,
        "digest": "sha256:" + "0" * 64,
        "sends": post.settings_sent(),
    }
    return Action(kind, post.key, reason, **(given | over))


def a_plan_of(*actions: Action, **over: Any) -> Plan:
    view = AccountView("acme", OPEN_ID, a_creator(), Quota(12, 4), public=True)
    given: dict[str, Any] = {
        "created_at": NOW,
        "expires_at": NOW + timedelta(days=1),
        "lineage": "lineage",
        "serial": 3,
        "accounts": (view,),
        "actions": actions,
        "unchanged": 7,
        "inputs": "sha256:" + "1" * 64,
    }
    return Plan(**(given | over))


def a_preview(plan: Plan, posts: Sequence[DesiredPost] = (), **over: Any) -> Preview:
    given: dict[str, Any] = {
        "digest": "sha256:" + "2" * 64,
        "posts": {post.key: post for post in posts},
        "zones": {"acme": "America/New_York"},
        "limits": {"acme": Limits()},
        "approvals": {},
        "pictures": {action.post: Pictures([PIXEL] * len(action.media)) for action in plan.actions},
    }
    return Preview(plan, **(given | over))


def of_every_kind() -> Preview:
    """A plan with one post at least of each kind of action, mode and label."""
    later = NOW + timedelta(days=5)
    posts = [
        a_post(name="launch", caption="Launch day #fyp, thanks @acme_de", cover=2500),
        an_ad(name="ad", allow=frozenset(Interaction), privacy=Privacy.FRIENDS),
        a_post(name="own", disclosure=frozenset({Disclosure.YOUR_BRAND}), ai_generated=True, privacy=Privacy.ONLY_ME),
        a_draft(name="inbox", privacy=Privacy.FOLLOWERS, cover=1000),
        a_slideshow(name="gallery", media=(a_photo("posts/1.jpg"), a_photo("posts/2.jpg")), cover=1),
        a_post(name="teaser", publish_at=later, caption="Long. " * 100),
        a_post(name="going"),
        a_post(name="lost"),
        a_post(name="edited"),
        a_post(name="broken", media=()),
        a_post(name="hidden"),
        a_post(name="renamed"),
    ]
    problem = Problem("caption-too-long", "caption is 43 over the 2,200 that TikTok takes", "cut 43", posts[9].where)
    label = Problem("label", "Your video will be labeled as 'Paid partnership'", level=Level.NOTE)
    change = Change("caption", "Launch day in Kreuzberg", "Launch week in Neukölln")
    actions = [
        an_action(posts[0]),
        an_action(posts[1], problems=(label,)),
        *map(an_action, posts[2:5]),
        an_action(posts[5], Kind.WAIT, "waits for its publish_at", due_at=later),
        an_action(posts[6], Kind.RESUME, "was left uploading"),
        an_action(posts[7], Kind.UNKNOWN, "may be live"),
        an_action(posts[8], Kind.FROZEN, "edited after it was sent", changes=(change,)),
        an_action(posts[9], Kind.BLOCKED, problem.what, problems=(problem,)),
        an_action(posts[10], Kind.DRIFT, "was public, and is not listed now"),
        an_action(posts[11], Kind.MOVE, "was acme/old", moved_from="acme/old", then=Kind.BLOCKED),
        Action(Kind.FORGET, "acme/gone", "has no manifest any more"),
    ]
    note = Problem("account-paused", "account acme is paused", level=Level.WARNING)
    return a_preview(
        a_plan_of(*actions, notes=(note,)), posts, approvals={"acme/launch": "approved by Ann (terminal)"}
    )


def full_of(captions: Sequence[str]) -> Preview:
    """A plan in which every text that may be a stranger's is one of these."""
    posts, actions = [], []
    for number, text in enumerate(captions):
        post = a_post(
            name=f"post-{number}",
            caption=text,
            title=text,
            media=(a_photo(text or "x"),),
            mode=Mode.DRAFT if number % 5 == 0 else Mode.DIRECT,
        )
        problem = Problem("media-unknown", text, text, replace(post.where, file=text))
        kind = (Kind.CREATE, Kind.BLOCKED, Kind.FROZEN, Kind.WAIT)[number % 4]
        changes = (Change(text, text, text[::-1]),)
        posts.append(post)
        actions.append(an_action(post, kind, text, problems=(problem,), where=text, changes=changes))
    creator = a_creator(nickname=captions[0], username=captions[1])
    view = AccountView("acme", OPEN_ID, creator, Quota(12, 4), public=True)
    approvals = {post.key: post.caption for post in posts}
    notes = tuple(Problem("note", text, text, level=Level.NOTE) for text in captions[:50])
    return a_preview(a_plan_of(*actions, accounts=(view,), notes=notes), posts, approvals=approvals)


#: As a page or a comment words them.
WHO = {
    Privacy.EVERYONE: "PUBLIC: everyone",
    Privacy.FRIENDS: "friends",
    Privacy.FOLLOWERS: "followers",
    Privacy.ONLY_ME: "only me",
}


def ten_posts() -> list[tuple[DesiredPost, Action]]:
    """Five direct posts and five drafts, each with another privacy, cover and time."""
    found = []
    for number, (make, privacy) in enumerate(itertools.product((a_post, a_draft), [*Privacy, Privacy.EVERYONE])):
        post = make(name=f"post-{number}", privacy=privacy, cover=None if number % 3 == 0 else number * 500)
        due = NOW + timedelta(days=number) if number % 2 else None
        found.append((post, an_action(post, Kind.WAIT if due else Kind.CREATE, f"as {number}", due_at=due)))
    return found


def answers(post: DesiredPost, action: Action) -> dict[str, str]:
    """What the page must say of a post."""
    is_draft, due = action.mode is Mode.DRAFT, action.due_at
    assert post.privacy is not None
    who = WHO[post.privacy]
    unsent = f"caption, privacy ({post.privacy})" + (", cover" if post.cover is not None else "")
    frame = f"the frame at {(post.cover or 0) / 1000:g} s" + (" (not sent: the creator sets it)" if is_draft else "")
    chosen = "the creator chooses" if is_draft else "TikTok chooses"
    local = due.astimezone(ZoneInfo("America/New_York")) if due else NOW
    time = (
        f"{local:%a} {local.day} {local:%b %H:%M} {local:%Z} ({due:%a} {due.day} {due:%b %H:%M} UTC)" if due else ""
    )
    return {
        "Account": "Acme Studio (@acme)",
        "Who can see it": f"nobody, until the creator posts it in TikTok's app; declared: {who}" if is_draft else who,
        "Time": time or "now, when the plan is applied",
        "Not sent": unsent if is_draft else "nothing",
        "Cover": chosen if post.cover is None else frame,
    }
