"""One noun made, changed or removed on screen: the same forms and checks as a file, and nothing that Git keeps.

What was wrong before stays somebody's to mend; an edit is refused for what it makes wrong itself. So a house can be built
noun by noun.
"""

from datetime import date, datetime
from typing import Any

import msgspec

from tocsin.config import emit
from tocsin.config.answers import ConfigFile, Problem
from tocsin.config.export import names_of, written
from tocsin.config.forms import Tree
from tocsin.config.history import kept
from tocsin.config.references import needed_by
from tocsin.config.schema.kinds import KINDS, Key, Noun, from_entry, to_entry
from tocsin.config.secrets import IN_THE_CLEAR
from tocsin.config.validate import Checked, check, nouns_of
from tocsin.core.configuration import Origin
from tocsin.core.instants import micros
from tocsin.engine.store.protocol import Entry, Transaction

ON_SCREEN = "the form"
LISTED = ""  # a noun that is written as a list (a time interval) is this one key of it


class NotEdited(Exception):
    """`code`: invalid, not_found or conflict; `field` within the noun."""

    def __init__(self, code: str, message: str, field: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.field = code, message, field


class Edited(msgspec.Struct, frozen=True):
    entry: Entry
    noun: dict[str, Any]
    revision: int
    warnings: tuple[Problem, ...] = ()


def put_noun(
    tx: Transaction, kind: str, name: str, noun: dict[str, Any], seen: int | None, actor: str, now: datetime
) -> Edited:
    """Raises NotEdited. Without any change the revision stays; else the entry says who edited it last, and when."""
    entries, before = _found(tx, kind, name, seen)
    checked = _checked(entries, kind, name, noun, now)
    warnings = _refuse_what_is_new(checked, check((), now, store=entries), kind, name)
    entry = to_entry(kind, checked.nouns[kind, name], Origin.PEOPLE, actor, micros(now))
    if before is not None and _same(before, entry):
        return Edited(before, shown(before, entries), tx.configuration.revision(), warnings)
    versions, outdated = kept(entries, [entry], [], actor, now)
    tx.configuration.put([entry, *versions])
    tx.configuration.remove(outdated)
    return Edited(entry, shown(entry, (*entries, entry)), _bumped(tx), warnings)


def try_noun(
    entries: tuple[Entry, ...], kind: str, name: str, noun: dict[str, Any], now: datetime
) -> tuple[Noun, tuple[Problem, ...]]:
    """What `put_noun` would keep, and warn of; nothing is kept. Raises NotEdited."""
    checked = _checked(entries, kind, name, noun, now)
    warnings = _refuse_what_is_new(checked, check((), now, store=entries), kind, name)
    return checked.nouns[kind, name], warnings


def remove_noun(tx: Transaction, kind: str, name: str, seen: int | None, actor: str, now: datetime) -> Edited:
    """Raises NotEdited; so it does when something else needs it."""
    entries, before = _found(tx, kind, name, seen)
    if before is None:
        raise NotEdited("not_found", f"there is no {kind}.{name}")
    _refuse_what_is_needed((kind, name), entries)
    rest = tuple(entry for entry in entries if entry is not before)
    warnings = _refuse_what_is_new(check((), now, store=rest), check((), now, store=entries), kind, name)
    noun = shown(before, entries)
    versions, outdated = kept(entries, [], [(kind, name)], actor, now)
    tx.configuration.put(versions)
    tx.configuration.remove([(kind, name), *outdated])
    return Edited(before, noun, _bumped(tx), warnings)


def shown(entry: Entry, entries: tuple[Entry, ...]) -> dict[str, Any]:
    """The noun in its written form; secrets are named or marked as stored, never shown. What is written as a list stands
    under LISTED."""
    names = names_of((each.kind, each.name) for each in entries)
    tree = plain(written(entry.kind, from_entry(entry), names))
    return tree if isinstance(tree, dict) else {LISTED: tree}


def _checked(
    entries: tuple[Entry, ...], kind: str, name: str, noun: dict[str, Any], now: datetime
) -> Checked:
    """The noun in its written form, read and checked beside all that is kept."""
    tree = noun[LISTED] if set(noun) == {LISTED} else noun
    text = _as_file({kind: tree if KINDS[kind].single else {name: tree}})
    return check((ConfigFile(ON_SCREEN, text),), now, store=entries)


def plain(tree: Tree) -> Any:
    """A written tree as JSON values."""
    match tree:
        case dict():
            return {name: plain(value) for name, value in tree.items()}
        case list() | tuple():
            return [plain(value) for value in tree]
        case None | bool() | int() | float() | str():
            return tree
        case date():
            return tree.isoformat()
        case _:
            return plain(tree.tree)


def _as_file(tree: dict[str, Any]) -> str:
    """JSON that is YAML too, which takes what does not print only when it is escaped."""
    text = msgspec.json.encode(tree).decode()
    return "".join(c if c.isprintable() and c != "\ufeff" else emit.escaped(c) for c in text)


def _same(before: Entry, after: Entry) -> bool:
    """By what they mean: a document may leave a default out, or write it."""
    try:
        return bool(from_entry(before) == from_entry(after))
    except (ValueError, msgspec.DecodeError):
        return False


def _found(tx: Transaction, kind: str, name: str, seen: int | None) -> tuple[tuple[Entry, ...], Entry | None]:
    if kind not in KINDS:
        raise NotEdited("invalid", f"expected one of {', '.join(KINDS)}", "kind")
    if KINDS[kind].operational:
        raise NotEdited("invalid", f"{kind} have requests of their own", "kind")
    if KINDS[kind].single and name:
        raise NotEdited("invalid", f"there is one {kind}, without a name", "name")
    revision = tx.configuration.revision()
    if seen is not None and seen != revision:
        raise NotEdited("conflict", "somebody changed the configuration meanwhile; look again", "revision")
    entries = tuple(tx.configuration.entries())
    before = next((entry for entry in entries if (entry.kind, entry.name) == (kind, name)), None)
    if before is not None and before.origin == Origin.GIT:
        raise NotEdited("conflict", f"{kind}.{name} comes from the applied files; change it there")
    return entries, before


def _refuse_what_is_needed(key: Key, entries: tuple[Entry, ...]) -> None:
    for (kind, name), field in needed_by(key, nouns_of(entries)):
        where = f"{kind}.{name}" if name else kind
        raise NotEdited("invalid", f"{where} names it in {field}; change that first")


def _refuse_what_is_new(after: Checked, before: Checked, kind: str, name: str) -> tuple[Problem, ...]:
    """The warnings about it; an error that was not there before is raised."""
    path = f"{kind}.{name}" if name else kind
    known = {(problem.field, problem.message) for problem in before.problems}
    news = [problem for problem in after.problems if (problem.field, problem.message) not in known]
    for problem in news:
        if problem.level == "error":
            inside = problem.field == path or problem.field.startswith((path + ".", path + "["))
            field = problem.field[len(path) :].lstrip(".") if inside else ""
            about = "" if inside or not problem.field else f"{problem.field}: "
            raise NotEdited("invalid", about + problem.message, field)
    # What is typed into a form never reaches Git: it is kept encrypted.
    return tuple(each for each in news if each.level != "error" and each.message != IN_THE_CLEAR)


def _bumped(tx: Transaction) -> int:
    revision = tx.configuration.bump()
    tx.wake("configuration")
    return revision
