"""Whatever happens in whatever order: somebody always comes back to it, and nobody is paged about what is over.

`Story` checks after every single decision; here the events are drawn at random.
"""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.core.configuration import Maintenance
from tocsin.core.reasons import Reason
from tocsin.core.respond.incident import (
    Acknowledge,
    AddNote,
    AddResponder,
    AlertsChanged,
    Escalate,
    EscalationStatus,
    Event,
    HandedOver,
    HoldsChanged,
    Kind,
    Mitigate,
    Reassign,
    Repair,
    Resolve,
    SetSeverity,
    Snooze,
    State,
    Timer,
)
from tocsin.core.respond.policy import Policy
from tocsin.core.respond.timers import demands_timer, pending_timers
from tocsin.core.severity import Severity

from .story import PRIMARY, SECONDARY, START, Story, house, minutes, on, schedule

PEOPLE = st.sampled_from(["alice", "bob", "carol", "dan"])
SEVERITIES = st.sampled_from(list(Severity))
POLICIES = {
    "platform": Policy("platform", (PRIMARY, SECONDARY), repeat=1, last_resort=(on("person", "carol"),)),
    "lonely": Policy("lonely", (PRIMARY,)),
}


@st.composite
def alerts(draw: st.DrawFn) -> AlertsChanged:
    firing = draw(st.integers(0, 3))
    return AlertsChanged(
        firing=firing,
        alerts=firing,
        source_silent=draw(st.integers(0, firing)),
        suppressed=draw(st.sampled_from([0, 0, 0, 2])),
        severity=draw(st.none() | SEVERITIES),
        joined=draw(st.sampled_from([(), ("APIErrors",)])),
        ended=draw(st.sampled_from([(), ("APIHighLatency",)])),
        reason=draw(st.sampled_from([None, Reason.SOURCE_RESOLVED, Reason.SILENCED])),
    )


def snoozes(whom: str, count: int) -> object:
    return ("snooze", whom, count)


EVENTS: st.SearchStrategy[object] = st.one_of(
    alerts(),
    alerts(),
    st.builds(Acknowledge, PEOPLE),
    st.builds(Resolve, PEOPLE),
    st.builds(Mitigate, PEOPLE),
    st.builds(snoozes, PEOPLE, st.integers(-5, 2000)),
    st.builds(Escalate, PEOPLE),
    st.builds(Reassign, PEOPLE, person=PEOPLE),
    st.builds(Reassign, PEOPLE, policy=st.sampled_from(["platform", "lonely", "gone"])),
    st.builds(AddResponder, PEOPLE, PEOPLE),
    st.builds(SetSeverity, PEOPLE, SEVERITIES),
    st.builds(AddNote, PEOPLE, st.sampled_from(["", "rolling back"])),
    st.just(HoldsChanged()),
    st.builds(HandedOver, PEOPLE, st.just("platform-primary")),
    st.sampled_from(list(Timer)),  # rings out of turn
    st.floats(0, 90),  # minutes that pass
    st.just("twice"),
    st.just("lose"),
)


def happen(story: Story, event: object, before: Event | None) -> Event | None:
    match event:
        case Timer():
            story.rings(event)
        case float():
            story.passes(event)
        case "twice":
            _twice(story, before)
        case "lose":
            story.agenda.clear()
            if demands_timer(story.incident):
                story.happens(Repair())
            story.agenda = pending_timers(story.incident)
        case ("snooze", str(whom), int(count)):
            event = Snooze(whom, story.now + minutes(count))
            story.happens(event)
            return event
        case _:
            story.happens(event)  # type: ignore[arg-type]
            return event  # type: ignore[return-value]
    return before


def _twice(story: Story, command: Event | None) -> None:
    """The same command again at once, as after a retry or a double click, pages nobody anew."""
    if isinstance(
        command, Acknowledge | Snooze | Escalate | Resolve | Mitigate | Reassign | AddResponder | SetSeverity
    ):
        story.happens(command)
        pages = len(story.pages)
        again = story.happens(command)
        assert len(story.pages) == pages, again.refused


@settings(max_examples=150, deadline=None)
@given(
    severity=SEVERITIES,
    policy=st.sampled_from(["platform", "platform", "lonely", "gone", None]),
    somebody=st.booleans(),
    maintained=st.booleans(),
    night=st.booleans(),
    events=st.lists(EVENTS, max_size=25),
)
def test_the_invariant_holds_under_any_history(
    severity: Severity,
    policy: str | None,
    somebody: bool,
    maintained: bool,
    night: bool,
    events: list[object],
) -> None:
    window = Maintenance("m1", ("task-api",), START - minutes(600), START + minutes(45))
    schedules = {"platform-primary": schedule("platform-primary", "alice")}
    if somebody:
        schedules["platform-secondary"] = schedule("platform-secondary", "bob")
    facts = house(policies=POLICIES, schedules=schedules, maintenance=(window,) if maintained else ())
    story = Story(facts, START - timedelta(hours=7) if night else START).opens(severity, policy)
    last: Event | None = None
    for event in events:
        last = happen(story, event, last)
    _never_forgotten(story)


def _never_forgotten(story: Story) -> None:
    """Left alone for two days, an incident that pages by itself has reached somebody or says that it is exhausted."""
    incident = story.incident
    if incident.kind is not Kind.PAGE or incident.state is not State.DETECTED:
        return
    if incident.escalation.status is EscalationStatus.NONE or not incident.firing:
        return
    story.passes(2 * 24 * 60)
    left = story.incident
    assert left.paged or left.escalation.status is EscalationStatus.EXHAUSTED
