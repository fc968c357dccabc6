"""Heartbeats: silence is an alert. Nothing heard for `every` + `grace` raises one, the next beat resolves it.

Pure. Instants are microseconds since the epoch and count from receipt. Our own absence never counts: after a restart or a
step of the clock the engine says Resumed, and the wait begins anew.
"""

import msgspec

from tocsin.core.configuration import Heartbeat
from tocsin.core.detect.signal import Signal, SignalKind
from tocsin.core.instants import MICROSECOND, format_duration, instant
from tocsin.core.reasons import Reason


class HeartbeatState(msgspec.Struct, frozen=True, omit_defaults=True):
    """`counts_from`: silence is measured from there; later than `last_seen` when we were away ourselves."""

    key: str
    counts_from: int
    last_seen: int | None = None
    missed: bool = False


class Seen(msgspec.Struct, frozen=True, tag="seen"):
    """A beat, received at that instant."""

    at: int


class Due(msgspec.Struct, frozen=True, tag="due"):
    """The timer rang."""


class Resumed(msgspec.Struct, frozen=True, tag="resumed"):
    """Configured just now, or heard nothing because we were not there."""


HeartbeatEvent = Seen | Due | Resumed


class HeartbeatDecision(msgspec.Struct, frozen=True):
    """`remind_at` None: nothing to wait for but the next beat. `signal` goes into detection like any other."""

    state: HeartbeatState
    remind_at: int | None
    signal: Signal | None
    reason: Reason


def decide(
    state: HeartbeatState | None, event: HeartbeatEvent, now: int, heartbeat: Heartbeat
) -> HeartbeatDecision:
    """Fold one event into the heartbeat; `state` is None when it was never heard of."""
    patience = (heartbeat.every + heartbeat.grace) // MICROSECOND
    if state is None:
        state = HeartbeatState(key=heartbeat.key, counts_from=now)
    match event:
        case Seen(at=at):
            last_seen = at if state.last_seen is None else max(at, state.last_seen)
            heard = HeartbeatState(
                key=heartbeat.key,
                counts_from=max(last_seen, state.counts_from),
                last_seen=last_seen,
                missed=state.missed,
            )
            due_at = heard.counts_from + patience
            if not state.missed:
                return HeartbeatDecision(heard, due_at, None, Reason.HEARTBEAT)
            if last_seen + patience <= now:  # an old beat, late out of the inbox: it is still missing
                return HeartbeatDecision(heard, None, None, Reason.SOURCE_SILENT)
            back = msgspec.structs.replace(heard, missed=False)
            return HeartbeatDecision(back, due_at, _signal(heartbeat, back, now), Reason.SOURCE_RESOLVED)
        case Due():
            due_at = state.counts_from + patience
            if state.missed:
                return HeartbeatDecision(state, None, None, Reason.UNCHANGED)
            if due_at > now:
                return HeartbeatDecision(state, due_at, None, Reason.UNCHANGED)
            gone = msgspec.structs.replace(state, missed=True)
            return HeartbeatDecision(gone, None, _signal(heartbeat, gone, now), Reason.SOURCE_SILENT)
        case Resumed():
            again = msgspec.structs.replace(
                state, counts_from=now
            )  # ahead of it only by a clock since set back
            due = None if again.missed else again.counts_from + patience
            return HeartbeatDecision(again, due, None, Reason.UNCHANGED)


def _signal(heartbeat: Heartbeat, state: HeartbeatState, now: int) -> Signal:
    since = (
        "it was configured"
        if state.last_seen is None
        else f"{instant(state.last_seen):%Y-%m-%d %H:%M:%S} UTC"
    )
    return Signal(
        kind=SignalKind.FIRING if state.missed else SignalKind.RESOLVED,
        labels={"alertname": "HeartbeatMissed", **heartbeat.labels, "heartbeat": heartbeat.key},
        annotations={
            "summary": f"Heartbeat {heartbeat.key} is missing",
            "description": f"Expected every {format_duration(heartbeat.every)}; nothing heard since {since}.",
        },
        starts_at=now if state.missed else None,
        ends_at=None if state.missed else now,
        key=f"heartbeat/{heartbeat.key}",
    )
