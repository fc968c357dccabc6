"""All providers of the scenarios in one: it hears every message, and can be told to fail, refuse or crash the house."""

from collections.abc import Callable
from datetime import datetime

from tocsin.core.respond.delivery import Delivered, Failed, Outcome, Purpose, Rejected
from tocsin.engine.sending import Departure


class Crash(Exception):
    """The process dies at this moment."""


class Heard:
    """One message that reached somebody (or was tried to)."""

    def __init__(self, at: datetime, departure: Departure) -> None:
        self.at = at
        self.message = departure.message
        self.method = departure.notifications[0].method
        self.address = (
            f"{departure.notifications[0].channel}|{departure.address and departure.address.address}"
        )
        self.key = departure.message.key

    @property
    def is_page(self) -> bool:
        return self.message.purpose is Purpose.PAGE

    @property
    def said(self) -> str:
        return f"{self.message.title}\n{self.message.text}"

    @property
    def incidents(self) -> tuple[int, ...]:
        return tuple(item.incident for item in self.message.items)

    def __repr__(self) -> str:
        return f"<{self.at:%a %H:%M:%S} {self.message.purpose} to {self.address}: {self.message.title}>"


class Provider:
    """Takes everything at once, unless told otherwise for addresses that contain a part."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.tried: list[Heard] = []
        self._answers: dict[str, Callable[[], Outcome]] = {}
        self._crash: tuple[str, bool] | None = None

    def __call__(self, departure: Departure, now: datetime) -> Outcome:
        attempt = Heard(now, departure)
        self.tried.append(attempt)
        if departure.address is None:
            return Rejected("this contact method is no longer configured")
        crash = self._crash if self._crash and self._crash[0] in attempt.address else None
        if crash and not crash[1]:
            self._crash = None
            raise Crash
        for part, answer in self._answers.items():
            if part in attempt.address:
                outcome = answer()
                if not isinstance(outcome, Delivered):
                    return outcome
        self.heard.append(attempt)
        if crash:
            self._crash = None
            raise Crash
        return Delivered()

    def is_down(self, part: str, retry_after: float | None = None) -> None:
        self._answers[part] = lambda: Failed("503 Service Unavailable", retry_after)

    def refuses(self, part: str) -> None:
        self._answers[part] = lambda: Rejected("404 no such topic")

    def answers(self, part: str, outcome: Outcome) -> None:
        self._answers[part] = lambda: outcome

    def works_again(self, part: str) -> None:
        del self._answers[part]

    def house_crashes_after_sending_to(self, part: str) -> None:
        """The provider takes the next message there, but the house never learns of it."""
        self._crash = part, True

    def house_crashes_before_sending_to(self, part: str) -> None:
        """The message was committed to be sent, and never left."""
        self._crash = part, False
