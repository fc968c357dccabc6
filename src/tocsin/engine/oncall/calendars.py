"""Calendars that are subscribed to, over a store: which is due to be read, and what becomes of what came.

What cannot be read changes nothing: the last good events stay in force, and how it stands says since when and why. The
events are a configuration entry, so that decisions see them at a revision; how it stands is none, because it changes with
every look.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import xxhash
from msgspec.structs import replace

from tocsin.core.configuration import Configuration, Origin
from tocsin.core.instants import EPOCH, micros
from tocsin.core.oncall.calendar import CALENDAR_EVENTS, Calendar, CalendarEvent, Content, Serves
from tocsin.core.reasons import Reason
from tocsin.core.respond.incident import Incident, Kind, Opened
from tocsin.core.severity import Severity
from tocsin.engine import kinds
from tocsin.engine.consequences import Consequences
from tocsin.engine.store.protocol import AgendaEntry, Entry, OnCallFilter, OnCallRow, Transaction

CALENDARS = "calendars"  # the kind of the entries that say which there are
STANDING = "calendar"  # the kind under which the store keeps how each stands
EVERY = timedelta(minutes=15)
AGAIN = timedelta(minutes=5)  # after a failure
LEASE = timedelta(minutes=2)
READ_ANEW = timedelta(hours=20)  # what repeats goes on into new days although the feed says the same
TELL_AFTER = timedelta(hours=24)  # of failing, until admins are told
KEPT = timedelta(days=400)  # for how long events stay that the feed no longer tells of
MOST = 10_000  # calendars


class Standing(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a calendar stands. `mark` tells its address from another without holding it; `as_it_is`: somebody said that its
    next content counts, however empty."""

    key: str
    mark: str = ""
    tried_at: datetime | None = None
    good_at: datetime | None = None  # when the feed was last right, changed or not
    read_at: datetime | None = None  # when its text was last worked out
    failing_since: datetime | None = None
    why: str = ""
    told_at: datetime | None = None
    etag: str = ""
    modified: str = ""
    digest: str = ""
    events: int = 0
    as_it_is: bool = False

    @property
    def state(self) -> str:
        return "failing" if self.failing_since else "good" if self.good_at else "new"


class CalendarDeparture(msgspec.Struct, frozen=True):
    """A look at a feed, leased to this node. `trusted`: its address comes from the operator's files."""

    calendar: Calendar
    standing: Standing
    trusted: bool
    token: str


class Came(msgspec.Struct, frozen=True):
    content: Content
    digest: str
    etag: str = ""
    modified: str = ""


class Unchanged(msgspec.Struct, frozen=True):
    """The very same as before."""


class Failed(msgspec.Struct, frozen=True):
    why: str


Arrival = Came | Unchanged | Failed


def mark_of(calendar: Calendar) -> str:
    return hashlib.sha256(msgspec.json.encode(calendar.url)).hexdigest()[:32]


# --- what is due -----------------------------------------------------------------------------------------------------


def arrange(tx: Transaction, facts: Configuration, now: datetime) -> None:
    """A timer for every calendar, at once for one that is new or has another address; what is gone is forgotten."""
    timed = set(tx.agenda.subjects(kinds.CALENDAR))
    stood = standings(tx)
    fresh = [
        key
        for key, calendar in facts.calendars.items()
        if key not in timed or (key in stood and stood[key].mark != mark_of(calendar))
    ]
    tx.agenda.schedule([AgendaEntry(kinds.CALENDAR, key, micros(now)) for key in fresh])
    tx.oncall.put([_row(facts.calendars[key], Standing(key, mark_of(facts.calendars[key]))) for key in fresh])
    gone = sorted((timed | stood.keys()) - facts.calendars.keys())
    if gone:
        tx.agenda.cancel((kinds.CALENDAR, key) for key in gone)
        tx.oncall.remove(STANDING, gone)
    # One that cannot be read now, for want of the key to its address perhaps, is not gone: its events stay for when it can.
    kept = {CALENDAR_EVENTS: set[str](), CALENDARS: set(facts.calendars)}
    for entry in tx.configuration.entries(list(kept)):
        kept[entry.kind].add(entry.name)
    tx.configuration.remove((CALENDAR_EVENTS, key) for key in sorted(kept[CALENDAR_EVENTS] - kept[CALENDARS]))
    if fresh:
        tx.wake(kinds.due(micros(now)))


