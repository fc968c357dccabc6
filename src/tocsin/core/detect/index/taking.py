"""Taking reports: each signal begins an alert, is news of one, ends one, or acknowledges. Instants are microseconds."""

from collections.abc import Sequence

from tocsin.core.detect.index.alert import FIRING, RESOLVED, SOURCE_SILENT, Alert, Identity
from tocsin.core.detect.index.changes import AcknowledgedSignal, Changes, HeartbeatSeen
from tocsin.core.detect.index.complete_groups import CompleteGroups
from tocsin.core.detect.index.counting import recode
from tocsin.core.detect.index.ending import Ending
from tocsin.core.detect.index.joining import Joining
from tocsin.core.detect.index.known import Known
from tocsin.core.detect.index.leases import Leases
from tocsin.core.detect.index.sender_keys import Name
from tocsin.core.detect.records import AlertRow
from tocsin.core.detect.signal import Report, Signal, SignalKind
from tocsin.core.labels import decode_labels, encode_labels
from tocsin.core.reasons import Reason

ENDS = SignalKind.RESOLVED
ACKNOWLEDGES = SignalKind.ACKNOWLEDGED


class Taking:
    def __init__(
        self, known: Known, joining: Joining, ending: Ending, leases: Leases, complete: CompleteGroups
    ) -> None:
        self._known = known
        self._joining = joining
        self._ending = ending
        self._leases = leases
        self._complete = complete
        self._starts_at = 0

    def take(self, report: Report, changes: Changes) -> None:
        parsed = report.parsed
        if parsed.ping is not None:
            changes.heartbeats.append(HeartbeatSeen(parsed.ping, report.received_at))
        extra = self._known.judge.extra_labels.get(report.integration)
        if parsed.complete_group is None:
            for signal in parsed.signals:
                self._take(signal, report, extra, None, changes)
            return
        listed: set[Identity] = set()
        for signal in parsed.signals:
            self._take(signal, report, extra, listed, changes)
        self._take_list(report, parsed.complete_group, listed, changes)

    def _take(
        self,
        signal: Signal,
        report: Report,
        extra: dict[str, str] | None,
        listed: set[Identity] | None,
        changes: Changes,
    ) -> None:
        """`listed` are the alerts that a complete group has named so far."""
        known, labels, kind, ends_at = self._known, signal.labels, signal.kind, signal.ends_at
        name: Name | None = None
        open_by_key: Sequence[Identity] = ()
        if signal.key is not None:
            name = (report.integration, signal.key)
            open_by_key = known.keys.open(name, known.alerts)
        if kind is ACKNOWLEDGES:
            self._acknowledge(signal, report, extra, open_by_key, changes)
            return
        ended = kind is ENDS or (ends_at is not None and ends_at <= report.received_at)
        if not labels:
            if ended and name is not None:
                self._resolve_by_key(name, open_by_key, signal, report, changes)
            return
        if extra is not None:
            labels = {**extra, **labels}
        identity = encode_labels(labels)
        alert = known.alerts.get(identity)
        if open_by_key and name is not None and listed is None and identity not in open_by_key:
            # The sender speaks of an alert it has opened already; what it calls it now does not make it another.
            if ended:
                self._resolve_by_key(name, open_by_key, signal, report, changes)
                return
            identity = open_by_key[0]
            alert, labels = known.alerts[identity], decode_labels(identity)
        if ended:
            if alert is not None:
                if name is None or known.keys.let_go(name, identity):
                    self._resolve(alert, signal, report, changes)
                if listed is not None and alert.status != RESOLVED:
                    listed.add(identity)
            return
        if alert is None:
            alert = self._begin(signal, report, labels, identity, changes)
        else:
            self._refresh(alert, signal, report, labels, changes)
        if alert.verdict.heartbeats:
            changes.heartbeats += [HeartbeatSeen(key, report.received_at) for key in alert.verdict.heartbeats]
        if name is not None and identity not in open_by_key:
            known.keys.add(name, alert, known.alerts)
        if listed is not None:
            listed.add(identity)

    # --- firing ------------------------------------------------------------------------------------------------------

    def _begin(
        self, signal: Signal, report: Report, labels: dict[str, str], identity: Identity, changes: Changes
    ) -> Alert:
        """An alert never heard of, or long forgotten."""
        known, shared, integration = self._known, self._known.shared, report.integration
        starts_at = report.received_at if signal.starts_at is None else signal.starts_at
        if starts_at == self._starts_at:  # a rule's alerts mostly begin together, and then share one integer
            starts_at = self._starts_at
        else:
            self._starts_at = starts_at
        number = known.next_id
        known.next_id = number + 1
        alert = Alert(
            number,
            identity,
            integration,
            shared(encode_labels(signal.annotations)),
            shared(signal.generator_url),
            starts_at,
            None,
            known.judge.verdict(labels),
        )
        known.alerts[identity] = changes._touched[identity] = alert
        changes._new.append(AlertRow(number, integration, identity, report.received_at, signal.key))
        ends_at = signal.ends_at
        if ends_at is not None:
            self._lease(alert, ends_at, report, changes)
        self._joining.join(alert, labels, report.parsed.pregrouped, changes)
        return alert

    def _refresh(
        self, alert: Alert, signal: Signal, report: Report, labels: dict[str, str], changes: Changes
    ) -> None:
        """News of an alert that is known: most often none at all, and then only its lease is renewed."""
        if signal.annotations or alert.annotations != b"{}":
            annotations = encode_labels(signal.annotations)
            if annotations != alert.annotations:
                alert.annotations = self._known.shared(annotations)
                changes._touched[alert.labels] = alert
        if signal.generator_url != alert.generator_url:
            alert.generator_url = self._known.shared(signal.generator_url)
            changes._touched[alert.labels] = alert
        status, starts_at, until = alert.status, signal.starts_at, alert.ends_at
        if status == RESOLVED:
            begins = report.received_at if starts_at is None else starts_at
            # Overlapping ranges are one occurrence, and the earliest start is kept.
            starts_at = min(alert.starts_at, begins) if until is not None and begins <= until else begins
            self._fire_again(alert, starts_at, labels)
            changes._touched[alert.labels] = alert
        elif starts_at is not None and (
            starts_at < alert.starts_at or (until is not None and starts_at > until)
        ):
            alert.starts_at = starts_at
            changes._touched[alert.labels] = alert
        if signal.ends_at is None:
            alert.ends_at = None
        else:
            self._lease(alert, signal.ends_at, report, changes)
        if status == RESOLVED:
            self._joining.join(alert, labels, report.parsed.pregrouped, changes)
        elif status == SOURCE_SILENT:
            alert.status = FIRING
            changes._touched[alert.labels] = alert
            recode(alert, changes)

    def _fire_again(self, alert: Alert, starts_at: int, labels: dict[str, str]) -> None:
        alert.starts_at = starts_at
        alert.ends_at = None
        alert.status = FIRING
        alert.verdict = self._known.judge.verdict(labels)
        self._ending.undo(alert)
        self._known.keys.forget(alert)  # what its sender called it then holds nothing now

    def _lease(self, alert: Alert, ends_at: int, report: Report, changes: Changes) -> None:
        """Leases count from when the report is taken, so a backlog or a stepped clock does not use them up."""
        if changes.now > report.received_at:
            ends_at += changes.now - report.received_at
        self._leases.extend(alert, ends_at)

    # --- ending ------------------------------------------------------------------------------------------------------

    def _resolve(self, alert: Alert, signal: Signal, report: Report, changes: Changes) -> None:
        ends_at = report.received_at
        if signal.ends_at is not None:
            ends_at = min(signal.ends_at, ends_at)
        if alert.status == RESOLVED:
            if signal.ends_at is not None and (alert.ends_at is None or alert.ends_at < ends_at):
                alert.ends_at = ends_at
                changes._touched[alert.labels] = alert
            return
        if signal.ends_at is not None and signal.ends_at < alert.starts_at:  # both by the sender's own clock
            return  # the end of an earlier occurrence, sent again
        self._ending.resolve(alert, ends_at, Reason.SOURCE_RESOLVED, changes)

    def _resolve_by_key(
        self, name: Name, open_by_key: Sequence[Identity], signal: Signal, report: Report, changes: Changes
    ) -> None:
        for identity in open_by_key:
            if self._known.keys.let_go(name, identity):
                self._resolve(self._known.alerts[identity], signal, report, changes)
        self._known.keys.close(name)

    def _take_list(
        self, report: Report, complete_group: str, listed: set[Identity], changes: Changes
    ) -> None:
        """What the sender's complete list no longer holds has left, unless another list of it still does."""
        signals = report.parsed.signals
        said_so = any(s.kind is ENDS and s.key == complete_group for s in signals)
        reason = Reason.SOURCE_RESOLVED if said_so else Reason.LEFT_GROUP
        for alert in self._complete.replace((report.integration, complete_group), listed, changes):
            if alert.status != RESOLVED:
                self._ending.resolve(alert, report.received_at, reason, changes)

    # --- acknowledging -----------------------------------------------------------------------------------------------

    def _acknowledge(
        self,
        signal: Signal,
        report: Report,
        extra: dict[str, str] | None,
        open_by_key: Sequence[Identity],
        changes: Changes,
    ) -> None:
        """It concerns what fires under that key; Alertmanager names its whole group by the key of the event."""
        alerts, key = self._known.alerts, signal.key or ""
        found = open_by_key or sorted(self._complete.members((report.integration, key)))
        firing = [alerts[one] for one in found if one in alerts and alerts[one].status != RESOLVED]
        if not firing and signal.labels:
            labels = signal.labels if extra is None else {**extra, **signal.labels}
            alert = alerts.get(encode_labels(labels))
            firing = [alert] if alert is not None and alert.status != RESOLVED else []
        groups = dict.fromkeys(group for alert in firing for group in alert.groups)
        incidents = dict.fromkeys(g.state.incident for g in groups if g.state.incident is not None)
        changes.acknowledged.append(
            AcknowledgedSignal(report.integration, key, tuple(g.key for g in groups), tuple(incidents))
        )
