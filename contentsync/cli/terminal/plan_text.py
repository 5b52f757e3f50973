"""How does a plan look on a terminal? Symbols with their meaning, a reason a line, one summary at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from contentsync.amounts import many
from contentsync.cli.terminal.once import Once, account_wide
from contentsync.cli.terminal.text import nothing_to_do, say, style
from contentsync.errors import Level, Problem
from contentsync.media_urls import shown
from contentsync.plan.action import AccountView, Action, Kind, Plan
from contentsync.post import DesiredPost, Media, Mode
from contentsync.post import Kind as PostKind
from contentsync.times import from_now, in_words, span
from contentsync.views.card import MEANINGS, SYMBOLS, Card, media_words
from contentsync.views.counts import counts
from contentsync.visible import visible

_COLOURS: Final = {
    Kind.CREATE: "green",
    Kind.RESUME: "cyan",
    Kind.ADOPT: "cyan",
    Kind.MOVE: "cyan",
    Kind.WAIT: "blue",
    Kind.BLOCKED: "red",
    Kind.FROZEN: "yellow",
    Kind.UNKNOWN: "magenta",
    Kind.DRIFT: "yellow",
    Kind.FORGET: "bright_black",
}
FOLD: Final = 20
_DETAILED: Final = frozenset({Kind.CREATE, Kind.RESUME})
_THEN: Final = "; then blocked, as things are"  # as the planner words it
_FRESH: Final = timedelta(minutes=1)


def show_plan(
    plan: Plan,
    posts: Mapping[str, DesiredPost],
    zones: Mapping[str, str] | None = None,
    *,
    full: bool = False,
    failed: bool = False,
) -> None:
    """The whole plan: accounts, actions, legend, summary. Without any action, one line.

    zones: the IANA name of each account's zone. failed: some account could not be asked, so that an empty plan does
    not mean that all is done.
    """
    if not plan.actions:
        if not failed or plan.unchanged:
            nothing_to_do(plan.unchanged)
        return
    for view in plan.accounts:
        say(_account(view, plan))
    if plan.accounts:
        say()
    say("\n".join(_Listing(plan, posts, zones or {}).lines(full=full)))
    say()
    say(style("  ".join(f"{SYMBOLS[k]} {MEANINGS[k]}" for k in SYMBOLS if plan.count(k)), dim=True))
    say(summary(plan))


def summary(plan: Plan) -> str:
    """One line: how many of each."""
    counted = list(counts(plan))
    counted.append(f"{plan.unchanged} unchanged")
    return f"{'Plan' if plan.does_something else 'Nothing to do now'}: {', '.join(counted)}."


def _account(view: AccountView, plan: Plan) -> str:
    name = style(visible(view.name), bold=True)
    creator = view.creator
    who = f"{visible(creator.nickname)} (@{visible(creator.username)})" if creator and creator.username else ""
    if creator and not who:
        who = visible(creator.nickname)
    kind = {True: "public account", False: "private account", None: ""}[view.public]
    left = f"{many(view.quota.posts_left, 'post')} and {many(view.quota.drafts_left, 'draft')} left in 24 h"
    age = ""
    if view.list_read_at is not None and plan.created_at - view.list_read_at > _FRESH:
        age = f"list read {span(plan.created_at - view.list_read_at)} ago"
    asked = "" if creator else "TikTok was not asked"
    sandbox = "SANDBOX sign-in: no public posts" if view.sandbox else ""
    return "  ".join(part for part in (name, who, kind, sandbox, left, age, asked) if part)


class _Listing:
    """The actions of a plan as lines, those alike folded into one."""

    def __init__(self, plan: Plan, posts: Mapping[str, DesiredPost], zones: Mapping[str, str]) -> None:
        self._actions, self._posts, self._zones, self._now = plan.actions, posts, zones, plan.created_at
        self._width = min(40, max(len(action.post) for action in plan.actions))
        self._once = Once()

    def lines(self, *, full: bool) -> Iterator[str]:
        """full: none is folded, and what waits is shown with what would be sent."""
        alike: dict[tuple[str, ...], list[Action]] = {}
        for action in self._actions:
            alike.setdefault(_group_of(action), []).append(action)
        for action in self._actions:
            group = alike[_group_of(action)]
            is_one_account = group[0].kind is Kind.BLOCKED and account_wide(group[0]) is not None and len(group) > 1
            if full or not (is_one_account or len(group) > FOLD):
                yield from self._action(action, full=full)
            elif action is not group[0]:
                continue
            elif is_one_account:
                yield from self._of_account(group)
            else:
                yield self._folded(group)

    def _of_account(self, group: list[Action]) -> Iterator[str]:
        """The posts of one account that the same reason blocks: the reason, the posts, and the one fix."""
        first, problem = group[0], account_wide(group[0])
        assert problem is not None
        yield self._head(first, f"{first.account}: {many(len(group), 'post')}")
        names = [action.post for action in group[:FOLD]]
        more = f" and {len(group) - FOLD} more (--full lists them)" if len(group) > FOLD else ""
        yield f"      posts:\t{', '.join(names)}{more} [{problem.code}]"
        self._once.is_new(first.account, problem)
        if problem.hint:
            yield f"      hint:\t{visible(problem.hint)}"

    def _folded(self, group: list[Action]) -> str:
        first, dated = group[0], [action for action in group if action.due_at is not None]
        when = ""
        if dated:
            soonest = min(dated, key=_due)
            latest = max(dated, key=_due)
            until = in_words(_due(latest), self._zone(latest), self._now)
            when = f": {self._when(soonest)} ({visible(soonest.post)}), to {until}"
        then = f"{_THEN} [{', '.join(_codes(first))}]" if _THEN in first.reason else ""
        return f"{self._head(first, many(len(group), 'post'))}{when}{then}  (--full lists them)"

    def _action(self, action: Action, *, full: bool) -> Iterator[str]:
        shown = [p for p in action.problems if full or self._once.is_new(action.account, p)]
        codes = "".join(f" [{p.code}]" for p in action.problems if p not in shown)
        yield f"{self._head(action, action.post)}{self._then(action)}{codes}"
        post = self._posts.get(action.post)
        ends = any(problem.code == "missed" for problem in action.problems)  # nothing of it is sent
        if post is not None and not ends and (action.kinds & _DETAILED or full):
            for name, value in post_lines(post):
                label = style(f"{name:<9}", dim=True) if name else " " * 9
                yield f"      {label}\t{value}"
        elif post is None and full:
            yield from self._as_planned(action)
        for change in action.changes:
            yield f"      {visible(change.key)}: {_value(change.before)} → {_value(change.after)}"
        for problem in shown:
            if action.kind is not Kind.WAIT or full or problem.level is not Level.NOTE:
                yield from _problem(problem, action.reason)

    def _as_planned(self, action: Action) -> Iterator[str]:
        """What the plan itself says about the post, if its manifest is not available."""
        card = Card(0, action, None, None, self._zone(action), self._now, "")
        shown_above = {"Account", "Time", "Why", "Manifest"}
        lines = [(fact.name, visible(fact.value)) for fact in card.facts if fact.name not in shown_above]
        lines += [("Caption", visible("".join(part for _, part in card.caption)))] if card.caption else []
        for name, value in lines if card.has_content else ():
            yield f"      {style(f'{name:<14}', dim=True)}\t{value}"

    def _head(self, action: Action, post: str) -> str:
        symbol = style(SYMBOLS[action.kind], fg=_COLOURS[action.kind], bold=True)
        reason = action.reason.partition(_THEN)[0]
        return f"  {symbol} {visible(post):<{self._width}}  {action.kind.value:<7} \t{visible(reason)}"

    def _then(self, action: Action) -> str:
        """When it is due, and whether it is blocked then; by what stands below it, as a warning."""
        when = ""
        if action.due_at is not None:
            when = f"{'; next try' if action.left else ':'} {self._when(action)}"
        return when + (_THEN if _THEN in action.reason else "")

    def _when(self, action: Action) -> str:
        return from_now(_due(action), self._zone(action), self._now)

    def _zone(self, action: Action) -> str:
        return self._zones.get(action.account, "UTC")


def _group_of(action: Action) -> tuple[str, ...]:
    """Actions with the same value are alike: they may share one line."""
    problem = account_wide(action) if action.kind is Kind.BLOCKED else None
    reason, then, _ = action.reason.partition(_THEN)
    if then:  # what will block it names another post for each; they are alike if it is the same rule
        return (action.kind, reason, then, *_codes(action))
    return (action.kind, action.reason, *((action.account, problem.hint) if problem else ()))


def _codes(action: Action) -> list[str]:
    """What is wrong with it, as codes."""
    return sorted({problem.code for problem in action.problems if problem.level is not Level.NOTE})


def _due(action: Action) -> datetime:
    assert action.due_at is not None
    return action.due_at


def post_lines(post: DesiredPost) -> Iterator[tuple[str, str]]:
    """What will be sent, by names; the caption whole: what is approved here is what is posted."""
    direct, not_sent = post.mode is Mode.DIRECT, post.settings_not_sent()
    if post.post_id:
        yield "does", f"nothing: bound to TikTok post {post.post_id}"
        return
    where = (
        f"direct post, {_privacy(post)}" if direct else "draft for the inbox; the creator posts it in TikTok's app"
    )
    yield "does", where
    for item in post.media:
        yield post.kind.value.removesuffix("s"), visible(media_words(item))
    if post.title and "title" not in not_sent:
        yield "title", visible(post.title)
    if post.caption and "caption" not in not_sent:
        for number, line in enumerate(post.caption.split("\n")):
            yield ("caption" if number == 0 else ""), visible(line)
    if direct:
        yield "allow", ", ".join(sorted(post.allow)) or f"nothing ({_nothing_of(post)})"
        if post.disclosure:
            yield "discloses", ", ".join(sorted(post.disclosure))
        if post.ai_generated:
            yield "label", "AI-generated"
        if post.auto_music:
            yield "music", "TikTok adds music"
    if post.cover is not None and "cover" not in not_sent:
        yield "cover", _cover(post, post.cover)
    if not_sent:
        yield "not sent", f"{', '.join(not_sent)} (TikTok takes none of it for a draft)"


def _nothing_of(post: DesiredPost) -> str:
    return "no comment" if post.kind is PostKind.PHOTOS else "no comment, duet or stitch"


def _cover(post: DesiredPost, cover: int) -> str:
    if post.kind is not PostKind.PHOTOS:
        return f"at {cover / 1000:g} s"
    item = post.media[cover] if cover < len(post.media) else Media()
    return f"photo {cover + 1} of {len(post.media)}: {visible(item.path or shown(item.url))}"


def _privacy(post: DesiredPost) -> str:
    public = style("PUBLIC", fg="yellow", bold=True) + ": everyone"
    words = {"everyone": public, "only_me": "only me", "friends": "friends", "followers": "followers"}
    return words[str(post.privacy)] if post.privacy else ""


def _value(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(_value(item)[:14] for item in value) or "none"
    return visible(str(value)) if value not in (None, "") else "none"


def _problem(problem: Problem, reason: str) -> Iterable[str]:
    place = visible(str(problem.where)) if problem.where else ""
    if problem.level is not Level.ERROR:
        yield f"      {problem.level}: {visible(problem.what)} [{problem.code}]"
    elif not reason.endswith(problem.what):
        shown_at = f"{place}: " if problem.where and problem.where.file else ""
        yield f"      {shown_at}{visible(problem.what)} [{problem.code}]"
    else:
        yield f"      {place} [{problem.code}]".replace("  [", " [")
    if problem.hint:
        yield f"      hint:\t{visible(problem.hint)}"
