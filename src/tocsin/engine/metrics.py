"""/metrics: what the engine counted and how it stands, in Prometheus' text form."""

from collections.abc import Callable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from tocsin.engine.counters import Counters


class EngineCollector(Collector):
    """`gauges` gives current values by (name, help, labels)."""

    def __init__(
        self, counters: Counters, gauges: Callable[[], list[tuple[str, str, dict[str, str], float]]]
    ) -> None:
        self._counters = counters
        self._gauges = gauges

    def collect(self) -> Iterator[Metric]:
        counters = self._counters
        decisions = CounterMetricFamily("tocsin_decisions", "Decisions by named reason.", labels=["reason"])
        for reason, count in list(counters.reasons.items()):
            decisions.add_metric([reason.value], count)
        yield decisions
        sends = CounterMetricFamily(
            "tocsin_sends",
            "Attempts to send, by what became of them.",
            labels=["channel", "purpose", "outcome"],
        )
        for labels, count in list(counters.sends.items()):
            sends.add_metric(list(labels), count)
        yield sends
        requests = CounterMetricFamily(
            "tocsin_ingest_requests", "Requests by answer.", labels=["source", "status"]
        )
        for (source, status), count in list(counters.requests.items()):
            requests.add_metric([source, str(status)], count)
        yield requests
        accepted = CounterMetricFamily("tocsin_alerts_accepted", "Alerts taken durably.", labels=["source"])
        for source, count in list(counters.alerts_accepted.items()):
            accepted.add_metric([source], count)
        yield accepted
        totals: tuple[tuple[str, str, int], ...] = (
            (
                "tocsin_alerts_renewed",
                "Unchanged re-sends that only renewed a lease.",
                counters.alerts_renewed,
            ),
            ("tocsin_alerts_processed", "Alerts taken through detection.", counters.alerts_processed),
            (
                "tocsin_invariant_breaches",
                "Incidents found without a pending timer.",
                counters.invariant_breaches,
            ),
            ("tocsin_clock_steps", "Wall-clock steps of over five seconds.", counters.clock_steps),
        )
        for name, text, total in totals:
            yield CounterMetricFamily(name, text, value=total)
        failures = CounterMetricFamily(
            "tocsin_loop_failures", "Loops that failed and went on.", labels=["loop"]
        )
        for loop, count in list(counters.loop_failures.items()):
            failures.add_metric([loop], count)
        yield failures
        aside = CounterMetricFamily(
            "tocsin_set_aside",
            "What failed to be decided or sent and is tried again by itself.",
            labels=["what"],
        )
        for what, count in list(counters.set_aside.items()):
            aside.add_metric([what], count)
        yield aside
        hooks = CounterMetricFamily(
            "tocsin_webhook_attempts", "Attempts at outgoing webhooks.", labels=["outcome"]
        )
        for outcome, count in list(counters.webhooks.items()):
            hooks.add_metric([outcome], count)
        yield hooks
        families: dict[str, GaugeMetricFamily] = {}
        for name, text, gauge_labels, value in self._gauges():
            family = families.setdefault(name, GaugeMetricFamily(name, text, labels=list(gauge_labels)))
            family.add_metric(list(gauge_labels.values()), value)
        yield from families.values()


def exposition(collector: EngineCollector) -> bytes:
    """The whole page (text format 0.0.4)."""
    registry = CollectorRegistry()
    registry.register(collector)
    return generate_latest(registry)
