"""Matchers in Alertmanager's two syntaxes, over RE2."""

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
