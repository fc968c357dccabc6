"""YAML text as a tree in which every value knows its file, its line and its dotted path.

Scalars stay text: the field that reads one decides what it means, so `09:00`, `no` and `1e3` never turn into something else.
Tags are refused, so nothing is ever constructed, and aliases are expanded within a budget.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from tocsin.config.answers import ConfigFile, Problem

MAX_FILE = 1 << 20  # characters of one file
MAX_ALL = 8 << 20  # characters of all files together
MAX_FILES = 1000
MAX_VALUES = 200_000  # of one file, after its aliases are expanded
MAX_DEPTH = 32
SUFFIXES = (".yaml", ".yml")


class Place(msgspec.Struct, frozen=True):
    """Where something is written. Lines count from 1."""

    file: str
    line: int
    path: str


class Scalar(msgspec.Struct, frozen=True):
    """`plain` is False when it was quoted or a block: then it is a text, whatever it looks like."""

    text: str
    plain: bool
    place: Place

    @property
    def absent(self) -> bool:
        """Written as nothing at all: `key:`, `key: null`, `key: ~`."""
        return self.plain and self.text in ("", "~", "null")


class Mapping(msgspec.Struct, frozen=True):
    entries: tuple[tuple[Scalar, "Node"], ...]
    place: Place


class Sequence(msgspec.Struct, frozen=True):
    items: tuple["Node", ...]
    place: Place


Node = Scalar | Mapping | Sequence


class Unreadable(Exception):
    """This file is no YAML that can be taken; the problem says where and why."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.problem = Problem("error", place.file, place.line, place.path, message)


def files_at(where: Path) -> tuple[ConfigFile, ...]:
    """The file, or every `*.yaml` and `*.yml` below the folder in order of their paths; hidden ones are left out.

    Raises Unreadable for what is missing, too big, too many or not UTF-8.
    """
    if where.is_dir():
        found = sorted(
            path
            for path in where.rglob("*")
            if path.suffix in SUFFIXES
            and path.is_file()
            and not any(part.startswith(".") for part in path.relative_to(where).parts)
        )
        if not found:
            raise Unreadable(Place(str(where), 0, ""), f"no {' or '.join(SUFFIXES)} file in this folder")
        if len(found) > MAX_FILES:
            raise Unreadable(
                Place(str(where), 0, ""), f"more than {MAX_FILES} files; is this the right folder?"
            )
    else:
        found = [where]
    return tuple(ConfigFile(str(path), _text_of(path)) for path in found)


def _text_of(path: Path) -> str:
    place = Place(str(path), 0, "")
    try:
        raw = path.read_bytes()
    except OSError as wrong:
        raise Unreadable(place, f"cannot be read: {wrong.strerror}") from None
    if len(raw) > 4 * MAX_FILE:
        raise Unreadable(place, f"larger than {MAX_FILE} characters; split it into several files")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = raw.count(b"\n", 0, wrong.start) + 1
        raise Unreadable(Place(str(path), line, ""), "is not UTF-8") from None


def read(file: ConfigFile) -> Mapping:
    """The file's top-level mapping; an empty file is an empty one. Raises Unreadable."""
    whole = Place(file.path, 0, "")
    if len(file.text) > MAX_FILE:
        raise Unreadable(whole, f"larger than {MAX_FILE} characters; split it into several files")
    raw = _Composer(file.path).compose(file.text)
    if raw is None or (isinstance(raw, _Raw) and raw.kind == "scalar" and raw.plain and not raw.text):
        return Mapping((), Place(file.path, 1, ""))
    node = _Expansion(file.path).expand(raw, "", 0)
    if isinstance(node, Scalar) and node.absent:
        return Mapping((), node.place)
    if not isinstance(node, Mapping):
        raise Unreadable(node.place, "a configuration file is a mapping such as `people: ...`, `teams: ...`")
    return node


def places(node: Node) -> Iterator[Place]:
    """The place of this value and of everything in it. A mapping's values are placed at their keys."""
    yield node.place
    match node:
        case Mapping(entries):
            for key, value in entries:
                yield key.place
                yield from places(value)
        case Sequence(items):
            for item in items:
                yield from places(item)


def plain(node: Node) -> Any:
    """The tree as an editor's JSON Schema check sees it: YAML 1.2 core types."""
    match node:
        case Mapping(entries):
            return {key.text: plain(value) for key, value in entries}
        case Sequence(items):
            return [plain(item) for item in items]
        case Scalar(text) if not node.plain:
            return text
        case Scalar(text) if node.absent:
            return None
        case Scalar(text) if text in ("true", "false"):
            return text == "true"
        case Scalar(text):
            try:
                return int(text) if text.lstrip("+-").isascii() and text.lstrip("+-").isdigit() else text
            except ValueError:
                return text


# --- from events to raw values, aliases still pointing --------------------------------------------------------------


class _Raw(msgspec.Struct):
    kind: str  # scalar, mapping, sequence
    line: int
    text: str = ""
    plain: bool = False
    children: list["_Raw"] = []  # a mapping's keys and values in turn


