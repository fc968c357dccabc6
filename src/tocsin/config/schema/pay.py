"""What on-call is paid, in its written form."""

import re
from datetime import time
from decimal import Decimal, InvalidOperation
from typing import Any

from tocsin.config.document import Node
from tocsin.config.forms import Atom, Json, Many, Names, Reading, Tree, Wrong, entries_of, nearest
from tocsin.config.records import Field, Record
from tocsin.config.schema.oncall import SCHEDULE
from tocsin.config.schema.people import TEAM
from tocsin.config.values import DATE, HOURS, whole_number
from tocsin.core.oncall.pay.rules import Hour, PayRule, TimeOff

_AMOUNT = re.compile(r"\d{1,9}(\.\d{1,4})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_COUNTRY = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")


def _amount(text: str) -> Decimal:
    try:
        if not _AMOUNT.fullmatch(text):
            raise InvalidOperation
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"expected an amount such as 2.50, found {text!r}") from None


def _matching(pattern: re.Pattern[str], expected: str) -> Atom[str]:
    def parse(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(f"expected {expected}, found {text!r}")
        return text

    return Atom(expected, parse, str, {"type": "string", "pattern": f"^{pattern.pattern}$"})


AMOUNT = Atom[Decimal]("an amount such as 2.50", _amount, str, {"type": ["string", "number"], "minimum": 0})
CURRENCY = _matching(_CURRENCY, "a currency such as EUR")
COUNTRY = _matching(_COUNTRY, "a country or a part of it, such as DE or DE-BY")


class PerHour:
    """An amount by kind of hour."""

    def read(self, node: Node, reading: Reading) -> dict[Hour, Decimal]:
        rates: dict[Hour, Decimal] = {}
        spoiled = False
        for key, value in entries_of(node, reading):
            if key.text not in tuple(Hour):
                reading.findings.error(
                    key.place, f"unknown kind of hour {key.text!r}{nearest(key.text, tuple(Hour))}"
                )
                spoiled = True
                continue
            try:
                rates[Hour(key.text)] = AMOUNT.read(value, reading)
            except Wrong:
                spoiled = True
        if spoiled:
            raise Wrong
        return rates

    def write(self, value: dict[Hour, Decimal], names: Names) -> Tree:
        return {hour.value: AMOUNT.write(value[hour], names) for hour in Hour if hour in value}

    def schema(self) -> Json:
        return {
            "type": "object",
            "properties": {hour.value: AMOUNT.schema() for hour in Hour},
            "additionalProperties": False,
        }


TIME_OFF = Record(
    TimeOff,
    Field("days", AMOUNT, required=True),
    Field("pages", whole_number(1, 10_000)),
    Field("broken_nights", whole_number(1, 7)),
    check=lambda off: (
        ""
        if off.pages or off.broken_nights
        else "time off is for a number of 'pages' or 'broken_nights' a week"
    ),
)


def _rule(values: dict[str, Any]) -> PayRule:
    night_from, night_to = values.pop("night", (time(22), time(6)))
    return PayRule(**values, night_from=night_from, night_to=night_to)


def _rule_parts(rule: PayRule) -> dict[str, Any]:
    parts = {field: getattr(rule, field) for field in rule.__struct_fields__}
    night = (rule.night_from, rule.night_to)
    return {**parts, "night": night if night != (time(22), time(6)) else None}


def _rule_wrong(rule: PayRule) -> str:
    if rule.ends is not None and rule.ends <= rule.starts:
        return "'until' must be after 'from'"
    if not (rule.per_shift or rule.per_hour or rule.per_page or rule.per_month or rule.time_off):
        return "it pays nothing: name per_shift, per_hour, per_page, per_month or time_off"
    return ""


PAY = Record(
    PayRule,
    Field("team", TEAM, required=True),
    Field("country", COUNTRY),
    Field("currency", CURRENCY, required=True),
    Field("from", DATE, "starts", required=True),
    Field("until", DATE, "ends"),
    Field("schedules", Many(SCHEDULE, one=True)),
    Field("per_shift", AMOUNT),
    Field("per_hour", PerHour()),
    Field("night", HOURS),
    Field("per_page", AMOUNT),
    Field("per_month", AMOUNT),
    Field("time_off", TIME_OFF),
    make=_rule,
    parts=_rule_parts,
    check=_rule_wrong,
    named="key",
)
