"""The agenda in memory: a heap per kind, whose entries count only while they say what the row says."""

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from tocsin.engine.store.memory.journal import Journal, Rows
from tocsin.engine.store.protocol import AgendaEntry

Key = tuple[str, str]


class Timer(msgspec.Struct, frozen=True):
    """As in SQL: under a lease `due_at` is the lease's end, and `again_at` marks that it was asked for meanwhile."""

    id: int
    due_at: int
    document: bytes
    token: str = ""
    again_at: int | None = None


class MemoryAgenda:
    def __init__(self, journal: Journal) -> None:
        self._rows: Rows[Key, Timer] = Rows(journal, self._changed)
        self._heaps: dict[str, list[tuple[int, int, str]]] = {}
        self._last = 0

    def _changed(self, key: Key, before: Timer | None, after: Timer | None) -> None:
        if after is not None:
            heapq.heappush(self._heaps.setdefault(key[0], []), (after.due_at, after.id, key[1]))

    def _number(self) -> int:
        self._last += 1
        return self._last

    def schedule(self, entries: Sequence[AgendaEntry]) -> None:
        for entry in entries:
            key = (entry.kind, entry.subject)
            there = self._rows.get(key)
            number = there.id if there is not None else self._number()
            self._rows.put(key, Timer(number, entry.due_at, entry.document))

    def schedule_earlier(self, entries: Sequence[AgendaEntry]) -> None:
        for entry in entries:
            key = (entry.kind, entry.subject)
            there = self._rows.get(key)
            if there is None:
                self._rows.put(key, Timer(self._number(), entry.due_at, entry.document))
            elif there.token:
                marked = entry.due_at if there.again_at is None else min(there.again_at, entry.due_at)
                self._rows.put(key, replace(there, again_at=marked))
            elif entry.due_at < there.due_at:
                self._rows.put(key, replace(there, due_at=entry.due_at, document=entry.document))

    def cancel(self, keys: Iterable[Key]) -> None:
        for key in keys:
            self._rows.remove(key)

    def claim(self, kinds: Sequence[str], now: int, limit: int) -> list[AgendaEntry]:
        claimed = []
        inorder = _in_order(self._due(dict.fromkeys(kinds, limit), now))
        for key, timer in inorder[:limit]:
            self._rows.remove(key)
            claimed.append(AgendaEntry(*key, timer.due_at, timer.document))
        for key, timer in inorder[limit:]:  # not taken after all
            heapq.heappush(self._heaps[key[0]], (timer.due_at, timer.id, key[1]))
        return claimed

    def lease(self, most: Mapping[str, int], now: int, until: int) -> list[AgendaEntry]:
        due = self._due(most, now)
        return [self._lease(key, timer, now, until) for key, timer in _in_order(due)]

    def _lease(self, key: Key, timer: Timer, now: int, until: int) -> AgendaEntry:
        token = f"lease-{self._number()}"
        mark = timer.again_at if timer.again_at is not None and timer.again_at > now else None
        self._rows.put(key, replace(timer, due_at=until, token=token, again_at=mark))
        return AgendaEntry(*key, timer.due_at, timer.document, token)

    def lease_at_once(self, keys: Sequence[Key], now: int, until: int) -> list[AgendaEntry]:
        self.schedule_earlier([AgendaEntry(*key, now) for key in keys])
        free = [(key, timer) for key in keys if (timer := self._rows.get(key)) and timer.due_at <= now]
        return [replace(self._lease(key, timer, now, until), due_at=now) for key, timer in free]

    def _due(self, most: Mapping[str, int], now: int) -> dict[Key, Timer]:
        found: dict[Key, Timer] = {}
        for kind, limit in most.items():
            heap, taken = self._heaps.get(kind, []), 0
            while taken < limit and (head := self._head(kind)) is not None and head[0] <= now:
                heapq.heappop(heap)
                key = (kind, head[2])
                if key not in found and (timer := self._rows.get(key)) is not None:
                    found[key] = timer
                    taken += 1
        return found

    def _head(self, kind: str) -> tuple[int, int, str] | None:
        """The earliest that still counts."""
        heap = self._heaps.get(kind, [])
        while heap:
            due_at, number, subject = heap[0]
            timer = self._rows.get((kind, subject))
            if timer is not None and timer.due_at == due_at and timer.id == number:
                return heap[0]
            heapq.heappop(heap)
        return None

    def postpone(self, kinds: Sequence[str], until: int) -> int:
        early = [
            (key, timer)
            for key, timer in self._rows.items()
            if key[0] in kinds and timer.due_at < until and not timer.token
        ]
        for key, timer in early:
            self._rows.put(key, replace(timer, due_at=until))
        return len(early)

    def free_leases(self, now: int) -> int:
        leased = [(key, timer) for key, timer in self._rows.items() if timer.token]
        for key, timer in leased:
            self._rows.put(key, Timer(timer.id, now, timer.document))
        return len(leased)

    def set_back(self, now: int, by: int) -> int:
        ahead = [(key, timer) for key, timer in self._rows.items() if timer.due_at > now]
        for key, timer in ahead:
            again_at = None if timer.again_at is None else timer.again_at - by
            self._rows.put(key, replace(timer, due_at=timer.due_at - by, again_at=again_at))
        return len(ahead)

    def consume(self, kind: str, subject: str, token: str, again_at: int | None = None) -> bool:
        key = (kind, subject)
        timer = self._rows.get(key)
        if timer is None or not token or timer.token != token:
            return False
        asked = [at for at in (again_at, timer.again_at) if at is not None]
        if asked:
            self._rows.put(key, Timer(timer.id, min(asked), timer.document))
        else:
            self._rows.remove(key)
        return True

    def next_due(self, kinds: Sequence[str] = ()) -> int | None:
        heads = [head for kind in (kinds or tuple(self._heaps)) if (head := self._head(kind)) is not None]
        return min(heads)[0] if heads else None

    def subjects(self, kind: str) -> list[str]:
        return sorted(key[1] for key in self._rows if key[0] == kind)

    def pending(self, subject: str, kinds: Sequence[str]) -> list[AgendaEntry]:
        found = []
        for kind in dict.fromkeys(kinds):
            timer = self._rows.get((kind, subject))
            if timer is not None:
                found.append((timer.due_at, timer.id, kind, timer))
        return [AgendaEntry(kind, subject, t.due_at, t.document, t.token) for _, _, kind, t in sorted(found)]

    def count(self) -> Mapping[str, int]:
        return Counter(kind for kind, _ in self._rows)


def _in_order(due: dict[Key, Timer]) -> list[tuple[Key, Timer]]:
    return sorted(due.items(), key=lambda item: (item[1].due_at, item[1].id))
