"""What /metrics shows of this node: the engine's counts, and how things stand right now."""

import threading
import time

from tocsin.control.live_updates import Hub
from tocsin.engine.detecting import Detecting
from tocsin.engine.engine import Engine
from tocsin.engine.metrics import EngineCollector, exposition
from tocsin.engine.store.protocol import Transaction

Gauge = tuple[str, str, dict[str, str], float]  # name, help, labels, value
SHARE = 0.1  # of one core that pages may take, however many ask


class Scrape:
    def __init__(self, engine: Engine, detecting: Detecting, hub: Hub) -> None:
        self._engine = engine
        self._detecting = detecting
        self._hub = hub
        self._collector = EngineCollector(engine.counters, self._gauges)
        self._making = threading.Lock()
        self._fresh_until, self._page = float("-inf"), b""

    def page(self) -> bytes:
        """In Prometheus' text form; what took long to make stays for a while. Blocks on the store."""
        with self._making:
            began = time.monotonic()
            if began > self._fresh_until:
                self._page = exposition(self._collector)
                now = time.monotonic()
                self._fresh_until = now + (now - began) / SHARE
            return self._page

    def _gauges(self) -> list[Gauge]:
        def read(tx: Transaction) -> tuple[int, int, dict[str, int], int]:
            owner = tx.ownership.current()
            return (
                tx.inbox.backlog(owner.cursor if owner else 0),
                tx.incidents.count_open(),
                dict(tx.agenda.count()),
                len(tx.incidents.without_timer(100)),
            )

        backlog, opened, agenda, broken = self._engine.store.read(read)
        revision = self._engine.facts.current.revision
        return [
            ("tocsin_inbox_backlog", "Requests accepted and not yet processed.", {}, backlog),
            ("tocsin_incidents_open", "Open incidents.", {}, opened),
            ("tocsin_invariant_broken", "Open incidents without a pending timer, now.", {}, broken),
            ("tocsin_detection_owner", "Whether this node owns detection.", {}, int(self._detecting.owned)),
            ("tocsin_configuration_revision", "The configuration's revision.", {}, revision),
            ("tocsin_live_listeners", "Open live pages.", {}, self._hub.listeners),
            *(("tocsin_agenda_entries", "Durable timers.", {"kind": kind}, n) for kind, n in agenda.items()),
        ]
