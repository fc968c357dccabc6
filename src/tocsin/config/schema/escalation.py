"""Escalation policies and severities in their written form."""

from datetime import timedelta
from typing import Any

import msgspec

from tocsin.config import document as yaml
from tocsin.config.document import Node, Scalar
from tocsin.config.forms import (
    Choice,
    Json,
    Many,
    Names,
    Reading,
    Tree,
    Wrong,
    described,
    entries_of,
    nearest,
)
from tocsin.config.records import Field, Record
from tocsin.config.schema.people import TEAM
from tocsin.config.values import DURATION, LASTING, TEXT, YES_OR_NO, DurationOrNone, whole_number
from tocsin.core.respond.policy import Policy, Step, Target, TargetKind
from tocsin.core.severity import DEFAULT_SEVERITIES, PageWhen, Severity, SeverityRule, Urgency

DEFAULT_WAIT = timedelta(minutes=10)
KINDS = {
    TargetKind.PERSON: "people",
    TargetKind.SCHEDULE: "schedules",
    TargetKind.TEAM: "teams",
    TargetKind.CHAT: "chats",
}

# --- whom a step reaches ---------------------------------------------------------------------------------------------


class TargetForm:
    """The name of a person, schedule or team; `{team: platform}` where a name alone would be ambiguous."""

    def __init__(self, *kinds: TargetKind) -> None:
        self._kinds = kinds

    def read(self, node: Node, reading: Reading) -> Target:
        if isinstance(node, yaml.Mapping):
            return self._explicit(node, reading)
        words = _either(self._kinds)
        if not isinstance(node, Scalar) or node.absent:
            raise reading.findings.error(
                node.place, f"expected the name of a {words}, found {described(node)}"
            )
        name = node.text
        meant = [kind for kind in self._kinds if name in reading.names.of(KINDS[kind])]
        if len(meant) > 1:
            both = " and ".join(f"a {kind}" for kind in meant)
            spelled = " or ".join(f"{{{kind}: {name}}}" for kind in meant)
            raise reading.findings.error(node.place, f"{name!r} is {both}; write {spelled}")
        if not meant:
            raise self._unknown(node, reading, self._kinds)
        return Target(meant[0], name)

    def _explicit(self, node: yaml.Mapping, reading: Reading) -> Target:
        kinds = [kind.value for kind in self._kinds]
        if len(node.entries) != 1:
            raise reading.findings.error(node.place, f"expected one of {', '.join(kinds)} with a name")
        key, value = node.entries[0]
        if key.text not in kinds:
            raise reading.findings.error(key.place, f"unknown key {key.text!r}{nearest(key.text, kinds)}")
        kind = TargetKind(key.text)
        if not isinstance(value, Scalar) or value.absent:
            raise reading.findings.error(
                value.place, f"expected the name of a {kind}, found {described(value)}"
            )
        if value.text not in reading.names.of(KINDS[kind]):
            raise self._unknown(value, reading, (kind,))
        return Target(kind, value.text)

    def _unknown(self, node: Scalar, reading: Reading, kinds: tuple[TargetKind, ...]) -> Wrong:
        """Names the kind of the nearest name, as that is what was meant."""
        known = {name: kind for kind in reversed(kinds) for name in reading.names.of(KINDS[kind])}
        advice = nearest(node.text, known)
        meant = advice.removeprefix("; did you mean '").removesuffix("'?")
        word = known[meant].value if meant in known else _either(kinds)
        return reading.findings.error(
            node.place, f"unknown {word} {node.text!r} in {node.place.path}{advice}"
        )

    def write(self, value: Target, names: Names) -> Tree:
        others = [
            kind for kind in self._kinds if kind is not value.kind and value.name in names.of(KINDS[kind])
        ]
        return {value.kind.value: value.name} if others else value.name

    def schema(self) -> Json:
        explicit: Json = {
            "type": "object",
            "properties": {kind.value: {"type": "string"} for kind in self._kinds},
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        }
        return {
            "anyOf": [{"type": "string", "description": f"the name of a {_either(self._kinds)}"}, explicit]
        }


