"""Inhibition: a firing source holds back its targets. Alertmanager's rules, but every source counts.

A target is inhibited when some firing alert matches the rule's source side with equal values of the `equal` labels (missing
and empty are equal), unless both alerts match both sides: that guard keeps alerts from inhibiting themselves or each other.
Alertmanager remembers one source per combination of equal values and can so overlook a qualifying one; here all are counted.
"""

from collections.abc import Iterable, Mapping, Sequence

from tocsin.core.configuration import Inhibition
from tocsin.core.detect.matchers import compile_matchers

Values = tuple[str, ...]


class Role:
    """What an alert is to one rule: its values of `equal`, and on which sides it stands."""

    __slots__ = ("is_source", "is_target", "rule", "values")

    def __init__(self, rule: int, values: Values, is_source: bool, is_target: bool) -> None:
        self.rule = rule
        self.values = values
        self.is_source = is_source
        self.is_target = is_target


class InhibitionIndex:
    """Firing sources by (rule, equal values), counted as one-sided and two-sided; active targets, by whatever bytes name
    them, by the same.

    Invariant: a target is inhibited by a rule exactly when a qualifying source is counted under its values.
    """

    def __init__(self, rules: Sequence[Inhibition]) -> None:
        self.rules = tuple(rules)
        self._sides = [(compile_matchers(r.source), compile_matchers(r.target), r.equal) for r in self.rules]
        self._sources: list[dict[Values, list[int]]] = [{} for _ in self.rules]
        self._targets: list[dict[Values, dict[bytes, None]]] = [{} for _ in self.rules]
        self.names: frozenset[str] = frozenset(
            name
            for rule in self.rules
            for name in (*(m.name for m in (*rule.source, *rule.target)), *rule.equal)
        )

    def roles(self, labels: Mapping[str, str]) -> tuple[Role, ...]:
        """The rules that concern an alert with these labels; depends on `names` only."""
        roles = []
        for number, (source, target, equal) in enumerate(self._sides):
            is_source, is_target = source(labels), target(labels)
            if is_source or is_target:
                values = tuple([labels.get(name, "") for name in equal])
                roles.append(Role(number, values, is_source, is_target))
        return tuple(roles)

    def add_source(self, roles: Iterable[Role]) -> list[bytes]:
        """The alert fires. Returns the targets to look at again (perhaps itself), where the answer may have changed."""
        return self._count(roles, +1)

    def remove_source(self, roles: Iterable[Role]) -> list[bytes]:
        """It fires no longer."""
        return self._count(roles, -1)

    def _count(self, roles: Iterable[Role], by: int) -> list[bytes]:
        affected: list[bytes] = []
        for role in roles:
            if not role.is_source:
                continue
            counts = self._sources[role.rule].setdefault(role.values, [0, 0])
            side = 1 if role.is_target else 0
            before = counts[side]
            counts[side] = before + by
            if counts == [0, 0]:
                del self._sources[role.rule][role.values]
            if not before or not counts[side]:
                affected += self._targets[role.rule].get(role.values, ())
        return affected

    def add_target(self, alert: bytes, roles: Iterable[Role]) -> None:
        for role in roles:
            if role.is_target:
                self._targets[role.rule].setdefault(role.values, {})[alert] = None

    def remove_target(self, alert: bytes, roles: Iterable[Role]) -> None:
        for role in roles:
            if role.is_target:
                targets = self._targets[role.rule].get(role.values)
                if targets is not None:
                    targets.pop(alert, None)
                    if not targets:
                        del self._targets[role.rule][role.values]

    def inhibited_by(self, roles: Iterable[Role]) -> str | None:
        """The key of the first rule that holds an alert with these roles back."""
        for role in roles:
            if role.is_target:
                counts = self._sources[role.rule].get(role.values)
                if counts is not None and (counts[0] or (counts[1] and not role.is_source)):
                    return self.rules[role.rule].key
        return None


def inhibited_by_brute_force(
    rules: Sequence[Inhibition], target: Mapping[str, str], firing: Iterable[Mapping[str, str]]
) -> str | None:
    """The same answer by looking at every firing alert: the slow twin, and what `explain` uses."""
    sources = list(firing)
    for rule in rules:
        is_source, is_target = compile_matchers(rule.source), compile_matchers(rule.target)
        if not is_target(target):
            continue
        for source in sources:
            equal = all(source.get(name, "") == target.get(name, "") for name in rule.equal)
            if is_source(source) and equal and not (is_source(target) and is_target(source)):
                return rule.key
    return None
