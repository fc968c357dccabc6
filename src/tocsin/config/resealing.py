"""Brings what the store keeps under the first key: plain secrets of older versions, and what an older key sealed."""

from collections import Counter
from collections.abc import Iterator

import msgspec

from tocsin.config import sealing
from tocsin.config.schema.kinds import decoded
from tocsin.config.sealing import State
from tocsin.engine.store.protocol import Entry, SecondFactor, Transaction

OF_SECOND_FACTORS = ("secret", "seed")  # of an app, and of recovery codes


class Resealed(msgspec.Struct, frozen=True):
    """How many secrets are kept how. `stale` ones are not under the first key; resealing leaves none."""

    current: int
    stale: int
    unreadable: int


def look(tx: Transaction) -> Resealed:
    """How it stands; nothing is written."""
    return _counted(state for _, states in [*_entries(tx), *_factors(tx)] for state in states)


def reseal(tx: Transaction) -> Resealed:
    """How it stood: `stale` were written anew. Nothing that decisions read changes, so the revision stays."""
    tx.configuration.revision()  # nobody edits meanwhile
    entries, factors = list(_entries(tx)), list(_factors(tx))
    tx.configuration.put([_sealed_entry(entry) for entry, states in entries if State.STALE in states])
    tx.second_factors.put([_sealed_factor(factor) for factor, states in factors if State.STALE in states])
    return _counted(state for _, states in [*entries, *factors] for state in states)


def _counted(states: Iterator[State]) -> Resealed:
    found = Counter(states)
    return Resealed(found[State.CURRENT], found[State.STALE], found[State.UNREADABLE])


def _entries(tx: Transaction) -> Iterator[tuple[Entry, list[State]]]:
    for entry in tx.configuration.entries():
        try:
            yield entry, sealing.states(decoded(entry))
        except (ValueError, msgspec.DecodeError):
            continue  # what cannot be read is left as it is


def _sealed_entry(entry: Entry) -> Entry:
    document = msgspec.json.encode(sealing.sealed(sealing.opened(decoded(entry))))
    return msgspec.structs.replace(entry, document=document)


def _factors(tx: Transaction) -> Iterator[tuple[SecondFactor, list[State]]]:
    for factor in tx.second_factors.all():
        states = (sealing.state_of_text(text) for text in _secrets_of(factor).values())
        yield factor, [state for state in states if state is not None]


def _sealed_factor(factor: SecondFactor) -> SecondFactor:
    anew = {
        name: sealing.seal_text(sealing.open_text(text))
        for name, text in _secrets_of(factor).items()
        if sealing.state_of_text(text) is State.STALE
    }
    return SecondFactor(factor.id, {**factor.data, **anew})


def _secrets_of(factor: SecondFactor) -> dict[str, str]:
    return {
        name: text for name in OF_SECOND_FACTORS if isinstance(text := factor.data.get(name), str) and text
    }
