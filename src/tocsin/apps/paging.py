"""Long lists, a screenful at a time, both ways, by the ids that they are ordered by: a million rows cost what a thousand do.

A filter that no index answers looks at so many rows and says how far it came, instead of reading all of them.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

import msgspec
from django.db.models import Model, QuerySet

T = TypeVar("T")
M = TypeVar("M", bound=Model)
LARGEST_ID = 2**63 - 1


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where in the list: below an id (`before`), above one (`after`), or at its newest end."""

    before: int | None = None
    after: int | None = None

    @property
    def upwards(self) -> bool:
        return self.after is not None

    @property
    def begun(self) -> bool:
        return self.before is not None or self.after is not None

    def within(self, rows: QuerySet[M, Any], key: str) -> QuerySet[M, Any]:
        """Those from here on, in the order in which one goes."""
        if self.after is not None:
            return rows.filter(**{f"{key}__gt": self.after}).order_by(key)
        if self.before is not None:
            rows = rows.filter(**{f"{key}__lt": self.before})
        return rows.order_by(f"-{key}")


def place_of(said: Mapping[str, str]) -> Place:
    """From an address. What cannot be understood there counts as not said."""
    before, after = (_id(said.get(name, "")) for name in ("before", "after"))
    return Place(after=after) if after is not None else Place(before=before)


def _id(text: str) -> int | None:
    return min(int(text), LARGEST_ID) if text.isascii() and text.isdigit() and len(text) < 20 else None


class Found(msgspec.Struct, Generic[T], frozen=True):
    """The newest first. `older` and `newer` are where the pages beside this one begin; `unfinished`: not all were looked at,
    and the next page goes on looking."""

    items: list[T]
    older: Place | None = None
    newer: Place | None = None
    unfinished: bool = False


def found(
    looked: Sequence[T], id_of: Callable[[T], int], place: Place, limit: int, edge: int | None = None
) -> Found[T]:
    """`looked` in the order in which one goes, one more than `limit` when there are more. `edge`: where looking
    stopped early."""
    items, more = list(looked[:limit]), len(looked) > limit
    end = id_of(items[-1]) if more else edge
    start = id_of(items[0]) if items else None
    if place.upwards:
        below = Place(before=start if start is not None else (place.after or 0) + 1)
        above = Place(after=end) if end is not None else None
        return Found(items[::-1], below, above, not more and edge is not None)
    onward = Place(before=end) if end is not None else None
    back = Place(after=start if start is not None else (place.before or 0) - 1) if place.begun else None
    return Found(items, onward, back, not more and edge is not None)


def far_enough(ids: QuerySet[M, int], most: int) -> int | None:
    """The last that is still looked at when there are more than `most`; else None."""
    last = list(ids[most - 1 : most + 1])
    return last[0] if len(last) == 2 else None


def address(said: Mapping[str, str], place: Place | None) -> str:
    """The query of an address, without what says nothing. "" when there is no such place."""
    if place is None:
        return ""
    at = {"before": place.before, "after": place.after}
    kept = {name: value for name, value in {**said, **at}.items() if value not in ("", None)}
    return "?" + urlencode(kept)
