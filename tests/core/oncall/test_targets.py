"""Whom a step's target reaches."""

from datetime import UTC, date, datetime

import pytest

from tocsin.core.configuration import Configuration
from tocsin.core.oncall.schedule import Layer, Override, Rotation, Schedule
from tocsin.core.oncall.targets import people_for
from tocsin.core.people import Person, Team
from tocsin.core.respond.policy import Target, TargetKind

NOW = datetime(2026, 6, 3, 12, tzinfo=UTC)

CONFIGURATION = Configuration(
    people={key: Person(key, key.title()) for key in ("alice", "bob", "carol")},
    teams={"platform": Team("platform", members=("alice", "bob", "gone", "alice"))},
    schedules={
        "primary": Schedule(
            "primary", layers=(Layer(Rotation((("alice", "gone"), ("bob",)), starts=date(2026, 6, 1))),)
        ),
        "secondary": Schedule("secondary", secondary_of="primary"),
        "covered": Schedule("covered"),
    },
    overrides=(
        Override(
            "o1", "covered", "carol", datetime(2026, 6, 3, tzinfo=UTC), datetime(2026, 6, 4, tzinfo=UTC)
        ),
    ),
)


@pytest.mark.parametrize(
    ("kind", "name", "people"),
    [
        (TargetKind.PERSON, "carol", ("carol",)),
        (TargetKind.PERSON, "gone", ()),
        (TargetKind.SCHEDULE, "primary", ("alice",)),
        (TargetKind.SCHEDULE, "secondary", ("bob",)),
        (TargetKind.SCHEDULE, "covered", ("carol",)),
        (TargetKind.SCHEDULE, "gone", ()),
        (TargetKind.TEAM, "platform", ("alice", "bob")),
        (TargetKind.TEAM, "gone", ()),
        (TargetKind.CHAT, "alerts", ()),
    ],
)
def test_a_target_reaches_the_people_behind_it(kind: TargetKind, name: str, people: tuple[str, ...]) -> None:
    assert people_for(Target(kind, name), CONFIGURATION, NOW) == people


def test_an_override_is_over_once_it_has_ended() -> None:
    covered = Target(TargetKind.SCHEDULE, "covered")
    assert people_for(covered, CONFIGURATION, datetime(2026, 6, 4, tzinfo=UTC)) == ()
