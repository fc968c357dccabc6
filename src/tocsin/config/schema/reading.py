"""From files to nouns: every file is read, what several files say is put together, and every mistake is found at once."""

from collections.abc import Collection, Iterable, Mapping

import msgspec

from tocsin.config import document as yaml
from tocsin.config.answers import ConfigFile, Problem
from tocsin.config.document import MAX_ALL, Node, Place, Scalar, Unreadable
from tocsin.config.forms import Findings, Many, Names, Reading, Wrong, described, nearest
from tocsin.config.schema.kinds import KINDS, SINGLE, Key, Noun, check_key
from tocsin.config.surroundings import Surroundings
from tocsin.config.values import TEXT, Matchers
from tocsin.core.detect.matchers import format_matchers

MATCHERS = Matchers()
TEXTS = Many(TEXT, one=True)


class Documents(msgspec.Struct, frozen=True):
    """Files as trees. Slow to make (YAML is), so it is made apart from any transaction."""

    roots: tuple[yaml.Mapping, ...]
    problems: tuple[Problem, ...]


class Read(msgspec.Struct, frozen=True):
    """`nouns` are those without mistakes; `begins` says where each is named; `places` finds what is written where, by
    dotted path."""

    nouns: Mapping[Key, Noun]
    begins: Mapping[Key, Place]
    places: Mapping[str, Place]
    names: Names
    findings: Findings

    def place(self, path: str) -> Place:
        """Where that is written, or the nearest thing around it that is."""
        shorter = path
        while shorter:
            if shorter in self.places:
                found = self.places[shorter]
                return Place(found.file, found.line, path)
            shorter = shorter[: max(shorter.rfind("."), shorter.rfind("["), 0)]
        return Place("", 0, path)


def parse(files: Iterable[ConfigFile]) -> Documents:
    """Every file that is YAML; a problem for each that is not."""
    roots: list[yaml.Mapping] = []
    problems: list[Problem] = []
    budget = MAX_ALL
    for file in files:
        budget -= len(file.text)
        if budget < 0:
            problems.append(
                Problem("error", file.path, 0, "", f"all files together are larger than {MAX_ALL} characters")
            )
            break
        try:
            roots.append(yaml.read(file))
        except Unreadable as wrong:
            problems.append(wrong.problem)
    return Documents(tuple(roots), tuple(problems))


def read(documents: Documents, surroundings: Surroundings, beside: Collection[Key] = ()) -> Read:
    """The nouns that the files describe. `beside` are those that the store has and keeps: they may be referred to."""
    findings = Findings()
    findings.problems.extend(documents.problems)
    sections = _sections(documents, findings)
    known: dict[str, set[str]] = {}
    for kind, name in (*sections, *beside):
        known.setdefault(kind, set()).add(name)
    names = Names(known, surroundings.channels.keys(), surroundings.sources)

    nouns: dict[Key, Noun] = {}
    reading = Reading(findings, names)
    for (kind, name), (key, node) in sections.items():
        try:
            if name != SINGLE or not KINDS[kind].single:
                check_key(kind, key, reading)
            nouns[kind, name] = KINDS[kind].read(name, node, reading)
        except Wrong:
            continue
    places: dict[str, Place] = {}
    for root in documents.roots:
        for place in yaml.places(root):
            if place.path:
                places.setdefault(place.path, place)
    begins = {key: name.place for key, (name, _) in sections.items()}
    return Read(nouns, begins, places, names, findings)


def _sections(documents: Documents, findings: Findings) -> dict[Key, tuple[Scalar, Node]]:
    """Each noun with its node, wherever it is written; one that is written twice is an error that names both places."""
    sections: dict[Key, tuple[Scalar, Node]] = {}
    for root in documents.roots:
        for kind_key, value in root.entries:
            kind = KINDS.get(kind_key.text)
            if kind is None:
                if not kind_key.text.startswith("x-"):  # theirs, for anchors
                    findings.error(
                        kind_key.place, f"unknown key {kind_key.text!r}{nearest(kind_key.text, KINDS)}"
                    )
                continue
            if isinstance(value, Scalar) and value.absent:
                continue
            for name, key, node in _nouns(kind.name, kind_key, value, findings):
                if (kind.name, name) not in sections:
                    sections[kind.name, name] = (key, node)
                    continue
                first = sections[kind.name, name][0].place
                what = kind.name if kind.single else f"{kind.name}.{name}"
                findings.error(key.place, f"{what} is written here and in {first.file}, line {first.line}")
    return sections


def _nouns(kind: str, kind_key: Scalar, value: Node, findings: Findings) -> list[tuple[str, Scalar, Node]]:
    """(name, where its name stands, its node) of everything in one section."""
    if KINDS[kind].single:
        return [(SINGLE, kind_key, value)]
    if isinstance(value, yaml.Mapping):
        return [(key.text, key, node) for key, node in value.entries]
    if isinstance(value, yaml.Sequence) and kind in ("time_intervals", "inhibitions"):
        return [
            found
            for item in value.items
            for found in (
                _interval(item, findings) if kind == "time_intervals" else _inhibition(item, findings)
            )
        ]
    findings.error(
        value.place, f"expected a mapping from names to {kind.replace('_', ' ')}, found {described(value)}"
    )
    return []


def _interval(item: Node, findings: Findings) -> list[tuple[str, Scalar, Node]]:
    """Alertmanager's own list: `- {name: nights, time_intervals: [...]}`."""
    entries = {key.text: value for key, value in item.entries} if isinstance(item, yaml.Mapping) else {}
    name = entries.get("name")
    if not isinstance(name, Scalar) or entries.keys() != {"name", "time_intervals"}:
        findings.error(item.place, "expected {name: ..., time_intervals: [...]}")
        return []
    return [(name.text, Scalar(name.text, name.plain, name.place), entries["time_intervals"])]


def _inhibition(item: Node, findings: Findings) -> list[tuple[str, Scalar, Node]]:
    """Alertmanager's own list, in which a name is optional: a rule without one is named by its matchers."""
    if not isinstance(item, yaml.Mapping):
        findings.error(item.place, f"expected a mapping, found {described(item)}")
        return []
    for key, value in item.entries:
        if key.text == "name" and isinstance(value, Scalar):
            rest = tuple(entry for entry in item.entries if entry[0].text != "name")
            return [(value.text, value, yaml.Mapping(rest, item.place))]
    name = _named_by_matchers(item)
    return [(name, Scalar(name, False, item.place), item)]


def _named_by_matchers(item: yaml.Mapping) -> str:
    quiet = Reading(Findings(), Names({}, (), ()))
    sides = {"source_matchers": "", "target_matchers": ""}
    equal = ""
    for key, value in item.entries:
        try:
            if key.text in sides:
                sides[key.text] = format_matchers(MATCHERS.read(value, quiet))
            elif key.text == "equal":
                equal = " per " + ",".join(TEXTS.read(value, quiet))
        except Wrong:
            continue
    return f"{sides['source_matchers']} > {sides['target_matchers']}{equal}"[:500]
