"""People, how they are reached, teams and their hours, in their written form."""

from datetime import date, time
from typing import Any

from tocsin.config import document as yaml
from tocsin.config.document import Node, Scalar
from tocsin.config.forms import (
    Atom,
    ByName,
    Form,
    Json,
    Many,
    Names,
    Reading,
    Reference,
    Tree,
    described,
    entries_of,
    nearest,
)
from tocsin.config.holidays import place_of
from tocsin.config.records import Field, Record
from tocsin.config.secrets import (
    SECRET_SCHEMA,
    address_is_secret,
    option_is_secret,
    read_secret,
    write_secret,
)
from tocsin.config.values import DATE, DURATION, HOURS, TEXT, YES_OR_NO, ZONE, Days, whole_number
from tocsin.core.configuration import Chat
from tocsin.core.instants import format_duration
from tocsin.core.oncall.goals import Goals
from tocsin.core.people import BusinessHours, ContactMethod, NotifyRule, Person, Secret, Team
from tocsin.core.severity import Urgency

PERSON = Reference("people", "person")
TEAM = Reference("teams", "team")
CHAT = Reference("chats", "chat")

# --- addresses: `{ntfy: https://ntfy.example/alice, token: {env: X}}` ------------------------------------------------


class Addressed:
    """Where messages go: the channel's name with the address, beside it the channel's options."""

    expected = "a channel with its address, such as {webhook: https://...}"

    def parts(self, node: Node, reading: Reading, besides: tuple[str, ...] = ()) -> dict[str, Any]:
        entries = {
            key.text: (key, value) for key, value in entries_of(node, reading) if key.text not in besides
        }
        channels = [name for name in entries if name in reading.names.channels]
        if not channels:
            name = next(iter(entries), "")
            place = entries[name][0].place if name else node.place
            raise reading.findings.error(
                place, f"unknown channel {name!r}{nearest(name, reading.names.channels)}"
            )
        if len(channels) > 1:
            place = entries[channels[1]][0].place
            raise reading.findings.error(place, f"one channel each, found {' and '.join(channels)}")
        channel = channels[0]
        node = entries[channel][1]
        literal = isinstance(node, Scalar) and address_is_secret(channel, node.text)
        address = read_secret(node, reading, warn=literal)
        options = {
            name: read_secret(value, reading, warn=option_is_secret(name))
            for name, (_, value) in entries.items()
            if name != channel and not (isinstance(value, Scalar) and value.absent)
        }
        return {"channel": channel, "address": address, "options": options}

    def write_parts(
        self, channel: str, address: str | Secret, options: dict[str, str | Secret]
    ) -> dict[str, Tree]:
        topic_alone = channel == "ntfy" and "token" not in options  # then who knows the topic may read it
        hidden = not isinstance(address, str) or topic_alone or address_is_secret(channel, address)
        written: dict[str, Tree] = {channel: write_secret(address) if hidden else str(address)}
        for name, value in options.items():
            hidden = not isinstance(value, str) or option_is_secret(name)
            written[name] = write_secret(value) if hidden else str(value)
        return written

    def described(self) -> Json:
        return {
            "type": "object",
            "additionalProperties": SECRET_SCHEMA,
            "minProperties": 1,
            "description": self.expected,
        }


class Contact(Addressed):
    def read_as(self, name: str, node: Node, reading: Reading) -> ContactMethod:
        verified = False
        for key, value in entries_of(node, reading):
            if key.text == "verified":
                verified = YES_OR_NO.read(value, reading)
        return ContactMethod(name=name, verified=verified, **self.parts(node, reading, ("verified",)))

    def write(self, value: ContactMethod, names: Names) -> Tree:
        written = self.write_parts(value.channel, value.address, value.options)
        return {**written, "verified": True} if value.verified else written

    def schema(self) -> Json:
        return {**self.described(), "properties": {"verified": {"type": "boolean"}}}


class ChatRoom(Addressed):
    def read_as(self, name: str, node: Node, reading: Reading) -> Chat:
        return Chat(key=name, **self.parts(node, reading))

    def write(self, value: Chat, names: Names) -> Tree:
        return self.write_parts(value.channel, value.address, value.options)

    def schema(self) -> Json:
        return self.described()


# --- notification rules: `[hook, {after: 1m, by: mail}]` -------------------------------------------------------------


class Rule:
    """The name of a contact method, or one with a delay."""

    _LONG = Record(NotifyRule, Field("after", DURATION), Field("by", TEXT, required=True))

    def read(self, node: Node, reading: Reading) -> NotifyRule:
        if isinstance(node, yaml.Mapping):
            return self._LONG.read(node, reading)
        if not isinstance(node, Scalar) or node.absent:
            raise reading.findings.error(
                node.place,
                f"expected a contact method's name or {{after: 1m, by: mail}}, found {described(node)}",
            )
        return NotifyRule(by=node.text)

    def write(self, value: NotifyRule, names: Names) -> Tree:
        return {"after": format_duration(value.after), "by": value.by} if value.after else value.by

    def schema(self) -> Json:
        return {"anyOf": [{"type": "string"}, self._LONG.schema()]}


