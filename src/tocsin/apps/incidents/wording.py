"""Who has an incident, as people say it: for every list and for the incident's own page."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tocsin.core.configuration import Configuration
from tocsin.core.people import Person
from tocsin.core.respond.incident import EscalationStatus, Incident, Kind, State
from tocsin.core.respond.prose import listed, span


class Holder(msgspec.Struct, frozen=True, omit_defaults=True):
    """`how`: nobody, paging, has, snoozed, held, queue, over. `until` where the words end in an instant."""

    how: str
    words: str
    until: datetime | None = None


class Row(msgspec.Struct, frozen=True):
    """An incident in a list. `mine`: the reader has it, is being paged about it or was pulled in."""

    incident: Incident
    holder: Holder
    mine: bool


def called(key: str | None, facts: Configuration) -> str:
    """A person's name, as far as the configuration knows one."""
    person = facts.people.get(key or "")
    return person.name if person is not None and person.name else key or "somebody"


def called_all(keys: Sequence[str], facts: Configuration) -> str:
    return listed([called(key, facts) for key in keys])


def holder_of(incident: Incident, facts: Configuration) -> Holder:
    if not incident.is_open:
        by = called(incident.resolved_by, facts) if incident.resolved_by else "its source"
        return Holder("over", f"resolved by {by}")
    if incident.snoozed_until is not None:
        return Holder(
            "snoozed", f"{called(incident.snoozed_by, facts)} snoozed it until", incident.snoozed_until
        )
    if incident.acknowledged_by is not None and incident.state is not State.DETECTED:
        return Holder("has", f"{called(incident.acknowledged_by, facts)} has it")
    if incident.escalation.status is EscalationStatus.HELD and incident.escalation.due_at is not None:
        return Holder("held", "held until", incident.escalation.due_at)
    if incident.paged:
        return Holder("paging", f"paging {called_all(incident.paged, facts)}")
    if incident.kind is Kind.TICKET:
        team = facts.teams.get(incident.team or "")
        return Holder("queue", f"in the queue of {(team and team.name) or incident.team or 'nobody'}")
    return Holder("nobody", "nobody has it")


def concerns(incident: Incident, person: str) -> bool:
    return bool(person) and (
        person in incident.paged
        or person in incident.responders
        or person in (incident.acknowledged_by, incident.snoozed_by)
    )


def as_row(incident: Incident, facts: Configuration, reader: str) -> Row:
    return Row(incident, holder_of(incident, facts), incident.is_open and concerns(incident, reader))


def ending_of(incident: Incident, facts: Configuration) -> str:
    """How an earlier incident ended, in one line: `resolved by Alice Ames after 12 min`."""
    if incident.is_open:
        return f"still {incident.state.value}"
    by = called(incident.resolved_by, facts) if incident.resolved_by else "its source"
    after = f" after {span(incident.resolved_at - incident.opened_at)}" if incident.resolved_at else ""
    return f"resolved by {by}{after}"


def rows(incidents: Sequence[Incident], facts: Configuration, reader: str) -> list[Row]:
    """In the order given, but the reader's own first."""
    listed_rows = [as_row(incident, facts, reader) for incident in incidents]
    return sorted(listed_rows, key=lambda row: not row.mine)


def people_by_name(facts: Configuration) -> list[Person]:
    return sorted(facts.people.values(), key=lambda person: (person.name or person.key).casefold())
