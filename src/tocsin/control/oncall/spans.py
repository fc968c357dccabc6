"""The stretch of time that fairness and health look at, as it was asked for."""

from datetime import UTC, datetime, timedelta

from tocsin.control.requests.refused import Refused
from tocsin.core.configuration import Configuration

USUAL = timedelta(weeks=13)
LONGEST = timedelta(days=366)
FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def span_of(starts_at: datetime | None, ends_at: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    """Thirteen weeks up to now where nothing is said. Raises Refused naming the field."""
    for field, given in (("starts_at", starts_at), ("ends_at", ends_at)):
        if given is not None and not FIRST <= given < LAST:
            raise Refused("invalid", "expected an instant of this century", field)
    end = (ends_at or (starts_at + USUAL if starts_at and starts_at + USUAL < now else now)).astimezone(UTC)
    begin = (starts_at or _midnight(end - USUAL)).astimezone(UTC)
    if not timedelta(0) < end - begin <= LONGEST:
        raise Refused("invalid", "it must come after the beginning, a year at most", "ends_at")
    return begin, end


def teams_asked(team: str | None, facts: Configuration) -> list[str]:
    """The one that was asked for, else each that has a schedule. Raises Refused."""
    if team is None:
        return sorted(
            {schedule.team for schedule in facts.schedules.values() if schedule.team in facts.teams}
        )
    known_team(team, facts)
    return [team]


def known_team(team: str, facts: Configuration) -> None:
    if team not in facts.teams:
        known = ", ".join(sorted(facts.teams)) or "none yet"
        raise Refused("not_found", f"there is no team {team!r}; known: {known}", "team")


def _midnight(instant: datetime) -> datetime:
    return instant.replace(hour=0, minute=0, second=0, microsecond=0)
