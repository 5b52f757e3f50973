"""A Web app built on the library tiktok-api-client, by its README: run by the foreign environment's own Python.

It prints the address to sign in at, takes the code from stdin, and prints what each call brought as JSON. It imports
nothing of this project.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from tiktok_api_client import TikTok  # type: ignore[import-not-found]


def main(client_key: str, client_secret: str, redirect_uri: str, video: str) -> None:
    """Sign in, post a video file, a video by URL and photos, and renew the token."""
    tik = TikTok(client_key, client_secret, redirect_uri, state="from-the-web")
    print(tik.get_authorization_url(), flush=True)
    told: dict[str, Any] = {"token": tik.exchange_code_for_token(sys.stdin.readline().strip())}
    common = {"title": "By a Web app", "privacy_level": "PUBLIC_TO_EVERYONE"}
    sent = tik.create_video("FILE_UPLOAD", "POST_VIDEO_FILE", video_path=video, **common)
    told["file"] = sent
    publish_id = sent["initial_response"]["data"]["publish_id"]
    told["states"] = [tik.check_upload_status(publish_id)["data"] for _ in range(4)]
    told["pull"] = tik.create_video(
        "PULL_FROM_URL", "POST_VIDEO_URL", video_url="https://media.acme.example/a.mp4", **common
    )
    urls = ["https://media.acme.example/1.jpg", "https://media.acme.example/2.jpg"]
    told["photos"] = tik.create_photo("DIRECT_POST", photo_images=urls, **common)
    told["renewed"] = tik.refresh_access_token()
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
