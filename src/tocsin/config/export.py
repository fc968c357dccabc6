"""The store's configuration as YAML, in the order and the forms of the guide. Reading it back plans no change.

Secrets are named or marked as stored, never shown. What people made on screen as operational facts (silences, maintenance,
overrides) is not configuration and stays out.
"""

from collections.abc import Iterable, Mapping

import msgspec

from tocsin.config import emit
from tocsin.config.forms import Names, Noted, Remarked, Tree
from tocsin.config.schema.kinds import KINDS, SINGLE, Key, Noun, from_entry
from tocsin.core.configuration import Origin
from tocsin.engine.store.protocol import Entry

HEADER = "# Tocsin configuration, as the store has it. Check it with `tocsin plan`.\n"


def export(entries: Iterable[Entry], origins: bool = False) -> str:
    """Broken entries are left out, with a comment that names them. With `origins` a comment above each noun says where it
    comes from."""
    nouns: dict[Key, Noun] = {}
    whence: dict[Key, str] = {}
    remarks: list[str] = []
    for entry in entries:
        kind = KINDS.get(entry.kind)
        if kind is None or (kind.operational and entry.origin != Origin.GIT):
            continue
        try:
            nouns[entry.kind, entry.name] = from_entry(entry)
        except (ValueError, msgspec.DecodeError):
            remarks.append(f"# left out, because it cannot be read: {entry.kind}.{entry.name}\n")
        if origins:
            whence[entry.kind, entry.name] = _whence(entry)
    names = names_of(nouns)
    sections: dict[str, Tree] = {}
    for kind in KINDS.values():
        section: dict[str, Tree] = {
            name: _under(whence.get((of, name)), kind.write(nouns[of, name], names))
            for of, name in sorted(nouns)
            if of == kind.name
        }
        if section:
            sections[kind.name] = section[SINGLE] if kind.single else section
    return HEADER + "".join(remarks) + "\n" + emit.document(sections)


def _whence(entry: Entry) -> str:
    """`from teams.yaml:12, applied by ci`, or `edited on screen by alice`."""
    git = entry.origin == Origin.GIT
    said = f"from {entry.source or 'Git'}, applied" if git else "edited on screen"
    said += f" by {entry.created_by}" if entry.created_by else ""
    return "".join(c if c.isprintable() else emit.escaped(c) for c in said)


def _under(remark: str | None, tree: Tree) -> Tree:
    return tree if remark is None else Remarked(tree, remark)


def names_of(keys: Iterable[Key]) -> Names:
    """The names among which a name alone may be ambiguous."""
    known: dict[str, set[str]] = {}
    for kind, name in keys:
        known.setdefault(kind, set()).add(name)
    return Names(known, (), ())


def written(kind: str, noun: Noun, names: Names) -> Tree:
    """One noun in its written form."""
    return KINDS[kind].write(noun, names)


def leaves(tree: Tree, path: str = "") -> Mapping[str, tuple[str, str]]:
    """A tree as lines for comparing: by dotted path the text to show, and beside it what is compared but never shown.

    A list of single values is one line.
    """
    match tree:
        case Noted(hidden=hidden):
            return {path: ("(hidden)", hidden)}
        case dict() if tree:
            found: dict[str, tuple[str, str]] = {}
            for name, value in tree.items():
                found.update(leaves(value, f"{path}.{name}" if path else name))
            return found
        case list() if any(isinstance(item, (dict, list, Noted)) for item in tree):
            found = {}
            for number, item in enumerate(tree):
                found.update(leaves(item, f"{path}[{number}]"))
            return found
        case _:
            return {path: (emit.inline(tree)[0], "")} if path else {}
