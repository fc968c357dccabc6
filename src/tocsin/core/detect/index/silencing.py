"""Which silences match which alerts that fire, whether or not they run now.

A new silence must not make detection stop and look at every alert: whole groups are told apart by the labels that all their
alerts share, and what is left is searched for the text of an exact matcher before anything is decoded.
"""

from collections.abc import Iterable, Mapping

from tocsin.core.configuration import Silence
from tocsin.core.detect.index.alert import Alert, Identity
from tocsin.core.detect.index.gathering import Gathering
from tocsin.core.detect.index.known import Known
from tocsin.core.detect.matchers import MatchOp, holds
from tocsin.core.detect.silences import CompiledSilence
from tocsin.core.labels import decode_labels, encode_labels

MEMORY_AT_MOST = 50_000

Silences = tuple[CompiledSilence, ...]


class Silencing:
    """`members` of a silence are the identities of firing alerts that it matches.

    Invariant: an alert that fires stands in the members of exactly the silences in its `silences`.
    """

    def __init__(self, silences: Iterable[Silence]) -> None:
        self.silences: Silences = tuple(CompiledSilence(s) for s in dict.fromkeys(silences))
        self._members: dict[CompiledSilence, dict[Identity, None]] = {s: {} for s in self.silences}
        self._remember()

    def _remember(self) -> None:
        self._mentioned = tuple(sorted({m.name for s in self.silences for m in s.silence.matchers}))
        self._memory: dict[tuple[str | None, ...], Silences] = {}

    def members(self, silence: CompiledSilence) -> Iterable[Identity]:
        return self._members[silence]

    def matching(self, labels: Mapping[str, str]) -> Silences:
        if not self.silences:
            return ()
        values = tuple(map(labels.get, self._mentioned))
        found = self._memory.get(values)
        if found is None:
            if len(self._memory) >= MEMORY_AT_MOST:
                self._memory.clear()
            found = self._memory[values] = tuple(s for s in self.silences if s.matches(labels))
        return found

    def enter(self, alert: Alert, labels: Mapping[str, str]) -> None:
        """It begins to fire."""
        alert.silences = self.matching(labels)
        for silence in alert.silences:
            self._members[silence][alert.labels] = None

    def leave(self, alert: Alert) -> None:
        """It fires no longer."""
        for silence in alert.silences:
            self._members[silence].pop(alert.labels, None)
        alert.silences = ()

    def set(self, silences: Iterable[Silence], known: Known) -> list[Identity]:
        """Other silences from now on. The firing alerts for which one came or went, each perhaps more than once."""
        alerts = known.alerts
        earlier = self.silences
        compiled = {s.silence: s for s in earlier}
        self.silences = tuple(compiled.get(s) or CompiledSilence(s) for s in dict.fromkeys(silences))
        kept = set(self.silences)
        gone = [s for s in earlier if s not in kept]
        # Most edits only move an end, and then it is known already whom they match.
        heirs = {s.silence.matchers: self._members[s] for s in gone}
        concerned: list[Identity] = []
        for silence in gone:
            members = self._members.pop(silence)
            concerned += members
            for identity in members:
                alert = alerts[identity]
                alert.silences = tuple([s for s in alert.silences if s is not silence])
        for silence in self.silences:
            if silence in self._members:
                continue
            inherited = heirs.get(silence.silence.matchers)
            members = _matched(silence, known) if inherited is None else inherited.copy()
            self._members[silence] = members
            concerned += members
            longer: dict[Silences, Silences] = {}
            for identity in members:
                alert = alerts[identity]
                matching = longer.get(alert.silences)
                if matching is None:
                    matching = longer[alert.silences] = (*alert.silences, silence)
                alert.silences = matching
        self._remember()
        return concerned


def _matched(silence: CompiledSilence, known: Known) -> dict[Identity, None]:
    """The firing alerts that the silence matches, group by group."""
    parts = [(matcher, holds(matcher)) for matcher in silence.silence.matchers]
    texts = [
        encode_labels({m.name: m.value})[1:-1]
        for m in silence.silence.matchers
        if m.op is MatchOp.EQUAL and m.value
    ]
    found: dict[Identity, None] = {}
    undecided: list[Gathering] = []
    for group in known.groups.values():
        if len(group.members) < 2:
            undecided.append(group)
            continue
        common = group.common
        shared = [matches for matcher, matches in parts if matcher.name in common]
        if all(matches(common) for matches in shared):
            if len(shared) == len(parts):
                found.update(group.members)
            else:
                undecided.append(group)
    for alert in known.members(undecided, texts):
        if silence.matches(decode_labels(alert.labels)):
            found[alert.labels] = None
    return found
