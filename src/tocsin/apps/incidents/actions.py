"""From a pressed button to the command it means. The machine process carries it out; nothing is decided here."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from tocsin.control.requests import Refused
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
