"""Matchers in Alertmanager's two syntaxes, over RE2.

Classic (pkg/labels/parse.go) reads nearly anything as a value; UTF-8 (matcher/parse) is strict and lets names be quoted. By
default both are tried: where both succeed the classic reading wins, as in Alertmanager.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Protocol, cast

import msgspec
import re2


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


class Pattern(Protocol):
    def fullmatch(self, text: str) -> object | None: ...


# --- reading ---------------------------------------------------------------------------------------------------------


def parse_matchers(text: str, mode: Syntax = Syntax.FALLBACK) -> tuple[Matcher, ...]:
    """A configuration line: any number of matchers, comma-separated, perhaps in braces. Raises ValueError."""
    return _read(text, mode, _classic_many, _utf8_many)


def parse_matcher(text: str, mode: Syntax = Syntax.FALLBACK) -> Matcher:
    """One matcher, as the API's `filter` and amtool's arguments are read. Raises ValueError with a sentence.

    The classic value is all that follows the operator, commas too; braces around it are refused unless the mode is classic.
    """
    if mode is not Syntax.CLASSIC:
        stripped = text.strip()
        if stripped.startswith("{") or stripped.endswith("}"):
            raise ValueError(f"{text!r}: one matcher is expected here, without braces")
    return _read(text, mode, lambda t: (_classic_one(t),), lambda t: (_utf8_one(t),))[0]


def _read(
    text: str,
    mode: Syntax,
    classic: Callable[[str], tuple[Matcher, ...]],
    utf8: Callable[[str], tuple[Matcher, ...]],
) -> tuple[Matcher, ...]:
    if mode is Syntax.CLASSIC:
        return classic(text)
    if mode is Syntax.UTF8:
        return utf8(text)
    try:
        return classic(text)
    except ValueError as refused:
        try:
            return utf8(text)
        except ValueError:
            raise refused from None


def _checked(name: str, op: str, value: str) -> Matcher:
    matcher = Matcher(name, MatchOp(op), value)
    if matcher.op in (MatchOp.REGEXP, MatchOp.NOT_REGEXP):
        compile_pattern(value)
    return matcher


# --- classic ---------------------------------------------------------------------------------------------------------

_CLASSIC = re.compile(r"^\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|=|!=|!~)\s*((?s:.*?))\s*$", re.ASCII)


def _classic_many(text: str) -> tuple[Matcher, ...]:
    # Alertmanager takes one brace off either end, whether or not the other is there.
    body = text.removeprefix("{").removesuffix("}")
    return tuple(_classic_one(item) for item in _classic_items(body))


def _classic_items(body: str) -> list[str]:
    """Split at commas outside double quotes. A trailing comma adds nothing; an empty item elsewhere is an error later."""
    items, item, quoted, escaped = [], "", False, False
    for character in body:
        if character == "," and not quoted:
            items.append(item)
            item = ""
            continue
        if character == '"' and not escaped:
            quoted = not quoted
        escaped = character == "\\" and not escaped
        item += character
    if item.strip():
        items.append(item)
    return items


def _classic_one(text: str) -> Matcher:
    found = _CLASSIC.match(text)
    if found is None:
        raise ValueError(
            f'{text!r} is not a matcher; expected for example severity="critical" or pod=~"api-.*"'
        )
    name, op, raw = found.groups()
    return _checked(name, op, _classic_value(raw, text))


def _classic_value(raw: str, text: str) -> str:
    """Quotes are optional; `\\"`, `\\\\` and `\\n` are escapes, any other backslash stands for itself."""
    quoted = raw.startswith('"')
    if quoted:
        raw = raw[1:]
        if not raw:
            raise ValueError(f"{text!r}: a double quote is not closed")
    value, position, last = "", 0, len(raw) - 1
    while position <= last:
        character = raw[position]
        if character == "\\" and position < last and raw[position + 1] in '"\\n':
            follower = raw[position + 1]
            value += "\n" if follower == "n" else follower
            position += 2
            continue
        if character == '"':
            if not quoted or position != last:
                raise ValueError(f"{text!r}: a double quote inside a value needs a backslash before it")
            return value
        value += character
        position += 1
    if quoted:
        raise ValueError(f"{text!r}: a double quote is not closed")
    return value


# --- UTF-8 -----------------------------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<op>=~|!~|!=|=)
      | (?P<punctuation>[{},])
      | (?P<quoted>"(?:[^"\\\n]|\\[^\n])*")
      | (?P<plain>[^\s{}!=~,\\"'`]+)
    )""",
    re.VERBOSE,
)
_GO_ESCAPES = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, '"': 34}


def _utf8_tokens(text: str) -> list[tuple[str, str]]:
    tokens, position, end = [], 0, len(text.rstrip())
    while position < end:
        found = _TOKEN.match(text, position)
        if found is None:
            raise ValueError(f"{text!r}: cannot read on at {text[position:].strip()[:20]!r}")
        kind = cast(str, found.lastgroup)
        word = found.group(kind)
        tokens.append(("word", _go_string(word)) if kind == "quoted" else (kind, word))
        position = found.end()
    return tokens


