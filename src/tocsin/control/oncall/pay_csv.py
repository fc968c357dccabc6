"""A month of pay as a table for whoever pays salaries: a row a line, each with its reason."""

import csv
import io
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from tocsin.control.requests.pay import PayView
from tocsin.core.oncall.pay.lines import Paid, PayLine
from tocsin.core.people import Person

COLUMNS = (
    *("team", "month", "state", "person", "name", "what", "hour", "schedule", "starts_at", "ends_at"),
    *("quantity", "unit", "rate", "amount", "currency", "corrects", "rule", "why"),
)
UNITS = {
    Paid.SHIFT: "shifts",
    Paid.HOURS: "hours",
    Paid.PAGE: "pages",
    Paid.MONTH: "months",
    Paid.TIME_OFF: "days",
    Paid.ADJUSTMENT: "",
}


def as_csv(view: PayView, people: Mapping[str, Person]) -> str:
    """RFC 4180, in UTC, with decimal points."""
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\r\n")
    table.writerow(COLUMNS)
    for line in view.lines:
        known = people.get(line.person)
        table.writerow(
            [
                *map(_text, (view.team, view.month, view.state, line.person, known.name if known else "")),
                *(line.what.value, line.hour.value if line.hour else "", _text(line.schedule)),
                *(_instant(line.starts_at), _instant(line.ends_at)),
                *_sums(line),
                *map(_text, (line.of, line.rule, line.why)),
            ]
        )
    return written.getvalue()


def _sums(line: PayLine) -> tuple[str, ...]:
    quantity = "" if line.what is Paid.ADJUSTMENT else plain(line.quantity)
    money = line.what is not Paid.TIME_OFF
    rate = plain(line.rate) if money and quantity else ""
    return quantity, UNITS[line.what], rate, plain(line.amount) if money else "", line.currency


def plain(number: Decimal) -> str:
    """Never with an exponent."""
    return f"{number:f}"


def _instant(at: datetime | None) -> str:
    return at.isoformat().replace("+00:00", "Z") if at else ""


def _text(text: str) -> str:
    """A spreadsheet must not take somebody's text for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
