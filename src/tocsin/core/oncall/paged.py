"""What reached people: pages counted by person and minute, as ledger, health and pay read them. Tests are never in it."""

from datetime import datetime

import msgspec

from tocsin.core.severity import Urgency


class Paged(msgspec.Struct, frozen=True, order=True):
    """`count` pages of one urgency that began for one person within the minute that begins at `at`."""

    person: str
    at: datetime
    urgency: Urgency = Urgency.HIGH
    count: int = 1
