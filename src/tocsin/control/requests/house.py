"""How the installation stands."""

import msgspec


class Status(msgspec.Struct, frozen=True, tag="status"):
    """Answer: StatusView."""


class Examine(msgspec.Struct, frozen=True, tag="examine"):
    """What is unsafe or broken about this installation. Answer: list[Finding], the worst first."""


class RotateSecrets(msgspec.Struct, frozen=True, tag="rotate_secrets", omit_defaults=True):
    """Encrypt anew, with the first key, whatever is kept plain or under an older one; `check`: only count. Answer:
    SecretsView."""

    check: bool = False


class SecretsView(msgspec.Struct, frozen=True):
    """Secrets that are kept here: `current` under the first key already, `rotated` anew by this, `stale` not under it and
    only counted, `unreadable` under a key that is not here."""

    current: int
    rotated: int
    stale: int
    unreadable: int


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
