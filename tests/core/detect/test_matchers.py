import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.detect.matchers import (
    Matcher,
    MatchOp,
    Syntax,
    compile_matchers,
    format_matcher,
    format_matchers,
    holds,
    parse_matcher,
    parse_matchers,
)

CASES = json.loads(Path(__file__).with_name("matchers.json").read_text())


@pytest.mark.parametrize("mode", list(Syntax))
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["input"] or "empty")
def test_a_line_is_read_as_alertmanager_reads_it(case: dict[str, object], mode: Syntax) -> None:
    expected = case[mode.value]
    if expected is None:
        with pytest.raises(ValueError, match=r"\w"):
            parse_matchers(str(case["input"]), mode)
    else:
        read = parse_matchers(str(case["input"]), mode)
        assert [[m.name, m.op.value, m.value] for m in read] == expected


def test_a_filter_is_one_matcher_whose_value_may_hold_commas() -> None:
    assert parse_matcher("a=1,b=2") == Matcher("a", MatchOp.EQUAL, "1,b=2")


@pytest.mark.parametrize("text", ["{a=1}", "a=1}", "{a=1"])
def test_a_filter_in_braces_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="without braces"):
        parse_matcher(text)


@pytest.mark.parametrize("text", ["", "a", "a=~(", 'a="b', '"a"=', "=b"])
def test_what_is_no_matcher_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        parse_matcher(text)


@pytest.mark.parametrize(
    "text", ['a="\\q"', 'a="\\xff"', 'a="\\ud800"', 'a="\\x4"', 'a="\\777"', "{a=b}}", "a=b c=d"]
)
def test_utf8_refuses_what_go_refuses(text: str) -> None:
    with pytest.raises(ValueError):
        parse_matchers(text, Syntax.UTF8)


def test_utf8_reads_gos_escapes() -> None:
    (read,) = parse_matchers(r'"a b"="\t\x41\u00e9\U0001F642\101"', Syntax.UTF8)
    assert read == Matcher("a b", MatchOp.EQUAL, "\tAé🙂A")


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)


@given(texts.filter(bool), st.sampled_from([MatchOp.EQUAL, MatchOp.NOT_EQUAL]), texts)
def test_what_is_written_is_read_back(name: str, op: MatchOp, value: str) -> None:
    matcher = Matcher(name, op, value)
    assert parse_matchers(format_matcher(matcher)) == (matcher,)
    assert parse_matchers(format_matchers([matcher, matcher])) == (matcher, matcher)
    assert parse_matcher(format_matcher(matcher)) == matcher


@given(st.text(max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    for mode in Syntax:
        try:
            parse_matchers(text, mode)
        except ValueError as refused:
            assert str(refused)


@pytest.mark.parametrize("pattern", ["(?=a)", "(?<!a)b", r"(a)\1", "a++", "("])
def test_a_pattern_that_re2_does_not_take_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="RE2"):
        compile_matchers((Matcher("a", MatchOp.REGEXP, pattern),))


@pytest.mark.parametrize(
    ("matcher", "labels", "expected"),
    [
        ("a=b", {"a": "b"}, True),
        ("a=b", {}, False),
        ("a!=b", {}, True),
        ('a=""', {}, True),
        ('a!=""', {"a": "x"}, True),
        ("a=~b|c", {"a": "bc"}, False),
        ("a=~b|c", {"a": "c"}, True),
        ("a=~b.*", {"a": "b\nc"}, False),
        ("a=~(?s)b.*", {"a": "b\nc"}, True),
        ("a!~b.*", {"a": "bc"}, False),
        ("a=~.*", {}, True),
        ("a=~.+", {}, False),
    ],
)
def test_a_matcher_holds_or_not(matcher: str, labels: dict[str, str], expected: bool) -> None:
    assert compile_matchers(parse_matchers(matcher))(labels) is expected


names = st.sampled_from(["a", "b", "c"])
matchers = st.builds(Matcher, names, st.sampled_from(list(MatchOp)), st.sampled_from(["", "x", "y", "x|y"]))


@given(st.lists(matchers, max_size=5), st.dictionaries(names, st.sampled_from(["", "x", "y", "xy"])))
def test_a_compiled_tuple_is_the_conjunction(given: list[Matcher], labels: dict[str, str]) -> None:
    assert compile_matchers(tuple(given))(labels) == all(holds(m)(labels) for m in given)
