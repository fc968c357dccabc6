"""Cases that on-call systems get wrong, checked by hand and written as data: `tricky_cases.yaml`."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.config.house import checked
from tocsin.core.oncall.shifts import shifts, who_is_on_call

CASES = yaml.load((Path(__file__).parent / "tricky_cases.yaml").read_text(), Loader=yaml.BaseLoader)
PEOPLE = {person: {} for person in ("alice", "bob", "carol", "dan")}


def test_there_are_forty_of_them_each_with_its_reason() -> None:
    assert len(CASES) >= 40
    assert all(case["because"] for case in CASES)
    assert len({case["case"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_the_case(case: dict[str, Any]) -> None:
    nouns = {
        "people": PEOPLE,
        "routes": {"nothing": True},
        "schedules": case["schedules"],
        "overrides": case.get("overrides", {}),
    }
    found = checked(yaml.safe_dump(nouns))
    assert not [problem for problem in found.problems if problem.level == "error"]
    schedules, overrides = found.configuration.schedules, found.configuration.overrides
    for when, expected in case["expect"].items():
        key, instant = ("s", when) if " " not in when else when.split(" ")
        at = datetime.fromisoformat(instant)
        answer = who_is_on_call(schedules, key, at, overrides)
        people, shadows = said(expected)
        assert (set(answer.people), set(answer.shadows)) == (people, shadows), (when, case["because"])
        around = shifts(schedules, key, at, at.replace(second=59), overrides)
        assert {person for shift in around for person in shift.people} == people


def said(text: str) -> tuple[set[str], set[str]]:
    """`alice + bob (dan)`: who is on call, and who looks on."""
    people, _, shadows = text.rstrip(")").partition(" (")
    return (set() if people == "nobody" else set(people.split(" + "))), set(shadows.split(" + ")) - {""}
