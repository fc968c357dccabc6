"""Who holds what, and since when people take part."""

from datetime import UTC, date, datetime

from tocsin.core.oncall.schedule import Former, Layer, Override, Rotation, Schedule
from tocsin.core.oncall.seats import Seat, seats, taking_part


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def weekly(*people: str, starts: date = date(2026, 6, 1), **more) -> Layer:
    return Layer(Rotation(tuple((p,) for p in people), starts=starts, handoff_day=0), **more)


BEGIN, END = at("2026-06-01T09:00"), at("2026-06-29T09:00")
BOOK = {
    "primary": Schedule("primary", team="platform", layers=(weekly("alice", "bob"),)),
    "secondary": Schedule("secondary", secondary_of="primary"),
}


def test_a_stretch_is_whole_whatever_decided_it() -> None:
    stays = Override("o1", "primary", "alice", at("2026-06-08T09:00"), at("2026-06-10T09:00"))
    found = seats(BOOK, ["primary"], BEGIN, at("2026-06-15T09:00"), [stays])
    assert found == [
        Seat("alice", BEGIN, at("2026-06-10T09:00"), "primary"),
        Seat("bob", at("2026-06-10T09:00"), at("2026-06-15T09:00"), "primary"),
    ]


def test_who_stands_in_a_rotation_takes_part_and_so_in_its_second_seat() -> None:
    whole = [(BEGIN, END)]
    assert taking_part(BOOK, ["primary"], BEGIN, END) == {"alice": whole, "bob": whole}
    assert taking_part(BOOK, ["secondary"], BEGIN, END) == {"alice": whole, "bob": whole}


def test_who_joined_with_a_later_version_takes_part_from_then_on() -> None:
    change = at("2026-06-15T12:00")
    former = Former(change, Schedule("primary", layers=(weekly("alice", "bob"),)))
    now = {"primary": Schedule("primary", layers=(weekly("bob", "carol"),), former=(former,))}
    assert taking_part(now, ["primary"], BEGIN, END) == {
        "alice": [(BEGIN, change)],
        "bob": [(BEGIN, END)],
        "carol": [(change, END)],
    }


def test_a_rotation_counts_from_its_beginning_to_its_end() -> None:
    layer = Layer(Rotation((("alice",),), starts=date(2026, 6, 10), until=at("2026-06-20T00:00")))
    assert taking_part({"s": Schedule("s", layers=(layer,))}, ["s"], BEGIN, END) == {
        "alice": [(at("2026-06-10T00:00"), at("2026-06-20T00:00"))]
    }


def test_who_looks_on_takes_no_part() -> None:
    book = {"s": Schedule("s", layers=(weekly("alice"), weekly("dan", shadow=True)))}
    assert list(taking_part(book, ["s"], BEGIN, END)) == ["alice"]


def test_a_ring_of_second_seats_ends() -> None:
    ring = {"a": Schedule("a", secondary_of="b"), "b": Schedule("b", secondary_of="a")}
    assert taking_part(ring, ["a"], BEGIN, END) == {}
