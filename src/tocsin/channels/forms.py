"""What a channel asks of a person on screen: `form.json` in the channel's folder, so that a new channel is one folder.

A channel without one is not offered to people (chats, or what only files can describe).
"""

from functools import cache

import msgspec

from tocsin.channels.registry import FOLDER, names


class FormField(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    label: str
    help: str = ""
    example: str = ""
    type: str = "text"  # of the input: text, url, email, tel
    name: str = ""  # of an option, as the YAML has it
    secret: bool = False  # written, never shown again


class ChannelForm(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """`subscribes`: the browser itself makes the address (Web Push), nobody types it."""

    title: str
    says: str  # one sentence: what it is good for
    icon: str
    name: str  # proposed for the contact method
    address: FormField
    options: tuple[FormField, ...] = ()
    subscribes: bool = False


@cache
def form_of(channel: str) -> ChannelForm | None:
    """None for a channel that people cannot add on screen, or that does not exist."""
    file = FOLDER / channel / "form.json"
    if channel not in names() or not file.exists():
        return None
    return msgspec.json.decode(file.read_bytes(), type=ChannelForm)


def offered() -> dict[str, ChannelForm]:
    """Every channel that people can add on screen, by name."""
    return {name: form for name in names() if (form := form_of(name)) is not None}
