"""What this node last accepted of each alert, so that a request in which nothing changed costs no disk.

Forgetting is always safe: the next copy is then appended once more. Remembering wrongly would lose an alert, so what was
never durable is forgotten again, and a copy counts as unchanged only against the last *accepted* state, in order of
arrival. Used on the event loop's thread only. Never decides what an alert means.
"""

import secrets
from collections import deque
from collections.abc import Iterable, Sequence

import msgspec
from xxhash import xxh3_128_digest

from tocsin.core.detect.signal import Parsed, Signal, SignalKind
from tocsin.ingest.source import FOREVER, Copy

SECOND = 1_000_000
PAUSE = 10 * SECOND  # a renewal is passed on that often at most; an eighth of a shorter lease
KEPT_RESOLVED = 20 * 60 * SECOND  # Prometheus repeats a resolution for a quarter of an hour
STEPPED_BACK = 5 * SECOND  # a clock that went back further was set
UNLEASED = 15 * SECOND  # a node that does not own detection appends an alert without a lease again after that

_encode = msgspec.json.Encoder().encode


class Known(msgspec.Struct, gc=False):
    """The last accepted state of one alert. Instants are microseconds."""

    identity: int
    state: bytes  # digest of all it said but its end
    ends_at: int  # the lease if it fires, FOREVER without one
    firing: bool
    quiet_until: int  # until then an unchanged copy is neither passed on nor appended
    generation: int  # the commit that holds it


class Unchanged(msgspec.Struct, frozen=True):
    """Nothing in the request is news. It may be answered once `generation` is durable; `due` are the indexes of alerts
    whose renewal should be passed on."""

    generation: int
    due: list[int]


