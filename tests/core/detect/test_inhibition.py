from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.core.configuration import Inhibition
from tocsin.core.detect.inhibition import InhibitionIndex, inhibited_by_brute_force
from tocsin.core.detect.matchers import parse_matchers


def rule(key: str, source: str, target: str, *equal: str) -> Inhibition:
    return Inhibition(key, parse_matchers(source), parse_matchers(target), equal)


NODE_DOWN = rule("node-down", "alertname=NodeDown", "severity=warning", "node")


def test_a_firing_source_holds_back_a_target_with_equal_labels() -> None:
    target = {"severity": "warning", "node": "n1"}
    assert (
        inhibited_by_brute_force([NODE_DOWN], target, [{"alertname": "NodeDown", "node": "n1"}])
        == "node-down"
    )
    assert inhibited_by_brute_force([NODE_DOWN], target, [{"alertname": "NodeDown", "node": "n2"}]) is None


def test_missing_and_empty_are_equal() -> None:
    assert inhibited_by_brute_force(
        [NODE_DOWN], {"severity": "warning"}, [{"alertname": "NodeDown", "node": ""}]
    )


def test_an_alert_on_both_sides_inhibits_neither_itself_nor_its_like() -> None:
    both = rule("both", "a=x", "a=x")
    assert inhibited_by_brute_force([both], {"a": "x"}, [{"a": "x"}, {"a": "x", "b": "1"}]) is None


def test_any_source_counts_even_beside_a_two_sided_one() -> None:
    """Alertmanager remembers a single source per set of equal values and can pick the one that does not qualify."""
    mixed = rule("mixed", "role=~parent|both", "role=~child|both", "node")
    index = InhibitionIndex([mixed])
    target = {"role": "both", "node": "n1"}
    two_sided, one_sided = {"role": "both", "node": "n1", "i": "2"}, {"role": "parent", "node": "n1"}
    for source in (one_sided, two_sided):
        index.add_source(index.roles(source))
    assert index.inhibited_by(index.roles(target)) == "mixed"
    index.remove_source(index.roles(one_sided))
    assert index.inhibited_by(index.roles(target)) is None


labels = st.dictionaries(st.sampled_from(["a", "b", "n"]), st.sampled_from(["", "x", "y"]))
lines = st.sampled_from(["a=x", "a=~x|y", "b!=x", "b=y", "a=x,b=x"])
rules = st.lists(
    st.builds(
        lambda s, t, equal: (s, t, equal), lines, lines, st.lists(st.sampled_from(["n", "b"]), unique=True)
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=200)
@given(rules, st.lists(st.tuples(st.booleans(), labels), max_size=12))
def test_the_index_answers_as_brute_force_does(
    given_rules: list[tuple[str, str, list[str]]], history: list[tuple[bool, dict[str, str]]]
) -> None:
    configured = [rule(str(n), s, t, *equal) for n, (s, t, equal) in enumerate(given_rules)]
    index = InhibitionIndex(configured)
    firing: list[dict[str, str]] = []
    held: dict[int, str | None] = {}
    for number, (begins, alert) in enumerate(history):
        affected: list[int] = []
        if begins:
            firing.append(alert)
            index.add_target(number, index.roles(alert))
            held[number] = None
            affected = [number, *index.add_source(index.roles(alert))]
        elif alert in firing:
            firing.remove(alert)
            affected = index.remove_source(index.roles(alert))
        for target in affected:
            held[target] = index.inhibited_by(index.roles(history[target][1]))
        # Only what the index named was looked at again, and yet every answer is right.
        for target, by in held.items():
            assert by == inhibited_by_brute_force(configured, history[target][1], firing)