def needs_arranging(tx: Transaction, facts: Configuration) -> bool:
    stood = standings(tx)
    if stood.keys() != facts.calendars.keys() or set(tx.agenda.subjects(kinds.CALENDAR)) != stood.keys():
        return True
    return any(stood[key].mark != mark_of(calendar) for key, calendar in facts.calendars.items())


def take(tx: Transaction, facts: Configuration, now: datetime, room: int) -> list[CalendarDeparture]:
    """Those that are due, leased."""
    leased = tx.agenda.lease({kinds.CALENDAR: room}, micros(now), micros(now + LEASE))
    stood = _loaded(tx, [entry.subject for entry in leased])
    return [
        CalendarDeparture(
            facts.calendars[entry.subject],
            stood.get(entry.subject) or Standing(entry.subject, mark_of(facts.calendars[entry.subject])),
            ("calendars", entry.subject) not in facts.by_people,
            entry.token,
        )
        for entry in leased
        if entry.subject in facts.calendars
    ]


def standings(tx: Transaction) -> dict[str, Standing]:
    """Those that can be read: the others are as if they had never been looked at."""
    rows = tx.oncall.search(OnCallFilter(STANDING, limit=MOST))
    return {row.id: standing for row in rows if (standing := _decoded(row)) is not None}


def _loaded(tx: Transaction, keys: Sequence[str]) -> dict[str, Standing]:
    """Locked."""
    rows = tx.oncall.load(STANDING, keys) if keys else {}
    return {key: standing for key, row in rows.items() if (standing := _decoded(row)) is not None}


def _decoded(row: OnCallRow) -> Standing | None:
    try:
        return msgspec.json.decode(row.document, type=Standing)
    except msgspec.DecodeError:
        return None


def _row(calendar: Calendar, standing: Standing) -> OnCallRow:
    tried, good = standing.tried_at or EPOCH, standing.good_at or EPOCH
    return OnCallRow(
        kind=STANDING,
        id=calendar.key,
        subject=calendar.team or "",
        state=standing.state,
        starts_at=micros(good),
        ends_at=micros(tried),
        document=msgspec.json.encode(standing),
        updated_at=micros(tried),
    )


# --- what came -------------------------------------------------------------------------------------------------------


def settle(owed: Consequences, departure: CalendarDeparture, arrival: Arrival, now: datetime) -> None:
    """One look's outcome. Discarded when the lease was lost, or the calendar's address is another by now."""
    tx, key = owed.tx, departure.calendar.key
    calendar = owed.facts.calendars.get(key)
    if calendar is None or mark_of(calendar) != departure.standing.mark:
        tx.agenda.consume(kinds.CALENDAR, key, departure.token, micros(now))
        return
    again_at = now + _jittered(key, now, AGAIN if isinstance(arrival, Failed) else EVERY)
    if not tx.agenda.consume(kinds.CALENDAR, key, departure.token, micros(again_at)):
        return
    before = _loaded(tx, [key]).get(key) or departure.standing
    held = held_of(tx, key)
    if isinstance(arrival, Came) and (why := _why_not(held, arrival.content, before, now)):
        arrival = Failed(why)
    match arrival:
        case Failed():
            after = _failed(before, arrival.why, now)
        case Unchanged():
            after = replace(_good(before, now), as_it_is=False)
        case Came():
            content = _with_past(held, arrival.content, now)
            if content != held:
                _keep(tx, content, now)
            after = replace(
                _good(before, now),
                read_at=now,
                etag=arrival.etag,
                modified=arrival.modified,
                digest=arrival.digest,
                events=len(arrival.content.events),
                as_it_is=False,
            )
    if after.failing_since and not after.told_at and now - after.failing_since >= TELL_AFTER:
        _tell(owed, calendar, after, held)
        after = replace(after, told_at=now)
    tx.oncall.put([_row(calendar, after)])


