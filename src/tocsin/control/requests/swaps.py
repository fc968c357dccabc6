"""Swaps and cover requests."""

from datetime import datetime
from typing import Annotated

import msgspec

from tocsin.core.instants import Aware

Key = Annotated[str, msgspec.Meta(max_length=64)]
People = Annotated[tuple[Key, ...], msgspec.Meta(max_length=200)]
Said = Annotated[str, msgspec.Meta(max_length=500)]


class PartWanted(msgspec.Struct, frozen=True):
    schedule: Key
    starts_at: Aware
    ends_at: Aware


class OfferSwap(msgspec.Struct, frozen=True, tag="offer_swap", omit_defaults=True):
    """`person` offers time of theirs on a schedule: to those in `ask`, or to the whole team. `back` is time of the one who
    is asked, wanted in return. Open until `expires_at`, else until the shift begins. Answer: SwapView."""

    person: Key
    schedule: Key
    starts_at: Aware
    ends_at: Aware
    ask: People = ()
    back: PartWanted | None = None
    expires_at: Aware | None = None
    comment: Said = ""


class AskCover(msgspec.Struct, frozen=True, tag="ask_cover", omit_defaults=True):
    """`person` cannot take their shift: everybody of the team is asked at once. Without a schedule or a time it is the shift
    that runs, or begins within a day, for a day at most. `unreachable`: nobody can reach them, so they are off the
    schedule at once. Answer: SwapView."""

    person: Key
    schedule: Key = ""
    starts_at: Aware | None = None
    ends_at: Aware | None = None
    unreachable: bool = False
    comment: Said = ""


class AcceptSwap(msgspec.Struct, frozen=True, tag="accept_swap"):
    """Answer: SwapView."""

    id: Key
    person: Key


class DeclineSwap(msgspec.Struct, frozen=True, tag="decline_swap"):
    """Answer: SwapView."""

    id: Key
    person: Key


class WithdrawSwap(msgspec.Struct, frozen=True, tag="withdraw_swap"):
    """`person` is whoever offered it. Answer: SwapView."""

    id: Key
    person: Key


class SayUnreachable(msgspec.Struct, frozen=True, tag="say_unreachable"):
    """Of a cover request: nobody can reach `person`, who asked. Answer: SwapView."""

    id: Key
    person: Key


class ListSwaps(msgspec.Struct, frozen=True, tag="list_swaps", omit_defaults=True):
    """The latest shift first. `person`: theirs, and those they are asked to take. Answer: list[SwapView]."""

    person: Key = ""
    schedule: Key = ""
    states: Annotated[tuple[str, ...], msgspec.Meta(max_length=5)] = ()
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 100


class SwapView(msgspec.Struct, frozen=True):
    """`state`: open, accepted, declined, withdrawn, expired. `said` answers whoever just acted on it."""

    id: str
    state: str
    person: str
    schedule: str
    starts_at: datetime
    ends_at: datetime
    back: PartWanted | None
    asked: tuple[str, ...]
    declined: tuple[str, ...]
    cover: bool
    unreachable: bool
    comment: str
    made_by: str
    made_at: datetime
    expires_at: datetime
    accepted_by: str
    settled_at: datetime | None
    overrides: tuple[str, ...]
    said: str = ""
