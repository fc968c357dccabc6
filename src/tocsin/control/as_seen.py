"""Acting on an incident only while it is as it was seen: somebody else may have been faster."""

from collections.abc import Mapping

import msgspec
import xxhash

from tocsin.control.requests.incidents import Act
from tocsin.control.requests.refused import Refused
from tocsin.core.respond.incident import Incident

FIELD = "seen"
_encode = msgspec.json.Encoder().encode


def mark_of(incident: Incident) -> str:
    """What this state of it is called; any change makes another."""
    return str(xxhash.xxh3_128_hexdigest(_encode(incident)))


def check(request: Act, there: Mapping[int, Incident]) -> None:
    """`there` are the incidents as they are in the transaction that will act. Raises Refused, at FIELD when one moved on."""
    if not request.seen:
        return
    if len(request.incidents) != 1:
        raise Refused("invalid", "only of one incident can it be said how it was seen", "incidents")
    incident = there.get(request.incidents[0])
    if incident is not None and mark_of(incident) != request.seen:
        raise Refused("conflict", f"incident {incident.id} is not as you saw it: read it again", FIELD)
