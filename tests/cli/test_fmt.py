"""The layout of manifests on the command line: what is checked, shown, written and left alone."""

from __future__ import annotations

from pathlib import Path

from tests.cli.support import Studio

MESSY = "account: acme\n# the name\nname: one\nprivacy:   'everyone'\nvideo: one.mp4\n"
NEAT = "# the name\nname: one\naccount: acme\nvideo: one.mp4\nprivacy: everyone\n"


def test_a_file_gets_its_layout_and_then_keeps_it(offline: Studio) -> None:
    path = offline.write("posts/one.yaml", MESSY)
    path.chmod(0o640)
    first, second = offline.run("fmt"), offline.run("fmt")
    assert (first.code, first.out, path.read_text()) == (0, "posts/one.yaml\n", NEAT)
    assert (second.code, second.out, path.stat().st_mode & 0o777) == (0, "", 0o640)


def test_check_and_diff_write_nothing(offline: Studio) -> None:
    path = offline.write("posts/one.yaml", MESSY)
    checked = offline.run("fmt", "--check")
    assert (checked.code, checked.out) == (1, "posts/one.yaml\n")
    shown = offline.run("fmt", "--diff")
    assert (shown.code, "+++ b/posts/one.yaml\n" in shown.out, "\n-privacy:   'everyone'\n" in shown.out) == (
        0,
        True,
        True,
    )
    assert offline.run("fmt", "--check", "--json").json["changed"] == ["posts/one.yaml"]
    assert path.read_text() == MESSY
    path.write_text(NEAT)
    assert offline.run("fmt", "--check").code == 0


def test_only_what_is_named_is_laid_out(offline: Studio) -> None:
    for name in ("june/one", "july/one"):
        offline.write(f"posts/{name}.yaml", MESSY)
    assert offline.run("fmt", "posts/june").out == "posts/june/one.yaml\n"
    assert offline.run("fmt", "posts/july/one.yaml").out == "posts/july/one.yaml\n"


def test_a_faulty_file_is_left_and_named_and_the_others_are_laid_out(offline: Studio) -> None:
    faulty = offline.write("posts/faulty.yaml", "name: a\nname: b\n")
    offline.write("posts/binary.yaml", "").write_bytes(b"\xff\xfe\0")
    offline.write("posts/one.yaml", MESSY)
    ran = offline.run("fmt")
    assert (ran.code, ran.out, faulty.read_text()) == (1, "posts/one.yaml\n", "name: a\nname: b\n")
    assert "posts/faulty.yaml:1:1: not formatted" in ran.err and "posts/binary.yaml:1:1: not formatted" in ran.err


def test_line_ends_and_byte_order_marks_stay(offline: Studio) -> None:
    path = offline.write("posts/one.yaml", "")
    path.write_bytes(b"\xef\xbb\xbf" + MESSY.replace("\n", "\r\n").encode())
    assert offline.run("fmt").code == 0
    assert path.read_bytes() == b"\xef\xbb\xbf" + NEAT.replace("\n", "\r\n").encode()


def test_of_markdown_only_the_front_matter_changes(offline: Studio) -> None:
    body = "Hi  \n\n#fyp\n\n\n"
    path = offline.write("posts/one.md", f"---\n{MESSY}---\n{body}")
    offline.write("posts/README.md", "# About\n\n\n\nthis\n")
    assert offline.run("fmt").out == "posts/one.md\n"
    assert path.read_text() == f"---\n{NEAT}---\n{body}"


def test_no_link_leads_out_of_the_project(offline: Studio, tmp_path: Path) -> None:
    outside = tmp_path / "outside.yaml"
    outside.write_text(MESSY)
    (offline.root / "posts").mkdir()
    (offline.root / "posts" / "one.yaml").symlink_to(outside)
    assert offline.run("fmt").code == 1
    assert offline.run("fmt", str(outside)).code == 1
    assert outside.read_text() == MESSY


def test_what_fmt_wrote_is_the_same_post(offline: Studio) -> None:
    offline.post("one", caption='Say: "hi" #fyp\n\n- two', allow=["comment"])
    before = offline.run("plan", "--no-refresh", "--json").json["actions"][0]["digest"]
    assert offline.run("fmt").out == "posts/one.yaml\n"
    assert offline.run("plan", "--no-refresh", "--json").json["actions"][0]["digest"] == before
