"""The guide and the examples say what is true."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.config.house import EXAMPLES, NOW, OFFERED
from tests.e2e.programs import installed
from tocsin.config.answers import ConfigFile
from tocsin.config.document import files_at
from tocsin.config.schema.kinds import KINDS, Key
from tocsin.config.schema.reading import parse, read
from tocsin.config.validate import check

GUIDE = Path(__file__).parents[2] / "docs" / "configuration.md"
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
BESIDE: list[Key] = [
    *(("people", name) for name in ("alice", "bob", "carol")),
    ("teams", "platform"),
    ("schedules", "platform-primary"),
    ("schedules", "platform-secondary"),
    ("policies", "platform"),
    ("services", "task-api"),
    ("services", "database"),
    ("chats", "alerts"),
    ("chats", "alerts-low-priority"),
    ("time_intervals", "out-of-hours"),
]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.partition(":")[0])
def test_every_block_of_the_guide_reads_without_errors(block: str) -> None:
    found = read(parse([ConfigFile("configuration.md", block)]), OFFERED, BESIDE)
    assert [p for p in found.findings.problems if p.level == "error"] == []


def test_the_guide_has_a_section_for_every_kind_in_the_order_of_an_export() -> None:
    named = re.findall(r"^## ([a-z_, ]+)$", GUIDE.read_text(), re.MULTILINE)
    assert [kind for heading in named for kind in heading.split(", ") if kind in KINDS] == list(KINDS)


def test_every_field_is_in_the_guide() -> None:
    text = GUIDE.read_text()
    fields = {name for kind in KINDS.values() for name in kind.schema().get("properties", {})}
    assert sorted(name for name in fields if not re.search(rf"\b{name}\b", text)) == []


def test_the_walking_examples_configuration_has_neither_errors_nor_avoidable_warnings() -> None:
    files = files_at(EXAMPLES / "task-api" / "tocsin.yaml")
    said = [p.message for p in check(files, NOW, environment={}, surroundings=OFFERED).problems]
    assert [
        message
        for message in said
        if "not set on this machine" not in message and "not verified" not in message
    ] == []


def test_prometheus_takes_the_examples_rules() -> None:
    promtool = installed("promtool", "prometheus")
    subprocess.run(
        [promtool, "check", "rules", EXAMPLES / "task-api" / "rules.yml"], check=True, capture_output=True
    )
    subprocess.run(
        [promtool, "check", "config", EXAMPLES / "task-api" / "prometheus.yml"],
        check=True,
        capture_output=True,
    )


def test_alertmanager_takes_the_examples_file() -> None:
    subprocess.run(
        [
            installed("amtool", "prometheus-alertmanager"),
            "check-config",
            EXAMPLES / "task-api" / "alertmanager.yml",
        ],
        check=True,
        capture_output=True,
    )