class Notify:
    """Rules by urgency, in order of their delays."""

    _RULES: Form[tuple[NotifyRule, ...]] = Many(Rule(), one=True)

    def read(self, node: Node, reading: Reading) -> dict[Urgency, tuple[NotifyRule, ...]]:
        rules = {}
        for key, value in entries_of(node, reading):
            if key.text not in tuple(Urgency):
                raise reading.findings.error(
                    key.place, f"unknown urgency {key.text!r}{nearest(key.text, tuple(Urgency))}"
                )
            if not (isinstance(value, Scalar) and value.absent):
                rules[Urgency(key.text)] = self._RULES.read(value, reading)
        return rules

    def write(self, value: dict[Urgency, tuple[NotifyRule, ...]], names: Names) -> Tree:
        return {
            urgency.value: [Rule().write(rule, names) for rule in rules] for urgency, rules in value.items()
        }

    def schema(self) -> Json:
        return {
            "type": "object",
            "properties": {urgency.value: self._RULES.schema() for urgency in Urgency},
            "additionalProperties": False,
        }


# --- where people are at home ----------------------------------------------------------------------------------------

PLACE = Atom[str]("a country or a part of one, such as DE-BY", place_of, str)


class FreeDays:
    """Dates, a place whose public holidays are free, or both in one list."""

    expected = "dates such as 2026-12-24, a place such as DE-BY, or both"

    def read(self, node: Node, reading: Reading) -> tuple[str, tuple[date, ...]]:
        place, days = "", []
        for item in node.items if isinstance(node, yaml.Sequence) else (node,):
            if isinstance(item, Scalar) and not item.text[:1].isdigit():
                if place:
                    raise reading.findings.error(item.place, "one place; other days are written as dates")
                place = PLACE.read(item, reading)
            else:
                days.append(DATE.read(item, reading))
        return place, tuple(days)

    def write(self, value: tuple[str, tuple[date, ...]], names: Names) -> Tree:
        place, days = value
        if place and not days:
            return place
        return [*([place] if place else []), *days]

    def schema(self) -> Json:
        one = {"type": "string", "description": self.expected}
        return {"anyOf": [{"type": "array", "items": one}, one]}


def _person(values: dict[str, Any]) -> Person:
    rules = values.pop("notify", {})
    return Person(
        **{"name": values["key"], **values},
        notify_high=rules.get(Urgency.HIGH, ()),
        notify_low=rules.get(Urgency.LOW, ()),
    )


def _person_parts(person: Person) -> dict[str, Any]:
    notify = {Urgency.HIGH: person.notify_high, Urgency.LOW: person.notify_low}
    parts = {field: getattr(person, field) for field in person.__struct_fields__}
    if person.name == person.key:
        del parts["name"]
    return {**parts, "notify": {urgency: rules for urgency, rules in notify.items() if rules} or None}


PEOPLE = Record(
    Person,
    Field("name", TEXT),
    Field("email", TEXT),
    Field("time_zone", ZONE),
    Field("holidays", PLACE),
    Field("contact", ByName(Contact(), lambda method: method.name)),
    Field("notify", Notify()),
    Field("admin", YES_OR_NO),
    make=_person,
    parts=_person_parts,
    named="key",
)


# --- teams -----------------------------------------------------------------------------------------------------------


def _business_hours(values: dict[str, Any]) -> BusinessHours:
    start, end = values.pop("hours", (time(9), time(17)))
    place, days = values.pop("holidays", ("", ()))
    return BusinessHours(start=start, end=end, holidays=days, place=place, **values)


_PERCENT_SCHEMA: Json = {
    "type": ["string", "integer"],
    "pattern": r"^\d{1,3}\s*%?$",
    "minimum": 0,
    "maximum": 100,
}


def _percent(text: str) -> int:
    number = text.removesuffix("%").strip()
    if not number.isascii() or not number.isdigit() or int(number[:4]) > 100:
        raise ValueError
    return int(number[:4])


BUSINESS_HOURS = Record(
    BusinessHours,
    Field("time_zone", ZONE),
    Field("days", Days()),
    Field("hours", HOURS),
    Field("holidays", FreeDays()),
    make=_business_hours,
    parts=lambda value: {
        "time_zone": value.time_zone,
        "days": value.days,
        "hours": (value.start, value.end),
        "holidays": (value.place, value.holidays) if value.place or value.holidays else (),
    },
)

PERCENT = Atom[int](
    "a whole number of per cent, such as 50%", _percent, lambda value: f"{value}%", _PERCENT_SCHEMA
)

GOALS = Record(
    Goals,
    Field("pages_per_shift", whole_number(0, 1000)),
    Field("broken_nights", whole_number(0, 7)),
    Field("calm_shifts", PERCENT),
    Field("weeks_in_a_row", whole_number(1, 52)),
    Field("rest", DURATION),
)

TEAMS = Record(
    Team,
    Field("name", TEXT),
    Field("members", Many(PERSON)),
    Field("lead", PERSON),
    Field("chat", CHAT),
    Field("business_hours", BUSINESS_HOURS),
    Field("goals", GOALS),
    named="key",
)
