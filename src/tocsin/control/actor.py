"""Who asks, and through which door: what the audit log and the timeline keep."""

import msgspec


class Actor(msgspec.Struct, frozen=True):
    """`name` is a person's key, or e.g. "root@host" for the local socket. `via`: web, cli, api, email, ntfy, ...
    `address`: from where, as the front process saw it; "" for this machine's own socket. `operator`: whoever runs the
    installation, as the door proved: the command line on its own machine, or its own token. Only their files are trusted."""

    name: str
    via: str
    address: str = ""
    operator: bool = False
