"""Carries a plan out in one transaction: all of it, or nothing."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec.structs import replace

from tocsin.config.answers import PlanLine
from tocsin.config.history import kept
from tocsin.config.plan import plan
from tocsin.config.schema.kinds import Key
from tocsin.core.configuration import Origin
from tocsin.engine.store.protocol import Entry, Transaction


class Changes(NamedTuple):
    lines: tuple[PlanLine, ...]
    put: list[Entry]
    remove: list[Key]


def apply(
    tx: Transaction, desired: Iterable[Entry], prune: bool, actor: str, now: datetime
) -> tuple[tuple[PlanLine, ...], int]:
    """What was done, and the revision after it. Without any change the revision stays."""
    lines, put, remove = changes(tx.configuration.entries(), desired, prune, actor, now)
    if not put and not remove:
        return lines, tx.configuration.revision()
    tx.configuration.put(put)
    tx.configuration.remove(remove)
    revision = tx.configuration.bump()
    tx.wake("configuration")
    return lines, revision


def changes(
    current: Sequence[Entry], desired: Iterable[Entry], prune: bool, actor: str, now: datetime
) -> Changes:
    """What applying would write. That something is written elsewhere now changes no noun, and is remembered all the same.
    What a schedule was before stays its history."""
    want = {(entry.kind, entry.name): entry for entry in desired}
    have = {(entry.kind, entry.name): entry for entry in current}
    lines = plan(want.values(), current, prune)
    put: list[Entry] = []
    remove: list[Key] = []
    for line in lines:
        key = (line.kind, line.name)
        match line.change:
            case "add":
                put.append(want[key])
            case "change":
                put.append(_instead_of(have[key], want[key]))
            case "remove":
                remove.append(key)
    put += _moved(want, have, {(line.kind, line.name) for line in lines})
    versions, outdated = kept(current, put, remove, actor, now)
    return Changes(lines, [*put, *versions], [*remove, *outdated])


def carried_out(current: Iterable[Entry], wanted: Changes) -> list[Entry]:
    """The entries as they would be afterwards."""
    after = {(entry.kind, entry.name): entry for entry in (*current, *wanted.put)}
    for key in wanted.remove:
        after.pop(key, None)
    return list(after.values())


def _moved(want: Mapping[Key, Entry], have: Mapping[Key, Entry], told: Collection[Key]) -> Iterator[Entry]:
    """What says the same as before at another place of the files."""
    for key, entry in want.items():
        before = have.get(key)
        if before is None or key in told or not before.origin == entry.origin == Origin.GIT:
            continue
        if before.source != entry.source:
            yield replace(before, source=entry.source)


def _instead_of(before: Entry, after: Entry) -> Entry:
    """Changed, but as old as it was; what people bring in, as new as it is."""
    if after.origin == Origin.PEOPLE:
        return after
    return replace(after, origin=Origin.GIT, created_at=before.created_at)
