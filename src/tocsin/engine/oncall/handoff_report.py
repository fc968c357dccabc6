"""Gathers what the store knows of a shift: the machine's part of its handoff."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from tocsin.core.configuration import Configuration, Maintenance, Silence
from tocsin.core.detect.matchers import format_matchers
from tocsin.core.instants import instant, micros
from tocsin.core.oncall.handoff.report import AlertLine, ChangeLine, IncidentLine, Report, WindowLine
from tocsin.core.respond.incident import OPEN_STATES, Incident, State
from tocsin.engine.store.protocol import ChangeRow, IncidentFilter, Transaction

MOST_INCIDENTS = 200  # looked at, of a shift
MOST_LISTED = 50  # in each part of a report
TO_COME = timedelta(days=7)


def report(
    tx: Transaction,
    facts: Configuration,
    team: str | None,
    people: Sequence[str],
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
) -> Report:
    """Of a team's shift, as it stands now; of everything where the schedule is nobody's. Tests are left out."""
    until = min(ends_at, now)
    still_open = _incidents(
        tx, IncidentFilter(states=tuple(sorted(OPEN_STATES)), team=team, limit=MOST_INCIDENTS)
    )
    of_shift = [
        incident
        for incident in _incidents(tx, IncidentFilter(team=team, limit=MOST_INCIDENTS))
        if incident.opened_at >= starts_at or (incident.resolved_at or starts_at) > starts_at
    ]
    resolved = [incident for incident in of_shift if incident.state in (State.RESOLVED, State.CLOSED)]
    changes = _changes(
        tx.records.changes(micros(starts_at), micros(until) + 1, limit=MOST_INCIDENTS), team, facts
    )
    paged = tx.pages.received(sorted(people), micros(starts_at), micros(until) + 1)
    cut = sum(max(0, len(part) - MOST_LISTED) for part in (still_open, resolved, changes))
    return Report(
        written_at=now,
        open=tuple(map(_line, still_open[:MOST_LISTED])),
        resolved=tuple(map(_line, resolved[:MOST_LISTED])),
        alerts=_alerts(of_shift)[:MOST_LISTED],
        in_force=_windows(facts, team, lambda w: w.starts_at <= now < w.ends_at),
        to_come=_windows(facts, team, lambda w: now < w.starts_at < now + TO_COME),
        changes=tuple(changes[:MOST_LISTED]),
        pages=sum(each.count for each in paged),
        left_out=cut,
    )


def _incidents(tx: Transaction, wanted: IncidentFilter) -> list[Incident]:
    return [incident for incident in tx.incidents.search(wanted) if not incident.test]


def _line(incident: Incident) -> IncidentLine:
    return IncidentLine(
        id=incident.id,
        title=incident.title,
        severity=incident.severity.value,
        state=incident.state.value,
        opened_at=incident.opened_at,
        service=incident.service,
        holder=incident.acknowledged_by,
        resolved_at=incident.resolved_at,
        resolution=incident.resolution,
        summary=incident.summary,
    )


def _alerts(incidents: Iterable[Incident]) -> tuple[AlertLine, ...]:
    """The most frequent first."""
    by_name: dict[str, list[Incident]] = {}
    for incident in incidents:
        if incident.alerts:
            by_name.setdefault(incident.labels.get("alertname") or incident.title, []).append(incident)
    lines = [
        AlertLine(name, tuple(i.id for i in of), sum(i.alerts for i in of), _done(of))
        for name, of in by_name.items()
    ]
    return tuple(sorted(lines, key=lambda line: (-line.alerts, line.name)))


def _done(incidents: Sequence[Incident]) -> str:
    said = Counter(map(_ending, incidents))
    return ", ".join(f"{count} {word}" if len(incidents) > 1 else word for word, count in said.most_common())


def _ending(incident: Incident) -> str:
    if incident.is_open:
        return f"still {incident.state.value}"
    if incident.resolved_by is not None:
        return f"resolved by {incident.resolved_by}"
    return "acknowledged, then over by itself" if incident.acknowledged_at else "over by itself"


def _changes(rows: Iterable[ChangeRow], team: str | None, facts: Configuration) -> list[ChangeLine]:
    """Those of the team's services, and those that name none."""

    def concerns(row: ChangeRow) -> bool:
        service = facts.services.get(row.service or "")
        return team is None or service is None or service.team in (None, team)

    return [
        ChangeLine(instant(row.at), row.summary, row.source, row.service) for row in rows if concerns(row)
    ]


def _windows(
    facts: Configuration, team: str | None, wanted: Callable[[Silence | Maintenance], bool]
) -> tuple[WindowLine, ...]:
    lines = [
        WindowLine("silence", format_matchers(s.matchers), s.starts_at, s.ends_at, s.comment, s.created_by)
        for s in facts.silences
        if wanted(s)
    ]
    for window in facts.maintenance:
        teams = {facts.services[name].team for name in window.services if name in facts.services}
        if wanted(window) and (team is None or team in teams or None in teams):
            lines.append(
                WindowLine(
                    "maintenance",
                    ", ".join(window.services),
                    window.starts_at,
                    window.ends_at,
                    window.comment,
                    window.created_by,
                )
            )
    return tuple(sorted(lines, key=lambda line: (line.starts_at, line.what)))[:MOST_LISTED]