class Memory:
    def __init__(self, limit: int = 1_000_000) -> None:
        self.owner = True  # whether this node owns detection, and so hears of renewals directly
        self.alone = True  # whether no other node takes requests of the same senders
        self._limit = limit
        self._salt = secrets.randbits(63)
        self._by_state: dict[bytes, Known] = {}
        self._by_identity: dict[int, Known] = {}
        self._groups: dict[tuple[str, str], tuple[int, ...]] = {}
        self._latest = 0
        self._over: deque[tuple[int, Known]] = deque()  # resolved ones, oldest first

    def __len__(self) -> int:
        return len(self._by_identity)

    def seed(self, integration: str) -> int:
        """What digests of this integration's copies begin with, so that no two integrations share one."""
        return (hash(integration) ^ self._salt) & 0x7FFF_FFFF_FFFF_FFFF

    def copies(self, integration: str, parsed: Parsed) -> list[Copy] | None:
        """The copies of a request whose source cannot tell them more cheaply; None when it is news by its nature."""
        if parsed.changes or parsed.ping is not None:
            return None
        if not parsed.signals and parsed.complete_group is not None:
            return None  # an emptied group: no alert stands for the commit that holds it
        seed = self.seed(integration)
        copies = []
        for signal in parsed.signals:
            if signal.kind is SignalKind.ACKNOWLEDGED or not (self.alone or _dated(signal)):
                return None
            firing = signal.kind is SignalKind.FIRING
            said = (
                signal.kind,
                signal.key,
                signal.labels,
                signal.annotations,
                signal.starts_at,
                signal.generator_url,
                None if firing else signal.ends_at,
            )
            copies.append(
                (xxh3_128_digest(_encode(said), seed), (signal.ends_at or FOREVER) if firing else 0)
            )
        return copies

    def unchanged(self, copies: Sequence[Copy], now: int) -> Unchanged | None:
        """Whether these are all as last accepted; None when anything is news. Later ends renew their leases."""
        if now < self._latest - STEPPED_BACK:
            self.clear()  # every `quiet_until` is too far off, and renewals would not be passed on
        self._latest = now
        known_by = self._by_state.get
        generation = 0
        due: list[int] = []
        for index, (state, ends_at) in enumerate(copies):
            known = known_by(state)
            if known is None:
                return None
            if ends_at > now:
                if not known.firing or known.ends_at < now:  # it was over, or its lease had run out
                    return None
                if ends_at > known.ends_at:
                    known.ends_at = ends_at
                if now >= known.quiet_until:
                    if not self.owner:
                        return None
                    due.append(index)
            elif known.firing or known.ends_at != ends_at:
                return None
            if known.generation > generation:
                generation = known.generation
        for index in due:
            known = self._by_state[copies[index][0]]
            known.quiet_until = now + self._pause(known.ends_at, now)
        return Unchanged(generation, due)

    def same_group(self, integration: str, parsed: Parsed) -> bool:
        """Whether a complete group has the members it had when it was last accepted."""
        if parsed.complete_group is None:
            return True
        return self._groups.get((integration, parsed.complete_group)) == _members(integration, parsed)

    def remember(
        self, integration: str, parsed: Parsed, copies: Sequence[Copy] | None, now: int, generation: int
    ) -> list[int]:
        """Take these as accepted in that commit. `copies` are the signals', in their order; without, what was known of
        them no longer holds. The identities, for `forget`."""
        touched: list[int] = []
        if copies is None:
            self.forget_signals(integration, parsed.signals)
        last_end, quiet_until = 0, now  # the alerts of a batch mostly end together
        for signal, (state, ends_at) in zip(parsed.signals, copies or (), strict=copies is not None):
            identity = _identity(integration, signal)
            known = self._by_identity.get(identity)
            if known is not None:
                self._drop_state(known)
            if ends_at != last_end:
                last_end, quiet_until = ends_at, now + self._pause(ends_at, now)
            firing = ends_at > now
            known = Known(identity, state, ends_at, firing, quiet_until, generation)
            self._by_identity[identity] = self._by_state[state] = known
            if not firing:
                self._over.append((now, known))
            touched.append(identity)
        if parsed.complete_group is not None:
            self._remember_group((integration, parsed.complete_group), _members(integration, parsed), touched)
        self._forget_over(now)
        if len(self._by_identity) > self._limit:
            self._forget_oldest()
        return touched

    def forget(self, identities: Iterable[int], generation: int | None = None) -> None:
        """Their next copies are news. With a generation, only those last accepted in it: it was never durable."""
        for identity in identities:
            known = self._by_identity.get(identity)
            if known is not None and (generation is None or known.generation == generation):
                del self._by_identity[identity]
                self._drop_state(known)

    def forget_signals(self, integration: str, signals: Iterable[Signal]) -> None:
        """As `forget`, for the engine, which knows no identities of this memory."""
        self.forget([_identity(integration, signal) for signal in signals])

    def forget_group(self, integration: str, group: str | None) -> None:
        if group is not None:
            self._groups.pop((integration, group), None)

    def clear(self) -> None:
        self._by_state.clear()
        self._by_identity.clear()
        self._groups.clear()
        self._over.clear()

    def _remember_group(self, group: tuple[str, str], members: tuple[int, ...], named: Sequence[int]) -> None:
        # Whoever left without a word is over for its group; should it come back unchanged, that is news.
        before = self._groups.pop(group, ())
        self.forget(set(before).difference(named))
        self._groups[group] = members
        while len(self._groups) > self._limit // 8:
            del self._groups[next(iter(self._groups))]

    def _pause(self, ends_at: int, now: int) -> int:
        """How long copies of it are nobody's news: the owner hears of a renewal soon, another node's inbox row tells it
        well within the lease."""
        if self.owner:
            return min(PAUSE, max(ends_at - now, 0) // 8)
        return UNLEASED if ends_at == FOREVER else max(ends_at - now, 0) // 3

    def _drop_state(self, known: Known) -> None:
        if self._by_state.get(known.state) is known:
            del self._by_state[known.state]

    def _forget_over(self, now: int) -> None:
        while self._over and (self._over[0][0] < now - KEPT_RESOLVED or len(self._over) > self._limit):
            _, known = self._over.popleft()
            if self._by_identity.get(known.identity) is known:
                del self._by_identity[known.identity]
                self._drop_state(known)

    def _forget_oldest(self) -> None:
        oldest = iter(self._by_identity)
        self.forget([next(oldest) for _ in range(max(1, self._limit // 16))])


def _identity(integration: str, signal: Signal) -> int:
    # Two alerts of one hash only evict each other here, so that their copies are appended more often than needed.
    if signal.key is not None:
        return hash((integration, signal.key))
    return hash((integration, frozenset(signal.labels.items())))


def _dated(signal: Signal) -> bool:
    """Whether it differs from its own return, even when what lay between went to another node."""
    return (signal.starts_at if signal.kind is SignalKind.FIRING else signal.ends_at) is not None


def _members(integration: str, parsed: Parsed) -> tuple[int, ...]:
    return tuple(_identity(integration, s) for s in parsed.signals if s.kind is SignalKind.FIRING)
