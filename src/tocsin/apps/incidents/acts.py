"""The acts that the API takes, each with exactly what it needs, and the command each means."""

from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from tocsin.apps.api.problems import invalid
from tocsin.core.instants import Aware, parse_duration
from tocsin.core.respond import incident as core
from tocsin.core.severity import Severity

LONGEST_NOTE = 10_000  # characters
LONGEST_SNOOZE = timedelta(hours=24)
Note = Annotated[str, msgspec.Meta(max_length=LONGEST_NOTE)]
Key = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class _Act(msgspec.Struct, frozen=True, tag_field="do", forbid_unknown_fields=True, omit_defaults=True):
    pass


class Acknowledge(_Act, tag="acknowledge", frozen=True):
    """I have it; the escalation stops."""


class Escalate(_Act, tag="escalate", frozen=True):
    """The next step now."""


class Mitigate(_Act, tag="mitigate", frozen=True):
    """It hurts no more, but is not over."""

    note: Note = ""


class Resolve(_Act, tag="resolve", frozen=True):
    """It is over; what was it?"""

    note: Note = ""


class Snooze(_Act, tag="snooze", frozen=True, rename={"lasts": "for"}):
    """Quiet `for` a time such as 45m or 2h, or `until` an instant; 24 hours at most."""

    lasts: Annotated[str, msgspec.Meta(max_length=20, examples=["2h"])] | None = None
    until: Aware | None = None


class Reassign(_Act, tag="reassign", frozen=True):
    """To a `person`, who is paged at once, or to a `policy`, which starts at its first step."""

    person: Key | None = None
    policy: Key | None = None


class AddResponder(_Act, tag="add_responder", frozen=True):
    """Page somebody more, beside the escalation."""

    person: Key


class SetSeverity(_Act, tag="set_severity", frozen=True):
    severity: Severity


class AddNote(_Act, tag="note", frozen=True):
    """A line on the timeline."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NOTE)]


Act = Acknowledge | Escalate | Mitigate | Resolve | Snooze | Reassign | AddResponder | SetSeverity | AddNote


def command_of(act: Act, people: object, policies: object, now: datetime, at: str = "#") -> core.Command:
    """Who acts is added by the door. `people` and `policies` are those that exist. Raises Stopped, naming the field by its
    pointer below `at`."""
    match act:
        case Acknowledge():
            return core.Acknowledge("")
        case Escalate():
            return core.Escalate("")
        case Mitigate():
            return core.Mitigate("", note=act.note)
        case Resolve():
            return core.Resolve("", note=act.note)
        case Snooze():
            return core.Snooze("", _until(act, now, at))
        case Reassign():
            return _reassign(act, people, policies, at)
        case AddResponder():
            _check_known(act.person, people, "person", at)
            return core.AddResponder("", act.person)
        case SetSeverity():
            return core.SetSeverity("", act.severity)
        case AddNote():
            if not act.text.strip():
                raise invalid("the note is empty", pointer=f"{at}/text")
            return core.AddNote("", act.text)


def _until(act: Snooze, now: datetime, at: str) -> datetime:
    if (act.lasts is None) == (act.until is None):
        raise invalid("say either `for` or `until`", pointer=f"{at}/for")
    field = "until" if act.lasts is None else "for"
    try:
        until = act.until or now + parse_duration(act.lasts or "")
    except (ValueError, OverflowError) as error:
        raise invalid(str(error), pointer=f"{at}/for") from None
    if not timedelta(0) < until - now <= LONGEST_SNOOZE:
        raise invalid("a snooze ends within the next 24 hours", pointer=f"{at}/{field}")
    return until


def _reassign(act: Reassign, people: object, policies: object, at: str) -> core.Reassign:
    if (act.person is None) == (act.policy is None):
        raise invalid("name either a person or a policy", pointer=f"{at}/person")
    if act.person is not None:
        _check_known(act.person, people, "person", at)
        return core.Reassign("", person=act.person)
    _check_known(act.policy or "", policies, "policy", at)
    return core.Reassign("", policy=act.policy)


def _check_known(key: str, known: object, field: str, at: str) -> None:
    assert isinstance(known, dict)
    if key not in known:
        raise invalid(f"there is no {field} {key!r}", pointer=f"{at}/{field}")
