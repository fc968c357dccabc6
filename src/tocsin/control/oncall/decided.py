"""What became of a request about on-call that also owes somebody something."""

import msgspec


class Decided(msgspec.Struct, frozen=True):
    """The request's answer, and what it was about, for the audit log (when no configuration entry was changed)."""

    answer: object
    subject: str