def _either(kinds: tuple[TargetKind, ...]) -> str:
    words = [kind.value for kind in kinds]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


PAGED = Many(TargetForm(TargetKind.PERSON, TargetKind.SCHEDULE, TargetKind.TEAM), one=True)
TOLD = Many(TargetForm(TargetKind.CHAT), one=True)


# --- policies --------------------------------------------------------------------------------------------------------


class _WrittenStep(msgspec.Struct, frozen=True):
    """A step as it is written: whom it pages, which chats it tells, how long it waits."""

    page: tuple[Target, ...] = ()
    chat: tuple[Target, ...] = ()
    wait: timedelta = DEFAULT_WAIT


class StepForm:
    _STEP = Record(_WrittenStep, Field("page", PAGED), Field("chat", TOLD), Field("wait", DURATION))

    def read(self, node: Node, reading: Reading) -> Step:
        written = self._STEP.read(node, reading)
        if not written.page and not written.chat:
            raise reading.findings.error(
                node.place, "a step pages somebody or tells a chat: 'page' or 'chat' is missing"
            )
        return Step((*written.page, *written.chat), written.wait)

    def write(self, value: Step, names: Names) -> Tree:
        page = tuple(target for target in value.targets if target.kind is not TargetKind.CHAT)
        chat = tuple(target for target in value.targets if target.kind is TargetKind.CHAT)
        tree = self._STEP.write(_WrittenStep(page, chat, value.wait), names)
        assert isinstance(tree, dict)
        return {**tree, "wait": DURATION.write(value.wait, names)}

    def schema(self) -> Json:
        return self._STEP.schema()


POLICIES = Record(
    Policy,
    Field("team", TEAM),
    Field("steps", Many(StepForm()), required=True),
    Field("repeat", whole_number(0, 100)),
    Field("last_resort", PAGED),
    check=lambda policy: "" if policy.steps else "a policy needs at least one step",
    named="key",
)


# --- severities ------------------------------------------------------------------------------------------------------


class SeverityForm:
    """What one severity decides; what is not written stays as it is by default."""

    _FIELDS = (
        Field("title", TEXT),
        Field("criteria", TEXT),
        Field("urgency", Choice(Urgency)),
        Field("page", Choice(PageWhen)),
        Field("ack_target", DurationOrNone()),
        Field("ack_timeout", DurationOrNone()),
        Field("reopen_after", LASTING),
        Field("repeats_last_resort", YES_OR_NO),
        Field("update_every", DurationOrNone()),
        Field("postmortem", TEXT),
    )
    _RECORD: Record[SeverityRule] = Record(SeverityRule, *_FIELDS)

    def read_as(self, name: str, node: Node, reading: Reading) -> SeverityRule:
        if name not in Severity.__members__:
            raise reading.findings.error(
                node.place, f"unknown severity {name!r}{nearest(name, Severity.__members__)}"
            )
        default = DEFAULT_SEVERITIES[Severity(name)]
        if isinstance(node, Scalar) and node.absent:
            return default
        entries_of(node, reading)
        return msgspec.structs.replace(default, **self._RECORD.values(node, reading))

    def write(self, value: SeverityRule, names: Names) -> Tree:
        default = DEFAULT_SEVERITIES[value.name]
        return {
            field.key: field.form.write(getattr(value, field.key), names)
            for field in self._FIELDS
            if getattr(value, field.key) != getattr(default, field.key)
        }

    def schema(self) -> Json:
        return {**self._RECORD.schema(), "type": ["object", "null"]}


def severity_attributes() -> dict[str, Any]:
    """What the form covers, for the test that no attribute of the noun is forgotten."""
    return {field.key: field.form for field in SeverityForm._FIELDS}
