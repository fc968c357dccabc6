"""Who may knock, by this configuration: every integration's and heartbeat's key, resolved on this machine."""

from collections.abc import Callable

import structlog

from tocsin.core.configuration import Configuration
from tocsin.core.people import MissingSecret, Secret
from tocsin.ingest.keyring import Credential

log = structlog.get_logger()


def credentials(facts: Configuration, resolve: Callable[[str | Secret], str]) -> list[Credential]:
    """An integration whose key is missing here is left out and said so: its sender is answered as with a wrong key."""
    found: list[Credential] = []
    wanted: list[tuple[str | Secret | None, str, str]] = [
        (integration.secret, integration.type, key) for key, integration in sorted(facts.integrations.items())
    ]
    wanted += [(heartbeat.ping_key, "heartbeat", key) for key, heartbeat in sorted(facts.heartbeats.items())]
    for secret, kind, name in wanted:
        if secret is None:
            continue
        try:
            found.append(Credential(resolve(secret), kind, name))
        except MissingSecret as missing:
            log.error("this sender cannot be let in", type=kind, name=name, why=str(missing))
    return found
