"""What the front process counts, told to the machine process now and then: its page of metrics shows both."""

from collections import Counter

from tocsin.engine.counters import Counters
from tocsin.web.front.words import Counted


class Counting:
    """Implements accept.Counters."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self.requests: Counter[tuple[str, int]] = Counter()
        self.alerts_accepted: Counter[str] = Counter()
        self.alerts_renewed = 0
        self.loop_failures: Counter[str] = Counter()

    def since_last(self) -> Counted | None:
        """None when nothing happened."""
        if not (self.requests or self.alerts_accepted or self.alerts_renewed or self.loop_failures):
            return None
        counted = Counted(
            tuple((source, status, n) for (source, status), n in self.requests.items()),
            tuple(self.alerts_accepted.items()),
            self.alerts_renewed,
            tuple(self.loop_failures.items()),
        )
        self._begin()
        return counted


def add(counted: Counted, counters: Counters) -> None:
    for source, status, n in counted.requests:
        counters.requests[source, status] += n
    counters.alerts_accepted.update(dict(counted.accepted))
    counters.alerts_renewed += counted.renewed
    counters.loop_failures.update(dict(counted.failures))
