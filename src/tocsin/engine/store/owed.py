"""What the store derives from an incident: whether it must never be without a timer, and the words it is found by."""

from tocsin.core.respond.incident import Incident, Timer
from tocsin.core.respond.timers import demands_timer
from tocsin.engine.kinds import INCIDENT
from tocsin.engine.store.prose import clean

WAKING_KINDS = tuple(INCIDENT[timer] for timer in Timer if timer is not Timer.CLOSE)  # closing wakes nobody


def owes_timer(incident: Incident) -> bool:
    """Whether sleeping without a timer would lose a page. The same question that `Repair` asks: what is found here is what
    repairing can mend, else it would be found again and again."""
    return demands_timer(incident)


def words(incident: Incident) -> str:
    """What a text search looks in, case-folded."""
    parts = (incident.title, incident.summary, incident.service or "", *incident.labels.values())
    return clean("\n".join(parts).casefold())
