"""Tells people of their shifts when a schedule's timer rings.

What was looked at last stands with the schedule (`oncall_record`, kind `notices`), written in the transaction that owes the
messages: a crash in between repeats both or neither, and each message has an id of its own besides.
"""

from datetime import datetime, timedelta

import msgspec
import structlog

from tocsin.core.instants import instant, micros
from tocsin.core.oncall import notices
from tocsin.core.oncall.notices import Due, Notice
from tocsin.core.oncall.shifts import who_is_on_call
from tocsin.core.reasons import Reason
from tocsin.core.respond.delivery import Offer
from tocsin.engine import kinds
from tocsin.engine.consequences import Consequences
from tocsin.engine.store.protocol import OnCallRow

log = structlog.get_logger()

NOTICES = "notices"  # the kind of the row that says up to when a schedule's notices were told
KEPT = timedelta(days=2)  # longer than any pause between two notices of a kind
TEST = "Send me a test page"
REASONS = {
    Notice.AHEAD: Reason.SHIFT_AHEAD,
    Notice.BEGINS: Reason.SHIFT_BEGINS,
    Notice.ENDS: Reason.SHIFT_ENDS,
}


class Looked(msgspec.Struct, frozen=True):
    """`told`: when a person was last told of a kind of notice."""

    told: dict[str, datetime] = {}


def due(owed: Consequences, schedule: str, now: datetime) -> None:
    """Tell what came due since the last look, and set the next. The first look at a schedule tells nothing: what lies before
    it was not Tocsin's to say."""
    facts = owed.facts
    if schedule not in facts.schedules:
        owed.tx.oncall.remove(NOTICES, [schedule])
        return
    row = owed.tx.oncall.load(NOTICES, [schedule]).get(schedule)
    looked = msgspec.json.decode(row.document, type=Looked) if row is not None else Looked()
    since = min(instant(row.ends_at), now) if row is not None else now
    told = {key: at for key, at in looked.told.items() if now - at < KEPT}
    for moment in notices.due(facts.schedules, schedule, facts.overrides, since, now, told):
        if moment.too_late:
            owed.skip(Reason.NOTICE_TOO_LATE)
            log.info("a shift's notice is too late", schedule=schedule, notice=moment.id)
            continue
        told[notices.told_key(moment.kind, moment.stretch.person)] = moment.at
        _tell(owed, schedule, moment, now)
    at = micros(now)
    owed.tx.oncall.put(
        [OnCallRow(NOTICES, schedule, schedule, "", at, at, msgspec.json.encode(Looked(told)), at)]
    )
    owed.remind(kinds.SHIFT, schedule, notices.next_at(facts.schedules, schedule, facts.overrides, now))


def _tell(owed: Consequences, schedule: str, moment: Due, now: datetime) -> None:
    facts = owed.facts
    person = facts.people.get(moment.stretch.person)
    if person is None or moment.kind in person.without_notices:
        return
    after: tuple[str, ...] = ()
    if moment.kind is Notice.ENDS:
        people = who_is_on_call(facts.schedules, schedule, moment.at, facts.overrides).people
        after = tuple(facts.people[p].name if p in facts.people else p for p in people)
    said = notices.words(moment, schedule, person.time_zone, now, after)
    ends = moment.kind is Notice.ENDS
    owed.tell(
        person.key,
        f"shift.{schedule}.{moment.id}",
        said.title,
        said.text,
        REASONS[moment.kind],
        opens="/on-call" if ends else "/on-call/mine",
        offers=() if ends else (Offer(TEST, "test_page", person.key),),
    )
