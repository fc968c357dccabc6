"""What a team pays for being on call, where, and from when on."""

import re
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum

import msgspec

NOTHING = Decimal(0)
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
# Currencies without a hundredth (ISO 4217, minor unit 0).
_WHOLE = frozenset(
    (
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    )
)


class Hour(StrEnum):
    """What an hour counts as. Each is of one kind only, the first of these that it is."""

    HOLIDAY = "holiday"  # a public holiday where the person is
    WEEKEND = "weekend"  # Saturday or Sunday
    NIGHT = "night"
    WEEKDAY = "weekday"


class TimeOff(msgspec.Struct, frozen=True, omit_defaults=True):
    """Days off for a week (Monday to Sunday) with that many pages, or that many nights in which a page came. 0: does not
    count."""

    days: Decimal
    pages: int = 0
    broken_nights: int = 0


class PayRule(msgspec.Struct, frozen=True, omit_defaults=True):
    """What `team` pays from `starts` on, up to but without `ends`, for being on call on its `schedules` (none named: all).

    `country` is the beginning of the place of holidays of those it is for (DE, or DE-BY); where several rules of a team fit
    a person the most exact one holds. Hours are judged by the person's own clock, days and months of rules by the team's.
    """

    key: str
    team: str
    currency: str
    starts: date
    ends: date | None = None
    country: str = ""
    schedules: tuple[str, ...] = ()
    per_shift: Decimal = NOTHING
    per_hour: dict[Hour, Decimal] = {}
    per_page: Decimal = NOTHING
    per_month: Decimal = NOTHING
    night_from: time = time(22)
    night_to: time = time(6)
    time_off: TimeOff | None = None

    @property
    def cent(self) -> Decimal:
        """The smallest amount that is paid."""
        return Decimal(1) if self.currency in _WHOLE else Decimal("0.01")


class Month(msgspec.Struct, frozen=True, order=True):
    """A calendar month; as text 2026-06."""

    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"

    @property
    def first(self) -> date:
        return date(self.year, self.month, 1)

    def plus(self, months: int) -> "Month":
        years, month = divmod(self.month - 1 + months, 12)
        return Month(self.year + years, month + 1)


def month_of(text: str) -> Month:
    """Raises ValueError for what is no month such as 2026-06."""
    if not _MONTH.fullmatch(text) or not 1970 <= int(text[:4]) <= 9000:
        raise ValueError(f"expected a month such as 2026-06, found {text[:40]!r}")
    return Month(int(text[:4]), int(text[5:]))


def month_at(day: date | datetime) -> Month:
    return Month(day.year, day.month)


def fits(rule: PayRule, place: str) -> bool:
    """Whether the rule is for people whose public holidays are those of this place."""
    return not rule.country or place == rule.country or place.startswith(rule.country + "-")
