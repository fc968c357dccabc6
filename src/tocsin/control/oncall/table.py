"""Which function answers which request about on-call: some only read, some change what decisions read, and some owe people
something as well (a message, a timer, an incident that passes on)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from tocsin.control.actor import Actor
from tocsin.core.configuration import Configuration
from tocsin.engine.consequences import Consequences
from tocsin.engine.store.protocol import Transaction


class Decided(msgspec.Struct, frozen=True):
    """The request's answer, and what it was about, for the audit log (when no configuration entry was changed)."""

    answer: object
    subject: str


Read = Callable[[Transaction, Any, Configuration, datetime], object]
Write = Callable[[Transaction, Any, Configuration, Actor, datetime], object]
Decide = Callable[[Consequences, Any, Actor, datetime], Decided]

# Each raises Refused, and then changes nothing.
READS: dict[type[Any], Read] = {}
WRITES: dict[type[Any], Write] = {}
DECISIONS: dict[type[Any], Decide] = {}
