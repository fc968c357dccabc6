"""What the engine counts. Prometheus' names for them are given in metrics.py."""

from collections import Counter
from collections.abc import Mapping

from tocsin.core.reasons import Reason
from tocsin.core.respond.delivery import Outcome
from tocsin.core.respond.message import Message


class Counters:
    """Plain counts since the process began; incremented from the engine's threads, each under the interpreter's lock."""

    def __init__(self) -> None:
        self.reasons: Counter[Reason] = Counter()
        self.sends: Counter[tuple[str, str, str]] = Counter()  # channel, purpose, outcome
        self.invariant_breaches = 0
        self.requests: Counter[tuple[str, int]] = Counter()  # source, status
        self.alerts_accepted: Counter[str] = Counter()  # source
        self.alerts_renewed = 0
        self.alerts_processed = 0
        self.clock_steps = 0
        self.loop_failures: Counter[str] = Counter()
        self.webhooks: Counter[str] = Counter()  # attempts: delivered, failed
        self.set_aside: Counter[str] = Counter()  # what could not be decided, by kind

    def decided(self, reasons: Mapping[Reason, int]) -> None:
        self.reasons.update(reasons)

    def sent(self, message: Message, outcome: Outcome, address_key: str) -> None:
        channel = address_key.partition("|")[0]
        self.sends[channel, message.purpose.value, type(outcome).__name__.lower()] += 1

    def repaired(self, breaches: int) -> None:
        self.invariant_breaches += breaches
