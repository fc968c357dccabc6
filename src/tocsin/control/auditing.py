"""What the audit log keeps of a request: who, through which door and from where, what was before and what is after.

Never a secret: nouns stand there in their written form, which names secrets or says that the store has them. A kind without
such a form is masked by its names.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec

from tocsin.config.edit import plain
from tocsin.config.export import names_of, written
from tocsin.config.schema.kinds import CONTACT_METHODS, KINDS, from_entry
from tocsin.config.secrets import address_is_secret, option_is_secret
from tocsin.control.actor import Actor
from tocsin.control.requests import Act, ApplyConfiguration, PlanView, Request
from tocsin.core.instants import micros
from tocsin.core.respond.incident import Decision, Incident
from tocsin.engine.store.protocol import AuditRow, ConfigurationTable, Entry, Transaction

LONGEST = 32 * 1024  # characters of what was before, and of what is after
HIDDEN = "(hidden)"
_TOLD = ("state", "severity", "acknowledged_by", "snoozed_until", "resolution", "responders", "paged")


class Witness:
    """The configuration's table, remembering what was put and removed and what stood there before."""

    def __init__(self, table: ConfigurationTable) -> None:
        self._table = table
        self.before: dict[tuple[str, str], Entry | None] = {}
        self.after: dict[tuple[str, str], Entry | None] = {}

    def revision(self) -> int:
        return self._table.revision()

    def hold(self) -> None:
        self._table.hold()

    def bump(self) -> int:
        return self._table.bump()

    def entries(self, kinds: Sequence[str] = ()) -> list[Entry]:
        return self._table.entries(kinds)

    def put(self, entries: Iterable[Entry]) -> None:
        given = list(entries)
        self._remember([(entry.kind, entry.name) for entry in given])
        self.after.update({(entry.kind, entry.name): entry for entry in given})
        self._table.put(given)

    def remove(self, keys: Iterable[tuple[str, str]]) -> None:
        given = list(keys)
        self._remember(given)
        self.after.update(dict.fromkeys(given))
        self._table.remove(given)

    def _remember(self, keys: Sequence[tuple[str, str]]) -> None:
        fresh = [key for key in keys if key not in self.before]
        if fresh:
            kinds = sorted({kind for kind, _ in fresh})
            there = {(entry.kind, entry.name): entry for entry in self._table.entries(kinds)}
            self.before.update({key: there.get(key) for key in fresh})


@contextmanager
def watched(tx: Transaction) -> Iterator[Witness]:
    """What is written to the configuration meanwhile is seen by the witness."""
    table = tx.configuration
    witness = Witness(table)
    tx.configuration = witness
    try:
        yield witness
    finally:
        tx.configuration = table


def of_configuration(
    request: Request, actor: Actor, now: datetime, seen: Witness, answer: object
) -> AuditRow | None:
    """None when nothing was changed."""
    if isinstance(request, ApplyConfiguration):
        return _of_apply(request, actor, now, answer)
    if not seen.after:
        return None
    return AuditRow(
        at=micros(now),
        actor=actor.name,
        via=actor.via,
        what=type(request).__name__,
        subject=", ".join(sorted(".".join(filter(None, key)) for key in seen.after))[:400],
        address=actor.address,
        before=_shown(seen.before),
        after=_shown(seen.after),
    )


def of_act(
    request: Act,
    actor: Actor,
    now: datetime,
    before: Mapping[int, Incident],
    decided: Mapping[int, Decision | None],
) -> AuditRow | None:
    """None when every incident refused it."""
    taken = {i: each.incident for i, each in decided.items() if each is not None and not each.refused}
    if not taken:
        return None
    was, became = {}, {}
    for number, incident in taken.items():
        old, new = _told(before.get(number)), _told(incident)
        changed = [name for name in _TOLD if old.get(name) != new.get(name)]
        was[str(number)] = {name: old.get(name) for name in changed}
        became[str(number)] = {name: new.get(name) for name in changed}
    given = msgspec.to_builtins(request.command)
    detail = {name: value for name, value in given.items() if name not in ("actor", "via", "type")}
    return AuditRow(
        at=micros(now),
        actor=actor.name,
        via=actor.via,
        what=f"Act.{type(request.command).__name__}",
        subject=",".join(map(str, taken))[:400],
        detail=_json(detail) if any(detail.values()) else "",
        address=actor.address,
        before=_json(was),
        after=_json(became),
    )


def of_request(request: Request, actor: Actor, now: datetime, subject: str) -> AuditRow:
    """What changes no noun: a test alert, a test page."""
    asked = masked(msgspec.to_builtins(request))
    asked.pop("type", None)
    return AuditRow(
        at=micros(now),
        actor=actor.name,
        via=actor.via,
        what=type(request).__name__,
        subject=subject[:400],
        address=actor.address,
        after=_json(asked),
    )


def _of_apply(request: ApplyConfiguration, actor: Actor, now: datetime, answer: object) -> AuditRow | None:
    """The plan's lines say what became what, field by field."""
    if not isinstance(answer, PlanView) or not answer.applied:
        return None
    lines = [line for line in answer.lines if line.change != "keep"]
    if not lines:
        return None
    return AuditRow(
        at=micros(now),
        actor=actor.name,
        via=actor.via,
        what="ApplyConfiguration",
        subject=", ".join(file.path for file in request.files)[:400],
        address=actor.address,
        after=_json(
            [f"{line.change} {line.kind}.{line.name}".rstrip(".") for line in lines]
            if sum(len(field) for line in lines for field in line.fields) > LONGEST // 2
            else [msgspec.to_builtins(line) for line in lines]
        ),
    )


def shown(entry: Entry) -> Any:
    """An entry as people may read it."""
    try:
        noun = from_entry(entry)
    except (ValueError, msgspec.DecodeError):
        noun = None
    if noun is not None and entry.kind in KINDS and entry.kind != CONTACT_METHODS:
        return plain(written(entry.kind, noun, names_of(())))
    try:
        return masked(msgspec.json.decode(entry.document))
    except (ValueError, msgspec.DecodeError):
        return HIDDEN


def masked(value: Any, channel: str = "") -> Any:
    """A document without what its names call secret, and without addresses that are a key themselves."""
    match value:
        case {"sealed": str()}:
            return HIDDEN
        case dict():
            channel = str(value.get("channel", ""))
            return {name: _masked_field(name, inside, channel) for name, inside in value.items()}
        case list() | tuple():
            return [masked(inside) for inside in value]
        case str() if address_is_secret(channel, value):
            return HIDDEN
        case _:
            return value


def _masked_field(name: str, value: Any, channel: str) -> Any:
    if name in ("file", "env"):
        return value
    if name == "address" and isinstance(value, str):
        return HIDDEN if channel == "ntfy" or address_is_secret(channel, value) else value
    if option_is_secret(name) and isinstance(value, str | bytes):
        return HIDDEN
    return masked(value)


def _shown(entries: Mapping[tuple[str, str], Entry | None]) -> str:
    there = {".".join(filter(None, key)): shown(entry) for key, entry in sorted(entries.items()) if entry}
    return _json(there) if there else ""


def _told(incident: Incident | None) -> dict[str, Any]:
    return {} if incident is None else {name: getattr(incident, name) for name in _TOLD}


def _json(value: Any) -> str:
    """Always JSON, also when it is too long to be kept whole."""
    text = msgspec.json.encode(value).decode()
    if len(text) <= LONGEST:
        return text
    return msgspec.json.encode({"cut": True, "characters": len(text), "begins": text[:2000]}).decode()
