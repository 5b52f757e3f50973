"""The policy of a project at every door: validate, plan, apply, a saved plan, approvals, and a program of its own."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from contentsync.operations import policy_cmd
from tests.cli.support import PROJECT, Studio

RULE = 'policy:\n  - {id: no-promises, banned: ["guarantee*"]}\n'


@pytest.fixture
def ruled(studio: Studio) -> Studio:
    studio.write("contentsync.yaml", PROJECT + RULE)
    studio.post("good")
    studio.post("bad", caption="Success ｇｕａｒａｎｔｅｅｄ!")
    return studio


def sent(studio: Studio) -> list[str]:
    """The posts that were ever attempted."""
    return [post["post"] for post in studio.run("status", "--json").json["posts"] if post["phase"] != "new"]


def test_validate_tells_it_with_its_place_and_rule(ruled: Studio) -> None:
    ran = ruled.run("validate")
    assert ran.code == 1
    assert "posts/bad.yaml:5:10: rule no-promises: the text has" in ran.out
    assert "the rule is in contentsync.yaml:8:5" in ran.out


def test_apply_sends_the_others_and_exits_5_and_nothing_lifts_the_rule(ruled: Studio) -> None:
    guards = ("existing-posts", "lookalike", "same-media", "max-creates-per-run", "max-creates-per-day")
    lifted = [word for guard in guards for word in ("--allow", guard)]
    ran = ruled.run("apply", "--auto-approve", *lifted)
    assert (ran.code, "[policy-banned]" in ran.out + ran.err) == (5, True)
    assert sent(ruled) == ["acme/good"]


def test_an_approval_and_a_saved_plan_do_not_get_past_a_rule_that_came_later(studio: Studio) -> None:
    studio.post("bad", caption="guaranteed")
    assert studio.run("approve", "--all", "--auto-approve").code == 0
    assert studio.run("plan", "--out", "plan.json").code == 0
    studio.write("contentsync.yaml", PROJECT + RULE)
    assert studio.run("apply", "--approved").code == 5
    assert studio.run("apply", "plan.json").code in (5, 7)
    assert sent(studio) == []


def test_a_rule_that_is_written_while_apply_runs_holds_for_the_next_post(studio: Studio) -> None:
    """The last look reads the project file again: the plan was made and approved without any rule."""
    from contentsync.operations import apply as operation
    from contentsync.project import Project

    studio.post("bad", caption="guaranteed")

    def yes(_: object) -> bool:
        studio.write("contentsync.yaml", PROJECT + RULE)
        return True

    project = Project.open(studio.root, dict(os.environ) | studio.environment)
    try:
        report = operation.apply(project, approve=yes, wait=0)
    finally:
        project.close()
        project.close_state()
    assert [outcome.problem.code for outcome in report.outcomes if outcome.problem] == ["policy-banned"]


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        ("- {id: a}", "policy-rule"),
        ("- {id: a, banned: [x], spacing: 1h}", "policy-rule"),
        ("- {id: a, banned: [x]}\n  - {id: a, banned: [y]}", "policy-rule"),
        ("- {id: A B, banned: [x]}", "policy-rule"),
        ("- {id: a, spacing: 25h}", "policy-rule"),
        ("- {id: a, spacing: 1h, when: [x]}", "policy-rule"),
        ("- {id: a, hours: 8-22}", "not-hours"),
        ("- {id: a, hours: '08:00-08:00'}", "not-hours"),
        ("- {id: a, banned: [x], accounts: [acm]}", "unknown-account"),
        ("- {id: a, banned: [x], level: fatal}", "unknown-word"),
        ("- {id: a, band: [x]}", "unknown-key"),
        ("- {banned: [x]}", "missing-key"),
        ("- {id: a, banned: []}", "empty-list"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(policy: str, told: str, offline: Studio) -> None:
    offline.write("contentsync.yaml", f"{PROJECT}policy:\n  {policy}\n")
    ran = offline.run("validate")
    assert (ran.code, f"[{told}]" in ran.out) == (1, True), ran.out


# -- a program


def with_program(studio: Studio, body: str, *, trusted: bool = True) -> Path:
    """The project with a program as its policy_cmd."""
    program = studio.write("check.py", f"import json, os, sys, time\nplan = json.load(sys.stdin)\n{body}\n")
    studio.write("contentsync.yaml", f'{PROJECT}policy_cmd: [python3, check.py, "${{CONTENTSYNC_STAGE}}"]\n')
    studio.environment["CONTENTSYNC_STAGE"] = "test"
    if trusted:
        trust(studio)
    return program


def trust(studio: Studio) -> None:
    shown = studio.run("trust", "--show", "--json").json
    studio.environment["CONTENTSYNC_TRUST"] = shown["digest"]


def codes(studio: Studio) -> tuple[int, list[str]]:
    """How apply exits, and the problems of its blocked posts."""
    ran = studio.run("plan", "--json")
    found = [problem["code"] for action in ran.json["actions"] for problem in action["problems"]]
    applied = studio.run("apply", "--auto-approve").code
    return applied, sorted({code for code in found if code.startswith(("policy", "command"))})


def test_a_program_reads_the_plan_and_refuses_posts(studio: Studio) -> None:
    studio.post("one")
    studio.post("two")
    with_program(
        studio,
        'assert plan["format"] == "contentsync.plan/1" and sys.argv[1] == "test"\n'
        'print(json.dumps({"refused": [{"post": "acme/two", "reason": "legal"}]}))',
    )
    assert codes(studio) == (5, ["policy-cmd-refused"])
    assert sent(studio) == ["acme/one"]


def test_a_refusal_frees_a_place_for_a_post_that_the_program_then_sees_too(studio: Studio) -> None:
    for name in ("one", "two", "three"):
        studio.post(name)
    body = 'print(json.dumps({"refused": {a["post"]: "no" for a in plan["actions"] if a["action"] == "create"}}))'
    with_program(studio, body)
    project = (studio.root / "contentsync.yaml").read_text()
    studio.write(
        "contentsync.yaml", project.replace("mode: direct, limits: {", "mode: direct, limits: {posts_per_day: 1, ")
    )
    assert codes(studio) == (5, ["policy-cmd-refused"])
    assert sent(studio) == []
    studio.run("approve", "--all", "--auto-approve")
    assert studio.run("apply", "--approved").code == 5
    assert sent(studio) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("sys.exit(3)", "ended with 3"),
        ("print('legal says no'); sys.exit(1)", "legal says no"),
        ("os.kill(os.getpid(), 9)", "ended with -9"),
        ("print('yes')", "gave an answer"),
        ("print('[]')", "gave an answer"),
        ("print('{\"refused\": 3}')", "gave an answer"),
        ('print(\'{"refused": {}, "allow": true}\')', "gave an answer"),
        ('print(\'{"refused": {"acme/one": 3}}\')', "gave an answer"),
        ('print(\'{"refused": ""}\')', "gave an answer"),
        ('print(\'{"refused": {"acme/one": "no"}, "refused": {}}\')', "gave an answer"),
        ('print(\'{"refused": {"one": "no"}}\')', "no post of this project"),
        ('print(\'{"refused": [{"post": "acme/0ne", "reason": "no"}]}\')', "no post of this project"),
        ("print('[' * 100000)", "gave an answer"),
        ("print('x' * 2000000)", "bytes"),
        ("time.sleep(60)", "took longer"),
        ("if os.fork(): time.sleep(60)\ntime.sleep(60)", "took longer"),
    ],
)
def test_a_program_that_fails_never_counts_as_a_yes(
    body: str, said: str, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "sleep" in body:
        monkeypatch.setattr(policy_cmd, "SECONDS", 1)
    studio.post("one")
    with_program(studio, body)
    ran = studio.run("apply", "--auto-approve")
    assert (ran.code, "[policy-cmd-failed]" in ran.out + ran.err, said in ran.out + ran.err) == (5, True, True), ran
    assert sent(studio) == []


def test_a_program_may_refuse_a_post_that_the_plan_leaves_out(studio: Studio) -> None:
    studio.post("one")
    studio.post("two")
    with_program(studio, 'print(json.dumps({"refused": {"acme/two": "legal"}}))')
    assert studio.run("apply", "--auto-approve", "--only", "acme/one").code == 0
    assert sent(studio) == ["acme/one"]


def test_a_program_that_is_missing_blocks(studio: Studio) -> None:
    studio.post("one")
    studio.write("contentsync.yaml", f"{PROJECT}policy_cmd: [no-such-program-here]\n")
    trust(studio)
    assert codes(studio) == (5, ["policy-cmd-failed"])


def test_it_does_not_run_before_it_is_trusted_and_nothing_is_sent_then(studio: Studio) -> None:
    studio.post("one")
    with_program(studio, "open('ran', 'w')", trusted=False)
    assert codes(studio) == (5, ["command-not-trusted"])
    assert not (studio.root / "ran").exists()
    trust(studio)
    with_changed = studio.root / "check.py"
    with_changed.write_text("print()\n")  # a script of the project counts with its bytes
    assert codes(studio) == (5, ["command-not-trusted"])


def test_it_gets_no_secret_and_may_say_nothing(studio: Studio) -> None:
    studio.post("one")
    with_program(studio, "open('seen', 'w').write(json.dumps([dict(os.environ), plan]))")
    assert codes(studio) == (0, [])
    seen = (studio.root / "seen").read_text()
    secrets = [value for name, value in studio.environment.items() if "TOKEN" in name or "SECRET" in name]
    assert secrets and not [value for value in secrets if value in seen]
    assert "CONTENTSYNC_" not in json.dumps(sorted(json.loads(seen)[0]))


def test_it_is_not_asked_where_nothing_would_be_sent(studio: Studio) -> None:
    studio.post("one", hold=True)
    with_program(studio, "open('ran', 'w')")
    assert studio.run("plan").code == 0
    assert not (studio.root / "ran").exists()


def test_another_program_while_apply_runs_stops_it(studio: Studio) -> None:
    from contentsync.operations import apply as operation
    from contentsync.project import Project

    studio.post("one")
    with_program(studio, "")

    def yes(_: object) -> bool:
        text = (studio.root / "contentsync.yaml").read_text()
        studio.write("contentsync.yaml", text.replace("python3, check.py", "python3, -u, check.py"))
        return True

    project = Project.open(studio.root, dict(os.environ) | studio.environment)
    try:
        report = operation.apply(project, approve=yes, wait=0)
    finally:
        project.close()
        project.close_state()
    assert [outcome.problem.code for outcome in report.outcomes if outcome.problem] == ["policy-changed"]


def test_a_plan_that_the_program_never_saw_is_not_sent(studio: Studio) -> None:
    """A caller that makes its own plan meets the gate as well."""
    from dataclasses import replace

    from contentsync.account import NeverStop, say_nothing
    from contentsync.operations.carry_out import apply_plan
    from contentsync.operations.plan import make_plan
    from contentsync.operations.selection import Wish
    from contentsync.plan.action import Verdict
    from contentsync.project import Project

    studio.post("one")
    with_program(studio, "")
    project = Project.open(studio.root, dict(os.environ) | studio.environment)
    try:
        made = make_plan(project, Wish())
        made = replace(made, world=replace(made.world, verdict=Verdict()))
        done = apply_plan(project, made, made.plan.actions, tell=say_nothing, stop=NeverStop(), wait=0)
    finally:
        project.close()
        project.close_state()
    assert [outcome.problem.code for outcome in done.outcomes if outcome.problem] == ["policy-cmd-failed"]
