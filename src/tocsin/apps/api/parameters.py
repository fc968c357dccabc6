"""The kinds of path and query parameters that several subjects share, with their limits and examples."""

from datetime import datetime
from typing import Annotated, Any

from ninja import Path, Query
from pydantic import BeforeValidator, WithJsonSchema

from tocsin.apps.api.bodies import FIRST, LAST, OUT_OF_TIME
from tocsin.apps.api.problems import invalid

LARGEST_ID = 2**53


def _digits(value: Any) -> Any:
    if isinstance(value, str) and not (value.isascii() and value.isdigit() and len(value) < 20):
        raise ValueError("expected a whole number")
    return value


def instant_in(text: str, parameter: str) -> datetime | None:
    """An instant as it stands in an address, RFC 3339 with a zone; None where there is none. Raises Stopped.

    A `+` that came as a blank, as in an address it does, is taken as what was meant.
    """
    if not text:
        return None
    head, blank, zone = text.strip().rpartition(" ")
    written = f"{head}+{zone}" if blank and "T" in head and ":" in zone else text.strip()
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        raise invalid("expected an instant such as 2026-06-14T14:30:00Z", parameter=parameter) from None
    if "T" not in written.upper() or found.tzinfo is None:
        raise invalid("an instant needs its time and zone, as 2026-06-14T14:30:00Z has", parameter=parameter)
    if not FIRST <= found < LAST:
        raise invalid(OUT_OF_TIME, parameter=parameter)
    return found


Number = Annotated[int, BeforeValidator(_digits), Path(ge=1, le=LARGEST_ID, example=1)]
IncidentId = Annotated[
    int, BeforeValidator(_digits), Path(ge=1, le=LARGEST_ID, description="The incident's number.", example=1)
]
Name = Annotated[str, Path(min_length=1, max_length=500, description="The name as in the configuration.")]
Instant = Annotated[
    str,
    WithJsonSchema({"type": "string", "format": "date-time"}),
    Query("", max_length=64, description="An instant with its zone.", example="2026-06-14T14:30:00Z"),
]
Word = Annotated[str, Query(max_length=200)]
