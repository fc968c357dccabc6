"""Which function answers which request about on-call: some only read, some change what decisions read, and some owe people
something as well (a message, a timer, an incident that passes on)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from tocsin.control import requests as r
from tocsin.control.actor import Actor
from tocsin.control.oncall import (
    calendars,
    fairness,
    handoffs,
    health,
    leaves,
    pay,
    swaps,
    timetable,
    warnings,
)
from tocsin.control.oncall.decided import Decided
from tocsin.core.configuration import Configuration
from tocsin.engine.consequences import Consequences
from tocsin.engine.store.protocol import Transaction

Read = Callable[[Transaction, Any, Configuration, datetime], object]
Write = Callable[[Transaction, Any, Configuration, Actor, datetime], object]
Decide = Callable[[Consequences, Any, Actor, datetime], Decided]

# Each raises Refused, and then changes nothing.
READS: dict[type[Any], Read] = {
    r.ShowSchedules: timetable.show,
    r.ListSwaps: swaps.listed,
    r.ListHandoffs: handoffs.list_handoffs,
    r.ShowHandoff: handoffs.show,
    r.ShowPay: pay.show,
    r.ListLeaves: leaves.listed,
    r.ShowFairness: fairness.show,
    r.ShowHealth: health.show,
    r.ListOnCallWarnings: warnings.listed,
}
WRITES: dict[type[Any], Write] = {
    r.AddLeave: leaves.add,
    r.EndLeave: leaves.end,
}
DECISIONS: dict[type[Any], Decide] = {
    r.OfferSwap: swaps.offer,
    r.AskCover: swaps.ask_cover,
    r.AcceptSwap: swaps.accept,
    r.DeclineSwap: swaps.decline,
    r.WithdrawSwap: swaps.withdraw,
    r.SayUnreachable: swaps.say_unreachable,
    r.WriteHandoff: handoffs.write,
    r.EditHandoff: handoffs.edit,
    r.OfferHandoff: handoffs.offer,
    r.AcceptHandoff: handoffs.accept,
    r.ReadCalendar: calendars.read,
    r.ClosePay: pay.close,
    r.AdjustPay: pay.adjust,
}
