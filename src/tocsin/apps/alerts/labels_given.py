"""Labels as people paste them: JSON, a series as Prometheus writes it, `a="b"` with commas, spaces or lines between, or an
alert's number."""

import re

import msgspec

from tocsin.core.detect.matchers import MatchOp, parse_matchers
from tocsin.core.labels import Labels

LONGEST = 64 * 1024  # characters
_SERIES = re.compile(
    r"^\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(\{.*\})\s*(?:[-+0-9.eE]+(?:\s+[0-9]+)?|=>.*)?\s*$", re.DOTALL
)
_ALERT = re.compile(r"^\s*#?([0-9]{1,18})\s*$")
_PAIRS = re.compile(r"""\s*([a-zA-Z_:][a-zA-Z0-9_:.\-/]*)\s*[=:]\s*("(?:[^"\\]|\\.)*"|[^\s,"]+)\s*,?""")
_EXAMPLE = 'written for example alertname="DiskFull", severity="critical"'


def alert_number(text: str) -> int | None:
    found = _ALERT.match(text)
    return int(found.group(1)) if found else None


def labels_of(text: str) -> Labels:
    """Raises ValueError with a sentence."""
    if len(text) > LONGEST:
        raise ValueError(f"labels of more than {LONGEST // 1024} KiB")
    stripped = text.strip()
    if stripped.startswith("{") and _is_json(stripped):
        return _from_json(stripped)
    series = _SERIES.match(stripped)
    if series is not None:
        return {"__name__": series.group(1)} | _from_matchers(series.group(2))
    if not stripped:
        raise ValueError(f"labels are needed, {_EXAMPLE}")
    pairs = _from_pairs(stripped)
    return pairs if pairs is not None else _from_matchers(stripped)


def _is_json(text: str) -> bool:
    return re.match(r'\{\s*("(?:[^"\\]|\\.)*"\s*:|\})', text) is not None


def _from_json(text: str) -> Labels:
    try:
        said = msgspec.json.decode(text.encode(errors="replace"))
    except msgspec.DecodeError as error:
        raise ValueError(f"this JSON cannot be read: {error}") from None
    inner = said.get("labels")
    labels = (
        inner if isinstance(inner, dict) else said
    )  # an alert as Alertmanager's API shows it, or its labels alone
    if not isinstance(labels, dict):
        raise ValueError("labels in JSON are an object of names and values")
    if not labels:
        raise ValueError(f"labels are needed, {_EXAMPLE}")
    wrong = next((name for name, value in labels.items() if isinstance(value, (dict, list))), None)
    if wrong is not None:
        raise ValueError(f"the label {wrong[:80]!r} has no plain value")
    return {name: "" if value is None else str(value) for name, value in labels.items()}


def _from_matchers(text: str) -> Labels:
    matchers = parse_matchers(text)
    other = next((matcher for matcher in matchers if matcher.op is not MatchOp.EQUAL), None)
    if other is not None:
        raise ValueError(f"{other.name[:80]!r} needs a value, not a pattern: labels are {_EXAMPLE}")
    if not matchers:
        raise ValueError(f"labels are needed, {_EXAMPLE}")
    return {matcher.name: matcher.value for matcher in matchers}


def _from_pairs(text: str) -> Labels | None:
    """`a=b c="d e"`, one after the other or one a line; None when it is not that."""
    labels, position = {}, 0
    while position < len(text):
        pair = _PAIRS.match(text, position)
        if pair is None:
            return None
        name, value = pair.groups()
        if value.startswith('"'):
            value = value[1:-1].replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")
        labels[name] = value
        position = pair.end()
    return labels
