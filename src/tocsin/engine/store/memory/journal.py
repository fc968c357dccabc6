"""Rows in memory that remember how they were, until the transaction is through."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")
Changed = Callable[[K, V | None, V | None], None]


class Journal:
    """What every row was before this transaction, in order."""

    def __init__(self) -> None:
        self._before: list[tuple[Rows[Any, Any], Any, Any]] = []
        self.read_only = False

    def note(self, rows: "Rows[Any, Any]", key: Any, before: Any) -> None:
        if self.read_only:
            raise RuntimeError("a transaction that only reads tried to write")
        self._before.append((rows, key, before))

    def commit(self) -> None:
        self._before.clear()

    @contextlib.contextmanager
    def apart(self) -> Iterator[None]:
        """What is written meanwhile stands, whatever becomes of the transaction under way."""
        before, self._before = self._before, []
        read_only, self.read_only = self.read_only, False
        try:
            yield
        finally:
            self._before, self.read_only = before, read_only

    def roll_back(self) -> None:
        while self._before:
            rows, key, before = self._before.pop()
            rows.restore(key, before)


class Rows(Generic[K, V]):
    """A table. `changed` (key, before, after; None: absent) keeps what is derived from it true, also on the way back."""

    def __init__(self, journal: Journal, changed: Changed[K, V] | None = None) -> None:
        self._journal = journal
        self._rows: dict[K, V] = {}
        self._changed = changed

    def get(self, key: K) -> V | None:
        return self._rows.get(key)

    def __contains__(self, key: K) -> bool:
        return key in self._rows

    def __len__(self) -> int:
        return len(self._rows)

    def keys(self) -> list[K]:
        return list(self._rows)

    def values(self) -> list[V]:
        return list(self._rows.values())

    def items(self) -> list[tuple[K, V]]:
        return list(self._rows.items())

    def __iter__(self) -> Iterator[K]:
        return iter(self._rows)

    def put(self, key: K, row: V) -> None:
        before = self._rows.get(key)
        self._journal.note(self, key, before)
        self._rows[key] = row
        if self._changed is not None:
            self._changed(key, before, row)

    def remove(self, key: K) -> None:
        before = self._rows.get(key)
        if before is not None:
            self._journal.note(self, key, before)
            del self._rows[key]
            if self._changed is not None:
                self._changed(key, before, None)

    def restore(self, key: K, before: V | None) -> None:
        after = self._rows.pop(key, None) if before is None else self._rows.get(key)
        if before is not None:
            self._rows[key] = before
        if self._changed is not None:
            self._changed(key, after, before)


class Log(Rows[int, V]):
    """Rows that are appended, numbered from 1. A number that was rolled back is given out again."""

    def __init__(self, journal: Journal, changed: Changed[int, V] | None = None) -> None:
        super().__init__(journal, changed)
        self._last = 0

    @property
    def next_number(self) -> int:
        return self._last + 1

    def append(self, row: V) -> int:
        self._last += 1
        self.put(self._last, row)
        return self._last

    def restore(self, key: int, before: V | None) -> None:
        super().restore(key, before)
        if before is None and key == self._last:
            self._last -= 1


class Gathered(Generic[K, V]):
    """Keys of rows that share a value: an index."""

    def __init__(self, value: Callable[[V], Any | None]) -> None:
        self._value = value
        self._keys: dict[Any, dict[K, None]] = {}

    def changed(self, key: K, before: V | None, after: V | None) -> None:
        old = None if before is None else self._value(before)
        new = None if after is None else self._value(after)
        if old == new:
            return
        if old is not None:
            keys = self._keys[old]
            del keys[key]
            if not keys:
                del self._keys[old]
        if new is not None:
            self._keys.setdefault(new, {})[key] = None

    def of(self, value: Any) -> list[K]:
        return list(self._keys.get(value, ()))
