"""What applying would change, field by field. Decides only; apply.py carries it out.

Only what came from Git is removed. What people made on screen stays until a file says it too: from then on Git keeps it. Of
operational facts, what people did wins.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from tocsin.config.answers import PlanLine
from tocsin.config.export import leaves, names_of, written
from tocsin.config.forms import Names
from tocsin.config.history import Turnover, former_of, turnover
from tocsin.config.schema.kinds import KINDS, SINGLE, Key, Noun, from_entry
from tocsin.config.schema.oncall import canonical
from tocsin.config.secrets import STORED
from tocsin.core.configuration import Chat, Heartbeat, Integration, Maintenance, Origin, Silence
from tocsin.core.instants import EPOCH
from tocsin.core.oncall.away import Leave, in_zone
from tocsin.core.oncall.rotation import keep_turn
from tocsin.core.oncall.schedule import Layer, Rotation, Schedule
from tocsin.core.people import PREFERENCES, ContactMethod, Person, Secret
from tocsin.core.webhooks import Webhook
from tocsin.engine.store.protocol import Entry

NOW_IN_GIT = "now kept in Git"


class NotStored(msgspec.Struct, frozen=True):
    """`{stored: true}` is written for a secret that the store does not have."""

    path: str


# --- what the files leave to the store ------------------------------------------------------------------------------


def settle(
    desired: Mapping[Key, Noun], current: Mapping[Key, Noun], now: datetime
) -> tuple[dict[Key, Noun], list[NotStored]]:
    """The nouns as they would be kept: stored secrets filled in, open starts set, turns kept by who has them."""
    settled: dict[Key, Noun] = {}
    missing: list[NotStored] = []
    for key, noun in desired.items():
        before = current.get(key)
        noun, gone = _with_stored_secrets(noun, before, ".".join(part for part in key if part != SINGLE))
        missing.extend(gone)
        match noun:
            case Silence() | Maintenance() if noun.starts_at == EPOCH:
                noun = msgspec.structs.replace(noun, starts_at=before.starts_at if before else now)
            case Leave() if noun.starts_at.tzinfo is None:
                noun = in_zone(noun, _zone_of(noun.person, desired, current))
            case Schedule() if before is not None:
                over = turnover(before, former_of(noun.key, current), noun, now)
                noun = _with_turns_kept(noun, before, over)
        settled[key] = noun
    return settled, missing


def _zone_of(person: str, desired: Mapping[Key, Noun], current: Mapping[Key, Noun]) -> str:
    """As they chose it on screen, else as the files say."""
    own = current.get((PREFERENCES, person))
    known = desired.get(("people", person)) or current.get(("people", person))
    return (own.time_zone if own else None) or (known.time_zone if known else "UTC")


def _with_turns_kept(schedule: Schedule, before: Schedule, over: Turnover) -> Schedule:
    """Editing who takes turns does not take the turn from whoever has it when the edit takes over; moving `from` starts to
    count anew."""
    layers: list[Layer] = []
    for number, layer in enumerate(schedule.layers):
        old = _counterpart(layer, number, before)
        if old is not None and _unchanged(old.rotation, layer.rotation):
            layer = msgspec.structs.replace(layer, rotation=old.rotation)
        elif over.from_ is not None and (old := _counterpart(layer, number, over.from_)) is not None:
            time_zone = layer.time_zone or schedule.time_zone
            rotation = keep_turn(old.rotation, layer.rotation, time_zone, over.at)
            layer = msgspec.structs.replace(layer, rotation=rotation)
        layers.append(layer)
    return msgspec.structs.replace(schedule, layers=tuple(layers))


def _counterpart(layer: Layer, number: int, before: Schedule) -> Layer | None:
    """The same layer as it was: of its name, else at its place; None when its turns are counted from elsewhere."""
    named = [old for old in before.layers if layer.name and old.name == layer.name]
    old = named[0] if named else before.layers[number] if number < len(before.layers) else None
    return old if old is not None and old.rotation.starts == layer.rotation.starts else None


def _unchanged(old: Rotation, new: Rotation) -> bool:
    """As an export shows it, or as it was written before an edit kept somebody's turn."""
    return canonical(old) == new or msgspec.structs.replace(old, first=0) == new


