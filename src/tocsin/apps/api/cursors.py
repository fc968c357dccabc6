"""Cursor pagination: a cursor says after which row the next page begins, so what comes in meanwhile moves nothing.

It is opaque: base64url of the JSON of one row's key. A list's answer carries `items` and `next`.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

import msgspec
from ninja import Query

from tocsin.apps.api.problems import Stopped, invalid

T = TypeVar("T")
DEFAULT, MOST = 50, 200
LARGEST = 2**53

Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at most.", example=20)]
Cursor = Annotated[
    str, Query(max_length=400, description="`next` of the page before; leave it out for the first.")
]


def cursor_of(key: int | str | list[int] | tuple[int, str]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def number_after(cursor: str) -> int | None:
    """The number in a cursor; None for the first page. Raises Stopped."""
    key = _read(cursor)
    if key is None:
        return None
    if not isinstance(key, int) or isinstance(key, bool) or not 0 <= key <= LARGEST:
        raise _not_ours()
    return key


def name_after(cursor: str) -> str | None:
    """The name in a cursor; None for the first page. Raises Stopped."""
    key = _read(cursor)
    if key is not None and (not isinstance(key, str) or "\0" in key):
        raise _not_ours()
    return key


def pair_after(cursor: str) -> tuple[int, int] | None:
    """The two numbers in a cursor; None for the first page. Raises Stopped."""
    key = _read(cursor)
    if key is None:
        return None
    try:
        pair: tuple[int, int] = msgspec.convert(key, tuple[int, int])
    except msgspec.ValidationError:
        raise _not_ours() from None
    if not all(abs(number) <= LARGEST for number in pair):
        raise _not_ours()
    return pair


def row_after(cursor: str) -> tuple[int, str] | None:
    """The number and name in a cursor; None for the first page. Raises Stopped."""
    key = _read(cursor)
    if key is None:
        return None
    try:
        number, name = msgspec.convert(key, tuple[int, str])
    except msgspec.ValidationError:
        raise _not_ours() from None
    if abs(number) > LARGEST or "\0" in name:
        raise _not_ours()
    return number, name


def page_of(rows: Sequence[T], limit: int, key: Callable[[T], int | str]) -> tuple[tuple[T, ...], str | None]:
    """Of up to `limit` + 1 rows those to show, and the cursor of the next page."""
    shown = tuple(rows[:limit])
    return shown, cursor_of(key(shown[-1])) if len(rows) > limit else None


def _read(cursor: str) -> object:
    if not cursor:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        key: object = msgspec.json.decode(raw)
    except (binascii.Error, ValueError, UnicodeError, RecursionError):  # DecodeError is a ValueError
        raise _not_ours() from None
    if key is None:
        raise _not_ours()
    return key


def _not_ours() -> Stopped:
    return invalid("this cursor is none that a list of this API gave", parameter="cursor")
