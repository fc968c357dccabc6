from datetime import timedelta

from tocsin.core.configuration import Heartbeat
from tocsin.core.detect.heartbeats import Due, HeartbeatState, Resumed, Seen, decide
from tocsin.core.detect.signal import SignalKind

MINUTE = 60_000_000
START = 1_780_000_000_000_000
WATCHDOG = Heartbeat(
    key="prometheus", every=timedelta(minutes=2), grace=timedelta(minutes=1), labels={"severity": "critical"}
)


def heard(at: int = START) -> HeartbeatState:
    return decide(None, Seen(at), at, WATCHDOG).state


def test_a_beat_sets_the_timer_to_every_plus_grace() -> None:
    decision = decide(None, Seen(START), START, WATCHDOG)
    assert decision.remind_at == START + 3 * MINUTE
    assert decision.signal is None


def test_silence_raises_an_alert_once() -> None:
    due = START + 3 * MINUTE
    missed = decide(heard(), Due(), due, WATCHDOG)
    assert missed.signal is not None
    assert missed.signal.kind is SignalKind.FIRING
    assert missed.signal.labels == {
        "alertname": "HeartbeatMissed",
        "heartbeat": "prometheus",
        "severity": "critical",
    }
    assert missed.remind_at is None
    assert decide(missed.state, Due(), due + MINUTE, WATCHDOG).signal is None


def test_a_timer_that_rings_early_is_set_again() -> None:
    early = decide(heard(), Due(), START + MINUTE, WATCHDOG)
    assert (early.signal, early.remind_at) == (None, START + 3 * MINUTE)


def test_the_next_beat_resolves_it_under_the_same_labels() -> None:
    missed = decide(heard(), Due(), START + 3 * MINUTE, WATCHDOG)
    back = decide(missed.state, Seen(START + 9 * MINUTE), START + 9 * MINUTE, WATCHDOG)
    assert missed.signal is not None and back.signal is not None
    assert back.signal.kind is SignalKind.RESOLVED
    assert back.signal.labels == missed.signal.labels
    assert back.signal.key == missed.signal.key
    assert back.remind_at == START + 12 * MINUTE


def test_an_old_beat_does_not_resolve_it() -> None:
    missed = decide(heard(), Due(), START + 10 * MINUTE, WATCHDOG)
    late = decide(missed.state, Seen(START + 2 * MINUTE), START + 11 * MINUTE, WATCHDOG)
    assert late.signal is None
    assert late.state.missed


def test_our_own_absence_is_not_the_senders_silence() -> None:
    back_at = START + 8 * 60 * MINUTE
    resumed = decide(heard(), Resumed(), back_at, WATCHDOG)
    assert resumed.remind_at == back_at + 3 * MINUTE
    assert decide(resumed.state, Due(), back_at + MINUTE, WATCHDOG).signal is None
    assert decide(resumed.state, Due(), back_at + 3 * MINUTE, WATCHDOG).signal is not None


def test_one_that_was_never_heard_is_missed_too() -> None:
    configured = decide(None, Resumed(), START, WATCHDOG)
    missed = decide(configured.state, Due(), START + 3 * MINUTE, WATCHDOG)
    assert missed.signal is not None
    assert "since it was configured" in missed.signal.annotations["description"]
