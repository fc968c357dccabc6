"""Routes, time intervals, inhibitions, silences and maintenance windows in their written form.

Routes and intervals keep Alertmanager's names and rules, so that what people know stays true.
"""

import re
from collections.abc import Callable
from typing import Any

from tocsin.config import document as yaml
from tocsin.config.document import Node, Scalar
from tocsin.config.forms import Atom, Json, Many, Names, Reading, Reference, Tree, Wrong, described
from tocsin.config.records import Field, Record
from tocsin.config.schema.people import CHAT, TEAM
from tocsin.config.values import DURATION, INSTANT, LASTING, SEVERITY, TEXT, YES_OR_NO, ZONE, Matchers
from tocsin.core.configuration import Inhibition, Maintenance, Route, Silence, TimeInterval, TimeRange
from tocsin.core.instants import EPOCH

POLICY = Reference("policies", "policy")
SERVICE = Reference("services", "service")
INTERVAL = Reference("time_intervals", "time interval")


# --- routes ----------------------------------------------------------------------------------------------------------


class RouteForm:
    """A node of the tree. The root takes everything, so it has no matchers, does not go on and is never muted."""

    def __init__(self) -> None:
        common = (
            Field("service", SERVICE),
            Field("severity", SEVERITY),
            Field("page", POLICY),
            Field("chat", CHAT),
            Field("ticket", TEAM),
            Field("nothing", YES_OR_NO),
            Field("group_by", Many(TEXT, one=True)),
            Field("group_wait", DURATION),
            Field("group_interval", LASTING),
            Field("repeat_interval", LASTING),
            Field("flap_window", DURATION),
        )
        branch = (
            Field("continue", YES_OR_NO, "goes_on"),
            Field("mute_time_intervals", Many(INTERVAL, one=True)),
            Field("active_time_intervals", Many(INTERVAL, one=True)),
        )
        self._root = _RouteRecord(*common, Field("routes", self))
        self._branch = _RouteRecord(Field("matchers", Matchers()), *common, *branch, Field("routes", self))

    def read_root(self, node: Node, reading: Reading) -> Route:
        return self._root.read_at("", node, reading)

    def read(self, node: Node, reading: Reading) -> tuple[Route, ...]:
        """The children; their paths follow from where they stand."""
        if not isinstance(node, yaml.Sequence):
            raise reading.findings.error(node.place, f"expected a list of routes, found {described(node)}")
        above = ".".join(re.findall(r"\[(\d+)\]", node.place.path))
        routes: list[Route] = []
        spoiled = False
        for number, item in enumerate(node.items):
            try:
                routes.append(
                    self._branch.read_at(f"{above}.{number}" if above else str(number), item, reading)
                )
            except Wrong:
                spoiled = True
        if spoiled:
            raise Wrong
        return tuple(routes)

    def write_root(self, value: Route, names: Names) -> Tree:
        return self._root.write(value, names)

    def write(self, value: tuple[Route, ...], names: Names) -> Tree:
        return [self._branch.write(route, names) for route in value]

    def schema_root(self) -> Json:
        return self._root.schema()

    def schema(self) -> Json:
        return {"type": "array", "items": {"$ref": "#/$defs/route"}}

    def schema_branch(self) -> Json:
        return self._branch.schema()


class _RouteRecord(Record[Route]):
    def __init__(self, *fields: Field) -> None:
        super().__init__(Route, *fields, check=_route_wrong)

    def read_at(self, path: str, node: Node, reading: Reading) -> Route:
        return self._built({"path": path, **self.values(node, reading)}, node, reading)


def _route_wrong(route: Route) -> str:
    if route.nothing and (route.page or route.chat or route.ticket):
        return "'nothing' stands alone: it goes with no page, chat or ticket"
    if route.group_by is not None:
        if len(set(route.group_by)) != len(route.group_by):
            return "group_by names a label twice"
        if "..." in route.group_by and len(route.group_by) > 1:
            return "'...' means all labels; it stands alone in group_by"
    return ""


ROUTES = RouteForm()


# --- time intervals --------------------------------------------------------------------------------------------------

_WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_CLOCK = re.compile(r"^(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$")

Pair = tuple[int, int]


def _range(one: Callable[[str], int], words: str) -> Callable[[str], Pair]:
    def parse(text: str) -> Pair:
        first, colon, last = (part.strip() for part in text.partition(":"))
        begin = one(first)
        end = one(last) if colon else begin
        if (begin < 0) == (end < 0) and begin > end:
            raise ValueError(
                f"{text!r} ends before it begins; write two entries instead of wrapping around ({words})"
            )
        return begin, end

    return parse


def _named(names: tuple[str, ...], start: int, words: str, numbers: bool) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if text.lower() in names:
            return names.index(text.lower()) + start
        if numbers and text.isascii() and text.isdigit() and start <= int(text[:4]) < start + len(names):
            return int(text)
        raise ValueError(f"expected {words}, found {text!r}")

    return parse


def _number(least: int, most: int, words: str) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"-?\d{1,4}", text, re.ASCII) or not least <= int(text) <= most or int(text) == 0:
            raise ValueError(f"expected {words}, found {text!r}")
        return int(text)

    return parse


def _write_range(one: Callable[[int], str]) -> Callable[[Pair], Tree]:
    return lambda pair: one(pair[0]) if pair[0] == pair[1] else f"{one(pair[0])}:{one(pair[1])}"


