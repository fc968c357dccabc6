"""A handoff as text, for a chat, a message or the clipboard; Markdown that reads well plain."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from tocsin.core.oncall.handoff.handoff import CALL_LASTS, Handoff
from tocsin.core.oncall.handoff.report import IncidentLine, WindowLine
from tocsin.core.oncall.notices import local

MOST = 20  # lines of each part


def title(handoff: Handoff) -> str:
    return f"Handoff of {handoff.schedule}: {', '.join(handoff.outgoing)} to {', '.join(handoff.incoming)}"


def text(handoff: Handoff, base_url: str, time_zone: str = "UTC") -> str:
    """`base_url` is where incidents are found; "" leaves links out."""
    return "\n".join(_lines(handoff, base_url, time_zone)).strip() + "\n"


def _lines(handoff: Handoff, base_url: str, time_zone: str) -> Iterator[str]:
    report = handoff.report
    span = f"{local(handoff.starts_at, time_zone)} to {local(handoff.at, time_zone)} ({time_zone})"
    yield f"# {title(handoff)}"
    yield f"{span}. {_count(report.pages, 'page')}."
    if handoff.notes.strip():
        yield from ("", handoff.notes.strip())
    if handoff.known_issues.strip():
        yield from ("", "## Known issues", handoff.known_issues.strip())
    yield from _part(
        f"Open ({len(report.open)})", (_incident(i, base_url) for i in report.open), "Nothing is open."
    )
    yield from _part("Resolved in this shift", (_incident(i, base_url) for i in report.resolved))
    yield from _part("Alerts", (f"{a.name}: {_count(a.alerts, 'alert')}, {a.done}" for a in report.alerts))
    yield from _part("Silences and maintenance in force", (_window(w, time_zone) for w in report.in_force))
    yield from _part("To come", (_window(w, time_zone) for w in report.to_come))
    yield from _part(
        "Changes",
        (
            f"{local(c.at, time_zone)} {c.summary}{f' ({c.service})' if c.service else ''}"
            for c in report.changes
        ),
    )
    if report.left_out:
        yield from ("", f"{report.left_out} more are not listed here.")


def _part(head: str, lines: Iterable[str], nothing: str = "") -> Iterator[str]:
    listed = list(lines)
    if not listed and not nothing:
        return
    yield from ("", f"## {head}")
    if not listed:
        yield nothing
    yield from (f"- {_one_line(line)}" for line in listed[:MOST])
    if len(listed) > MOST:
        yield f"- and {len(listed) - MOST} more"


def _incident(line: IncidentLine, base_url: str) -> str:
    held = f", {line.holder} has it" if line.holder and line.resolved_at is None else ""
    ended = f": {line.resolution}" if line.resolution else ""
    link = f" {base_url}/incidents/{line.id}" if base_url else ""
    return f"{line.severity} {line.title} ({line.state}{held}){ended}{link}"


def _window(line: WindowLine, time_zone: str) -> str:
    comment = f" ({line.comment})" if line.comment else ""
    when = f"until {local(line.ends_at, time_zone)}"
    return f"{line.kind} {line.what}, {when}{comment}"


def _one_line(line: str) -> str:
    return " ".join(line.split())


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def invitation_times(handoff: Handoff) -> tuple[datetime, datetime]:
    """Of the call that may go with it: the quarter of an hour from the turnover on."""
    return handoff.at, handoff.at + CALL_LASTS
