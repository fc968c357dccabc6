"""The words of the timeline: instants, durations and lists as people read them. Every line explains itself alone."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from tocsin.core.instants import format_duration
from tocsin.core.reasons import Reason
from tocsin.core.respond.policy import Policy, Step, TargetKind

_SECOND = timedelta(seconds=1)
_HELD = {
    Reason.SILENCED: "silenced",
    Reason.INHIBITED: "inhibited by another alert",
    Reason.MAINTENANCE: "under maintenance",
    Reason.MUTED: "muted by its route's times",
}


def clock(at: datetime, now: datetime) -> str:
    """`14:42 UTC`, with the date when it is another day's."""
    at = at.astimezone(UTC)
    form = "%H:%M UTC" if at.date() == now.astimezone(UTC).date() else "%Y-%m-%d %H:%M UTC"
    return at.strftime(form)


def span(duration: timedelta) -> str:
    """`10m`: whole seconds, never negative."""
    return format_duration(max(duration, timedelta(0)) // _SECOND * _SECOND)


def listed(names: Sequence[str]) -> str:
    """`alice`, `alice and bob`, `alice, bob and carol`."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def alerts(count: int) -> str:
    return "1 alert" if count == 1 else f"{count} alerts"


def until_now(held_back: Sequence[Reason]) -> str:
    """` Until now it was silenced.`, "" when nothing held it back."""
    return f" Until now it was {listed([_HELD[reason] for reason in held_back])}." if held_back else ""


def reached_through(step: Step) -> str:
    """Whom a step names: `platform-secondary`, `bob and the chat alerts`."""
    return listed([f"the chat {t.name}" if t.kind is TargetKind.CHAT else t.name for t in step.targets])


def what_follows(policy: Policy, step: int, round_: int) -> str:
    """Who comes after this step of this round: `platform-secondary`, `platform-primary again`, `the last resort`."""
    if step + 1 < len(policy.steps):
        return reached_through(policy.steps[step + 1])
    if round_ < policy.repeat and policy.steps:
        return f"{reached_through(policy.steps[0])} again"
    return "the last resort"
