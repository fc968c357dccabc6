"""Checks that need more than one noun: what is written is understood, but would it work at three in the morning?

An error would lose a page, a warning would make on-call worse. Every finding stands at the line that would have to change.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from tocsin.channels.registry import house_options
from tocsin.config.checks_of_calendars import check_calendars
from tocsin.config.checks_of_overrides import check_overrides
from tocsin.config.checks_of_routes import check_routes
from tocsin.config.subject import Subject
from tocsin.core.configuration import Chat, Configuration
from tocsin.core.oncall.pay.rules import PayRule
from tocsin.core.oncall.shifts import gaps
from tocsin.core.people import ContactMethod, Secret
from tocsin.core.respond.policy import Policy, Target, TargetKind
from tocsin.core.severity import Urgency

GAPS_AHEAD = timedelta(weeks=8)


def cross_check(subject: Subject) -> None:
    """Writes everything that it finds into the subject's findings."""
    for check in (
        _people,
        _chats,
        _schedules,
        _policies,
        _pay,
        _services,
        _keys,
        _heartbeats,
        _operational,
        check_overrides,
        check_calendars,
        check_routes,
        _house,
    ):
        check(subject)


# --- people and chats ------------------------------------------------------------------------------------------------


def _people(subject: Subject) -> None:
    unverified: list[str] = []
    for key, person in subject.configuration.people.items():
        methods = {method.name for method in person.contact}
        for urgency, rules in ((Urgency.HIGH, person.notify_high), (Urgency.LOW, person.notify_low)):
            for number, rule in enumerate(rules):
                if rule.by not in methods:
                    known = f"; {key} has {', '.join(sorted(methods))}" if methods else f"; {key} has none"
                    subject.error(
                        f"people.{key}.notify.{urgency}[{number}]",
                        f"unknown contact method {rule.by!r} of {key}{known}",
                    )
        for method in person.contact:
            path = f"people.{key}.contact.{method.name}"
            _check_address(subject, path, method)
            if not method.verified:
                unverified.append(f"{key}.{method.name}")
        for name in sorted(methods - {rule.by for rule in (*person.notify_high, *person.notify_low)}):
            subject.warning(
                f"people.{key}.contact.{name}",
                f"no rule in notify uses it, so it never reaches {key}",
            )
    if unverified:
        shown = ", ".join(unverified[:5]) + (", ..." if len(unverified) > 5 else "")
        first = unverified[0].partition(".")
        subject.warning(
            f"people.{first[0]}.contact.{first[2]}",
            f"{len(unverified)} contact methods are not verified yet ({shown}); they are used all the same, so test them",
        )


def _chats(subject: Subject) -> None:
    for key, chat in subject.configuration.chats.items():
        _check_address(subject, f"chats.{key}", chat)


def _check_address(subject: Subject, path: str, where: ContactMethod | Chat) -> None:
    channel = subject.surroundings.channels.get(where.channel)
    if channel is None:
        subject.error(path, f"unknown channel {where.channel!r}")
        return
    address = subject.resolved(f"{path}.{where.channel}", where.address)
    options: dict[str, str] = {}
    for name, value in where.options.items():
        resolved = subject.resolved(f"{path}.{name}", value)
        if resolved is None:
            return
        options[name] = resolved
    if address is None:
        return
    try:
        house = house_options(where.channel, subject.environment)
    except OSError as wrong:
        subject.error(path, f"the house's options of {where.channel} cannot be read: {wrong}")
        return
    said = channel.check(address, {**house, **options})
    if said:
        subject.error(path, said)


# --- schedules and policies ------------------------------------------------------------------------------------------


