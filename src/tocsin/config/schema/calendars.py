"""Calendars that are subscribed to, and leave, in their written form."""

from datetime import datetime, time, timedelta

from tocsin.channels.http import check_url
from tocsin.config.document import Node, Scalar
from tocsin.config.forms import Choice, Json, Many, Names, Reading, Tree
from tocsin.config.records import Field, Record
from tocsin.config.schema.people import PERSON, TEAM
from tocsin.config.secrets import SECRET_SCHEMA, read_secret, write_secret
from tocsin.config.values import DATE, INSTANT, TEXT, ZONE
from tocsin.core.oncall.away import Leave
from tocsin.core.oncall.calendar import Calendar, PeopleIn, Serves, web_address
from tocsin.core.people import Secret

LONGEST_URL = 2_000
FIRST_YEAR, LAST_YEAR = 2000, 2200  # of leave; whatever lies outside was mistyped


def check_address(url: str) -> str:
    """What is wrong with a feed's address, or ""."""
    if len(url) > LONGEST_URL:
        return f"a URL has {LONGEST_URL:,} characters at most"
    return check_url(web_address(url))


class FeedAddress:
    """Whoever has a feed's address may read it, so it is never shown again."""

    expected = "the address of an iCal feed, {env: NAME} or {file: PATH}"

    def read(self, node: Node, reading: Reading) -> str | Secret:
        value = read_secret(node, reading, warn=False)
        if isinstance(value, str) and (wrong := check_address(value)):
            raise reading.findings.error(node.place, wrong)
        return value

    def write(self, value: str | Secret, names: Names) -> Tree:
        return write_secret(value)

    def schema(self) -> Json:
        return SECRET_SCHEMA


CALENDARS = Record(
    Calendar,
    Field("url", FeedAddress(), required=True),
    Field("for", Choice(Serves), "serves", required=True),
    Field("team", TEAM),
    Field("person", PERSON),
    Field("people_in", Many(Choice(PeopleIn), one=True)),
    Field("time_zone", ZONE),
    check=lambda calendar: "" if calendar.people_in else "'people_in' names nothing; leave it out for all",
    named="key",
)


# --- leave: days of the person's zone, or instants -------------------------------------------------------------------


class Moment:
    """A day, whose midnight is kept without a zone (it is the person's own, and filled in once all people are known), or an
    instant. Of a last day it is the end."""

    def __init__(self, last: bool) -> None:
        self._ahead = timedelta(days=int(last))
        self.expected = f"{'the last' if last else 'a'} day such as 2026-07-14, or an instant"

    def read(self, node: Node, reading: Reading) -> datetime:
        if not isinstance(node, Scalar) or len(node.text) != 10:
            return INSTANT.read(node, reading)
        day = DATE.read(node, reading)
        if not FIRST_YEAR <= day.year < LAST_YEAR:
            raise reading.findings.error(node.place, f"expected {self.expected}, found {node.text}")
        return datetime.combine(day, time()) + self._ahead

    def write(self, value: datetime, names: Names) -> Tree:
        return (value - self._ahead).date() if value.tzinfo is None else INSTANT.write(value, names)

    def schema(self) -> Json:
        return {"type": "string", "description": self.expected}


def _leave_wrong(leave: Leave) -> str:
    mixed = (leave.starts_at.tzinfo is None) != (leave.ends_at.tzinfo is None)
    if mixed:
        return "'from' and 'to' are both days or both instants"
    return "" if leave.starts_at < leave.ends_at else "'to' must be after 'from'"


LEAVES = Record(
    Leave,
    Field("person", PERSON, required=True),
    Field("from", Moment(last=False), "starts_at", required=True),
    Field("to", Moment(last=True), "ends_at", required=True),
    Field("comment", TEXT),
    Field("created_by", TEXT),
    check=_leave_wrong,
    named="id",
)
