"""Configuration as files: validate without a server; plan, apply and export through one."""

from pathlib import Path

import pytest

from tests.cli.conftest import FakeTocsin, Run, as_json
from tocsin.control import requests as r

BAD = """\
people:
  alice: {name: Alice Ames, contact: {hook: {webhok: "http://127.0.0.1:9911/alice"}}}
routes: {page: platform}
"""
PLAN = r.PlanView(
    lines=(
        r.PlanLine("add", "people", "alice"),
        r.PlanLine("change", "policies", "platform", ("steps[0].wait: 10m -> 5m",)),
        r.PlanLine("keep", "people", "bob"),
    ),
    revision=3,
)
APPLIED = r.PlanView(lines=PLAN.lines, revision=4, applied=True)
WRONG = r.PlanView(
    lines=(), problems=(r.Problem("error", "house.yaml", 2, "people.alice", "expected a name"),)
)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    path = tmp_path / "house.yaml"
    path.write_text("people: {}\n")
    return path


def test_validate_names_file_line_and_field_and_exits_1(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(BAD)
    result = run("validate", str(path))
    assert result.exit_code == 1
    assert f"{path}:2: error: people.alice.contact.hook" in result.stdout
    assert "1 file: " in result.stdout.splitlines()[-1]


def test_validate_as_json_is_the_list_of_problems(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(BAD)
    result = run("validate", str(path), "--json")
    assert result.exit_code == 1
    assert {"level": "error", "line": 2} in [{k: p[k] for k in ("level", "line")} for p in as_json(result)]


def test_a_file_that_is_not_there_is_wrong_usage(run: Run) -> None:
    result = run("validate", "nowhere.yaml")
    assert result.exit_code == 2
    assert "nowhere.yaml" in result.output


def test_a_plan_sends_the_files_and_shows_the_difference(tocsin: FakeTocsin, run: Run, house: Path) -> None:
    tocsin.answers = [PLAN]
    result = run("plan", str(house))
    assert result.exit_code == 0
    assert tocsin.asked == [r.PlanConfiguration((r.ConfigFile(str(house), "people: {}\n"),))]
    for part in (
        "+ people alice",
        "~ policies platform",
        "steps[0].wait: 10m -> 5m",
        "= people bob (not in the files; --prune would remove it)",
        "1 to add, 1 to change, 0 to remove, 1 kept",
    ):
        assert part in result.stdout


def test_a_plan_with_errors_exits_1(tocsin: FakeTocsin, run: Run, house: Path) -> None:
    tocsin.answers = [WRONG]
    result = run("plan", str(house), "--prune")
    assert result.exit_code == 1
    assert "house.yaml:2: error: people.alice: expected a name" in result.stdout
    assert tocsin.asked == [r.PlanConfiguration((r.ConfigFile(str(house), "people: {}\n"),), prune=True)]


def test_apply_with_yes_applies_and_names_the_revision(tocsin: FakeTocsin, run: Run, house: Path) -> None:
    tocsin.answers = [APPLIED]
    result = run("apply", str(house), "--yes", "--prune")
    assert result.exit_code == 0
    assert tocsin.asked == [r.ApplyConfiguration((r.ConfigFile(str(house), "people: {}\n"),), prune=True)]
    assert "Applied as revision 4" in result.stdout


def test_apply_that_nobody_can_confirm_changes_nothing(tocsin: FakeTocsin, run: Run, house: Path) -> None:
    result = run("apply", str(house))
    assert result.exit_code == 2
    assert tocsin.asked == []


def test_apply_with_errors_says_that_nothing_was_applied(tocsin: FakeTocsin, run: Run, house: Path) -> None:
    tocsin.answers = [WRONG]
    result = run("apply", str(house), "--yes")
    assert result.exit_code == 1
    assert "Nothing was applied." in result.stdout


def test_applying_the_same_again_changes_nothing(tocsin: FakeTocsin, run: Run, house: Path) -> None:
    tocsin.answers = [r.PlanView(lines=(), revision=4, applied=True)]
    assert run("apply", str(house), "--yes").stdout == "Nothing to change.\n"


def test_a_folder_is_sent_file_by_file(tocsin: FakeTocsin, run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "config"
    (folder / "teams").mkdir(parents=True)
    for name in ("routes.yaml", "teams/platform.yml", "notes.txt", ".hidden.yaml"):
        (folder / name).write_text("{}\n")
    tocsin.answers = [PLAN]
    run("plan", str(folder))
    (asked,) = tocsin.asked
    assert isinstance(asked, r.PlanConfiguration)
    assert [Path(file.path).name for file in asked.files] == ["routes.yaml", "platform.yml"]


def test_export_is_the_file_itself(tocsin: FakeTocsin, run: Run) -> None:
    text = "people:\n  alice: {name: 'Alice [Ames]', contact: {}}  # " + "x" * 300 + "\n"
    tocsin.answers = [r.ConfigFile("tocsin.yaml", text)]
    assert run("export").stdout == text


def test_the_schema_is_json_schema(run: Run) -> None:
    schema = as_json(run("schema"))
    assert "people" in schema["properties"]
