"""Heartbeats in the engine: the owner remembers when each was heard, and turns silence into an alert.

The alert of a missed beat goes into the inbox like any sender's, before the missed state is committed: a crash in between
repeats it, which changes nothing, and never loses it.
"""

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec
import structlog

from tocsin.core.configuration import Heartbeat
from tocsin.core.detect.hearing import NOTED_EVERY
from tocsin.core.detect.heartbeats import (
    Due,
    HeartbeatDecision,
    HeartbeatEvent,
    HeartbeatState,
    Resumed,
    Seen,
    decide,
)
from tocsin.core.detect.index import HeartbeatSeen
from tocsin.core.detect.matchers import compile_matchers
from tocsin.core.detect.signal import InboxRow, Parsed, Report, Signal
from tocsin.core.instants import micros
from tocsin.engine.consequences import Consequences
from tocsin.engine.engine import Engine, Step
from tocsin.engine.store.protocol import HeartbeatRow, Transaction

log = structlog.get_logger()
SOURCE = "tocsin"  # whose inbox rows are Parsed values as they stand
INTEGRATION = "tocsin.heartbeats"


class Beating:
    """The owner's. States live in memory and in the store; timers only in memory, since every owner resumes anew."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._states: dict[str, HeartbeatState] = {}
        self._due: dict[str, int] = {}
        self._saved: dict[str, int] = {}  # when each was last saved for a re-send
        self._takers: list[tuple[str, Callable[[Mapping[str, str]], bool]]] = []

    @property
    def next_due(self) -> int | None:
        return min(self._due.values(), default=None)

    def load(self, now: datetime) -> None:
        """A new owner: our own absence is nobody's silence."""
        rows = self._engine.store.read(lambda tx: tx.heartbeats.all())
        self._states = {row.key: state for row in rows if (state := self._read(row)) is not None}
        self._due = {}
        self.reconfigure(now)

    def _read(self, row: HeartbeatRow) -> HeartbeatState | None:
        """None for a heartbeat that was never heard, or whose state cannot be read: it waits anew."""
        try:
            return msgspec.json.decode(row.document, type=HeartbeatState) if row.document else None
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            log.error("a stored row cannot be read", what="heartbeat", name=row.key, error=str(error))
            self._engine.counters.set_aside["stored heartbeat"] += 1
            return None

    def reconfigure(self, now: datetime) -> None:
        """Heartbeats that are new wait from now on; those that are gone wait no more."""
        configured = self._engine.facts.current.heartbeats
        self._due = {key: at for key, at in self._due.items() if key in configured}
        self._takers = [
            (key, compile_matchers(heartbeat.matchers))
            for key, heartbeat in configured.items()
            if heartbeat.matchers
        ]
        for key, heartbeat in configured.items():
            if key not in self._due:
                self._keep(decide(self._states.get(key), Resumed(), micros(now), heartbeat))

    def beat(self, now: datetime) -> Step:
        """Look at the timers that rang."""
        at = micros(now)
        rang = [key for key, due in self._due.items() if due <= at]
        if not rang:
            return Step(0, [])
        decisions = self._decide([(key, Due()) for key in rang], at)
        self._raise(decisions, at)
        self._engine.store.run(lambda tx: _save(tx, decisions))
        for decision in decisions:
            self._keep(decision)
        return Step(1, [])

    def seen(
        self, owed: Consequences, heartbeats: Iterable[HeartbeatSeen], reports: Sequence[Report]
    ) -> None:
        """Beats among what is being committed: alerts that feed a heartbeat, and pings."""
        events: list[tuple[str, HeartbeatEvent]] = [(seen.key, Seen(seen.at)) for seen in heartbeats]
        events += [(r.parsed.ping, Seen(r.received_at)) for r in reports if r.parsed.ping is not None]
        if not events:
            return
        at = micros(owed.now)
        decisions = self._decide(events, at)
        self._raise(decisions, at)
        _save(owed.tx, decisions)
        for decision in decisions:
            self._keep(decision)

    def renewed(self, signal: Signal, received_at: int, now: datetime) -> bool:
        """An unchanged re-send of an alert that feeds a heartbeat. Its return is worth a commit, and once in a while when it
        was heard, for people to see: a successor waits anew anyway. False when it feeds none."""
        fed = [key for key, takes in self._takers if takes(signal.labels)]
        for key in fed:
            decisions = self._decide([(key, Seen(received_at))], micros(now))
            resumed = any(decision.signal is not None for decision in decisions)
            if resumed:
                self._raise(decisions, micros(now))
            if resumed or received_at - self._saved.get(key, 0) >= NOTED_EVERY:
                self._engine.store.run(functools.partial(_save, decisions=decisions))
                self._saved[key] = received_at
            for decision in decisions:
                self._keep(decision)
        return bool(fed)

    def _decide(self, events: Sequence[tuple[str, HeartbeatEvent]], now: int) -> list[HeartbeatDecision]:
        configured: dict[str, Heartbeat] = self._engine.facts.current.heartbeats
        states = dict(self._states)
        decisions = []
        for key, event in events:
            if key in configured:
                decision = decide(states.get(key), event, now, configured[key])
                states[key] = decision.state
                decisions.append(decision)
        return decisions

    def _raise(self, decisions: Iterable[HeartbeatDecision], now: int) -> None:
        signals = tuple(decision.signal for decision in decisions if decision.signal is not None)
        if signals:
            log.info("heartbeat", alerts=[f"{s.kind}: {s.labels['heartbeat']}" for s in signals])
            body = msgspec.json.encode(Parsed(signals=signals, pregrouped=True))
            self._engine.store.inbox.append([InboxRow(0, now, INTEGRATION, SOURCE, body)])

    def _keep(self, decision: HeartbeatDecision) -> None:
        key = decision.state.key
        self._states[key] = decision.state
        if decision.remind_at is None:
            self._due.pop(key, None)
        else:
            self._due[key] = decision.remind_at


def _save(tx: Transaction, decisions: Iterable[HeartbeatDecision]) -> None:
    latest = {decision.state.key: decision.state for decision in decisions}
    tx.heartbeats.put(
        [
            HeartbeatRow(key, state.last_seen or 0, state.missed, msgspec.json.encode(state))
            for key, state in latest.items()
        ]
    )
