"""Is text that a `#` would cut off refused, however it is written, and are comments left alone?"""

from __future__ import annotations

import pytest

from contentsync.manifest.source import pure_python_parser, read_yaml

PARSERS = [None, pure_python_parser]
CUT = {
    "caption: My day #fyp\n": "1:10",
    'caption: "My day" #fyp #pottery\n': "1:10",
    "caption: 'My day' #fyp\n": "1:10",
    "caption: 'My\n  day'   #fyp\n": "1:10",
    "caption: |\n  My day\n#fyp #pottery\nallow: [comment]\n": "1:10",
    "caption: |\n  My day\n #fyp\n": "1:10",
    "caption: >-\n  My day\n\n#fyp\n": "1:10",
    "caption: |  #fyp\n  My day\n": "1:10",
    "caption: |2- #fyp\n  My day\n": "1:10",
    "caption: My day\n#fyp\n": "1:10",
    "caption: My day\n# later\n\n#fyp\n": "1:10",
    "caption: 'My day' # later\n#fyp\n": "1:10",
    "caption: #fyp\n  My day\n": "2:3",
    "caption:\n  #fyp\n  My day\n": "3:3",
    "caption: #fyp\n": "1:9",
    "caption: My day ##fyp\n": "1:10",
    "caption: My day #🎉\n": "1:10",
    "title: Slides #1\n": "1:8",
    "{caption: 'My day', #fyp\n name: a}\n": "1:11",
    "{caption: 'My day' #fyp\n}\n": "1:11",
    "name: clip #2\n": "1:7",
    "account: acme #de\n": "1:10",
    "accounts: [acme #de\n]\n": "1:12",
    "accounts:\n  - acme\n  - lily #de\n": "3:5",
    "video: clip #2.mp4\n": "1:8",
    'video: "clip" #2.mp4\n': "1:8",
    "video: |-\n  clip.mp4\n": "",
    "photos: slides #2\n": "1:9",
    "photos: [1.jpg, #2.jpg,\n 3.jpg]\n": "1:10",
    "photos: [1.jpg,#2.jpg\n 3.jpg]\n": "1:10",
    "photos:\n  - 1.jpg #2\n  - 3.jpg\n": "2:5",
    "photos: #slides\n  - 1.jpg\n": "2:3",
    "moved_from: old #1\n": "1:13",
}
FINE = [
    "caption: 'My day #fyp' # quoted\n",
    "caption: |  # the text\n  My day #fyp\n",
    "caption: |\n  My day\n\n# a comment\nname: a\n",
    "caption: a\n# a comment of the file\nname: b\n",
    "caption: a\n#privacy: everyone\n#hold: true\nname: b\n",
    "caption: a\n#-------- when\nname: b\n",
    "caption: a\n##\nname: b\n",
    "caption: a # b\nname: b\n",
    "caption: a\nname: b\n#fyp\n",
    "caption: My#day\n",
    "name: a # the name\ncaption: b\n",
    "video: clip#2.mp4\n",
    "photos:\n  # the first\n  - 1.jpg\n  #- old.jpg\n  - 2.jpg\n",
    "photos:\n  #- old.jpg\n  - 2.jpg\n",
    "privacy: everyone #public\n",
    "other: {caption: x #y\n}\n",
    "accounts:  #all of them\n  acme: {mode: draft}\n",
]


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("text", CUT)
def test_text_that_a_number_sign_cuts_off_is_refused(text: str, parser: object) -> None:
    documents, problems = read_yaml(text.encode(), "a.yaml", parser)  # type: ignore[arg-type]
    assert not problems
    found = [f"{p.where.line}:{p.where.column}" for p in documents[0].problems if p.where and "cut-by" in p.code]
    assert "".join(found) == CUT[text]


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("text", FINE)
def test_a_comment_is_a_comment(text: str, parser: object) -> None:
    documents, problems = read_yaml(text.encode(), "a.yaml", parser)  # type: ignore[arg-type]
    assert not problems
    assert not documents[0].problems


def test_what_is_cut_off_a_caption_and_off_a_name_have_codes_of_their_own() -> None:
    documents, _ = read_yaml(b"caption: 'x' #y\ntitle: x #y\nname: x #y\nvideo: x #y\n", "a.yaml")
    codes = [problem.code for problem in documents[0].problems]
    assert codes == ["caption-cut-by-comment"] * 2 + ["text-cut-by-comment"] * 2
