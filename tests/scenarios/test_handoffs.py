"""Handing a shift over: the draft, the words, the acceptance, and what passes on with it. alice's shift ends on Monday
15 June, 09:00 in Berlin; bob is next."""

from datetime import timedelta

import pytest

from tests.scenarios.conftest import MakeHouse
from tests.scenarios.house import START, House
from tests.scenarios.person import Person
from tocsin.control.requests import (
    AcceptHandoff,
    AddOverride,
    EditHandoff,
    EndOperational,
    HandoffView,
    ListHandoffs,
    OfferHandoff,
    OperationalView,
    Refused,
    ShowHandoff,
    WriteHandoff,
)
from tocsin.core.instants import micros
from tocsin.core.oncall.handoff.handoff import Handoff, HandoffState
from tocsin.core.respond.incident import Snooze
from tocsin.engine.store.protocol import OnCallRow

ENDS = START + timedelta(weeks=1)
PRIMARY = {
    "team": "platform",
    "time_zone": "Europe/Berlin",
    "layers": [
        {
            "rotation": {
                "every": "1 week",
                "handoff": "Mon 09:00",
                "from": "2026-06-08",
                "people": ["alice", "bob"],
            }
        }
    ],
}


@pytest.fixture
def house(make_house: MakeHouse) -> House:
    team = {"members": ["alice", "bob"], "lead": "carol", "chat": "alerts"}
    return make_house(schedules={"platform-primary": PRIMARY}, teams={"platform": team})


def handoffs(house: House, **wanted) -> list[Handoff]:
    found = house.ask(ListHandoffs(**wanted))
    assert isinstance(found, list)
    return found


def one(house: House) -> Handoff:
    (found,) = handoffs(house)
    return found


def view(answer: object) -> HandoffView:
    assert isinstance(answer, HandoffView)
    return answer


def an_hour_before(house: House) -> Handoff:
    house.until(ENDS - timedelta(hours=1))
    return one(house)


def handed_over(house: House) -> Handoff:
    handoff = an_hour_before(house)
    house.until(ENDS)
    return view(house.ask(OfferHandoff(handoff.id), "alice")).handoff


def test_a_draft_is_written_an_hour_before_the_shift_ends_and_the_outgoing_is_told(
    house: House, alice: Person
) -> None:
    house.until(ENDS - timedelta(hours=1, seconds=1))
    assert handoffs(house) == []
    house.passes(seconds=1)
    handoff = one(house)
    assert (handoff.outgoing, handoff.incoming, handoff.state) == (("alice",), ("bob",), HandoffState.DRAFT)
    assert (handoff.starts_at, handoff.at) == (START - timedelta(hours=9), ENDS)
    assert "on-call/handoffs/" in alice.was_told("Your shift on platform-primary ends").message.text


def test_the_report_has_the_shift_as_it_stands(house: House, alice: Person) -> None:
    house.fires("DiskFull", severity="critical", service="task-api")
    alice.acknowledges()
    house.ends("DiskFull", severity="critical", service="task-api")
    house.deploys("deploy abc123")
    house.passes(hours=2)
    house.fires("APIHighLatency", severity="minor", service="task-api")
    alice.acknowledges()
    house.silences('alertname="Quiet"', days=10)
    house.maintains("billing", starts_in=timedelta(days=9), hours=2)
    report = view(house.ask(ShowHandoff(an_hour_before(house).id))).handoff.report
    assert [(line.title, line.holder) for line in report.open] == [("APIHighLatency is bad", "alice")]
    assert [line.title for line in report.resolved] == ["DiskFull is bad"]
    assert [(line.name, line.done) for line in report.alerts] == [
        ("APIHighLatency", "still acknowledged"),
        ("DiskFull", "acknowledged, then over by itself"),
    ]
    assert [line.summary for line in report.changes] == ["deploy abc123"]
    assert [line.kind for line in report.in_force] == ["silence"]
    assert [line.kind for line in report.to_come] == ["maintenance"]
    assert report.pages == 2


def test_tests_are_in_no_report(house: House) -> None:
    house.sends_test_page("alice")
    report = an_hour_before(house).report
    assert (report.open, report.resolved, report.pages) == ((), (), 0)


def test_the_outgoing_adds_words_and_hands_over_and_the_incoming_is_told(house: House, bob: Person) -> None:
    handoff = an_hour_before(house)
    house.ask(EditHandoff(handoff.id, "The database *sulks*.", "Disk of node 3"), "alice")
    answered = view(house.ask(OfferHandoff(handoff.id), "alice"))
    assert (answered.handoff.state, answered.handoff.offered_by) == (HandoffState.OFFERED, "alice")
    assert "The database *sulks*." in answered.text and "Disk of node 3" in answered.text
    assert "alice hands over" in bob.was_told("Handoff of platform-primary").said


