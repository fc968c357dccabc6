"""Tells a team's chat what is going to bite on its schedules, once each, when its working day begins.

What was told stands in `oncall_record` (kind `warning`, a row each), written in the transaction that owes the message. A
warning that is gone is forgotten: should it come back, that is news.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from weakref import WeakSet
from zlib import crc32

import msgspec

from tocsin.core.business_hours import next_opening
from tocsin.core.instants import micros
from tocsin.core.oncall.warnings import Level, OnCallWarning, warnings
from tocsin.core.people import Team
from tocsin.engine import kinds
from tocsin.engine.consequences import Consequences
from tocsin.engine.store.protocol import OnCallFilter, OnCallRow

WARNING = "warning"  # the kind of the rows
PAUSE = timedelta(hours=12)  # the next look comes with the next working day
MOST_TOLD = 10  # in one message; the page shows all
MOST_KEPT = 1000  # of one team, the worst; beyond that nobody reads them one by one

_looked: WeakSet[Consequences] = WeakSet()  # transactions that have looked ahead for one team already


def due(owed: Consequences, key: str, now: datetime) -> None:
    """Look eight weeks ahead, say what is new, and set the next look. Without a chat there is nobody to tell."""
    facts = owed.facts
    team = facts.teams.get(key)
    if team is None or team.chat is None:
        return
    if owed in _looked:  # after an outage all teams are due at once, and pages wait for this transaction
        owed.remind(kinds.WARNINGS, key, now + spread(key))
        return
    _looked.add(owed)
    found = [each for each in warnings(facts, now, team=key) if each.level is Level.WARNING]
    rows = {_name(key, each): each for each in found[:MOST_KEPT]}
    told = owed.tx.oncall.load(WARNING, list(rows)).keys()
    new = [each for name, each in rows.items() if name not in told]
    if new:
        title = f"On-call of {team.name or key}: {_count(len(new))} to look at"
        owed.post_to_chat(f"w/{key}/{micros(now)}", team.chat, title, _said(new), new[0].reason)
        owed.tx.oncall.put([_row(key, each, now) for each in new])
    kept = owed.tx.oncall.search(OnCallFilter(WARNING, subjects=(key,), limit=MOST_KEPT))
    gone = sorted({row.id for row in kept} - rows.keys())
    if gone:
        owed.tx.oncall.remove(WARNING, gone)
    owed.remind(kinds.WARNINGS, key, _next_look(team, now))


def spread(team: str) -> timedelta:
    """Teams begin to work at the same minute; each is looked at in a second of its own within the hour."""
    return timedelta(seconds=crc32(team.encode()) % 3600 + 1)


def _said(new: Sequence[OnCallWarning]) -> str:
    lines = [" ".join((f"- {each.text}", _who_could(each), *each.helps[:1])) for each in new[:MOST_TOLD]]
    if len(new) > MOST_TOLD:
        lines.append(f"- and {len(new) - MOST_TOLD} more, on the page of on-call")
    return "\n".join(" ".join(line.split()) for line in lines)


def _who_could(warning: OnCallWarning) -> str:
    return f"Free then: {', '.join(each.person for each in warning.proposals)}." if warning.proposals else ""


def _row(team: str, warning: OnCallWarning, now: datetime) -> OnCallRow:
    span = micros(warning.starts_at), micros(warning.ends_at)
    return OnCallRow(
        WARNING, _name(team, warning), team, "told", *span, msgspec.json.encode(warning), micros(now)
    )


def _name(team: str, warning: OnCallWarning) -> str:
    return f"{team}/{warning.id}"


def _count(number: int) -> str:
    return "1 thing" if number == 1 else f"{number} things"


def _next_look(team: Team, now: datetime) -> datetime:
    opening = next_opening(team.business_hours, now + PAUSE)
    return now + 2 * PAUSE if opening is None else opening + spread(team.key)
