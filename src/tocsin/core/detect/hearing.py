"""When an integration was heard, and whether its silence is unusual.

Senders differ: Prometheus speaks every minute while something fires, a backup once a night. So what is usual for one is told
from itself: its longest silence of the last one to two weeks. Instants and spans are microseconds.
"""

import msgspec
from msgspec.structs import replace

MINUTE = 60 * 1_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY

NOTED_EVERY = MINUTE  # what is said more often than that is noted once
KNOWN_AFTER = DAY  # of being heard; before that nobody can tell what is usual
SPOKE_AT_LEAST = 10  # times noted, for the same reason
UNUSUAL = 2  # times the longest silence lately
LEAST = HOUR  # a shorter silence is nothing to speak of
GIVEN_UP_AFTER = 2 * WEEK  # beyond it somebody stopped it on purpose


class Heard(msgspec.Struct, frozen=True):
    """Of one integration. `since`: when Tocsin began to listen for it. Nothing was heard yet while `last_at` is 0."""

    integration: str
    since: int
    first_at: int = 0
    last_at: int = 0
    times: int = 0
    week_at: int = 0  # when the week began in which `longest` is counted
    longest: int = 0
    longest_before: int = 0  # in the week before

    @property
    def usual(self) -> int:
        """The longest that it was silent lately."""
        return max(self.longest, self.longest_before)


def spoke(known: Heard, at: int) -> Heard:
    """It was heard at that instant. The same object when that is not worth noting."""
    if known.last_at and at - known.last_at < NOTED_EVERY:
        return known
    if not known.last_at:
        return replace(known, first_at=at, last_at=at, times=1, week_at=at)
    gap, into = at - known.last_at, at - known.week_at
    if into < WEEK:
        return replace(known, last_at=at, times=known.times + 1, longest=max(known.longest, gap))
    before = known.longest if into < 2 * WEEK else 0
    return replace(known, last_at=at, times=known.times + 1, week_at=at, longest=gap, longest_before=before)


def silent_unusually(known: Heard, now: int) -> bool:
    """Whether one that used to send has not for longer than is usual for it."""
    if known.times < SPOKE_AT_LEAST or known.last_at - known.first_at < KNOWN_AFTER:
        return False
    unusual = max(UNUSUAL * known.usual, LEAST)
    return unusual < now - known.last_at <= unusual + GIVEN_UP_AFTER


def never_heard(known: Heard, now: int) -> bool:
    """Whether nothing came since it was set up, an hour ago or longer."""
    return not known.last_at and now - known.since >= LEAST
