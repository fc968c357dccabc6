"""What one step of the engine did."""

import msgspec

from tocsin.engine.sending import Departure


class Step(msgspec.Struct, frozen=True):
    """How much was due, and what must leave now."""

    done: int
    departures: list[Departure]
