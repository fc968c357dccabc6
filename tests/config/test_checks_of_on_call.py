"""What files are warned of because it will bite on call: at the line that would have to change."""

from tests.config.house import EXAMPLE, KEYS, NOW, OFFERED
from tocsin.config.answers import ConfigFile, Problem
from tocsin.config.validate import check

TEAM = "members: [alice, bob]"


def ahead(text: str) -> list[Problem]:
    files = (ConfigFile("house.yaml", text),)
    found = check(files, NOW, environment=KEYS, surroundings=OFFERED, looks_ahead=True)
    before = check(files, NOW, environment=KEYS, surroundings=OFFERED)
    return [problem for problem in found.problems if problem not in before.problems]


def test_what_will_bite_is_a_warning_with_what_helps() -> None:
    found = {problem.field: problem for problem in ahead(EXAMPLE)}
    assert {problem.level for problem in found.values()} == {"warning"}
    assert "alice, bob" in found["people.alice"].message
    share = found["teams.platform"]
    assert "More than one week in four on call" in share.message
    assert "Hire, or train more people" in share.message


def test_what_cannot_be_kept_is_not_looked_at_further() -> None:
    wrong = EXAMPLE.replace("by: mail", "by: sms")
    assert wrong != EXAMPLE
    assert ahead(wrong) == []


def test_a_files_goals_are_read_and_a_wrong_one_is_named() -> None:
    def of(goals: str) -> list[str]:
        text = EXAMPLE.replace(TEAM, f"{TEAM}, goals: {{{goals}}}")
        assert text != EXAMPLE
        found = check((ConfigFile("house.yaml", text),), NOW, environment=KEYS, surroundings=OFFERED)
        return [p.message for p in found.problems if p.level == "error"]

    assert of("pages_per_shift: 3, calm_shifts: 75%, rest: 12h") == []
    assert of("calm_shifts: 101%") != []
    assert of("broken_nights: many") != []
    assert of("weeks_in_a_row: 0") != []