class _Composer:
    """Builds raw values from the parser's events, without recursion: depth is data, not stack."""

    def __init__(self, file: str) -> None:
        self.file = file

    def compose(self, text: str) -> _Raw | None:
        root: _Raw | None = None
        open_values: list[tuple[_Raw, str | None]] = []
        anchors: dict[str, _Raw] = {}
        count = documents = 0
        for event in self._events(text):
            name = type(event).__name__
            line = event.start_mark.line + 1
            if name == "DocumentStartEvent":
                documents += 1
                if documents > 1:
                    raise Unreadable(
                        Place(self.file, line, ""), "a second YAML document; write one document a file"
                    )
                continue
            if name in ("MappingEndEvent", "SequenceEndEvent"):
                raw, anchor = open_values.pop()
                if anchor:
                    anchors[anchor] = raw
                continue
            if name == "AliasEvent":
                if event.anchor not in anchors:
                    raise Unreadable(
                        Place(self.file, line, ""),
                        f"*{event.anchor} points at no anchor &{event.anchor} that ends above it",
                    )
                raw = anchors[event.anchor]
            elif name == "ScalarEvent":
                self._refuse_tag(event, line)
                if any(c == "\0" or "\ud800" <= c <= "\udfff" for c in event.value):
                    raise Unreadable(Place(self.file, line, ""), "an escape for what is no character")
                raw = _Raw("scalar", line, event.value, not event.style)
                if event.anchor:
                    anchors[event.anchor] = raw
            elif name in ("MappingStartEvent", "SequenceStartEvent"):
                self._refuse_tag(event, line)
                if len(open_values) >= MAX_DEPTH:
                    raise Unreadable(Place(self.file, line, ""), f"nested more than {MAX_DEPTH} deep")
                raw = _Raw("mapping" if name == "MappingStartEvent" else "sequence", line)
            else:
                continue
            count += 1
            if count > MAX_VALUES:
                raise Unreadable(Place(self.file, line, ""), f"more than {MAX_VALUES} values in one file")
            if open_values:
                open_values[-1][0].children.append(raw)
            else:
                root = raw
            if name in ("MappingStartEvent", "SequenceStartEvent"):
                open_values.append((raw, event.anchor))
        return root

    def _events(self, text: str) -> Iterator[Any]:
        try:
            yield from YAML(typ="safe", pure=True).parse(text)
        except MarkedYAMLError as wrong:
            mark = wrong.problem_mark or wrong.context_mark
            raise Unreadable(
                Place(self.file, mark.line + 1 if mark else 0, ""),
                _said(wrong.problem or wrong.context or ""),
            ) from None
        except YAMLError as wrong:  # the reader's, for characters that YAML forbids
            at = getattr(wrong, "position", None)
            line = text.count("\n", 0, at) + 1 if isinstance(at, int) else 0
            raise Unreadable(Place(self.file, line, ""), str(wrong).partition("\n")[0]) from None
        except (ValueError, OverflowError):  # the scanner's chr(), for an escape beyond Unicode
            raise Unreadable(
                Place(self.file, 0, ""), "an escape such as \\U00110000 that is no character"
            ) from None

    def _refuse_tag(self, event: Any, line: int) -> None:
        if event.tag not in (None, "!"):
            raise Unreadable(Place(self.file, line, ""), f"tag {str(event.tag)!r}: tags are not accepted")


def _said(problem: str) -> str:
    """The parser's words, put plainly where people stumble most."""
    if r"'\t'" in problem:
        return "a tab stands here; YAML is indented with spaces"
    if problem == "mapping values are not allowed here":
        return "a second `: ` on this line; quote the value, or start a new line"
    return f"not YAML: {problem}"


# --- from raw values to nodes with paths ----------------------------------------------------------------------------


class _Expansion:
    def __init__(self, file: str) -> None:
        self.file = file
        self.left = MAX_VALUES

    def expand(self, raw: _Raw, path: str, depth: int) -> Node:
        place = Place(self.file, raw.line, path)
        self.left -= 1
        if self.left < 0:
            raise Unreadable(place, f"more than {MAX_VALUES} values once aliases are expanded")
        if depth > MAX_DEPTH:
            raise Unreadable(place, f"nested more than {MAX_DEPTH} deep once aliases are expanded")
        if raw.kind == "scalar":
            return Scalar(raw.text, raw.plain, place)
        if raw.kind == "sequence":
            return Sequence(
                tuple(self.expand(child, f"{path}[{n}]", depth + 1) for n, child in enumerate(raw.children)),
                place,
            )
        return Mapping(tuple(self._entries(raw, path, depth)), place)

    def _entries(self, raw: _Raw, path: str, depth: int) -> Iterator[tuple[Scalar, Node]]:
        written: dict[str, int] = {}
        merged: dict[str, tuple[Scalar, Node]] = {}
        own: list[tuple[Scalar, Node]] = []
        for key, value in zip(raw.children[::2], raw.children[1::2], strict=True):
            if key.kind != "scalar":
                raise Unreadable(Place(self.file, key.line, path), "a key must be a plain text")
            if key.text in written:
                raise Unreadable(
                    Place(self.file, key.line, _below(path, key.text)),
                    f"{key.text!r} is written twice, first on line {written[key.text]}",
                )
            written[key.text] = key.line
            if key.text == "<<" and key.plain:
                merged = self._merged(value, path, depth)
                continue
            below = _below(path, key.text)
            own.append(
                (
                    Scalar(key.text, key.plain, Place(self.file, key.line, below)),
                    self.expand(value, below, depth + 1),
                )
            )
        yield from own
        yield from (entry for name, entry in merged.items() if name not in written)

    def _merged(self, value: _Raw, path: str, depth: int) -> dict[str, tuple[Scalar, Node]]:
        """YAML 1.1's merge key: the first of several mappings wins."""
        sources = value.children if value.kind == "sequence" else [value]
        merged: dict[str, tuple[Scalar, Node]] = {}
        for source in sources:
            if source.kind != "mapping":
                raise Unreadable(
                    Place(self.file, value.line, path), "<< takes a mapping or a list of mappings"
                )
            node = self.expand(source, path, depth + 1)
            assert isinstance(node, Mapping)
            for key, entry in node.entries:
                merged.setdefault(key.text, (key, entry))
        return merged


def _below(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
