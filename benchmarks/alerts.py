"""The alerts that are sent to both contenders: what Prometheus says of a fleet, each with a label set of its own.

One template for every sender, wrk included, so that nobody gets lighter bodies.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import msgspec

FIRES_FOR = timedelta(hours=2)


class Fleet(msgspec.Struct, frozen=True):
    """Warnings of a fleet, as text in four pieces: between them go the group (0 to groups - 1), the alert's number, and its
    number once more. `group_by: [alertname, namespace]` makes `groups` groups of them."""

    pieces: tuple[str, str, str, str]
    groups: int

    def __call__(self, number: int) -> str:
        before, after, between, end = self.pieces
        return f"{before}{number % self.groups}{after}{number}{between}{number}{end}"


def fleet(tag: str, groups: int = 100, fires_for: timedelta = FIRES_FOR) -> Fleet:
    """`tag` keeps the label sets of two streams apart."""
    labels = '"job":"node","severity":"warning","cluster":"eu1","service":"task-api"'
    return Fleet(
        (
            '{"labels":{"alertname":"Bench',
            f'","namespace":"prod",{labels},"instance":"10.0.{tag}.',
            ':9100","pod":"task-api-',
            f'"}},{_rest(fires_for)}}}',
        ),
        groups,
    )


def outages(tag: str, groups: int, desks: int) -> Callable[[int], str]:
    """Critical alerts: each of the groups is the outage of a service of its own, so it opens an incident and pages.

    The groups are spread over that many desks' pagers; with none, all go to platform's. `outage_names` has their names."""
    rest = _rest(FIRES_FOR)

    def alert(number: int) -> str:
        group = number % groups
        desk = f'"desk":"{group % desks}",' if desks else ""
        return (
            f'{{"labels":{{"alertname":"{tag}-{group}","namespace":"prod","job":"node","severity":"critical","cluster":"eu1",'
            f'{desk}"service":"service-{group}","instance":"10.0.{tag}.{number}:9100","pod":"task-api-{number}"}},{rest}}}'
        )

    return alert


def outage_names(tag: str, groups: int) -> set[str]:
    return {f"{tag}-{group}" for group in range(groups)}


def body(alert: Callable[[int], str], first: int, count: int) -> bytes:
    return f"[{','.join([alert(number) for number in range(first, first + count)])}]".encode()


def bodies(alert: Callable[[int], str], count: int, batch: int) -> Iterator[bytes]:
    """`count` alerts in all."""
    for first in range(0, count, batch):
        yield body(alert, first, min(batch, count - first))


def _rest(fires_for: timedelta) -> str:
    now = datetime.now(UTC)
    return (
        '"annotations":{"summary":"High latency on instance","runbook_url":"https://wiki.example/rb/latency"},'
        f'"startsAt":"{now:%Y-%m-%dT%H:%M:%S.000Z}","endsAt":"{now + fires_for:%Y-%m-%dT%H:%M:%S.000Z}",'
        '"generatorURL":"http://prometheus.example/graph?g0.expr=latency"'
    )
