"""The clock was set back, by minutes or hours: without this every pending timer would be late by as much.

All that waits comes nearer in one transaction: the agenda, and the states that it mirrors. Detection's own instants live in
its groups; its alerts get a fresh lease when they are loaded again.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from tocsin.core.detect import group
from tocsin.core.instants import format_duration, micros
from tocsin.core.reasons import Reason
from tocsin.core.respond.incident import OPEN_STATES, Incident
from tocsin.core.set_back import set_back as moved
from tocsin.engine.store.protocol import IncidentFilter, TimelineRow, Transaction

BATCH = 500
_encode = msgspec.json.Encoder().encode
_decode_group = msgspec.json.Decoder(group.Group).decode


def set_back(tx: Transaction, now: datetime, by: timedelta) -> int:
    """How many timers came nearer."""
    incidents = list(_open(tx))
    tx.incidents.put([_told(moved(incident, now, by)) for incident in incidents])
    tx.timeline.add(
        [
            TimelineRow(
                incident.id,
                incident.next_entry,
                micros(now),
                Reason.CLOCK_SET_BACK,
                f"The clock was set back by {format_duration(_whole(by))}; what was pending comes as much earlier.",
            )
            for incident in incidents
        ]
    )
    tx.pages.put(
        [
            moved(page, now, by)
            for incident in incidents
            if incident.paged
            for page in tx.pages.wanted(incident.id)
        ]
    )
    for key, state in tx.notifications.addresses().items():
        tx.notifications.put_address(key, moved(state, now, by))
    groups = [(row, _decode_group(row.document)) for row in tx.groups.all()]
    tx.groups.put(
        [
            msgspec.structs.replace(row, document=_encode(group.set_back(state, micros(now), _micros(by))))
            for row, state in groups
        ]
    )
    return tx.agenda.set_back(micros(now), _micros(by))


def _open(tx: Transaction) -> Iterator[Incident]:
    """All open incidents, locked, in ascending order in every helping."""
    before: int | None = None
    states = tuple(state.value for state in OPEN_STATES)
    while found := tx.incidents.search(IncidentFilter(states=states, before=before, limit=BATCH)):
        before = found[-1].id
        yield from tx.incidents.load(sorted(incident.id for incident in found)).values()


def _told(incident: Incident) -> Incident:
    return msgspec.structs.replace(incident, next_entry=incident.next_entry + 1)


def _micros(by: timedelta) -> int:
    return by // timedelta(microseconds=1)


def _whole(by: timedelta) -> timedelta:
    return timedelta(seconds=round(by.total_seconds()))
