"""What does a plan look like on a page? Problems first, then what goes out, what waits, and the rest. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import count
from typing import Any, Final

from contentsync.amounts import many
from contentsync.frozen import frozen
from contentsync.operations.pictures import POSTS, Pictures
from contentsync.operations.preview import Preview, Section
from contentsync.plan.action import AccountView, Action, Kind, Plan
from contentsync.plan.declaration import declarations
from contentsync.post import Mode
from contentsync.settings import Limits
from contentsync.times import from_now, in_words
from contentsync.views.card import Card, changed
from contentsync.views.counts import counts
from contentsync.views.html.page import render
from contentsync.views.word_diff import Differ

FOLD: Final = 20
LONG: Final = 200  # posts from which on a browser draws only those in view
_NO_PICTURE: Final = Pictures(why=f"no preview: only the first {POSTS} posts of a page have one")
TITLES: Final = {
    Section.NEEDS_A_PERSON: "Needs a person",
    Section.GOES_OUT: "Goes out when the plan is applied",
    Section.WAITS: "Waits",
    Section.LEFT_ALONE: "Edited, gone or not visible: nothing is sent",
}


@frozen
class Bar:
    """How much of a cap is left once the plan is applied."""

    what: str
    left: int
    most: int
    planned: int

    @property
    def words(self) -> str:
        uses = f", {self.planned} of them used by this plan" if self.planned else ""
        return f"{self.left} of {many(self.most, self.what)} left in 24 h{uses}"

    @property
    def after(self) -> int:
        return max(0, self.left - self.planned)


@frozen
class AccountLine:
    """An account at the head of a page."""

    view: AccountView
    bars: tuple[Bar, ...]

    @property
    def who(self) -> str:
        creator = self.view.creator
        if creator is None:
            return "TikTok was not asked"
        return f"{creator.nickname} (@{creator.username})" if creator.username else creator.nickname

    @property
    def kind(self) -> str:
        told = {True: "public account", False: "private account", None: ""}[self.view.public]
        return "; ".join(filter(None, (told, "SANDBOX sign-in: no public posts" if self.view.sandbox else "")))


@frozen
class Group:
    """Cards under one summary; folded where there are many alike."""

    cards: Sequence[Card]
    #: What folds them; empty where they are shown as they are.
    summary: str = ""


def page(preview: Preview) -> str:
    """The page of a plan."""
    return render("plan.html", **values(preview))


def values(preview: Preview) -> dict[str, Any]:
    """What the template shows."""
    plan = preview.plan
    return {
        "plan": plan,
        "summary": summary(plan),
        "digest": preview.digest,
        "made": in_words(plan.created_at, "UTC"),
        "ends": in_words(plan.expires_at, "UTC"),
        "problems": (*preview.problems, *plan.notes),
        "accounts": accounts(preview),
        "sections": [(TITLES[section], groups) for section, groups in grouped(preview).items() if groups],
        "declarations": declarations(plan.actions),
        "is_long": len(plan.actions) > LONG,
    }


def summary(plan: Plan) -> str:
    """How many of each, in one line."""
    counted = list(counts(plan))
    return ", ".join([*counted, f"{plan.unchanged} unchanged"])


def accounts(preview: Preview) -> list[AccountLine]:
    """Every account of the plan, with its caps."""
    planned = [(a.account, a.mode) for a in preview.plan.actions if Kind.CREATE in a.kinds]
    return [
        AccountLine(view, tuple(_bars(view, preview.limits.get(view.name, Limits()), planned)))
        for view in preview.plan.accounts
    ]


def _bars(view: AccountView, most: Limits, planned: list[tuple[str, Mode | None]]) -> Iterator[Bar]:
    direct, drafts = planned.count((view.name, Mode.DIRECT)), planned.count((view.name, Mode.DRAFT))
    left = view.quota
    yield Bar("post", left.posts_left, max(most.posts_per_day, left.posts_left), direct)
    yield Bar("draft", left.drafts_left, max(most.pending_drafts, left.drafts_left), drafts)


def grouped(preview: Preview) -> dict[Section, list[Group]]:
    """The cards of each section; many of one kind and reason are folded into one group."""
    numbers, differ = count(1), Differ()
    views = {view.name: view for view in preview.plan.accounts}

    def card(action: Action) -> Card:
        return _card(next(numbers), action, preview, views.get(action.account), differ)

    return {
        section: [_group([card(action) for action in alike]) for alike in _alike(actions)]
        for section, actions in preview.sections.items()
    }


def _alike(actions: Sequence[Action]) -> Iterator[list[Action]]:
    """The actions in their order; those of one kind and reason together where they are many."""
    groups: dict[tuple[Kind, str], list[Action]] = {}
    for action in actions:
        groups.setdefault((action.kind, action.reason), []).append(action)
    plain: list[Action] = []
    for action in actions:
        group = groups[action.kind, action.reason]
        if len(group) <= FOLD:
            plain.append(action)
        elif action is group[0]:
            if plain:
                yield plain
            plain = []
            yield group
    if plain:
        yield plain


def _group(cards: list[Card]) -> Group:
    first = cards[0]
    if len(cards) <= FOLD or any(card.action.reason != first.action.reason for card in cards):
        return Group(cards)
    dated = [(card.action.due_at, card) for card in cards if card.action.due_at is not None]
    dated.sort(key=lambda one: one[0])
    return Group(cards, f"{many(len(cards), 'post')}: {first.action.reason}{_range(dated)}")


def _range(dated: Sequence[tuple[datetime, Card]]) -> str:
    """The first and the last of many times, in words."""
    if not dated:
        return ""
    (soonest, first), (latest, last) = dated[0], dated[-1]
    begins = from_now(soonest, first.zone, first.made_at)
    return f"; the first {begins} ({first.action.post}), the last {in_words(latest, last.zone, last.made_at)}"


def _card(number: int, action: Action, preview: Preview, view: AccountView | None, differ: Differ) -> Card:
    drawn = preview.pictures.get(
        action.post, Pictures(why="no preview: the page shows pictures of 100 posts at most")
    )
    return Card(
        number=number,
        action=action,
        post=preview.posts.get(action.post),
        view=view,
        zone=preview.zones.get(action.account, "UTC"),
        made_at=preview.plan.created_at,
        approval=preview.approvals.get(action.post, ""),
        changes=changed(action, differ),
        pictures=drawn.data,
        no_picture=drawn.why,
    )
