"""Secrets at rest brought under the first key on demand, and counted: before an older key is taken away."""

from datetime import datetime

from tocsin.config.resealing import look, reseal
from tocsin.control import auditing
from tocsin.control.actor import Actor
from tocsin.control.requests import RotateSecrets, SecretsView
from tocsin.engine.store.protocol import Transaction


def rotate(tx: Transaction, request: RotateSecrets, actor: Actor, now: datetime) -> SecretsView:
    if request.check:
        found = look(tx)
        return SecretsView(found.current, 0, found.stale, found.unreadable)
    found = reseal(tx)
    if found.stale:
        tx.records.audit(auditing.of_request(request, actor, now, f"{found.stale} secrets"))
    return SecretsView(found.current, found.stale, 0, found.unreadable)
