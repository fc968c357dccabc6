"""Random histories of a house: what senders, people, providers and time may do to it, and what can be compared of it."""

import contextlib
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from tests.scenarios.house import House
from tests.scenarios.provider import Crash
from tocsin.control.requests import Refused
from tocsin.core.severity import Severity

Event = tuple[str, Any]

NAMES = ("DiskFull", "QueueStuck", "ClusterDown")
PEOPLE = ("alice", "bob", "carol", "dan")
SPANS = (1, 20, 60, 5 * 60, 10 * 60, 16 * 60, 3600, 9 * 3600)  # seconds
LEASES = (timedelta(minutes=4), timedelta(days=30))

alerts = st.tuples(
    st.sampled_from(NAMES),
    st.fixed_dictionaries(
        {
            "severity": st.sampled_from(("critical", "outage", "minor", "warning")),
            "instance": st.sampled_from(("api-1", "api-2")),
            "service": st.sampled_from(("task-api", "billing")),
        }
    ),
)
commands = st.one_of(
    st.tuples(st.just("acknowledges")),
    st.tuples(st.just("resolves")),
    st.tuples(st.just("mitigates")),
    st.tuples(st.just("escalates")),
    st.tuples(st.just("snoozes"), st.sampled_from(SPANS)),
    st.tuples(st.just("reassigns"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("pulls_in"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("sets"), st.sampled_from(tuple(Severity))),
    st.tuples(st.just("notes"), st.just("Looking.")),
)
events: st.SearchStrategy[Event] = st.one_of(
    st.tuples(st.just("fires"), st.tuples(st.lists(alerts, min_size=1, max_size=4), st.sampled_from(LEASES))),
    st.tuples(st.just("ends"), st.lists(alerts, min_size=1, max_size=4)),
    st.tuples(st.just("passes"), st.sampled_from(SPANS)),
    st.tuples(st.just("passes"), st.sampled_from(SPANS)),
    st.tuples(st.just("does"), st.tuples(st.sampled_from(PEOPLE), st.integers(1, 6), commands)),
    st.tuples(st.just("does"), st.tuples(st.sampled_from(PEOPLE), st.integers(1, 6), commands)),
    st.tuples(
        st.just("pagerduty"),
        st.tuples(st.sampled_from(("trigger", "acknowledge", "resolve")), st.sampled_from(("a", "b"))),
    ),
    st.tuples(
        st.just("provider"), st.tuples(st.sampled_from(("down", "refuses", "works")), st.sampled_from(PEOPLE))
    ),
    st.tuples(st.just("silences"), st.tuples(st.sampled_from(NAMES), st.sampled_from(SPANS))),
    st.tuples(st.just("maintains"), st.sampled_from(SPANS)),
    st.tuples(st.just("ends_early"), st.integers(0, 3)),
    st.tuples(st.just("overrides"), st.tuples(st.sampled_from(PEOPLE), st.sampled_from(SPANS))),
    st.tuples(st.just("crashes"), st.tuples(st.sampled_from(PEOPLE), st.booleans())),
    st.tuples(st.just("sleeps"), st.sampled_from((40, 600, 8 * 3600))),
)
histories = st.lists(events, min_size=1, max_size=25)


class Past:
    """Lives a history through in one house."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._facts: list[tuple[str, str]] = []  # what people made, with its kind

    def lives(self, event: Event) -> None:
        try:
            self._lives(event)
        except Crash:
            self._sleeps(40)

    def _lives(self, event: Event) -> None:
        house = self.house
        match event:
            case ("fires", (list() as fired, timedelta() as lasts)):
                house.fire(fired, lasts)
            case ("ends", list() as ended):
                house.end(ended)
            case ("passes", int() as seconds):
                house.passes(seconds=seconds)
            case ("does", (str() as who, int() as incident, tuple() as command)):
                self._does(who, incident, command)
            case ("pagerduty", (str() as action, str() as key)):
                house.pagerduty(action, key)
            case ("provider", (str() as mood, str() as who)):
                self._provider(mood, who)
            case ("silences", (str() as alertname, int() as seconds)):
                self._facts.append(("silences", house.silences(f'alertname="{alertname}"', seconds=seconds)))
            case ("maintains", int() as seconds):
                self._facts.append(("maintenance", house.maintains("task-api", seconds=seconds)))
            case ("ends_early", int() as number):
                if number < len(self._facts):
                    house.ends_early(*self._facts[number])
            case ("overrides", (str() as who, int() as seconds)):
                with contextlib.suppress(Refused):  # two at once of one seat
                    house.overrides(
                        "platform-primary", who, house.now, house.now + timedelta(seconds=seconds)
                    )
            case ("crashes", (str() as who, bool() as after)):
                crash = (
                    house.provider.house_crashes_after_sending_to
                    if after
                    else house.provider.house_crashes_before_sending_to
                )
                crash(who)
            case ("sleeps", int() as seconds):
                self._sleeps(seconds)
            case _:
                raise AssertionError(event)

    def _does(self, who: str, number: int, command: tuple[Any, ...]) -> None:
        incidents = {incident.id for incident in self.house.incidents()}
        if number not in incidents:
            return
        name, *given = command
        act = getattr(self.house.person(who), name)
        if name == "snoozes":
            act(incident=number, seconds=given[0])
        else:
            act(*given, incident=number)

    def _provider(self, mood: str, who: str) -> None:
        provider = self.house.provider
        if mood == "works":
            with contextlib.suppress(KeyError):
                provider.works_again(who)
        elif mood == "down":
            provider.is_down(who)
        else:
            provider.refuses(who)

    def _sleeps(self, seconds: int) -> None:
        self.house.stops()
        self.house.passes(seconds=seconds)
        while True:
            try:
                return self.house.starts_again()
            except Crash:
                self.house.stops()
                self.house.passes(seconds=40)

    def comes_to_rest(self) -> None:
        """Every provider works again, and every retry has had its turn."""
        for who in PEOPLE:
            self._provider("works", who)
        self.lives(("passes", 6 * 60))
        self.lives(("sleeps", 40))  # whatever was told to crash has done so by now
        self.lives(("passes", 6 * 60))

    # --- what can be compared ------------------------------------------------------------------------------------

    def account(self) -> dict[str, object]:
        """Everything that a person could see of it."""
        house = self.house
        return {
            "incidents": house.incidents(),
            "timelines": [house.timeline(incident.id) for incident in house.incidents()],
            "alerts": [
                (
                    a.id,
                    a.labels,
                    a.status,
                    a.reason,
                    a.by,
                    a.starts_at,
                    a.ends_at,
                    a.incident,
                )
                for a in house.alerts()
            ],
            "messages": [
                (h.at, h.address, h.key, h.message.title, h.message.text) for h in house.provider.heard
            ],
            "tried": [(h.at, h.address, h.key) for h in house.provider.tried],
            "agenda": house.store.read(lambda tx: dict(tx.agenda.count())),
        }
