"""The keyring of this configuration: every integration's and heartbeat's key, resolved on this machine."""

from collections.abc import Callable

import structlog

from tocsin.core.configuration import Configuration
from tocsin.core.people import MissingSecret, Secret
from tocsin.ingest.keyring import Credential, Keyring

log = structlog.get_logger()


def keyring(facts: Configuration, resolve: Callable[[str | Secret], str]) -> Keyring:
    """An integration whose key is missing here is left out and said so: its sender is answered as with a wrong key."""
    credentials: list[Credential] = []
    wanted: list[tuple[str | Secret | None, str, str]] = [
        (integration.secret, integration.type, key) for key, integration in sorted(facts.integrations.items())
    ]
    wanted += [(heartbeat.ping_key, "heartbeat", key) for key, heartbeat in sorted(facts.heartbeats.items())]
    for secret, kind, name in wanted:
        if secret is None:
            continue
        try:
            credentials.append(Credential(resolve(secret), kind, name))
        except MissingSecret as missing:
            log.error("this sender cannot be let in", type=kind, name=name, why=str(missing))
    return Keyring(credentials)
