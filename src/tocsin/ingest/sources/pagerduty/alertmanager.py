"""The single alerts behind an event that Alertmanager sent to the PagerDuty API.

From 0.30 on `custom_details.firing` and `.resolved` are arrays of alerts as in its webhook. Up to 0.29 they are texts
rendered by its default template:

    Labels:
     - alertname = APIHighLatency
    Annotations:
     - summary = p99 is over 2 s
    Source: http://prometheus.example/graph

Grafana writes the same with a few more lines between.
"""

import msgspec

from tocsin.core.detect.signal import Signal, SignalKind, Unreadable
from tocsin.ingest.decoding import MAX_ALERTS, annotations_in, labels_in, url_in
from tocsin.ingest.sources.alertmanager.parse import Alert, signal

_SAYS = {"firing": SignalKind.FIRING, "resolved": SignalKind.RESOLVED}


def group_members(details: object) -> tuple[Signal, ...] | None:
    """All alerts of the group, or None when these details are not Alertmanager's or not one of them may be trusted:
    then the event is one alert, because half a group must not pass for the whole."""
    if not isinstance(details, dict) or "firing" not in details or "num_firing" not in details:
        return None
    members: list[Signal] = []
    try:
        for part, kind in _SAYS.items():
            listed = details.get(part)
            if isinstance(listed, str):
                members += _from_text(listed, kind)
            elif isinstance(listed, list):
                members += (
                    _from_object(alert, kind, f"{part}[{index}]") for index, alert in enumerate(listed)
                )
            elif listed is not None:
                return None
    except (Unreadable, msgspec.ValidationError):
        return None
    if not members or len(members) > MAX_ALERTS or not all(member.labels for member in members):
        return None
    return tuple(members)


def _from_object(given: object, kind: SignalKind, field: str) -> Signal:
    return signal(msgspec.convert(given, Alert, strict=False), field, kind)


def _from_text(text: str, kind: SignalKind) -> list[Signal]:
    """The alerts of one text list. A line that begins nothing new continues the value before it."""
    members: list[Signal] = []
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    section: dict[str, str] | None = None
    name = ""

    def finish(generator_url: str) -> None:
        members.append(
            Signal(
                kind,
                labels_in(labels, "labels"),
                annotations_in(annotations, "annotations"),
                generator_url=url_in(generator_url, "Source"),
            )
        )

    for line in text.split("\n"):
        if line == "Labels:" and section is None:
            section = labels
        elif line == "Annotations:" and section is labels:
            section = annotations
        elif line.startswith("Source: ") or line == "Source:":
            if section is not None:
                finish(line.removeprefix("Source:").strip())
            labels, annotations, section = {}, {}, None
        elif section is not None and line.startswith(" - ") and " = " in line:
            name, _, value = line[3:].partition(" = ")
            section[name] = value
        elif section and name in section:
            section[name] += "\n" + line
    if section is not None:
        finish("")
    if text.strip() and not members:
        raise Unreadable("custom_details", "a list of alerts")
    return members
