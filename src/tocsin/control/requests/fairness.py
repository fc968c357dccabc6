"""How on-call is shared, what it does to people, and what is going to bite."""

from datetime import datetime

import msgspec

from tocsin.core.instants import Aware
from tocsin.core.oncall.goals import Goals
from tocsin.core.oncall.health import Standing, Verdict
from tocsin.core.oncall.warnings import OnCallWarning as OnCallWarning


class ShowFairness(msgspec.Struct, frozen=True, tag="show_fairness", omit_defaults=True):
    """A team's ledger over a span, thirteen weeks up to now where it is left out; without a team that of each that has a
    schedule. Answer: list[FairnessView]."""

    team: str | None = None
    starts_at: Aware | None = None
    ends_at: Aware | None = None


class ShowHealth(msgspec.Struct, frozen=True, tag="show_health", omit_defaults=True):
    """A team's sums, and with them one `person`'s numbers or `everyone`'s, for whoever may see them; without a team those of
    each that has a schedule. Answer: list[HealthView]."""

    team: str | None = None
    starts_at: Aware | None = None
    ends_at: Aware | None = None
    person: str | None = None
    everyone: bool = False


class ListOnCallWarnings(msgspec.Struct, frozen=True, tag="list_on_call_warnings", omit_defaults=True):
    """What is going to bite in the coming weeks, of all teams or one. Answer: list[OnCallWarning]."""

    team: str | None = None


class MeasureView(msgspec.Struct, frozen=True):
    """`over` is what was held beyond the share; `carried` the same of the year before; `owed` both: above 0 the team owes
    the person."""

    held: float
    share: float
    over: float
    carried: float
    owed: float


class ShareView(msgspec.Struct, frozen=True):
    """One person's. Hours, weekend and holidays are in hours; nights and pages are counted. `part_days`: how long they took
    part, leave taken off."""

    person: str
    name: str
    part_days: float
    hours: MeasureView
    nights: MeasureView
    weekend: MeasureView
    holidays: MeasureView
    pages: MeasureView


class FairnessView(msgspec.Struct, frozen=True):
    """`people` by name. What is carried over is of [carried_since, starts_at)."""

    team: str
    starts_at: datetime
    ends_at: datetime
    carried_since: datetime
    people: tuple[ShareView, ...]


class StandingView(msgspec.Struct, frozen=True):
    """Of one person, or of the whole team (`person` is empty). `says` is what the numbers mean, in sentences."""

    person: str
    name: str
    verdict: Verdict
    says: tuple[str, ...]
    pages_per_shift: float
    broken_nights_per_shift: float
    calm_share: float
    numbers: Standing


class HealthView(msgspec.Struct, frozen=True):
    team: str
    starts_at: datetime
    ends_at: datetime
    goals: Goals
    whole: StandingView
    people: tuple[StandingView, ...]
