"""One's own contact methods: put, proven by a code, removed. Operational, so they win over the files and `apply` keeps them.

A changed address takes the place of the old one only once its code was entered, and the old one is told. What is not proven
yet is used all the same: a page to an address that may be wrong is better than no page.
"""

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from tocsin.channels import registry
from tocsin.channels.forms import form_of
from tocsin.channels.guard import Guard, allowed_in
from tocsin.config import sealing
from tocsin.config.load import assemble
from tocsin.config.own import mark_of
from tocsin.config.schema.kinds import from_entry
from tocsin.config.secrets import resolve
from tocsin.control.requests import (
    ContactView,
    PutContactMethod,
    Refused,
    RemoveContactMethod,
    SendContactCode,
    VerifyContactMethod,
)
from tocsin.core.configuration import Origin
from tocsin.core.instants import micros
from tocsin.core.people import (
    CONTACT_CHANGES,
    CONTACT_METHODS,
    PREFERENCES,
    ContactChange,
    ContactMethod,
    MissingSecret,
    NotifyRule,
    Person,
    Preferences,
)
from tocsin.core.reasons import Reason
from tocsin.engine.consequences import Consequences
from tocsin.engine.store.protocol import Entry, Transaction

MOST_METHODS = 20
LONGEST_ADDRESS = 2000  # characters; push services' addresses are the longest that are honest
CODE_VALID = timedelta(minutes=10)
TRIES = 5
BETWEEN_CODES = timedelta(seconds=30)
CODES_AN_HOUR = 6  # somebody else's telephone is not a toy
FORMER_KEPT = timedelta(days=1)
_NAME = re.compile(r"[\w@+-][\w .@+-]{0,38}[\w@+-]|[\w@+-]")


class Owed(msgspec.Struct, frozen=True):
    """What a change leaves to be sent: a `code` to `to`, or word to an address that was replaced or removed."""

    person: str
    to: ContactMethod
    code: str = ""
    text: str = ""


class Changed(msgspec.Struct, frozen=True):
    view: ContactView
    owed: tuple[Owed, ...] = ()
    refused: Refused | None = None  # to be raised after the commit: a wrong code counts


class Own:
    """What the store holds about one person's own contacts, in one transaction. Raises Refused for nobody."""

    def __init__(self, tx: Transaction, key: str, now: datetime, actor: str) -> None:
        self.tx, self.key, self.now, self.actor = tx, key, now, actor
        self._entries = {(entry.kind, entry.name): entry for entry in tx.configuration.entries()}
        self._moved = False
        if ("people", key) not in self._entries:
            raise Refused("not_found", f"there is no person {key!r}", "person")

    @property
    def person(self) -> Person:
        """As decisions would know them now."""
        found = assemble(self._entries.values()).configuration.people.get(self.key)
        if found is None:
            raise Refused("conflict", f"what the store has of {self.key} cannot be read", "person")
        return found

    def method(self, name: str) -> ContactMethod:
        found = self.person.method(name)
        if found is None:
            known = ", ".join(each.name for each in self.person.contact) or "none yet"
            raise Refused("not_found", f"there is no contact method {name!r}; known: {known}", "name")
        return found

    def own_method(self, name: str) -> ContactMethod | None:
        entry = self._entries.get((CONTACT_METHODS, f"{self.key}.{name}"))
        return from_entry(entry) if entry else None

    def filed(self, name: str) -> bool:
        """Whether the applied configuration has a contact method of that name."""
        person: Person = from_entry(self._entries["people", self.key])
        return person.method(name) is not None

    def change(self, name: str) -> ContactChange:
        entry = self._entries.get((CONTACT_CHANGES, f"{self.key}.{name}"))
        return from_entry(entry) if entry else ContactChange(self.key, name)

    def preferences(self) -> Preferences:
        entry = self._entries.get((PREFERENCES, self.key))
        return from_entry(entry) if entry else Preferences(self.key)

    def put(self, kind: str, noun: ContactMethod | ContactChange | Preferences, name: str = "") -> None:
        key = (kind, f"{self.key}.{name}" if name else self.key)
        entry = Entry(
            kind=kind,
            name=key[1],
            document=msgspec.json.encode(sealing.sealed(noun)),
            origin=Origin.PEOPLE.value,
            created_by=self.actor,
            created_at=micros(self.now),
        )
        self._entries[key] = entry
        self.tx.configuration.put([entry])
        self._moved = True

    def remove(self, kind: str, name: str) -> None:
        if self._entries.pop((kind, f"{self.key}.{name}"), None) is not None:
            self.tx.configuration.remove([(kind, f"{self.key}.{name}")])
            self._moved = True

    def commit(self) -> None:
        """Addresses that were replaced long ago are forgotten on the way."""
        for (kind, name), entry in list(self._entries.items()):
            if kind == CONTACT_CHANGES and name.startswith(f"{self.key}."):
                change: ContactChange = from_entry(entry)
                over = change.expires_at is not None and self.now - change.expires_at > FORMER_KEPT
                if change.former is not None and change.wanted is None and over:
                    self.remove(CONTACT_CHANGES, change.method)
        if self._moved:
            self.tx.configuration.bump()
            self.tx.wake("configuration")

    def view(self, name: str, said: str) -> ContactView:
        method, change = self.person.method(name), self.change(name)
        shown = method or change.wanted
        return ContactView(
            person=self.key,
            name=name,
            channel=shown.channel if shown else "",
            verified=bool(method and method.verified),
            waits=change.wanted is not None,
            said=said,
        )


