"""One page: the intent to reach one person about one incident, by the person's own rules.

Pages are `{incident}.{serial}`; notifications `{page}.{n}`: ids derive from what they are, so a repeat is the same message.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from tocsin.core.reasons import Reason
from tocsin.core.severity import Urgency


class PageState(StrEnum):
    WANTED = "wanted"
    STOPPED = "stopped"


class Planned(msgspec.Struct, frozen=True):
    """Notify by this contact method at that instant."""

    method: str
    due_at: datetime
    held: bool = False  # by the person's quiet hours; it was due before


class Page(msgspec.Struct, frozen=True, omit_defaults=True):
    incident: int
    serial: int
    person: str
    urgency: Urgency
    begun_at: datetime
    reason: Reason
    state: PageState = PageState.WANTED
    stopped_because: Reason | None = None
    plan: tuple[Planned, ...] = ()  # not yet done, by due_at
    failed: tuple[str, ...] = ()  # methods that were rejected or gave up
    used: tuple[str, ...] = ()  # methods that have been handed a notification
    next_notification: int = 1

    @property
    def id(self) -> str:
        return f"{self.incident}.{self.serial}"


def incident_of(page_id: str) -> int:
    """The incident that the page of that id is about."""
    return int(page_id.partition(".")[0])


class Notify(msgspec.Struct, frozen=True):
    """Hand one notification to the contact method now. `serial` makes its id `{page}.{serial}`."""

    serial: int
    method: str
    reason: Reason


class PageDecision(msgspec.Struct, frozen=True):
    """`remind_at` None cancels the page's timer. `lines` go on the incident's timeline (reason, text). A `tell_admins` that
    is not empty says that this person cannot be reached: somebody has to know now."""

    page: Page
    notify: tuple[Notify, ...] = ()
    remind_at: datetime | None = None
    lines: tuple[tuple[Reason, str], ...] = ()
    tell_admins: str = ""
