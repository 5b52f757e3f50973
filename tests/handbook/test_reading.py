"""How a page is read, and when an output counts as the one that the page shows."""

from __future__ import annotations

import pytest

from tests.handbook.reading import Command, File, answers, fits, steps

PAGE = """
```console
$ contentsync plan
Nothing to do.
$ cat \\
> a
```

```yaml title="a.yaml"
name: a
```

```sh
not typed
```

```console title="Terminal 2"
$ sleep 9
```
"""


def test_commands_and_files_are_read_in_their_order() -> None:
    assert list(steps(PAGE)) == [
        Command("contentsync plan", "Nothing to do.\n", "Terminal 1"),
        Command("cat a", "", "Terminal 1"),
        File("a.yaml", "name: a\n"),
        Command("sleep 9", "", "Terminal 2"),
    ]


def test_what_is_typed_at_questions_is_read_off_the_page() -> None:
    assert list(answers("a\nType yes to publish: yes\nb\nType yes to approve: no\n")) == ["yes", "no"]


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("due Fri 27 Nov 18:00 CET, in 17 h 2 min\n", "due Sat 1 Feb 2031 09:00 CEST, in 3 d"),
        ("a long line\n   that was folded\n", "a long line that was folded"),
        ("at http://127.0.0.1:4711/x", "at http://127.0.0.1:80/x"),
        ("a\nb\nc\n", "a\n\u2026\n"),
    ],
)
def test_times_ports_and_folds_make_no_difference(shown: str, expected: str) -> None:
    assert fits(shown, expected)


@pytest.mark.parametrize(
    ("shown", "expected"), [("1 post\n", "2 posts\n"), ("a\nb\n", "a\n"), ("a\n", ""), ("b\na\n", "a\n\u2026\n")]
)
def test_everything_else_does(shown: str, expected: str) -> None:
    assert not fits(shown, expected)
