"""Holds what Tocsin remembers and what arrived against what the world outside knows.

Every breach is a sentence that names what was lost; an empty list is the guarantee kept. Repeats under the same idempotency
key are allowed and counted; the same page under two keys, or a step paged twice, is a real duplicate and a breach.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.faults.house import BY_NAME
from tests.faults.ledger import Fate, Ledger, Story
from tests.faults.records import Records
from tests.faults.responders import story_in

WAKING = ("step", "release", "ack_expiry", "snooze_end", "recheck")


@dataclass
class Verdict:
    alerts: int = 0  # accepted
    changes: int = 0
    incidents: int = 0
    pages: int = 0  # notifications of pages that were delivered
    messages: int = 0  # requests that the sink took
    repeats: int = 0  # of these, under a key it had taken before
    duplicates: int = 0
    repaired: int = 0
    breaches: list[str] = field(default_factory=list)


def judge(ledger: Ledger, records: Records, requests: Sequence[dict[str, Any]]) -> Verdict:
    """`requests` is everything the sink was asked, in order. Call it when everything is quiet."""
    verdict = Verdict(alerts=ledger.alerts, changes=len(ledger.changes))
    taken = [request for request in requests if request["status"] == 200]
    verdict.messages = len(taken)
    verdict.repeats = len(taken) - len({request["key"] for request in taken})
    incidents = {incident["id"]: incident for incident in records.documents("incident")}
    verdict.incidents = len(incidents)

    breaches = verdict.breaches
    breaches += _unknown_alerts(ledger, records)
    breaches += _unkept_changes(ledger, records)
    breaches += [f"in quarantine: {error}" for (error,) in records.rows("SELECT error FROM quarantine")]
    breaches += _unpaged(ledger, incidents, taken)
    breaches += _lost_acts(ledger, incidents)
    breaches += _unsent(records, taken, verdict)
    duplicates = [*_two_keys(records, taken), *_steps_paged_twice(records, incidents)]
    verdict.duplicates = len(duplicates)
    breaches += duplicates
    breaches += _without_timer(records, incidents)
    breaches += _torn_timelines(records, incidents)
    verdict.repaired = sum(
        1 for (reason,) in records.rows("SELECT reason FROM timeline_entry") if reason == "repaired"
    )
    return verdict


# --- nothing accepted is missing -------------------------------------------------------------------------------------


def _unknown_alerts(ledger: Ledger, records: Records) -> Iterable[str]:
    known: dict[frozenset[tuple[str, str]], tuple[str, str]] = {}
    twice: Counter[frozenset[tuple[str, str]]] = Counter()
    for labels, status, reason in records.rows(
        "SELECT a.labels, s.status, s.reason FROM alert a LEFT JOIN alert_state s ON s.alert_id = a.id"
    ):
        identity = frozenset(json.loads(bytes(labels)).items())
        twice[identity] += 1
        known[identity] = (status, reason)
    for story in ledger.all():
        if not story.accepted:
            continue
        for labels in story.members:
            identity = frozenset(labels.items())
            if identity not in known:
                yield f"accepted and unknown: {labels}"
                continue
            status, reason = known[identity]
            if story.resolution_accepted and status != "resolved":
                yield f"resolved by its sender, but {status} ({reason}): {labels}"
            elif not story.resolution_asked and status != "firing":
                yield f"never resolved by its sender, but {status} ({reason}): {labels}"
            if twice[identity] > 1:
                yield f"one alert is kept {twice[identity]} times: {labels}"


def _unkept_changes(ledger: Ledger, records: Records) -> Iterable[str]:
    kept = {summary for (summary,) in records.rows("SELECT summary FROM change_event")}
    return [
        f"change event accepted and not kept: {summary}" for summary in ledger.changes if summary not in kept
    ]


# --- every page that is owed arrived ---------------------------------------------------------------------------------


def _unpaged(
    ledger: Ledger, incidents: dict[int, dict[str, Any]], taken: Sequence[dict[str, Any]]
) -> Iterable[str]:
    heard: defaultdict[str, set[str]] = defaultdict(set)
    chats: set[str] = set()
    for request in taken:
        if request["body"].get("kind") == "page":
            for incident in request["body"]["incidents"]:
                heard[story_in(incident)].add(request["path"].strip("/"))
        else:
            chats.update(_words(request["body"]))
    opened: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for incident in incidents.values():
        opened[story_in(incident)].append(incident)
    for story in ledger.all():
        if not story.accepted:
            continue
        if story.fate is Fate.CHAT:
            if story.name not in chats:
                yield f"a warning that no chat heard of: {story.name}"
            continue
        mine = opened[story.name]
        if not mine and story.resolution_asked:
            continue  # begun and over before it was looked at: nobody is woken for it
        if not mine:
            yield f"no incident for {story.name} ({story.fate})"
            continue
        yield from _chain(story, mine, heard[story.name], ledger)


def _chain(story: Story, mine: list[dict[str, Any]], heard: set[str], ledger: Ledger) -> Iterable[str]:
    """Somebody acted, or everybody was reached. What is resolved or acknowledged before a page left needs none."""
    chain = BY_NAME[story.chain].people
    acted = any(incident["id"] in ledger.attempted for incident in mine) or story.event_acknowledged
    missing = [person for person in chain if person not in heard]
    if not missing:
        return
    if story.resolution_asked:  # from then on nobody is owed anything; before, steps passed at their time
        return
    if acted:  # whoever it was had heard of it; a page that a crash had delayed was then no longer wanted
        return
    states = ", ".join(f"#{i['id']} {i.get('state', 'detected')}" for i in mine)
    yield f"{', '.join(missing)} never heard of {story.name} ({story.fate}, {states}); heard: {sorted(heard)}"


def _words(body: Any) -> set[str]:
    text = json.dumps(body)
    for mark in '"{}[],:*_`()=\\<>|':
        text = text.replace(mark, " ")
    return set(text.split())


def _lost_acts(ledger: Ledger, incidents: dict[int, dict[str, Any]]) -> Iterable[str]:
    for number, how in ledger.acknowledged.items():
        incident = incidents.get(number)
        if incident is None:
            yield f"acknowledged incident {number} is gone"
        elif "acknowledged_at" not in incident and "resolved_at" not in incident:
            yield f"somebody was told that incident {number} is acknowledged ({how}), but it is not"


def _unsent(records: Records, taken: Sequence[dict[str, Any]], verdict: Verdict) -> Iterable[str]:
    """What is stored as sent did arrive under that key; nothing waits without a timer of its address."""
    arrived = {request["key"] for request in taken}
    keys: defaultdict[str, set[str]] = defaultdict(set)
    for notification, key, outcome in records.rows("SELECT notification_id, key, outcome FROM attempt"):
        if outcome == "delivered":
            keys[notification].add(key)
    timers = {
        subject for kind, subject in records.rows("SELECT kind, subject FROM agenda") if "address" in kind
    }
    for number, state, reason, detail, address, page in records.rows(
        "SELECT id, state, reason, detail, address_key, page FROM notification"
    ):
        match state:
            case "sent":
                verdict.pages += page is not None
                if not keys[number] & arrived:
                    yield f"notification {number} is stored as sent, but nothing arrived under {keys[number]}"
            case "waiting":
                timer = "with" if address in timers else "WITHOUT"
                yield f"notification {number} still waits, {timer} a timer"
            case "failed":
                yield f"notification {number} failed: {reason} {detail}"


# --- nothing twice ---------------------------------------------------------------------------------------------------


def _two_keys(records: Records, taken: Sequence[dict[str, Any]]) -> Iterable[str]:
    """A notification that the sink took under more than one key."""
    arrived = {request["key"] for request in taken}
    of: defaultdict[str, set[str]] = defaultdict(set)
    for notification, key in records.rows("SELECT notification_id, key FROM attempt"):
        of[notification].add(key)
    for notification in {row[0] for row in records.rows("SELECT id FROM notification")}:
        of[notification].add(notification)  # its own key, should it have been sent alone before a crash
    for notification, keys in of.items():
        if len(keys & arrived) > 1:
            yield f"notification {notification} arrived under {len(keys & arrived)} keys: {sorted(keys & arrived)}"


def _steps_paged_twice(records: Records, incidents: dict[int, dict[str, Any]]) -> Iterable[str]:
    """Waits are short and nothing comes back, so each person of a chain has one page an incident."""
    pages: Counter[tuple[int, str, str]] = Counter()
    for page in records.documents("page"):
        pages[page["incident"], page["person"], page["reason"]] += 1
    for (number, person, reason), count in pages.items():
        if count > 1 and not incidents[number].get("reopened"):
            yield f"incident {number}: {person} was paged {count} times for the same step ({reason})"
    said: defaultdict[int, list[str]] = defaultdict(list)
    for number, reason in records.rows(
        "SELECT incident_id, reason FROM timeline_entry ORDER BY incident_id, entry"
    ):
        said[number].append(reason)
    for number, reasons in said.items():
        if incidents[number].get("state") == "acknowledged" and "acknowledged" in reasons:
            after = reasons[len(reasons) - reasons[::-1].index("acknowledged") :]
            if "step_timed_out" in after or "last_resort" in after:
                yield f"incident {number} was acknowledged, and went on escalating: {after}"


# --- the invariant ---------------------------------------------------------------------------------------------------


def _without_timer(records: Records, incidents: dict[int, dict[str, Any]]) -> Iterable[str]:
    """An open incident that demands an acknowledgement has a pending timer of its own."""
    timers: defaultdict[int, set[str]] = defaultdict(set)
    for kind, subject in records.rows("SELECT kind, subject FROM agenda"):
        family, _, timer = kind.partition(".")
        if family == "incident":
            timers[int(subject)].add(timer)
    for incident in incidents.values():
        escalation = incident.get("escalation", {})
        wants = incident.get("kind", "page") == "page" and incident.get("state", "detected") in (
            "detected",
            "acknowledged",
            "mitigated",
        )
        if wants and escalation.get("status") != "none" and not timers[incident["id"]] & set(WAKING):
            yield (
                f"incident {incident['id']} ({incident.get('state', 'detected')}, {escalation.get('status')}) has no timer"
            )


def _torn_timelines(records: Records, incidents: dict[int, dict[str, Any]]) -> Iterable[str]:
    entries: defaultdict[int, list[int]] = defaultdict(list)
    for incident, entry in records.rows("SELECT incident_id, entry FROM timeline_entry"):
        entries[incident].append(entry)
    for incident in incidents.values():
        expected = list(range(1, incident.get("next_entry", 1)))
        if sorted(entries[incident["id"]]) != expected:
            yield f"the timeline of incident {incident['id']} is torn: {sorted(entries[incident['id']])}"
