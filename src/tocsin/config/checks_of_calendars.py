"""Calendars that others keep, leave and public holidays: would they say what people expect of them?"""

from tocsin.config.holidays import place_of
from tocsin.config.schema.calendars import check_address
from tocsin.config.subject import Subject
from tocsin.core.oncall.calendar import Serves

SHOWN = 5  # events of one calendar that are nobody's for sure


def check_calendars(subject: Subject) -> None:
    driving = {
        layer.calendar: f"schedules.{key}.layers[{number}].calendar"
        for key, schedule in subject.configuration.schedules.items()
        for number, layer in enumerate(schedule.layers)
        if layer.calendar
    }
    for key, calendar in subject.configuration.calendars.items():
        path = f"calendars.{key}"
        url = subject.resolved(f"{path}.url", calendar.url)
        if url is not None and (wrong := check_address(url)):
            subject.error(f"{path}.url", wrong)
        if calendar.serves is Serves.SCHEDULE and key not in driving:
            subject.warning(path, f"no layer of a schedule names it; write 'calendar: {key}' in one")
        if calendar.serves is Serves.LEAVE and key in driving:
            subject.error(driving[key], f"the calendar {key!r} is for leave; one for schedules is needed")
        unclear = subject.configuration.unclear.get(key, ())
        for said in unclear[:SHOWN]:
            subject.warning(path, f"an event that is nobody's for sure: {said}")
        if len(unclear) > SHOWN:
            subject.warning(path, f"and {len(unclear) - SHOWN} more events that are nobody's for sure")
    _check_places(subject)


def _check_places(subject: Subject) -> None:
    """Of what was kept before: a newer library may have renamed a place."""
    named = [(f"people.{key}.holidays", each.holidays) for key, each in subject.configuration.people.items()]
    named += [
        (f"teams.{key}.business_hours.holidays", each.business_hours.place)
        for key, each in subject.configuration.teams.items()
    ]
    for path, place in named:
        if place:
            try:
                place_of(place)
            except ValueError as wrong:
                subject.warning(path, f"{wrong}; until then no holidays count")
