"""The kinds of path and query parameters that several subjects share, with their limits and examples."""

import re
from datetime import datetime
from typing import Annotated, Any

from ninja import Path, Query
from pydantic import BeforeValidator, WithJsonSchema

from tocsin.apps.api.bodies import FIRST, LAST, OUT_OF_TIME
from tocsin.apps.api.problems import invalid

LARGEST_ID = 2**53
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[ +-]\d\d:\d\d)\Z", re.I | re.A)


def _digits(value: Any) -> Any:
    if isinstance(value, str) and not (value.isascii() and value.isdigit() and len(value) < 20):
        raise ValueError("expected a whole number")
    return value


def instant_in(text: str | None, parameter: str) -> datetime | None:
    """An instant as it stands in an address, RFC 3339 with its zone; None where there is none. Raises Stopped.

    A `+` that came as a blank, as in an address it does, is taken as what was meant.
    """
    if text is None:
        return None
    try:
        if not _RFC_3339.match(text):
            raise ValueError
        found = datetime.fromisoformat(text.upper().replace(" ", "+"))
    except ValueError:
        raise invalid("expected an instant such as 2026-06-14T14:30:00Z", parameter=parameter) from None
    if not FIRST <= found < LAST:
        raise invalid(OUT_OF_TIME, parameter=parameter)
    return found


Number = Annotated[int, BeforeValidator(_digits), Path(ge=1, le=LARGEST_ID, example=1)]
IncidentId = Annotated[
    int, BeforeValidator(_digits), Path(ge=1, le=LARGEST_ID, description="The incident's number.", example=1)
]
Name = Annotated[str, Path(min_length=1, max_length=500, description="The name as in the configuration.")]
Instant = Annotated[
    str | None,
    WithJsonSchema({"type": "string", "format": "date-time"}),
    Query(None, max_length=64, description="An instant with its zone.", example="2026-06-14T14:30:00Z"),
]
Word = Annotated[str, Query(max_length=200)]
