"""The detection index: every alert that matters now, its groups, and what holds it back. One owner, mutable.

It sees every alert, so it is an index and not a decision: `apply` and `tick` answer with Changes, the engine decides each
changed group, asks `rows` for what to store, and after the commit calls `committed`. After a failed commit the index is
ahead of the store: throw it away and `load` another. Instants are microseconds since the epoch.
"""

import heapq
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from tocsin.core.configuration import Configuration
from tocsin.core.detect.changes import AcknowledgedSignal, Changes, HeartbeatSeen, Outcome
from tocsin.core.detect.gathering import (
    ABSENT,
    COUNTS,
    HELD,
    SILENT,
    STATUS_TEXT,
    Alert,
    Delta,
    Gathering,
    Landing,
    Status,
    Verdict,
    for_flush,
    what_changed,
)
from tocsin.core.detect.group import Group, episode_over, removable_at
from tocsin.core.detect.judging import Judge
from tocsin.core.detect.leases import LeaseWheel
from tocsin.core.detect.records import AlertRow, AlertStateRow, GroupRow
from tocsin.core.detect.routing import ResolvedRoute, group_key, group_labels
from tocsin.core.detect.sender_keys import SenderKeys
from tocsin.core.detect.signal import Renewal, Report, Signal, SignalKind
from tocsin.core.detect.storing import HELD_TEXT, REASON_TEXT, WAITS, state_rows, told_by
from tocsin.core.labels import decode_labels, encode_labels, identity_of_encoded
from tocsin.core.reasons import Reason
from tocsin.core.severity import worst

__all__ = ["AcknowledgedSignal", "Changes", "Detection", "HeartbeatSeen", "Outcome"]

MINUTE = 60_000_000
GRACE = 5 * MINUTE  # a lease after a restart; Prometheus renews within four minutes
REMEMBERED = 30 * MINUTE  # a resolved alert keeps its id that long, should it fire again
REMEMBERED_AT_MOST = 200_000
URLS_AT_MOST = 10_000
LEASES_AT_ONCE = 20_000  # per tick, so that a dead Prometheus does not stop the clock


