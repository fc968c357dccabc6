"""Every pattern of the guide to schedules, read from it: valid, covering what it says, turning as it says."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from tests.config.house import checked
from tocsin.core.configuration import Configuration
from tocsin.core.oncall.shifts import gaps, shifts, who_is_on_call

GUIDE = Path(__file__).parents[2] / "docs" / "on-call.md"
SECTIONS = re.findall(r"^##+ ([^\n]+)\n(.*?)(?=^##|\Z)", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
BLOCKS = {
    title: "".join(re.findall(r"```yaml\n(.*?)```", text, re.DOTALL))
    for title, text in SECTIONS
    if "```yaml" in text
}
BESIDE = {
    "people": {person: {} for person in ("alice", "bob", "carol", "dan")},
    "routes": {"nothing": True},
}
WEEKLY = yaml.load(BLOCKS["A week each"], Loader=yaml.BaseLoader)["schedules"]
JUNE = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def read(title: str) -> Configuration:
    tree = yaml.load(BLOCKS[title], Loader=yaml.BaseLoader)
    tree["schedules"] = {**WEEKLY, **tree.get("schedules", {})}
    found = checked(yaml.safe_dump({**BESIDE, **tree}))
    assert not [problem for problem in found.problems if problem.level == "error"]
    return found.configuration


def names(title: str, schedule: str, *days: float, hour: int = 12) -> list[str]:
    """Who has it at noon UTC so many days after 1 June 2026, a Monday."""
    house = read(title)
    at = [JUNE.replace(hour=hour) + day * DAY for day in days]
    answers = [who_is_on_call(house.schedules, schedule, each, house.overrides).people for each in at]
    return [" + ".join(sorted(people)) for people in answers]


@pytest.mark.parametrize("title", BLOCKS)
def test_the_pattern_is_valid_and_leaves_no_gap_in_a_year(title: str) -> None:
    house = read(title)
    starts_at = max(JUNE, *(s.effective_from or JUNE for s in house.schedules.values()))
    for key in house.schedules:
        assert gaps(house.schedules, key, starts_at, starts_at + 366 * DAY, ()) == [], key


def test_a_week_each() -> None:
    assert names("A week each", "weekly", 0, 6, 7, 14, 21) == ["alice", "alice", "bob", "carol", "alice"]


def test_friday_s_person_keeps_the_weekend() -> None:
    title = "A day each, and Friday's person keeps the weekend"
    assert names(title, "daily", 0, 1, 2, 3, 4, 5, 6, 7) == [
        "alice", "bob", "carol", "alice", "bob", "bob", "bob", "carol",
    ]  # fmt: skip


def test_half_weeks() -> None:
    title = "Half weeks: handed over on Mondays and Fridays"
    assert names(title, "half-weeks", 0, 3, 4, 6, 7, 11) == ["alice", "alice", "bob", "bob", "carol", "alice"]


def test_a_few_hours_each() -> None:
    title = "A few hours each, as in a control room"
    at = [
        names(title, "hourly", 1, hour=hour)[0] for hour in (4, 8, 12, 16, 20)
    ]  # 06:00, 10:00 ... in Berlin
    assert at == ["carol", "dan", "alice", "bob", "carol"]


def test_a_month_each() -> None:
    house = read("A month each")
    span = (datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC))
    found = shifts(house.schedules, "monthly", *span, ())
    assert [(s.starts_at.month, s.starts_at.day, s.people[0]) for s in found[1:]] == [
        (2, 28, "bob"),
        (3, 31, "alice"),
        (4, 30, "bob"),
        (5, 31, "alice"),
    ]


def test_some_for_the_week_others_for_the_weekend() -> None:
    title = "Some for the week, others for the weekend"
    assert names(title, "split", 0, 3, 5, 6, 7, 12) == ["alice", "alice", "carol", "carol", "bob", "dan"]


def test_by_day_and_by_night() -> None:
    title = "By day and by night, twelve hours each"
    assert names(title, "day-and-night", 0, 0.5, 7, 7.5) == ["alice", "carol", "bob", "dan"]


def test_around_the_world_each_works_by_day() -> None:
    house = read("Around the world with the sun")
    hours = {"carol": (7, 16, 8), "dan": (8, 17, -7), "alice": (8, 18, 2), "bob": (8, 18, 2)}
    for shift in shifts(house.schedules, "follow-the-sun", JUNE, JUNE + 21 * DAY, ()):
        first, last, offset = hours[shift.people[0]]
        assert first <= (shift.starts_at + timedelta(hours=offset)).hour < last
    assert {
        p for s in shifts(house.schedules, "follow-the-sun", JUNE, JUNE + 14 * DAY, ()) for p in s.people
    } == {*hours}


def test_primary_secondary_and_shadow() -> None:
    title = "Primary, secondary, and somebody who learns"
    assert names(title, "primary", 0, 7, 14) == ["alice", "bob", "carol"]
    assert names(title, "secondary", 0, 7, 14) == ["bob", "carol", "alice"]
    assert names(title, "third", 0, 7, 14) == ["carol", "alice", "bob"]
    house = read(title)
    assert who_is_on_call(house.schedules, "primary", JUNE, ()).shadows == ("dan",)


def test_several_at_once() -> None:
    assert names("Several at once", "several", 0, 7) == ["alice + bob", "carol + dan"]
    assert names("Several at once", "with-help-at-night", 0, 0.5, 7.5) == [
        "alice",
        "alice + carol",
        "bob + dan",
    ]


def test_an_override_that_repeats_has_every_wednesday_s_lunch() -> None:
    assert names("Overrides", "weekly", 2, 9, 16, 23, hour=11) == ["carol"] * 4
    assert names("Overrides", "weekly", 2, 10, hour=13) == ["alice", "bob"]