def _jittered(key: str, now: datetime, wait: timedelta) -> timedelta:
    """A tenth more or less, so that a hundred calendars of one server do not come all at once."""
    share = xxhash.xxh3_64_intdigest(f"{key}\n{now.isoformat()}".encode()) % 1000
    return wait * (0.9 + 0.2 * share / 1000)


def held_of(tx: Transaction, key: str) -> Content | None:
    for entry in tx.configuration.entries((CALENDAR_EVENTS,)):
        if entry.name == key:
            try:
                return msgspec.json.decode(entry.document, type=Content)
            except msgspec.DecodeError:
                return None
    return None


def _why_not(held: Content | None, came: Content, standing: Standing, now: datetime) -> str:
    """An empty calendar where there was more to come is taken for a mistake, until somebody says that it is none."""
    if came.events or standing.as_it_is or held is None:
        return ""
    ahead = sum(_over_at(event) > now for event in held.events)
    return f"it holds no event any more, where {ahead} were still to come" if ahead else ""


def _over_at(event: CalendarEvent) -> datetime:
    """Good enough to tell before from after."""
    return event.ends if event.ends.tzinfo is not None else event.ends.replace(tzinfo=UTC)


def _with_past(held: Content | None, came: Content, now: datetime) -> Content:
    """Many feeds drop what is over. What was before the first event that the feed still tells of stays as it was."""
    if held is None:
        return came
    first = min((event.starts.replace(tzinfo=None) for event in came.events), default=_naive(now))
    first = min(first, _naive(now))
    oldest = _naive(now - KEPT)
    past = tuple(
        event
        for event in held.events
        if event.ends.replace(tzinfo=None) <= first and event.ends.replace(tzinfo=None) > oldest
    )
    return replace(came, events=(*past, *came.events))


def _naive(at: datetime) -> datetime:
    return at.replace(tzinfo=None)


def _keep(tx: Transaction, content: Content, now: datetime) -> None:
    tx.configuration.put(
        [
            Entry(
                kind=CALENDAR_EVENTS,
                name=content.key,
                document=msgspec.json.encode(content),
                origin=Origin.PEOPLE.value,
                created_at=micros(now),
            )
        ]
    )
    tx.configuration.bump()
    tx.wake("configuration")


def _good(before: Standing, now: datetime) -> Standing:
    return replace(before, tried_at=now, good_at=now, failing_since=None, why="", told_at=None)


def _failed(before: Standing, why: str, now: datetime) -> Standing:
    return replace(before, tried_at=now, failing_since=before.failing_since or now, why=why[:500])


def look_again(tx: Transaction, calendar: Calendar, now: datetime, as_it_is: bool) -> Standing:
    """Somebody wants it read now; `as_it_is`, whatever it holds. What is under way is not taken any more."""
    before = _loaded(tx, [calendar.key]).get(calendar.key) or Standing(calendar.key, mark_of(calendar))
    # Without its marks the feed comes whole, and is worked out anew.
    after = replace(before, etag="", modified="", digest="", as_it_is=as_it_is)
    tx.oncall.put([_row(calendar, after)])
    tx.agenda.schedule([AgendaEntry(kinds.CALENDAR, calendar.key, micros(now))])
    tx.wake(kinds.CALENDARS_TOPIC)
    return after


# --- admins ----------------------------------------------------------------------------------------------------------


def _tell(owed: Consequences, calendar: Calendar, standing: Standing, held: Content | None) -> None:
    """A ticket of its own, once."""
    what = "shifts" if calendar.serves is Serves.SCHEDULE else "leave"
    stays = f"The {what} it last told of stay in force." if held else f"It has never told of any {what}."
    since = f"{standing.failing_since:%Y-%m-%d %H:%M} UTC"
    text = (
        f"The calendar {calendar.key} cannot be read since {since}: {standing.why}. {stays}"
        " Mend its address or the feed, under On-call, Calendars."
    )
    (number,) = owed.tx.incidents.new_ids(1)
    about = Incident(
        id=number,
        title=f"The calendar {calendar.key} cannot be read",
        summary=text,
        severity=Severity.SEV3,
        opened_at=owed.now,
        kind=Kind.TICKET,
        detected_by="tocsin",
    )
    owed.open(about, Opened())
    owed.tell_admins(number, Reason.CALENDAR_UNREAD, text)