def _go_string(quoted: str) -> str:
    """What a double-quoted Go string means. Raises ValueError for an escape Go does not know or bytes that are not UTF-8."""
    inner, out, position = quoted[1:-1], bytearray(), 0
    while position < len(inner):
        character = inner[position]
        if character != "\\":
            out += character.encode()
            position += 1
            continue
        kind = inner[position + 1]
        position += 2
        if kind in _GO_ESCAPES:
            out.append(_GO_ESCAPES[kind])
            continue
        if kind in "01234567":
            digits, base, position = inner[position - 1 : position + 2], 8, position - 1
            width = 3
        elif kind in "xuU":
            width, base = {"x": 2, "u": 4, "U": 8}[kind], 16
            digits = inner[position : position + width]
        else:
            raise ValueError(f"{quoted}: \\{kind} is not an escape; write \\\\{kind} for a backslash")
        position += width
        if len(digits) != width or not all(
            digit in "0123456789abcdefABCDEF"[: 22 if base == 16 else 8] for digit in digits
        ):
            raise ValueError(f"{quoted}: \\{kind} needs {width} digits")
        code = int(digits, base)
        if kind in "uU":
            if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
                raise ValueError(f"{quoted}: \\{kind}{digits} is not a character")
            out += chr(code).encode()
        elif code > 255:
            raise ValueError(f"{quoted}: \\{digits} is not a byte")
        else:
            out.append(code)
    try:
        return out.decode()
    except UnicodeDecodeError:
        raise ValueError(f"{quoted} is not valid UTF-8") from None


def _utf8_many(text: str) -> tuple[Matcher, ...]:
    tokens = _utf8_tokens(text)
    braces = tokens[:1] == [("punctuation", "{")]
    if braces != (tokens[-1:] == [("punctuation", "}")]) or (braces and len(tokens) < 2):
        raise ValueError(f"{text!r}: the braces do not balance")
    if braces:
        tokens = tokens[1:-1]
    matchers = []
    while tokens:
        matchers.append(_utf8_take(tokens[:3], text))
        tokens = tokens[3:]
        if tokens:
            if tokens[0] != ("punctuation", ","):
                raise ValueError(f"{text!r}: expected a comma before {tokens[0][1]!r}")
            tokens = tokens[1:]
    return tuple(matchers)


def _utf8_one(text: str) -> Matcher:
    tokens = _utf8_tokens(text)
    if len(tokens) != 3:
        raise ValueError(f"{text!r}: expected one matcher: a name, an operator and a value")
    return _utf8_take(tokens, text)


def _utf8_take(tokens: list[tuple[str, str]], text: str) -> Matcher:
    kinds = [("word" if kind == "plain" else kind) for kind, _ in tokens]
    if kinds != ["word", "op", "word"]:
        raise ValueError(
            f"{text!r}: expected a name, an operator and a value, in double quotes where they hold special characters"
        )
    (_, name), (_, op), (_, value) = tokens
    if not name:
        raise ValueError(f"{text!r}: a label name cannot be empty")
    return _checked(name, op, value)


# --- writing ---------------------------------------------------------------------------------------------------------

_PLAIN_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


def format_matcher(matcher: Matcher) -> str:
    """`severity="critical"`: every syntax reads it back the same, unless the name or value forces UTF-8's quoting."""
    return f"{format_name(matcher.name)}{matcher.op.value}{quote(matcher.value)}"


@lru_cache(maxsize=4096)
def format_name(name: str) -> str:
    """A label name in a matcher: in double quotes unless it is plain."""
    return name if _PLAIN_NAME.fullmatch(name) else quote(name)


def format_matchers(matchers: Iterable[Matcher]) -> str:
    """`{a="x",b=~"y"}`, in the order given."""
    return "{" + ",".join(map(format_matcher, matchers)) + "}"


def quote(value: str) -> str:
    """In double quotes, with the three escapes that both syntaxes know."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


# --- holding ---------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def compile_pattern(pattern: str) -> Pattern:
    """RE2, to be used with fullmatch. Raises ValueError for what RE2 does not take (look-around, back-references)."""
    options = re2.Options()
    options.log_errors = False
    try:
        return cast(Pattern, re2.compile(pattern, options))
    except re2.error as refused:
        said = refused.args[0] if refused.args else refused
        reason = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        raise ValueError(f"{pattern!r} is not a regular expression that RE2 takes: {reason}") from None


def holds(matcher: Matcher) -> Predicate:
    """One matcher as a predicate."""
    name, value = matcher.name, matcher.value
    match matcher.op:
        case MatchOp.EQUAL:
            return lambda labels: labels.get(name, "") == value
        case MatchOp.NOT_EQUAL:
            return lambda labels: labels.get(name, "") != value
        case MatchOp.REGEXP:
            fits = compile_pattern(value).fullmatch
            return lambda labels: fits(labels.get(name, "")) is not None
        case MatchOp.NOT_REGEXP:
            fits = compile_pattern(value).fullmatch
            return lambda labels: fits(labels.get(name, "")) is None


def compile_matchers(matchers: tuple[Matcher, ...]) -> Predicate:
    """All of them must hold; none at all matches everything. Raises ValueError for a pattern RE2 does not take."""
    # Equality costs a tenth of a pattern, so it goes first; the order changes nothing else.
    parts = [holds(m) for m in sorted(matchers, key=lambda m: m.op in (MatchOp.REGEXP, MatchOp.NOT_REGEXP))]
    match parts:
        case []:
            return lambda labels: True
        case [only]:
            return only
        case [first, second]:
            return lambda labels: first(labels) and second(labels)
        case _:
            return lambda labels: all(part(labels) for part in parts)
