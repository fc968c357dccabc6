"""Delivery to one address: order, pacing, bundling, repeats, failover, giving up."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.reasons import Reason
from tocsin.core.respond.deliver import (
    GAP,
    MOST_IN_ONE,
    after_attempt,
    hold_back,
    key_of,
    next_send,
    queue_of,
)
from tocsin.core.respond.delivery import (
    AddressState,
    AfterAttempt,
    Delivered,
    Failed,
    Nothing,
    Notification,
    NotificationState,
    Outcome,
    Purpose,
    Rejected,
    Send,
    Wait,
)
from tocsin.core.severity import Severity

from .story import minutes

NOW = datetime(2026, 6, 14, 14, 32, tzinfo=UTC)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def waits(
    name: str,
    purpose: Purpose = Purpose.PAGE,
    service: str = "task-api",
    at: datetime = NOW,
    test: bool = False,
) -> Notification:
    return Notification(
        id=name,
        purpose=purpose,
        address_key="ntfy|alice",
        channel="ntfy",
        created_at=at,
        incident=1,
        page=name if purpose is Purpose.PAGE else None,
        person="alice",
        method="push",
        severity=Severity.SEV2,
        service=service,
        test=test,
    )


class Address:
    """One address on a virtual clock: what waits, what left when, and a provider that answers as told."""

    def __init__(self) -> None:
        self.now = NOW
        self.state = AddressState()
        self.waiting: list[Notification] = []
        self.sent: list[tuple[float, tuple[str, ...]]] = []
        self.keys: list[str] = []
        self.results: list[tuple[str, NotificationState]] = []
        self.failed_over: list[str] = []

    def gets(self, *notifications: Notification) -> None:
        self.waiting.extend(notifications)

    def drops(self, *names: str) -> None:
        self.waiting = [n for n in self.waiting if n.id not in names]

    def next(self) -> Send | Wait | Nothing:
        return next_send(self.state, self.waiting, self.now)

    def leaves(self, outcome: Outcome | None = None) -> AfterAttempt:
        """What is to be sent now leaves and meets this outcome."""
        send = self.next()
        assert isinstance(send, Send), send
        self.state = send.state
        self.sent.append(((self.now - NOW).total_seconds(), send.ids))
        self.keys.append(send.state.key)
        bundle = [n for n in self.waiting if n.id in send.ids]
        after = after_attempt(self.state, bundle, outcome or Delivered(), self.now)
        self.state = after.state
        if after.result is not None:
            self.results += [(name, after.result) for name in send.ids]
            self.drops(*send.ids)
        if after.fail_over:
            self.failed_over += send.ids
        return after

    def runs(self, until: float, outcome: Outcome | None = None) -> None:
        """Everything that may leave until then does."""
        for _ in range(1000):
            match self.next():
                case Send():
                    self.leaves(outcome)
                case Wait(until=due) if due <= NOW + seconds(until):
                    assert due > self.now, "a wait is never over already"
                    self.now = due
                case _:
                    self.now = NOW + seconds(until)
                    return
        raise AssertionError("sends without end")


def held_back(address: Address, notification: Notification) -> bool:
    held = address.state.held_back
    return held is not None and notification.created_at < held.before and address.now < held.until


def names(sent: Sequence[tuple[float, tuple[str, ...]]]) -> list[tuple[str, ...]]:
    return [ids for _, ids in sent]


def test_nothing_waits() -> None:
    assert Address().next() == Nothing()


def test_the_first_page_for_a_service_goes_at_once() -> None:
    address = Address()
    address.gets(waits("1.1.1"))
    address.leaves()
    address.now += seconds(1)
    address.gets(waits("2.1.1", service="billing"))
    address.leaves()
    assert address.sent == [(0, ("1.1.1",)), (1, ("2.1.1",))]


def test_more_of_the_same_service_is_paced_and_leaves_as_one_message() -> None:
    address = Address()
    address.gets(waits("1.1.1"))
    address.leaves()
    address.gets(waits("2.1.1"), waits("3.1.1"))
    assert address.next() == Wait(NOW + GAP, Reason.PACED)
    address.runs(60)
    assert address.sent == [(0, ("1.1.1",)), (30, ("2.1.1", "3.1.1"))]


def test_four_waiting_pages_become_one_message() -> None:
    address = Address()
    address.gets(*(waits(f"{n}.1.1") for n in range(1, 5)))
    assert address.leaves().result is NotificationState.SENT
    assert address.sent == [(0, ("1.1.1", "2.1.1", "3.1.1", "4.1.1"))]


def test_a_storm_on_one_service_does_not_delay_another_services_first_page() -> None:
    address = Address()
    address.gets(*(waits(f"{n}.1.1") for n in range(1, 301)))
    address.leaves()
    address.now += seconds(2)
    address.gets(waits("900.1.1", service="billing", at=address.now))
    address.leaves()
    at, ids = address.sent[-1]
    assert at == 2
    assert "900.1.1" in ids


def test_a_storm_leaves_in_few_messages_and_none_is_lost() -> None:
    address = Address()
    address.gets(*(waits(f"{n}.1.1") for n in range(1, 301)))
    address.runs(3600)
    assert len(address.sent) == 12
    assert all(len(ids) <= MOST_IN_ONE for ids in names(address.sent))
    assert len({i for ids in names(address.sent) for i in ids}) == 300


def test_after_five_minutes_of_silence_a_service_is_new_again() -> None:
    address = Address()
    address.gets(waits("1.1.1"))
    address.leaves()
    address.now += minutes(5)
    address.gets(waits("2.1.1"))
    address.leaves()
    assert address.sent[-1] == (300, ("2.1.1",))
    assert list(address.state.services) == ["task-api"]


def test_the_worst_comes_first_in_a_bundle() -> None:
    address = Address()
    minor = waits("1.1.1", service="a")
    major = Notification(
        **{f: getattr(minor, f) for f in minor.__struct_fields__} | {"id": "2.1.1", "severity": Severity.SEV1}
    )
    address.gets(minor, major)
    address.leaves()
    assert names(address.sent) == [("2.1.1", "1.1.1")]


def test_a_status_message_never_goes_before_a_page() -> None:
    address = Address()
    address.gets(waits("s1", Purpose.STATUS), waits("s2", Purpose.CHAT), waits("1.1.1"))
    address.runs(10)
    assert names(address.sent) == [("1.1.1",), ("s1",), ("s2",)]


def test_a_status_message_does_not_start_right_before_a_page_is_due() -> None:
    address = Address()
    address.gets(waits("1.1.1"))
    address.leaves()
    address.gets(waits("2.1.1"))
    address.now += seconds(25)
    address.gets(waits("s1", Purpose.STATUS))
    address.runs(60)
    assert address.sent[1:] == [(30, ("2.1.1",)), (30, ("s1",))]


def test_status_messages_are_not_mixed_with_pages_nor_with_each_other() -> None:
    address = Address()
    address.gets(waits("s1", Purpose.STATUS), waits("s2", Purpose.STATUS))
    address.runs(10)
    assert names(address.sent) == [("s1",), ("s2",)]


def test_news_waits_in_a_queue_of_its_own() -> None:
    assert queue_of("ntfy|alice", Purpose.PAGE) == "ntfy|alice"
    assert queue_of("ntfy|alice", Purpose.CHAT) != "ntfy|alice"


def test_a_test_page_is_not_mixed_with_real_ones_and_costs_them_nothing() -> None:
    address = Address()
    address.gets(waits("9.1.1", test=True), waits("1.1.1"))
    address.runs(1)
    assert names(address.sent) == [("1.1.1",), ("9.1.1",)]


def test_a_retry_repeats_the_same_bundle_under_the_same_key() -> None:
    address = Address()
    address.gets(waits("1.1.1"), waits("2.1.1"))
    address.leaves(Failed("timeout"))
    address.gets(waits("3.1.1"))
    address.runs(20, Delivered())
    assert names(address.sent)[:2] == [("1.1.1", "2.1.1")] * 2
    assert address.keys[0] == address.keys[1] == key_of(("2.1.1", "1.1.1"))


def test_an_attempt_cut_short_by_a_crash_is_repeated_with_its_key() -> None:
    address = Address()
    address.gets(waits("1.1.1"), waits("2.1.1"))
    before = address.next()
    assert isinstance(before, Send)
    address.state = before.state  # saved; then the power went
    address.gets(waits("3.1.1", service="billing"))
    again = address.next()
    assert isinstance(again, Send)
    assert (again.ids, again.state.key, again.state.attempt) == (before.ids, before.state.key, 2)


def test_after_an_outage_what_waited_lets_what_is_new_go_ahead_alone() -> None:
    address = Address()
    address.gets(waits("1.1.1"))
    address.leaves()
    address.gets(waits("2.1.1", at=NOW + seconds(5)))
    address.now += seconds(3600)
    address.state = hold_back(address.state, address.now, address.now + seconds(75))
    assert address.next() == Wait(address.now + seconds(75), Reason.SEND_FAILED)
    address.now += seconds(10)
    address.gets(waits("3.1.1", service="billing", at=address.now))
    address.leaves()
    assert names(address.sent)[1:] == [("3.1.1",)]
    address.runs(3600 + 200)
    assert address.sent[-1] == (3600 + 75, ("2.1.1",))


def test_an_attempt_an_outage_cut_short_waits_too_and_is_repeated_with_its_key() -> None:
    address = Address()
    address.gets(waits("1.1.1"))
    begun = address.next()
    assert isinstance(begun, Send)
    address.state = begun.state  # saved; then the power went, for an hour
    address.now += seconds(3600)
    address.state = hold_back(address.state, address.now, address.now + seconds(75))
    address.gets(waits("2.1.1", service="billing", at=address.now))
    address.leaves()
    address.runs(3600 + 200)
    assert address.sent == [(3600, ("2.1.1",)), (3600 + 75, ("1.1.1",))]
    assert address.keys[1] == begun.state.key


def test_what_was_dropped_meanwhile_is_not_repeated() -> None:
    address = Address()
    address.gets(waits("1.1.1"), waits("2.1.1"))
    address.leaves(Failed("timeout"))
    address.drops("1.1.1")
    address.runs(20)
    assert names(address.sent)[1:] == [("2.1.1",)]
    assert address.keys[0] == address.keys[1]


def test_a_bundle_that_was_dropped_whole_is_forgotten() -> None:
    address = Address()
    address.gets(waits("1.1.1"))
    address.leaves(Failed("timeout"))
    address.drops("1.1.1")
    assert address.next() == Nothing()


def test_a_new_services_page_does_not_wait_behind_a_broken_bundle() -> None:
    address = Address()
    address.gets(waits("1.1.1"))
    address.leaves(Failed("503", retry_after=120))
    address.now += seconds(1)
    address.gets(waits("2.1.1", service="billing"))
    address.leaves()
    assert address.sent[-1] == (1, ("2.1.1",))
    address.runs(200)
    assert address.sent[-1] == (120, ("1.1.1",))


def test_three_failures_fail_over_once_while_the_page_goes_on_being_tried() -> None:
    address = Address()
    address.gets(waits("1.1.1"))
    address.runs(3600, Failed("connection refused"))
    assert address.failed_over == ["1.1.1"]
    assert address.results == []
    gaps = [b - a for (a, _), (b, _) in zip(address.sent, address.sent[1:], strict=False)]
    assert gaps[0] < 10
    assert max(gaps) <= 360
    address.runs(4000, Delivered())  # the provider is back
    assert address.results == [("1.1.1", NotificationState.SENT)]


def test_failing_over_comes_within_a_minute_of_the_first_failure() -> None:
    address = Address()
    address.gets(waits("1.1.1"))
    address.runs(60, Failed("connection refused"))
    assert address.failed_over == ["1.1.1"]


def test_a_provider_that_asks_for_a_long_pause_is_failed_over_at_once() -> None:
    address = Address()
    address.gets(waits("1.1.1"))
    after = address.leaves(Failed("429", retry_after=3600))
    assert after.fail_over
    assert after.retry_at == NOW + minutes(5)  # bounded


def test_a_hard_rejection_is_final_and_fails_over_at_once() -> None:
    address = Address()
    address.gets(waits("1.1.1"))
    after = address.leaves(Rejected("unknown topic"))
    assert (after.result, after.fail_over, after.reason) == (NotificationState.FAILED, True, Reason.REJECTED)
    assert address.next() == Nothing()


def test_news_is_given_up_after_an_hour() -> None:
    address = Address()
    address.gets(waits("s1", Purpose.CHAT))
    address.runs(2 * 3600, Failed("503"))
    assert address.results == [("s1", NotificationState.FAILED)]
    assert address.failed_over == []
    assert 3600 <= address.sent[-1][0] < 3600 + 360


def test_the_state_forgets_everything_in_the_end() -> None:
    address = Address()
    address.gets(waits("1.1.1"))
    address.leaves(Failed("timeout"))
    address.runs(20)
    state = address.state
    assert (state.bundle, state.key, state.attempt, state.retries) == ((), "", 0, ())


OUTCOMES = st.sampled_from([Delivered(), Delivered(), Failed("503"), Failed("429", 40.0), Rejected("gone")])
PURPOSES = st.sampled_from([Purpose.PAGE, Purpose.PAGE, Purpose.STATUS, Purpose.CHAT])


@given(
    st.lists(
        st.one_of(
            st.tuples(PURPOSES, st.sampled_from(["task-api", "billing", "web"]), st.booleans()),
            OUTCOMES,
            st.floats(0, 100),
            st.just("crash"),
            st.just("outage"),
        ),
        max_size=40,
    )
)
def test_under_any_history_nothing_is_lost_or_sent_after_it_was_settled(
    history: list[tuple[Purpose, str, bool] | Outcome | float | str],
) -> None:
    address = Address()
    given: set[str] = set()
    settled: set[str] = set()
    for number, event in enumerate(history):
        match event:
            case (purpose, service, test):
                address.gets(waits(f"{number}.1.1", purpose, service, address.now, test))
                given.add(f"{number}.1.1")
            case float():
                address.now += seconds(event)
            case "crash":
                send = address.next()
                if isinstance(send, Send):
                    address.state = send.state
            case "outage":
                address.state = hold_back(address.state, address.now, address.now + seconds(75))
            case _ if isinstance(address.next(), Send):
                before = set(address.state.services), address.waiting[:]
                address.leaves(event)  # type: ignore[arg-type]
                ids = set(address.sent[-1][1])
                assert ids <= given - settled
                purposes = {n.purpose for n in before[1] if n.id in ids}
                assert len(purposes) == 1
                assert Purpose.PAGE in purposes or len(ids) == 1
        settled = {name for name, _ in address.results}
        page_of_new_service = any(
            n.purpose is Purpose.PAGE and not n.test and n.service not in address.state.services
            for n in address.waiting
            if not held_back(address, n)
            and all(n.id not in r.ids for r in address.state.retries)
            and n.id not in address.state.bundle
        )
        if page_of_new_service:
            assert isinstance(address.next(), Send), "the first page for a service is never delayed"
    address.runs((address.now - NOW).total_seconds() + 3 * 3600)
    assert {name for name, _ in address.results} == given
