"""A spreadsheet's rows as drafts: forgiving headings, exact faults."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contentsync.errors import Level
from contentsync.importers.decoding import decoded
from contentsync.importers.draft import Draft, Shape, Taken
from contentsync.importers.sheet import read_sheet


def taken(text: str) -> Taken:
    return read_sheet(text, "a.csv")


def only(text: str) -> Draft:
    """The one draft of a sheet without any problem."""
    found = taken(text)
    assert (found.problems, [draft.problems for draft in found.drafts]) == ((), [()])
    return found.drafts[0]


def told(text: str) -> list[str]:
    found = taken(text)
    return [f"{p.where}: {p.code}" for p in (*found.problems, *(p for one in found.drafts for p in one.problems))]


@pytest.mark.parametrize("text", ['{"posts": []}', '\ufeff\n[{"content": "Hi"}]'])
def test_json_of_another_tool_is_named_as_such(text: str) -> None:
    (problem,) = taken(text).problems
    assert (problem.code, "--from postiz" in problem.hint) == ("sheet-not-text", True)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_any_usual_separator_is_found(separator: str) -> None:
    rows = [["Name", "Video file", "Caption"], ["a", "a.mp4", "Hi"]]
    draft = only("\n".join(separator.join(row) for row in rows))
    assert (draft.values, draft.media, draft.shape) == ({"name": "a", "caption": "Hi"}, ("a.mp4",), Shape.VIDEO)


def test_a_separator_that_excel_names_is_used() -> None:
    assert only("sep=;\nname;file\na;a.mp4\n").values == {"name": "a"}


def test_headings_are_matched_whatever_their_case_blanks_and_signs() -> None:
    text = (
        "Post name,TikTok Account,Media,Text,Scheduled at,Who can see it?,Allow comments,Duets,AI generated,Tags\n"
        'a,acme,x.mp4,Hello,2026-12-01 09:00,Only me,yes,no,x,"fyp, #launch"\n'
    )
    assert only(text).values == {
        "name": "a",
        "account": "acme",
        "caption": "Hello\n#fyp #launch",
        "publish_at": "2026-12-01T09:00:00",
        "privacy": "only_me",
        "allow": ["comment"],
        "ai_generated": True,
    }


def test_a_date_and_a_time_in_two_columns_are_one() -> None:
    assert only("file,date,time\na.mp4,1 Dec 2026,9:30 PM\n").values == {"publish_at": "2026-12-01T21:30:00"}


def test_a_caption_of_several_lines_stays_whole_and_lines_are_counted() -> None:
    text = 'file,caption\na.mp4,"One\n\n""two"", #three"\nb.mp4,"x"\nc.mp4,"broken'
    assert told(text) == ["a.csv:6:1: sheet-quotes"]
    found = taken(text.rpartition("\n")[0]).drafts
    assert [(one.where.line, one.values["caption"]) for one in found] == [(2, 'One\n\n"two", #three'), (5, "x")]


def test_each_fault_has_its_line_and_column() -> None:
    text = (
        "name,file,publish_at,hold,Notes\n"
        "a,a.mp4,3/4/2026 9:00,no,\n"
        "\n"
        "b,,2026-12-01,perhaps,x,more\n"
    )  # fmt: skip
    assert told(text) == [
        "a.csv:1:5: column-not-used",
        "a.csv:2:3: date-ambiguous",
        "a.csv:4:3: date-without-time",
        "a.csv:4:4: not-a-switch",
        "a.csv:4:2: media-missing",
        "a.csv:4:1: sheet-row",
    ]


@pytest.mark.parametrize(
    ("head", "code"),
    [
        ("file,publsh at", "sheet-headings"),  # left out, it would post at once
        ("file,caption,text", "sheet-headings"),
        ("file,publish_at,date", "sheet-headings"),
        ("caption,name", "sheet-headings"),
        ("x,y", "sheet-headings"),
    ],
)
def test_headings_that_leave_a_doubt_stop_the_import(head: str, code: str) -> None:
    found = taken(f"{head}\n1,2,3\n")
    assert code in {problem.code for problem in found.problems if problem.level is Level.ERROR}
    assert not found.drafts


def test_several_files_are_photos_in_their_order() -> None:
    assert only("photos\n2.jpg; 1.jpg\n").media == ("2.jpg", "1.jpg")
    assert only('file\n"https://a.example/1.jpg,https://a.example/2,3.jpg"\n').media == (
        "https://a.example/1.jpg",
        "https://a.example/2,3.jpg",
    )


def test_paths_of_windows_become_paths() -> None:
    assert only("file\n.\\clips\\a.mp4\n").media == ("clips/a.mp4",)


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=30), max_size=4)
)
def test_whatever_a_spreadsheet_writes_is_read_back_or_refused(captions: list[str]) -> None:
    with io.StringIO(newline="") as made:
        writer = csv.writer(made)
        writer.writerows([["file", "caption"], *([f"{at}.mp4", text] for at, text in enumerate(captions))])
        text, problem = decoded(made.getvalue().encode("utf-8-sig"), "a.csv")
    assert problem is None
    found = taken(text)
    for draft, caption in zip(found.drafts, captions, strict=True):
        refused = any(one.code == "control-character" for one in draft.problems)
        said = caption.strip(" \t\n") if caption.strip() else ""  # a cell of blanks of any kind says nothing
        assert refused or draft.values.get("caption", "") == said


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_what_excel_writes_is_read(encoding: str) -> None:
    marks = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}
    text, problem = decoded(marks.get(encoding, b"") + "fïle\r\nä\r".encode(encoding), "a.csv")
    assert (text, problem) == ("fïle\nä\n", None)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"PK\x03\x04....", "sheet-not-text"),
        (b"\xd0\xcf\x11\xe0", "sheet-not-text"),
        (b"name\ncaf\xe9\n", "sheet-encoding"),
        (b"name\n\0\n", "sheet-not-text"),
        (b"x" * 16_777_217, "sheet-too-big"),
    ],
)
def test_what_is_no_text_is_refused_with_the_way_to_a_csv(data: bytes, code: str) -> None:
    _, problem = decoded(data, "a.csv")
    assert problem is not None
    assert (problem.code, "CSV UTF-8" in problem.hint or code == "sheet-too-big") == (code, True)
