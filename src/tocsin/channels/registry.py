"""Which channels there are: every folder beside this file that has a send.py with `CHANNEL`.

A new channel is one new folder; nothing is listed anywhere else. Options that hold for the whole house (the SMTP server,
say) come from the environment under the channel's own name, so they need no code either.
"""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path

from tocsin.channels.channel import Channel

FOLDER = Path(__file__).parent


class UnknownChannel(LookupError):
    """No folder of that name. The text names those that exist."""


@cache
def names() -> tuple[str, ...]:
    """Every channel's name, sorted."""
    return tuple(sorted(found.parent.name for found in FOLDER.glob("*/send.py")))


@cache
def channel(name: str) -> Channel:
    """The channel of that name; raises UnknownChannel."""
    if name not in names():
        raise UnknownChannel(f"{name!r} is not a channel; there are {', '.join(names())}")
    found: Channel = import_module(f"tocsin.channels.{name}.send").CHANNEL
    return found


def derived_options(name: str, secret: bytes) -> dict[str, str]:
    """The house's options that a channel makes itself from the key that signs (`derived_options`); what the environment says
    wins over them."""
    derive = getattr(channel(name), "derived_options", None)
    return dict(derive(secret)) if derive is not None else {}


def house_options(name: str, environ: Mapping[str, str]) -> dict[str, str]:
    """The house's options of a channel: `TOCSIN_EMAIL_HOST=mx` gives `{"host": "mx"}` for `email`.

    `TOCSIN_EMAIL_PASSWORD_FILE=/run/secrets/smtp` reads the file. A method's or chat's own options win over these. Raises
    OSError when a named file cannot be read: a missing secret fails loudly, and at start.
    """
    prefix = f"TOCSIN_{name.upper()}_"
    options: dict[str, str] = {}
    for variable, value in environ.items():
        option = variable.removeprefix(prefix).lower()
        if not variable.startswith(prefix) or not option:
            continue
        if option.endswith("_file"):
            options[option.removesuffix("_file")] = Path(value).read_text(encoding="utf-8").rstrip("\r\n")
        else:
            options.setdefault(option, value)
    return options
