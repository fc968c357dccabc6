"""Style, script and icons, served under names that hold their content's hash, so that browsers keep them for good.

The names are worked out at start from the files themselves: there is no build step and nothing to collect. What every page
needs is joined here, so that a page on a bad network asks for one style sheet and one script.
"""

import hashlib
from functools import cache
from http import HTTPStatus
from io import BytesIO
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import NOT_ALLOWED_RESPONSE, Response

JOINED = {
    "web/house.css": ("web/tokens.css", "web/components.css"),
    "web/house.js": ("web/live.js", "web/small.js", "web/installed.js"),
}
KINDS = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
FOREVER = "max-age=315360000, public, immutable"


@cache
def hashed_name(name: str) -> str:
    """`web/house.css` as `web/house.0f3a9c21d4b7.css`. Raises ValueError for a file that is not there."""
    digest = hashlib.sha256(content_of(name)).hexdigest()[:12]
    stem, dot, suffix = name.rpartition(".")
    return f"{stem}.{digest}{dot}{suffix}"


def content_of(name: str) -> bytes:
    """Of a file, or of those that are joined under this name. Raises ValueError for a file that is not there."""
    return b"\n".join(_path(part).read_bytes() for part in JOINED.get(name, (name,)))


def _path(name: str) -> Path:
    found = finders.find(name)
    if not isinstance(found, str):
        raise ValueError(f"there is no static file {name!r}")
    return Path(found)


class HashedNames(StaticFilesStorage):
    """What `{% static %}` asks."""

    def url(self, name: str | None, force: bool = False) -> str:
        return f"{settings.STATIC_URL}{hashed_name(name or '')}"


class JoinedFile:
    """What WhiteNoise asks of a file. It never changes under its name, so there is nothing to revalidate."""

    def __init__(self, content: bytes, kind: str) -> None:
        self._content = content
        self._headers = [
            ("Content-Type", kind),
            ("Content-Length", str(len(content))),
            ("Cache-Control", FOREVER),
        ]

    def get_response(self, method: str, _headers: dict[str, str]) -> Response:
        if method not in ("GET", "HEAD"):
            return NOT_ALLOWED_RESPONSE
        return Response(HTTPStatus.OK, self._headers, BytesIO(self._content) if method == "GET" else None)


class ServeStaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]
    """WhiteNoise over the files where they lie, each under its hashed name alone."""

    def add_files_from_finders(self) -> None:
        for finder in finders.get_finders():
            for name, storage in finder.list([]):
                url = f"{settings.STATIC_URL}{hashed_name(name)}"
                self.add_file_to_dictionary(url, storage.path(name))
        for name in JOINED:
            kind = KINDS[name.rpartition(".")[2]]
            self.files[f"{settings.STATIC_URL}{hashed_name(name)}"] = JoinedFile(content_of(name), kind)
