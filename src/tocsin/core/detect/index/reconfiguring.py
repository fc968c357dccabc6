"""Another configuration while alerts fire: only those are looked at for whom it can say something else.

Silences, windows and intervals come and go often and concern few alerts. Routes, heartbeats and inhibitions may concern all
of them; then one look serves all alerts that look alike to the configuration, and only who is routed elsewhere moves.
"""

from collections.abc import Callable

from tocsin.core.configuration import Configuration
from tocsin.core.detect.index.alert import ABSENT, RESOLVED, Alert
from tocsin.core.detect.index.changes import Changes
from tocsin.core.detect.index.counting import delta_of
from tocsin.core.detect.index.holding import Holding
from tocsin.core.detect.index.joining import Joining
from tocsin.core.detect.index.judging import Judge, Verdict
from tocsin.core.detect.index.known import Known
from tocsin.core.detect.index.moving import Moves
from tocsin.core.detect.routing import ResolvedRoute
from tocsin.core.labels import decode_labels, encode_labels


def reconfigure(
    known: Known, holding: Holding, joining: Joining, configuration: Configuration, changes: Changes
) -> None:
    before = known.judge.configuration
    moves = Moves()
    if (
        before.route == configuration.route
        and before.heartbeats == configuration.heartbeats
        and before.inhibitions == configuration.inhibitions
        and before.defaults.flap_window == configuration.defaults.flap_window
    ):
        known.judge.obey(configuration)
    else:
        _judge_anew(known, holding, joining, configuration, changes, moves)
    holding.reconfigure(before, configuration)
    holding.look_at_clock(changes.now, changes)
    moves.adopt(known, changes)


def _judge_anew(
    known: Known,
    holding: Holding,
    joining: Joining,
    configuration: Configuration,
    changes: Changes,
    moves: Moves,
) -> None:
    before = known.judge
    routes = {landing: landing.route for landing in before.landings.values()}
    known.judge = judge = Judge(configuration, before)
    inhibits_anew = judge.inhibitions is not before.inhibitions
    verdict_of = _verdicts(before, judge)
    for alert in known.alerts.values():
        if alert.status == RESOLVED:
            continue
        old, new = alert.verdict, verdict_of(alert)
        if new.landings == old.landings and new.heartbeats == old.heartbeats:
            alert.verdict = new
            if inhibits_anew and (old.roles or new.roles):
                holding.take_up_roles(alert)
                holding.look_again((alert.labels,))
        else:
            _move(alert, new, inhibits_anew, known, holding, joining, changes, moves)
    for landing in judge.landings.values():
        earlier = routes.get(landing)
        if earlier is not None and _begins_to_act(earlier, landing.route):
            for group in landing.groups.values():
                if group.members:
                    delta_of(group, changes).forced = True
                    for identity in group.members:
                        alert = known.alerts[identity]
                        alert.tell_anew()
                        changes._touched[identity] = alert


def _verdicts(before: Judge, judge: Judge) -> Callable[[Alert], Verdict]:
    """Alerts of one old verdict get one new verdict, unless they have a label that was never asked about before."""
    texts = [encode_labels({name: ""})[1:-3] for name in judge.names - before.names]
    anew: dict[Verdict, Verdict] = {}

    def verdict_of(alert: Alert) -> Verdict:
        for text in texts:
            if text in alert.labels:
                return judge.verdict(decode_labels(alert.labels))
        new = anew.get(alert.verdict)
        if new is None:
            new = anew[alert.verdict] = judge.verdict(decode_labels(alert.labels))
        return new

    return verdict_of


def _move(
    alert: Alert,
    new: Verdict,
    inhibits_anew: bool,
    known: Known,
    holding: Holding,
    joining: Joining,
    changes: Changes,
    moves: Moves,
) -> None:
    labels = decode_labels(alert.labels)
    groups = tuple([known.group(landing, labels) for landing in new.landings])
    if alert.groups:
        known.active -= 1
        holding.ends(alert, inhibits=not inhibits_anew)
    alert.verdict = new
    for group, code in zip(alert.groups, alert.codes, strict=True):
        delta_of(group, changes).before.setdefault(alert.labels, code)
        group.members.pop(alert.labels, None)
        group.move(code, ABSENT)
        if group in groups:
            group.total -= 1
        else:
            moves.went(group, groups)
    if groups != alert.groups:
        alert.tell_anew()
        changes._touched[alert.labels] = alert
    joining.join(alert, labels, False, changes)


def _begins_to_act(earlier: ResolvedRoute, route: ResolvedRoute) -> bool:
    """What fires there already is owed the page or ticket that the route makes now."""
    return route.makes_incidents and not earlier.makes_incidents
