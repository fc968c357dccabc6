"""A sample event of an integration, on the real way: written as its sender would, read by its source, marked as a test."""

from datetime import datetime

import msgspec
from msgspec.structs import replace

from tocsin.control import auditing
from tocsin.control.actor import Actor
from tocsin.control.requests import Accepted, Refused, SendSample
from tocsin.core.configuration import Configuration
from tocsin.core.detect.signal import InboxRow, Parsed
from tocsin.core.instants import micros
from tocsin.core.labels import TEST_LABEL
from tocsin.engine.beating import SOURCE as OWN_SOURCE
from tocsin.engine.store.protocol import Store
from tocsin.ingest.registry import discover
from tocsin.ingest.setups import sample_of, setups

KEY = "sample"  # where the sender's body holds its key; a sample needs no real one


def send_sample(
    store: Store, facts: Configuration, request: SendSample, actor: Actor, now: datetime
) -> Accepted:
    """Raises Refused when there is no such integration, or none of a kind that has a sample."""
    integration = facts.integrations.get(request.integration)
    if integration is None:
        raise Refused("not_found", f"there is no integration {request.integration!r}", "integration")
    setup = setups().get(integration.type)
    if setup is None or not setup.sample:
        raise Refused("invalid", f"there is no sample for the type {integration.type!r}", "integration")
    at = micros(now)
    body = sample_of(setup, now.strftime("%Y-%m-%dT%H:%M:%SZ"), KEY)
    read = discover()[setup.source].parse(InboxRow(0, at, integration.key, setup.source, body))
    marked = tuple(
        replace(signal, labels={**signal.labels, TEST_LABEL: "true"}, ends_at=None) for signal in read.signals
    )
    row = auditing.of_request(request, actor, now, integration.key)
    store.run(lambda tx: tx.records.audit(row))
    parsed = msgspec.json.encode(Parsed(signals=marked, pregrouped=True))
    inbox_id = store.inbox.append([InboxRow(0, at, integration.key, OWN_SOURCE, parsed)])
    return Accepted(said=f"A sample event of {integration.key} is on its way.", inbox_id=inbox_id)
