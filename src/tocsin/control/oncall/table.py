"""Which function answers which request about on-call: some only read, some change what decisions read, and some owe people
something as well (a message, a timer, an incident that passes on)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from tocsin.control import requests as r
from tocsin.control.actor import Actor
from tocsin.control.oncall import pay
from tocsin.control.oncall.decided import Decided
from tocsin.core.configuration import Configuration
from tocsin.engine.consequences import Consequences
from tocsin.engine.store.protocol import Transaction

Read = Callable[[Transaction, Any, Configuration, datetime], object]
Write = Callable[[Transaction, Any, Configuration, Actor, datetime], object]
Decide = Callable[[Consequences, Any, Actor, datetime], Decided]

# Each raises Refused, and then changes nothing.
READS: dict[type[Any], Read] = {
    r.ShowPay: pay.show,
}
WRITES: dict[type[Any], Write] = {}
DECISIONS: dict[type[Any], Decide] = {
    r.ClosePay: pay.close,
    r.AdjustPay: pay.adjust,
}
