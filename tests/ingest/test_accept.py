"""Durable before answered, repeated or refused: the accept path as senders and the engine see it."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ingest.knocking import House, payload
from tocsin.core.detect.signal import SignalKind
from tocsin.ingest import committer

AM = "/in/alertmanager/am-key"
LATENCY: dict[str, object] = {
    "labels": {"alertname": "APIHighLatency", "service": "task-api"},
    "startsAt": "2026-09-14T08:02:11.482Z",
    "endsAt": "2026-09-14T08:07:11.482Z",
}


async def settle() -> None:
    """Let everything run that can without the disk."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_an_alert_is_in_the_inbox_before_it_is_answered(house: House) -> None:
    house.held.clear()
    asked = asyncio.create_task(house.post_alerts(LATENCY))
    await settle()
    assert not asked.done()
    assert not house.inbox
    house.held.set()
    assert (await asked).status == 200
    assert [row.source for row in house.inbox] == ["prometheus"]
    assert house.signals[0].labels["alertname"] == "APIHighLatency"


async def test_a_concurrent_copy_is_not_answered_before_the_first_is_durable(house: House) -> None:
    house.held.clear()
    first = asyncio.create_task(house.post_alerts(LATENCY))
    await settle()
    second = asyncio.create_task(house.post_alerts(LATENCY))
    await settle()
    assert not second.done()
    house.held.set()
    assert (await first).status == (await second).status == 200
    assert len(house.inbox) == 1


async def test_a_concurrent_copy_fails_with_the_first(house: House) -> None:
    house.broken = True
    house.held.clear()
    first = asyncio.create_task(house.post_alerts(LATENCY))
    await settle()
    second = asyncio.create_task(house.post_alerts(LATENCY))
    await settle()
    house.held.set()
    assert (await first).status == (await second).status == 503
    assert not house.inbox


async def test_after_a_failed_commit_the_next_copy_is_stored(house: House) -> None:
    house.broken = True
    assert (await house.post_alerts(LATENCY)).status == 503
    house.broken = False
    assert (await house.post_alerts(LATENCY)).status == 200
    assert len(house.inbox) == 1


async def test_what_waits_for_a_commit_shares_the_next(house: House) -> None:
    house.held.clear()
    asked = [asyncio.create_task(house.post_alerts(LATENCY | {"labels": {"n": str(n)}})) for n in range(3)]
    await settle()
    await asyncio.to_thread(house.appending.wait, 10)
    asked += [
        asyncio.create_task(house.post_alerts(LATENCY | {"labels": {"n": str(n)}})) for n in range(3, 50)
    ]
    await settle()
    house.held.set()
    assert {answer.status for answer in await asyncio.gather(*asked)} == {200}
    assert house.commits == [1, 1]  # rows in each
    assert [signal.labels["n"] for signal in house.signals] == [str(n) for n in range(50)]


async def test_a_resend_that_changes_nothing_is_not_appended_but_renews(house: House) -> None:
    await house.post_alerts(LATENCY)
    house.advance("1m")
    answer = await house.post_alerts(LATENCY | {"endsAt": "2026-09-14T08:08:11.482Z"})
    assert answer.status == 200
    assert len(house.inbox) == 1
    (renewal,) = house.renewals
    assert renewal.integration == "prom"
    assert renewal.signals[0].ends_at == house.signals[0].ends_at + 60_000_000  # type: ignore[operator]
    assert house.counters.alerts_renewed == 1


async def test_an_alert_that_the_engine_forgot_is_appended_again(house: House) -> None:
    await house.post_alerts(LATENCY)
    house.accept.forget("prom", house.signals)
    await house.post_alerts(LATENCY)
    assert len(house.inbox) == 2


async def test_alertmanagers_repetition_of_a_group_is_not_appended(house: House) -> None:
    await house.post(AM, payload("alertmanager", "firing"))
    repeated = payload("alertmanager", "firing").replace(b"first notification", b"repeat interval elapsed")
    await house.post(AM, repeated)
    assert len(house.inbox) == 1
    await house.post(AM, payload("alertmanager", "partly_resolved"))
    assert len(house.inbox) == 2


async def test_an_empty_batch_is_fine_and_stores_nothing(house: House) -> None:
    assert (await house.post_alerts()).status == 200
    assert not house.inbox


async def test_a_partly_bad_batch_is_kept_as_far_as_it_is_good(house: House) -> None:
    body = payload("prometheus", "partly_bad")
    answer = await house.post("/am/am-key/api/v2/alerts", body, (b"content-type", b"application/json"))
    assert answer.status == 400
    assert isinstance(answer.json, str)
    assert [signal.labels["alertname"] for signal in house.signals] == ["CheckoutLatencyHigh"]
    assert house.quarantine[0][1] == answer.json


async def test_a_good_alert_of_a_partly_bad_batch_is_known_like_any_other(house: House) -> None:
    bad = {"labels": {}}
    await house.post_alerts(LATENCY)
    await house.post_alerts(LATENCY | {"endsAt": "2026-09-14T08:03:00Z"}, bad)
    await house.post_alerts(LATENCY)
    assert [signal.kind for signal in house.signals] == [
        SignalKind.FIRING,
        SignalKind.RESOLVED,
        SignalKind.FIRING,
    ]


async def test_what_cannot_be_read_is_quarantined_up_to_its_budget(house: House) -> None:
    for _ in range(150):
        assert (await house.post(AM, b"{}")).status == 400
    assert len(house.quarantine) == 101
    house.advance("1s")
    for _ in range(20):
        await house.post(AM, b"{}")
    assert len(house.quarantine) == 111
    assert not house.inbox


async def test_overload_is_answered_503_and_nothing_is_lost_or_kept(house: House, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(committer, "MAX_WAITING", 2)
    house.held.clear()
    under_way = asyncio.create_task(house.post_alerts(LATENCY))
    await settle()
    await asyncio.to_thread(house.appending.wait, 10)
    waiting = [asyncio.create_task(house.post_alerts(LATENCY | {"labels": {"n": str(n)}})) for n in range(2)]
    await settle()
    answer = await house.post_alerts(LATENCY | {"labels": {"n": "one too many"}})
    assert answer.status == 503
    house.held.set()
    assert [(await asked).status for asked in (under_way, *waiting)] == [200, 200, 200]
    assert len(house.signals) == 3


async def test_closing_lets_what_is_under_way_become_durable(house: House) -> None:
    asked = asyncio.create_task(house.post_alerts(LATENCY))
    await settle()
    await house.accept.close()
    assert (await asked).status == 200


_alert = st.fixed_dictionaries(
    {
        "labels": st.dictionaries(
            st.sampled_from(["alertname", "a", "b"]), st.sampled_from(["", "x", "y"]), min_size=1
        )
    },
    optional={
        "startsAt": st.sampled_from(["2026-09-14T08:02:11.482Z", "2026-09-14T10:02:00+02:00", "never"]),
        "endsAt": st.sampled_from(["2026-09-14T08:07:11Z", "2026-09-14T08:00:00Z", "0001-01-01T00:00:00Z"]),
        "annotations": st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
    },
)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.lists(_alert, max_size=4), max_size=6))
def test_whatever_was_taken_can_be_read_again_and_holds_as_many_alerts(
    batches: list[list[dict[str, object]]],
) -> None:
    async def scenario() -> House:
        house = House()
        for batch in batches:
            await house.post_alerts(*batch)
            house.advance("1m")
        await house.accept.close()
        return house

    house = asyncio.run(scenario())
    assert len(house.signals) == sum(house.counters.alerts_accepted.values())