Request = PutContactMethod | RemoveContactMethod | SendContactCode | VerifyContactMethod


def perform(tx: Transaction, request: Request, actor: str, now: datetime) -> Changed:
    match request:
        case PutContactMethod():
            return put(tx, request, actor, now)
        case RemoveContactMethod():
            return remove(tx, request, actor, now)
        case SendContactCode():
            return send_code(tx, request, actor, now)
        case VerifyContactMethod():
            return verify(tx, request, actor, now)


def send(owed: Consequences, messages: Sequence[Owed]) -> None:
    """Codes and news about addresses, the real way: durable, repeated, in the address's own queue."""
    for one in messages:
        reason = Reason.VERIFICATION if one.code else Reason.CONTACT_CHANGED
        title = f"Your code is {one.code}" if one.code else f"Tocsin: {one.to.name} was changed"
        minutes = int(CODE_VALID.total_seconds()) // 60
        text = one.text + (
            f" If that was not {one.person}, tell an administrator."
            if one.text
            else f"Enter {one.code} in Tocsin within {minutes} minutes to verify the contact method {one.to.name} "
            f"of {one.person}. If nobody there asked for it, do nothing."
        )
        owed.tell_address(one.person, one.to, title, text, reason)


# --- put -------------------------------------------------------------------------------------------------------------


def put(tx: Transaction, request: PutContactMethod, actor: str, now: datetime) -> Changed:
    """Raises Refused, naming the field."""
    own = Own(tx, request.person, now, actor)
    known = own.person.method(request.name)
    wanted = checked(request, known)
    if known is None:
        if len(own.person.contact) >= MOST_METHODS:
            raise Refused("invalid", f"a person has at most {MOST_METHODS} contact methods", "name")
        return _add(own, wanted)
    if (known.channel, known.address) == (wanted.channel, wanted.address):
        own.put(CONTACT_METHODS, replace(wanted, verified=known.verified), wanted.name)
        own.commit()
        return Changed(own.view(wanted.name, f"{wanted.name} is saved."))
    change, code = _with_code(replace(own.change(wanted.name), wanted=wanted), now)
    own.put(CONTACT_CHANGES, change, wanted.name)
    own.commit()
    said = f"A code is on its way to the new address. Until you enter it, {wanted.name} stays as it was."
    return Changed(own.view(wanted.name, said), (Owed(own.key, wanted, code),))


