"""A decision while it is being written: the incident as it becomes, and the effects in the order in which they hold.

It lives within one call of `decide` and reads nothing but what was given in.
"""

from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from tocsin.core.configuration import Configuration
from tocsin.core.people import BusinessHours, Team
from tocsin.core.reasons import Reason
from tocsin.core.respond.incident import (
    Decision,
    Effect,
    Escalation,
    Incident,
    Kind,
    PagePerson,
    PostChat,
    Record,
    State,
    StopPages,
    TellAdmins,
    TellPerson,
)
from tocsin.core.severity import DEFAULT_SEVERITIES, SeverityRule


class Draft:
    """`given` is the incident before the event; `incident` changes as the story goes on."""

    def __init__(self, given: Incident, now: datetime, facts: Configuration) -> None:
        self.given = given
        self.incident = given
        self.now = now
        self.facts = facts
        self.effects: list[Effect] = []

    # --- reading -------------------------------------------------------------------------------------------------

    @property
    def escalation(self) -> Escalation:
        return self.incident.escalation

    @property
    def rule(self) -> SeverityRule:
        severity = self.incident.severity
        return self.facts.severities.get(severity) or DEFAULT_SEVERITIES[severity]

    def team(self) -> Team | None:
        """Who owns it: the incident's team, else its service's, else its policy's."""
        service = self.facts.services.get(self.incident.service or "")
        policy = self.escalation.policy
        names = (self.incident.team, service.team if service else None, policy.team if policy else None)
        return next((self.facts.teams[name] for name in names if name and name in self.facts.teams), None)

    def business_hours(self) -> BusinessHours:
        team = self.team()
        return team.business_hours if team else BusinessHours()

    # --- writing -------------------------------------------------------------------------------------------------

    def change(self, **fields: Any) -> None:
        self.incident = replace(self.incident, **fields)

    def escalate(self, **fields: Any) -> None:
        """Change fields of the escalation."""
        self.incident = replace(self.incident, escalation=replace(self.incident.escalation, **fields))

    def record(self, reason: Reason, text: str, actor: str | None = None, via: str = "") -> None:
        entry = self.incident.next_entry
        self.effects.append(Record(entry, reason, text, actor, via))
        self.change(next_entry=entry + 1)

    def page(
        self,
        person: str,
        reason: Reason,
        begun_at: datetime | None = None,
        heard_until: datetime | None = None,
    ) -> None:
        """Begin a page under a new serial; an older one to the same person gives way."""
        if person in self.incident.paged:
            self.effects.append(StopPages(Reason.PAGE_STOPPED, person))
        serial = self.incident.next_page
        self.effects.append(PagePerson(serial, person, self.rule.urgency, reason, begun_at, heard_until))
        paged = (*(p for p in self.incident.paged if p != person), person)
        self.change(next_page=serial + 1, paged=paged)

    def stop_pages(self, reason: Reason, keep: tuple[str, ...] = ()) -> None:
        """Nobody has to be reached any more, but those in `keep`."""
        kept = tuple(person for person in self.incident.paged if person in keep)
        if not kept:
            self.effects.append(StopPages(reason))
        else:
            self.effects.extend(StopPages(reason, p) for p in self.incident.paged if p not in kept)
        self.change(paged=kept)

    def stop_page(self, person: str, reason: Reason) -> None:
        self.effects.append(StopPages(reason, person))
        self.change(paged=tuple(p for p in self.incident.paged if p != person))

    def tell(self, person: str | None, reason: Reason, text: str) -> None:
        """News for one person; nothing for names that are nobody's, such as a sender's."""
        if person is not None and person in self.facts.people:
            self.effects.append(TellPerson(person, reason, text))

    def tell_admins(self, reason: Reason, text: str, urgent: bool = False) -> None:
        self.effects.append(TellAdmins(reason, text, urgent))

    def post(self, chat: str, reason: Reason, text: str) -> None:
        self.effects.append(PostChat(chat, reason, text))

    def post_to_team(self, reason: Reason, text: str) -> bool:
        """To the owning team's chat; False when it has none."""
        team = self.team()
        if team is None or team.chat is None or team.chat not in self.facts.chats:
            return False
        self.post(team.chat, reason, text)
        return True

    def act(self, actor: str) -> None:
        """A person did something: whoever has it is not silent, so the acknowledgement is renewed."""
        self.change(last_act_at=self.now)
        if self.incident.state is State.ACKNOWLEDGED and self.incident.snoozed_until is None:
            timeout = self.rule.ack_timeout if self.incident.kind is Kind.PAGE else None
            self.change(asked_at=None, ack_expires_at=self.after(timeout))

    def answered_by(self, actor: str) -> None:
        """The first human answer ever is what the acknowledgement target measures; who answers has it now."""
        self.change(acknowledged_at=self.incident.acknowledged_at or self.now, acknowledged_by=actor)

    def after(self, wait: timedelta | None) -> datetime | None:
        return None if wait is None else self.now + wait

    # --- the end -------------------------------------------------------------------------------------------------

    def decided(self, reason: Reason) -> Decision:
        return Decision(self.incident, tuple(self.effects), reason)

    def refused(self, reason: Reason, sentence: str) -> Decision:
        """Nothing changed, and the person is told why."""
        return Decision(self.given, (), reason, sentence)
