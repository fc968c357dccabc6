"""What the clock holds back: which silences, maintenance windows and time intervals run, and when that changes.

Looking is cheap until an instant passes at which something begins or ends. It never looks backwards. Instants are
microseconds since the epoch.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping

import msgspec

from tocsin.core.configuration import Maintenance, TimeInterval
from tocsin.core.detect.index.gathering import Landing
from tocsin.core.detect.silences import CompiledSilence, Window

MINUTE = 60_000_000


class Passed(msgspec.Struct, frozen=True):
    """What began or ended: silences, the maintenance of services, the mute of routes."""

    silences: tuple[CompiledSilence, ...] = ()
    services: frozenset[str] = frozenset()
    landings: tuple[Landing, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.silences or self.services or self.landings)


NOTHING = Passed()


class Clock:
    """`running` are the maintenance windows that run; a muted route says so itself."""

    def __init__(self) -> None:
        self.looked_at = 0
        self.running: tuple[Window, ...] = ()
        self._silences: tuple[CompiledSilence, ...] = ()
        self._windows: tuple[Window, ...] = ()
        self._timed: tuple[Landing, ...] = ()
        self._intervals: Mapping[str, TimeInterval] = {}
        self._boundaries: list[int] = []
        self._next = 0  # the first boundary that `looked_at` has not reached
        self._turned = False  # set anew since it last looked
        self._unmuted: tuple[Landing, ...] = ()

    def set(
        self,
        silences: tuple[CompiledSilence, ...],
        maintenance: Iterable[Maintenance],
        landings: Iterable[Landing],
        intervals: Mapping[str, TimeInterval],
    ) -> None:
        """What to watch from now on. The next look tells windows and mutes that this began or ended; silences that are new
        or gone are told by who sets them."""
        earlier = {window.maintenance: window for window in self._windows}
        self._windows = tuple(earlier.get(m) or Window(m) for m in maintenance)
        self._silences = silences
        timed = tuple(landing for landing in landings if landing.timed)
        self._unmuted = tuple(at for at in self._timed if at not in timed and at.muted is not None)
        self._timed = timed
        self._intervals = intervals
        self._boundaries = sorted(
            {at for s in self._silences for at in (s.starts_at, s.ends_at)}
            | {at for w in self._windows for at in (w.starts_at, w.ends_at)}
        )
        self._next = bisect_right(self._boundaries, self.looked_at)
        self._turned = True

    def look(self, now: int) -> Passed:
        """What began or ended since it was last looked at."""
        before = self.looked_at
        if now <= before and not self._turned:
            return NOTHING
        self.looked_at = now = max(now, before)
        silences: tuple[CompiledSilence, ...] = ()
        services: frozenset[str] = frozenset()
        landings = self._unmuted
        passes = self._next < len(self._boundaries) and self._boundaries[self._next] <= now
        if passes or self._turned:
            self._next = bisect_right(self._boundaries, now)
            silences = tuple(s for s in self._silences if s.active(before) != s.active(now))
            running = tuple(w for w in self._windows if w.active(now))
            services = frozenset(s for w in {*running} ^ {*self.running} for s in w.services)
            self.running = running
        if self._timed and (self._turned or before // MINUTE != now // MINUTE):  # made of whole minutes
            landings += tuple(landing for landing in self._timed if landing.look(self._intervals, now))
        for landing in self._unmuted:
            landing.muted = None
        self._unmuted = ()
        self._turned = False
        if not (silences or services or landings):
            return NOTHING
        return Passed(silences, services, landings)

    def next_due(self) -> int | None:
        """When to look again."""
        passes = self._boundaries[self._next] if self._next < len(self._boundaries) else None
        if not self._timed:
            return passes
        minute = (self.looked_at // MINUTE + 1) * MINUTE
        return minute if passes is None else min(passes, minute)
