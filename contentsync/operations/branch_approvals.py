"""Approve what a branch of the remote declares: `watch: {approve: {branch: main}}`.

Whoever merges into that branch approves. A post is taken as approved where the commit at the remote's tip declares
exactly what would be sent from here: caption, settings, every byte, the account, the times and the slots. The
approval names the commit and its author. It holds no longer than the branch goes on to declare the same; a branch
that can't be read approves nothing new, and takes back nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from contentsync.approval import Approval, approval_of, differences, digest_for_approval
from contentsync.branch_content import BranchContent, Declared
from contentsync.errors import Level, Problem, StoreError
from contentsync.operations.approvals import SENT_LATER, is_to_be_sent, lack
from contentsync.operations.plan import Made
from contentsync.plan.schedule import rule_of
from contentsync.post import DesiredPost
from contentsync.project import Project
from contentsync.settings import Approve
from contentsync.store.backends import approving_branch

HOW: Final = "branch"


def approve_by_branch(project: Project, made: Made) -> Made:
    """Record an approval of each post that the branch declares exactly as it would be sent from here.

    Asks the remote. Returns the plan with `refused`: the posts that the branch does not declare so, with why. That
    includes those that an earlier commit of it approved, but not those that a person approved. `only_approved` then
    holds back what is refused or not approved. Without `approve: {branch: NAME}` in the project file nothing is
    asked, and the plan comes back as it is. `apply` with `approved_only` calls this itself. `watch` also calls it at
    its timed looks, so that what was merged is approved before it is due.
    """
    chosen = project.settings.approve_by
    posts = _to_be_sent(made)
    if chosen.way is not Approve.BRANCH or not posts:
        return made
    try:
        branch = approving_branch(project.root, project.settings.state, project.environ, chosen.branch)
        declared = BranchContent(branch, project.environ, project.user).declared(posts)
    except StoreError as err:
        return replace(made, notes=(*made.notes, *(replace(one, level=Level.WARNING) for one in err.problems)))
    against = {key: why for key, post in posts.items() if (why := _against(made, post, declared))}
    _record(project, made, declared, [post for key, post in posts.items() if key not in against])
    stays = {key for key in against if not lack(project, made, key) and not _is_by_branch(project, made, key)}
    refused = {key: _problem(posts[key], declared, why) for key, why in against.items() if key not in stays}
    return replace(made, refused=refused)


def _to_be_sent(made: Made) -> dict[str, DesiredPost]:
    """The posts for which bytes or an init would be sent, now or later, for an account that is known."""
    found = [a.post for a in made.plan.actions if a.kinds & SENT_LATER and is_to_be_sent(made, a)]
    return {key: made.posts[key] for key in found if made.world.accounts[made.posts[key].account].open_id}


def _against(made: Made, post: DesiredPost, declared: Declared) -> str:
    """Why the branch does not approve a post, in words; empty if it does."""
    theirs, facts = declared.posts.get(post.key), made.world.accounts[post.account]
    account = declared.settings.accounts.get(post.account)
    if theirs is None or account is None:
        return "has errors in it" if post.key in declared.faulty else "does not declare it"
    if account.open_id and account.open_id != facts.open_id:
        return f"has another open_id for account {post.account}"
    if theirs.hold or account.paused:
        return "says hold: true" if theirs.hold else f"says that account {post.account} is paused"
    if post.next_slot and rule_of(account) != rule_of(facts.account):
        return f"has other slots for account {post.account}"
    there = approval_of(theirs, facts.open_id or "", "", HOW, made.world.now)
    other = differences(there, post, facts.open_id or "")
    return f"has another version of it, which differs in {other}" if other else ""


def _record(project: Project, made: Made, declared: Declared, posts: list[DesiredPost]) -> None:
    """Record the new approvals. An approval that a person revoked or an attempt used is not given again."""
    given = []
    for post in posts:
        open_id = made.world.accounts[post.account].open_id or ""
        known = project.reading_store.approvals.find(open_id, post.name, post.generation)
        if known is None or known.digest != digest_for_approval(post, open_id):
            how = f"{HOW} {declared.branch}, commit {declared.commit}"
            given.append(approval_of(post, open_id, declared.author, how, project.clock.now()))
    if given:
        project.store.approvals.save(*given)


def _problem(post: DesiredPost, declared: Declared, why: str) -> Problem:
    what = f"not approved: branch {declared.branch} {why} (commit {declared.commit[:12]})"
    hint = f"merge it into {declared.branch}, and check out that branch here"
    return Problem("not-approved", what, hint, post.where)


def _is_by_branch(project: Project, made: Made, key: str) -> bool:
    post = made.posts[key]
    open_id = made.world.accounts[post.account].open_id or ""
    known: Approval | None = project.reading_store.approvals.find(open_id, post.name, post.generation)
    return known is not None and known.how.startswith(f"{HOW} ")
