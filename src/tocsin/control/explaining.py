"""What would happen to an alert with these labels: which routes, why, who would be paged when."""

from datetime import datetime

import msgspec

from tocsin.control.requests import Explain, Explanation, PlannedPage, Refused, RouteView
from tocsin.core.configuration import Configuration
from tocsin.core.detect.explain import Landing, explain
from tocsin.core.detect.matchers import format_matcher
from tocsin.core.reasons import EXPLANATIONS
from tocsin.core.respond.next_step import plan_of
from tocsin.engine.store.protocol import AlertFilter, Transaction

FIRING_LOOKED_AT = (
    5_000  # what may inhibit; beyond that the answer says nothing about inhibition it did not look at
)


def explain_labels(tx: Transaction, facts: Configuration, request: Explain, now: datetime) -> Explanation:
    """Follow the labels through heartbeats, routes, silences, inhibition, maintenance and intervals, then the policy."""
    if not any(request.labels.values()):
        raise Refused(
            "invalid",
            'at least one label with a value is needed, for example {alertname="DiskFull"}',
            "labels",
        )
    at = request.at or now
    if at.tzinfo is None:
        raise Refused("invalid", "an instant needs its zone, for example 2026-06-14T14:00:00Z", "at")
    firing = [
        msgspec.json.decode(row.labels, type=dict[str, str])
        for row, _ in tx.alerts.search(
            AlertFilter(statuses=("firing", "source_silent"), limit=FIRING_LOOKED_AT)
        )
    ]
    explained = explain(facts, request.labels, at, firing)
    held = next((f"{EXPLANATIONS[x.reason]} ({x.by})" for x in explained.landings if x.held_back), "")
    return Explanation(
        at=at,
        routes=tuple(_route(facts, landing, at) for landing in explained.landings),
        suppressed=held,
        heartbeat=explained.heartbeat,
    )


def _route(facts: Configuration, landing: Landing, at: datetime) -> RouteView:
    policy = facts.policies.get(landing.route.page or "")
    pages = (
        tuple(
            PlannedPage(step.after, step.target, step.people, step.by) for step in plan_of(policy, facts, at)
        )
        if policy is not None and not landing.held_back
        else ()
    )
    return RouteView(
        path=landing.route.path,
        matchers=tuple(format_matcher(matcher) for matcher in landing.matchers),
        action=landing.action,
        severity=landing.severity,
        service=landing.service,
        group=landing.group_labels,
        group_wait=landing.group_wait,
        reason=EXPLANATIONS[landing.reason],
        pages=pages,
    )
