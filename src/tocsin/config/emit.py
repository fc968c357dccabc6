"""Trees as YAML text, as people write it: small things on one line, large ones indented, quotes only where they are needed.

What is written here is read back by document.py as the same texts.
"""

import re
from collections.abc import Mapping
from datetime import date

from tocsin.config.forms import Noted, Remarked, Tree

WIDTH = 110
_PLAIN = re.compile(r"^[A-Za-z0-9_./+][A-Za-z0-9_./@+%= -]*(?::[A-Za-z0-9_./@+%=-]+)*$")
_AMBIGUOUS = re.compile(
    r"^(?:null|true|false|yes|no|on|off|y|n|[-+.]?(?:inf|nan)|0[xo].*|[-+.]?[0-9][0-9_.,eE+-]*)$", re.I
)
_CLOCK = re.compile(r"^\d{1,2}:\d\d(?::\d\d)?$")


def document(sections: Mapping[str, Tree]) -> str:
    """Top-level sections, a blank line between them."""
    return "\n".join("\n".join(_entry(name, tree, 0)) + "\n" for name, tree in sections.items())


def scalar(tree: str | int | bool | date | None) -> str:
    """One value, quoted where it would otherwise read as something else."""
    match tree:
        case None:
            return "null"
        case bool():
            return "true" if tree else "false"
        case int():
            return str(tree)
        case date():
            return tree.isoformat()
        case str():
            return tree if _is_plain(tree) else _quoted(tree)


def _is_plain(text: str) -> bool:
    """Careful: other tools' YAML would read `no` as false and, quoted or not, 09:00 must stay a time."""
    return bool(_PLAIN.match(text)) and text == text.rstrip() and not _AMBIGUOUS.match(text)


def _quoted(text: str) -> str:
    if text.isprintable() and "'" not in text and '"' in text:
        return f"'{text}'"
    return '"' + "".join(escaped(character) for character in text) + '"'


def escaped(character: str) -> str:
    named = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    if character in named:
        return named[character]
    code = ord(character)
    if character.isprintable() and code != 0xFEFF:
        return character
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _key(name: str) -> str:
    return scalar(name)


def inline(tree: Tree) -> tuple[str, list[str]]:
    """On one line, and the comments that belong behind it."""
    match tree:
        case Noted(value, comment):
            text, comments = inline(value)
            return text, [*comments, comment]
        case Remarked(value):
            return inline(value)
        case dict():
            parts = [(_key(name), *inline(value)) for name, value in tree.items()]
            text = "{" + ", ".join(f"{key}: {value}" for key, value, _ in parts) + "}"
            return text, [comment for _, _, comments in parts for comment in comments]
        case list():
            items = [inline(value) for value in tree]
            return "[" + ", ".join(text for text, _ in items) + "]", [
                c for _, comments in items for c in comments
            ]
        case _:
            return scalar(tree), []


def _entry(name: str, tree: Tree, indent: int) -> list[str]:
    """`name: value` on one line where it fits (the top level's mappings never), else indented below it."""
    if isinstance(tree, Remarked):
        return [" " * indent + f"# {tree.remark}", *_entry(name, tree.tree, indent)]
    lead = " " * indent + f"{_key(name)}:"
    text, comments = inline(tree)
    behind = "  # " + "; ".join(dict.fromkeys(comments)) if comments else ""
    bare = tree.tree if isinstance(tree, Noted) else tree
    fits = len(lead) + 1 + len(text) <= WIDTH
    if not isinstance(bare, (dict, list)) or not bare or (fits and (indent or not isinstance(bare, dict))):
        return [f"{lead} {text}{behind}"]
    if isinstance(bare, dict):
        return [lead, *(line for key, value in bare.items() for line in _entry(key, value, indent + 2))]
    return [lead, *(line for value in bare for line in _item(value, indent + 2))]


def _item(tree: Tree, indent: int) -> list[str]:
    text, comments = inline(tree)
    behind = "  # " + "; ".join(dict.fromkeys(comments)) if comments else ""
    lead = " " * indent + "- "
    if not isinstance(tree, (dict, list)) or not tree or len(lead) + len(text) <= WIDTH:
        return [f"{lead}{text}{behind}"]
    if isinstance(tree, list):
        return [lead.rstrip(), *(line for value in tree for line in _item(value, indent + 2))]
    lines = [line for key, value in tree.items() for line in _entry(key, value, indent + 2)]
    return [lead + lines[0].lstrip(), *lines[1:]]
