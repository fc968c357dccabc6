"""What is pending comes nearer when the clock was set back; what is long past stays."""

from datetime import timedelta

from tests.core.respond.story import START
from tocsin.core.detect import group
from tocsin.core.detect.group import Group
from tocsin.core.instants import micros
from tocsin.core.respond.delivery import AddressState, Retry
from tocsin.core.respond.incident import Escalation, Incident
from tocsin.core.set_back import set_back
from tocsin.core.severity import Severity

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
NOW = START - HOUR + MINUTE  # the clock showed START + a minute, and was set back by an hour


def test_a_pending_step_is_due_as_soon_as_before() -> None:
    incident = Incident(1, "slow", Severity.SEV2, START, escalation=Escalation(due_at=START + 10 * MINUTE))
    moved = set_back(incident, NOW, HOUR)
    assert moved.escalation.due_at == NOW + 9 * MINUTE
    assert moved.opened_at == NOW - MINUTE


def test_what_happened_before_the_hour_that_is_lived_again_stays() -> None:
    incident = Incident(1, "slow", Severity.SEV2, START - 2 * HOUR, acknowledged_at=START - HOUR)
    assert set_back(incident, NOW, HOUR) == incident


def test_an_address_is_paced_and_repeats_as_before() -> None:
    retry = Retry(("1.1.1",), "1.1.1", 2, START, START + 2 * MINUTE)
    state = AddressState(retries=(retry,), last_page_at=START, services={"task-api": START})
    moved = set_back(state, NOW, HOUR)
    assert moved.retries[0].retry_at == NOW + MINUTE
    assert moved.last_page_at == moved.services["task-api"] == NOW - MINUTE


def test_a_group_opens_as_soon_as_before() -> None:
    waiting = Group("g", "0", begun_at=micros(START), wait_until=micros(START + 2 * MINUTE))
    moved = group.set_back(waiting, micros(NOW), HOUR // timedelta(microseconds=1))
    assert (moved.begun_at, moved.wait_until) == (micros(NOW - MINUTE), micros(NOW + MINUTE))
