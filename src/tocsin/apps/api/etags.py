"""ETags: what an answer's content is called, so that it is not sent twice and not overwritten unseen."""

import re
from collections.abc import Iterable

import xxhash
from django.http import HttpRequest

from tocsin.apps.api.problems import Stopped

_TAG = re.compile(r'\s*(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")\s*(?:,|$)')


def etag_of(body: bytes) -> str:
    return f'"{xxhash.xxh3_128_hexdigest(body)}"'


def is_known(request: HttpRequest, etag: str) -> bool:
    """Whether the reader has it already."""
    given = request.headers.get("If-None-Match", "")
    return given.strip() == "*" or etag in _tags(given)


def are_asked(request: HttpRequest) -> bool:
    """Whether a write comes with conditions."""
    return "If-Match" in request.headers or "If-None-Match" in request.headers


def check(request: HttpRequest, etag: str | None) -> bool:
    """Before a write: do the conditions hold for what is there now (None: nothing)? True when there were any.

    A tag that a compressing proxy made weak counts as the one we gave. Raises Stopped.
    """
    match, none = request.headers.get("If-Match"), request.headers.get("If-None-Match")
    if match is not None and (etag is None or (match.strip() != "*" and etag not in _tags(match))):
        raise Stopped("precondition", "it is not what If-Match names (any more)")
    if none is not None and etag is not None and (none.strip() == "*" or etag in _tags(none)):
        raise Stopped("precondition", "it is there already")
    return match is not None or none is not None


def _tags(header: str) -> Iterable[str]:
    return _TAG.findall(header[:8192])
