"""Which function decides a due timer of on-call, by its kind in the agenda.

Each is given the consequences, the timer's subject and now; it sets its next timer itself (`owed.remind`). What it raises
sets that one entry aside, never another.
"""

from collections.abc import Callable
from datetime import datetime

from tocsin.engine import kinds
from tocsin.engine.consequences import Consequences
from tocsin.engine.oncall import handoffs, notices, swaps, warnings

Due = Callable[[Consequences, str, datetime], None]

DUE: dict[str, Due] = {
    kinds.SHIFT: notices.due,
    kinds.WARNINGS: warnings.due,
    kinds.SWAP: swaps.due,
    kinds.HANDOFF: handoffs.due,
}
