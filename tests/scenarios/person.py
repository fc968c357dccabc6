"""One of the cast, as the phone in the pocket knows them: what they hear, and what they do about it."""

from datetime import timedelta
from typing import TYPE_CHECKING

from tests.scenarios.provider import Heard
from tocsin.channels.links import LinkClaims, verify
from tocsin.control.requests import Act, Acted
from tocsin.core.respond.incident import (
    Acknowledge,
    AddNote,
    AddResponder,
    Command,
    Escalate,
    Mitigate,
    Reassign,
    Resolve,
    SetSeverity,
    Snooze,
)
from tocsin.core.severity import Severity

if TYPE_CHECKING:
    from tests.scenarios.house import House

SECRET = b"a secret of the tests"


class Person:
    """Remembers what was heard already: every question is about what is new since the last one."""

    def __init__(self, house: "House", key: str) -> None:
        self._house, self.key = house, key
        self._read = 0

    # --- hearing -------------------------------------------------------------------------------------------------

    def heard(self) -> list[Heard]:
        """Everything that ever arrived."""
        return [heard for heard in self._house.provider.heard if heard.message.person == self.key]

    def new(self) -> list[Heard]:
        """What arrived since last asked."""
        fresh = self.heard()[self._read :]
        self._read += len(fresh)
        return fresh

    def was_paged(self, about: str = "", times: int = 1, by: str | None = None) -> list[Heard]:
        """Exactly that many new pages, each about it."""
        pages = [heard for heard in self.new() if heard.is_page]
        assert len(pages) == times, f"{self.key} heard {pages}, expected {times} about {about!r}"
        for page in pages:
            assert about in page.said, f"{about!r} is not in {page.said!r}"
            assert by is None or page.method == by, f"came by {page.method}, not {by}"
        return pages

    def was_told(self, about: str) -> Heard:
        """A new message that is no page."""
        fresh = self.new()
        told = [heard for heard in fresh if not heard.is_page and about in heard.said]
        assert told, f"{self.key} was not told about {about!r}, but heard {fresh}"
        return told[0]

    def hears_nothing(self) -> None:
        fresh = self.new()
        assert not fresh, f"{self.key} heard {fresh}"

    def is_not_paged(self) -> None:
        """Nothing that rings; news may have come."""
        pages = [heard for heard in self.new() if heard.is_page]
        assert not pages, f"{self.key} heard {pages}"

    # --- doing ---------------------------------------------------------------------------------------------------

    def acknowledges(self, incident: int | None = None) -> Acted:
        return self.does(Acknowledge(self.key), incident)

    def resolves(self, incident: int | None = None, note: str = "") -> Acted:
        return self.does(Resolve(self.key, note=note), incident)

    def mitigates(self, incident: int | None = None, note: str = "") -> Acted:
        return self.does(Mitigate(self.key, note=note), incident)

    def snoozes(self, incident: int | None = None, **span: float) -> Acted:
        return self.does(Snooze(self.key, self._house.now + timedelta(**span)), incident)

    def escalates(self, incident: int | None = None) -> Acted:
        return self.does(Escalate(self.key), incident)

    def reassigns(self, to: str, incident: int | None = None) -> Acted:
        return self.does(Reassign(self.key, person=to), incident)

    def reassigns_to_policy(self, policy: str, incident: int | None = None) -> Acted:
        return self.does(Reassign(self.key, policy=policy), incident)

    def pulls_in(self, person: str, incident: int | None = None) -> Acted:
        return self.does(AddResponder(self.key, person), incident)

    def notes(self, text: str, incident: int | None = None) -> Acted:
        return self.does(AddNote(self.key, text), incident)

    def sets(self, severity: Severity, incident: int | None = None) -> Acted:
        return self.does(SetSeverity(self.key, severity), incident)

    def does(self, command: Command, incident: int | None = None) -> Acted:
        """On that incident, or the newest."""
        return self._acts(Act((incident or self._house.incident().id,), command), "phone")[0]

    def follows(self, link: str) -> list[Acted]:
        """Presses the button behind a signed link of a message."""
        claims = verify(SECRET, link.rpartition("/")[2], self._house.now)
        assert isinstance(claims, LinkClaims), claims
        assert claims.person == self.key
        command: Command = Acknowledge("") if claims.action == "acknowledge" else Resolve("")
        return self._acts(Act(claims.incidents, command), "link")

    def _acts(self, act: Act, via: str) -> list[Acted]:
        answer = self._house.ask(act, self.key, via)
        assert isinstance(answer, list)
        return answer
