"""The usual ways to take turns, each as layers to begin from: one tap fills the form, and nothing is saved by it."""

from collections.abc import Callable, Sequence

import msgspec

from tocsin.apps.oncall.schedule_draft import Draft, DraftLayer, Hours, Slot
from tocsin.config.values import DAYS

WEEKEND = list(DAYS[5:])


class Pattern(msgspec.Struct, frozen=True):
    name: str
    word: str
    says: str
    layers: Callable[[Sequence[Slot], str], list[DraftLayer]]
    seconded: bool = False  # with a second seat beside it


def _weekly(people: Sequence[Slot], monday: str) -> list[DraftLayer]:
    return [DraftLayer(days=["Mon"], starts=monday, slots=list(people))]


def _daily(people: Sequence[Slot], monday: str) -> list[DraftLayer]:
    return [DraftLayer(unit="day", starts=monday, slots=list(people))]


def _weekend(people: Sequence[Slot], monday: str) -> list[DraftLayer]:
    """From Friday evening to Monday morning; the week's layer has all hours, so that none is nobody's."""
    turned = [*people[1:], *people[:1]]
    hours = [
        Hours(["Fri"], "18:00", "00:00"),
        Hours(WEEKEND, "00:00", "00:00"),
        Hours(["Mon"], "00:00", "09:00"),
    ]
    return [
        DraftLayer(name="week", days=["Mon"], starts=monday, slots=list(people)),
        DraftLayer(name="weekend", time="18:00", days=["Fri"], starts=monday, slots=turned, hours=hours),
    ]


def _day_and_night(people: Sequence[Slot], monday: str) -> list[DraftLayer]:
    turned = [*people[1:], *people[:1]]
    return [
        DraftLayer(
            name="night", time="20:00", days=["Mon"], starts=monday, slots=turned,
            hours=[Hours(list(DAYS), "20:00", "08:00")],
        ),
        DraftLayer(
            name="day", time="08:00", days=["Mon"], starts=monday, slots=list(people),
            hours=[Hours(list(DAYS), "08:00", "20:00")],
        ),
    ]  # fmt: skip


def _follow_the_sun(people: Sequence[Slot], monday: str) -> list[DraftLayer]:
    """Europe has no hours of its own: it covers what the two others leave, also while clocks change at different dates."""
    return [
        DraftLayer(name="Europe", zone="Europe/Berlin", days=["Mon"], starts=monday, slots=list(people)),
        DraftLayer(
            name="America", zone="America/New_York", days=["Mon"], starts=monday, slots=[Slot(), Slot()],
            hours=[Hours(list(DAYS), "11:00", "20:00")],
        ),
        DraftLayer(
            name="Asia", zone="Asia/Singapore", days=["Mon"], starts=monday, slots=[Slot(), Slot()],
            hours=[Hours(list(DAYS), "08:00", "16:00")],
        ),
    ]  # fmt: skip


PATTERNS = (
    Pattern("weekly", "Weekly", "One person a week, handed over on Monday at 09:00.", _weekly),
    Pattern("daily", "Daily", "One person a day, handed over at 09:00.", _daily),
    Pattern(
        "weekend",
        "Week and weekend",
        "Two rotations: weekends, from Friday 18:00, come round by themselves.",
        _weekend,
    ),
    Pattern("day-night", "Day and night", "Twelve hours each, from 08:00 and from 20:00.", _day_and_night),
    Pattern(
        "sun",
        "Follow the sun",
        "Asia, Europe, America: each by day, Europe for what is left.",
        _follow_the_sun,
    ),
    Pattern(
        "seconded",
        "Primary and secondary",
        "A weekly rotation, and a second seat that is never the same person.",
        _weekly,
        True,
    ),
)


def begun(draft: Draft, name: str, people: Sequence[str], monday: str) -> Draft:
    """The draft with the layers of a pattern; the people are those that stand in it already, else these."""
    pattern = next((each for each in PATTERNS if each.name == name), None)
    if pattern is None:
        return draft
    known = dict.fromkeys(slot.person for layer in draft.layers for slot in layer.slots if slot.person)
    slots = [Slot(person) for person in (list(known) or people)] or [Slot(), Slot()]
    return msgspec.structs.replace(
        draft,
        secondary_of="",
        layers=pattern.layers(slots, monday),
        also_secondary=pattern.seconded,
    )