def _add(own: Own, method: ContactMethod) -> Changed:
    """Somebody whom nothing rings yet is rung by it."""
    preferences = own.preferences()
    left = tuple(name for name in preferences.without if name != method.name)
    high = preferences.notify_high
    if not any(own.person.method(rule.by) for rule in own.person.notify_high):
        high = (NotifyRule(method.name),)
    changed = replace(preferences, without=left, notify_high=high)
    if changed != preferences:
        own.put(PREFERENCES, changed)
    own.put(CONTACT_METHODS, method, method.name)
    change, code = _with_code(ContactChange(own.key, method.name), own.now)
    own.put(CONTACT_CHANGES, change, method.name)
    own.commit()
    said = f"{method.name} is saved, and a code is on its way to it."
    return Changed(own.view(method.name, said), (Owed(own.key, method, code),))


def checked(request: PutContactMethod, known: ContactMethod | None) -> ContactMethod:
    """The method as it would be kept. What an option leaves out stays as it was; an empty one is taken away."""
    if not _NAME.fullmatch(request.name):
        raise Refused("invalid", "letters, digits, spaces and - _ . @ +, 40 at most", "name")
    form = form_of(request.channel)
    if form is None:
        offered = ", ".join(name for name in registry.names() if form_of(name) is not None)
        raise Refused("invalid", f"expected one of {offered}", "channel")
    unknown = sorted(set(request.options) - {option.name for option in form.options})
    if unknown:
        raise Refused("invalid", f"{form.title} has no option {unknown[0]!r}", unknown[0][:40])
    address = request.address.strip()
    if not address:
        raise Refused("invalid", "an address is needed", "address")
    if len(address) > LONGEST_ADDRESS:
        raise Refused("invalid", f"{LONGEST_ADDRESS} characters at most", "address")
    kept = known.options if known is not None and known.channel == request.channel else {}
    given = {name: value.strip() for name, value in request.options.items()}
    options = {name: value for name, value in {**kept, **given}.items() if value != ""}
    said = registry.channel(request.channel).check(address, _resolved(request.channel, options))
    if not said and "://" in address:
        said = Guard(allowed_in(os.environ)).refusal(address)
    if said:
        raise Refused("invalid", said, "address")
    return ContactMethod(request.name, request.channel, address, options)


def _resolved(channel: str, options: Mapping[str, object]) -> dict[str, str]:
    try:
        own = {name: resolve(value) for name, value in options.items()}  # type: ignore[arg-type]
        return {**registry.house_options(channel, os.environ), **own}
    except (MissingSecret, OSError) as missing:
        raise Refused("invalid", str(missing), "channel") from None


# --- proving ---------------------------------------------------------------------------------------------------------


def send_code(tx: Transaction, request: SendContactCode, actor: str, now: datetime) -> Changed:
    own = Own(tx, request.person, now, actor)
    change = own.change(request.name)
    to = change.wanted or own.method(request.name)
    if change.wanted is None and to.verified:
        raise Refused("conflict", f"{request.name} is verified already", "name")
    change, code = _with_code(change, now)
    own.put(CONTACT_CHANGES, change, request.name)
    own.commit()
    return Changed(own.view(request.name, "Another code is on its way."), (Owed(own.key, to, code),))


def verify(tx: Transaction, request: VerifyContactMethod, actor: str, now: datetime) -> Changed:
    own = Own(tx, request.person, now, actor)
    change = own.change(request.name)
    given = "".join(request.code.split())
    if not change.keyed_digest or change.expires_at is None or change.expires_at <= now:
        raise Refused("conflict", "there is no code that could be entered (any more); send another", "code")
    if change.tries_left <= 0:
        raise Refused("conflict", "too many wrong codes; send another", "code")
    if not hmac.compare_digest(_digest(change.key, given), change.keyed_digest):
        left = change.tries_left - 1
        own.put(CONTACT_CHANGES, replace(change, tries_left=left), request.name)
        tries = "send another" if not left else "1 try left" if left == 1 else f"{left} tries left"
        return Changed(
            own.view(request.name, ""), refused=Refused("invalid", f"that is not the code; {tries}", "code")
        )
    return _proven(own, change, request.name)


