"""What the store derives from an incident: whether it must never be without a timer, and the words it is found by."""

import xxhash

from tocsin.core.respond.incident import Incident, Timer
from tocsin.core.respond.timers import demands_timer
from tocsin.engine.kinds import INCIDENT
from tocsin.engine.store.prose import clean

WAKING_KINDS = tuple(INCIDENT[timer] for timer in Timer if timer is not Timer.CLOSE)  # closing wakes nobody

LONGEST_NAME = 200  # characters of a name from a label that an index keeps


def owes_timer(incident: Incident) -> bool:
    """Whether sleeping without a timer would lose a page. The same question that `Repair` asks: what is found here is what
    repairing can mend, else it would be found again and again."""
    return demands_timer(incident)


def words(incident: Incident) -> str:
    """What a text search looks in, case-folded."""
    parts = (incident.title, incident.summary, incident.service or "", *incident.labels.values())
    return clean("\n".join(parts).casefold())


def service_name(incident: Incident) -> str | None:
    """By which a service's incidents are found; a label may call one what no index takes."""
    return clean(incident.service)[:LONGEST_NAME] if incident.service is not None else None


def alertname(incident: Incident) -> str | None:
    """By which earlier incidents of the same alert are found."""
    return clean(incident.labels.get("alertname", ""))[:LONGEST_NAME] or None


def alike(incident: Incident) -> str | None:
    """The same for incidents of the same group, whose key may be longer than any index takes."""
    return xxhash.xxh3_64_hexdigest(incident.group.encode()) if incident.group else None
