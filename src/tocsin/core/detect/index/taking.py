"""Taking reports: each signal begins an alert, is news of one, ends one, or acknowledges. Instants are microseconds."""

from tocsin.core.detect.index.alert import FIRING, RESOLVED, SOURCE_SILENT, Alert
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
from tocsin.core.labels import decode_labels, encode_labels, identity_of_encoded
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
        listed: set[int] = set()
        for signal in parsed.signals:
            self._take(signal, report, extra, listed, changes)
        self._take_list(report, parsed.complete_group, listed, changes)

    def _take(
        self,
        signal: Signal,
        report: Report,
        extra: dict[str, str] | None,
        listed: set[int] | None,
        changes: Changes,
    ) -> None:
        """`listed` are the identities that a complete group has named so far."""
        known, labels = self._known, signal.labels
        name = None if signal.key is None else (report.integration, signal.key)
        open_by_key = [] if name is None else known.keys.open(name, known.alerts)
        if signal.kind is ACKNOWLEDGES:
            self._acknowledge(signal, report, extra, open_by_key, changes)
            return
        ended = signal.kind is ENDS or (signal.ends_at is not None and signal.ends_at <= report.received_at)
        if not labels:
            if ended and name is not None:
                self._resolve_by_key(name, open_by_key, signal, report, changes)
            return
        if extra is not None:
            labels = {**extra, **labels}
        encoded = encode_labels(labels)
        identity = identity_of_encoded(encoded)
        alert = known.alerts.get(identity)
        seed = 0
        while alert is not None and alert.labels != encoded:  # two label sets with one hash
            seed += 1
            identity = identity_of_encoded(encoded, seed)
            alert = known.alerts.get(identity)
        if name is not None and listed is None and open_by_key and identity not in open_by_key:
            # The sender speaks of an alert it has opened already; what it calls it now does not make it another.
            if ended:
                self._resolve_by_key(name, open_by_key, signal, report, changes)
                return
            alert = known.alerts[open_by_key[0]]
            identity, encoded = alert.identity, alert.labels
            labels = decode_labels(encoded)
        if ended:
            if alert is not None:
                changes._labels[identity] = labels
                if name is None or known.keys.let_go(name, identity):
                    self._resolve(alert, signal, report, changes)
                if listed is not None and alert.status != RESOLVED:
                    listed.add(identity)
            return
        if alert is None:
            alert = self._begin(signal, report, labels, encoded, identity, changes)
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
        self,
        signal: Signal,
        report: Report,
        labels: dict[str, str],
        encoded: bytes,
        identity: int,
        changes: Changes,
    ) -> Alert:
        """An alert never heard of, or long forgotten."""
        known, received_at, integration = self._known, report.received_at, report.integration
        starts_at = received_at if signal.starts_at is None else signal.starts_at
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
            encoded,
            encode_labels(signal.annotations),
            known.url(signal.generator_url),
            starts_at,
            None,
            known.judge.verdict(labels),
            signal.key,
        )
        known.alerts[identity] = alert
        changes._new.append(AlertRow(number, identity, integration, encoded, received_at, signal.key))
        changes._touched[identity] = alert
        if signal.ends_at is not None:
            self._lease(alert, signal.ends_at, report, changes)
        self._joining.join(alert, labels, report.parsed.pregrouped, changes)
        return alert

    def _refresh(
        self, alert: Alert, signal: Signal, report: Report, labels: dict[str, str], changes: Changes
    ) -> None:
        """News of an alert that is known: most often none at all, and then only its lease is renewed."""
        if signal.annotations or alert.annotations != b"{}":
            annotations = encode_labels(signal.annotations)
            if annotations != alert.annotations:
                alert.annotations = annotations
                changes._touched[alert.identity] = alert
        if signal.generator_url != alert.generator_url:
            alert.generator_url = self._known.url(signal.generator_url)
            changes._touched[alert.identity] = alert
        status, starts_at, until = alert.status, signal.starts_at, alert.ends_at
        if status == RESOLVED:
            begins = report.received_at if starts_at is None else starts_at
            # Overlapping ranges are one occurrence, and the earliest start is kept.
            starts_at = min(alert.starts_at, begins) if until is not None and begins <= until else begins
            self._fire_again(alert, starts_at, labels)
            changes._touched[alert.identity] = alert
        elif starts_at is not None and (
            starts_at < alert.starts_at or (until is not None and starts_at > until)
        ):
            alert.starts_at = starts_at
            changes._touched[alert.identity] = alert
        if signal.ends_at is None:
            alert.ends_at = None
        else:
            self._lease(alert, signal.ends_at, report, changes)
        if status == RESOLVED:
            self._joining.join(alert, labels, report.parsed.pregrouped, changes)
        elif status == SOURCE_SILENT:
            alert.status = FIRING
            changes._touched[alert.identity] = alert
            recode(alert, changes)

    def _fire_again(self, alert: Alert, starts_at: int, labels: dict[str, str]) -> None:
        alert.starts_at = starts_at
        alert.ends_at = None
        alert.status = FIRING
        alert.verdict = self._known.judge.verdict(labels)
        self._ending.undo(alert)

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
                changes._touched[alert.identity] = alert
            return
        if signal.ends_at is not None and signal.ends_at < alert.starts_at:  # both by the sender's own clock
            return  # the end of an earlier occurrence, sent again
        self._ending.resolve(alert, ends_at, Reason.SOURCE_RESOLVED, changes)

    def _resolve_by_key(
        self, name: Name, open_by_key: list[int], signal: Signal, report: Report, changes: Changes
    ) -> None:
        for identity in open_by_key:
            if self._known.keys.let_go(name, identity):
                self._resolve(self._known.alerts[identity], signal, report, changes)
        self._known.keys.close(name)

    def _take_list(self, report: Report, complete_group: str, listed: set[int], changes: Changes) -> None:
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
        open_by_key: list[int],
        changes: Changes,
    ) -> None:
        """It concerns what fires under that key; Alertmanager names its whole group by the key of the event."""
        alerts, key = self._known.alerts, signal.key or ""
        found = open_by_key or sorted(self._complete.members((report.integration, key)))
        firing = [alerts[one] for one in found if one in alerts and alerts[one].status != RESOLVED]
        if not firing and signal.labels:
            labels = signal.labels if extra is None else {**extra, **signal.labels}
            alert = alerts.get(identity_of_encoded(encode_labels(labels)))
            firing = [alert] if alert is not None and alert.status != RESOLVED else []
        groups = dict.fromkeys(group for alert in firing for group in alert.groups)
        incidents = dict.fromkeys(g.state.incident for g in groups if g.state.incident is not None)
        changes.acknowledged.append(
            AcknowledgedSignal(report.integration, key, tuple(g.key for g in groups), tuple(incidents))
        )
