"""Does an approved action still hold? Reads again, right before an intent, what may have changed since the plan.

`plan.last_look` decides; this module only reads: the plan's age, the project file and the post's manifest, the row,
the receipts, this machine's journal, and both clocks.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from contentsync.account_facts import About
from contentsync.errors import Level, Problem
from contentsync.operations.approvals import lack_of
from contentsync.operations.plan import Made
from contentsync.operations.policy_gate import is_to_be_sent
from contentsync.operations.resting import Resting, facts_alone
from contentsync.operations.resting_again import by_now
from contentsync.plan.action import AccountFacts, Kind, World
from contentsync.plan.last_look import Against, against, edited, expired
from contentsync.plan.policy import LOOKED_BACK
from contentsync.policy_rule import Rule
from contentsync.post import DesiredPost
from contentsync.project import Project
from contentsync.settings import Account

if TYPE_CHECKING:
    from contentsync.account import AccountAtWork
    from contentsync.manifest.load import Loaded


_POLICY_CHANGED: Final = Problem(
    "policy-changed",
    "not sent: policy_cmd was changed after the plan was approved",
    "run apply again: it asks the new program",
)
_NOT_ASKED: Final = Problem(
    "policy-cmd-failed",
    "not sent: policy_cmd was not asked about this post",
    "run apply again: it asks the program first",
)


class LastLook:
    """Checks one post of a plan at a time."""

    def __init__(self, project: Project, made: Made) -> None:
        self._project, self._made = project, made
        self._posts: dict[str, dict[str, DesiredPost]] = {}
        for post in made.posts.values():
            self._posts.setdefault(post.account, {})[post.name] = post

    def __call__(self, kind: Kind, post: DesiredPost) -> Against | None:
        """Why the post must not be created (CREATE) or resumed (RESUME) now; None if it may."""
        zone = self._made.zones.get(post.account, "UTC")
        if late := expired(self._made.plan, self._project.clock.now(), zone):
            return late
        if kind is not Kind.CREATE:  # the push of a new intent finds out by itself what other machines wrote
            self._project.store.catch_up(self._project.clock.now(), share=False)
        found = self._project.load([self._project.root / post.where.file])
        now = next((other for other in found.posts if other.key == post.key), None)
        settings = None if _is_faulty_elsewhere(found, post.where.file) else found.settings
        account = settings.accounts.get(post.account) if settings else None
        if account is None or (changed := edited(post, now)):
            return edited(post, None) if account is None else changed
        assert settings is not None
        if settings.policy_cmd != self._project.settings.policy_cmd:
            return Against(_POLICY_CHANGED)  # the program that was asked is not the one to ask now
        facts = self._facts(account, post)
        if settings.policy_cmd and post.key not in self._made.world.verdict.seen and _is_sent(kind, post, facts):
            return Against(_NOT_ASKED, Kind.BLOCKED)
        if self._made.approved_only and now and (problem := lack_of(self._project, now, facts)):
            return Against(problem, Kind.BLOCKED)
        world = self._made.world
        world = replace(world, now=self._project.clock.now(), accounts={**world.accounts, account.name: facts})
        world = self._with_policy(world, settings.policy)
        return against(kind, post, facts, world, self._posts[post.account])

    def _with_policy(self, world: World, rules: tuple[Rule, ...]) -> World:
        """The same under the rules of this moment; where they look at times, with what went out by now."""
        if not any(rule.is_about_time for rule in rules):
            return replace(world, policy=rules)
        lately = self._project.store.attempts_since(world.now - LOOKED_BACK)
        return replace(world, policy=rules, attempts=tuple(lately))

    def _facts(self, account: Account, post: DesiredPost) -> AccountFacts:
        """What is known of the account now that concerns the post. account: as the project file has it by now."""
        at_work = self._project.at_work(account.name)
        if at_work.client.lost_time:
            at_work.client.user_info()  # for the time that its answer tells
        planned, apart = self._made.world.accounts[account.name], self._made.apart
        names = {row.name for row in planned.rows} | (apart.by_account.get(account.name, set()) if apart else set())
        about = About(post, frozenset(names - {post.name}))
        if apart and (
            known := _without_resting(at_work, self._project, planned, about, by_now(apart, self._project))
        ):
            return replace(known, account=account)
        return replace(at_work.facts(planned.creator, about=about), account=account)


def _without_resting(
    at_work: AccountAtWork, project: Project, planned: AccountFacts, about: About, apart: Resting
) -> AccountFacts | None:
    """What is known of the account for this post; None where posts that the plan left out matter for it by now."""
    post = about.post
    facts = at_work.facts(planned.creator, about=about, apart=apart.apart(at_work.name, [post], project))
    return facts_alone(project, apart, [post], facts)


def _is_sent(kind: Kind, post: DesiredPost, facts: AccountFacts) -> bool:
    """Whether the post would go out by this; following what TikTok has completely sends nothing."""
    row = next((row for row in facts.rows if row.name == post.name), None)
    return kind is Kind.CREATE or is_to_be_sent(row)


def _is_faulty_elsewhere(found: Loaded, manifest: str) -> bool:
    """Whether the project file has errors; errors of other posts in the same manifest do not count."""
    errors = [problem for problem in found.problems if problem.level is Level.ERROR]
    return any(problem.where is None or problem.where.file != manifest for problem in errors)
