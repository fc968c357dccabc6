"""Whole configurations at random: every noun, every attribute that files can say, names that clash and texts that hurt."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec
from hypothesis import strategies as st

from tocsin.config.schema.kinds import SINGLE, Key
from tocsin.core.configuration import (
    Chat,
    DeadMansSwitch,
    Defaults,
    Heartbeat,
    Inhibition,
    Integration,
    Maintenance,
    Route,
    Service,
    Silence,
    TimeInterval,
    TimeRange,
)
from tocsin.core.detect.matchers import Matcher, MatchOp
from tocsin.core.oncall.pay.rules import Hour, PayRule, TimeOff
from tocsin.core.oncall.schedule import Layer, Override, OverrideKind, Restriction, Rotation, Schedule, Unit
from tocsin.core.people import BusinessHours, ContactMethod, NotifyRule, Person, Secret, Team
from tocsin.core.respond.policy import Policy, Step, Target, TargetKind
from tocsin.core.severity import DEFAULT_SEVERITIES, PageWhen, Severity, SeverityRule, Urgency

NAMES = (
    "alice",
    "bob",
    "carol",
    "platform",
    "on",
    "12",
    "a b",
    "x.y",
)  # the same for all kinds, so that targets are ambiguous

texts = st.text(
    alphabet=st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), min_size=1, max_size=12
) | st.sampled_from(
    ["null", "true", "1", "~", "a: b", "- x", "#", "'", '"', "\\", "a\nb", " a ", "{}", "09:00", "2026-06-01"]
)
names = st.sampled_from(NAMES)
durations = st.integers(1, 10**9).map(lambda ms: timedelta(milliseconds=ms))
times = st.builds(time, st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
dates = st.dates(date(2000, 1, 1), date(2100, 1, 1))
instants = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(
    lambda naive: naive.replace(tzinfo=UTC)
)
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Etc/GMT+5"])
days = st.sets(st.integers(0, 6), min_size=1).map(lambda found: tuple(sorted(found)))
hidden = (
    st.builds(Secret, env=st.sampled_from(["A", "B_1"]))
    | st.builds(Secret, file=st.sampled_from(["/run/x", "/a b"]))
    | st.text("abc=/", min_size=1)
)
labels = st.dictionaries(texts, st.text("a1 :-#", max_size=4), max_size=2)
label_names = st.sampled_from(["severity", "a:b", "mit leerzeichen", "ünïcode"])
matchers = st.lists(
    st.builds(Matcher, label_names, st.sampled_from([MatchOp.EQUAL, MatchOp.NOT_EQUAL]), texts), max_size=3
).map(tuple)
some_matchers = matchers.filter(bool)


def many(strategy: st.SearchStrategy[Any], least: int = 0) -> st.SearchStrategy[Any]:
    return st.lists(strategy, min_size=least, max_size=3).map(tuple)


def distinct(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(strategy, max_size=3, unique=True).map(tuple)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def addressed(**more: st.SearchStrategy[Any]) -> dict[str, st.SearchStrategy[Any]]:
    options = st.dictionaries(
        st.sampled_from(["token", "priority", "secret", "icon url"]), texts | hidden, max_size=2
    )
    addresses = texts | hidden | st.sampled_from(["http://a/b", "https://u:p@a/", "https://a?token=x"])
    return {
        "channel": st.sampled_from(["webhook", "slack", "ntfy", "email"]),
        "address": addresses,
        "options": options,
        **more,
    }


methods = st.builds(ContactMethod, name=names, verified=st.booleans(), **addressed())
rules = many(st.builds(NotifyRule, by=texts, after=durations | st.just(timedelta(0))))
people = st.builds(
    Person,
    key=st.just(""),
    name=texts,
    email=st.just("") | texts,
    time_zone=zones,
    contact=st.lists(methods, max_size=3, unique_by=lambda method: method.name).map(tuple),
    notify_high=rules,
    notify_low=rules,
    admin=st.booleans(),
)
business_hours = st.builds(
    BusinessHours, time_zone=zones, days=days, start=times, end=times, holidays=many(dates)
).filter(lambda hours: hours.start != hours.end)
teams = st.builds(
    Team,
    key=st.just(""),
    name=st.just("") | texts,
    members=many(names),
    lead=maybe(names),
    business_hours=business_hours | st.just(BusinessHours()),
    chat=maybe(names),
)
rotations = st.builds(
    Rotation,
    people=many(many(names, 1), 1),
    starts=dates,
    every=st.integers(1, 99),
    unit=st.sampled_from(Unit),
    handoff_at=times,
    handoff_day=maybe(st.integers(0, 6)),
    until=maybe(instants),
    first=st.integers(0, 5),
).filter(lambda rotation: rotation.handoff_day is None or rotation.unit is Unit.WEEK)
layers = st.builds(
    Layer,
    rotation=rotations,
    name=st.just("") | texts,
    restrictions=many(st.builds(Restriction, days=days, start=times, end=times)),
    time_zone=maybe(zones),
)
schedules = st.builds(
    Schedule, key=st.just(""), team=maybe(names), time_zone=zones, layers=many(layers, 1)
) | st.builds(Schedule, key=st.just(""), time_zone=zones, secondary_of=names)
paged = st.builds(Target, st.sampled_from([TargetKind.PERSON, TargetKind.SCHEDULE, TargetKind.TEAM]), names)
steps = st.builds(
    lambda page, chats, wait: Step((*page, *(Target(TargetKind.CHAT, chat) for chat in chats)), wait),
    many(paged),
    many(names),
    durations,
).filter(lambda step: step.targets)
policies = st.builds(
    Policy,
    key=st.just(""),
    steps=many(steps, 1),
    repeat=st.integers(0, 100),
    last_resort=many(paged),
    team=maybe(names),
)
services = st.builds(
    Service,
    key=st.just(""),
    name=st.just("") | texts,
    team=maybe(names),
    policy=maybe(names),
    depends_on=many(names),
    runbook_url=st.sampled_from(["", "https://a/b?c=d#e"]),
)
chats = st.builds(Chat, key=st.just(""), **addressed())
integrations = st.builds(
    Integration,
    key=st.just(""),
    type=st.sampled_from(["alertmanager", "pagerduty"]),
    secret=hidden,
    service=maybe(names),
    labels=labels,
)
heartbeats = st.builds(
    Heartbeat,
    key=st.just(""),
    every=durations,
    grace=durations,
    matchers=matchers,
    ping_key=maybe(hidden),
    labels=labels,
)
severities = st.builds(
    SeverityRule,
    name=st.just(Severity.SEV1),
    title=texts,
    criteria=texts,
    urgency=st.sampled_from(Urgency),
    page=st.sampled_from(PageWhen),
    ack_target=maybe(durations),
    ack_timeout=maybe(durations),
    reopen_after=durations,
    repeats_last_resort=st.booleans(),
    update_every=maybe(durations),
    postmortem=texts,
)


def pairs(least: int, most: int) -> st.SearchStrategy[Any]:
    found = st.tuples(st.integers(least, most), st.integers(least, most)).map(
        lambda pair: (min(pair), max(pair))
    )
    return many(found)


ranges = st.builds(
    TimeRange,
    times=pairs(0, 1440).map(lambda found: tuple(pair for pair in found if pair[0] < pair[1])),
    weekdays=pairs(0, 6),
    days_of_month=pairs(1, 31) | pairs(-31, -1),
    months=pairs(1, 12),
    years=pairs(1970, 2100),
    location=zones,
)
intervals = st.builds(TimeInterval, key=st.just(""), ranges=many(ranges, 1))
inhibitions = st.builds(
    Inhibition, key=st.just(""), source=some_matchers, target=some_matchers, equal=many(texts)
)
spans = st.tuples(instants, durations).map(lambda span: {"starts_at": span[0], "ends_at": span[0] + span[1]})
remarks = {"comment": st.just("") | texts, "created_by": st.just("") | texts}
silences = st.builds(
    lambda span, **rest: Silence(id="", **span, **rest), spans, matchers=some_matchers, **remarks
)
maintenance = st.builds(
    lambda span, **rest: Maintenance(id="", **span, **rest), spans, services=many(names, 1), **remarks
)
overrides = st.builds(
    lambda span, **rest: Override(id="", **span, **rest),
    spans,
    schedule=names,
    person=names,
    kind=st.sampled_from(OverrideKind),
    replaces=maybe(names),
    **remarks,
)
amounts = st.decimals("0", "999999", places=2)
pay = st.builds(
    PayRule,
    key=st.just(""),
    team=names,
    currency=st.sampled_from(["EUR", "JPY"]),
    starts=st.dates(date(2000, 1, 1), date(2050, 1, 1)),
    ends=maybe(st.dates(date(2050, 1, 2), date(2100, 1, 1))),
    country=st.sampled_from(["", "DE", "GB-SCT"]),
    schedules=many(names),
    per_shift=amounts,
    per_hour=st.dictionaries(st.sampled_from(Hour), amounts),
    per_month=st.decimals("0.01", "999", places=2),
    night_from=times.filter(lambda at: at != time(0)),
    night_to=st.just(time(0)),
    time_off=maybe(
        st.builds(TimeOff, days=amounts, pages=st.integers(1, 99), broken_nights=st.integers(1, 7))
    ),
)
defaults = st.builds(
    Defaults,
    base_url=st.sampled_from(["https://tocsin.example.com", "http://127.0.0.1:9190"]),
    admins=many(names),
    admin_chat=maybe(names),
    flap_window=durations,
    close_after=durations,
    handoff_reminder=maybe(times),
)
switches = st.builds(DeadMansSwitch, url=hidden, every=durations)


def routes(path: str, depth: int) -> st.SearchStrategy[Route]:
    actions = st.one_of(
        st.just({"nothing": True}),
        st.fixed_dictionaries({}, optional={"page": names, "chat": names, "ticket": names}),
    )
    branch = {
        "matchers": matchers,
        "goes_on": st.booleans(),
        "mute_time_intervals": many(names),
        "active_time_intervals": many(names),
    }
    children: st.SearchStrategy[Any] = st.just(())
    if depth:
        children = st.integers(0, 2).flatmap(
            lambda count: st.tuples(*(routes(f"{path}.{n}".lstrip("."), depth - 1) for n in range(count)))
        )
    return st.builds(
        lambda act, **rest: Route(path=path, **act, **rest),
        actions,
        group_by=maybe(distinct(texts)),
        group_wait=maybe(durations),
        group_interval=maybe(durations),
        repeat_interval=maybe(durations),
        severity=maybe(st.sampled_from(Severity)),
        service=maybe(names),
        flap_window=maybe(durations),
        routes=children,
        **(branch if path else {}),
    )


NOUNS: dict[str, tuple[st.SearchStrategy[Any], str]] = {
    "people": (people, "key"),
    "teams": (teams, "key"),
    "schedules": (schedules, "key"),
    "policies": (policies, "key"),
    "services": (services, "key"),
    "chats": (chats, "key"),
    "integrations": (integrations, "key"),
    "heartbeats": (heartbeats, "key"),
    "time_intervals": (intervals, "key"),
    "inhibitions": (inhibitions, "key"),
    "silences": (silences, "id"),
    "maintenance": (maintenance, "id"),
    "overrides": (overrides, "id"),
    "pay": (pay, "key"),
}


SIMPLE: dict[str, Any] = {
    "people": lambda name: Person(key=name, name=name),
    "teams": lambda name: Team(key=name),
    "schedules": lambda name: Schedule(key=name, secondary_of="alice"),
    "policies": lambda name: Policy(
        key=name, steps=(Step((Target(TargetKind.CHAT, "alice"),), timedelta(minutes=5)),)
    ),
    "services": lambda name: Service(key=name),
    "chats": lambda name: Chat(key=name, channel="console", address="here"),
    "time_intervals": lambda name: TimeInterval(name, (TimeRange(),)),
}


@st.composite
def configurations(draw: st.DrawFn) -> dict[Key, Any]:
    """Nouns by kind and name. References point at names that exist, because every kind has a simple noun of each name."""
    nouns: dict[Key, Any] = {(kind, name): simple(name) for kind, simple in SIMPLE.items() for name in NAMES}
    for kind in draw(st.lists(st.sampled_from(sorted(NOUNS)), max_size=3, unique=True)):
        strategy, attribute = NOUNS[kind]
        name = draw(names)
        nouns[kind, name] = msgspec.structs.replace(draw(strategy), **{attribute: name})
    single = draw(st.sampled_from(["", "routes", "defaults", "dead_mans_switch", "severities"]))
    if single == "routes":
        nouns["routes", SINGLE] = draw(routes("", 2))
    elif single == "defaults":
        nouns["defaults", SINGLE] = draw(defaults)
    elif single == "dead_mans_switch":
        nouns["dead_mans_switch", SINGLE] = draw(switches)
    elif single == "severities":
        rule = draw(severities)
        default = DEFAULT_SEVERITIES[rule.name]
        kept = draw(st.lists(st.sampled_from(rule.__struct_fields__), unique=True))
        nouns["severities", "SEV1"] = msgspec.structs.replace(
            rule, **{each: getattr(default, each) for each in kept}
        )
    return nouns
