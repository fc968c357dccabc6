"""Calendars that are subscribed to, and leave, in their written form."""

from datetime import datetime, time, timedelta

from tocsin.channels.http import check_url
from tocsin.config.document import Node
from tocsin.config.forms import Atom, Choice, Json, Many, Names, Reading, Tree
from tocsin.config.records import Field, Record
from tocsin.config.schema.people import PERSON, TEAM
from tocsin.config.secrets import SECRET_SCHEMA, read_secret, write_secret
from tocsin.config.values import DATE, INSTANT, TEXT, ZONE
from tocsin.core.oncall.away import Leave
from tocsin.core.oncall.calendar import Calendar, PeopleIn, Serves
from tocsin.core.people import Secret

LONGEST_URL = 2_000


def check_address(url: str) -> str:
    """What is wrong with a feed's address, or "". `webcal:` is https by another name."""
    if len(url) > LONGEST_URL:
        return f"a URL has {LONGEST_URL:,} characters at most"
    return check_url(web_address(url))


def web_address(url: str) -> str:
    scheme, colon, rest = url.partition("://")
    return f"https://{rest}" if colon and scheme.lower() in ("webcal", "webcals") else url


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

_SCHEMA: Json = {"type": "string", "description": "a day such as 2026-07-01, or an instant"}


def _first(text: str) -> datetime:
    """Of a day its midnight, still without a zone: it is the person's, and filled in when all people are known."""
    return datetime.combine(DATE_OF(text), time()) if len(text) == 10 else INSTANT_OF(text)


def _last(text: str) -> datetime:
    """The end of that day."""
    return _first(text) + timedelta(days=1) if len(text) == 10 else INSTANT_OF(text)


def _write(value: datetime) -> Tree:
    return value.date() if value.tzinfo is None else INSTANT.write(value, _NONE)


def _write_last(value: datetime) -> Tree:
    return _write(value - timedelta(days=1)) if value.tzinfo is None else _write(value)


DATE_OF, INSTANT_OF = DATE.parse, INSTANT.parse
_NONE = Names({}, (), ())
FROM = Atom[datetime]("a day such as 2026-07-01, or an instant such as 2026-07-01T09:00:00Z", _first, _write, _SCHEMA)
TO = Atom[datetime]("the last day, or an instant such as 2026-07-14T18:00:00Z", _last, _write_last, _SCHEMA)


def _leave_wrong(leave: Leave) -> str:
    mixed = (leave.starts_at.tzinfo is None) != (leave.ends_at.tzinfo is None)
    if mixed:
        return "'from' and 'to' are both days or both instants"
    return "" if leave.starts_at < leave.ends_at else "'to' must be after 'from'"


LEAVES = Record(
    Leave,
    Field("person", PERSON, required=True),
    Field("from", FROM, "starts_at", required=True),
    Field("to", TO, "ends_at", required=True),
    Field("comment", TEXT),
    Field("created_by", TEXT),
    check=_leave_wrong,
    named="id",
)
