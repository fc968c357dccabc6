"""What people set up themselves goes over what the files say of them: contact methods, rules, quiet hours, time zone."""

import hashlib
from collections.abc import Iterable, Mapping

import msgspec
from msgspec.structs import replace

from tocsin.core.people import ContactChange, ContactMethod, NotifyRule, Person, Preferences


def mark_of(method: ContactMethod) -> str:
    """What tells a proven address by, without holding it: another address under the same name is not proven."""
    address = msgspec.json.encode((method.channel, method.address))
    return hashlib.sha256(address).hexdigest()[:32]


def with_own(
    people: Mapping[str, Person],
    methods: Mapping[str, ContactMethod],
    changes: Iterable[ContactChange],
    preferences: Iterable[Preferences],
) -> dict[str, Person]:
    """People as decisions know them. `methods` are named `<person>.<method>`; what belongs to nobody is left out."""
    found = dict(people)
    chosen = {each.person: each for each in preferences}
    for key, person in people.items():
        if key in chosen:
            found[key] = _with_contacts_of_the_files(person, chosen[key])
    for name, method in methods.items():
        owner = found.get(name.removesuffix(f".{method.name}"))
        if owner is not None:
            others = tuple(each for each in owner.contact if each.name != method.name)
            found[owner.key] = replace(owner, contact=(*others, method))
    for change in changes:
        owner = found.get(change.person)
        addresses = tuple(each for each in (change.wanted, change.former) if each is not None)
        if owner is not None and addresses:
            found[owner.key] = replace(owner, elsewhere=(*owner.elsewhere, *addresses))
    for key, own in chosen.items():
        if key in found:
            found[key] = _with_preferences(found[key], own)
    return found


def _with_contacts_of_the_files(person: Person, own: Preferences) -> Person:
    kept = tuple(
        replace(method, verified=method.verified or mark_of(method) in own.verified)
        for method in person.contact
        if method.name not in own.without
    )
    return replace(person, contact=kept)


def _with_preferences(person: Person, own: Preferences) -> Person:
    """Rules that name a method which is gone are passed over: what people chose never keeps a file from being applied."""
    known = {method.name for method in person.contact}

    def rules(chosen: tuple[NotifyRule, ...] | None, filed: tuple[NotifyRule, ...]) -> tuple[NotifyRule, ...]:
        usable = tuple(rule for rule in chosen or () if rule.by in known)
        if usable or chosen == ():
            return usable
        return tuple(rule for rule in filed if rule.by in known or rule.by not in own.without)

    return replace(
        person,
        time_zone=own.time_zone or person.time_zone,
        holidays=own.holidays or person.holidays,
        notify_high=rules(own.notify_high, person.notify_high),
        notify_low=rules(own.notify_low, person.notify_low),
        quiet=own.quiet,
        without_notices=own.without_notices,
    )
