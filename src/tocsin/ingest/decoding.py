"""From untrusted bytes to types: whatever is wrong becomes Unreadable with its field, and nothing else is raised.

Instants as senders write them become microseconds; labels are held to limits that no honest sender meets.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import TypeVar

import msgspec

from tocsin.core.detect.signal import Unreadable
from tocsin.core.instants import micros

T = TypeVar("T")

MAX_ALERTS = 10_000  # in one request; Prometheus sends 64 or 256
MAX_LABELS = 128  # on one alert, and as many annotations
MAX_NAME = 1024  # characters
MAX_VALUE = 16 * 1024
MAX_ANNOTATION = 64 * 1024

INSTANT = "an RFC 3339 instant such as 2026-06-14T14:32:00Z"


class Unparsable(Unreadable):
    """Not JSON at all, so that no field can be named."""


def decode(decoder: Callable[[bytes], T], body: bytes) -> T:
    """Run a msgspec decoder. Raises Unparsable for what is not JSON and Unreadable for what has another shape."""
    try:
        return decoder(body)
    except msgspec.ValidationError as error:
        expected, _, path = str(error).partition(" - at `")
        raise Unreadable(path.rstrip("`").removeprefix("$").removeprefix("."), expected) from None
    except msgspec.DecodeError as error:
        raise Unparsable("", f"expected JSON: {error}") from None
    except UnicodeDecodeError as error:
        raise Unparsable("", f"expected UTF-8: {error.reason} at byte {error.start}") from None
    except RecursionError:
        raise Unparsable("", "expected JSON that is less deeply nested") from None


@lru_cache(maxsize=16_384)
def instant(written: str) -> int | None:
    """Microseconds since the epoch, cut below that; None for nothing and for Go's zero time (year 1).

    Any zone offset is taken, with or without a colon. Raises ValueError.
    """
    if not written:
        return None
    # fromisoformat would also take a mere date, a week's day or one without dashes.
    if len(written) < 16 or written[4] != "-" or written[7] != "-" or written[10] not in "Tt ":
        raise ValueError(f"expected {INSTANT}")
    parsed = datetime.fromisoformat(written.upper())
    if parsed.tzinfo is None:
        raise ValueError(f"expected {INSTANT}, with its zone")
    return None if parsed.year == 1 else micros(parsed)


def instant_in(written: str | None, field: str) -> int | None:
    """As `instant`, but raises Unreadable."""
    try:
        return instant(written or "")
    except (ValueError, OverflowError):
        raise Unreadable(field, f"expected {INSTANT}") from None


def lenient_instant(written: object) -> int | None:
    """As `instant`, but a missing zone means UTC, and what cannot be read is as good as absent."""
    if not isinstance(written, str):
        return None
    try:
        return instant(written.strip())
    except (ValueError, OverflowError):
        pass
    try:
        return micros(datetime.fromisoformat(written.strip().upper()).replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


def labels_in(given: dict[str, str] | None, field: str) -> dict[str, str]:
    """Labels within the limits. One without a value is the same as none, so it is left out. Raises Unreadable."""
    return _within(given, field, MAX_VALUE, keep_empty=False)


def url_in(given: str | None, field: str) -> str:
    """A link as given; nothing but its length and NUL is looked at here. Raises Unreadable."""
    if not given:
        return ""
    if len(given) > MAX_VALUE or "\0" in given:
        raise Unreadable(field, f"at most {MAX_VALUE} characters, none of them NUL")
    return given


def annotations_in(given: dict[str, str] | None, field: str) -> dict[str, str]:
    """Annotations within the limits. Raises Unreadable."""
    return _within(given, field, MAX_ANNOTATION, keep_empty=True)


def _within(given: dict[str, str] | None, field: str, longest: int, *, keep_empty: bool) -> dict[str, str]:
    if not given:
        return {}
    if len(given) > MAX_LABELS:
        raise Unreadable(field, f"at most {MAX_LABELS}, got {len(given)}")
    # Looking at all names and values as one text is several times cheaper than at each.
    everything = "".join(given) + "".join(given.values())
    if len(everything) > MAX_NAME or "\0" in everything or "" in given:
        for name, value in given.items():
            where = f"{field}.{name[:64]}"
            if not name or len(name) > MAX_NAME:
                raise Unreadable(where, f"a name of 1 to {MAX_NAME} characters")
            if len(value) > longest:
                raise Unreadable(where, f"at most {longest} characters, got {len(value)}")
            if "\0" in name or "\0" in value:
                raise Unreadable(where.replace("\0", "\\0"), "no NUL character")
    if keep_empty or "" not in given.values():
        return given
    return {name: value for name, value in given.items() if value}
