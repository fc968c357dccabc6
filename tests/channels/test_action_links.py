"""A link grants exactly what was signed, to the second."""

import string
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.channels.links import Action, LinkClaims, LinkError, sign, verify

SECRET = b"0123456789abcdef0123456789abcdef"
NOW = datetime(2026, 6, 14, 14, 36, tzinfo=UTC)
LATER = NOW + timedelta(hours=24)

people = st.text(max_size=60).filter(lambda t: t.isprintable())
incidents = st.lists(st.integers(0, 2**40), min_size=1, max_size=30).map(tuple)
actions: st.SearchStrategy[Action] = st.sampled_from(["acknowledge", "resolve"])


@given(actions, incidents, people)
def test_what_was_signed_is_what_is_granted(action: Action, ids: tuple[int, ...], person: str) -> None:
    granted = verify(SECRET, sign(SECRET, action, ids, person, LATER), NOW)
    assert granted == LinkClaims(action, tuple(sorted(set(ids))), person, LATER)


@given(incidents, st.data())
def test_no_changed_character_survives(ids: tuple[int, ...], data: st.DataObject) -> None:
    token = sign(SECRET, "acknowledge", ids, "alice", LATER)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(
        st.sampled_from(string.ascii_letters + string.digits + "-_=+/ .").filter(lambda c: c != token[place])
    )
    assert verify(SECRET, token[:place] + other + token[place + 1 :], NOW) is LinkError.FORGED


@given(st.text(max_size=200))
def test_what_strangers_make_up_is_forged(token: str) -> None:
    assert verify(SECRET, token, NOW) is LinkError.FORGED


@given(st.integers(0, 40), st.text(string.ascii_letters, max_size=4))
def test_a_cut_or_lengthened_link_is_forged(cut: int, more: str) -> None:
    token = sign(SECRET, "resolve", (7,), "alice", LATER)
    changed = token[: len(token) - cut] + more
    assert changed == token or verify(SECRET, changed, NOW) is LinkError.FORGED


def test_a_link_ends_at_its_exact_second() -> None:
    token = sign(SECRET, "acknowledge", (7,), "alice", LATER)
    assert isinstance(verify(SECRET, token, LATER - timedelta(microseconds=1)), LinkClaims)
    assert verify(SECRET, token, LATER) is LinkError.EXPIRED


def test_another_houses_secret_opens_nothing() -> None:
    token = sign(SECRET, "acknowledge", (7,), "alice", LATER)
    assert verify(b"another secret", token, NOW) is LinkError.FORGED
    assert verify(b"", token, NOW) is LinkError.FORGED


def test_acknowledging_does_not_open_resolving() -> None:
    acknowledge, resolve = (
        sign(SECRET, action, (7,), "alice", LATER) for action in ("acknowledge", "resolve")
    )
    assert acknowledge != resolve
    granted = verify(SECRET, acknowledge, NOW)
    assert isinstance(granted, LinkClaims)
    assert granted.action == "acknowledge"


def test_a_link_is_short_and_fits_a_url_even_for_a_large_bundle() -> None:
    one = sign(SECRET, "acknowledge", (123_456,), "alice", LATER)
    many = sign(SECRET, "acknowledge", tuple(range(123_456, 123_756)), "alice", LATER)
    assert len(one) <= 44
    assert len(many) <= 500
    assert set(one + many) <= set(string.ascii_letters + string.digits + "-_")


@pytest.mark.parametrize("ids", [(), (-1,)])
def test_nonsense_is_not_signed(ids: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="incident"):
        sign(SECRET, "acknowledge", ids, "alice", LATER)


def test_without_a_secret_nothing_is_signed() -> None:
    with pytest.raises(ValueError, match="secret"):
        sign(b"", "acknowledge", (7,), "alice", LATER)
