"""Former versions of schedules: an edit is valid from an instant on, and what it replaces stays true of the time before.

They are kept as entries of a kind of their own, which is never in a file: apply does not remove them, an export leaves
them out. A schedule that is removed keeps its history, and so does one that is made again under the same name.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec
from msgspec.structs import replace

from tocsin.config.schema.kinds import SCHEDULE_VERSIONS, Key, Noun, from_entry
from tocsin.core.configuration import Origin
from tocsin.core.instants import micros
from tocsin.core.oncall.schedule import Former, Schedule
from tocsin.engine.store.protocol import Entry

SCHEDULES = "schedules"


class Turnover(msgspec.Struct, frozen=True):
    """An edit takes over `at` from `from_`: the version that holds up to then (None: nobody does)."""

    at: datetime
    from_: Schedule | None


# --- reading ---------------------------------------------------------------------------------------------------------


def with_history(
    schedules: Mapping[str, Schedule], versions: Iterable[Former]
) -> tuple[dict[str, Schedule], dict[str, Schedule]]:
    """(the schedules with their former versions, those that were removed, which have former versions alone)."""
    former = _by_schedule(versions)
    removed = {key: Schedule(key, former=known) for key, known in former.items() if key not in schedules}

    def linked(schedule: Schedule, seen: frozenset[str] = frozenset()) -> Schedule:
        """Derived from what is gone: it carries its primary with it."""
        above = schedule.secondary_of
        if above in removed and above not in seen:
            return replace(schedule, primary=told(removed[above], seen | {above}))
        return schedule

    def told(schedule: Schedule, seen: frozenset[str] = frozenset()) -> Schedule:
        versions = tuple(Former(each.until, linked(each.schedule, seen)) for each in schedule.former)
        return replace(linked(schedule, seen), former=versions)

    if not former:
        return dict(schedules), {}
    present = {
        key: told(replace(schedule, former=former[key])) if key in former else schedule
        for key, schedule in schedules.items()
    }
    return present, {key: told(schedule) for key, schedule in removed.items()}


def former_of(key: str, nouns: Mapping[Key, Noun]) -> tuple[Former, ...]:
    """The former versions of one schedule among all nouns."""
    return _by_schedule(noun for (kind, _), noun in nouns.items() if kind == SCHEDULE_VERSIONS).get(key, ())


def _by_schedule(versions: Iterable[Former]) -> dict[str, tuple[Former, ...]]:
    found: dict[str, list[Former]] = {}
    for version in versions:
        found.setdefault(version.schedule.key, []).append(version)
    return {key: tuple(sorted(each, key=lambda version: version.until)) for key, each in found.items()}


# --- writing ---------------------------------------------------------------------------------------------------------


def turnover(
    before: Schedule | None, former: tuple[Former, ...], after: Schedule | None, now: datetime
) -> Turnover:
    """When an edit takes over, and from which version. The past does not change, so that is never before now.

    One edit may wait for its instant; the next one takes its place, whether that has come or not.
    """
    wanted = after.effective_from if after is not None else None
    at = max(now, wanted) if wanted is not None else now
    if before is None:
        return Turnover(at, None)
    if former and former[-1].until > now:
        return Turnover(at, former[-1].schedule)
    if not former and before.effective_from is not None and before.effective_from > now:
        return Turnover(at, None)
    return Turnover(at, before)


def kept(
    current: Iterable[Entry], put: Iterable[Entry], remove: Iterable[Key], actor: str, now: datetime
) -> tuple[list[Entry], list[Key]]:
    """The entries of former versions to put and to remove when these entries replace or remove current ones."""
    after = {entry.name: entry for entry in put if entry.kind == SCHEDULES}
    gone = {name for kind, name in remove if kind == SCHEDULES}
    if not after and not gone:
        return [], []
    have = {(entry.kind, entry.name): entry for entry in current}
    versions = [noun for key, entry in have.items() if key[0] == SCHEDULE_VERSIONS and (noun := _read(entry))]
    former = _by_schedule(versions)
    putting: list[Entry] = []
    removing: list[Key] = []
    for name in sorted({*after, *gone}):
        known = have.get((SCHEDULES, name))
        before = _read(known) if known is not None else None
        if known is not None and before is None:
            continue  # what cannot be read held nobody
        new = _read(after[name]) if name in after else None
        wanted = _versions(name, before, former.get(name, ()), new, now)
        old = {_name(each): each for each in former.get(name, ())}
        anew = {_name(each): each for each in wanted}
        removing += [(SCHEDULE_VERSIONS, each) for each in old if each not in anew]
        putting += [_entry(each, actor, now) for label, each in anew.items() if old.get(label) != each]
    return putting, removing


def _versions(
    key: str, before: Schedule | None, former: tuple[Former, ...], after: Schedule | None, now: datetime
) -> tuple[Former, ...]:
    """The former versions once `after` (None: it is removed) has taken the place of `before` (None: it is new)."""
    if before is not None and after is not None and replace(before, team=None) == replace(after, team=None):
        return former
    over = turnover(before, former, after, now)
    past = tuple(each for each in former if each.until <= now)
    if over.from_ is not None:
        return (*past, Former(over.at, over.from_))
    if past and past[-1].until < over.at:
        return (*past, Former(over.at, Schedule(key)))  # between its removal and now there was none
    return past


def _name(version: Former) -> str:
    return f"{version.schedule.key}@{version.until.isoformat()}"


def _entry(version: Former, actor: str, now: datetime) -> Entry:
    return Entry(
        kind=SCHEDULE_VERSIONS,
        name=_name(version),
        document=msgspec.json.encode(version),
        origin=Origin.PEOPLE.value,
        created_by=actor,
        created_at=micros(now),
    )


def _read(entry: Entry) -> Noun | None:
    try:
        return from_entry(entry)
    except (ValueError, msgspec.DecodeError):
        return None
