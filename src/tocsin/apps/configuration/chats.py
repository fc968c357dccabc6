"""Chats: rooms that messages go to. Their addresses are secrets mostly: what is stored stays unless another is typed."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from tocsin.apps.configuration import editing
from tocsin.apps.configuration import forms as ask
from tocsin.apps.people.authority import needs
from tocsin.channels.forms import form_of
from tocsin.channels.registry import names
from tocsin.config.schema.kinds import Noun
from tocsin.control.requests import Refused
from tocsin.core.configuration import Configuration
from tocsin.core.roles import Permission

NO_ROOM = ("webpush",)  # one person's browser


def channels() -> ask.Choices:
    """Those that can carry messages to a room, by what they are called."""
    found = [
        (name, form.title if (form := form_of(name)) else name.capitalize())
        for name in names()
        if name not in NO_ROOM
    ]
    return sorted(found, key=lambda each: each[1].casefold())


class ChatForm(ask.NounForm):
    kind = "chats"
    title_field = "key"

    channel = ask.choice("Channel", required=True)
    address = ask.text(
        "Address",
        "The address of the room: for Slack and Mattermost an incoming webhook's URL. Empty keeps what is stored.",
        spellcheck="false",
        inputmode="url",
    )
    options = ask.lines(
        "Options",
        "What its channel wants besides, one a line: for example token=… or secret=…. Those that are stored stay unless they"
        " are written here; a name alone with = takes one away.",
    )

    def ask_about(self, facts: Configuration) -> None:
        ask.choose_one(self.fields["channel"], channels())

    @classmethod
    def initial_of(cls, noun: Noun) -> dict[str, Any]:
        return {"channel": noun.channel}

    def clean_options(self) -> str:
        return ask.checked_pairs(str(self.cleaned_data["options"]))

    def noun(self, before: Any) -> dict[str, Any]:
        """Of another channel nothing stays: its address would be sent elsewhere."""
        said = self.cleaned_data
        channel, kept = said["channel"], before if isinstance(before, dict) else {}
        kept = kept if channel in kept else {}
        typed = ask.pairs_of(said["options"])
        options = {
            name: value for name, value in {**kept, **typed}.items() if name != channel and value != ""
        }
        return {channel: said["address"].strip() or kept.get(channel), **options}

    def written(self) -> dict[str, Any]:
        return self.noun({})

    def refuse(self, refused: Refused) -> None:
        about = refused.field.partition(".")[0]
        if about in names() or (
            not about and refused.code == "invalid" and "be a name" not in refused.message
        ):
            empty = not self.cleaned_data["address"].strip()
            self.add_error("address", "It needs an address." if empty else refused.message)
        else:
            super().refuse(refused)


class ChatPage(editing.Page, frozen=True):
    """Afterwards one is back where all of them are listed."""

    def address(self, name: str) -> str:
        return self.listing

    @property
    def listing(self) -> str:
        return reverse("configuration-kind", args=("chats",))


PAGE = ChatPage(
    "chats",
    ChatForm,
    "",
    "",
    hint="A chat is a room that messages go to. Routes, teams and policies name it.",
)


@needs(Permission.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def make(request: HttpRequest) -> HttpResponse:
    return editing.make(request, PAGE, {"channel": "slack"})


@needs(Permission.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, key: str) -> HttpResponse:
    return editing.change(request, PAGE, key)
