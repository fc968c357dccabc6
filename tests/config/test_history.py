"""An edit is valid from an instant on: what a schedule was stays true of the time before, whatever becomes of it later."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.config.house import EXAMPLE, NOW, apply_request, edited, store
from tocsin.config.edit import put_noun, remove_noun
from tocsin.config.load import load
from tocsin.config.perform import apply_view, export_view
from tocsin.config.schema.kinds import SCHEDULE_VERSIONS
from tocsin.core.configuration import Configuration
from tocsin.core.oncall.schedule import Shift
from tocsin.core.oncall.shifts import shifts, who_is_on_call
from tocsin.engine.store.memory.store import MemoryStore

DAY = timedelta(days=1)
LATER = NOW + 10 * DAY
REACHED = {"contact": {"hook": {"webhook": "http://127.0.0.1:9911/x"}}, "notify": {"high": ["hook"]}}


def apply(house: MemoryStore, text: str, now: datetime, prune: bool = False) -> None:
    view = house.run(lambda tx: apply_view(tx, apply_request(text, prune=prune), "ci", now))
    assert view.applied, view.problems


@pytest.fixture
def filed() -> MemoryStore:
    house = store()
    apply(house, EXAMPLE, NOW)
    return house


@pytest.fixture
def house() -> MemoryStore:
    """Made on screen: alice and bob by weeks, in UTC."""
    made = store()
    for person in ("alice", "bob", "carol"):
        put(made, "people", person, {"name": person, **REACHED})
    put(made, "schedules", "primary", weekly("alice", "bob"))
    return made


def weekly(*people: str, **more: Any) -> dict[str, Any]:
    rotation = {"every": "1 week", "handoff": "Mon 09:00", "from": "2026-06-01", "people": list(people)}
    return {"layers": [{"rotation": rotation}], **more}


def put(house: MemoryStore, kind: str, name: str, noun: dict[str, Any], now: datetime = NOW) -> None:
    house.run(lambda tx: put_noun(tx, kind, name, noun, None, "dan", now))


def facts(house: MemoryStore) -> Configuration:
    return house.read(load)


def past(house: MemoryStore, until: datetime, schedule: str = "primary") -> list[Shift]:
    known = facts(house)
    return shifts(known.schedules_ever(), schedule, NOW - 60 * DAY, until, known.overrides)


def on_call(house: MemoryStore, at: datetime, schedule: str = "primary") -> tuple[str, ...]:
    known = facts(house)
    return who_is_on_call(known.schedules, schedule, at, known.overrides).people


def test_an_edit_on_screen_changes_nothing_before_it(house: MemoryStore) -> None:
    before = past(house, LATER)
    put(house, "schedules", "primary", weekly("carol"), LATER)
    assert past(house, LATER) == before
    assert on_call(house, LATER) == ("carol",)


def test_applying_a_file_changes_nothing_before_it(filed: MemoryStore) -> None:
    before = past(filed, LATER, "platform-secondary")
    apply(filed, edited("people: [alice, bob]}}]", "people: [bob]}}]"), LATER)
    assert past(filed, LATER, "platform-secondary") == before
    assert on_call(filed, LATER, "platform-primary") == ("bob",)


def test_each_of_many_edits_holds_in_its_own_time(house: MemoryStore) -> None:
    for number, person in enumerate(("carol", "bob", "alice", "carol"), 1):
        put(house, "schedules", "primary", weekly(person), NOW + number * DAY)
    assert [on_call(house, NOW + number * DAY) for number in (1, 2, 3, 4)] == [
        ("carol",),
        ("bob",),
        ("alice",),
        ("carol",),
    ]


def test_an_edit_may_wait_for_its_instant(house: MemoryStore) -> None:
    at = NOW + 20 * DAY
    before = past(house, at)
    put(house, "schedules", "primary", weekly("carol", effective_from=at.isoformat()))
    assert past(house, at) == before
    assert (on_call(house, at - timedelta(seconds=1)), on_call(house, at)) != (("carol",), ("carol",))
    assert on_call(house, at) == ("carol",)


def test_the_next_edit_takes_the_place_of_one_that_waits(house: MemoryStore) -> None:
    at = NOW + 20 * DAY
    put(house, "schedules", "primary", weekly("carol", effective_from=at.isoformat()))
    put(house, "schedules", "primary", weekly("bob"), NOW + DAY)
    assert on_call(house, NOW + 2 * DAY) == on_call(house, at + DAY) == ("bob",)
    assert len(facts(house).schedules["primary"].former) == 1


def test_a_waiting_edit_may_be_put_off(house: MemoryStore) -> None:
    put(house, "schedules", "primary", weekly("carol", effective_from=(NOW + 20 * DAY).isoformat()))
    put(house, "schedules", "primary", weekly("carol", effective_from=(NOW + 30 * DAY).isoformat()))
    assert on_call(house, NOW + 25 * DAY) != ("carol",)
    assert on_call(house, NOW + 30 * DAY) == ("carol",)


def test_naming_an_instant_alone_takes_nobody_off_the_air(house: MemoryStore) -> None:
    """Said again with a later instant from which it holds, the schedule goes on as it was until then."""
    before = past(house, NOW + 30 * DAY)
    put(house, "schedules", "primary", weekly("alice", "bob", effective_from=(NOW + 20 * DAY).isoformat()))
    assert [shift.people for shift in past(house, NOW + 30 * DAY)] == [shift.people for shift in before]


def test_an_edit_from_before_now_holds_from_now(house: MemoryStore) -> None:
    before = past(house, LATER)
    put(house, "schedules", "primary", weekly("carol", effective_from=NOW.isoformat()), LATER)
    assert past(house, LATER) == before


def test_a_new_schedule_may_begin_later(house: MemoryStore) -> None:
    put(house, "schedules", "next", weekly("carol", effective_from=LATER.isoformat()))
    assert (on_call(house, LATER - DAY, "next"), on_call(house, LATER, "next")) == ((), ("carol",))


def test_a_removed_schedule_keeps_its_history(house: MemoryStore) -> None:
    before = past(house, LATER)
    house.run(lambda tx: remove_noun(tx, "schedules", "primary", None, "dan", LATER))
    assert past(house, LATER) == before
    assert "primary" not in facts(house).schedules
    assert past(house, LATER + DAY)[-1].ends_at == LATER


def test_a_schedule_made_again_had_nobody_in_between(house: MemoryStore) -> None:
    before = past(house, LATER)
    house.run(lambda tx: remove_noun(tx, "schedules", "primary", None, "dan", LATER))
    put(house, "schedules", "primary", weekly("carol"), LATER + 5 * DAY)
    assert past(house, LATER) == before
    assert on_call(house, LATER + DAY) == ()
    assert on_call(house, LATER + 5 * DAY) == ("carol",)


def test_pruning_keeps_the_history(filed: MemoryStore) -> None:
    before = past(filed, LATER, "platform-primary")
    rotation = "{every: 1 week, handoff: Mon 09:00, from: 2026-06-01, people: [bob]}"
    spare = f"  spare: {{layers: [{{rotation: {rotation}}}]}}\n  platform-secondary:"
    without = edited("  platform-secondary:", spare)
    apply(filed, without, LATER)
    apply(filed, EXAMPLE, LATER + DAY, prune=True)
    assert "spare" not in facts(filed).schedules
    assert past(filed, LATER + 3 * DAY, "spare")[-1].ends_at == LATER + DAY
    assert past(filed, LATER, "platform-primary") == before


def test_a_derived_seat_keeps_what_it_was_when_its_primary_is_gone(house: MemoryStore) -> None:
    put(house, "schedules", "secondary", {"secondary_of": "primary"})
    before = past(house, LATER, "secondary")
    assert before
    put(house, "schedules", "secondary", weekly("carol"), LATER)
    house.run(lambda tx: remove_noun(tx, "schedules", "primary", None, "dan", LATER + DAY))
    known = facts(house)
    assert shifts(known.schedules, "secondary", NOW - 60 * DAY, LATER, known.overrides) == before


def test_an_edit_of_the_primary_leaves_the_secondary_s_past(house: MemoryStore) -> None:
    put(house, "schedules", "secondary", {"secondary_of": "primary"})
    before = past(house, LATER, "secondary")
    put(house, "schedules", "primary", weekly("carol", "bob", "alice"), LATER)
    assert past(house, LATER, "secondary") == before


def test_removing_a_person_keeps_the_turn_of_everybody_else(house: MemoryStore) -> None:
    put(house, "schedules", "primary", weekly("alice", "bob", "carol"))
    now = datetime(2026, 6, 24, 12, tzinfo=UTC)
    had = on_call(house, now)
    others = [person for person in ("alice", "bob", "carol") if (person,) != had]
    put(house, "schedules", "primary", weekly(*sorted({had[0], others[0]})), now)
    assert on_call(house, now) == had
    assert on_call(house, now + 7 * DAY) == (others[0],)


def test_the_turn_is_kept_as_of_the_instant_at_which_the_edit_takes_over(house: MemoryStore) -> None:
    at = datetime(2026, 7, 8, 12, tzinfo=UTC)
    had = on_call(house, at)
    put(house, "schedules", "primary", weekly("alice", "bob", "carol", effective_from=at.isoformat()))
    assert on_call(house, at) == had


def test_an_edit_that_changes_nobodys_shifts_leaves_no_trace(house: MemoryStore) -> None:
    put(house, "teams", "platform", {"members": ["alice"]})
    put(house, "schedules", "primary", weekly("alice", "bob", team="platform"), LATER)
    assert facts(house).schedules["primary"].former == ()


def test_what_was_is_in_no_export_and_no_file_may_say_it(filed: MemoryStore) -> None:
    plain = filed.read(lambda tx: export_view(tx)).text
    apply(filed, edited("people: [alice, bob]}}]", "people: [bob]}}]"), LATER)
    apply(filed, EXAMPLE, LATER + DAY)
    assert filed.read(lambda tx: tx.configuration.entries([SCHEDULE_VERSIONS]))
    assert filed.read(lambda tx: export_view(tx)).text == plain
    refused = filed.run(
        lambda tx: apply_view(tx, apply_request(EXAMPLE + "schedule_versions: {}\n"), "ci", LATER)
    )
    assert not refused.applied
