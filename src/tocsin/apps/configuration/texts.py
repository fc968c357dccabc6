"""Any noun as text, the way a file has it: shown, changed, and its mistakes found by line before it is saved.

Secrets are not in it: `{stored: true}` stands for what the store has, and keeps it.
"""

from datetime import datetime
from typing import Any

from tocsin.apps.configuration.nouns import Kept, names
from tocsin.apps.configuration.queries import all_entries
from tocsin.config import document, emit
from tocsin.config.answers import ConfigFile, Problem
from tocsin.config.edit import LISTED
from tocsin.config.export import written
from tocsin.config.schema.kinds import KINDS
from tocsin.config.validate import check
from tocsin.core.configuration import Configuration

FILE = "what you wrote"
LONGEST = 200_000  # characters


def shown(kept: Kept, configuration: Configuration) -> str:
    """Without the name around it."""
    tree = written(kept.kind, kept.noun, names(configuration))
    text = emit.document(tree) if isinstance(tree, dict) else emit.document({"-": tree}).partition(":")[2]
    return text.replace("\n\n", "\n").lstrip("\n")


def problems_in(kind: str, name: str, text: str, now: datetime) -> list[Problem]:
    """What is wrong with it as it would be kept, by its own lines; what was wrong before is left out."""
    entries = all_entries()
    before = {(each.field, each.message) for each in check((), now, store=entries).problems}
    wrapped, lead = _wrapped(kind, name, text)
    found = check((ConfigFile(FILE, wrapped),), now, store=entries).problems
    news = [each for each in found if (each.field, each.message) not in before]
    return [
        Problem(
            each.level, each.file, max(0, each.line - lead), _inside(each.field, kind, name), each.message
        )
        for each in news
    ]


def tree_of(kind: str, name: str, text: str) -> dict[str, Any]:
    """The noun as JSON. Raises document.Unreadable."""
    wrapped, _ = _wrapped(kind, name, text)
    tree = document.plain(_as_text(document.read(ConfigFile(FILE, wrapped))))[kind]
    noun = tree if KINDS[kind].single else tree[name]
    if isinstance(noun, dict):
        return noun
    return {} if noun is None else {LISTED: noun}


def _as_text(node: document.Node) -> document.Node:
    """Numbers stay as they were written: `010` is no ten."""
    match node:
        case document.Mapping(entries, place):
            return document.Mapping(tuple((key, _as_text(value)) for key, value in entries), place)
        case document.Sequence(items, place):
            return document.Sequence(tuple(_as_text(item) for item in items), place)
        case document.Scalar() if node.absent or not node.plain or node.text in ("true", "false"):
            return node
        case document.Scalar(text, _, place):
            return document.Scalar(text, False, place)


def _wrapped(kind: str, name: str, text: str) -> tuple[str, int]:
    """As a file, and how many lines stand before it."""
    lines = text.replace("\r\n", "\n").split("\n")
    if KINDS[kind].single:
        return "\n".join([f"{kind}:", *("  " + line for line in lines)]), 1
    inner = ["    " + line for line in lines]
    return "\n".join([f"{kind}:", f"  {emit.scalar(name)}:", *inner]), 2


def _inside(field: str, kind: str, name: str) -> str:
    path = f"{kind}.{name}" if name else kind
    return field[len(path) :].lstrip(".") if field.startswith(path) else field
