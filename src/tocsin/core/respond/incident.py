"""The incident aggregate: its state, what can happen to it, and what a decision may demand.

`decide` in decide.py folds one event into the state. One aggregate holds lifecycle and escalation, so one row lock suffices.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from tocsin.core.instants import Aware
from tocsin.core.reasons import Reason
from tocsin.core.respond.policy import Policy
from tocsin.core.severity import Severity, Urgency


class State(StrEnum):
    """`detected` wants an acknowledgement; only `detected`, `acknowledged` and `mitigated` are open."""

    DETECTED = "detected"
    ACKNOWLEDGED = "acknowledged"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"
    CLOSED = "closed"


OPEN_STATES = frozenset({State.DETECTED, State.ACKNOWLEDGED, State.MITIGATED})


class Kind(StrEnum):
    PAGE = "page"  # somebody is to be reached
    TICKET = "ticket"  # in the team's queue, nobody is paged


class EscalationStatus(StrEnum):
    NONE = "none"  # a ticket, or a severity that never pages
    HELD = "held"  # waits for business hours, the end of maintenance or of a quiet time after flapping
    RUNNING = "running"
    STOPPED = "stopped"  # acknowledged, snoozed, mitigated or resolved
    EXHAUSTED = "exhausted"  # every step and repeat passed; last resort told (and told again, SEV1-2)


class Escalation(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the escalation stands. `policy` is the version it began with.

    What the source resolved before anybody answered keeps its `due_at` and goes on from there when it flaps back:
    `suspended` says from what, `suspended_people` whose pages were cut short.
    """

    status: EscalationStatus = EscalationStatus.NONE
    policy: Policy | None = None
    step: int = -1  # index of the step last started; -1 before the first
    round: int = 0  # 0 in the first pass through the steps
    due_at: datetime | None = None  # next step, release or last-resort repeat; mirrors the pending timer
    step_at: datetime | None = None  # when the step last started began
    opens_at: datetime | None = None  # while it is `due_at`: the next step waits for business hours
    reached: tuple[str, ...] = ()  # people paged in this round
    last_resort_times: int = 0
    suspended: EscalationStatus | None = None
    suspended_people: tuple[str, ...] = ()


