"""A house to configure: the walking example's file, an installation that offers everything, a store, and what was found."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent

from tocsin.config.answers import ConfigFile, PlanView, Problem
from tocsin.config.document import files_at
from tocsin.config.surroundings import Surroundings
from tocsin.config.validate import Checked, check
from tocsin.control.requests import ApplyConfiguration, PlanConfiguration
from tocsin.core.instants import micros
from tocsin.engine.store.memory.store import MemoryStore

EXAMPLES = Path(__file__).parents[2] / "examples"
EXAMPLE = files_at(EXAMPLES / "tocsin.yaml")[0].text
NOW = datetime(2026, 6, 14, 14, 32, tzinfo=UTC)
KEYS = {"PROM_KEY": "prom-key-0001", "PD_KEY": "pd-key-000002"}


class Picky:
    """A channel that takes what begins as its addresses do."""

    def __init__(self, begins: str) -> None:
        self.begins = begins

    def check(self, address: str, options: Mapping[str, str]) -> str:
        return (
            "" if address.startswith(self.begins) else f"expected an address that begins with {self.begins}"
        )


OFFERED = Surroundings(
    channels={
        **{name: Picky("http") for name in ("webhook", "slack", "mattermost", "ntfy")},
        "email": Picky(""),
        "console": Picky(""),
    },
    sources=frozenset({"alertmanager", "prometheus", "pagerduty"}),
)


def checked(*texts: str, environment: Mapping[str, str] = KEYS) -> Checked:
    """Several texts are several files: a.yaml, b.yaml, ..."""
    files = tuple(
        ConfigFile(f"{name}.yaml", dedent(text)) for name, text in zip("abcdef", texts, strict=False)
    )
    return check(files, NOW, environment=environment, surroundings=OFFERED)


def problems(*texts: str, environment: Mapping[str, str] = KEYS) -> list[Problem]:
    return list(checked(*texts, environment=environment).problems)


def errors(*texts: str) -> list[str]:
    """`line field: message`"""
    return [f"{p.line} {p.field}: {p.message}" for p in problems(*texts) if p.level == "error"]


def warnings(*texts: str) -> list[str]:
    return [f"{p.line} {p.field}: {p.message}" for p in problems(*texts) if p.level == "warning"]


def edited(old: str, new: str, text: str = EXAMPLE) -> str:
    """The example with one thing different."""
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the example"
    return text.replace(old, new)


def store() -> MemoryStore:
    return MemoryStore(lambda: micros(NOW))


def plan_request(*texts: str, prune: bool = False) -> PlanConfiguration:
    return PlanConfiguration(
        tuple(ConfigFile(f"{n}.yaml", t) for n, t in zip("abcdef", texts, strict=False)), prune
    )


def apply_request(*texts: str, prune: bool = False) -> ApplyConfiguration:
    return ApplyConfiguration(
        tuple(ConfigFile(f"{n}.yaml", t) for n, t in zip("abcdef", texts, strict=False)), prune
    )


def changes(view: PlanView) -> list[str]:
    return [f"{line.change} {line.kind}.{line.name}".rstrip(".") for line in view.lines]