def _ranges(words: str, one: Callable[[str], int], write: Callable[[int], str]) -> Many[Pair]:
    schema = {"type": ["string", "integer"], "description": words}
    return Many(Atom[Pair](words, _range(one, words), _write_range(write), schema), one=True)


def _minutes(text: str) -> int:
    found = _CLOCK.match(text)
    if not found:
        raise ValueError(f"expected a time of day such as 09:00, found {text!r}")
    return int(found[1]) * 60 + int(found[2]) if found[1] else 24 * 60


class Times:
    """`{start_time: '09:00', end_time: '17:00'}` as minutes of the day."""

    def read(self, node: Node, reading: Reading) -> Pair:
        expected = "{start_time: '09:00', end_time: '17:00'}"
        found: dict[str, int] = {}
        if isinstance(node, yaml.Mapping):
            for key, value in node.entries:
                if key.text not in ("start_time", "end_time") or not isinstance(value, Scalar):
                    raise reading.findings.error(key.place, f"expected {expected}, found {key.text!r}")
                try:
                    found[key.text] = _minutes(value.text)
                except ValueError as wrong:
                    raise reading.findings.error(value.place, str(wrong)) from None
        if len(found) != 2:
            raise reading.findings.error(node.place, f"expected {expected}")
        if found["start_time"] >= found["end_time"]:
            raise reading.findings.error(
                node.place, "ends before it begins; write two entries to cross midnight"
            )
        return found["start_time"], found["end_time"]

    def write(self, value: Pair, names: Names) -> Tree:
        start, end = (f"{minute // 60:02}:{minute % 60:02}" for minute in value)
        return {"start_time": start, "end_time": end}

    def schema(self) -> Json:
        clock = {"type": "string", "pattern": _CLOCK.pattern}
        return {
            "type": "object",
            "properties": {"start_time": clock, "end_time": clock},
            "required": ["start_time", "end_time"],
            "additionalProperties": False,
        }


_WEEKDAY_WORDS = "a weekday such as monday or monday:friday"
_DAY_WORDS = "a day of the month such as 1, 1:5 or -3:-1"
_MONTH_WORDS = "a month such as january, 1 or may:august"
_YEAR_WORDS = "a year such as 2026 or 2026:2028"

TIME_RANGE = Record(
    TimeRange,
    Field("times", Many(Times())),
    Field(
        "weekdays",
        _ranges(
            _WEEKDAY_WORDS, _named(_WEEKDAYS, 0, _WEEKDAY_WORDS, numbers=False), lambda day: _WEEKDAYS[day]
        ),
    ),
    Field("days_of_month", _ranges(_DAY_WORDS, _number(-31, 31, _DAY_WORDS), str)),
    Field(
        "months",
        _ranges(
            _MONTH_WORDS, _named(_MONTHS, 1, _MONTH_WORDS, numbers=True), lambda month: _MONTHS[month - 1]
        ),
    ),
    Field("years", _ranges(_YEAR_WORDS, _number(1970, 9999, _YEAR_WORDS), str)),
    Field("location", ZONE),
)


class IntervalForm:
    """A list of ranges, any of which may hold."""

    _RANGES = Many(TIME_RANGE, one=True)

    def read_as(self, name: str, node: Node, reading: Reading) -> TimeInterval:
        return TimeInterval(name, self._RANGES.read(node, reading))

    def write(self, value: TimeInterval, names: Names) -> Tree:
        return [TIME_RANGE.write(each, names) for each in value.ranges]

    def schema(self) -> Json:
        return self._RANGES.schema()


# --- inhibitions, silences, maintenance ------------------------------------------------------------------------------

INHIBITIONS = Record(
    Inhibition,
    Field("source_matchers", Matchers(), "source", required=True),
    Field("target_matchers", Matchers(), "target", required=True),
    Field("equal", Many(TEXT, one=True)),
    check=lambda rule: "" if rule.source and rule.target else "an inhibition needs matchers on both sides",
    named="key",
)


def _since_applied(noun: type[Any]) -> Callable[[dict[str, Any]], Any]:
    """Without `starts` it holds from when it is first applied; EPOCH stands for that until then."""
    return lambda values: noun(**{"starts_at": EPOCH, **values})


def _span_wrong(fact: Silence | Maintenance) -> str:
    return "" if fact.starts_at < fact.ends_at else "'ends' must be after 'starts'"


def _silence_wrong(silence: Silence) -> str:
    return _span_wrong(silence) or ("" if silence.matchers else "a silence needs at least one matcher")


SILENCES = Record(
    Silence,
    Field("matchers", Matchers(), required=True),
    Field("starts", INSTANT, "starts_at"),
    Field("ends", INSTANT, "ends_at", required=True),
    Field("comment", TEXT),
    Field("created_by", TEXT),
    make=_since_applied(Silence),
    check=_silence_wrong,
    named="id",
)

MAINTENANCE = Record(
    Maintenance,
    Field("services", Many(SERVICE, one=True), required=True),
    Field("starts", INSTANT, "starts_at"),
    Field("ends", INSTANT, "ends_at", required=True),
    Field("comment", TEXT),
    Field("created_by", TEXT),
    make=_since_applied(Maintenance),
    check=lambda window: (
        _span_wrong(window) or ("" if window.services else "maintenance needs at least one service")
    ),
    named="id",
)
