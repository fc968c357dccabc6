"""Handing a shift over."""

from typing import Annotated

import msgspec

from tocsin.control.requests.fields import Limit
from tocsin.core.oncall.handoff.handoff import Handoff

HandoffId = Annotated[str, msgspec.Meta(max_length=200)]


class ListHandoffs(msgspec.Struct, frozen=True, tag="list_handoffs", omit_defaults=True):
    """Answer: list[Handoff], the newest first. `text` is looked for in all that a handoff says."""

    schedule: str | None = None
    person: str | None = None
    states: tuple[str, ...] = ()
    text: Annotated[str, msgspec.Meta(max_length=200)] = ""
    before: HandoffId | None = None
    limit: Limit = 50


class ShowHandoff(msgspec.Struct, frozen=True, tag="show_handoff"):
    """A draft is shown with the shift as it stands now. Answer: HandoffView."""

    handoff: HandoffId


class WriteHandoff(msgspec.Struct, frozen=True, tag="write_handoff"):
    """The draft for whoever comes next on a schedule, now already. Answer: HandoffView."""

    schedule: str


class EditHandoff(msgspec.Struct, frozen=True, tag="edit_handoff"):
    """The words of whoever goes; also once it is handed over, until it is accepted. Answer: HandoffView."""

    handoff: HandoffId
    notes: str
    known_issues: str


class OfferHandoff(msgspec.Struct, frozen=True, tag="offer_handoff", omit_defaults=True):
    """Hand over: whoever comes is told; with `chat` the team's chat as well. Answer: HandoffView."""

    handoff: HandoffId
    chat: bool = True


class AcceptHandoff(msgspec.Struct, frozen=True, tag="accept_handoff"):
    """What the outgoing had acknowledged passes to whoever accepts. Answer: HandoffView."""

    handoff: HandoffId


class HandoffView(msgspec.Struct, frozen=True):
    """`text` is all of it, to send or to paste. `passed_on` are incidents that went with an acceptance just now."""

    handoff: Handoff
    text: str
    passed_on: tuple[int, ...] = ()
