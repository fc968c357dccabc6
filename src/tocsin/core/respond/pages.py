"""A page's contact plan: which of the person's methods is used when, and what happens when one of them fails.

Who to notify is decided here, from the person's own rules; how a message gets there is deliver.py's. Never two messages by
one contact for rules that are overdue together, never silence when a method fails.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec.structs import replace

from tocsin.core.instants import format_duration
from tocsin.core.people import ContactMethod, NotifyRule, Person
from tocsin.core.reasons import Reason
from tocsin.core.respond.incident import Incident, PagePerson
from tocsin.core.respond.page import Notify, Page, PageDecision, PageState, Planned
from tocsin.core.respond.prose import clock
from tocsin.core.respond.quiet_hours import quiet_until

Lines = list[tuple[Reason, str]]


def begin(incident: Incident, demand: PagePerson, person: Person | None, now: datetime) -> PageDecision:
    """Begin reaching this person, by their rules of the demand's urgency; what is due at once is in `notify`.

    A resumed page (`demand.begun_at`) counts its rules from when it first began and repeats none that was heard. A person
    without rules for the urgency is reached by all their contact methods; one without any cannot be reached (`tell_admins`).
    """
    began = demand.begun_at or now
    lines: Lines = []
    rules = person.rules(demand.urgency) if person else ()
    usable = [rule for rule in rules if person and person.method(rule.by)]
    if person and person.contact and not usable:
        usable = [NotifyRule(by=method.name) for method in person.contact]
        ways = ", ".join(rule.by for rule in usable)
        lines.append(
            (
                Reason.NO_CONTACT_METHOD,
                f"{person.key} has no notification rule for {demand.urgency} urgency that names a contact method, "
                f"so every one is used: {ways}.",
            )
        )
    elif usable and demand.heard_until is None:
        ways = ", ".join(_spoken(rule) for rule in usable)
        lines.append((Reason.PAGE_BEGUN, f"{demand.person} is notified by {ways}."))
    heard = demand.heard_until
    plan = sorted(
        (
            Planned(rule.by, began + rule.after)
            for rule in usable
            if heard is None or _could_be_heard(person, demand, began + rule.after) >= heard
        ),
        key=lambda planned: planned.due_at,
    )
    if usable and heard is not None:
        ways = ", ".join(planned.method for planned in plan) or "nothing, since all was heard before"
        lines.append(
            (Reason.PAGE_BEGUN, f"{demand.person}'s page goes on where it was stopped: {ways} to come.")
        )
    page = Page(
        incident=incident.id,
        serial=demand.page,
        person=demand.person,
        urgency=demand.urgency,
        begun_at=began,
        reason=demand.reason,
        plan=tuple(plan),
    )
    if not usable:
        known = "has no contact method" if person else "is not a configured person"
        text = f"{demand.person} cannot be reached: {demand.person} {known}."
        lines.append((Reason.NO_CONTACT_METHOD, text))
        return PageDecision(page, lines=tuple(lines), tell_admins=_alarm(page, text))
    return _fire(page, person, now, lines)


def due(page: Page, person: Person | None, now: datetime) -> PageDecision:
    """The page's timer rang: notify by every method that is due. Too early or too late a ring does no harm."""
    if page.state is PageState.STOPPED:
        return PageDecision(page)
    return _fire(page, person, now, [])


def hours_changed(page: Page, person: Person | None, now: datetime) -> PageDecision:
    """Its person's quiet hours were moved, shortened or lifted: what they hold waits no longer than they last now."""
    if page.state is PageState.STOPPED:
        return PageDecision(page)
    until = quiet_until(person, page.urgency, now) or now
    lines: Lines = []
    if any(planned.held and now < until < planned.due_at for planned in page.plan):
        text = f"{page.person}'s quiet hours changed: held until {clock(until, now)}."
        lines.append((Reason.HELD_FOR_QUIET_HOURS, text))
    plan = (
        replace(planned, due_at=min(planned.due_at, until)) if planned.held else planned
        for planned in page.plan
    )
    page = replace(page, plan=tuple(sorted(plan, key=lambda planned: planned.due_at)))
    return _fire(page, person, now, lines)


def stop(page: Page, reason: Reason) -> PageDecision:
    """The page is no longer wanted. Stopping twice keeps the first reason."""
    if page.state is PageState.STOPPED:
        return PageDecision(page)
    return PageDecision(replace(page, state=PageState.STOPPED, stopped_because=reason, plan=()))


