"""What a message's buttons do, by the act that its signed link grants: the request it makes, and what the page asks first.

The engine writes the offer (`Consequences.tell`), the link signs it, and whoever presses the button makes the request in the
name of the person it was sent to. Whether it still holds is the request's to decide.
"""

from collections.abc import Callable
from datetime import datetime

import msgspec

from tocsin.channels.replies import Question
from tocsin.control.requests import AcceptSwap, DeclineSwap, Request, TestPage
from tocsin.core.configuration import Configuration
from tocsin.core.oncall import swap_words
from tocsin.engine.oncall import swaps
from tocsin.engine.store.protocol import Transaction

Asks = Callable[[Transaction, Configuration, str, str, datetime], Question]  # subject, person, now


class Act(msgspec.Struct, frozen=True):
    """`request` is given the subject and the person."""

    request: Callable[[str, str], Request]
    asks: Asks


def _about_a_test(
    tx: Transaction, facts: Configuration, subject: str, person: str, now: datetime
) -> Question:
    return Question(
        "Send yourself a test page?",
        "It comes as pages of high urgency come to you, marked TEST, and counts in no statistic.",
        "Send me a test page",
    )


def _about_taking(
    tx: Transaction, facts: Configuration, subject: str, person: str, now: datetime
) -> Question:
    return _about_a_swap(tx, facts, subject, person, now, "Take this shift?", "Take it")


def _about_declining(
    tx: Transaction, facts: Configuration, subject: str, person: str, now: datetime
) -> Question:
    return _about_a_swap(tx, facts, subject, person, now, "Decline this shift?", "Decline")


def _about_a_swap(
    tx: Transaction, facts: Configuration, subject: str, person: str, now: datetime, title: str, button: str
) -> Question:
    swap = swaps.load(tx, subject)
    if swap is None:
        return Question("This swap is gone", "Nothing was changed.")
    if not swap.is_open or now >= swap.expires_at:
        return Question("This shift is no longer offered", "It was taken or withdrawn, or its time is over.")
    reader = facts.people.get(person)
    zone = reader.time_zone if reader is not None else "UTC"
    back = f" In return for {swap_words.span(swap.back, zone)}." if swap.back is not None else ""
    who = swap_words.names(facts, (swap.person,))
    return Question(title, f"{who}: {swap_words.span(swap.part, zone)}.{back} {swap.comment}".strip(), button)


ACTS: dict[str, Act] = {
    "test_page": Act(lambda subject, person: TestPage(person), _about_a_test),
    "accept_swap": Act(AcceptSwap, _about_taking),
    "decline_swap": Act(DeclineSwap, _about_declining),
}


def request_of(act: str, subject: str, person: str) -> Request:
    return ACTS[act].request(subject, person)


def question_of(
    tx: Transaction, facts: Configuration, act: str, subject: str, person: str, now: datetime
) -> Question:
    return ACTS[act].asks(tx, facts, subject, person, now)
