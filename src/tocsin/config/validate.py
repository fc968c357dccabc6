"""From files to nouns that would work: read, filled up from the store, checked. The one way in for every verb."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache

import msgspec

from tocsin.config.answers import ConfigFile, Problem
from tocsin.config.checks import cross_check
from tocsin.config.checks_of_on_call import check_on_call
from tocsin.config.load import configuration_of
from tocsin.config.plan import settle
from tocsin.config.schema.kinds import Key, Noun, from_entry
from tocsin.config.schema.reading import Documents, parse, read
from tocsin.config.subject import Subject
from tocsin.config.surroundings import Surroundings, installed
from tocsin.core.configuration import Configuration, Origin
from tocsin.engine.store.protocol import Entry


class Checked(msgspec.Struct, frozen=True):
    """The nouns as they would be kept, what is wrong, and all of it beside what the store keeps as one configuration.
    `sources` says where each noun is written, as `file:line`.

    With errors they are not to be kept.
    """

    nouns: Mapping[Key, Noun]
    configuration: Configuration
    problems: tuple[Problem, ...]
    sources: Mapping[Key, str] = {}

    @property
    def sound(self) -> bool:
        return not any(problem.level == "error" for problem in self.problems)


@lru_cache(maxsize=2)
def documents(files: tuple[ConfigFile, ...]) -> Documents:
    """The files as trees."""
    return parse(files)


def check(
    files: tuple[ConfigFile, ...],
    now: datetime,
    *,
    store: tuple[Entry, ...] | None = None,
    prune: bool = False,
    environment: Mapping[str, str] = os.environ,
    surroundings: Surroundings | None = None,
    looks_ahead: bool = False,
) -> Checked:
    """Read and validate; with `looks_ahead` also what will bite on call, which takes its time. Without a `store` this is
    somebody's own machine, where missing secrets are only warned about."""
    offers = surroundings or installed()
    current = nouns_of(store or ())
    origins = {(entry.kind, entry.name): entry.origin for entry in store or ()}
    kept = {key: noun for key, noun in current.items() if not prune or origins[key] != Origin.GIT}
    found = read(documents(files), offers, kept)
    nouns, missing = settle(found.nouns, current, now)
    if store is not None:
        for each in missing:
            found.findings.error(
                found.place(each.path), "the store has no value for it; write {env: NAME} or {file: PATH}"
            )
    configuration = _together({**kept, **nouns})
    if not found.findings.errors:
        subject = Subject(
            configuration=configuration,
            place=found.place,
            surroundings=offers,
            environment=environment,
            here=store is not None,
            now=now,
            findings=found.findings,
        )
        cross_check(subject)
        if looks_ahead and not found.findings.errors:
            check_on_call(subject)
    problems = sorted(found.findings.problems, key=lambda each: (each.level, each.file, each.line))
    sources = {key: f"{place.file}:{place.line}" for key, place in found.begins.items()}
    return Checked(nouns, configuration, tuple(dict.fromkeys(problems)), sources)


def _together(nouns: Mapping[Key, Noun]) -> Configuration:
    by_kind: dict[str, dict[str, Noun]] = {}
    for (kind, name), noun in sorted(nouns.items(), key=lambda each: each[0]):
        by_kind.setdefault(kind, {})[name] = noun
    return configuration_of(by_kind)


def nouns_of(entries: tuple[Entry, ...]) -> dict[Key, Noun]:
    """Those that can be read."""
    nouns: dict[Key, Noun] = {}
    for entry in entries:
        try:
            nouns[entry.kind, entry.name] = from_entry(entry)
        except (ValueError, msgspec.DecodeError):
            continue
    return nouns


def validate_files(
    files: tuple[ConfigFile, ...], now: datetime | None = None
) -> tuple[Configuration, tuple[Problem, ...]]:
    """`tocsin validate`: what the files say, and what is wrong with it; the machine need not have the secrets."""
    checked = check(files, now or datetime.now(UTC), looks_ahead=True)
    return checked.configuration, checked.problems
