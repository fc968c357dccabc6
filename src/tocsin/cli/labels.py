"""Labels as people paste them: `{a="b", c="d"}` from Prometheus, `a=b c=d` from a shell, or a JSON object."""

import msgspec

from tocsin.core.detect.matchers import MatchOp, parse_matchers

EXPECTED = 'expected name=value, {name="value", ...} or a JSON object of strings'


def parse_labels(words: list[str]) -> dict[str, str]:
    """The label set that these arguments spell. Raises ValueError saying what it expects.

    A shell word `name=value` keeps its value as it stands, commas and spaces too.
    """
    labels: dict[str, str] = {}
    for word in words:
        text = word.strip()
        if text.startswith("{") and text.endswith("}"):
            labels |= _object(text) or _set(text)
        else:
            name, equals, value = text.partition("=")
            if not equals or not name.strip() or name.endswith("!") or value[:1] in ("~", "="):
                raise ValueError(f"{word!r} is no label; {EXPECTED}")
            labels[name.strip()] = _unquoted(value)
    return labels


def _object(text: str) -> dict[str, str] | None:
    """A JSON object of strings; None when it is no JSON at all."""
    try:
        return msgspec.json.decode(text, type=dict[str, str])
    except msgspec.ValidationError:
        raise ValueError(f"the values of a JSON object of labels are strings; {EXPECTED}") from None
    except msgspec.DecodeError:
        return None


def _set(text: str) -> dict[str, str]:
    """Prometheus' notation, which is that of matchers that all say `=`."""
    matchers = parse_matchers(text)
    for matcher in matchers:
        if matcher.op is not MatchOp.EQUAL:
            raise ValueError(f"{matcher.name}{matcher.op.value}... is a matcher, not a label; {EXPECTED}")
    return {matcher.name: matcher.value for matcher in matchers}


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] == '"':
        return parse_matchers(f"x={value}")[0].value
    return value
