"""Style, script and icons, served under names that hold their content's hash, so that browsers keep them for good.

The names are worked out at start from the files themselves: there is no build step and nothing to collect.
"""

import hashlib
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from whitenoise.middleware import WhiteNoiseMiddleware


@cache
def hashed_name(name: str) -> str:
    """`web/house.css` as `web/house.0f3a9c21d4b7.css`. Raises ValueError for a file that is not there."""
    found = finders.find(name)
    if not isinstance(found, str):
        raise ValueError(f"there is no static file {name!r}")
    digest = hashlib.sha256(Path(found).read_bytes()).hexdigest()[:12]
    stem, dot, suffix = name.rpartition(".")
    return f"{stem}.{digest}{dot}{suffix}"


class HashedNames(StaticFilesStorage):
    """What `{% static %}` asks."""

    def url(self, name: str | None, force: bool = False) -> str:
        return f"{settings.STATIC_URL}{hashed_name(name or '')}"


class ServeStaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]
    """WhiteNoise over the files where they lie, each under its hashed name alone."""

    def add_files_from_finders(self) -> None:
        for finder in finders.get_finders():
            for name, storage in finder.list([]):
                url = f"{settings.STATIC_URL}{hashed_name(name)}"
                self.add_file_to_dictionary(url, storage.path(name))
