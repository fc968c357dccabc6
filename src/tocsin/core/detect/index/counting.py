"""Whether an alert counts in its groups: its codes change, their counts follow, and the batch remembers what was before."""

from tocsin.core.detect.group import episode_over
from tocsin.core.detect.index.alert import ABSENT, ALONE_AS, COUNTS, HELD, SILENT, Alert
from tocsin.core.detect.index.changes import Changes
from tocsin.core.detect.index.gathering import Delta, Gathering
from tocsin.core.severity import Severity, worst


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
    identity = alert.labels
    for group, severity, old, new in zip(alert.groups, alert.verdict.severities, before, codes, strict=True):
        if old != new:
            delta = delta_of(group, changes)
            delta.before.setdefault(identity, old)
            group.move(old, new)
            if new in (COUNTS, SILENT) and old in (ABSENT, HELD):
                weigh(alert.starts_at, severity, group, delta)


def weigh(starts_at: int, severity: Severity | None, group: Gathering, delta: Delta) -> None:
    """An alert begins to count: since when, and how bad it is where the route does not say."""
    earliest = delta.starts_at
    if earliest is None or starts_at < earliest:
        delta.starts_at = starts_at
    if severity is None:
        return
    group.worsen(severity)
    if delta.severity is not severity:
        delta.severity = severity if delta.severity is None else worst(delta.severity, severity)