def method_failed(page: Page, person: Person | None, method: str, now: datetime) -> PageDecision:
    """A method was rejected for good or keeps failing: the person's next unused method is due at once.

    Rules come first, in their order, then contact methods that no rule names. When none is left, the line says so and
    `tell_admins` asks for somebody else.
    """
    if page.state is PageState.STOPPED or method in page.failed:
        return PageDecision(page, remind_at=_next(page))
    page = replace(page, failed=(*page.failed, method))
    rules = (planned.method for planned in page.plan)
    others = (known.name for known in (person.contact if person else ()))
    chosen = next((m for m in _once((*rules, *others)) if m not in page.failed and m not in page.used), None)
    if chosen is not None and person is not None and person.method(chosen) is not None:
        page = replace(
            page, plan=_without_first(page.plan, chosen)
        )  # its rule is brought forward, not doubled
        text = f"{method} failed for {page.person}, so {chosen} is used at once."
        page, notify = _hand_over(page, [chosen], Reason.FAILED_OVER)
        return PageDecision(page, notify, _next(page), ((Reason.FAILED_OVER, text),))
    working = [m for m in page.used if m not in page.failed]
    if working:
        text = f"{method} failed for {page.person}, who was already notified by {_listed(working)}."
        return PageDecision(page, remind_at=_next(page), lines=((Reason.FAILED_OVER, text),))
    text = f"{method} failed for {page.person}, and no other contact method is left to try."
    return PageDecision(
        page, remind_at=_next(page), lines=((Reason.GAVE_UP, text),), tell_admins=_alarm(page, text)
    )


def _fire(page: Page, person: Person | None, now: datetime, lines: Lines) -> PageDecision:
    """Hand over what is due: overdue rules of one contact together make one notification. In quiet hours what is of low
    urgency waits for their end."""
    ripe = [planned for planned in page.plan if planned.due_at <= now]
    page = replace(page, plan=tuple(planned for planned in page.plan if planned.due_at > now))
    until = quiet_until(person, page.urgency, now)
    if ripe and until is not None:
        return _hold(page, ripe, until, now, lines)
    if any(planned.held for planned in ripe):
        text = f"{page.person}'s quiet hours are over and it is still open."
        lines.append((Reason.QUIET_HOURS_OVER, text))
    reached: dict[tuple[str, str], str] = {}
    for planned in ripe:
        contact = person.method(planned.method) if person else None
        if contact is None:
            text = f"{page.person} no longer has the contact method {planned.method}, so it is passed over."
            lines.append((Reason.NO_CONTACT_METHOD, text))
            continue
        first = reached.setdefault(_contact(contact), contact.name)
        if sum(1 for other in ripe if other.method == planned.method) > 1 or first != contact.name:
            merged = (
                Reason.RULES_MERGED,
                f"Several overdue rules of {page.person} lead to {first}: one message.",
            )
            if merged not in lines:
                lines.append(merged)
    page, notify = _hand_over(page, reached.values(), Reason.RULE_DUE)
    alarm = ""
    if ripe and not reached and not page.plan and not page.used:
        alarm = _alarm(page, f"{page.person} has no contact method any more.")
    return PageDecision(page, notify, _next(page), tuple(lines), alarm)


def _hold(page: Page, ripe: Sequence[Planned], until: datetime, now: datetime, lines: Lines) -> PageDecision:
    ways = _once(planned.method for planned in ripe if not planned.held)
    if ways:
        text = f"{page.person}'s quiet hours: {_listed(ways)} held until {clock(until, now)}."
        lines.append((Reason.HELD_FOR_QUIET_HOURS, text))
    waiting = (*page.plan, *(Planned(planned.method, until, held=True) for planned in ripe))
    page = replace(page, plan=tuple(sorted(waiting, key=lambda planned: planned.due_at)))
    return PageDecision(page, remind_at=_next(page), lines=tuple(lines))


def _could_be_heard(person: Person | None, demand: PagePerson, due_at: datetime) -> datetime:
    return quiet_until(person, demand.urgency, due_at) or due_at


def _hand_over(page: Page, methods: Iterable[str], reason: Reason) -> tuple[Page, tuple[Notify, ...]]:
    notify = tuple(
        Notify(serial, method, reason) for serial, method in enumerate(methods, page.next_notification)
    )
    used = _once((*page.used, *(one.method for one in notify)))
    return replace(page, used=used, next_notification=page.next_notification + len(notify)), notify


def _without_first(plan: Sequence[Planned], method: str) -> tuple[Planned, ...]:
    first = next((planned for planned in plan if planned.method == method), None)
    return tuple(planned for planned in plan if planned is not first)


def _next(page: Page) -> datetime | None:
    if page.state is PageState.STOPPED:
        return None
    return min((planned.due_at for planned in page.plan), default=None)


def _contact(method: ContactMethod) -> tuple[str, str]:
    """What makes two methods the same contact: two names for one address ring one telephone."""
    return method.channel, repr(method.address)


def _spoken(rule: NotifyRule) -> str:
    return f"{rule.by} after {format_duration(rule.after)}" if rule.after else f"{rule.by} at once"


def _alarm(page: Page, text: str) -> str:
    return f"Incident {page.incident}: {text} Somebody else has to be told."


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _listed(names: Sequence[str]) -> str:
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else names[0]