def test_a_draft_that_nobody_touches_goes_by_itself_half_an_hour_after_the_shift(
    house: House, bob: Person
) -> None:
    an_hour_before(house)
    house.until(ENDS + timedelta(minutes=30))
    assert (one(house).state, one(house).offered_by) == (HandoffState.OFFERED, "")
    assert "Nobody looked through it" in bob.was_told("Handoff of platform-primary").said


def test_acknowledged_incidents_pass_on_with_the_acceptance_and_not_before(
    house: House, alice: Person
) -> None:
    handoff = an_hour_before(house)
    house.fires("DiskFull", severity="minor", service="task-api")
    alice.acknowledges()
    house.ask(OfferHandoff(handoff.id), "alice")
    assert house.incident().acknowledged_by == "alice"
    answered = view(house.ask(AcceptHandoff(handoff.id), "bob"))
    assert answered.passed_on == (house.incident().id,)
    assert house.incident().acknowledged_by == "bob"
    house.tells("handed_over: bob accepted the handoff of platform-primary and has it from alice now.")


def test_what_somebody_else_has_and_what_nobody_has_stays(house: House, alice: Person) -> None:
    handoff = handed_over(house)
    house.fires("DiskFull", severity="critical", service="task-api")
    house.person("carol").acknowledges()
    house.fires("CPUHot", severity="critical", service="task-api")
    assert view(house.ask(AcceptHandoff(handoff.id), "bob")).passed_on == ()
    assert [i.acknowledged_by for i in house.incidents()] == [None, "carol"]


def test_an_old_handoff_takes_nothing_that_came_in_a_later_shift(house: House, alice: Person) -> None:
    handoff = handed_over(house)
    house.passes(weeks=1, hours=1)
    house.fires("DiskFull", severity="critical", service="task-api")
    alice.acknowledges()
    assert view(house.ask(AcceptHandoff(handoff.id), "bob")).passed_on == ()
    assert house.incident().acknowledged_by == "alice"


def test_only_somebody_who_can_be_reached_takes_over(house: House, alice: Person) -> None:
    handoff = handed_over(house)
    house.fires("DiskFull", severity="critical", service="task-api")
    alice.acknowledges()
    for nobody in ("service:deploys", "root@host"):
        with pytest.raises(Refused, match="nobody who can be paged"):
            house.ask(AcceptHandoff(handoff.id), nobody)
    assert house.incident().acknowledged_by == "alice"


def test_a_snooze_passes_on_and_does_not_end(house: House, alice: Person) -> None:
    handoff = handed_over(house)
    house.fires("DiskFull", severity="critical", service="task-api")
    alice.acknowledges()
    until = house.now + timedelta(hours=3)
    alice.does(Snooze("alice", until))
    house.ask(AcceptHandoff(handoff.id), "bob")
    incident = house.incident()
    assert (incident.acknowledged_by, incident.snoozed_by, incident.snoozed_until) == ("bob", "bob", until)


def test_an_acknowledgement_that_expires_before_the_acceptance_pages_whoever_is_on_call(
    house: House, alice: Person, bob: Person
) -> None:
    an_hour_before(house)
    house.fires("DiskFull", severity="critical", service="task-api")
    alice.acknowledges()
    bob.new()
    house.until(ENDS + timedelta(minutes=1))
    assert any(heard.is_page and "DiskFull" in heard.said for heard in bob.new()) or house.incident().asked_at
    house.passes(minutes=40)
    assert any(heard.is_page and "DiskFull" in heard.said for heard in bob.heard())


def test_accepting_twice_does_no_harm_and_the_outgoing_cannot_accept(house: House) -> None:
    handoff = handed_over(house)
    with pytest.raises(Refused, match="whoever comes next accepts it"):
        house.ask(AcceptHandoff(handoff.id), "alice")
    first = view(house.ask(AcceptHandoff(handoff.id), "bob")).handoff
    house.passes(minutes=5)
    assert view(house.ask(AcceptHandoff(handoff.id), "bob")).handoff == first


def test_an_accepted_handoff_is_changed_no_more(house: House) -> None:
    handoff = handed_over(house)
    house.ask(AcceptHandoff(handoff.id), "bob")
    for request in (EditHandoff(handoff.id, "x", ""), OfferHandoff(handoff.id)):
        with pytest.raises(Refused, match="bob accepted it already"):
            house.ask(request, "alice")


