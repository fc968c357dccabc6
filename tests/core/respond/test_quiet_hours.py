"""Quiet hours across clock changes, midnight and urgencies."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.configuration import Configuration
from tocsin.core.people import Person, QuietHours
from tocsin.core.reasons import Reason
from tocsin.core.respond.delivery import Notification, Purpose
from tocsin.core.respond.quiet_hours import held_until, quiet_until
from tocsin.core.severity import Severity, Urgency

NIGHT = QuietHours(time(22), time(7))


def alice(quiet: QuietHours | None = NIGHT, time_zone: str = "Europe/Berlin") -> Person:
    return Person("alice", "Alice Ames", time_zone=time_zone, quiet=quiet)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-06-10 19:59:59", None),  # 21:59:59 in Berlin
        ("2026-06-10 20:00", "2026-06-11 05:00"),
        ("2026-06-11 04:59:59", "2026-06-11 05:00"),
        ("2026-06-11 05:00", None),
        ("2026-03-28 21:30", "2026-03-29 05:00"),  # the night is an hour shorter
        ("2026-10-24 20:30", "2026-10-25 06:00"),  # and an hour longer
    ],
)
def test_they_are_wall_clock_hours_of_the_persons_zone(now: str, until: str | None) -> None:
    assert quiet_until(alice(), Urgency.LOW, at(now)) == (at(until) if until else None)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), st.times(), st.times())
def test_high_urgency_is_never_held_and_low_never_for_longer_than_a_day(
    now: datetime, start: time, end: time
) -> None:
    person, instant = alice(QuietHours(start, end)), now.replace(tzinfo=UTC)
    assert quiet_until(person, Urgency.HIGH, instant) is None
    until = quiet_until(person, Urgency.LOW, instant)
    assert until is None or instant < until <= instant + timedelta(hours=25)
    if until is not None and start != end:
        assert quiet_until(person, Urgency.LOW, until) is None


def test_nobodys_and_none_hold_nothing() -> None:
    night = at("2026-06-10 23:00")
    assert quiet_until(None, Urgency.LOW, night) is None
    assert quiet_until(alice(None), Urgency.LOW, night) is None


@pytest.mark.parametrize(
    ("changes", "held"),
    [
        ({"purpose": Purpose.PAGE, "urgency": Urgency.LOW}, True),
        ({"purpose": Purpose.PAGE, "urgency": Urgency.HIGH}, False),
        ({"purpose": Purpose.PAGE, "urgency": Urgency.LOW, "test": True}, False),
        ({"purpose": Purpose.STATUS, "severity": Severity.SEV3, "urgency": Urgency.LOW}, True),
        ({"purpose": Purpose.STATUS, "severity": Severity.SEV1, "urgency": Urgency.LOW}, False),
        (
            {
                "purpose": Purpose.STATUS,
                "severity": None,
                "reason": Reason.SHIFT_AHEAD,
                "urgency": Urgency.LOW,
            },
            True,
        ),
        ({"purpose": Purpose.STATUS, "severity": None, "reason": Reason.COVER_ASKED}, False),
        ({"purpose": Purpose.STATUS, "severity": None, "reason": Reason.VERIFICATION}, False),
        ({"purpose": Purpose.STATUS, "severity": None, "reason": Reason.CONTACT_CHANGED}, False),
        ({"purpose": Purpose.STATUS, "severity": Severity.SEV3, "reason": Reason.ACK_QUESTION}, False),
        ({"purpose": Purpose.STATUS, "severity": Severity.SEV3, "reason": Reason.VERIFICATION}, False),
        ({"purpose": Purpose.CHAT, "severity": Severity.SEV3, "person": None}, False),
    ],
)
def test_what_waits_at_an_address(changes: dict[str, object], held: bool) -> None:
    known = {
        "id": "1.1.1",
        "address_key": "email|a",
        "channel": "email",
        "created_at": at("2026-06-10 23:00"),
    }
    notification = Notification(**{"person": "alice", **known, **changes})  # type: ignore[arg-type]
    facts = Configuration(people={"alice": alice()})
    assert (held_until(notification, facts, at("2026-06-10 23:00")) is not None) is held
