"""Show a plan in one comment on a pull request of GitHub; change it only when the plan changes.

Reads COMMENT (the file with the text), PAGE_URL, COMMENT_NAME, COMMENT_AUTHOR, GITHUB_TOKEN, and what every job has:
GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_EVENT_PATH. Standard library only.

The pull request is the one of the event. Of a workflow_run it is looked up by the branch that GitHub names, and must
still be at the commit of that run: nothing that a fork writes decides where the comment goes. Only a comment of the
job's own author is changed, so that nobody's text is taken for ours.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

AUTHOR = os.environ.get("COMMENT_AUTHOR", "github-actions[bot]")
# What is new each time: a plan's digest and when it was made; how old the copy of the state is.
STAMP = re.compile(r"^(?:Plan `sha256:[^\n]*|- \*\*note\*\* [^\n]*\(`state-copy`\)[^\n]*)$", re.MULTILINE)
PAGES = 30


def main() -> int:
    """Write, change or leave the comment; says which."""
    repository = os.environ["GITHUB_REPOSITORY"]
    event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text("utf-8"))
    number = pull_request(repository, event)
    if number is None:
        print("There is no open pull request at this commit: nothing to comment on.")
        return 0
    name = re.sub(r"[^A-Za-z0-9_./-]", "-", os.environ.get("COMMENT_NAME") or "plan")
    text = Path(os.environ["COMMENT"]).read_text("utf-8")
    body = with_mark(text, name, os.environ.get("PAGE_URL", ""))
    there = comment_of(repository, number, name)
    if there and mark_of(there["body"]) == mark_of(body):
        print(f"The plan is the one that comment {there['id']} shows.")
    elif there:
        call("PATCH", f"/repos/{repository}/issues/comments/{int(there['id'])}", {"body": body})
        print(f"Comment {there['id']} shows the new plan.")
    else:
        call("POST", f"/repos/{repository}/issues/{number}/comments", {"body": body})
        print("Commented.")
    return 0


def with_mark(text: str, name: str, page: str) -> str:
    """The text with a mark that tells what plan it shows, and a link to its page."""
    digest = hashlib.sha256(STAMP.sub("", text).encode()).hexdigest()
    link = f"[Open the page of this plan]({page})\n\n" if re.fullmatch(r"https?://[^\s()<>]+", page) else ""
    return f"<!-- contentsync {name} {digest} -->\n{link}{text}"


def mark_of(body: str) -> str:
    """The mark of a comment; empty where it has none."""
    first = body.partition("\n")[0].strip()
    return first if first.startswith("<!-- contentsync ") else ""


def comment_of(repository: str, number: int, name: str) -> dict[str, Any] | None:
    """Our comment of that name on the pull request; None where there is none."""
    for page in range(1, PAGES + 1):
        comments = call("GET", f"/repos/{repository}/issues/{number}/comments?per_page=100&page={page}")
        for comment in comments:
            is_ours = (comment.get("user") or {}).get("login") == AUTHOR
            if is_ours and mark_of(comment.get("body") or "").startswith(f"<!-- contentsync {name} "):
                return dict(comment)
        if len(comments) < 100:
            return None
    return None


def pull_request(repository: str, event: dict[str, Any]) -> int | None:
    """The number of the pull request that the event is about; None where it is about none."""
    if "pull_request" in event:
        return int(event["pull_request"]["number"])
    run = event.get("workflow_run")
    found = list(_at_commit(repository, run)) if run else []
    return found[0] if len(found) == 1 else None


def _at_commit(repository: str, run: dict[str, Any]) -> Iterator[int]:
    """The open pull requests of the run's branch that are still at its commit."""
    owner = (run.get("head_repository") or {}).get("owner", {}).get("login", "")
    head = urllib.parse.quote(f"{owner}:{run.get('head_branch')}", safe="")
    for pull in call("GET", f"/repos/{repository}/pulls?state=open&head={head}&per_page=100"):
        if pull["head"]["sha"] == run["head_sha"]:
            yield int(pull["number"])


def call(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """One call of GitHub's API."""
    url = os.environ.get("GITHUB_API_URL", "https://api.github.com") + path
    request = urllib.request.Request(url, method=method, data=json.dumps(body).encode() if body else None)
    request.add_header("Authorization", f"Bearer {os.environ['GITHUB_TOKEN']}")
    request.add_header("Accept", "application/vnd.github+json")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())


if __name__ == "__main__":
    sys.exit(main())