def _with_stored_secrets(noun: Noun, before: Noun | None, path: str) -> tuple[Noun, list[NotStored]]:
    missing: list[NotStored] = []

    def filled(value: Any, stored: Any, where: str) -> Any:
        if value != STORED:
            return value
        if isinstance(stored, str) or (isinstance(stored, Secret) and stored.sealed):
            return stored
        missing.append(NotStored(where))
        return value

    def addressed(new: Any, old: Any, where: str) -> Any:
        """A contact method or a chat; what is stored counts only for the same channel."""
        known = old if old is not None and old.channel == new.channel else None
        options = {
            name: filled(value, known.options.get(name) if known else None, f"{where}.{name}")
            for name, value in new.options.items()
        }
        address = filled(new.address, known.address if known else None, f"{where}.{new.channel}")
        return msgspec.structs.replace(new, address=address, options=options)

    match noun:
        case Person():
            contact: tuple[ContactMethod, ...] = tuple(
                addressed(
                    method, before.method(method.name) if before else None, f"{path}.contact.{method.name}"
                )
                for method in noun.contact
            )
            noun = msgspec.structs.replace(noun, contact=contact)
        case Chat():
            noun = addressed(noun, before, path)
        case Integration():
            noun = msgspec.structs.replace(
                noun, secret=filled(noun.secret, getattr(before, "secret", None), f"{path}.key")
            )
        case Heartbeat():
            value = filled(noun.ping_key, getattr(before, "ping_key", None), f"{path}.key")
            noun = msgspec.structs.replace(noun, ping_key=value)
        case Webhook():
            secrets = {
                field: filled(getattr(noun, field), getattr(before, field, None), f"{path}.{field}")
                for field in ("url", "secret", "previous_secret")
            }
            noun = msgspec.structs.replace(noun, **secrets)
        case _ if hasattr(noun, "url"):
            noun = msgspec.structs.replace(
                noun, url=filled(noun.url, getattr(before, "url", None), f"{path}.url")
            )
    return noun, missing


# --- the difference --------------------------------------------------------------------------------------------------


def plan(desired: Iterable[Entry], current: Iterable[Entry], prune: bool) -> tuple[PlanLine, ...]:
    """A line for everything that changes, and for what is kept although the files do not (or no longer) say so."""
    want = {(entry.kind, entry.name): entry for entry in desired}
    have = {(entry.kind, entry.name): entry for entry in current}
    names = names_of([*want, *have])
    lines = []
    for key in sorted({*want, *have}, key=_in_order):
        line = _line(key, want.get(key), have.get(key), names, prune)
        if line is not None:
            lines.append(line)
    return tuple(lines)


def _in_order(key: Key) -> tuple[int, str, str]:
    kinds = list(KINDS)
    return (kinds.index(key[0]) if key[0] in kinds else len(kinds), *key)


def _line(key: Key, want: Entry | None, have: Entry | None, names: Names, prune: bool) -> PlanLine | None:
    kind, name = key
    if want is None:
        if have is None or have.origin != Origin.GIT or kind not in KINDS:
            return None
        return PlanLine("remove" if prune else "keep", kind, name)
    if have is None:
        return PlanLine("add", kind, name, _fields({}, leaves(written(kind, from_entry(want), names))))
    taken_over = (NOW_IN_GIT,) if _is_taken_over(want, have) else ()
    if want.document == have.document:
        return PlanLine("change", kind, name, taken_over) if taken_over else None
    if have.origin == Origin.GIT and want.origin == Origin.PEOPLE and from_entry(want) != _read(have):
        return PlanLine("keep", kind, name, ("comes from Git; change it there",))
    if KINDS[kind].operational and have.origin == Origin.PEOPLE:
        who = f" by {have.created_by}" if have.created_by else ""
        return PlanLine("keep", kind, name, (f"was edited on screen{who}, which wins over the file",))
    try:
        before = from_entry(have)
    except (ValueError, msgspec.DecodeError):
        unread = "what the store has cannot be read and is replaced"
        return PlanLine("change", kind, name, (unread, *taken_over))
    after = from_entry(want)
    if before == after:
        return PlanLine("change", kind, name, taken_over) if taken_over else None
    fields = _fields(leaves(written(kind, before, names)), leaves(written(kind, after, names)))
    return PlanLine("change", kind, name, (*(fields or ("whose turn it is",)), *taken_over))


def _is_taken_over(want: Entry, have: Entry) -> bool:
    """Who writes into a file what people made on screen wants Git to keep it. Operational facts stay with people."""
    from_files = want.origin == Origin.GIT and have.origin == Origin.PEOPLE
    return from_files and not KINDS[want.kind].operational


def _read(entry: Entry) -> Noun | None:
    try:
        return from_entry(entry)
    except (ValueError, msgspec.DecodeError):
        return None


def _fields(before: Mapping[str, tuple[str, str]], after: Mapping[str, tuple[str, str]]) -> tuple[str, ...]:
    found = []
    for path in dict.fromkeys((*after, *before)):
        old, new = before.get(path), after.get(path)
        if old == new:
            continue
        if not before:
            found.append(f"{path}: {new[0]}" if new else path)
        elif old and new and old[0] == new[0]:
            found.append(f"{path}: changed (hidden)")
        else:
            found.append(f"{path}: {old[0] if old else '(not set)'} -> {new[0] if new else '(not set)'}")
    return tuple(found)
