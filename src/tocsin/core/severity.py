"""Severities SEV1 to SEV4: what each means and what it decides (DESIGN table, configurable)."""

from datetime import timedelta
from enum import StrEnum

import msgspec


class Severity(StrEnum):
    SEV1 = "SEV1"
    SEV2 = "SEV2"
    SEV3 = "SEV3"
    SEV4 = "SEV4"

    @property
    def rank(self) -> int:
        """1 is the worst."""
        return int(self.value[3])

    def worse_than(self, other: "Severity") -> bool:
        return self.rank < other.rank


def worst(a: Severity, b: Severity) -> Severity:
    return a if a.rank <= b.rank else b


class Urgency(StrEnum):
    HIGH = "high"
    LOW = "low"


class PageWhen(StrEnum):
    AT_ONCE = "at_once"
    BUSINESS_HOURS = "business_hours"
    NEVER = "never"


class SeverityRule(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one severity decides. Durations of None mean: not demanded."""

    name: Severity
    title: str
    criteria: str
    urgency: Urgency
    page: PageWhen
    ack_target: timedelta | None = None  # measured and reported
    ack_timeout: timedelta | None = None  # acknowledged and silent that long: asked, then escalated
    reopen_after: timedelta = timedelta(minutes=60)  # resolved by a person while it still fires
    repeats_last_resort: bool = False  # exhausted: last resort and admins every 15 minutes
    update_every: timedelta | None = None
    postmortem: str = "no"


DEFAULT_SEVERITIES: dict[Severity, SeverityRule] = {
    Severity.SEV1: SeverityRule(
        name=Severity.SEV1,
        title="critical",
        criteria="Outage or data loss; most users affected.",
        urgency=Urgency.HIGH,
        page=PageWhen.AT_ONCE,
        ack_target=timedelta(minutes=5),
        ack_timeout=timedelta(minutes=30),
        reopen_after=timedelta(minutes=15),
        repeats_last_resort=True,
        update_every=timedelta(minutes=30),
        postmortem="within 48 h",
    ),
    Severity.SEV2: SeverityRule(
        name=Severity.SEV2,
        title="major",
        criteria="Degraded, a key feature broken, or 30% of requests failing.",
        urgency=Urgency.HIGH,
        page=PageWhen.AT_ONCE,
        ack_target=timedelta(minutes=15),
        ack_timeout=timedelta(minutes=30),
        reopen_after=timedelta(minutes=15),
        repeats_last_resort=True,
        update_every=timedelta(minutes=60),
        postmortem="within 48 h",
    ),
    Severity.SEV3: SeverityRule(
        name=Severity.SEV3,
        title="minor",
        criteria="Few users or a non-critical feature affected.",
        urgency=Urgency.LOW,
        page=PageWhen.BUSINESS_HOURS,
        update_every=timedelta(days=1),
        postmortem="optional",
    ),
    Severity.SEV4: SeverityRule(
        name=Severity.SEV4,
        title="low",
        criteria="Cosmetic; goes to the backlog.",
        urgency=Urgency.LOW,
        page=PageWhen.NEVER,
    ),
}
