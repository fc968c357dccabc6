"""Configuration's verbs for the doors: check, plan, apply, export.

Reading YAML is slow and remembered: a door that calls `validate.documents` first keeps it out of the transaction.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from tocsin.config.answers import ConfigFile, OnCallChange, PlanView
from tocsin.config.apply import Changes, apply, carried_out, changes
from tocsin.config.export import export
from tocsin.config.load import assemble
from tocsin.config.schema.kinds import to_entry
from tocsin.config.validate import Checked
from tocsin.config.validate import check as check
from tocsin.core.configuration import Origin
from tocsin.core.instants import instant, micros
from tocsin.core.oncall.difference import AHEAD, difference, said
from tocsin.engine.store.protocol import Entry, Transaction

EXPORTED = "tocsin.yaml"
ON_CALL = ("schedules", "overrides")


class Wanted(Protocol):
    """What a request to plan or apply says."""

    @property
    def files(self) -> tuple[ConfigFile, ...]: ...
    @property
    def prune(self) -> bool: ...
    @property
    def origin(self) -> str: ...  # git, or people for what is brought in on screen


def entries_of(checked: Checked, actor: str, now: datetime, origin: Origin = Origin.GIT) -> list[Entry]:
    """What was checked, as the store would keep it. Where it is written counts only while the files keep it."""
    sources = checked.sources if origin is Origin.GIT else {}
    return [
        to_entry(key[0], noun, origin, actor, micros(now), sources.get(key, ""))
        for key, noun in checked.nouns.items()
    ]


def plan_view(tx: Transaction, request: Wanted, now: datetime | None = None) -> PlanView:
    """What applying these files would change, on call too; with errors, only the problems."""
    now = now or instant(tx.now())
    current = tuple(tx.configuration.entries())
    revision = tx.configuration.revision()
    checked = check(request.files, now, store=current, prune=_prunes(request), looks_ahead=True)
    if not checked.sound:
        return PlanView((), checked.problems, revision)
    desired = entries_of(checked, "", now, Origin(request.origin))
    wanted = changes(current, desired, _prunes(request), "", now)
    return PlanView(wanted.lines, checked.problems, revision, on_call=_on_call(current, wanted, now))


def _on_call(current: Sequence[Entry], wanted: Changes, now: datetime) -> tuple[OnCallChange, ...]:
    """Whose shifts of the next weeks it changes."""
    if not any(entry.kind in ON_CALL for entry in wanted.put) and not any(
        kind in ON_CALL for kind, _ in wanted.remove
    ):
        return ()
    before = assemble(current).configuration
    after = assemble(carried_out(current, wanted)).configuration
    found = difference(before.schedules, after.schedules, now, now + AHEAD, before.overrides, after.overrides)
    return tuple(OnCallChange(each.schedule, said(each)) for each in found)


def apply_view(tx: Transaction, request: Wanted, actor: str, now: datetime) -> PlanView:
    """Apply them, all or nothing: with errors nothing is written and `applied` is False."""
    revision = tx.configuration.revision()
    checked = check(request.files, now, store=tuple(tx.configuration.entries()), prune=_prunes(request))
    if not checked.sound:
        return PlanView((), checked.problems, revision)
    lines, revision = apply(
        tx, entries_of(checked, actor, now, Origin(request.origin)), _prunes(request), actor, now
    )
    return PlanView(lines, checked.problems, revision, applied=True)


def _prunes(request: Wanted) -> bool:
    """What comes in on screen takes nothing from Git."""
    return request.prune and request.origin == Origin.GIT


def export_view(tx: Transaction, origins: bool = False) -> ConfigFile:
    return ConfigFile(EXPORTED, export(tx.configuration.entries(), origins))
