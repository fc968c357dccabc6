"""How the installation stands."""

import msgspec


class Status(msgspec.Struct, frozen=True, tag="status"):
    """Answer: StatusView."""


class Examine(msgspec.Struct, frozen=True, tag="examine"):
    """What is unsafe or broken about this installation. Answer: list[Finding], the worst first."""


class StatusView(msgspec.Struct, frozen=True):
    version: str
    node: str
    database: str
    revision: int
    owner: str
    inbox_backlog: int
    open_incidents: int
    agenda: dict[str, int]


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """`level`: bad, warning, note or good. `do`: what makes it good."""

    about: str
    level: str
    says: str
    do: str = ""