def test_who_does_not_accept_is_reminded_and_in_a_day_the_lead_is_told(
    house: House, bob: Person, carol: Person
) -> None:
    handed_over(house)
    bob.new()
    for hours in (1, 3):
        house.passes(hours=hours)
        bob.was_told("Not accepted yet")
    assert not any("Not accepted yet" in heard.said for heard in carol.heard())
    house.passes(hours=20)
    bob.was_told("Not accepted yet")
    carol.was_told("Not accepted yet")
    house.passes(days=3)
    assert not any("Not accepted yet" in heard.said for heard in bob.new())


def test_an_outage_over_the_end_of_the_shift_leaves_no_one_without(house: House, bob: Person) -> None:
    house.until(ENDS - timedelta(hours=2))
    house.stops()
    house.passes(hours=5)
    house.starts_again()
    house.passes(minutes=1)
    assert one(house).state is HandoffState.OFFERED
    assert sum("Handoff of platform-primary" in heard.said for heard in bob.heard()) == 1


def test_a_draft_goes_when_the_shift_ends_otherwise(house: House) -> None:
    an_hour_before(house)
    made = house.ask(
        AddOverride("platform-primary", "alice", ENDS + timedelta(days=2), ENDS - timedelta(minutes=5))
    )
    assert isinstance(made, OperationalView)
    assert handoffs(house) == []
    house.ask(EndOperational("overrides", made.id))
    house.passes(seconds=5)
    assert one(house).at == ENDS


def test_known_issues_go_on_from_handoff_to_handoff(house: House) -> None:
    handoff = an_hour_before(house)
    house.ask(EditHandoff(handoff.id, "words for bob", "Disk of node 3"), "alice")
    house.until(ENDS + timedelta(weeks=1))
    newest = handoffs(house)[0]
    assert (newest.outgoing, newest.known_issues, newest.notes) == (("bob",), "Disk of node 3", "")


def test_the_teams_chat_reads_it_when_wanted(house: House) -> None:
    handoff = an_hour_before(house)
    before = len(house.provider.heard)
    house.ask(OfferHandoff(handoff.id, chat=True), "alice")
    posted = [heard for heard in house.provider.heard[before:] if "/alerts" in heard.address]
    assert len(posted) == 1 and "Nothing is open." in posted[0].said


def test_a_draft_can_be_written_now_already_and_once(house: House) -> None:
    first = view(house.ask(WriteHandoff("platform-primary"), "alice")).handoff
    again = view(house.ask(WriteHandoff("platform-primary"), "alice")).handoff
    assert first == again and first.at == ENDS
    house.until(ENDS - timedelta(minutes=1))
    assert len(handoffs(house)) == 1


def test_words_written_days_before_are_still_there(house: House) -> None:
    handoff = view(house.ask(WriteHandoff("platform-primary"), "alice")).handoff
    house.ask(EditHandoff(handoff.id, "The database sulks.", ""), "alice")
    house.until(ENDS)
    assert one(house).notes == "The database sulks."


def test_a_schedule_that_wants_no_handoffs_has_those_that_somebody_writes(make_house: MakeHouse) -> None:
    house = make_house(schedules={"platform-primary": {**PRIMARY, "handoff": False}})
    house.until(ENDS)
    assert handoffs(house) == []
    handoff = view(house.ask(WriteHandoff("platform-primary"), "bob")).handoff
    house.until(ENDS + timedelta(weeks=1, hours=1))
    assert (one(house).id, one(house).state) == (handoff.id, HandoffState.OFFERED)


def test_one_that_cannot_be_read_stops_no_other(house: House) -> None:
    broken = OnCallRow("handoff", "x", "platform-primary", "draft", micros(house.now), micros(ENDS), b"{", 0)
    house.store.run(lambda tx: tx.oncall.put([broken]))
    assert handed_over(house).state is HandoffState.OFFERED
    assert not house.world.engine.counters.set_aside


def test_handoffs_are_found_by_their_words_and_people(house: House) -> None:
    handoff = an_hour_before(house)
    house.ask(EditHandoff(handoff.id, "The database sulks.", ""), "alice")
    assert [h.id for h in handoffs(house, text="SULKS database")] == [handoff.id]
    assert handoffs(house, text="nothing like it") == []
    assert [h.id for h in handoffs(house, person="bob")] == [handoff.id]
    assert handoffs(house, person="carol") == []


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (ShowHandoff("none"), "handoff"),
        (WriteHandoff("none"), "schedule"),
        (WriteHandoff("platform-secondary"), "schedule"),
    ],
)
def test_what_is_not_there_is_refused_by_its_field(house: House, request_, field: str) -> None:
    with pytest.raises(Refused) as refused:
        house.ask(request_)
    assert refused.value.field == field


def test_words_without_end_are_refused(house: House) -> None:
    handoff = an_hour_before(house)
    with pytest.raises(Refused, match="characters at most"):
        house.ask(EditHandoff(handoff.id, "x" * 20_001, ""), "alice")
    assert one(house).notes == ""