def _ring(links: Mapping[str, tuple[str, ...]], start: str) -> tuple[str, ...]:
    """The way from `start` back to itself, or nothing. Iterative, because configurations may be long chains."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        for following in links.get(way[-1], ()):
            if following == start:
                return (*way, start)
            if following not in seen:
                seen.add(following)
                ways.append((*way, following))
    return ()


def _pay(subject: Subject) -> None:
    rules = sorted(subject.configuration.pay.items())
    for number, (key, rule) in enumerate(rules):
        for other, earlier in rules[:number]:
            same = (earlier.team, earlier.country) == (rule.team, rule.country)
            if same and _overlap(earlier, rule):
                subject.error(f"pay.{key}.from", f"pay.{other} is for the same people at the same time")
        for schedule in rule.schedules:
            of = subject.configuration.schedules.get(schedule)
            if of is not None and of.team != rule.team:
                subject.warning(f"pay.{key}.schedules", f"{schedule} is not a schedule of {rule.team}")
        unplaced = _members_without_place(subject.configuration, rule)
        if rule.country and unplaced:
            subject.warning(
                f"pay.{key}.country", f"nobody knows where {', '.join(unplaced)} live: give them 'holidays'"
            )


def _overlap(one: PayRule, other: PayRule) -> bool:
    return (one.ends is None or other.starts < one.ends) and (other.ends is None or one.starts < other.ends)


def _members_without_place(configuration: Configuration, rule: PayRule) -> list[str]:
    team = configuration.teams.get(rule.team)
    members = team.members if team else ()
    people = configuration.people
    return [person for person in members if person in people and not people[person].holidays]


def _schedules(subject: Subject) -> None:
    schedules = subject.configuration.schedules
    links = {key: (each.secondary_of,) for key, each in schedules.items() if each.secondary_of}
    for key in schedules:
        ring = _ring(links, key)
        if ring:
            subject.error(
                f"schedules.{key}.secondary_of", f"schedules are secondary to each other: {' > '.join(ring)}"
            )
            continue
        holes = gaps(schedules, key, subject.now, subject.now + GAPS_AHEAD, subject.configuration.overrides)
        if holes:
            more = f", and {len(holes) - 1} more times" if len(holes) > 1 else ""
            subject.warning(
                f"schedules.{key}",
                f"within the next 8 weeks nobody is on call from {holes[0].starts_at:%Y-%m-%d %H:%M} "
                f"to {holes[0].ends_at:%Y-%m-%d %H:%M} UTC{more}",
            )


def _policies(subject: Subject) -> None:
    for key, policy in subject.configuration.policies.items():
        pages = [
            target for step in policy.steps for target in step.targets if target.kind is not TargetKind.CHAT
        ]
        if pages and not policy.last_resort:
            subject.error(
                f"policies.{key}",
                "a policy that pages needs a last_resort: whom to page when everybody else has failed",
            )
        for path, target in _targets(key, policy):
            people = _people_behind(subject.configuration, target)
            if target.kind is not TargetKind.CHAT and not people:
                subject.warning(path, f"the {target.kind} {target.name!r} has nobody in it")
            for person in people:
                if not subject.configuration.people[person].notify_high:
                    subject.error(
                        path,
                        f"{person} is paged by policy {key!r} but has no rule for high urgency; "
                        f"write people.{person}.notify.high",
                    )


def _targets(key: str, policy: Policy) -> Iterator[tuple[str, Target]]:
    for number, step in enumerate(policy.steps):
        for target in step.targets:
            yield (
                f"policies.{key}.steps[{number}].{'chat' if target.kind is TargetKind.CHAT else 'page'}",
                target,
            )
    for target in policy.last_resort:
        yield f"policies.{key}.last_resort", target


def _people_behind(configuration: Configuration, target: Target) -> tuple[str, ...]:
    """Everybody whom the target may ever reach."""
    match target.kind:
        case TargetKind.PERSON:
            found: tuple[str, ...] = (target.name,)
        case TargetKind.TEAM:
            team = configuration.teams.get(target.name)
            found = team.members if team else ()
        case TargetKind.SCHEDULE:
            schedule, passed = configuration.schedules.get(target.name), {target.name}
            while schedule is not None and schedule.secondary_of and schedule.secondary_of not in passed:
                passed.add(schedule.secondary_of)
                schedule = configuration.schedules.get(schedule.secondary_of)
            layers = schedule.layers if schedule else ()
            found = tuple(
                person
                for layer in layers
                if not layer.shadow
                for turn in (*layer.rotation.people, *(people for _, _, people in layer.events))
                for person in turn
            )
        case TargetKind.CHAT:
            found = ()
    return tuple(dict.fromkeys(person for person in found if person in configuration.people))


# --- services, integrations, heartbeats -------------------------------------------------------------------------------


def _services(subject: Subject) -> None:
    links = {key: service.depends_on for key, service in subject.configuration.services.items()}
    told: set[frozenset[str]] = set()
    for key in links:
        ring = _ring(links, key)
        if ring and frozenset(ring) not in told:
            told.add(frozenset(ring))
            subject.error(
                f"services.{key}.depends_on", f"services depend on each other in a ring: {' > '.join(ring)}"
            )


def _keys(subject: Subject) -> None:
    """A key tells one sender from another, so it is given out once."""
    taken: dict[str, str] = {}
    given = [(f"integrations.{key}", each.secret) for key, each in subject.configuration.integrations.items()]
    given += [
        (f"heartbeats.{key}", each.ping_key)
        for key, each in subject.configuration.heartbeats.items()
        if each.ping_key is not None
    ]
    places: dict[Secret, str] = {}
    for owner, secret in sorted(
        given, key=lambda each: (subject.place(each[0]).file, subject.place(each[0]).line)
    ):
        value = subject.resolved(f"{owner}.key", secret)
        known = taken.get(value) if value is not None else None
        if known is None and isinstance(secret, Secret) and secret != Secret():
            known = places.setdefault(secret, owner)
            known = None if known == owner else known
        if known is not None:
            subject.error(f"{owner}.key", f"{owner} has the same key as {known}")
        if value is not None:
            taken.setdefault(value, owner)
            if any(not "!" <= c <= "~" or c in "/?#%" for c in value):
                subject.error(
                    f"{owner}.key", "a key stands in URLs and headers: letters, digits, - and _ only"
                )
            elif len(value) < 8 and isinstance(secret, str):
                subject.warning(f"{owner}.key", "a key of fewer than 8 characters is easily guessed")
    switch = subject.configuration.dead_mans_switch
    if switch is not None:
        url = subject.resolved("dead_mans_switch.url", switch.url)
        if url is not None and not url.startswith(("http://", "https://")):
            subject.error("dead_mans_switch.url", "expected a URL that begins with https:// or http://")


def _heartbeats(subject: Subject) -> None:
    for key, heartbeat in subject.configuration.heartbeats.items():
        if not heartbeat.matchers and heartbeat.ping_key is None:
            subject.error(
                f"heartbeats.{key}", "nothing can feed it: write matchers for an alert, or a key for pings"
            )


def _operational(subject: Subject) -> None:
    facts = [(f"silences.{each.id}", each.ends_at) for each in subject.configuration.silences]
    facts += [(f"maintenance.{each.id}", each.ends_at) for each in subject.configuration.maintenance]
    facts += [(f"leaves.{each.id}", each.ends_at) for each in subject.configuration.leaves if not each.source]
    facts += [
        (f"overrides.{each.id}", each.over_at) for each in subject.configuration.overrides if each.over_at
    ]
    for path, ends_at in facts:
        if ends_at <= subject.now and subject.place(path).file:
            subject.warning(path, f"has ended on {ends_at:%Y-%m-%d %H:%M} UTC and does nothing any more")


def _house(subject: Subject) -> None:
    if subject.configuration.people and not subject.configuration.admins():
        subject.warning(
            "defaults.admins",
            "no admins: nobody hears of gaps and of Tocsin's own failures. Name them in defaults.admins, or tick"
            " Administrator where a person is changed on screen",
        )
