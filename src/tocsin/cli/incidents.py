"""`tocsin incidents`: what a human must deal with, and every act upon it."""

from collections.abc import Callable
from typing import Annotated

import typer
from rich.markup import escape
from rich.padding import Padding

from tocsin.cli import looks
from tocsin.cli.command import REFUSED, Desk, command
from tocsin.cli.times import local, span, there
from tocsin.control import requests as r
from tocsin.core.respond import incident as i
from tocsin.core.respond.incident import Incident, State
from tocsin.core.severity import Severity

app = typer.Typer(help="Open incidents: list, show, and act on them.", no_args_is_help=True)

Ids = Annotated[
    list[int], typer.Argument(metavar="INCIDENT...", help="Numbers from `tocsin incidents list`.")
]
Id = Annotated[int, typer.Argument(metavar="INCIDENT", help="A number from `tocsin incidents list`.")]
Note = Annotated[str, typer.Option("--note", help="What was found or done; kept on the timeline.")]


# --- reading ---------------------------------------------------------------------------------------------------------


@command(
    app, "list", "tocsin incidents list", "tocsin incidents list --severity SEV1 --service task-api --all"
)
def list_(
    desk: Desk,
    states: Annotated[
        list[State] | None, typer.Option("--state", help="Only these; may be repeated.")
    ] = None,
    severities: Annotated[list[Severity] | None, typer.Option("--severity", case_sensitive=False)] = None,
    service: Annotated[str | None, typer.Option("--service")] = None,
    team: Annotated[str | None, typer.Option("--team")] = None,
    text: Annotated[str, typer.Option("--text", help="Words in title or summary.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Resolved and closed ones too.")] = False,
    before: Annotated[
        int | None, typer.Option("--before", help="Only incidents with a lower number.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000)] = 100,
) -> None:
    """The open incidents, newest first."""
    wanted = tuple(State) if everything and not states else tuple(states or ())
    request = r.ListIncidents(
        states=tuple(state.value for state in wanted),
        severities=tuple(severity.value for severity in severities or ()),
        service=service,
        team=team,
        text=text,
        before=before,
        limit=limit,
    )
    desk.answer(
        desk.ask(request),
        lambda incidents: _show_list(desk, incidents, narrowed=request != r.ListIncidents()),
    )


def _show_list(desk: Desk, incidents: list[Incident], *, narrowed: bool) -> None:
    if not incidents:
        desk.say(
            looks.nothing(
                "No incident matches.", "Loosen the options, or see all with: tocsin incidents list --all"
            )
            if narrowed
            else looks.nothing(
                "No open incidents. All quiet.", "Try one: tocsin send alertname=Hello severity=critical"
            )
        )
        return
    table = looks.table("#!", "severity!", "state!", "since!", "service!", "title", "who has it")
    for incident in incidents:
        table.add_row(
            str(incident.id),
            looks.severity(incident.severity),
            looks.state(incident.state),
            f"{local(incident.opened_at, desk.now, desk.zone)} [dim]{span(desk.now - incident.opened_at)}[/]",
            escape(incident.service or "-"),
            escape(incident.title) + (" [dim]TEST[/]" if incident.test else ""),
            _who_has_it(desk, incident),
        )
    desk.say(table)


def _who_has_it(desk: Desk, incident: Incident) -> str:
    if incident.snoozed_until is not None and incident.is_open:
        until = local(incident.snoozed_until, desk.now, desk.zone)
        return f"{escape(incident.snoozed_by or 'somebody')}, snoozed until {until}"
    if incident.state in (State.RESOLVED, State.CLOSED):
        return f"resolved by {escape(incident.resolved_by or 'its source')}"
    if incident.acknowledged_by is not None and not incident.wants_acknowledgement:
        return escape(incident.acknowledged_by)
    if incident.escalation.status is i.EscalationStatus.HELD and incident.escalation.due_at is not None:
        return f"[dim]held until {local(incident.escalation.due_at, desk.now, desk.zone)}[/]"
    if incident.paged:
        return f"[bold]paging {looks.people(incident.paged)}[/]"
    if incident.kind is i.Kind.TICKET:
        return f"[dim]in the queue of {escape(incident.team or 'nobody')}[/]"
    return "[bold red]nobody yet[/]"


@command(app, "show", "tocsin incidents show 12", "tocsin incidents show 12 --messages")
def show(
    desk: Desk,
    incident: Id,
    messages: Annotated[bool, typer.Option("--messages", help="Every message and its attempts too.")] = False,
) -> None:
    """One incident whole: what it is, what happens next, its alerts, and its timeline with reasons."""
    desk.answer(desk.ask(r.ShowIncident(incident)), lambda view: _show(desk, view, messages=messages))


def _show(desk: Desk, view: r.IncidentView, *, messages: bool) -> None:
    incident = view.incident
    desk.say(
        f"{looks.severity(incident.severity)} [bold]#{incident.id} {escape(incident.title)}[/]"
        + (" [dim]TEST[/]" if incident.test else "")
    )
    opened = (
        f"since {local(incident.opened_at, desk.now, desk.zone)}, {span(desk.now - incident.opened_at)} ago"
    )
    desk.say(f"{looks.state(incident.state)} {opened}, {_who_has_it(desk, incident)}", "")
    facts = looks.table("", "")
    facts.show_header = False
    for name, value in (
        ("summary", incident.summary),
        ("service", incident.service or ""),
        ("team", incident.team or ""),
        ("runbook", incident.runbook_url),
        ("route", incident.route),
        ("resolution", incident.resolution),
    ):
        if value:
            facts.add_row(f"[dim]{name}[/]", escape(value))
    if incident.labels:
        facts.add_row("[dim]labels[/]", looks.labels(incident.labels))
    desk.say(facts)
    if view.next_step:
        desk.say("", f"[bold]Next:[/] {escape(view.next_step)}")
    _section(desk, "Alerts", view.alerts, lambda: _show_alerts(desk, view))
    _section(desk, "What changed before", view.changes, lambda: _show_changes(desk, view))
    _section(desk, "Timeline", view.timeline, lambda: _show_timeline(desk, view))
    if messages:
        _section(desk, "Messages", view.notifications, lambda: _show_messages(desk, view))


def _section(desk: Desk, title: str, rows: tuple[object, ...], show_rows: Callable[[], None]) -> None:
    if rows:
        desk.say("", f"[bold]{title}[/]")
        show_rows()


def _show_alerts(desk: Desk, view: r.IncidentView) -> None:
    table = looks.table("status!", "since!", "labels", "why")
    for alert in view.alerts:
        table.add_row(
            looks.state(alert.status),
            local(alert.starts_at, desk.now, desk.zone),
            looks.labels(alert.labels, without=view.incident.labels)
            if len(view.alerts) > 1
            else looks.labels(alert.labels),
            escape(alert.why),
        )
    desk.say(table)


def _show_changes(desk: Desk, view: r.IncidentView) -> None:
    table = looks.table("at!", "change", "source")
    for change in view.changes:
        table.add_row(local(change.at, desk.now, desk.zone), escape(change.summary), escape(change.source))
    desk.say(table)


def _show_timeline(desk: Desk, view: r.IncidentView) -> None:
    """Seconds matter here; the date stands wherever it changes. Who acted is named once."""
    day = None
    for line in view.timeline:
        at = there(line.at, desk.zone)
        if at.date() != day:
            day = at.date()
            desk.say(f"  [dim]{at:%A, %-d %B %Y (%Z)}[/]")
        named = line.actor if line.actor and line.actor not in line.text else ""
        by = escape(" ".join(part for part in (named, f"by {line.via}" if line.via else "") if part))
        said = f"[cyan]{at:%H:%M:%S}[/] {escape(line.text)} [dim]{by}{' ' if by else ''}({escape(line.reason)})[/]"
        desk.say(Padding(said, (0, 0, 0, 2), expand=False))


def _show_messages(desk: Desk, view: r.IncidentView) -> None:
    table = looks.table("at!", "to!", "by!", "state!", "attempts", "reason")
    for message in view.notifications:
        attempts = [
            f"{there(at.at, desk.zone):%H:%M:%S} {escape(at.outcome)}{f': {escape(at.detail)}' if at.detail else ''}"
            for at in message.attempts
        ]
        table.add_row(
            local(message.created_at, desk.now, desk.zone),
            escape(message.person or message.method or "-"),
            escape(f"{message.method or message.channel} ({message.channel})"),
            looks.state(message.state),
            "\n".join(attempts) or "[dim]none yet[/]",
            escape(message.detail or message.reason.replace("_", " ")),
        )
    desk.say(table)


# --- acting ----------------------------------------------------------------------------------------------------------


def act(desk: Desk, incidents: list[int], order: i.Command) -> None:
    """Carry out one command on these; one refusal makes the exit code 1, and the others hold all the same."""
    acted: list[r.Acted] = desk.ask(r.Act(incidents=tuple(incidents), command=order))
    desk.answer(acted, lambda done: desk.say(*(_acted(one) for one in done)))
    if any(one.refused for one in acted):
        raise typer.Exit(REFUSED)


def _acted(one: r.Acted) -> str:
    if one.refused:
        return f"[red]#{one.incident}[/] {escape(one.refused)}"
    return f"[green]#{one.incident}[/] {escape(one.said)} [dim]({looks.state(one.state)})[/]"


@command(app, "ack", "tocsin incidents ack 12", "tocsin incidents ack 12 13 14")
def ack(desk: Desk, incidents: Ids) -> None:
    """Acknowledge: you have it, and the escalation stops."""
    act(desk, incidents, i.Acknowledge(actor=desk.person, via="cli"))


@command(app, "resolve", 'tocsin incidents resolve 12 --note "rolled back abc123"')
def resolve(desk: Desk, incidents: Ids, note: Note = "") -> None:
    """Resolve: it is over. While its alerts still fire it only counts as mitigated, and comes back if they go on."""
    act(desk, incidents, i.Resolve(actor=desk.person, via="cli", note=note))


@command(app, "mitigate", 'tocsin incidents mitigate 12 --note "traffic shifted"')
def mitigate(desk: Desk, incidents: Ids, note: Note = "") -> None:
    """Mitigate: users are well again, the cause is yet to be mended."""
    act(desk, incidents, i.Mitigate(actor=desk.person, via="cli", note=note))


@command(
    app,
    "snooze",
    "tocsin incidents snooze 12 --for 2h",
    'tocsin incidents snooze 12 --until "tomorrow 09:00"',
)
def snooze(
    desk: Desk,
    incidents: Ids,
    until: Annotated[
        str, typer.Option("--until", "--for", help="When it pages again: 2h, 18:00, 'tomorrow 09:00'.")
    ],
) -> None:
    """Snooze: quiet until then, 24 hours at most; then it pages again if it is still open."""
    act(desk, incidents, i.Snooze(actor=desk.person, until=desk.end(until), via="cli"))


@command(app, "escalate", "tocsin incidents escalate 12")
def escalate(desk: Desk, incidents: Ids) -> None:
    """Page the next step of the policy now, acknowledged or not."""
    act(desk, incidents, i.Escalate(actor=desk.person, via="cli"))


@command(
    app, "reassign", "tocsin incidents reassign 12 --to bob", "tocsin incidents reassign 12 --policy database"
)
def reassign(
    desk: Desk,
    incidents: Ids,
    to: Annotated[str | None, typer.Option("--to", help="A person, who is paged at once.")] = None,
    policy: Annotated[str | None, typer.Option("--policy", help="A policy, from its first step.")] = None,
) -> None:
    """Hand it to a person, or to another escalation policy."""
    if (to is None) == (policy is None):
        raise typer.BadParameter("give exactly one of them", param_hint="--to / --policy")
    act(desk, incidents, i.Reassign(actor=desk.person, person=to, policy=policy, via="cli"))


@command(app, "pull-in", "tocsin incidents pull-in 12 carol")
def pull_in(desk: Desk, incident: Id, person: Annotated[str, typer.Argument(help="Who is to help.")]) -> None:
    """Page one more person to help; whoever has it keeps it."""
    act(desk, [incident], i.AddResponder(actor=desk.person, person=person, via="cli"))


@command(app, "note", 'tocsin incidents note 12 "p99 is at 4.2 s, suspecting deploy abc123"')
def note(
    desk: Desk, incident: Id, text: Annotated[str, typer.Argument(help="What is known, tried or decided.")]
) -> None:
    """Write something on the timeline."""
    act(desk, [incident], i.AddNote(actor=desk.person, text=text, via="cli"))


@command(app, "severity", "tocsin incidents severity 12 SEV1")
def severity(
    desk: Desk,
    incident: Id,
    severity: Annotated[Severity, typer.Argument(case_sensitive=False, metavar="SEV1|SEV2|SEV3|SEV4")],
) -> None:
    """Raise or lower the severity; raising it pages again at the new urgency."""
    act(desk, [incident], i.SetSeverity(actor=desk.person, severity=severity, via="cli"))
