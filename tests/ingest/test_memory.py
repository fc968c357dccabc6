"""What counts as unchanged, and what never may."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.ingest.knocking import START
from tocsin.core.detect.signal import Parsed, Signal, SignalKind
from tocsin.ingest.memory import Memory

MINUTE = timedelta(minutes=1) // timedelta(microseconds=1)


def firing(
    alertname: str, ends_at: int | None = START + 4 * MINUTE, starts_at: int = START - MINUTE
) -> Signal:
    return Signal(SignalKind.FIRING, {"alertname": alertname}, {}, starts_at, ends_at)


def resolved(alertname: str, ends_at: int = START) -> Signal:
    return Signal(SignalKind.RESOLVED, {"alertname": alertname}, {}, START - MINUTE, ends_at)


class Listener:
    """Takes requests as the accept path does, and says what became of each."""

    def __init__(self, memory: Memory | None = None) -> None:
        self.memory = Memory() if memory is None else memory
        self.generation = 0
        self.due: list[int] = []

    def hears(
        self, *signals: Signal, now: int = START, group: str | None = None, integration: str = "prom"
    ) -> bool:
        """Whether it was news."""
        parsed = Parsed(signals, complete_group=group)
        copies = self.memory.copies(integration, parsed)
        if copies is not None and self.memory.same_group(integration, parsed):
            same = self.memory.unchanged(copies, now)
            if same is not None:
                self.due = same.due
                return False
        self.generation += 1
        self.memory.remember(integration, parsed, copies, now, self.generation)
        return True


def test_a_copy_with_a_later_end_is_no_news() -> None:
    listener = Listener()
    assert listener.hears(firing("DiskFull"))
    assert not listener.hears(firing("DiskFull", START + 5 * MINUTE), now=START + MINUTE)


def test_another_annotation_is_news() -> None:
    listener = Listener()
    listener.hears(Signal(SignalKind.FIRING, {"alertname": "DiskFull"}, {"value": "91%"}))
    assert listener.hears(Signal(SignalKind.FIRING, {"alertname": "DiskFull"}, {"value": "92%"}))


def test_a_copy_after_the_lease_ran_out_is_news() -> None:
    listener = Listener()
    listener.hears(firing("DiskFull", START + 4 * MINUTE))
    assert listener.hears(firing("DiskFull", START + 9 * MINUTE), now=START + 5 * MINUTE)


def test_firing_again_after_it_resolved_is_news_though_the_bytes_are_the_same() -> None:
    listener = Listener()
    listener.hears(firing("DiskFull"))
    assert listener.hears(resolved("DiskFull"))
    assert listener.hears(firing("DiskFull"))


def test_the_same_resolution_is_news_once() -> None:
    listener = Listener()
    listener.hears(firing("DiskFull"))
    assert listener.hears(resolved("DiskFull"))
    assert not listener.hears(resolved("DiskFull"), now=START + MINUTE)


def test_the_same_alert_of_another_integration_is_news() -> None:
    listener = Listener()
    listener.hears(firing("DiskFull"))
    assert listener.hears(firing("DiskFull"), integration="edge")


def test_one_changed_alert_makes_the_batch_news() -> None:
    listener = Listener()
    listener.hears(firing("DiskFull"), firing("Latency"))
    assert listener.hears(firing("DiskFull"), resolved("Latency"))


def test_a_member_that_left_its_group_makes_the_group_news() -> None:
    listener = Listener()
    listener.hears(firing("DiskFull", None), firing("Latency", None), group="g")
    assert not listener.hears(firing("DiskFull", None), firing("Latency", None), group="g")
    assert listener.hears(firing("DiskFull", None), group="g")


def test_a_member_that_left_one_group_is_news_in_another() -> None:
    listener = Listener()
    listener.hears(firing("DiskFull", None), group="a")
    listener.hears(firing("DiskFull", None), group="b")
    listener.hears(group="a")
    assert listener.hears(firing("DiskFull", None), group="b")


def test_a_copy_of_a_message_that_resolves_a_member_is_no_news() -> None:
    listener = Listener()
    listener.hears(firing("DiskFull", None), firing("Latency", None), group="g")
    assert listener.hears(firing("DiskFull", None), resolved("Latency"), group="g")
    assert not listener.hears(firing("DiskFull", None), resolved("Latency"), group="g")


def test_a_group_that_emptied_is_always_news() -> None:
    listener = Listener()
    assert listener.hears(group="g")
    assert listener.hears(group="g")


def test_an_acknowledgement_is_always_news() -> None:
    listener = Listener()
    acknowledgement = Signal(SignalKind.ACKNOWLEDGED, {}, key="db-replica-lag")
    assert listener.hears(acknowledgement)
    assert listener.hears(acknowledgement)


def test_a_renewal_is_passed_on_once_in_ten_seconds() -> None:
    listener = Listener()
    second = MINUTE // 60
    listener.hears(firing("DiskFull"))
    listener.hears(firing("DiskFull"), now=START + 9 * second)
    assert listener.due == []
    listener.hears(firing("DiskFull"), now=START + 10 * second)
    assert listener.due == [0]
    listener.hears(firing("DiskFull"), now=START + 11 * second)
    assert listener.due == []


def test_a_clock_set_back_does_not_hold_renewals_up() -> None:
    listener = Listener()
    listener.hears(firing("DiskFull"))
    assert listener.hears(firing("DiskFull"), now=START - 60 * MINUTE)


def test_a_node_that_does_not_own_detection_appends_again_within_a_third_of_the_lease() -> None:
    listener = Listener()
    listener.memory.owner = False
    listener.hears(firing("DiskFull", START + 3 * MINUTE))
    assert not listener.hears(firing("DiskFull", START + 4 * MINUTE), now=START + MINUTE - 1)
    assert listener.hears(firing("DiskFull", START + 4 * MINUTE), now=START + MINUTE)


def test_what_bears_no_instant_is_always_news_beside_other_nodes() -> None:
    # It may have resolved and come back meanwhile, over another node, and would look the same.
    event = Signal(SignalKind.FIRING, {"alertname": "DiskFull"}, {}, key="disk")
    over = Signal(SignalKind.RESOLVED, {}, key="disk")
    one, several = Listener(), Listener()
    several.memory.alone = False
    for signal in (event, over):
        assert [one.hears(signal), one.hears(signal)] == [True, False]
        assert [several.hears(signal), several.hears(signal)] == [True, True]
    assert [several.hears(firing("DiskFull")), several.hears(firing("DiskFull"))] == [True, False]


def test_what_was_never_durable_is_news_again() -> None:
    listener = Listener()
    listener.hears(firing("DiskFull"))
    parsed = Parsed((resolved("DiskFull"),))
    touched = listener.memory.remember("prom", parsed, listener.memory.copies("prom", parsed), START, 7)
    listener.memory.forget(touched, 7)
    assert listener.hears(resolved("DiskFull"))


def test_a_failed_commit_leaves_alone_what_a_later_one_holds() -> None:
    listener = Listener()
    parsed = Parsed((firing("DiskFull"),))
    copies = listener.memory.copies("prom", parsed)
    touched = listener.memory.remember("prom", parsed, copies, START, 1)
    listener.memory.remember("prom", parsed, copies, START, 2)
    listener.memory.forget(touched, 1)
    assert not listener.hears(firing("DiskFull"))


def test_memory_is_bounded() -> None:
    listener = Listener(Memory(limit=64))
    for number in range(1000):
        listener.hears(firing(f"Alert{number}"))
    assert len(listener.memory) <= 64
    assert len(listener.memory._by_state) == len(listener.memory)


def test_memory_of_what_is_over_is_bounded_too() -> None:
    listener = Listener(Memory(limit=16))
    for second in range(1000):  # one alert that flaps
        now = START + second
        listener.hears(firing("DiskFull"), now=now)
        listener.hears(resolved("DiskFull", now), now=now)
    assert len(listener.memory._over) <= 17


def test_resolved_alerts_are_forgotten_once_nobody_repeats_them() -> None:
    listener = Listener()
    listener.hears(resolved("DiskFull"))
    listener.hears(firing("Latency", START + 60 * MINUTE), now=START + 21 * MINUTE)
    assert len(listener.memory) == 1


_steps = st.lists(
    st.tuples(
        st.sampled_from(["DiskFull", "Latency"]),
        st.sampled_from(["fires", "fires differently", "resolves", "lapses"]),
    ),
    max_size=30,
)


@given(_steps)
def test_a_dropped_copy_never_hides_a_change(steps: list[tuple[str, str]]) -> None:
    """Whoever reads only what was news ends up with the same states as whoever reads everything."""
    listener = Listener()
    now = START
    read: dict[str, tuple[SignalKind, int | None]] = {}
    all_read: dict[str, tuple[SignalKind, int | None]] = {}
    for name, what in steps:
        now += MINUTE if what != "lapses" else 10 * MINUTE
        if what == "resolves":
            signal = resolved(name, now)
        else:
            signal = firing(name, now + 4 * MINUTE, START if what == "fires" else START + 1)
        all_read[name] = (signal.kind, signal.starts_at)
        if listener.hears(signal, now=now):
            read[name] = (signal.kind, signal.starts_at)
        assert read == all_read
