"""The schema for editors takes what the reader takes, and underlines what it refuses."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings

from tests.config.generated import configurations
from tests.config.house import EXAMPLE, EXAMPLES
from tocsin.config import document
from tocsin.config.document import ConfigFile
from tocsin.config.export import export
from tocsin.config.json_schema import json_schema
from tocsin.config.schema.kinds import Key, to_entry

SCHEMA = jsonschema.Draft202012Validator(json_schema())


def complaints(text: str) -> list[str]:
    seen = document.plain(document.read(ConfigFile("tocsin.yaml", text)))
    return [f"{error.json_path}: {error.message}" for error in SCHEMA.iter_errors(seen)]


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("path", sorted(EXAMPLES.rglob("tocsin.yaml")), ids=lambda path: path.parent.name)
def test_it_takes_the_examples(path: Path) -> None:
    assert complaints(path.read_text()) == []


@settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], max_examples=40
)
@given(configurations())
def test_it_takes_whatever_an_export_writes(nouns: dict[Key, Any]) -> None:
    assert complaints(export(to_entry(kind, noun) for (kind, _), noun in nouns.items())) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("teams:", "taems:"),
        ("repeat: 2", "repaet: 2"),
        ("repeat: 2", "repeat: twice"),
        ("members: [alice, bob]", "members: alice"),
        ("severity: SEV2", "severity: SEV5"),
        ("handoff: Mon 09:00, ", ""),
        ("group_wait: 0s", "group_wait: soon"),
        ("from: 2026-06-01", "from: June"),
        ("every: 1 week", "every: 1 fortnight"),
        ("type: alertmanager, ", ""),
        ("key: {env: PROM_KEY}", "key: {enviroment: PROM_KEY}"),
    ],
)
def test_it_refuses_typos(old: str, new: str) -> None:
    assert EXAMPLE.count(old) == 1
    assert complaints(EXAMPLE.replace(old, new)) != []
