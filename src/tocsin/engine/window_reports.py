"""When a maintenance window is over: what it held back is told once in the owning teams' chats.

What still fires is paged by detection at the same instant; this says what else there was, so that nothing went unseen.
"""

from datetime import datetime, timedelta

import xxhash

from tocsin.core.configuration import Configuration, Maintenance
from tocsin.core.instants import micros
from tocsin.core.labels import decode_labels, short_name
from tocsin.core.reasons import Reason
from tocsin.core.respond.prose import alerts, listed
from tocsin.engine.consequences import Consequences
from tocsin.engine.engine import Engine
from tocsin.engine.sending import Departure
from tocsin.engine.store.protocol import AlertFilter, Transaction

LATE = timedelta(days=1)  # a window that ended longer ago is no news any more
AT_MOST = 1000  # alerts counted
NAMED = 10


class WindowReports:
    """The detection owner's. A report has one id, so telling it again after a restart tells nobody twice."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._told: set[tuple[str, datetime]] = set()

    def due(self, now: datetime) -> list[Maintenance]:
        """Windows that are over and have not been told of."""
        return [
            window
            for window in self._engine.facts.current.maintenance
            if now - LATE < window.ends_at <= now and (window.id, window.ends_at) not in self._told
        ]

    def tell(self, windows: list[Maintenance], now: datetime) -> list[Departure]:
        """Before detection lets go of what they held: afterwards nobody knows any more what that was."""
        texts = self._engine.store.read(lambda tx: [(window, _held_back(tx, window)) for window in windows])

        def work(owed: Consequences) -> None:
            for window, text in texts:
                for chat in _chats(owed.facts, window) if text else ():
                    about = f"{window.id}.{micros(window.ends_at)}.{chat}"
                    owed.post_to_chat(
                        f"m{xxhash.xxh3_64_hexdigest(about.encode())}",
                        chat,
                        f"Maintenance of {listed(window.services)} is over",
                        text,
                        Reason.MAINTENANCE_ENDED,
                    )

        _, departures = self._engine.decide(work, now)
        self._told.update((window.id, window.ends_at) for window in windows)
        return departures


def _held_back(tx: Transaction, window: Maintenance) -> str:
    """What the window held back, as prose; "" when that was nothing."""
    still = tx.alerts.search(AlertFilter(by=window.id, reason=Reason.MAINTENANCE.value, limit=AT_MOST))
    over = tx.alerts.search(
        AlertFilter(by=f"{Reason.MAINTENANCE} by {window.id}", statuses=("resolved",), limit=AT_MOST)
    )
    over = [(alert, state) for alert, state in over if state.updated_at >= micros(window.starts_at)]
    if not still and not over:
        return ""
    name = f" ({window.comment})" if window.comment else ""
    lines = [
        f"{alerts(len(still) + len(over))} held back{name}: {len(still)} still firing, {len(over)} over."
    ]
    for what, found in (("still fires", still), ("is over", over)):
        lines += [f"- {short_name(decode_labels(alert.labels))} {what}" for alert, _ in found[:NAMED]]
        if len(found) > NAMED:
            lines.append(f"- and {len(found) - NAMED} more")
    return "\n".join(lines)


def _chats(facts: Configuration, window: Maintenance) -> tuple[str, ...]:
    """The chats of the teams that own its services; for those without, where unmatched alerts go."""
    chats = []
    for name in window.services:
        service = facts.services.get(name)
        team = facts.teams.get(service.team or "") if service else None
        chat = (team.chat if team else None) or facts.route.chat
        if chat is not None:
            chats.append(chat)
    return tuple(dict.fromkeys(chats))
