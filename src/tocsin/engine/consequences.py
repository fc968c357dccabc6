"""All that decisions of one transaction demand, gathered and written in bulk.

Every decision about an incident goes through `decide` here: the state is read under lock, the core decides, and its effects
become pages, notifications, timers and timeline lines, all in the transaction that also writes the new state.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec.structs import replace

from tocsin.core.configuration import Configuration
from tocsin.core.instants import micros
from tocsin.core.people import ContactMethod, NotifyRule
from tocsin.core.reasons import Reason
from tocsin.core.respond import pages
from tocsin.core.respond.decide import decide
from tocsin.core.respond.deliver import queue_of
from tocsin.core.respond.delivery import Notification, Offer, Purpose
from tocsin.core.respond.incident import (
    Cancel,
    Decision,
    Event,
    Incident,
    Opened,
    PagePerson,
    PostChat,
    Record,
    Remind,
    StopPages,
    TellAdmins,
    TellPerson,
)
from tocsin.core.respond.page import Notify, Page, PageDecision, incident_of
from tocsin.core.respond.prose import clock
from tocsin.core.respond.quiet_hours import held_until
from tocsin.core.severity import Urgency
from tocsin.engine import kinds, webhooks
from tocsin.engine.addresses import Address, chat_address, method_address
from tocsin.engine.store.protocol import AgendaEntry, TimelineRow, Transaction


class Consequences:
    """One transaction's worth. Call `write` last; until then nothing but locks has touched the store. The `addresses` at
    which something new waits are left to the caller: they are leased at once, or made due. Without `owing`, webhooks are
    owed nothing now but later."""

    def __init__(self, tx: Transaction, facts: Configuration, now: datetime, owing: bool = True) -> None:
        self._owing = owing
        self.put_off = 0  # deliveries to webhooks that are made good later
        self.tx = tx
        self.facts = facts
        self.now = now
        self.addresses: dict[str, str] = {}  # address key -> channel: something new waits there
        self.counts: dict[Reason, int] = {}
        self._incidents: dict[int, Incident] = {}
        self._pages: dict[int, dict[str, Page]] = {}  # by incident
        self._stopped: dict[str, Reason] = {}
        self._notifications: list[Notification] = []
        self._timeline: list[TimelineRow] = []
        self._agenda: dict[tuple[str, str], AgendaEntry | None] = {}  # None cancels

    # --- incidents -----------------------------------------------------------------------------------------------

    def load(self, ids: Iterable[int], with_pages: bool = False) -> None:
        """Read and lock these incidents together, in ascending order so that two nodes never wait for each other."""
        missing = sorted({incident_id for incident_id in ids if incident_id not in self._incidents})
        if missing:
            self._incidents.update(self.tx.incidents.load(missing))
            if with_pages:
                self.tx.pages.foresee(missing)

    def incident(self, incident_id: int) -> Incident | None:
        self.load((incident_id,))
        return self._incidents.get(incident_id)

    def open(self, incident: Incident, event: Opened) -> Decision:
        """A fresh incident enters the house."""
        self._incidents[incident.id] = incident
        return self._carry(decide(incident, event, self.now, self.facts))

    def decide(self, incident_id: int, event: Event) -> Decision | None:
        """Fold one event into an incident; None when there is no such incident."""
        incident = self.incident(incident_id)
        if incident is None:
            return None
        return self._carry(decide(incident, event, self.now, self.facts))

    def _carry(self, decision: Decision) -> Decision:
        incident = decision.incident
        self._incidents[incident.id] = incident
        self._count(decision.reason)
        for effect in decision.effects:
            match effect:
                case Record():
                    self._timeline.append(
                        TimelineRow(
                            incident.id,
                            effect.entry,
                            micros(self.now),
                            effect.reason,
                            effect.text,
                            effect.actor,
                            effect.via,
                        )
                    )
                case Remind():
                    self._remind(kinds.INCIDENT[effect.timer], str(incident.id), effect.due_at)
                case Cancel():
                    self._agenda[kinds.INCIDENT[effect.timer], str(incident.id)] = None
                case PagePerson():
                    self.begin_page(incident.id, effect)
                case StopPages():
                    self._stop_pages(incident.id, effect)
                case TellPerson():
                    self._tell(incident.id, effect.person, effect.text, effect.reason, Purpose.STATUS)
                case TellAdmins():
                    self._tell_admins(incident.id, effect)
                case PostChat():
                    self._post(incident.id, effect.chat, effect.text, effect.reason)
        return decision

    # --- timeline ------------------------------------------------------------------------------------------------

    def note(self, incident_id: int, reason: Reason, text: str, at: datetime | None = None) -> None:
        """A line of the timeline that the engine itself has to say."""
        entry = self._serial(incident_id)
        if entry is not None:
            self._timeline.append(TimelineRow(incident_id, entry, micros(at or self.now), reason, text))

    def alarm(self, incident_id: int, reason: Reason, text: str) -> None:
        """A line of the timeline that the admins have to know of now."""
        self.note(incident_id, reason, text)
        self._tell_admins(incident_id, TellAdmins(reason, text, urgent=True))

    def tell_admins(self, incident_id: int, reason: Reason, text: str) -> None:
        """A line of the timeline that the admins hear of without being paged."""
        self.note(incident_id, reason, text)
        self._tell_admins(incident_id, TellAdmins(reason, text))

    def _serial(self, incident_id: int) -> int | None:
        incident = self.incident(incident_id)
        if incident is None:
            return None
        self._incidents[incident_id] = replace(incident, next_entry=incident.next_entry + 1)
        return incident.next_entry

    # --- pages ---------------------------------------------------------------------------------------------------

    def page(self, page_id: str) -> Page | None:
        found = self._pages.get(incident_of(page_id), {}).get(page_id)
        return found if found is not None else self.tx.pages.load([page_id]).get(page_id)

    def _keep(self, page: Page) -> None:
        self._pages.setdefault(page.incident, {})[page.id] = page

    def begin_page(self, incident_id: int, effect: PagePerson) -> None:
        person = self.facts.people.get(effect.person)
        self._supersede(incident_id, effect.person)
        self._carry_page(pages.begin(self._incidents[incident_id], effect, person, self.now))

    def page_by(self, incident_id: int, person_key: str, method: str, reason: Reason) -> None:
        """Reach this person by one contact method, whatever their rules say. Should it fail, their next one is used."""
        incident, person = self._incidents[incident_id], self.facts.people.get(person_key)
        effect = PagePerson(incident.next_page, person_key, Urgency.HIGH, reason)
        paged = (*incident.paged, person_key)
        self._incidents[incident_id] = replace(incident, next_page=incident.next_page + 1, paged=paged)
        if person is not None:
            person = replace(person, notify_high=(NotifyRule(method),))
        self._carry_page(pages.begin(self._incidents[incident_id], effect, person, self.now))

    def _supersede(self, incident_id: int, person: str) -> None:
        """A newer page to the same person replaces the older one: its rules start over, nothing rings twice."""
        for page in self._wanted(incident_id):
            if page.person == person:
                self._stop_page(page, Reason.PAGE_STOPPED)

    def carry_page(self, decision: PageDecision) -> None:
        self._carry_page(decision)

    def _carry_page(self, decision: PageDecision) -> None:
        page = decision.page
        self._keep(page)
        for notify in decision.notify:
            self._notify(page, notify)
        if decision.remind_at is None:
            if page.next_notification > 1 + len(decision.notify):  # not a fresh page, which never had a timer
                self._agenda[kinds.PAGE, page.id] = None
        else:
            self._remind(kinds.PAGE, page.id, decision.remind_at)
        for reason, text in decision.lines:
            self.note(page.incident, reason, text)
        if decision.tell_admins:
            self._tell_admins(
                page.incident, TellAdmins(Reason.NO_CONTACT_METHOD, decision.tell_admins, urgent=True)
            )

    def _wanted(self, incident_id: int) -> list[Page]:
        stored = {page.id: page for page in self.tx.pages.wanted(incident_id)}
        stored.update(self._pages.get(incident_id, {}))
        return [page for page in stored.values() if page.id not in self._stopped and page.state == "wanted"]

    def _stop_pages(self, incident_id: int, effect: StopPages) -> None:
        for page in self._wanted(incident_id):
            if effect.person is None or page.person == effect.person:
                self._stop_page(page, effect.reason)

    def _stop_page(self, page: Page, reason: Reason) -> None:
        self._keep(pages.stop(page, reason).page)
        self._stopped[page.id] = reason
        self._agenda[kinds.PAGE, page.id] = None

    def _notify(self, page: Page, notify: Notify) -> None:
        address = method_address(self.facts, page.person, notify.method)
        incident = self.incident(page.incident)
        if address is None or incident is None:
            return
        self._send(
            Notification(
                id=f"{page.id}.{notify.serial}",
                purpose=Purpose.PAGE,
                address_key=queue_of(address.key, Purpose.PAGE),
                channel=address.channel,
                created_at=self.now,
                title=incident.title,
                incident=incident.id,
                page=page.id,
                person=page.person,
                method=notify.method,
                urgency=page.urgency,
                severity=incident.severity,
                service=incident.service,
                reason=notify.reason,
                test=incident.test,
            ),
            address,
        )

    # --- everything that is not a page ---------------------------------------------------------------------------

    def _tell(self, incident_id: int, person_key: str, text: str, reason: Reason, purpose: Purpose) -> None:
        person = self.facts.people.get(person_key)
        rules = person.rules(Urgency.LOW) if person else ()
        method = rules[0].by if rules else None
        address = method_address(self.facts, person_key, method) if method else None
        serial = self._serial(incident_id)
        if serial is None:
            return
        micro = micros(self.now)
        if address is None:
            self._timeline.append(
                TimelineRow(
                    incident_id,
                    serial,
                    micro,
                    Reason.NO_CONTACT_METHOD,
                    f"{person_key} cannot be told: {text}",
                )
            )
            return
        message = self._message(incident_id, serial, purpose, address, text, reason, person_key, method)
        until = held_until(message, self.facts, self.now)
        if until is None:
            line = TimelineRow(incident_id, serial, micro, reason, f"Told {person_key}: {text}")
        else:
            told = f"{person_key} is told after their quiet hours, at {clock(until, self.now)}: {text}"
            line = TimelineRow(incident_id, serial, micro, Reason.HELD_FOR_QUIET_HOURS, told)
        self._timeline.append(line)
        self._send(message, address)

    def _tell_admins(self, incident_id: int, effect: TellAdmins) -> None:
        chat = self.facts.defaults.admin_chat
        if chat is not None:
            self._post(incident_id, chat, effect.text, effect.reason)
        for admin in self.facts.admins():
            if not effect.urgent:
                self._tell(incident_id, admin, effect.text, effect.reason, Purpose.ADMIN)
            elif not any(
                page.person == admin and page.begun_at == self.now for page in self._wanted(incident_id)
            ):
                incident = self._incidents[incident_id]
                paged = (*(person for person in incident.paged if person != admin), admin)
                self._incidents[incident_id] = replace(
                    incident, next_page=incident.next_page + 1, paged=paged
                )
                self.begin_page(
                    incident_id, PagePerson(incident.next_page, admin, Urgency.HIGH, effect.reason)
                )

    def _post(self, incident_id: int, chat: str, text: str, reason: Reason) -> None:
        address = chat_address(self.facts, chat)
        serial = self._serial(incident_id)
        if address is not None and serial is not None:
            self._timeline.append(
                TimelineRow(incident_id, serial, micros(self.now), reason, f"Posted to {chat}: {text}")
            )
            self._send(
                self._message(incident_id, serial, Purpose.CHAT, address, text, reason, None, chat), address
            )

    def _message(
        self,
        incident_id: int,
        serial: int,
        purpose: Purpose,
        address: Address,
        text: str,
        reason: Reason,
        person: str | None,
        method: str | None,
    ) -> Notification:
        incident = self._incidents[incident_id]
        return Notification(
            id=f"s{incident_id}.{serial}.{address.channel}.{person or method}",
            purpose=purpose,
            address_key=queue_of(address.key, purpose),
            channel=address.channel,
            created_at=self.now,
            text=text,
            title=incident.title,
            incident=incident_id,
            person=person,
            method=method,
            urgency=Urgency.LOW,
            severity=incident.severity,
            service=incident.service,
            reason=reason,
            test=incident.test,
        )

    def post_to_chat(self, notification_id: str, chat: str, title: str, text: str, reason: Reason) -> bool:
        """A group's message to its chat; belongs to no incident. False when there is no such chat."""
        address = chat_address(self.facts, chat)
        if address is None:
            return False
        self._send(
            Notification(
                id=notification_id,
                purpose=Purpose.CHAT,
                address_key=queue_of(address.key, Purpose.CHAT),
                channel=address.channel,
                created_at=self.now,
                title=title,
                text=text,
                method=chat,
                urgency=Urgency.LOW,
                reason=reason,
            ),
            address,
        )
        return True

    def tell(
        self,
        person_key: str,
        notice_id: str,
        title: str,
        text: str,
        reason: Reason,
        *,
        opens: str = "",
        offers: tuple[Offer, ...] = (),
        urgent: bool = False,
    ) -> bool:
        """Something about no incident, by the first of the person's rules for low urgency; quiet hours hold it. Told once
        for each `notice_id`, however often this is decided. `opens` is the path of the screen that it is about. `urgent`: by
        their first rule for high urgency, at any hour, and still no page. False when nothing reaches them."""
        urgency = Urgency.HIGH if urgent else Urgency.LOW
        person = self.facts.people.get(person_key)
        rules = person.rules(urgency) if person is not None else ()
        address = method_address(self.facts, person_key, rules[0].by) if rules else None
        if address is None:
            self._count(Reason.NO_CONTACT_METHOD)
            return False
        self._send(
            Notification(
                id=f"{notices_of(person_key)}{notice_id}",
                purpose=Purpose.STATUS,
                address_key=queue_of(address.key, Purpose.STATUS),
                channel=address.channel,
                created_at=self.now,
                title=title,
                text=text,
                person=person_key,
                method=rules[0].by,
                urgency=urgency,
                reason=reason,
                opens=opens,
                offers=offers,
            ),
            address,
        )
        return True

    def tell_address(self, person: str, method: ContactMethod, title: str, text: str, reason: Reason) -> None:
        """News about a contact method itself, to exactly this address, whether or not pages go there."""
        address = Address(method.channel, method.address, method.options)
        self._send(
            Notification(
                id=f"c.{person}.{method.name}.{reason.value}.{micros(self.now)}",
                purpose=Purpose.STATUS,
                address_key=queue_of(address.key, Purpose.STATUS),
                channel=address.channel,
                created_at=self.now,
                title=title,
                text=text,
                person=person,
                method=method.name,
                reason=reason,
            ),
            address,
        )

    def _send(self, notification: Notification, address: Address) -> None:
        self._notifications.append(notification)
        self.addresses[notification.address_key] = address.channel
        self._count(notification.reason)

    # --- timers and the end --------------------------------------------------------------------------------------

    def remind(self, kind: str, subject: str, due_at: datetime) -> None:
        self._remind(kind, subject, due_at)

    def forget(self, kind: str, subject: str) -> None:
        self._agenda[kind, subject] = None

    def _remind(self, kind: str, subject: str, due_at: datetime) -> None:
        self._agenda[kind, subject] = AgendaEntry(kind, subject, micros(due_at))

    def skip(self, reason: Reason) -> None:
        """Something was left undone for this reason; it is counted."""
        self._count(reason)

    def _count(self, reason: Reason) -> None:
        self.counts[reason] = self.counts.get(reason, 0) + 1

    def write(self) -> None:
        """Everything at once, then the wake-ups that follow the commit."""
        tx = self.tx
        now = micros(self.now)
        if self._incidents:
            tx.incidents.put(list(self._incidents.values()))
        if self._timeline:
            tx.timeline.add(self._timeline)
            if self.facts.webhooks:
                self.put_off = (
                    webhooks.owe(tx, self.facts, self._timeline, self._incidents)
                    if self._owing
                    else webhooks.put_off(tx, self.facts, self._timeline)
                )
        if self._pages:
            tx.pages.put([page for pages_of in self._pages.values() for page in pages_of.values()])
        for reason, ids in _by_reason(self._stopped).items():
            tx.notifications.drop_waiting(ids, reason, now)
        wanted = [n for n in self._notifications if n.page is None or n.page not in self._stopped]
        if wanted:
            tx.notifications.add(wanted)
        cancelled = [key for key, entry in self._agenda.items() if entry is None]
        if cancelled:
            tx.agenda.cancel(cancelled)
        entries = [entry for entry in self._agenda.values() if entry is not None]
        if entries:
            tx.agenda.schedule(entries)
        if entries:
            tx.wake(kinds.due(min(entry.due_at for entry in entries)))
        for incident_id in self._incidents:
            tx.wake(f"{kinds.INCIDENT_TOPIC}{incident_id}")


def notices_of(person: str) -> str:
    """How the ids of all that this person was told begin (`Consequences.tell`). No name holds a slash."""
    return f"t/{person}/"


def _by_reason(stopped: dict[str, Reason]) -> dict[Reason, Sequence[str]]:
    found: dict[Reason, list[str]] = {}
    for page_id, reason in stopped.items():
        found.setdefault(reason, []).append(page_id)
    return dict(found)
