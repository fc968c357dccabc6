"""`tocsin swap` and `tocsin cover`."""

from datetime import UTC, datetime
from typing import Any

from tests.cli.conftest import FakeTocsin, Run
from tocsin.control import requests as r

BEGIN, END = datetime(2026, 6, 17, 7, tzinfo=UTC), datetime(2026, 6, 18, 7, tzinfo=UTC)


def swap(**changed: Any) -> r.SwapView:
    given: dict[str, Any] = {
        "id": "3f9a0c1d2b4e5f60",
        "state": "open",
        "person": "alice",
        "schedule": "platform-primary",
        "starts_at": BEGIN,
        "ends_at": END,
        "back": None,
        "asked": ("bob", "carol"),
        "declined": ("carol",),
        "cover": False,
        "unreachable": False,
        "comment": "",
        "made_by": "alice",
        "made_at": BEGIN,
        "expires_at": BEGIN,
        "accepted_by": "",
        "settled_at": None,
        "overrides": (),
        "said": "Bob Brandt is asked.",
    }
    return r.SwapView(**given | changed)


def test_a_shift_is_offered(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [swap()]
    times = ("--from", "2026-06-17T07:00Z", "--until", "2036-06-18T07:00Z")
    result = run("swap", "offer", "platform-primary", *times, "--to", "bob", "--person", "alice")
    assert result.exit_code == 0
    assert "Bob Brandt is asked." in result.stdout
    (asked,) = tocsin.asked
    assert isinstance(asked, r.OfferSwap)
    assert (asked.person, asked.ask, asked.starts_at, asked.back) == ("alice", ("bob",), BEGIN, None)


def test_what_is_taken_in_return_needs_both_its_ends(tocsin: FakeTocsin, run: Run) -> None:
    result = run("swap", "offer", "s", "--until", "2036-06-18T07:00Z", "--back-from", "2036-06-18T07:00Z")
    assert result.exit_code == 2
    assert not tocsin.asked


def test_the_list_shows_who_is_still_asked(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [[swap(), swap(id="b", state="accepted", accepted_by="bob", cover=True)]]
    result = run("swap", "list", "--all")
    assert "bob" in result.stdout and "carol" not in result.stdout and "cover" in result.stdout
    assert tocsin.asked == [r.ListSwaps(limit=50)]


def test_nothing_offered_says_what_to_do(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [[]]
    assert "tocsin swap offer" in run("swap", "list").stdout


def test_one_answers_in_ones_own_name(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [swap(state="accepted")]
    run("swap", "accept", "x", "--as", "bob")
    run("swap", "decline", "x", "--as", "bob")
    run("swap", "withdraw", "x", "--as", "alice")
    run("cover", "unreachable", "x", "--person", "alice")
    assert tocsin.asked == [
        r.AcceptSwap("x", "bob"),
        r.DeclineSwap("x", "bob"),
        r.WithdrawSwap("x", "alice"),
        r.SayUnreachable("x", "alice"),
    ]


def test_cover_is_asked_for_with_nothing_more_to_say(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [swap(cover=True)]
    run("cover", "ask", "--as", "alice", "--comment", "Fever")
    assert tocsin.asked == [r.AskCover("alice", comment="Fever")]
