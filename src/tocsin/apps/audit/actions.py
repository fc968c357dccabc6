"""The audit log's only pen on the people's side. What the machine process does it writes itself, in the same transaction.

An entry is written in the transaction of its act, so that neither is there without the other. No secret belongs in it.
"""

from datetime import datetime
from typing import Any

import msgspec

from tocsin.apps.audit.whence import whence
from tocsin.apps.people.models import AuditEntry
from tocsin.engine.store.prose import clean

LONGEST = 32 * 1024  # characters of what was before, and of what is after


def record(
    actor: str,
    what: str,
    subject: str,
    now: datetime,
    detail: str = "",
    *,
    before: Any = None,
    after: Any = None,
    via: str = "",
) -> None:
    """`what` is the act's name (`PasswordChanged`), `before` and `after` are what it changed as plain values."""
    here = whence()
    AuditEntry(
        at=now,
        actor=clean(actor)[:400],
        via=via or here.via,
        what=what,
        subject=clean(subject)[:400],
        detail=clean(detail)[:4000],
        address=clean(here.address),
        before=_json(before),
        after=_json(after),
    ).save(force_insert=True)


def _json(value: Any) -> str:
    """Always JSON, also when it is too long to be kept whole."""
    if value is None:
        return ""
    text = msgspec.json.encode(value, enc_hook=str).decode()
    if len(text) <= LONGEST:
        return text
    return msgspec.json.encode({"cut": True, "characters": len(text), "begins": text[:2000]}).decode()
