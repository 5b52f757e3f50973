"""Does each JSON document say what it is, with nothing in it that JSON does not know?"""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from pathlib import Path
from typing import Any

import pytest

from contentsync import views
from contentsync.approval import approval_of
from contentsync.errors import Problem
from contentsync.operations.accounts import Met
from contentsync.operations.agenda import Agenda, Entry
from contentsync.operations.browse import Listed, Thread
from contentsync.operations.calendar import Calendar
from contentsync.operations.explain import Case
from contentsync.operations.handover import Waiting
from contentsync.operations.hosting import Belonging
from contentsync.operations.import_posts import Proposal
from contentsync.operations.plan import Made
from contentsync.operations.probe import probe as probed
from contentsync.operations.refresh import Seen
from contentsync.operations.show_plan import Shown
from contentsync.operations.stats import Stats
from contentsync.plan.action import Action, Kind, World
from contentsync.plan.handover import handover_of
from contentsync.plan.planfile import Told
from contentsync.plan.planner import make_plan
from contentsync.settings import App, Settings
from contentsync.tiktok.tokens import Pair
from contentsync.views import (
    accounts,
    agenda,
    approvals,
    calendar,
    comments,
    events,
    explain,
    formatted,
    handover,
    health,
    hosted_photos,
    imported,
    notify,
    probe,
    problems,
    refresh,
    rows,
    shown_plan,
    state_row,
    stats,
    status,
    trust,
    videos,
)
from contentsync.watch_health import Health
from tests.builders import NOW, OPEN_ID, a_creator, a_photo, a_post, a_row
from tests.views.previews import of_every_kind

WORLD = World(NOW, {})
MADE = Made(make_plan([], WORLD), {}, WORLD)
WAITING = Entry(Action(Kind.WAIT, "acme/launch", "waits"), NOW, None, "UTC", None, None, ())

DOCUMENTS: dict[str, dict[str, Any]] = {
    "agenda": agenda.document(Agenda(MADE, NOW, (WAITING,), 0, False)),
    "accounts": accounts.document(["acme"], {"acme": Met(a_creator(), Pair("secret"))}, {}, App()),
    "calendar": calendar.document(Calendar(MADE, NOW, NOW, NOW, "UTC", (), (), False)),
    "approvals": approvals.document([(approval_of(a_post(), OPEN_ID, "anna", "prompt", NOW), None)]),
    "comments": comments.document("7400000000000000001", "", Thread(())),
    "events": events.document([], {}),
    "explain": explain.document(Case("acme/a", None, a_row(), None, []), []),
    "refresh": refresh.document({"acme": Seen(3, 0)}, {}),
    "rows": rows.document([a_row()]),
    "formatted": formatted.document([], is_written=False),
    "imported": imported.document(Proposal(()), ()),
    "notify": notify.document([]),
    "handover": handover.document([Waiting("acme/a", handover_of(a_post()), "", NOW, False, "", "UTC")]),
    "health": health.document(Health(NOW), NOW),
    "hosted_photos": hosted_photos.document([Belonging(a_photo(), "1.jpg", "https://x.example/1.jpg", ("acme/a",))]),
    "probe": probe.document(probed(Path(__file__).parents[1] / "media" / "video-h264.mp4")),
    "problems": problems.document([Problem("same-media", "it was posted")]),
    "shown_plan": shown_plan.document(Shown(of_every_kind(), Told(MADE.plan, "", None, {}))),
    "state_row": state_row.document(a_row()),
    "stats": stats.document(Stats((), NOW)),
    "status": status.document({"acme/launch": a_row(), "acme/new": None}, {}, {}),
    "trust": trust.document(Settings()),
    "videos": videos.document("acme", Listed("id", (), {})),
}


STREAM = {"watch_events"}  # one object a line


def test_every_view_with_a_format_is_here() -> None:
    names = [module.name for module in pkgutil.iter_modules(views.__path__)]
    told = {name for name in names if hasattr(importlib.import_module(f"contentsync.views.{name}"), "FORMAT")}
    assert told == set(DOCUMENTS) | STREAM


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_names_its_format(name: str) -> None:
    told = json.loads(json.dumps(DOCUMENTS[name]))
    assert told["format"] == importlib.import_module(f"contentsync.views.{name}").FORMAT
    assert re.fullmatch(r"contentsync\.[a-z]+/1", told["format"])


def test_no_token_is_in_a_document() -> None:
    assert "secret" not in json.dumps(DOCUMENTS)


def test_a_post_without_a_row_is_new() -> None:
    posts = {post["post"]: post["phase"] for post in DOCUMENTS["status"]["posts"]}
    assert posts == {"acme/launch": "published", "acme/new": "new"}


def test_times_are_rfc_3339_in_utc() -> None:
    assert DOCUMENTS["state_row"]["attempts"][0]["created_at"] == f"{NOW:%Y-%m-%dT%H:%M:%SZ}"
