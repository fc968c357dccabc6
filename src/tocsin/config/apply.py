"""Carries a plan out in one transaction: all of it, or nothing."""

from collections.abc import Iterable

from tocsin.config.answers import PlanLine
from tocsin.config.plan import plan
from tocsin.core.configuration import Origin
from tocsin.engine.store.protocol import Entry, Transaction


def apply(tx: Transaction, desired: Iterable[Entry], prune: bool) -> tuple[tuple[PlanLine, ...], int]:
    """What was done, and the revision after it. Without any change the revision stays."""
    want = {(entry.kind, entry.name): entry for entry in desired}
    current = tx.configuration.entries()
    have = {(entry.kind, entry.name): entry for entry in current}
    lines = plan(want.values(), current, prune)
    put: list[Entry] = []
    remove: list[tuple[str, str]] = []
    for line in lines:
        key = (line.kind, line.name)
        match line.change:
            case "add":
                put.append(want[key])
            case "change":
                put.append(_instead_of(have[key], want[key]))
            case "remove":
                remove.append(key)
    if not put and not remove:
        return lines, tx.configuration.revision()
    tx.configuration.put(put)
    tx.configuration.remove(remove)
    revision = tx.configuration.bump()
    tx.wake("configuration")
    return lines, revision


def _instead_of(before: Entry, after: Entry) -> Entry:
    """Changed, but as old as it was; what people bring in, as new as it is."""
    if after.origin == Origin.PEOPLE:
        return after
    return Entry(
        kind=after.kind,
        name=after.name,
        document=after.document,
        origin=Origin.GIT,
        starts_at=after.starts_at,
        ends_at=after.ends_at,
        created_by=after.created_by,
        created_at=before.created_at,
    )
