"""An edited configuration routes anew what fires.

A route that was renamed is the same story: nobody is paged anew for an edit.
"""

from tocsin.core.detect.group import Group
from tocsin.core.detect.index.changes import Changes
from tocsin.core.detect.index.counting import delta_of
from tocsin.core.detect.index.gathering import Gathering
from tocsin.core.detect.index.known import Known


class Moves:
    """Where the alerts of groups went that they no longer belong to."""

    def __init__(self) -> None:
        self._to: dict[Gathering, set[Gathering]] = {}

    def went(self, old: Gathering, news: tuple[Gathering, ...]) -> None:
        self._to.setdefault(old, set()).update(news)

    def adopt(self, known: Known, changes: Changes) -> None:
        """Where all alerts of a group went to one new group, that one takes over its incident."""
        for old, news in self._to.items():
            if old.members or len(news) != 1 or old.state.incident is None:
                continue
            (new,) = news
            if new.state.begun_at is not None or not new.landing.route.makes_incidents:
                continue
            state = old.state
            new.state = Group(
                key=new.key,
                route=new.landing.route.id,
                labels=new.labels,
                incident=state.incident,
                incident_ended_at=state.incident_ended_at,
                begun_at=state.begun_at,
                ended_at=state.ended_at,
                alerts=state.alerts,
            )
            new.total = max(new.total, old.total)
            delta = delta_of(new, changes)
            delta.forced = True
            delta.before.update(changes._deltas.pop(old).before)
            changes._adopted.add(new.key)
            changes.removed.append(old.key)
            known.forget_group(old)
