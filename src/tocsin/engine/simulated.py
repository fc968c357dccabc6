"""The simulated world: the same engine on a virtual clock, with channels that answer from a function.

Scenario tests, the demo's first half, what-if and drills run here. It is synchronous and deterministic: time moves from
one due instant to the next, and at each everything due is done until nothing is left. Over the memory store nothing touches
a disk; over a live store the same histories are checked against the real SQL.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from tocsin.core.configuration import Configuration
from tocsin.core.detect.signal import InboxRow, Parsed
from tocsin.core.instants import instant, micros
from tocsin.core.respond.compose import Links
from tocsin.core.respond.delivery import Delivered, Outcome
from tocsin.core.respond.incident import Command, Decision
from tocsin.engine.clock import VirtualClock
from tocsin.engine.counters import Counters
from tocsin.engine.detecting import Detecting
from tocsin.engine.engine import Engine
from tocsin.engine.facts import Facts, Load
from tocsin.engine.oncall.shift_timers import ShiftTimers
from tocsin.engine.oncall.warning_timers import WarningTimers
from tocsin.engine.sending import Arrival, Departure
from tocsin.engine.store.protocol import Store
from tocsin.engine.webhook_desk import WebhookDesk
from tocsin.engine.webhooks import Answered, WebhookArrival, WebhookDeparture

Deliver = Callable[[Departure], Outcome]
Listen = Callable[[WebhookDeparture], Answered]


class SimulatedWorld:
    """`deliver` stands for every provider; by default all of them accept everything at once."""

    def __init__(
        self,
        store: Store,
        load: Load,
        clock: VirtualClock,
        links: Callable[[Configuration], Links],
        replay: Callable[[InboxRow], Parsed],
        channels: Sequence[str],
        deliver: Deliver = lambda departure: Delivered(),
        node: str = "simulated",
        listen: Listen = lambda departure: Answered(204),
    ) -> None:
        self.store = store
        self.clock = clock
        self.deliver = deliver
        self._channels = channels
        self.engine = Engine(store, Facts(store, load), links, Counters(), self._room, channels)
        self.detecting = Detecting(self.engine, node, replay)
        self._shift_timers = ShiftTimers(self.engine)
        self._warning_timers = WarningTimers(self.engine)
        self.listen = listen  # every webhook's receiver
        self.webhooks = WebhookDesk(self.engine, links, lambda facts: dict.fromkeys(facts.webhooks, 16))
        self.running = True  # a stopped process: time passes, nothing is done

    def _room(self) -> Mapping[str, int]:
        return dict.fromkeys(self._channels, 1000)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    # --- what happens to the world -------------------------------------------------------------------------------

    def receive(self, source: str, integration: str, body: bytes) -> int:
        """A sender's request, durable in the inbox; processed at once while the engine runs. Its inbox id."""
        first = self.store.inbox.append([InboxRow(0, micros(self.now), integration, source, body)])
        self.settle()
        return first

    def command(self, incident_id: int, command: Command) -> Decision | None:
        answered, departures = self.engine.submit([incident_id], command, self.now)
        self.carry(departures)
        self.settle()
        return answered[incident_id]

    def configuration_changed(self) -> None:
        self.engine.facts.reload()
        self.settle()

    def stop(self) -> None:
        self.running = False

    def restart(self, node: str | None = None) -> None:
        """As after a crash: all that was in memory is gone."""
        self.engine.facts.reload()
        self.detecting = Detecting(self.engine, node or self.detecting.node, self.detecting.replay)
        self._shift_timers = ShiftTimers(self.engine)
        self._warning_timers = WarningTimers(self.engine)
        self.running = True
        self.settle()

    # --- time ----------------------------------------------------------------------------------------------------

    def advance(self, by: timedelta) -> None:
        """Let that much time pass, doing at each instant what is due then."""
        self.advance_to(self.now + by)

    def advance_to(self, target: datetime) -> None:
        while self.running:
            due = self.next_due()
            if due is None or due > target:
                break
            self.clock.move_to(max(due, self.now))
            self.settle()
        self.clock.move_to(target)
        self.settle()

    def next_due(self) -> datetime | None:
        asked = (self.engine.next_due(), self.detecting.next_due(), self.webhooks.next_due())
        known = [at for at in asked if at is not None]
        return instant(min(known)) if known else None

    def settle(self) -> None:
        """Do everything that is due now, until nothing is. What senders said comes before any timer, as after a start of the
        live world: an end that waits in the inbox stops the page that waits to leave."""
        if not self.running:
            return
        self.detecting.acquire(self.now)
        self._shift_timers.keep(self.now)
        self._warning_timers.keep(self.now)
        for _ in range(100_000):
            detected = self.detecting.process(self.now)
            self.carry(detected.departures)
            if detected.done:
                continue
            decided = self.engine.run_due(self.now)
            self.carry(decided.departures)
            errands = self.engine.run_errands(self.now)
            self.carry(errands.departures)
            departures = self.engine.depart(self.now)
            self.carry(departures)
            owed = self.webhooks.depart(self.now)
            self._post(owed)
            if not (decided.done or errands.done or departures or owed):
                return
        raise RuntimeError(
            "the world does not come to rest: something is due again and again at the same instant"
        )

    def carry(self, departures: list[Departure]) -> None:
        """Bring what must leave to the providers, and their answers back."""
        while departures:
            arrivals = [Arrival(departure, self.deliver(departure), self.now) for departure in departures]
            departures = self.engine.arrived(arrivals, self.now)

    def _post(self, departures: list[WebhookDeparture]) -> None:
        """Bring to webhooks what they are owed."""
        if departures:
            arrivals = [WebhookArrival(each, self.listen(each), self.now) for each in departures]
            self.carry(self.webhooks.arrived(arrivals, self.now))
