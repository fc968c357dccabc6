"""Written forms: how a value is read from YAML, written back, and described to an editor. One object does all three.

Reading never stops at the first mistake: each is written down with its place, and `Wrong` only abandons the value it spoils.
"""

import difflib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import msgspec

from tocsin.config import document as yaml
from tocsin.config.answers import Problem
from tocsin.config.document import Node, Place, Scalar

T = TypeVar("T")
Json = dict[str, Any]


class Noted(msgspec.Struct, frozen=True):
    """A value to write, with a comment behind it. `hidden` is what it stands for: to be compared, never to be shown."""

    tree: "Tree"
    comment: str
    hidden: str = ""


class Remarked(msgspec.Struct, frozen=True):
    """A noun to write, with a comment in the line above it."""

    tree: "Tree"
    remark: str


Tree = str | int | bool | date | None | list["Tree"] | dict[str, "Tree"] | Noted | Remarked  # what is written


class Wrong(Exception):
    """This value cannot be used; why has been written down."""


class Findings:
    """What was found wrong so far, in the order in which it was found."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def error(self, place: Place, message: str) -> Wrong:
        """Write it down; the answer is for whoever wants to raise it."""
        self.problems.append(Problem("error", place.file, place.line, place.path, message))
        return Wrong()

    def warning(self, place: Place, message: str) -> None:
        self.problems.append(Problem("warning", place.file, place.line, place.path, message))

    @property
    def errors(self) -> bool:
        return any(problem.level == "error" for problem in self.problems)


class Names(msgspec.Struct, frozen=True):
    """Every name that may be referred to: the nouns by kind, and what this installation offers."""

    nouns: Mapping[str, Collection[str]]
    channels: Collection[str]
    sources: Collection[str]

    def of(self, kind: str) -> Collection[str]:
        match kind:
            case "channels":
                return self.channels
            case "sources":
                return self.sources
            case _:
                return self.nouns.get(kind, ())


class Reading(NamedTuple):
    """What reading a value needs besides the value."""

    findings: Findings
    names: Names


class Form(Protocol[T]):
    def read(self, node: Node, reading: Reading) -> T:
        """The value. Raises Wrong when it cannot be used, after writing down why."""
        ...

    def write(self, value: T, names: Names) -> Tree:
        """What `read` reads back as this value."""
        ...

    def schema(self) -> Json: ...


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'alice'?`, or what there is, or nothing."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6) or difflib.get_close_matches(
        name.lower(), [each for each in names if each.lower().startswith(name.lower()[:1])], n=1, cutoff=0.6
    )
    if close:
        return f"; did you mean {close[0]!r}?"
    if not names:
        return ""
    shown = ", ".join(names[:8])
    return f"; known: {shown}" + (", ..." if len(names) > 8 else "")


def described(node: Node) -> str:
    """What stands there, for the sentence `expected a list, found a text`."""
    match node:
        case yaml.Mapping():
            return "a mapping"
        case yaml.Sequence():
            return "a list"
        case Scalar() if node.absent:
            return "nothing"
        case Scalar(text):
            return repr(text) if len(text) <= 60 else f"{text[:57]!r}..."


# --- single values ---------------------------------------------------------------------------------------------------


class Atom(Generic[T]):
    """A value written as one scalar. `parse` raises ValueError whose text is shown; an empty one is completed."""

    def __init__(
        self, expected: str, parse: Callable[[str], T], write: Callable[[T], Tree], schema: Json | None = None
    ) -> None:
        self.expected = expected
        self._parse = parse
        self._write = write
        self._schema = schema or {"type": "string", "description": expected}

    def read(self, node: Node, reading: Reading) -> T:
        if not isinstance(node, Scalar) or node.absent:
            raise reading.findings.error(node.place, f"expected {self.expected}, found {described(node)}")
        try:
            return self._parse(node.text)
        except ValueError as wrong:
            message = str(wrong) or f"expected {self.expected}, found {described(node)}"
            raise reading.findings.error(node.place, message) from None

    def write(self, value: T, names: Names) -> Tree:
        return self._write(value)

    def schema(self) -> Json:
        return self._schema


Member = TypeVar("Member", bound=StrEnum)


class Choice(Generic[Member]):
    """One of an enumeration's values; `at once` is as good as `at_once`."""

    def __init__(self, kind: type[Member]) -> None:
        self._values = {member.value: member for member in kind}

    def read(self, node: Node, reading: Reading) -> Member:
        values = " or ".join(self._values)
        if not isinstance(node, Scalar) or node.absent:
            raise reading.findings.error(node.place, f"expected {values}, found {described(node)}")
        found = self._values.get(node.text) or self._values.get(node.text.strip().replace(" ", "_"))
        if found is None:
            raise reading.findings.error(
                node.place, f"expected {values}, found {described(node)}{nearest(node.text, self._values)}"
            )
        return found

    def write(self, value: Member, names: Names) -> Tree:
        return value.value

    def schema(self) -> Json:
        return {
            "enum": [
                spelling
                for value in self._values
                for spelling in dict.fromkeys((value, value.replace("_", " ")))
            ]
        }


