"""Matchers in Alertmanager's two syntaxes, over RE2."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

import msgspec


class MatchOp(StrEnum):
    EQUAL = "="
    NOT_EQUAL = "!="
    REGEXP = "=~"
    NOT_REGEXP = "!~"


class Matcher(msgspec.Struct, frozen=True):
    """One condition on one label; a missing label counts as the empty string. Patterns are anchored RE2."""

    name: str
    op: MatchOp
    value: str


class Syntax(StrEnum):
    """How matchers are read. `FALLBACK` reads both ways: classic wins where both succeed."""

    CLASSIC = "classic"
    UTF8 = "utf8"
    FALLBACK = "fallback"


Predicate = Callable[[Mapping[str, str]], bool]


def parse_matchers(text: str, mode: Syntax = Syntax.FALLBACK) -> tuple[Matcher, ...]:
    """A configuration line: any number of matchers, comma-separated, perhaps in braces. Raises ValueError with a sentence."""
    raise ValueError(text)


def parse_matcher(text: str, mode: Syntax = Syntax.FALLBACK) -> Matcher:
    """One matcher, as the API's `filter` and amtool's arguments are read. Raises ValueError with a sentence."""
    raise ValueError(text)


def format_matcher(matcher: Matcher) -> str:
    return matcher.name


def format_matchers(matchers: Iterable[Matcher]) -> str:
    return "{" + ",".join(map(format_matcher, matchers)) + "}"


def compile_matchers(matchers: tuple[Matcher, ...]) -> Predicate:
    """All of them must hold. Raises ValueError for a pattern RE2 does not take."""
    raise ValueError("pattern")