class Incident(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything that deciding about one incident needs. All instants are aware UTC."""

    id: int
    title: str
    severity: Severity
    opened_at: datetime
    state: State = State.DETECTED
    kind: Kind = Kind.PAGE
    summary: str = ""
    description: str = ""
    runbook_url: str = ""
    service: str | None = None
    team: str | None = None
    route: str = ""  # the route by its matchers from the root down, as Alertmanager writes them
    group: str = ""  # the group's key, "" when a person opened it
    labels: dict[str, str] = {}  # what all its alerts share
    detected_by: str = "monitoring"  # or the person's key
    firing: int = 0  # alerts that fire and are not suppressed
    alerts: int = 0  # alerts it ever had
    source_silent: int = 0  # of the firing ones, how many only because their sender fell silent
    suppressed: int = 0  # fire too, but silenced, inhibited, muted or under maintenance
    test: bool = False
    escalation: Escalation = Escalation()
    paged: tuple[str, ...] = ()  # people with a page that is still wanted
    responders: tuple[str, ...] = ()  # pulled in by somebody, beside the escalation
    acknowledged_at: datetime | None = None  # the first acknowledgement ever: what ack_target measures
    acknowledged_by: str | None = None  # who has it now
    last_act_at: datetime | None = None  # any human act renews the acknowledgement
    asked_at: datetime | None = None  # when the silent owner was asked
    ack_expires_at: datetime | None = None  # when the silent owner is asked, then when it escalates again
    snoozed_until: datetime | None = None
    snoozed_by: str | None = None
    mitigated_at: datetime | None = None
    recheck_at: datetime | None = None  # mitigated: when it resolves by itself or comes back
    resolved_at: datetime | None = None
    resolved_by: str | None = None  # a person's key; None when the source did
    resolution: str = ""
    close_at: datetime | None = None  # resolved: when nothing more is expected of it
    quiet_until: datetime | None = None  # flapped back after an acknowledgement
    escalated_by: str | None = None  # the last escalation by hand: a double click is not two
    escalated_at: datetime | None = None
    reopened: int = 0
    next_page: int = 1  # serial numbers that make page and timeline ids
    next_entry: int = 1

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def wants_acknowledgement(self) -> bool:
        return self.state is State.DETECTED


# --- what can happen -------------------------------------------------------------------------------------------------


class Opened(msgspec.Struct, frozen=True, tag="opened"):
    """A new incident; the state given to `decide` is the fresh Incident (escalation NONE, no policy yet)."""

    policy: str | None = None  # the route's page action; None makes a ticket
    actor: str | None = None  # set when a person reported it
    released: tuple[Reason, ...] = ()  # what held its alerts back until now


class AlertsChanged(msgspec.Struct, frozen=True, tag="alerts_changed", omit_defaults=True):
    """Membership of its group, after the fact. Counts are absolute."""

    firing: int  # fire and are not suppressed
    alerts: int
    source_silent: int = 0
    severity: Severity | None = None  # the worst that joined with this change, if its route gives one
    joined: tuple[str, ...] = ()  # short names of alerts that began to count, for the timeline
    ended: tuple[str, ...] = ()
    suppressed: int = 0  # fire but are silenced, inhibited, muted or under maintenance: not recovery
    reason: Reason | None = None
    released: tuple[Reason, ...] = ()  # what held back, until now, those that joined
    labels: dict[str, str] | None = None  # what all of its group share; None: as before


class Acknowledge(msgspec.Struct, frozen=True, tag="acknowledge"):
    actor: str
    via: str = "web"


class Resolve(msgspec.Struct, frozen=True, tag="resolve", omit_defaults=True):
    actor: str
    via: str = "web"
    note: str = ""


class Mitigate(msgspec.Struct, frozen=True, tag="mitigate", omit_defaults=True):
    actor: str
    via: str = "web"
    note: str = ""


class Snooze(msgspec.Struct, frozen=True, tag="snooze"):
    actor: str
    until: Aware
    via: str = "web"


class Escalate(msgspec.Struct, frozen=True, tag="escalate"):
    """By hand: the next step now, whatever the state."""

    actor: str
    via: str = "web"


class Reassign(msgspec.Struct, frozen=True, tag="reassign"):
    """To a person (paged at once, who then has it) or a policy (which starts at its first step)."""

    actor: str
    person: str | None = None
    policy: str | None = None
    via: str = "web"


class AddResponder(msgspec.Struct, frozen=True, tag="add_responder"):
    actor: str
    person: str
    via: str = "web"


class SetSeverity(msgspec.Struct, frozen=True, tag="set_severity"):
    actor: str
    severity: Severity
    via: str = "web"


class AddNote(msgspec.Struct, frozen=True, tag="add_note"):
    actor: str
    text: str
    via: str = "web"


class Timer(StrEnum):
    """An incident's durable timers; each is one agenda entry (kind, incident id)."""

    STEP = "step"  # the next step, or the next telling of the last resort
    RELEASE = "release"  # business hours begin, maintenance or a quiet time ends
    ACK_EXPIRY = "ack_expiry"  # ask the owner; then escalate
    SNOOZE_END = "snooze_end"
    RECHECK = "recheck"  # mitigated: resolve by itself, or reopen because it still fires
    CLOSE = "close"


class TimerDue(msgspec.Struct, frozen=True, tag="timer_due"):
    timer: Timer


class HoldsChanged(msgspec.Struct, frozen=True, tag="holds_changed"):
    """A maintenance window or a team's business hours began, moved or ended: look again at what is held."""


class HandedOver(msgspec.Struct, frozen=True, tag="handed_over"):
    """The shift of whoever has it was handed over to `person`, who accepted."""

    person: str
    schedule: str
    via: str = "web"


class Repair(msgspec.Struct, frozen=True, tag="repair"):
    """The invariant checker found it without any pending timer."""


Command = (
    Acknowledge | Resolve | Mitigate | Snooze | Escalate | Reassign | AddResponder | SetSeverity | AddNote
)
Event = Opened | AlertsChanged | Command | TimerDue | HoldsChanged | HandedOver | Repair


# --- what a decision may demand --------------------------------------------------------------------------------------


class PagePerson(msgspec.Struct, frozen=True, tag="page_person"):
    """Begin a page: reach this person by their rules of this urgency until it is stopped."""

    page: int  # serial within the incident
    person: str
    urgency: Urgency
    reason: Reason
    begun_at: datetime | None = None  # resumes a page begun then: its rules count from there
    heard_until: datetime | None = None  # and those due before this instant have been heard


class StopPages(msgspec.Struct, frozen=True, tag="stop_pages"):
    """Pages still wanted are over. `person` None means everybody's."""

    reason: Reason
    person: str | None = None


class Remind(msgspec.Struct, frozen=True, tag="remind"):
    """Set (or move) a durable timer."""

    timer: Timer
    due_at: datetime


class Cancel(msgspec.Struct, frozen=True, tag="cancel"):
    timer: Timer


class Record(msgspec.Struct, frozen=True, tag="record", omit_defaults=True):
    """One line of the timeline, numbered within the incident. `text` is whole prose, safe to show as plain text."""

    entry: int
    reason: Reason
    text: str
    actor: str | None = None
    via: str = ""


class TellAdmins(msgspec.Struct, frozen=True, tag="tell_admins"):
    """Something is wrong with on-call itself (or the last resort is being told). `urgent` pages them."""

    reason: Reason
    text: str
    urgent: bool = False


class TellPerson(msgspec.Struct, frozen=True, tag="tell_person"):
    """A status message: low urgency, never delays a page."""

    person: str
    reason: Reason
    text: str


class PostChat(msgspec.Struct, frozen=True, tag="post_chat"):
    chat: str
    reason: Reason
    text: str


Effect = PagePerson | StopPages | Remind | Cancel | Record | TellAdmins | TellPerson | PostChat


class Decision(msgspec.Struct, frozen=True):
    """The new state, what is owed because of it, and why. `refused` says to a person why nothing changed."""

    incident: Incident
    effects: tuple[Effect, ...]
    reason: Reason
    refused: str = ""
