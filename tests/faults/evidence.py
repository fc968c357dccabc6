"""For whoever looks into a breach: everything stored about the stories it names, in the order it happened."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.faults.records import Records
from tests.faults.responders import STORY


def write_evidence(path: Path, breaches: Sequence[str], records: Records, most: int = 5) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    names = dict.fromkeys(found.group() for breach in breaches if (found := STORY.search(breach)))
    lines = [*breaches]
    for name in list(names)[:most]:
        lines += ["", f"=== {name}", *_about(name, records)]
    path.write_text("\n".join(lines) + "\n")


def _about(name: str, records: Records) -> Iterable[str]:
    for number, at, source, body in records.rows(
        "SELECT id, received_at, source, body FROM inbox ORDER BY id", inbox=True
    ):
        text = bytes(body).decode("utf-8", "replace")
        if name in text:
            yield f"inbox {number} at {at} {source}: {_named(json.loads(text), name)}"
    for number, labels, first_seen in records.rows("SELECT id, labels, first_seen FROM alert"):
        if name not in bytes(labels).decode():
            continue
        yield f"alert {number} first seen {first_seen}: {bytes(labels).decode()}"
        yield f"  state {records.rows('SELECT * FROM alert_state WHERE alert_id = ?', (number,))}"
        for row in records.rows("SELECT * FROM alert_transition WHERE alert_id = ?", (number,)):
            yield f"  transition {row}"
    for incident in records.documents("incident"):
        if name not in json.dumps(incident):
            continue
        number = incident["id"]
        yield f"incident {json.dumps(incident)}"
        for row in records.rows(
            "SELECT entry, at, reason, text FROM timeline_entry WHERE incident_id = ? ORDER BY entry",
            (number,),
        ):
            yield f"  timeline {row}"
        for row in records.rows(
            "SELECT id, state, reason, detail, address_key, attempts, created_at, updated_at FROM notification"
            " WHERE incident_id = ?",
            (number,),
        ):
            yield f"  notification {row}"
        for row in records.rows(
            "SELECT a.notification_id, a.key, a.started_at, a.ended_at, a.outcome FROM attempt a"
            " JOIN notification n ON n.id = a.notification_id WHERE n.incident_id = ?",
            (number,),
        ):
            yield f"  attempt {row}"
        for row in records.rows("SELECT * FROM agenda WHERE subject = ?", (str(number),)):
            yield f"  agenda {row}"


def _named(document: Any, name: str) -> Any:
    """Only what concerns the story, of a batch."""
    alerts = document if isinstance(document, list) else document.get("alerts", [document])
    return [alert for alert in alerts if name in json.dumps(alert)]
