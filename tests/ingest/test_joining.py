"""Small requests are stored as one row that says exactly what they said, in the same order."""

import asyncio

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.ingest.knocking import START, House, payload
from tocsin.core.detect.signal import InboxRow, Signal, Unreadable
from tocsin.ingest.joining import MOST_ALERTS, MOST_BYTES, WITHIN, Joinable, joined
from tocsin.ingest.registry import discover, replay

PROMETHEUS, ALERTMANAGER = discover()["prometheus"], discover()["alertmanager"]


def alerts(*numbers: int) -> bytes:
    return msgspec.json.encode([{"labels": {"alertname": "DiskFull", "n": str(n)}} for n in numbers])


def request(body: bytes, after: int = 0, integration: str = "prom", count: int | None = None) -> Joinable:
    """As the accept path hands it on: `alerts` is how many it understood."""
    row = InboxRow(0, START + after, integration, "prometheus", body)
    try:
        parsed = replay(row)
    except Unreadable:
        return Joinable(row, PROMETHEUS, 0)
    understood = 0 if parsed.refused else len(parsed.signals)
    return Joinable(row, PROMETHEUS, understood if count is None else count)


def said(rows: list[InboxRow]) -> list[tuple[str, Signal]]:
    """Without the ends, which without one of their own count from the receipt."""
    return [
        (row.integration, msgspec.structs.replace(signal, ends_at=None))
        for row in rows
        for signal in replay(row).signals
    ]


bodies = st.one_of(
    st.lists(st.integers(0, 5), max_size=4).map(lambda numbers: alerts(*numbers)),
    st.lists(st.integers(0, 5), max_size=2).map(lambda numbers: b" " + alerts(*numbers) + b"\n"),
    st.just(b'[{"labels":{}},{"labels":{"alertname":"a"}}]'),  # one of them is refused
)
requests = st.lists(
    st.builds(request, bodies, st.integers(0, 2 * WITHIN), st.sampled_from(["prom", "edge"])), max_size=30
)


@given(requests)
def test_joined_rows_say_what_the_requests_said_in_their_order(came: list[Joinable]) -> None:
    assert said(joined(came)) == said([one.row for one in came])


def test_requests_that_came_together_are_one_row() -> None:
    (row,) = joined([request(alerts(n)) for n in range(10)])
    assert [signal.labels["n"] for signal in replay(row).signals] == [str(n) for n in range(10)]


def test_a_row_holds_no_more_alerts_than_a_page_should_wait_for() -> None:
    rows = joined([request(alerts(n)) for n in range(2 * MOST_ALERTS + 1)])
    assert [len(replay(row).signals) for row in rows] == [MOST_ALERTS, MOST_ALERTS, 1]


def test_large_bodies_are_not_joined() -> None:
    large = msgspec.json.encode(
        [{"labels": {"alertname": "DiskFull"}, "annotations": {"a": "x" * (MOST_BYTES // 2)}}]
    )
    assert len(joined([request(large), request(large), request(alerts(1))])) == 2


def test_what_was_partly_refused_stays_by_itself() -> None:
    refused = request(b'[{"labels":{}},{"labels":{"alertname":"a"}}]')
    assert joined([request(alerts(1)), refused, request(alerts(2))])[1] == refused.row


def test_requests_of_two_integrations_are_not_mixed() -> None:
    rows = joined([request(alerts(n), integration=name) for n, name in enumerate("aabba")])
    assert [(row.integration, len(replay(row).signals)) for row in rows] == [("a", 2), ("b", 2), ("a", 1)]


def test_what_came_long_before_has_its_own_instant() -> None:
    rows = joined([request(alerts(1)), request(alerts(2), WITHIN + 1)])
    assert [row.received_at for row in rows] == [START, START + WITHIN + 1]


def test_a_source_whose_requests_are_groups_is_stored_as_it_came() -> None:
    rows = [InboxRow(0, START, "prom", "alertmanager", payload("alertmanager", "firing"))] * 3
    assert joined([Joinable(row, ALERTMANAGER, 1) for row in rows]) == rows


async def test_a_storm_of_single_alerts_is_one_row_and_every_sender_is_answered(house: House) -> None:
    answers = await asyncio.gather(
        *(house.post_alerts({"labels": {"alertname": "DiskFull", "n": str(n)}}) for n in range(20))
    )
    assert {answer.status for answer in answers} == {200}
    assert sum(house.commits) < 20
    assert sorted(int(s.labels["n"]) for s in house.signals) == list(range(20))
