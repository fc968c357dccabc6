"""From a pressed button to the command it means. The machine process carries it out; nothing is decided here."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from tocsin.channels import plain
from tocsin.control.requests import Acted, Refused
from tocsin.core.instants import parse_duration
from tocsin.core.respond.incident import (
    Acknowledge,
    AddNote,
    AddResponder,
    Command,
    Escalate,
    Mitigate,
    Reassign,
    Resolve,
    SetSeverity,
    Snooze,
)
from tocsin.core.severity import Severity

LONGEST_NOTE = 10_000  # characters
LONGEST_SNOOZE = timedelta(hours=24)
MOST_AT_ONCE = 100
LONGEST_TITLE = 80  # characters, where many are named


def command_of(form: Mapping[str, str], now: datetime) -> Command:
    """`do` names the command, the other fields say how. Who acts is added by the door. Raises Refused, naming the field."""
    match form.get("do", ""):
        case "acknowledge":
            return Acknowledge("")
        case "resolve":
            return Resolve("", note=_note(form, needed=False))
        case "mitigate":
            return Mitigate("", note=_note(form, needed=False))
        case "escalate":
            return Escalate("")
        case "snooze":
            return Snooze("", now + _snooze(form))
        case "reassign":
            return _reassign(form.get("to", ""))
        case "add_responder":
            return AddResponder("", _chosen(form, "person", "Choose whom to pull in."))
        case "set_severity":
            return SetSeverity("", _severity(form.get("severity", "")))
        case "note":
            return AddNote("", _note(form, needed=True))
        case other:
            raise Refused("invalid", f"There is no act {other!r}.", "do")


def bulk_command_of(form: Mapping[str, str]) -> Command:
    """Of what makes sense for many at once."""
    match form.get("do"):
        case "acknowledge":
            return Acknowledge("")
        case "resolve":
            return Resolve("")
        case _:
            raise Refused("invalid", "Several incidents can be acknowledged or resolved.", "do")


def chosen_of(numbers: Sequence[str]) -> tuple[int, ...]:
    """The incidents that are ticked. Raises Refused."""
    known = [int(number) for number in numbers if number.isascii() and number.isdigit() and len(number) < 16]
    if not known:
        raise Refused("invalid", "Tick the incidents first.", "incident")
    if len(known) > MOST_AT_ONCE:
        raise Refused("invalid", f"At most {MOST_AT_ONCE} at a time; {len(known)} are ticked.", "incident")
    return tuple(sorted(set(known)))


def told_by_name(answered: Sequence[Acted], titles: Mapping[int, str]) -> list[tuple[bool, str]]:
    """For each incident whether it is good news, and one line; what was refused comes first."""
    lines = [
        (
            not acted.refused,
            f"#{acted.incident} {plain.line(titles.get(acted.incident, ''), LONGEST_TITLE)}: {acted.refused or acted.said}",
        )
        for acted in answered
    ]
    return sorted(lines, key=lambda line: line[0])


def _snooze(form: Mapping[str, str]) -> timedelta:
    text = form.get("for_other", "").strip() or form.get("for", "").strip()
    try:
        length = parse_duration(text)
    except ValueError:
        raise Refused("invalid", "Say how long, for example 45m or 2h.", "for_other") from None
    if not timedelta(0) < length <= LONGEST_SNOOZE:
        raise Refused("invalid", "A snooze lasts 24 hours at most.", "for_other")
    return length


def _reassign(to: str) -> Reassign:
    kind, _, key = to.partition(":")
    if not key or kind not in ("person", "policy"):
        raise Refused("invalid", "Choose whom to hand it to.", "to")
    return Reassign("", person=key) if kind == "person" else Reassign("", policy=key)


def _chosen(form: Mapping[str, str], field: str, otherwise: str) -> str:
    if not (chosen := form.get(field, "")):
        raise Refused("invalid", otherwise, field)
    return chosen


def _severity(text: str) -> Severity:
    try:
        return Severity(text)
    except ValueError:
        raise Refused("invalid", "Choose a severity.", "severity") from None


def _note(form: Mapping[str, str], *, needed: bool) -> str:
    note = form.get("note", "").strip()
    if needed and not note:
        raise Refused("invalid", "The note is empty.", "note")
    if len(note) > LONGEST_NOTE:
        raise Refused(
            "invalid", f"A note has {LONGEST_NOTE:,} characters at most; this one has {len(note):,}.", "note"
        )
    return note
