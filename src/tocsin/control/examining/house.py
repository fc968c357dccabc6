"""Who is paged, when, and by what: where a page could get lost."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from tocsin.config.validate import check
from tocsin.control.requests import Finding
from tocsin.core.configuration import Configuration
from tocsin.core.instants import format_duration
from tocsin.core.oncall.shifts import gaps
from tocsin.engine.store.protocol import Entry

AHEAD = timedelta(days=14)
SHOWN = 20


def findings(
    facts: Configuration, entries: tuple[Entry, ...], heard: frozenset[str], now: datetime
) -> Iterator[Finding]:
    if not facts.people:
        yield Finding(
            "people", "bad", "Nobody is there to be paged.", "Add people in Settings, or tocsin apply FILE."
        )
    yield from _configuration(entries, now)
    yield from _people(facts)
    yield from _policies(facts)
    yield from _schedules(facts, now)
    yield from _senders(facts, heard)
    if facts.dead_mans_switch is None:
        yield Finding(
            "dead man's switch",
            "warning",
            "Nobody outside would notice if Tocsin itself stopped.",
            "Configure dead_mans_switch with a service that expects to hear from it.",
        )
    else:
        yield Finding("dead man's switch", "good", "Somebody outside is told that Tocsin lives.")


def _configuration(entries: tuple[Entry, ...], now: datetime) -> Iterator[Finding]:
    """What `tocsin validate` says about what is in force."""
    problems = check((), now, store=entries).problems
    for problem in problems[:SHOWN]:
        where = f"{problem.field}: " if problem.field else ""
        level = "bad" if problem.level == "error" else "warning"
        yield Finding("configuration", level, where + problem.message, "Change it there.")
    if len(problems) > SHOWN:
        yield Finding(
            "configuration", "warning", f"And {len(problems) - SHOWN} more.", "See tocsin validate."
        )
    if not problems and entries:
        yield Finding("configuration", "good", "Nothing is wrong with it.")


def _people(facts: Configuration) -> Iterator[Finding]:
    for person in facts.people.values():
        if not person.notify_high:
            yield Finding(
                "people",
                "bad",
                f"{person.key} has no rule for high urgency, so no urgent page reaches them.",
                "Add one in their profile.",
            )
        unverified = [method.name for method in person.contact if not method.verified]
        if unverified:
            yield Finding(
                "contact methods",
                "note",
                f"{person.key} never verified {', '.join(unverified[:5])}.",
                f"tocsin page {person.key}, or verify it in the profile.",
            )


def _policies(facts: Configuration) -> Iterator[Finding]:
    for policy in facts.policies.values():
        if not policy.last_resort:
            yield Finding(
                "policies",
                "bad",
                f"{policy.key} has no last resort: a page that nobody answers ends there.",
                "Name somebody under last_resort.",
            )


def _schedules(facts: Configuration, now: datetime) -> Iterator[Finding]:
    for key in facts.schedules:
        empty = gaps(facts.schedules, key, now, now + AHEAD, facts.overrides)
        if not empty:
            continue
        first = empty[0]
        begins = "now" if first.starts_at <= now else f"in {format_duration(_hours(first.starts_at - now))}"
        yield Finding(
            "schedules",
            "bad" if first.starts_at <= now else "warning",
            f"Nobody is on call for {key} {begins}, until {first.ends_at:%Y-%m-%d %H:%M} UTC.",
            "Add an override, or close the gap in the schedule.",
        )


def _hours(length: timedelta) -> timedelta:
    """Rounded: nobody reads seconds here."""
    return timedelta(minutes=int(length.total_seconds() // 60))


def _senders(facts: Configuration, heard: frozenset[str]) -> Iterator[Finding]:
    if not facts.integrations:
        yield Finding(
            "integrations", "warning", "Nothing can send alerts here yet.", "Add an integration in Settings."
        )
    for key in sorted(set(facts.integrations) - heard):
        yield Finding(
            "integrations",
            "warning",
            f"Nothing was ever heard of {key}.",
            "Send a test event from its page, or see whether the sender knows the address.",
        )
