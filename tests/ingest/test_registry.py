"""Sources are found by their folder, complete with their guide and sample bodies."""

from pathlib import Path

import pytest

from tocsin.core.detect.signal import InboxRow, Unreadable
from tocsin.ingest import sources
from tocsin.ingest.registry import discover, integration_types, replay

FOLDERS = [path for path in Path(sources.__path__[0]).iterdir() if (path / "__init__.py").exists()]


def test_every_folder_offers_its_sources() -> None:
    assert set(discover()) == {"alertmanager", "heartbeat", "pagerduty", "pagerduty.change", "prometheus"}


def test_integration_types_are_what_configuration_may_name() -> None:
    assert integration_types() == {"alertmanager", "pagerduty", "prometheus"}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_folder_has_its_guide_payloads_and_tests(folder: Path) -> None:
    assert "```" in (folder / "README.md").read_text()
    assert (folder / "parse.py").exists()
    assert list((Path(__file__).parents[1] / "wire" / folder.name).glob("test_*.py"))
    if folder.name != "heartbeat":
        assert list((folder / "payloads").glob("*.json"))


def test_every_door_that_needs_a_key_in_its_path_says_where() -> None:
    for source in discover().values():
        for door in source.doors:
            assert ("{key}" in door.path) == (door.key == "path"), door


def test_a_row_of_an_unknown_source_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="source"):
        replay(InboxRow(1, 0, "prom", "carrier-pigeon", b""))
