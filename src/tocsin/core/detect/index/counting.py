"""Whether an alert counts in its groups: its codes change, their counts follow, and the batch remembers what was before."""

from tocsin.core.detect.group import episode_over
from tocsin.core.detect.index.alert import ABSENT, ALONE_AS, COUNTS, HELD, SILENT, Alert
from tocsin.core.detect.index.changes import Changes
from tocsin.core.detect.index.gathering import Delta, Gathering
from tocsin.core.labels import decode_labels
from tocsin.core.severity import worst


def delta_of(group: Gathering, changes: Changes) -> Delta:
    """What this batch changed about the group so far."""
    delta = changes._deltas.get(group)
    if delta is None:
        delta = changes._deltas[group] = Delta()
        if not group.members and episode_over(group.state, changes.now, group.landing.route.flap_window):
            group.begin_again()
    return delta


def recode(alert: Alert, changes: Changes) -> None:
    """Its status or what holds it back changed."""
    code = alert.counts_as
    if alert.holds is not None:
        set_codes(alert, tuple([code if hold is None else HELD for hold in alert.holds]), changes)
    elif len(alert.groups) == 1:
        set_codes(alert, ALONE_AS[code], changes)
    else:
        set_codes(alert, (code,) * len(alert.groups), changes)


def set_codes(alert: Alert, codes: tuple[int, ...], changes: Changes) -> None:
    before = alert.codes
    if codes == before:
        return
    alert.codes = codes
    identity = alert.identity
    for group, old, new in zip(alert.groups, before, codes, strict=True):
        if old != new:
            delta = delta_of(group, changes)
            delta.before.setdefault(identity, old)
            group.move(old, new)
            if new in (COUNTS, SILENT) and old in (ABSENT, HELD):
                weigh(alert, group, delta)


def weigh(alert: Alert, group: Gathering, delta: Delta, labels: dict[str, str] | None = None) -> None:
    """It begins to count: since when, and how bad is it."""
    if delta.starts_at is None or alert.starts_at < delta.starts_at:
        delta.starts_at = alert.starts_at
    route = group.landing.route
    if route.severity is not None:
        return
    severity = route.severity_of(decode_labels(alert.labels) if labels is None else labels)
    if severity is None:
        return
    group.worsen(severity)
    if delta.severity is not severity:
        delta.severity = severity if delta.severity is None else worst(delta.severity, severity)
