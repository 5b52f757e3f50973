"""The place for photos: a folder, or a store that says no; what is told of it, and what never is."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from contentsync.errors import Problem
from contentsync.hosting import store_errors
from contentsync.hosting.bucket import Bucket, HostingError
from contentsync.hosting.host import Host
from contentsync.media_urls import Answer, Hosting, Look, object_name
from contentsync.post import DesiredPost, Kind
from contentsync.store.port.values import HostedObject
from contentsync.store.sqlite.database import open_memory
from contentsync.store.sqlite.hosted import SqliteHosted
from tests.builders import NOW, OPEN_ID, ManualClock, a_photo, a_post, sha256
from tests.hosting.web import a_web

pytest.importorskip("obstore", reason="needs the extra hosting")


def test_a_folder_takes_looks_up_and_gives_back(tmp_path: Path) -> None:
    bucket = Bucket("www/tiktok", tmp_path, {})
    assert bucket.digest_of("a.jpg", 5) is None
    bucket.put("a.jpg", b"12345")
    assert (bucket.digest_of("a.jpg", 5), (tmp_path / "www" / "tiktok" / "a.jpg").read_bytes()) == (
        sha256("12345"),
        b"12345",
    )
    bucket.delete("a.jpg")
    bucket.delete("a.jpg")
    assert bucket.digest_of("a.jpg", 5) is None


def test_a_folder_by_its_address_may_have_a_blank(tmp_path: Path) -> None:
    Bucket((tmp_path / "the web").as_uri(), Path("elsewhere"), {}).put("a.jpg", b"1")
    assert (tmp_path / "the web" / "a.jpg").read_bytes() == b"1"


def test_a_folder_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "www").write_text("a file")
    with pytest.raises(HostingError) as told:
        Bucket("www", tmp_path, {}).put("a.jpg", b"1")
    assert told.value.problem.code == "hosting-failed"


def test_a_missing_package_is_told_with_what_installs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore.store", None)
    with pytest.raises(HostingError) as told:
        Bucket("www", tmp_path, {})
    assert (told.value.problem.code, "pip install" in told.value.problem.hint) == ("hosting-not-installed", True)


def test_a_store_that_refuses_is_told_without_its_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with a_web() as web:
        keys = {"AWS_ACCESS_KEY_ID": "the-key", "AWS_SECRET_ACCESS_KEY": "the-secret", "AWS_REGION": "eu-west-1"}
        environ = keys | {"AWS_ENDPOINT_URL": web.url}
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        web.put("bucket/p/a.jpg", statuses={"GET": 403})
        with pytest.raises(HostingError) as told:
            Bucket("s3://bucket/p", tmp_path, environ).digest_of("a.jpg", 5)
        problem = told.value.problem
        assert "403" in problem.what and "AWS_ACCESS_KEY_ID" in problem.hint
        assert not [word for word in ("the-key", "the-secret", "Signature") if word in problem.what + problem.hint]
        assert told.value.__cause__ is None and told.value.__suppress_context__


KEYS = {"AWS_ACCESS_KEY_ID": "the-key", "AWS_SECRET_ACCESS_KEY": "the-secret", "AWS_REGION": "eu-west-1"}


def refused(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Problem:
    """What is told when one file is put into a bucket with this environment."""
    for name, value in (KEYS | environ).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(HostingError) as told:
        Bucket("s3://acme/p", Path(), KEYS | environ).put("a.jpg", b"1")
    return told.value.problem


def test_a_store_that_is_not_there_is_told_by_its_host_and_no_key_is_blamed(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    problem = refused({"AWS_ENDPOINT_URL": f"http://me:hidden@127.0.0.1:{port}/path"}, monkeypatch)
    assert (problem.code, "no connection" in problem.what) == ("hosting-unreachable", True), problem.what
    assert f"at 127.0.0.1:{port} can't be reached" in problem.what and "AWS_ENDPOINT_URL" in problem.hint
    assert not [
        word for word in ("ACCESS_KEY", "hidden", "path", "GenericError") if word in problem.what + problem.hint
    ]


def test_an_endpoint_without_tls_is_for_this_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = refused({"AWS_ENDPOINT_URL": "http://s3.acme.example"}, monkeypatch)
    assert (problem.code, "only https" in problem.what) == ("hosting-unreachable", True)


@pytest.mark.parametrize("given", ["s3.acme.example", "http://", "http://[::1", "https://a b"])
def test_an_endpoint_that_is_no_address_is_refused(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = refused({"AWS_ENDPOINT_URL": given}, monkeypatch)
    assert (problem.code, "AWS_ENDPOINT_URL is not" in problem.what) == ("hosting-failed", True)


@pytest.mark.parametrize(
    ("status", "what", "hint"),
    [(404, "no such bucket", "hosting.upload"), (301, "301", "AWS_REGION"), (403, "403", "AWS_ACCESS_KEY_ID")],
)
def test_what_a_store_answers_is_told_with_what_mends_it(
    status: int, what: str, hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_web() as web:
        web.put("acme/p/a.jpg", statuses={"PUT": status})
        problem = refused({"AWS_ENDPOINT_URL": web.url}, monkeypatch)
    assert (problem.code, what in problem.what, hint in problem.hint) == ("hosting-failed", True, True), problem


@pytest.mark.parametrize(
    ("cloud", "asked"),
    [("s3", "PUT http://169.254.169.254/latest/api/token"), ("gs", "GET http://metadata.google.internal/token?a=b")],
)
def test_keys_that_are_missing_are_not_told_as_a_lost_connection(cloud: str, asked: str) -> None:
    told = OSError(f"Generic error: Error performing {asked} in 1.2s, after 3 retries - HTTP error: kind: Connect")
    problem = store_errors.problem_of(store_errors.Place(f"{cloud}://acme", cloud, "written to", {}), told)
    assert (problem.code, "no credentials" in problem.what) == ("hosting-failed", True)


def test_a_vendor_that_does_not_answer_is_told_by_its_host() -> None:
    told = OSError(
        "Generic error: Error performing PUT https://s3.amazonaws.com/a?sig=1 in 30s - HTTP error: kind: Timeout"
    )
    problem = store_errors.problem_of(store_errors.Place("s3://acme", "s3", "written to", {}), told)
    what = "s3://acme could not be written to: Amazon S3 at s3.amazonaws.com can't be reached: no answer came in time"
    assert (problem.what, "online" in problem.hint) == (what, True)


# Making a post ready


class Site:
    """A post with one local photo, a folder for it, and the record of what was put there."""

    def __init__(self, root: Path) -> None:
        self.root, self.www = root, root / "www"
        (root / "posts").mkdir()
        (root / "posts" / "1.jpg").write_bytes(b"picture")
        item = a_photo("posts/1.jpg", sha256=sha256("picture"), size=7)
        self.post: DesiredPost = a_post(kind=Kind.PHOTOS, media=(item,))
        self.file = self.www / object_name(item)
        self.record = SqliteHosted(open_memory())
        self.proof, self.uploads = Look(Answer.GOOD), True

    def make_ready(self) -> Problem | None:
        hosting = Hosting("https://media.acme.example/", uploads=True)
        host = Host(
            hosting,
            self.root,
            self.record,
            ManualClock(),
            lambda _: {},
            lambda files: dict.fromkeys(files, self.proof),
            (lambda: Bucket("www", self.root, {})) if self.uploads else None,
        )
        return host.make_ready(self.post, OPEN_ID, lambda *_: None)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_what_was_put_there_is_on_record(site: Site) -> None:
    assert site.make_ready() is None
    (found,) = site.record.all()
    assert (found.place, found.sha256, found.size, found.post) == ("www", sha256("picture"), 7, "acme/launch")
    assert (found.uploaded_at, site.file.read_bytes()) == (NOW, b"picture")


def test_what_lies_there_whole_is_left_alone_and_not_ours(site: Site) -> None:
    site.www.mkdir()
    site.file.write_bytes(b"picture")
    assert site.make_ready() is None
    assert site.record.all() == []


def test_other_bytes_of_the_same_length_are_put_again(site: Site) -> None:
    site.www.mkdir()
    site.file.write_bytes(b"another")
    assert site.make_ready() is None
    assert site.file.read_bytes() == b"picture"


@pytest.mark.parametrize(
    ("answer", "uploads", "code"),
    [
        (Answer.OTHER_FILE, True, "url-other-file"),
        (Answer.REFUSED, True, "url-refused"),
        (Answer.NOT_CHECKED, True, ""),
        (Answer.OTHER_FILE, False, "url-other-file"),
        (Answer.NOT_CHECKED, False, "photo-not-proven"),
        (Answer.GOOD, False, ""),
    ],
)
def test_a_photo_is_proven_at_its_address_or_in_the_store(
    site: Site, answer: Answer, uploads: bool, code: str
) -> None:
    site.proof, site.uploads = Look(answer, "no connection to the server"), uploads
    problem = site.make_ready()
    assert (problem.code if problem else "") == code


def test_what_lies_there_in_part_is_put_again(site: Site) -> None:
    site.www.mkdir()
    site.file.write_bytes(b"pic")
    site.make_ready()
    assert site.file.read_bytes() == b"picture"


def test_what_was_cut_off_is_put_again(site: Site) -> None:
    name = site.file.name
    site.record.begin(HostedObject("www", name, 7, "acme/launch", OPEN_ID, NOW))
    site.www.mkdir()
    site.file.write_bytes(b"1234567")
    site.make_ready()
    assert site.file.read_bytes() == b"picture"
    assert [found.uploaded_at for found in site.record.all()] == [NOW]


def test_a_file_that_changed_since_the_plan_is_not_put(site: Site) -> None:
    (site.root / "posts" / "1.jpg").write_bytes(b"Picture")
    problem = site.make_ready()
    assert problem is not None and problem.code == "media-changed"
    assert (site.file.exists(), site.record.all()) == (False, [])
