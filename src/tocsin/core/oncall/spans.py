"""Stretches of time as pairs of instants, end exclusive: joined, cut, taken away."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

Span = tuple[datetime, datetime]

NOTHING = timedelta(0)


def joined(spans: Iterable[Span]) -> list[Span]:
    """In order, none touching another."""
    found: list[Span] = []
    for starts_at, ends_at in sorted(spans):
        if starts_at >= ends_at:
            continue
        if found and starts_at <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ends_at))
        else:
            found.append((starts_at, ends_at))
    return found


def within(spans: Iterable[Span], starts_at: datetime, ends_at: datetime) -> list[Span]:
    """What of them lies between two instants."""
    cut = ((max(begin, starts_at), min(end, ends_at)) for begin, end in spans)
    return [(begin, end) for begin, end in cut if begin < end]


def without(spans: Iterable[Span], taken: Sequence[Span]) -> list[Span]:
    """What is left of them where none of `taken` is."""
    left = joined(spans)
    for begin, end in taken:
        left = [
            part
            for starts_at, ends_at in left
            for part in ((starts_at, min(ends_at, begin)), (max(starts_at, end), ends_at))
            if part[0] < part[1]
        ]
    return left


def between(spans: Iterable[Span], starts_at: datetime, ends_at: datetime) -> list[Span]:
    """What of the time from one instant to another none of them covers."""
    edges = [
        starts_at,
        *(edge for span in joined(within(spans, starts_at, ends_at)) for edge in span),
        ends_at,
    ]
    return [(begin, end) for begin, end in zip(edges[::2], edges[1::2], strict=True) if begin < end]


def shared(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    """Where both are; each in order and not overlapping itself."""
    found: list[Span] = []
    here = there = 0
    while here < len(one) and there < len(other):
        begin, end = max(one[here][0], other[there][0]), min(one[here][1], other[there][1])
        if begin < end:
            found.append((begin, end))
        if one[here][1] <= other[there][1]:
            here += 1
        else:
            there += 1
    return found


def holds(spans: Sequence[Span], instant: datetime) -> bool:
    """Whether one of these has it; in order and not overlapping."""
    place = bisect_right(spans, instant, key=lambda span: span[0])
    return place > 0 and instant < spans[place - 1][1]


def length(spans: Iterable[Span]) -> timedelta:
    return sum((end - begin for begin, end in spans), NOTHING)