def _proven(own: Own, change: ContactChange, name: str) -> Changed:
    before = own.person.method(name)
    if change.wanted is not None:
        own.put(CONTACT_METHODS, replace(change.wanted, verified=True), name)
        former = before if before is not None and before.channel != "webpush" else None
        _settle(own, name, change, former)
        own.commit()
        text = f"The contact method {name} was changed to another address, so pages no longer come here."
        owed = (Owed(own.key, former, text=text),) if former else ()
        return Changed(own.view(name, f"{name} is verified; pages go to the new address from now on."), owed)
    method = own.method(name)
    if own.own_method(name) is not None:
        own.put(CONTACT_METHODS, replace(method, verified=True), name)
    else:
        preferences = own.preferences()
        marks = tuple(dict.fromkeys((*preferences.verified, mark_of(method))))[-MOST_METHODS:]
        own.put(PREFERENCES, replace(preferences, verified=marks))
    _settle(own, name, change, None)
    own.commit()
    return Changed(own.view(name, f"{name} is verified."))


def _settle(own: Own, name: str, change: ContactChange, former: ContactMethod | None) -> None:
    """Nothing waits for a code any more; who was replaced is kept until it was told."""
    if former is None:
        own.remove(CONTACT_CHANGES, name)
    else:
        told = ContactChange(own.key, name, former=former, sent_at=change.sent_at, expires_at=own.now)
        own.put(CONTACT_CHANGES, told, name)


def _with_code(change: ContactChange, now: datetime) -> tuple[ContactChange, str]:
    """With a fresh code. Raises Refused when there were too many."""
    lately = tuple(at for at in change.sent_at if now - at < timedelta(hours=1))
    if lately and now - lately[-1] < BETWEEN_CODES:
        raise Refused("conflict", "a code was sent moments ago; wait half a minute", "name")
    if len(lately) >= CODES_AN_HOUR:
        raise Refused("conflict", "too many codes were sent; try again in an hour", "name")
    code, key = f"{secrets.randbelow(1_000_000):06}", secrets.token_hex(16)
    fresh = replace(
        change,
        key=key,
        keyed_digest=_digest(key, code),
        expires_at=now + CODE_VALID,
        tries_left=TRIES,
        sent_at=(*lately, now),
    )
    return fresh, code


def _digest(key: str, code: str) -> str:
    return hmac.digest(key.encode(), code.encode(), hashlib.sha256).hex()


# --- removing --------------------------------------------------------------------------------------------------------


def remove(tx: Transaction, request: RemoveContactMethod, actor: str, now: datetime) -> Changed:
    """Also one that the files name: they keep it, and it is not used. With `change_only` just the address that is not proven
    yet goes."""
    own = Own(tx, request.person, now, actor)
    name = request.name
    if request.change_only:
        if own.change(name).wanted is None:
            raise Refused("not_found", f"no change of {name} waits to be verified", "name")
        own.remove(CONTACT_CHANGES, name)
        own.commit()
        return Changed(own.view(name, f"{name} stays as it was."))
    before, person = own.method(name), own.person
    others = [each for each in person.contact if each.name != name]
    if not any(rule.by != name for rule in person.notify_high):
        hint = "add another" if not others else "name another in your notification rules"
        raise Refused("conflict", f"nothing else rings for pages of high urgency; {hint} first", "name")
    own.remove(CONTACT_METHODS, name)
    own.remove(CONTACT_CHANGES, name)
    preferences = own.preferences()
    without = (*preferences.without, name) if own.filed(name) else preferences.without
    changed = replace(
        preferences,
        without=tuple(dict.fromkeys(without)),
        notify_high=_rules_without(preferences.notify_high, name),
        notify_low=_rules_without(preferences.notify_low, name),
    )
    if changed != preferences:
        own.put(PREFERENCES, changed)
    owed: tuple[Owed, ...] = ()
    if before.verified and before.channel != "webpush":
        own.put(CONTACT_CHANGES, ContactChange(own.key, name, former=before, expires_at=now), name)
        text = f"The contact method {name} was removed, so pages no longer come here."
        owed = (Owed(own.key, before, text=text),)
    own.commit()
    return Changed(own.view(name, f"{name} is removed."), owed)


def _rules_without(rules: tuple[NotifyRule, ...] | None, name: str) -> tuple[NotifyRule, ...] | None:
    return None if rules is None else tuple(rule for rule in rules if rule.by != name)
