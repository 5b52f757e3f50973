"""Pinning writes one line or entry, and nothing else: over many shapes of files, and where it can't."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contentsync.errors import Level
from contentsync.manifest.load import load_settings
from contentsync.manifest.pin import NotPinned, pin, with_pin
from contentsync.manifest.source import read_yaml

OPEN_ID = "-000aB_c.9"
PROJECT = """\
version: 1
accounts:
  # the main one
  acme:   # ours
    # posts at once
    mode: direct   # for now
  beta:
    mode: 'draft'
"""


def test_the_line_stands_below_the_name_and_nothing_else_changes() -> None:
    after = with_pin(PROJECT.encode(), "acme", OPEN_ID).decode()
    assert after == PROJECT.replace("# ours\n", f'# ours\n    open_id: "{OPEN_ID}"\n')


def test_line_ends_and_a_byte_order_mark_stay() -> None:
    data = b"\xef\xbb\xbf" + PROJECT.replace("\n", "\r\n").encode()
    after = with_pin(data, "beta", OPEN_ID)
    line = f'    open_id: "{OPEN_ID}"\r\n'.encode()
    assert line in after and after.replace(line, b"") == data


@pytest.mark.parametrize(
    "text",
    [
        "accounts:\n  ? acme\n  : mode: direct\n",
        "accounts:\n  acme:\n    mode: direct\n    open_id: another\n",
        "accounts:\n  acme:\n    mode: direct\n    open_id: ${ACME_OPEN_ID}\n",
        "accounts:\n  beta:\n    mode: direct\n",
        "accounts:\n  acme:\n",
        "accounts: [acme]\n",
        "accounts:\n  acme:\n    mode: direct\n    mode: draft\n",
        "- acme\n",
        "a: [\n",
        "",
    ],
)
def test_an_unusual_file_is_left_alone_and_the_line_told(text: str) -> None:
    with pytest.raises(NotPinned) as caught:
        with_pin(text.encode(), "acme", OPEN_ID)
    problem = caught.value.problems[0]
    assert (problem.code, problem.level) == ("open-id-not-pinned", Level.WARNING)
    assert f'open_id: "{OPEN_ID}"' in problem.hint


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("accounts: {acme: {mode: direct}}\n", "{acme: {"),
        ("accounts: {beta: {mode: draft}, acme: { mode: direct }}  # both\r\n", "acme: { "),
        ("accounts:\n  acme: {mode: direct}   # ours\n", "acme: {"),
        ("accounts:\n  acme:\n    {mode: direct,\n     paused: true}\n", "    {"),
        ('\ufeffaccounts:\n  "acme": {  # ö\n    mode: direct}\n', '"acme": {  '),
    ],
)
def test_an_account_in_braces_gets_one_entry_and_nothing_else_changes(text: str, place: str) -> None:
    after = with_pin(text.encode(), "acme", OPEN_ID).decode()
    assert after == text.replace(place, f'{place}open_id: "{OPEN_ID}", ')


def test_empty_braces_get_it_without_a_comma() -> None:
    after = with_pin(b"accounts:\n  acme: {}\n", "acme", OPEN_ID).decode()
    assert after == f'accounts:\n  acme: {{open_id: "{OPEN_ID}"}}\n'


@pytest.mark.parametrize("open_id", ["", "a b", "${X}", "a\nb", "ö", "x" * 200])
def test_what_is_no_open_id_is_never_written(open_id: str) -> None:
    with pytest.raises(NotPinned):
        with_pin(PROJECT.encode(), "acme", open_id)


@pytest.mark.parametrize("open_id", ['a"b', "a\\b", "#x", "{a}", "null", "123", "- a", "*a", "&a", "!t"])
def test_a_strange_open_id_is_read_back_as_it_is(open_id: str) -> None:
    if " " in open_id:
        open_id = open_id.replace(" ", "")
    documents, problems = read_yaml(with_pin(PROJECT.encode(), "acme", open_id), "contentsync.yaml")
    assert not problems and documents[0].value["accounts"]["acme"]["open_id"] == open_id


def test_the_file_keeps_its_mode_and_its_link(tmp_path: Path) -> None:
    real = tmp_path / "elsewhere.yaml"
    real.write_text(PROJECT)
    real.chmod(0o640)
    (tmp_path / "contentsync.yaml").symlink_to(real)
    pin(tmp_path, "acme", OPEN_ID)
    assert (tmp_path / "contentsync.yaml").is_symlink()
    assert OPEN_ID in real.read_text() and real.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["contentsync.yaml", "elsewhere.yaml"]


def test_a_file_that_is_gone_or_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotPinned, match="can't be written"):
        pin(tmp_path, "acme", OPEN_ID)
    (tmp_path / "contentsync.yaml").mkdir()
    with pytest.raises(NotPinned, match="can't be written"):
        pin(tmp_path, "acme", OPEN_ID)


# Many shapes.

NAMES = st.lists(st.sampled_from(["acme", "beta", "acme_de", "x1", "z-z"]), min_size=1, max_size=4, unique=True)
COMMENTS = st.sampled_from(["", "  # why", " # ö { } : - '", "   "])
BELOW = st.lists(st.sampled_from(["", "# at the left", "      # far in", "   "]), max_size=3)
KEYS = st.permutations(
    ["mode: direct", "mode: 'draft' ", 'timezone: "Europe/Berlin"', "paused: false", "slots: [mon 09:00]",
     "slots:\n{i}- mon 09:00\n{i}- 'wed 18:30'", "limits: {posts_per_day: 3}", "limits:\n{i}  posts_per_day: 3",
     "token_command: [pass, show, \"a b\"]",
     "token_command:\n{i}  - pass\n{i}  - |\n{i}    a: b\n{i}    # no comment"]
)  # fmt: skip


@st.composite
def accounts(draw: st.DrawFn) -> tuple[str, str]:
    """A project file, and an account of it that has no open_id."""
    names = draw(NAMES)
    indent, inner = " " * draw(st.integers(1, 4)), " " * draw(st.integers(1, 4))
    lines = []
    for name in names:
        quote = draw(st.sampled_from(["", "'", '"']))
        lines += [f"{indent}{quote}{name}{quote}{draw(st.sampled_from(['', ' ']))}:{draw(COMMENTS)}", *draw(BELOW)]
        seen: set[str] = set()
        for key in draw(KEYS)[: draw(st.integers(1, 10))]:
            word = key.partition(":")[0]
            if word not in seen:
                seen.add(word)
                lines += f"{indent}{inner}{key}".replace("{i}", indent + inner).split("\n")
                lines += draw(BELOW) if not key.endswith("no comment") else []
    before = draw(st.sampled_from(["version: 1\n", "# top\n---\n", "timezone: UTC\n\n", "", "\ufeffversion: 1\n"]))
    after = draw(st.sampled_from(["", "\n", "receipts: true\n", "# the end", "app: {audited: true}\n..."]))
    text = f"{before}accounts:{draw(COMMENTS)}\n" + "\n".join(lines) + "\n" + after
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n"]))), draw(st.sampled_from(names))


@settings(max_examples=300, deadline=None)
@given(accounts())
def test_a_pinned_file_means_the_same_and_validates(
    tmp_path_factory: pytest.TempPathFactory, made: tuple[str, str]
) -> None:
    text, account = made
    root = tmp_path_factory.mktemp("pin")
    (root / "contentsync.yaml").write_bytes(text.encode())
    before, problems = load_settings(root, {})
    assert before is not None and not [p for p in problems if p.level is Level.ERROR], (text, problems)
    pin(root, account, OPEN_ID)
    after, problems = load_settings(root, {})
    assert after is not None and not [p for p in problems if p.level is Level.ERROR]
    assert after.accounts[account].open_id == OPEN_ID
    assert {**after.accounts, account: None} == {**before.accounts, account: None}
    kept = (root / "contentsync.yaml").read_bytes().decode().splitlines(keepends=True)
    assert [line for line in kept if OPEN_ID not in line] == text.splitlines(keepends=True)
    with pytest.raises(NotPinned):
        with_pin((root / "contentsync.yaml").read_bytes(), account, OPEN_ID)


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("acme: {}[]\n -#'\"|>?,&*!%\r"), max_size=60))
def test_no_file_is_ever_broken(rest: str) -> None:
    data = f"accounts:\n  acme:\n    mode: direct\n{rest}".encode()
    try:
        after = with_pin(data, "acme", OPEN_ID)
    except NotPinned:
        return
    before, now = read_yaml(data, "f")[0][0].value, read_yaml(after, "f")[0][0].value
    assert now["accounts"]["acme"].pop("open_id") == OPEN_ID and now == before
