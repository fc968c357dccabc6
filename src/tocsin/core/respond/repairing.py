"""The invariant checker found an incident without a pending timer: restore what its state owes."""

from tocsin.core.reasons import Reason
from tocsin.core.respond.draft import Draft
from tocsin.core.respond.holding import start_or_hold
from tocsin.core.respond.incident import State
from tocsin.core.respond.prose import clock
from tocsin.core.respond.timers import demands_timer, pending_timers


def repair(draft: Draft) -> Reason:
    """`decide` sets every timer of the resulting state again; a state that owes one and names none starts over."""
    if not demands_timer(draft.incident):
        return Reason.UNCHANGED
    owed = pending_timers(draft.incident)
    if owed:
        said = ", ".join(
            f"{timer.value.replace('_', ' ')} at {clock(at, draft.now)}" for timer, at in owed.items()
        )
        draft.record(Reason.REPAIRED, f"A lost timer was found missing and set again: {said}.")
        return Reason.REPAIRED
    draft.record(Reason.REPAIRED, "Nothing was pending for it, so it is looked at again now.")
    if draft.incident.state is State.MITIGATED:
        draft.change(recheck_at=draft.now)
    else:
        start_or_hold(draft, Reason.REPAIRED, "its timer was lost", new=False)
    return Reason.REPAIRED
