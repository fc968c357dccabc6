"""Everything that waits, waits less: the product's own constants, shortened in the server's process alone.

What is held to its word is what happens, not how long a lease lasts; a kill then costs seconds, not half a minute.
"""

import functools
from datetime import timedelta

from tocsin.channels.webhook.send import CHANNEL
from tocsin.core.respond import deliver
from tocsin.engine import carrying, detecting, sending

SEND_LEASE = timedelta(seconds=4)  # stays longer than a channel's deadline
SEND_DEADLINE = 1.5


def quicken() -> None:
    sending.LEASE = carrying.LEASE = SEND_LEASE
    CHANNEL.deadline = SEND_DEADLINE  # type: ignore[attr-defined]
    deliver.GAP = timedelta(seconds=1.5)
    deliver.NEW_SERVICE = timedelta(seconds=20)
    deliver.CLEARANCE = timedelta(seconds=2)
    deliver.FIRST_RETRY = timedelta(seconds=0.5)
    deliver.SLOWEST_RETRY = timedelta(seconds=3)
    detecting.SPEAK_FIRST = timedelta(seconds=4)
    detecting.Detecting.__init__ = functools.partialmethod(  # type: ignore[method-assign,assignment]
        detecting.Detecting.__init__, lease=timedelta(seconds=2)
    )
