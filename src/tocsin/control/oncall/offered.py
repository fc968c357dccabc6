"""What a message's buttons do, by the act that its signed link grants: the request it makes, and what the page asks first.

The engine writes the offer (`Consequences.tell`), the link signs it, and whoever presses the button makes the request in the
name of the person it was sent to. Whether it still holds is the request's to decide.
"""

from collections.abc import Callable
from datetime import datetime

import msgspec

from tocsin.channels.replies import Question
from tocsin.control.requests import Request, TestPage
from tocsin.core.configuration import Configuration
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


ACTS: dict[str, Act] = {
    "test_page": Act(lambda subject, person: TestPage(person), _about_a_test),
}


def request_of(act: str, subject: str, person: str) -> Request:
    return ACTS[act].request(subject, person)


def question_of(
    tx: Transaction, facts: Configuration, act: str, subject: str, person: str, now: datetime
) -> Question:
    return ACTS[act].asks(tx, facts, subject, person, now)
