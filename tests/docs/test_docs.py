"""The docs name what there is: rooms, settings, commands; and what they link to is there."""

import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tocsin.cli.main import app
from tocsin.engine.counters import Counters
from tocsin.engine.metrics import EngineCollector

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "tocsin"
# Rooms whose folders are all alike and described by the room: a new source or channel touches no doc but its own.
ROOMS_OF_MANY = {"apps", "channels", "ingest/sources"}
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def _rooms() -> list[str]:
    folders = sorted({path.parent.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py")} - {"."})
    return [folder for folder in folders if not any(folder.startswith(f"{room}/") for room in ROOMS_OF_MANY)]


@pytest.mark.parametrize("room", _rooms())
def test_the_map_names_every_room(room: str) -> None:
    assert f"`{room}/`" in (ROOT / "docs" / "map.md").read_text()


def test_every_room_on_the_map_exists() -> None:
    named = re.findall(r"^\| `([a-z_/]+)/` \|", (ROOT / "docs" / "map.md").read_text(), re.MULTILINE)
    assert [room for room in named if not (SOURCE / room).is_dir()] == []


def test_every_setting_is_documented() -> None:
    documented = (ROOT / "docs" / "settings.md").read_text()
    read = {
        name
        for path in SOURCE.rglob("*.py")
        for name in re.findall(r"\bTOCSIN_[A-Z_]*[A-Z]\b", path.read_text())
    }
    assert sorted(name for name in read if f"`{name}`" not in documented) == []


def test_every_metric_is_documented() -> None:
    documented = (ROOT / "docs" / "metrics.md").read_text()
    told = {family.name for family in EngineCollector(Counters(), list).collect()}
    gauges = set(re.findall(r"\"(tocsin_[a-z_]+)\"", (SOURCE / "web" / "scrape.py").read_text()))
    assert sorted(name for name in told if f"`{name}_total`" not in documented) == []
    assert sorted(name for name in gauges if f"`{name}`" not in documented) == []


def _commands() -> list[tuple[str, ...]]:
    def below(group: typer.core.TyperGroup, words: tuple[str, ...]) -> list[tuple[str, ...]]:
        found: list[tuple[str, ...]] = []
        for name, command in group.commands.items():
            if isinstance(command, typer.core.TyperGroup):
                found += below(command, (*words, name))
            else:
                found.append((*words, name))
        return found

    root = typer.main.get_command(app)
    assert isinstance(root, typer.core.TyperGroup)
    return below(root, ())


@pytest.mark.parametrize("words", _commands(), ids=" ".join)
def test_every_command_gives_an_example(words: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "200", "TERM": "dumb"}).stdout
    _, told, examples = shown.partition("Example")
    assert told
    assert re.search(rf"\btocsin {' '.join(words)}\b", examples)


@pytest.mark.parametrize("words", _commands(), ids=" ".join)
def test_every_command_is_listed(words: tuple[str, ...]) -> None:
    listed = (ROOT / "docs" / "cli.md").read_text().split("## Commands")[1]
    assert all(f"`{word}`" in listed or f" {word}`" in listed or f"`{word} " in listed for word in words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|mailto:|#)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_file_of_the_source_that_a_page_names_exists(page: Path) -> None:
    named = re.findall(
        r"`((?:apps|channels|cli|config|control|core|engine|ingest|web)/[a-z_/]+\.py)`", page.read_text()
    )
    assert [name for name in named if not (SOURCE / name).is_file()] == []
