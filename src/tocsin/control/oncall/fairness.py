"""A team's ledger: who held how much of its on-call, against the fair share."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from tocsin.control.oncall.spans import span_of, teams_asked
from tocsin.control.requests.fairness import FairnessView, MeasureView, ShareView, ShowFairness
from tocsin.core.configuration import Configuration
from tocsin.core.instants import micros
from tocsin.core.oncall.ledger import Account, Home, Ledger, Measure, accounts, ledger
from tocsin.core.oncall.paged import Paged
from tocsin.core.oncall.seats import Seat, schedules_of, seats, taking_part
from tocsin.core.oncall.spans import Span
from tocsin.engine.store.protocol import Transaction

CARRIED = timedelta(days=365)
DAY = timedelta(days=1)

Received = Callable[[Sequence[str], datetime, datetime], Iterable[Paged]]  # people, since, until


def show(tx: Transaction, request: ShowFairness, facts: Configuration, now: datetime) -> list[FairnessView]:
    span, teams = span_of(request.starts_at, request.ends_at, now), teams_asked(request.team, facts)
    return [fairness(team, *span, facts, received_in(tx)) for team in teams]


def received_in(tx: Transaction) -> Received:
    return lambda people, since, until: tx.pages.received(people, micros(since), micros(until))


def fairness(
    team: str, begin: datetime, end: datetime, facts: Configuration, received: Received
) -> FairnessView:
    """Of one team, which must be known. Pages are asked for once."""
    since = begin - CARRIED
    keys = schedules_of(facts.schedules_ever(), team)
    held = seats(facts.schedules_ever(), keys, since, begin, facts.overrides)
    held_then = seats(facts.schedules_ever(), keys, begin, end, facts.overrides)
    people = sorted({seat.person for seat in (*held, *held_then)})
    pages = list(received(people, since, end))

    before = _ledger(facts, keys, held, [page for page in pages if page.at < begin], since, begin)
    span = _ledger(facts, keys, held_then, [page for page in pages if page.at >= begin], begin, end)
    found = accounts(span, before)
    return FairnessView(team, begin, end, since, tuple(_share(each, facts) for each in found))


def _ledger(
    facts: Configuration,
    keys: Sequence[str],
    held: Sequence[Seat],
    pages: Sequence[Paged],
    starts_at: datetime,
    ends_at: datetime,
) -> Ledger:
    parts = taking_part(facts.schedules_ever(), keys, starts_at, ends_at)
    people = {*parts, *(seat.person for seat in held)}
    return ledger(held, parts, _leaves(facts), _homes(facts, people), pages)


def _leaves(facts: Configuration) -> Mapping[str, list[Span]]:
    found: dict[str, list[Span]] = {}
    for leave in facts.leaves:
        found.setdefault(leave.person, []).append((leave.starts_at, leave.ends_at))
    return found


def _homes(facts: Configuration, people: Iterable[str]) -> Mapping[str, Home]:
    known = (person for key in people if (person := facts.people.get(key)) is not None)
    return {person.key: Home(person.time_zone, facts.holidays.get(person.holidays, {})) for person in known}


def _share(account: Account, facts: Configuration) -> ShareView:
    person = facts.people.get(account.person)
    return ShareView(
        person=account.person,
        name=person.name if person else account.person,
        part_days=round(account.part / DAY, 1),
        hours=_measure(account.hours),
        nights=_measure(account.nights),
        weekend=_measure(account.weekend),
        holidays=_measure(account.holidays),
        pages=_measure(account.pages),
    )


def _measure(measure: Measure) -> MeasureView:
    exact = (measure.held, measure.share, measure.over, measure.carried, measure.owed)
    return MeasureView(*(round(float(each), 2) + 0.0 for each in exact))
