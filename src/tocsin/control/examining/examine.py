"""All that `tocsin doctor` looks at, in the order in which it is said: the worst of each room first."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import msgspec

from tocsin.control.examining import accounts, calendars, house, installation
from tocsin.control.requests import Finding
from tocsin.core.configuration import Configuration
from tocsin.engine.oncall.calendars import Standing, standings
from tocsin.engine.store.protocol import Entry, PeopleStanding, Transaction

ORDER = ("bad", "warning", "note", "good")


class Read(msgspec.Struct, frozen=True):
    """What the store says, read in one transaction."""

    entries: tuple[Entry, ...]
    people: PeopleStanding
    heard: frozenset[str]  # integrations of which something is remembered
    now: int
    calendars: Mapping[str, Standing] = {}


class Examiner(msgspec.Struct, frozen=True):
    """`data` is None where no data directory is used."""

    environment: Mapping[str, str]
    data: Path | None
    postgres: bool

    def read(self, tx: Transaction, facts: Configuration) -> Read:
        return Read(
            tuple(tx.configuration.entries()),
            tx.tokens.standing(),
            tx.tokens.heard(sorted(facts.integrations)),
            tx.now(),
            standings(tx),
        )

    def findings(self, read: Read, facts: Configuration, now: datetime) -> list[Finding]:
        """Slow checks happen here, outside the transaction."""
        place = installation.Place(self.environment, self.data, self.postgres)
        found = [
            *installation.findings(place, facts, read.people, read.now, now),
            *house.findings(facts, read.entries, read.heard, now),
            *calendars.findings(facts, read.calendars, now),
            *accounts.findings(read.people),
        ]
        return sorted(found, key=lambda each: ORDER.index(each.level))