class Reference:
    """The name of a noun that must exist."""

    def __init__(self, kind: str, word: str) -> None:
        self.kind, self.word = kind, word

    def read(self, node: Node, reading: Reading) -> str:
        if not isinstance(node, Scalar) or node.absent:
            raise reading.findings.error(
                node.place, f"expected the name of a {self.word}, found {described(node)}"
            )
        known = reading.names.of(self.kind)
        if node.text not in known:
            raise reading.findings.error(
                node.place,
                f"unknown {self.word} {node.text!r} in {node.place.path}{nearest(node.text, known)}",
            )
        return node.text

    def write(self, value: str, names: Names) -> Tree:
        return value

    def schema(self) -> Json:
        return {"type": "string", "description": f"the name of a {self.word}"}


# --- several values --------------------------------------------------------------------------------------------------


class Many(Generic[T]):
    """A list. With `one`, a single value stands for a list of it."""

    def __init__(self, form: Form[T], one: bool = False) -> None:
        self._form, self._one = form, one

    def read(self, node: Node, reading: Reading) -> tuple[T, ...]:
        if isinstance(node, yaml.Sequence):
            items: Sequence[Node] = node.items
        elif self._one and not (isinstance(node, Scalar) and node.absent):
            items = (node,)
        else:
            raise reading.findings.error(node.place, f"expected a list, found {described(node)}")
        return _all(self._form, items, reading)

    def write(self, value: tuple[T, ...], names: Names) -> Tree:
        if self._one and len(value) == 1:
            written = self._form.write(value[0], names)
            if not isinstance(written, list):
                return written
        return [self._form.write(item, names) for item in value]

    def schema(self) -> Json:
        one = self._form.schema()
        many = {"type": "array", "items": one}
        return {"anyOf": [many, one]} if self._one else many


def _all(form: Form[T], items: Sequence[Node], reading: Reading) -> tuple[T, ...]:
    """Read every one, so that all mistakes are found; then fail if any did."""
    values: list[T] = []
    spoiled = False
    for item in items:
        try:
            values.append(form.read(item, reading))
        except Wrong:
            spoiled = True
    if spoiled:
        raise Wrong
    return tuple(values)


class Named(Protocol[T]):
    """A form whose value carries its own key."""

    def read_as(self, name: str, node: Node, reading: Reading) -> T: ...
    def write(self, value: T, names: Names) -> Tree: ...
    def schema(self) -> Json: ...


class ByName(Generic[T]):
    """A mapping from names to values that know their name, kept as a tuple."""

    def __init__(self, form: Named[T], name_of: Callable[[T], str]) -> None:
        self._form, self._name_of = form, name_of

    def read(self, node: Node, reading: Reading) -> tuple[T, ...]:
        values: list[T] = []
        spoiled = False
        for key, value in entries_of(node, reading):
            try:
                check_name(key, reading)
                values.append(self._form.read_as(key.text, value, reading))
            except Wrong:
                spoiled = True
        if spoiled:
            raise Wrong
        return tuple(values)

    def write(self, value: tuple[T, ...], names: Names) -> Tree:
        return {self._name_of(each): self._form.write(each, names) for each in value}

    def schema(self) -> Json:
        return {"type": "object", "additionalProperties": self._form.schema()}


class Labels:
    """A mapping of texts; numbers and truth values are taken as they are written."""

    def read(self, node: Node, reading: Reading) -> dict[str, str]:
        labels: dict[str, str] = {}
        for key, value in entries_of(node, reading):
            if not isinstance(value, Scalar):
                raise reading.findings.error(value.place, f"expected a text, found {described(value)}")
            labels[key.text] = "" if value.absent else value.text
        return labels

    def write(self, value: dict[str, str], names: Names) -> Tree:
        return dict(value)

    def schema(self) -> Json:
        return {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "null"]}}


def entries_of(node: Node, reading: Reading) -> tuple[tuple[Scalar, Node], ...]:
    """A mapping's entries. Raises Wrong for what is none."""
    if not isinstance(node, yaml.Mapping):
        raise reading.findings.error(node.place, f"expected a mapping, found {described(node)}")
    return node.entries


def check_name(key: Scalar, reading: Reading) -> None:
    """Names are what people type, and stand in links, chats and logs."""
    name = key.text
    if (
        not name
        or len(name) > 64
        or name != name.strip()
        or not all(c.isalnum() or c in "-_.@+ " for c in name)
    ):
        raise reading.findings.error(
            key.place,
            f"{name[:80]!r} cannot be a name; letters, digits and - _ . @ + are, 64 of them at most",
        )
