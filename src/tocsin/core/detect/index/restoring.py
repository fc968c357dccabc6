"""Taking over what the store holds active: after a restart, nothing that was known is news."""

import msgspec

from tocsin.core.detect.group import Group, episode_over
from tocsin.core.detect.index.alert import (
    ALONE_AS,
    COUNTS,
    FIRING,
    HELD,
    SILENT,
    SOURCE_SILENT,
    STATUS_TEXT,
    Alert,
)
from tocsin.core.detect.index.changes import Changes, Unreadable
from tocsin.core.detect.index.complete_groups import CompleteGroups
from tocsin.core.detect.index.counting import delta_of
from tocsin.core.detect.index.ending import Ending
from tocsin.core.detect.index.gathering import Gathering, Landing
from tocsin.core.detect.index.holding import Holding
from tocsin.core.detect.index.joining import Joining
from tocsin.core.detect.index.known import Known
from tocsin.core.detect.index.leases import Leases
from tocsin.core.detect.index.moving import Moves
from tocsin.core.detect.index.storing import HELD_TEXT, WAITS
from tocsin.core.detect.records import AlertRow, AlertStateRow, GroupRow
from tocsin.core.detect.routing import ResolvedRoute, group_key, group_labels
from tocsin.core.labels import decode_labels

GRACE = 5 * 60_000_000  # a lease after a restart, in microseconds; Prometheus renews within four minutes

_SILENT = STATUS_TEXT[SOURCE_SILENT]
CANNOT_BE_READ = (msgspec.DecodeError, ValueError, RecursionError)

_decode_group = msgspec.json.Decoder(Group).decode


class Restoring:
    """Groups first, then alerts, then `finish`."""

    def __init__(
        self,
        known: Known,
        holding: Holding,
        joining: Joining,
        leases: Leases,
        complete: CompleteGroups,
        changes: Changes,
    ) -> None:
        self._known = known
        self._holding = holding
        self._joining = joining
        self._leases = leases
        self._complete = complete
        self._changes = changes
        self._moves = Moves()

    def group(self, row: GroupRow) -> None:
        known = self._known
        try:
            state = _decode_group(row.document)
        except CANNOT_BE_READ as error:
            self._changes.unreadable.append(Unreadable("group", row.key, str(error)))
            return
        landing = known.judge.landings.get(state.route)
        if landing is None:  # its route is gone; only its incident still wants to hear of it
            landing = Landing(ResolvedRoute(path=row.route, id=state.route))
        values = landing.values(state.labels)
        group = Gathering(row.key, landing, state.labels, values, state)
        known.groups[row.key] = group
        if group_key(landing.route, group_labels(landing.route, state.labels)) == row.key:
            landing.groups[values] = group

    def alert(self, fixed: AlertRow, state: AlertStateRow) -> None:
        known = self._known
        try:
            labels = decode_labels(fixed.labels)
            decode_labels(
                state.annotations
            )  # wanted only when it speaks for its group, and that would be too late
        except CANNOT_BE_READ as error:
            self._changes.unreadable.append(Unreadable("alert", str(fixed.id), str(error)))
            return
        silent = state.status == _SILENT
        alert = Alert(
            fixed.id,
            fixed.labels,
            known.shared(fixed.integration),
            known.shared(state.annotations),
            known.shared(state.generator_url),
            state.starts_at,
            None,
            known.judge.verdict(labels),
            status=SOURCE_SILENT if silent else FIRING,
            told=known.shared((state.reason, state.by, state.incident)),
        )
        known.alerts[fixed.labels] = alert
        if fixed.id >= known.next_id:
            known.next_id = fixed.id + 1
        if silent:
            alert.ends_at = state.ends_at
        elif state.ends_at is not None:
            self._leases.extend(alert, self._changes.now + GRACE)
        if fixed.key is not None:
            known.keys.add((fixed.integration, fixed.key), alert, known.alerts)
        if state.complete_group:
            self._complete.restore(alert, tuple(state.complete_group.split("\n")))
        if not self._return(alert, labels, state):
            self._joining.join(alert, labels, False, self._changes)
            self._compare(alert, state)

    def _return(self, alert: Alert, labels: dict[str, str], state: AlertStateRow) -> bool:
        """The usual case: nothing can hold it back, nothing did, and it belongs where it stood."""
        verdict = alert.verdict
        if len(verdict.landings) != 1 or not verdict.plain or state.reason in HELD_TEXT:
            return False
        group = self._known.group(verdict.landings[0], labels)
        if group.key != state.groups or self._holding.begins(alert, labels, self._changes):
            return False
        if not group.members and episode_over(
            group.state, self._changes.now, group.landing.route.flap_window
        ):
            return False
        code = alert.counts_as
        alert.groups, alert.codes = group.alone, ALONE_AS[code]
        self._known.active += 1
        group.add(alert.labels, labels, code)
        group.total -= 1
        if not group.integration:
            group.integration = alert.integration
        severity = group.landing.route.severity or verdict.severities[0]
        if severity is not None:
            group.worsen(severity)
        if state.reason == WAITS:
            self._waits(group, alert)
        return True

    def _waits(self, group: Gathering, alert: Alert) -> None:
        if group.waiting is None:
            group.waiting = []
        group.waiting.append(alert.labels)

    def _compare(self, alert: Alert, state: AlertStateRow) -> None:
        """With what the store says, so that only a difference is news."""
        changes = self._changes
        if state.reason in HELD_TEXT:
            code = HELD
        else:
            code = SILENT if alert.status == SOURCE_SILENT else COUNTS
        before = state.groups.split("\n") if state.groups else []
        for group in alert.groups:
            if group.key in before:
                changes._deltas[group].before[alert.labels] = code
                group.total -= 1
            else:
                changes._touched[alert.labels] = alert
                alert.tell_anew()
            if alert.reason == WAITS:
                self._waits(group, alert)
        for key in before:
            gone = self._known.groups.get(key)
            if gone is not None and gone not in alert.groups:
                delta_of(gone, changes).before[alert.labels] = code
                self._moves.went(gone, alert.groups)
                changes._touched[alert.labels] = alert

    def finish(self, ending: Ending) -> None:
        """Renamed routes keep their incidents; what an interrupted decision left half done is decided."""
        known, changes = self._known, self._changes
        self._moves.adopt(known, changes)
        for group in known.groups.values():
            begun = group.state.begun_at is not None
            acts = group.landing.route.makes_incidents or group.landing.route.chat is not None
            if (group.members and not begun and acts) or (
                not group.members and begun and group.state.ended_at is None
            ):
                delta_of(group, changes).forced = True
            elif not group.members:
                ending.may_remove(group)
            elif len(group.members) == 1:
                group.settle(known.alerts[next(iter(group.members))].labels)
