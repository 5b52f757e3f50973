"""Where the bytes of a post may go, against addresses that try to look like TikTok's."""

from __future__ import annotations

import pytest

from contentsync.destinations import host_on_this_machine
from contentsync.tiktok.upload_url import is_trusted

TIKTOK = "https://open.tiktokapis.com"
EMULATOR = "http://127.0.0.1:8080"


@pytest.mark.parametrize(
    "url",
    [
        "https://open-upload.tiktokapis.com/video/?upload_id=1&upload_token=x",
        "https://open-upload-i18n.tiktokapis.com/upload?upload_token=a%2Bb",
        "https://upload.us.tiktokapis.com/video/?a=1",
        "https://upload.us.tiktokapis.com:443/video/?a=1",
        "https://upload.us.tiktokapis.com?a=1",
        "https://Open-Upload.TikTokAPIs.com/video/",
    ],
)
def test_tiktoks_upload_hosts_are_trusted(url: str) -> None:
    assert is_trusted(url, TIKTOK)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://",
        "https://tiktokapis.com/video/",
        "http://open-upload.tiktokapis.com/video/",
        "ftp://open-upload.tiktokapis.com/video/",
        "//open-upload.tiktokapis.com/video/",
        "https://open-upload.tiktokapis.com",
        "https://open-upload.tiktokapis.com.evil.com/",
        "https://open-upload.tiktokapis.com.evil.com/.tiktokapis.com/",
        "https://evil.com/.tiktokapis.com",
        "https://evil.com?.tiktokapis.com/",
        "https://evil.com#.tiktokapis.com/",
        "https://evil.com\\.tiktokapis.com/",
        "https://eviltiktokapis.com/",
        "https://evil-tiktokapis.com/",
        "https://user@open-upload.tiktokapis.com/",
        "https://open-upload.tiktokapis.com@evil.com/",
        "https://open-upload.tiktokapis.com:secret@evil.com/",
        "https://evil.com:443#@open-upload.tiktokapis.com/",
        "https://open-upload.tiktokapis.com:8443/",
        "https://open-upload.tiktokapis.com:443:80/",
        "https://open-upload.tiktokapis.com./video/",
        "https://.tiktokapis.com/video/",
        "https://a..tiktokapis.com/video/",
        "https://-.tiktokapis.com/video/",
        "https://93.184.216.34/video/",
        "https://[::1]/.tiktokapis.com/",
        "https://127.0.0.1/video/",
        "https://localhost/video/",
        "https://open-upload%2etiktokapis.com/",
        "https://evil.com%2f.tiktokapis.com/",
        "https://open-upload.tiktokapis.com/vid eo",
        "https://open-upload.tiktokapis.com/\r\nHost: evil.com",
        "https://open-upload.tiktokapis.com/\x00",
        " https://open-upload.tiktokapis.com/",
        "https://open-upload.tiktokapis.com/\n",
        "https://open-upload.ti\u212atokapis.com/",  # the Kelvin sign folds to k
        "https://open-upload.tiktokapi\u017f.com/",  # the long s folds to s
        "https://open-upload.t\u0456ktokapis.com/",  # a Cyrillic i
        "https://open-upload\u3002tiktokapis.com/",  # an ideographic full stop
        "https://evil.com\uff0f.tiktokapis.com/",  # a full-width slash
        "https://open-upload.tiktokapis.com/\u00e9",
    ],
)
def test_no_other_address_is_trusted(url: str) -> None:
    assert not is_trusted(url, TIKTOK)


def test_a_loopback_base_url_is_trusted_to_take_its_own_bytes() -> None:
    assert is_trusted("http://127.0.0.1:8080/upload/1?upload_token=x", EMULATOR)
    assert is_trusted("http://127.0.0.1:9090/upload/1", EMULATOR)
    assert is_trusted("http://[::1]:8080/upload/1", "http://[::1]:8080")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1.evil.com/upload",
        "http://127.0.0.1@evil.com/upload",
        "http://evil.com@127.0.0.1/upload",
        "http://localhost:8080/upload",
        "http://127.0.0.2:8080/upload",
        "http://2130706433/upload",
        "http://127x0x0x1/upload",
        "http://evil.com/127.0.0.1/",
    ],
)
def test_a_loopback_base_url_vouches_for_its_very_host_only(url: str) -> None:
    assert not is_trusted(url, EMULATOR)


@pytest.mark.parametrize("base_url", ["http://media.acme.example", "https://10.0.0.1", "http://[bad", "", "nonsense"])
def test_a_base_url_elsewhere_vouches_for_nothing(base_url: str) -> None:
    assert host_on_this_machine(base_url) == ""
    assert not is_trusted(f"{base_url}/upload", base_url)
