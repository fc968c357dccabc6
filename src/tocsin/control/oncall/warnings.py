"""What is going to bite within the coming weeks."""

from datetime import datetime

from tocsin.control.oncall.spans import known_team
from tocsin.control.requests.fairness import ListOnCallWarnings
from tocsin.core.configuration import Configuration
from tocsin.core.oncall.warnings import OnCallWarning, warnings
from tocsin.engine.store.protocol import Transaction


def listed(
    tx: Transaction, request: ListOnCallWarnings, facts: Configuration, now: datetime
) -> list[OnCallWarning]:
    """Raises Refused for a team that is not known."""
    if request.team is not None:
        known_team(request.team, facts)
    found = warnings(facts, now)
    return [warning for warning in found if request.team in (None, warning.team)]
