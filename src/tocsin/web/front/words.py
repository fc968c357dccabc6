"""What the machine process and its front process tell each other."""

import msgspec

from tocsin.core.detect.signal import InboxRow, Renewal, Signal
from tocsin.ingest.keyring import Credential


class Keys(msgspec.Struct, frozen=True, tag="keys"):
    """Who may knock, from now on."""

    credentials: tuple[Credential, ...]


class Standing(msgspec.Struct, frozen=True, tag="standing"):
    """`owner`: this node owns detection. `alone`: no other node takes requests of the same senders. `clock`: microseconds
    that are added to the monotonic clock for the time that all nodes agree on."""

    owner: bool
    alone: bool
    clock: int


class Forget(msgspec.Struct, frozen=True, tag="forget"):
    """These are not firing as far as the engine knows: their next copies are news."""

    integration: str
    signals: tuple[Signal, ...]


class DropRequests(msgspec.Struct, frozen=True, tag="drop"):
    """Old rows of the inbox may go: older than that, and up to the cursor."""

    received_at: int
    cursor: int


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """The port is open."""


class Renewed(msgspec.Struct, frozen=True, tag="renewed"):
    renewal: Renewal


class Quarantined(msgspec.Struct, frozen=True, tag="quarantined"):
    """An authenticated request that could not be read, wholly or in part."""

    row: InboxRow
    error: str


class Counted(msgspec.Struct, frozen=True, tag="counted"):
    """What happened since the last one: requests by source and status, alerts accepted by source, alerts renewed,
    and what failed while all else went on."""

    requests: tuple[tuple[str, int, int], ...] = ()
    accepted: tuple[tuple[str, int], ...] = ()
    renewed: int = 0
    failures: tuple[tuple[str, int], ...] = ()


ToFront = Keys | Standing | Forget | DropRequests
FromFront = Ready | Renewed | Quarantined | Counted
