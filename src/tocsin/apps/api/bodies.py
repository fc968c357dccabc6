"""A request's body: JSON in UTF-8, decoded into the type that the operation takes, or a problem that names the field."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.http.request import UnreadablePostError

from tocsin.apps.api.problems import Stopped, Wrong, invalid, pointer_of

T = TypeVar("T")
FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
OUT_OF_TIME = "expected an instant between the years 2000 and 2200"
_FIELD_OF = re.compile(r"^Object (?:missing required|contains unknown) field `(.*)`$", re.S)
_MEDIA_TYPE = re.compile(r"application/(?:[a-z0-9.+-]+\+)?json$")


def read(request: HttpRequest, wanted: type[T] | Any) -> Any:
    """The body as `wanted`. Raises Stopped."""
    return converted(tree_of(request), wanted)


def tree_of(request: HttpRequest) -> Any:
    """The body as JSON values. Raises Stopped."""
    if not _MEDIA_TYPE.match((request.content_type or "").lower()):
        raise Stopped("media-type", "expected Content-Type: application/json")
    charset = (request.content_params or {}).get("charset", "utf-8").strip("\"'").lower()
    if charset not in ("utf-8", "utf8", "us-ascii"):
        raise Stopped("media-type", "expected JSON in UTF-8")
    try:
        raw = request.body
    except RequestDataTooBig:
        raise Stopped("too-large", "a body has 256 KiB at most") from None
    except UnreadablePostError:
        raise Stopped("malformed", "the body ended early") from None
    try:
        tree = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Stopped("malformed", f"the body is not JSON: {error}") from None
    for path in _with_nul(tree, ""):
        raise invalid("a text may not hold NUL characters", pointer=f"#{path}")
    return tree


def converted(tree: Any, wanted: Any) -> Any:
    try:
        value = msgspec.convert(tree, wanted)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `")
        path = path.rstrip("`").removeprefix("key in ").removeprefix("$")
        pointer = pointer_of(path.replace("[...]", ""))
        field = _FIELD_OF.match(message)
        if field:
            pointer += "/" + field[1].replace("~", "~0").replace("/", "~1")
        raise Stopped("invalid", message, (Wrong(message, pointer=pointer),)) from None
    for path in _out_of_time(msgspec.to_builtins(value, builtin_types=(datetime,)), ""):
        raise invalid(OUT_OF_TIME, pointer=f"#{path}")
    return value


def _with_nul(tree: Any, path: str) -> Iterable[str]:
    return _where(tree, path, lambda value: isinstance(value, str) and "\0" in value)


def _out_of_time(tree: Any, path: str) -> Iterable[str]:
    return _where(tree, path, lambda value: isinstance(value, datetime) and not FIRST <= value < LAST)


def _where(tree: Any, path: str, holds: Any) -> Iterable[str]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            name = str(key).replace("~", "~0").replace("/", "~1")
            if holds(key):
                yield path
            yield from _where(value, f"{path}/{name}", holds)
    elif isinstance(tree, list | tuple):
        for number, value in enumerate(tree):
            yield from _where(value, f"{path}/{number}", holds)
    elif holds(tree):
        yield path
