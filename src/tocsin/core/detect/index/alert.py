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

# An alert is who its whole label set says it is, in its canonical text; Python keeps a text's hash with it.
Identity = bytes

# What the store was last told of an alert: why it paged or did not, which rule did it, its incident. Most alerts of a
# group share one.
Told = tuple[str, str, int | None]
NOTHING: Told = ("", "", None)

# Why an alert is held back, and by which silence, rule, window or interval.
Hold = tuple[Reason, str]
HOLD_REASONS = (Reason.SILENCED, Reason.INHIBITED, Reason.MAINTENANCE, Reason.MUTED)


class Alert(msgspec.Struct, gc=False, eq=False):
    """Labels and annotations stay encoded: a dict would triple what an alert weighs.

    It refers to no object that refers to it, so it needs no cycle collection.
    """

    id: int
    labels: Identity
    integration: str
    annotations: bytes
    generator_url: str
    starts_at: int
    ends_at: int | None  # a firing alert's lease (None: until told otherwise), a resolved one's end
    verdict: "Verdict"
    groups: tuple["Gathering", ...] = ()
    codes: tuple[int, ...] = ()  # by group
    status: int = FIRING
    leased: bool = False  # it stands in the lease wheel
    silences: tuple[CompiledSilence, ...] = ()  # that match it, whether or not they run
    holds: tuple[Hold | None, ...] | None = None  # by group; None when nothing holds it back
    complete: tuple[str, ...] = ()  # the sender's complete groups that list it
    told: Told = NOTHING

    @property
    def reason(self) -> str:
        return self.told[0]

    @property
    def by(self) -> str:
        return self.told[1]

    @property
    def incident(self) -> int | None:
        return self.told[2]

    def tell_anew(self) -> None:
        """What it was told no longer holds: the next decision about its groups says why it pages."""
        self.told = ("", self.by, self.incident)

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