class Detection:
    """The one owned index. Alerts are known by the hash of their whole label set, compared whole on a hit."""

    def __init__(self, configuration: Configuration, next_alert_id: int) -> None:
        self._next_id = next_alert_id
        self._known: dict[int, Alert] = {}
        self._groups: dict[str, Gathering] = {}
        self._keys = SenderKeys()
        self._complete: dict[tuple[str, str], set[int]] = {}
        self._leases = LeaseWheel()
        self._grace_until = 0
        self._resolved: OrderedDict[int, int] = (
            OrderedDict()
        )  # identity -> when it may be forgotten, in that order
        self._removable: list[tuple[int, str]] = []
        self._urls: dict[str, str] = {}
        self._active = 0
        self._obey(configuration)

    def _obey(self, configuration: Configuration) -> None:
        self._judge = judge = Judge(configuration)
        self._extra, self._service = judge.extra_labels, judge.services
        self._silence_members: dict[str, set[int]] = {s.id: set() for s in judge.silences}

    @property
    def configuration(self) -> Configuration:
        return self._judge.configuration

    # --- reports -----------------------------------------------------------------------------------------------------

    def apply(self, reports: Sequence[Report], now: int) -> Changes:
        """Take reports in inbox order."""
        changes = Changes(now)
        self._look_at_clock(now, changes)
        for report in reports:
            parsed = report.parsed
            if parsed.ping is not None:
                changes.heartbeats.append(HeartbeatSeen(parsed.ping, report.received_at))
            listed: set[int] | None = set() if parsed.complete_group is not None else None
            extra = self._extra.get(report.integration)
            for signal in parsed.signals:
                self._take(signal, report, extra, listed, changes)
            if listed is not None and parsed.complete_group is not None:
                self._complete_membership(report, parsed.complete_group, listed, changes)
        return self._finished(changes)

    def _take(
        self,
        signal: Signal,
        report: Report,
        extra: dict[str, str] | None,
        listed: set[int] | None,
        changes: Changes,
    ) -> None:
        labels = signal.labels
        name = None if signal.key is None else (report.integration, signal.key)
        open_by_key = [] if name is None else self._keys.open(name, self._known)
        if signal.kind is SignalKind.ACKNOWLEDGED:
            self._acknowledge(signal, report, extra, open_by_key, changes)
            return
        ended = signal.kind is SignalKind.RESOLVED or (
            signal.ends_at is not None and signal.ends_at <= report.received_at
        )
        if not labels:
            if ended and name is not None:
                self._resolve_by_key(name, open_by_key, signal, report, changes)
            return
        if extra is not None:
            labels = {**extra, **labels}
        encoded = encode_labels(labels)
        identity = identity_of_encoded(encoded)
        alert = self._known.get(identity)
        seed = 0
        while alert is not None and alert.labels != encoded:  # two label sets with one hash
            seed += 1
            identity = identity_of_encoded(encoded, seed)
            alert = self._known.get(identity)
        if name is not None and listed is None and open_by_key and identity not in open_by_key:
            # The sender speaks of an alert it has opened already; what it calls it now does not make it another.
            if ended:
                self._resolve_by_key(name, open_by_key, signal, report, changes)
                return
            alert = self._known[open_by_key[0]]
            identity, encoded = alert.identity, alert.labels
            labels = decode_labels(encoded)
        if ended:
            if alert is not None:
                if name is None or self._keys.let_go(name, identity):
                    self._resolve(alert, signal, report, Reason.SOURCE_RESOLVED, changes)
                if listed is not None and alert.status != Status.RESOLVED:
                    listed.add(identity)
            return
        if alert is None:
            alert = self._begin(signal, report, labels, encoded, identity, changes)
        else:
            self._refresh(alert, signal, report, labels, changes)
        if alert.verdict.heartbeats:
            changes.heartbeats += [HeartbeatSeen(key, report.received_at) for key in alert.verdict.heartbeats]
        if name is not None and identity not in open_by_key:
            self._keys.add(name, alert, self._known)
        if listed is not None:
            listed.add(identity)

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
        received_at = report.received_at
        starts_at = received_at if signal.starts_at is None else signal.starts_at
        number = self._next_id
        self._next_id = number + 1
        alert = Alert(
            number,
            identity,
            report.integration,
            encoded,
            encode_labels(signal.annotations),
            self._url(signal.generator_url),
            starts_at,
            None,
            self._judge.verdict(labels),
        )
        alert.key = signal.key
        self._known[identity] = alert
        changes._new.append(AlertRow(number, identity, report.integration, encoded, received_at, signal.key))
        changes._touched[identity] = alert
        self._renew(alert, signal, report, changes.now)
        self._land(alert, labels, report.parsed.pregrouped, changes)
        return alert

    def _refresh(
        self, alert: Alert, signal: Signal, report: Report, labels: dict[str, str], changes: Changes
    ) -> None:
        """News of an alert that is known: most often none at all, and then only its lease is renewed."""
        status = alert.status
        if signal.annotations or alert.annotations != b"{}":
            annotations = encode_labels(signal.annotations)
            if annotations != alert.annotations:
                alert.annotations = annotations
                changes._touched[alert.identity] = alert
        if signal.generator_url != alert.generator_url:
            alert.generator_url = self._url(signal.generator_url)
            changes._touched[alert.identity] = alert
        starts_at = signal.starts_at
        until = alert.ends_at
        if status == Status.RESOLVED:
            begins = report.received_at if starts_at is None else starts_at
            # Overlapping ranges are one occurrence, and the earliest start is kept.
            alert.starts_at = (
                min(alert.starts_at, begins) if until is not None and begins <= until else begins
            )
            alert.ends_at = None
            alert.status = Status.FIRING
            self._resolved.pop(alert.identity, None)
            alert.verdict = self._judge.verdict(labels)
            changes._touched[alert.identity] = alert
            self._renew(alert, signal, report, changes.now)
            self._land(alert, labels, report.parsed.pregrouped, changes)
            return
        if starts_at is not None and (
            starts_at < alert.starts_at or (until is not None and starts_at > until)
        ):
            alert.starts_at = starts_at
            changes._touched[alert.identity] = alert
        self._renew(alert, signal, report, changes.now)
        if status == Status.SOURCE_SILENT:
            alert.status = Status.FIRING
            changes._touched[alert.identity] = alert
            self._recode(alert, changes)

    def renew(self, renewal: Renewal) -> tuple[Signal, ...]:
        """Alerts that were sent again unchanged: their leases last longer.

        Returns the signals that are more than that: the alerts of heartbeats, which beat, and what does not fire here, which
        must come as a report. Another thread may call it while `apply` runs: it only moves leases that are in the wheel.
        """
        extra = self._extra.get(renewal.integration)
        more = []
        for signal in renewal.signals:
            encoded = encode_labels(signal.labels if extra is None else {**extra, **signal.labels})
            alert = self._known.get(identity_of_encoded(encoded))
            if alert is None or alert.labels != encoded or alert.status != Status.FIRING or not alert.leased:
                more.append(signal)
                continue
            if alert.ends_at is not None and signal.ends_at is not None and alert.ends_at < signal.ends_at:
                alert.ends_at = signal.ends_at
            if alert.verdict.heartbeats:
                more.append(signal)
        return tuple(more)

    def _renew(self, alert: Alert, signal: Signal, report: Report, now: int) -> None:
        """Leases count from when the report is taken, so a backlog or a stepped clock does not use them up."""
        if signal.ends_at is None:
            alert.ends_at = None
            return
        ends_at = signal.ends_at + max(0, now - report.received_at)
        if alert.ends_at is None or alert.ends_at < ends_at:
            alert.ends_at = ends_at
        if not alert.leased:
            alert.leased = True
            self._leases.put(alert.identity, ends_at)

    def _resolve(
        self, alert: Alert, signal: Signal | None, report: Report, reason: Reason, changes: Changes
    ) -> None:
        received_at = report.received_at
        ends_at = received_at
        if signal is not None and signal.ends_at is not None:
            ends_at = min(signal.ends_at, received_at)
        if alert.status == Status.RESOLVED:
            explicit = signal is not None and signal.ends_at is not None
            if explicit and (alert.ends_at is None or alert.ends_at < ends_at):
                alert.ends_at = ends_at
                changes._touched[alert.identity] = alert
            return
        if signal is not None and signal.ends_at is not None and ends_at < alert.starts_at:
            return  # the end of an earlier occurrence, sent again
        alert.status = Status.RESOLVED
        alert.ends_at = ends_at
        # Why it never paged is still asked when it is long over.
        alert.by = f"{alert.reason} by {alert.by}" if alert.reason in HELD_TEXT else ""
        alert.reason = REASON_TEXT[reason]
        changes._touched[alert.identity] = alert
        self._leave(alert, changes)
        self._resolved[alert.identity] = changes.now + REMEMBERED

    def _url(self, url: str) -> str:
        """One string per rule, not per alert."""
        if not url:
            return ""
        if len(self._urls) >= URLS_AT_MOST:
            self._urls.clear()
        return self._urls.setdefault(url, url)

    # --- keys and complete groups ------------------------------------------------------------------------------------

    def _resolve_by_key(
        self, name: tuple[str, str], open_by_key: list[int], signal: Signal, report: Report, changes: Changes
    ) -> None:
        for identity in open_by_key:
            if self._keys.let_go(name, identity):
                self._resolve(self._known[identity], signal, report, Reason.SOURCE_RESOLVED, changes)
        self._keys.close(name)

    def _acknowledge(
        self,
        signal: Signal,
        report: Report,
        extra: dict[str, str] | None,
        open_by_key: list[int],
        changes: Changes,
    ) -> None:
        # Alertmanager names its whole group by the key of the event.
        found = open_by_key or sorted(self._complete.get((report.integration, signal.key or ""), ()))
        found = [one for one in found if self._known[one].status != Status.RESOLVED]
        if not found and signal.labels:
            labels = {**extra, **signal.labels} if extra is not None else signal.labels
            identity = identity_of_encoded(encode_labels(labels))
            alert = self._known.get(identity)
            found = [identity] if alert is not None and alert.status != Status.RESOLVED else []
        groups = dict.fromkeys(group for identity in found for group in self._known[identity].groups)
        incidents = dict.fromkeys(g.state.incident for g in groups if g.state.incident is not None)
        changes.acknowledged.append(
            AcknowledgedSignal(
                report.integration, signal.key or "", tuple(g.key for g in groups), tuple(incidents)
            )
        )

    def _complete_membership(
        self, report: Report, complete_group: str, listed: set[int], changes: Changes
    ) -> None:
        """What the sender's complete list no longer holds has left, unless another list of it still does."""
        name = (report.integration, complete_group)
        signals = report.parsed.signals
        said_so = any(s.kind is SignalKind.RESOLVED and s.key == complete_group for s in signals)
        reason = Reason.SOURCE_RESOLVED if said_so else Reason.LEFT_GROUP
        before = self._complete.get(name, set())
        for identity in before - listed:
            alert = self._known.get(identity)
            if alert is None:
                continue
            alert.complete = tuple(c for c in alert.complete if c != complete_group)
            if not alert.complete and alert.status != Status.RESOLVED:
                self._resolve(alert, None, report, reason, changes)
        for identity in listed - before:
            alert = self._known[identity]
            if complete_group not in alert.complete:
                alert.complete = (*alert.complete, complete_group)
                changes._touched[identity] = alert
        if listed:
            self._complete[name] = listed
        else:
            self._complete.pop(name, None)

    # --- groups ------------------------------------------------------------------------------------------------------

    def _land(self, alert: Alert, labels: dict[str, str], pregrouped: bool, changes: Changes) -> None:
        """An alert begins to fire (or is routed anew): it joins its groups and takes up its roles."""
        verdict = alert.verdict
        if verdict.heartbeats:
            alert.groups = alert.codes = ()
            alert.holds = None
            return
        landings = verdict.landings
        if len(landings) == 1:
            group = self._group(landings[0], labels)
            alert.groups = group.alone
        else:
            alert.groups = tuple(self._group(landing, labels) for landing in landings)
        self._active += 1
        code = COUNTS if alert.status == Status.FIRING else SILENT
        if not verdict.plain:
            code = ABSENT  # what holds it back is looked at when the whole batch is in
            self._take_up_roles(alert, labels, changes)
        alert.holds = None
        alert.codes = _SAME[code] if len(landings) == 1 else (code,) * len(landings)
        identity = alert.identity
        for group in alert.groups:
            delta = self._delta(group, changes)
            delta.before.setdefault(identity, ABSENT)
            group.members.add(identity)
            group.total += 1
            if code:
                group.firing += 1
                if code == SILENT:
                    group.silent += 1
            group.share(labels)
            if not group.integration:
                group.integration = alert.integration
                group.pregrouped = pregrouped
            if code:
                self._weigh(group, delta, alert, labels)

    def _weigh(
        self, group: Gathering, delta: Delta, alert: Alert, labels: dict[str, str] | None = None
    ) -> None:
        """An alert begins to count: how bad is it, and since when."""
        if delta.starts_at is None or alert.starts_at < delta.starts_at:
            delta.starts_at = alert.starts_at
        route = group.landing.route
        severity = route.severity
        if severity is None:
            severity = route.severity_of(labels if labels is not None else decode_labels(alert.labels))
            if severity is None:
                return
        # Most alerts of a group are alike, so compare by identity before by rank.
        if group.worst is not severity:
            group.worst = severity if group.worst is None else worst(group.worst, severity)
        if delta.severity is not severity:
            delta.severity = severity if delta.severity is None else worst(delta.severity, severity)

    def _take_up_roles(self, alert: Alert, labels: dict[str, str], changes: Changes) -> None:
        identity = alert.identity
        for silence in alert.verdict.silences:
            self._silence_members[silence.id].add(identity)
        if alert.verdict.roles:
            self._judge.inhibitions.add_target(identity, alert.verdict.roles)
            changes._rehold.update(self._judge.inhibitions.add_source(alert.verdict.roles))
        if self._judge.windows:
            for group in alert.groups:
                service = self._judge.service_of(alert, group, labels)
                if service is not None:
                    group.services.add(service)
        changes._rehold.add(identity)

    def _leave(self, alert: Alert, changes: Changes) -> None:
        """An alert ends: it counts nowhere any more and inhibits nothing."""
        if not alert.groups:
            return
        identity = alert.identity
        self._active -= 1
        self._lay_down_roles(alert, changes)
        for group in alert.groups:
            group.members.discard(identity)
            if group.landing.route.chat is not None:
                group.ended[alert.id] = identity
        self._set_codes(alert, _SAME[ABSENT] * len(alert.groups), changes)
        alert.holds = None

    def _lay_down_roles(self, alert: Alert, changes: Changes) -> None:
        verdict = alert.verdict
        for silence in verdict.silences:
            self._silence_members[silence.id].discard(alert.identity)
        if verdict.roles:
            self._judge.inhibitions.remove_target(alert.identity, verdict.roles)
            changes._rehold.update(self._judge.inhibitions.remove_source(verdict.roles))

    def _group(self, landing: Landing, labels: Mapping[str, str]) -> Gathering:
        values = landing.values(labels)
        group = landing.groups.get(values)
        if group is None:
            named = group_labels(landing.route, labels)
            key = group_key(landing.route, named)
            group = self._groups.get(key)
            if group is None:
                state = Group(key=key, route=landing.route.id, labels=named)
                group = self._groups[key] = Gathering(key, landing, named, values, state)
            else:  # its route was configured anew, yet names it as before
                group.landing, group.values = landing, values
            landing.groups[values] = group
        return group

    def _delta(self, group: Gathering, changes: Changes) -> Delta:
        delta = changes._deltas.get(group)
        if delta is None:
            delta = changes._deltas[group] = Delta()
            if not group.members and episode_over(group.state, changes.now, group.landing.route.flap_window):
                group.begin_again()
        return delta

    def _set_codes(self, alert: Alert, codes: tuple[int, ...], changes: Changes) -> None:
        before = alert.codes
        if codes == before:
            return
        alert.codes = codes
        identity = alert.identity
        for group, old, new in zip(alert.groups, before, codes, strict=True):
            if old != new:
                delta = self._delta(group, changes)
                delta.before.setdefault(identity, old)
                group.move(old, new)
                if new in (COUNTS, SILENT) and old in (ABSENT, HELD):
                    self._weigh(group, delta, alert)

    # --- what holds an alert back ------------------------------------------------------------------------------------

    def _recode(self, alert: Alert, changes: Changes) -> None:
        code = COUNTS if alert.status == Status.FIRING else SILENT
        if alert.holds is None:
            codes = _SAME[code] if len(alert.groups) == 1 else (code,) * len(alert.groups)
        else:
            codes = tuple(code if hold is None else HELD for hold in alert.holds)
        self._set_codes(alert, codes, changes)

    def _rehold(self, identities: Iterable[int], changes: Changes) -> None:
        for identity in identities:
            alert = self._known.get(identity)
            if alert is None or alert.status == Status.RESOLVED or not alert.groups:
                continue
            holds = self._judge.holds(alert, changes.now)
            if holds != alert.holds:
                alert.holds = holds
                changes._touched[identity] = alert
            self._recode(alert, changes)

    def _look_at_clock(self, now: int, changes: Changes) -> None:
        """Silences, windows and intervals that began or ended since it was last looked at."""
        passed = self._judge.look(now)
        if passed is None:
            return
        for silence in passed.silences:
            changes._rehold |= self._silence_members[silence]
        if passed.services:
            for group in self._groups.values():
                own = group.landing.route.service
                if own in passed.services or not passed.services.isdisjoint(group.services):
                    changes._rehold |= group.members
        for landing in passed.landings:
            for group in landing.groups.values():
                changes._rehold |= group.members
                if group.state.posted:
                    self._delta(group, changes).forced = True  # the chat is owed what it missed

    # --- time --------------------------------------------------------------------------------------------------------

    def tick(self, now: int) -> Changes:
        """Leases that ran out, silences, windows and intervals that began or ended, and what may be forgotten."""
        changes = Changes(now)
        self._look_at_clock(now, changes)
        for identity in self._leases.due(now, LEASES_AT_ONCE):
            alert = self._known.get(identity)
            if alert is None or not alert.leased:
                continue
            alert.leased = False
            if alert.status != Status.FIRING or alert.ends_at is None:
                continue
            ends_at = max(alert.ends_at, self._grace_until)
            if ends_at > now:
                alert.leased = True
                self._leases.put(identity, ends_at)
                continue
            alert.status = Status.SOURCE_SILENT
            changes._touched[identity] = alert
            if alert.groups:
                self._recode(alert, changes)
        finished = self._finished(changes)
        self._forget(now, finished)
        return finished

    def _forget(self, now: int, changes: Changes) -> None:
        resolved = self._resolved
        while resolved:
            identity = next(iter(resolved))
            if resolved[identity] > now and len(resolved) <= REMEMBERED_AT_MOST:
                break
            del resolved[identity]
            alert = self._known.pop(identity)
            self._keys.forget(alert)
        while self._removable and self._removable[0][0] <= now:
            _, key = heapq.heappop(self._removable)
            group = self._groups.get(key)
            if group is None or group.members or group in changes._deltas:
                continue
            at = removable_at(group.state, group.landing.route.flap_window)
            if at is None:
                continue
            if at > now:
                heapq.heappush(self._removable, (at, key))
                continue
            del self._groups[key]
            group.landing.groups.pop(group.values, None)
            changes.removed.append(key)

    def next_due(self) -> int | None:
        """When `tick` has something to do; None while nothing can happen by time alone."""
        due: list[int] = []
        leased = self._leases.next_due()
        if leased is not None:
            due.append(max(leased, self._grace_until))
        passes = self._judge.next_due()
        if passes is not None:
            due.append(passes)
        # Forgetting can wait for a full second, so that many small ends do not become many ticks.
        if self._resolved:
            due.append(_next_second(self._resolved[next(iter(self._resolved))]))
        if self._removable:
            due.append(_next_second(self._removable[0][0]))
        return min(due, default=None)

    def grant_grace(self, until: int) -> None:
        """No lease runs out before `until`: after a step of the clock or an outage of our own."""
        self._grace_until = max(self._grace_until, until)

    # --- asking ------------------------------------------------------------------------------------------------------

    def flush(self, keys: Sequence[str], now: int) -> Changes:
        """These groups as they are now, for FlushDue (or IncidentEnded). Unknown keys are left out."""
        changes = Changes(now)
        for key in dict.fromkeys(keys):
            group = self._groups.get(key)
            if group is None:
                continue
            for identity in group.waiting:
                alert = self._known.get(identity)
                if alert is not None and alert.status != Status.RESOLVED and group in alert.groups:
                    changes._touched[identity] = alert
            changes._flushed.append(group)
            if group.first not in group.members and group.members:
                group.first = min(group.members, key=lambda identity: self._known[identity].id)
            changes.groups.append(for_flush(group, self._known, self._service.get(group.integration)))
        return changes

    def tell_again(self, keys: Iterable[str], now: int) -> Changes:
        """These groups as they are now, as if they had changed: what was decided of their last change was not kept."""
        changes = Changes(now)
        for key in keys:
            group = self._groups.get(key)
            if group is not None:
                self._delta(group, changes).forced = True
        return self._finished(changes)

    def state(self, key: str) -> Group | None:
        """The group as last committed (fresh and empty for one that never was)."""
        group = self._groups.get(key)
        return None if group is None else group.state

    def route(self, key: str) -> ResolvedRoute | None:
        group = self._groups.get(key)
        return None if group is None else group.landing.route

    @property
    def active_alerts(self) -> int:
        """How many fire now, held back or silent ones included."""
        return self._active

    @property
    def known_alerts(self) -> int:
        return len(self._known)

    @property
    def known_groups(self) -> int:
        return len(self._groups)

    # --- restart and configuration -----------------------------------------------------------------------------------

    def load(
        self, alerts: Iterable[tuple[AlertRow, AlertStateRow]], groups: Iterable[GroupRow], now: int
    ) -> Changes:
        """Take over what the store holds active. Every alert with a lease gets a fresh one (`GRACE`).

        The changes are what no longer agrees with the configuration (moved routes, ended silences); usually none.
        """
        changes = Changes(now)
        self._look_at_clock(now, changes)
        for row in groups:
            self._resume(row)
        moves: dict[Gathering, set[Gathering]] = {}
        for fixed, state in alerts:
            alert = self._recall(fixed, state, now)
            labels = decode_labels(fixed.labels)
            alert.verdict = self._judge.verdict(labels)
            self._land(alert, labels, False, changes)
            self._as_it_was(alert, state, changes, moves)
            self._next_id = max(self._next_id, fixed.id + 1)
        self._adopt(moves, changes)
        for group in self._groups.values():
            begun = group.state.begun_at is not None
            acts = group.landing.route.makes_incidents or group.landing.route.chat is not None
            if (group.members and not begun and acts) or (
                not group.members and begun and group.state.ended_at is None
            ):
                self._delta(group, changes).forced = True
            elif not group.members:
                self._may_be_removed(group)
        return self._finished(changes)

    def _resume(self, row: GroupRow) -> None:
        state = msgspec.json.decode(row.document, type=Group)
        landing = self._judge.landings.get(state.route)
        if landing is None:  # its route is gone; only its incident still wants to hear of it
            landing = Landing(ResolvedRoute(path=row.route, id=state.route))
        values = landing.values(state.labels)
        group = Gathering(row.key, landing, state.labels, values, state)
        self._groups[row.key] = group
        if group_key(landing.route, group_labels(landing.route, state.labels)) == row.key:
            landing.groups[values] = group

    def _recall(self, fixed: AlertRow, state: AlertStateRow, now: int) -> Alert:
        silent = state.status == STATUS_TEXT[Status.SOURCE_SILENT]
        alert = Alert(
            fixed.id,
            fixed.identity,
            fixed.integration,
            fixed.labels,
            state.annotations,
            self._url(state.generator_url),
            state.starts_at,
            state.ends_at,
            _NO_VERDICT,
            status=Status.SOURCE_SILENT if silent else Status.FIRING,
            reason=state.reason,
            by=state.by,
            incident=state.incident,
        )
        self._known[fixed.identity] = alert
        if alert.ends_at is not None and not silent:
            alert.ends_at = now + GRACE
            alert.leased = True
            self._leases.put(fixed.identity, alert.ends_at)
        if fixed.key is not None:
            self._keys.add((fixed.integration, fixed.key), alert, self._known)
        if state.complete_group:
            alert.complete = tuple(state.complete_group.split("\n"))
            for name in alert.complete:
                self._complete.setdefault((fixed.integration, name), set()).add(fixed.identity)
        return alert

    def _as_it_was(
        self,
        alert: Alert,
        state: AlertStateRow,
        changes: Changes,
        moves: dict[Gathering, set[Gathering]],
    ) -> None:
        """Compare with what the store says, so that only a difference is news."""
        if state.reason in HELD_TEXT:
            code = HELD
        else:
            code = SILENT if alert.status == Status.SOURCE_SILENT else COUNTS
        before = state.groups.split("\n") if state.groups else []
        for group in alert.groups:
            if group.key in before:
                changes._deltas[group].before[alert.identity] = code
                group.total -= 1
            else:
                changes._touched[alert.identity] = alert
                alert.reason = ""
            if alert.reason == WAITS:
                group.waiting.append(alert.identity)
        for key in before:
            gone = self._groups.get(key)
            if gone is not None and gone not in alert.groups:
                self._delta(gone, changes).before[alert.identity] = code
                moves.setdefault(gone, set()).update(alert.groups)
                changes._touched[alert.identity] = alert

    def reconfigure(self, configuration: Configuration, now: int) -> Changes:
        """Route and hold anew what is active, under another configuration."""
        changes = Changes(now)
        before = self.configuration
        if before.defaults.flap_window == configuration.defaults.flap_window and all(
            getattr(before, field) == getattr(configuration, field) for field in _CONCERNS_DETECTION
        ):
            self._judge.configuration = configuration
            return changes
        landings = self._judge.landings
        self._obey(configuration)
        for id, landing in self._judge.landings.items():
            old = landings.get(id)
            if old is not None and old.route.group_by == landing.route.group_by:
                landing.groups = old.groups
                for group in landing.groups.values():
                    group.landing = landing
        for group in self._groups.values():
            group.services.clear()
        self._look_at_clock(now, changes)
        moves: dict[Gathering, set[Gathering]] = {}
        for alert in self._known.values():
            if alert.status != Status.RESOLVED:
                self._land_anew(alert, changes, moves)
        self._adopt(moves, changes)
        return self._finished(changes)

    def _land_anew(self, alert: Alert, changes: Changes, moves: dict[Gathering, set[Gathering]]) -> None:
        labels = decode_labels(alert.labels)
        alert.verdict = verdict = self._judge.verdict(labels)
        groups = () if verdict.heartbeats else tuple(self._group(at, labels) for at in verdict.landings)
        if groups == alert.groups:
            if not verdict.plain:
                self._take_up_roles(alert, labels, changes)
            elif alert.holds is not None:
                changes._rehold.add(alert.identity)
            return
        for group, code in zip(alert.groups, alert.codes, strict=True):
            self._delta(group, changes).before.setdefault(alert.identity, code)
            group.members.discard(alert.identity)
            group.move(code, ABSENT)
            if group in groups:
                group.total -= 1
            else:
                moves.setdefault(group, set()).update(groups)
        if alert.groups:
            self._active -= 1
        alert.reason = ""
        changes._touched[alert.identity] = alert
        self._land(alert, labels, False, changes)

    def _adopt(self, moves: Mapping[Gathering, set[Gathering]], changes: Changes) -> None:
        """A route that was renamed is the same story: the new group takes over the old one's incident, and nobody is paged
        anew for an edit."""
        for old, news in moves.items():
            if old.members or len(news) != 1 or old.state.incident is None:
                continue
            (new,) = news
            if new.state.begun_at is not None or not new.landing.route.makes_incidents:
                continue
            state = old.state
            new.state = Group(
                key=new.key,
                route=new.landing.route.id,
                labels=new.labels,
                incident=state.incident,
                incident_ended_at=state.incident_ended_at,
                begun_at=state.begun_at,
                ended_at=state.ended_at,
                alerts=state.alerts,
            )
            new.total = max(new.total, old.total)
            delta = self._delta(new, changes)
            delta.forced = True
            delta.before.update(changes._deltas.pop(old).before)
            changes._adopted.add(new.key)
            changes.removed.append(old.key)
            self._groups.pop(old.key, None)
            old.landing.groups.pop(old.values, None)

    # --- what to store -----------------------------------------------------------------------------------------------

    def _finished(self, changes: Changes) -> Changes:
        if changes._rehold:
            self._rehold(changes._rehold, changes)
        known, service = self._known, self._service
        for group, delta in changes._deltas.items():
            change = what_changed(group, delta, known, service.get(group.integration))
            if change is not None:
                changes.groups.append(change)
        return changes

    def rows(
        self, changes: Changes, outcomes: Mapping[str, Outcome]
    ) -> tuple[list[AlertRow], list[AlertStateRow], list[GroupRow]]:
        """What to store. May be asked again with other outcomes before `committed`."""
        groups = []
        for key, (state, incident, _) in outcomes.items():
            group = self._groups[key]
            if state is not group.state or key in changes._adopted:
                path, document = group.landing.route.path, msgspec.json.encode(state)
                groups.append(GroupRow(key, path, group.encoded_labels, document, incident, changes.now))
        changes._rows = state_rows(changes._touched.values(), told_by(outcomes, self._groups), changes.now)
        changes._outcomes = outcomes
        return changes._new, changes._rows, groups

    def committed(self, changes: Changes) -> None:
        """The rows are durable: from now on these outcomes are the groups' states."""
        for flushed in changes._flushed:
            flushed.waiting = []
        for alert, row in zip(changes._touched.values(), changes._rows, strict=True):
            alert.reason = row.reason
            alert.by = row.by
            alert.incident = row.incident
            if row.reason == WAITS:
                for group in alert.groups:
                    group.waiting.append(alert.identity)
        asked = {change.key: change for change in changes.groups}
        for key, (state, _, _) in changes._outcomes.items():
            kept = self._groups.get(key)
            if kept is None:
                continue
            if kept.ended and state.posted_at != kept.state.posted_at:
                for number in asked[key].ended_ids:
                    kept.ended.pop(number, None)
            kept.state = state
            if not kept.members:
                self._may_be_removed(kept)
        for group in changes._deltas:
            if not group.members and group.key not in changes._outcomes:
                self._may_be_removed(group)

    def _may_be_removed(self, group: Gathering) -> None:
        at = removable_at(group.state, group.landing.route.flap_window)
        if at is not None:
            heapq.heappush(self._removable, (at, group.key))


def _next_second(at: int) -> int:
    return (at // 1_000_000 + 1) * 1_000_000


_SAME = tuple((code,) for code in (ABSENT, COUNTS, SILENT, HELD))
_NO_VERDICT = Verdict((), (), (), (), True)
_CONCERNS_DETECTION = (
    "route",
    "inhibitions",
    "silences",
    "maintenance",
    "time_intervals",
    "heartbeats",
    "integrations",
)
