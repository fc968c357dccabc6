"""One alert in memory, and what it is to its groups."""

from typing import TYPE_CHECKING

import msgspec

from tocsin.core.detect.silences import CompiledSilence
from tocsin.core.reasons import Reason

if TYPE_CHECKING:
    from tocsin.core.detect.index.gathering import Gathering
    from tocsin.core.detect.index.judging import Verdict


# Plain numbers: an enum's members cost several times as much to look up, and these are asked for with every signal.
FIRING, SOURCE_SILENT, RESOLVED = 0, 1, 2
STATUS_TEXT = ("firing", "source_silent", "resolved")

# What an alert is to one of its groups.
ABSENT, COUNTS, SILENT, HELD = 0, 1, 2, 3
ALONE_AS = tuple(
    (code,) for code in (ABSENT, COUNTS, SILENT, HELD)
)  # the codes of an alert of one group, shared

# Why an alert is held back, and by which silence, rule, window or interval.
Hold = tuple[Reason, str]
HOLD_REASONS = (Reason.SILENCED, Reason.INHIBITED, Reason.MAINTENANCE, Reason.MUTED)


class Alert(msgspec.Struct, gc=False, eq=False):
    """Labels and annotations stay encoded: a dict would triple what an alert weighs.

    It refers to no object that refers to it, so it needs no cycle collection.
    """

    id: int
    identity: int
    integration: str
    labels: bytes
    annotations: bytes
    generator_url: str
    starts_at: int
    ends_at: int | None  # a firing alert's lease (None: until told otherwise), a resolved one's end
    verdict: "Verdict"
    key: str | None = None
    groups: tuple["Gathering", ...] = ()
    codes: tuple[int, ...] = ()  # by group
    status: int = FIRING
    leased: bool = False  # it stands in the lease wheel
    silences: tuple[CompiledSilence, ...] = ()  # that match it, whether or not they run
    holds: tuple[Hold | None, ...] | None = None  # by group; None when nothing holds it back
    complete: tuple[str, ...] = ()  # the sender's complete groups that list it
    reason: str = ""  # as last stored
    by: str = ""
    incident: int | None = None

    @property
    def counts_as(self) -> int:
        """Its code where nothing holds it back."""
        return COUNTS if self.status == FIRING else SILENT

    def code_in(self, group: "Gathering") -> int:
        for member, code in zip(self.groups, self.codes, strict=True):
            if member is group:
                return code
        return ABSENT

    def hold_in(self, group: "Gathering") -> Hold | None:
        if self.holds is not None:
            for member, hold in zip(self.groups, self.holds, strict=True):
                if member is group:
                    return hold
        return None
