"""Mattermost incoming webhooks: a room, or one person's direct channel. One attachment an incident, its colour the severity.

Mattermost reads Markdown and mentions everywhere, attachments included, so every foreign word is escaped for both.
"""

import re
from collections.abc import Mapping
from typing import Any

import aiohttp
import msgspec

from tocsin.channels.channel import Channel
from tocsin.channels.http import DEADLINE, check_url, post
from tocsin.channels.plain import host_of, line
from tocsin.channels.rooms import read
from tocsin.channels.wording import (
    COLOURS,
    MOST_ITEMS,
    answers,
    facts,
    headline,
    left_out,
    links,
    screen,
    text_without_title,
)
from tocsin.core.respond.delivery import Outcome, Purpose
from tocsin.core.respond.message import Item, Message

LONGEST_TEXT = 3500  # characters: old databases hold 4,000 a message

_MARKDOWN = re.compile(r"([\\`*_\[\]~])")
_AT_LINE_START = re.compile(r"(?m)^(\s*)([-=+#|]|&gt;|\d+[.)])")
_NO_BREAK = "\u200b"  # between @ and a name, so that nobody is called


class Mattermost:
    name = "mattermost"
    concurrency = 8

    def __init__(self, deadline: float = DEADLINE) -> None:
        self.deadline = deadline

    def check(self, address: str, options: Mapping[str, str]) -> str:
        return check_url(address)

    async def send(
        self, message: Message, address: str, options: Mapping[str, str], http: aiohttp.ClientSession
    ) -> Outcome:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Tocsin",
            "Idempotency-Key": line(message.key),
        }
        answer = await post(http, address, msgspec.json.encode(payload(message)), headers, self.deadline)
        return read(answer, host_of(address))


def payload(message: Message) -> dict[str, Any]:
    """The headline as the message itself, so that a phone's push shows it; facts and links in attachments."""
    attachments = _attachments(message)
    if can := answers(message):
        attachments.append(
            {"fallback": _plainly(can), "color": COLOURS_OF_ANSWERS, "text": _joined(can, bold=True)}
        )
    return {"text": f"**{escape(headline(message))}**", "attachments": attachments}


COLOURS_OF_ANSWERS = "#1f6feb"


def escape(text: str) -> str:
    """Text that Mattermost shows as it is. `<` goes as an entity: backslashes do not stop `<!channel>` and `<url|text>`."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    escaped = _MARKDOWN.sub(r"\\\1", escaped).replace("@", f"@{_NO_BREAK}")
    return _AT_LINE_START.sub(rf"\1{_NO_BREAK}\2", escaped)


def _attachments(message: Message) -> list[dict[str, Any]]:
    shown = message.items[:MOST_ITEMS]
    if message.purpose is Purpose.PAGE and shown:
        attachments = [_attachment(item, message) for item in shown]
    else:
        text = text_without_title(message, LONGEST_TEXT)
        where = _joined(links(message.items[0]) if len(message.items) == 1 else screen(message))
        told = "" if text == line(message.title) else escape(text)
        whole = "\n\n".join(part for part in (told, where) if part)
        attachments = [{"fallback": escape(headline(message)), "text": whole}] if whole else []
    if more := left_out(message):
        attachments.append({"fallback": more, "text": more})
    return attachments


def _attachment(item: Item, message: Message) -> dict[str, Any]:
    title = escape(f"#{item.incident} {line(item.title)}")
    told = [escape(line(item.summary, 1500)), _joined(links(item))]
    return {
        "fallback": title,
        "color": COLOURS[item.severity],
        "title": title if len(message.items) > 1 else "",
        "text": "\n\n".join(part for part in told if part),
        "fields": [
            {"short": True, "title": name, "value": escape(value)} for name, value in facts(item, message)
        ],
    }


def _joined(pairs: list[tuple[str, str]], bold: bool = False) -> str:
    star = "**" if bold else ""
    return "   ·   ".join(f"[{star}{escape(label)}{star}]({_in_markdown(url)})" for label, url in pairs)


def _plainly(pairs: list[tuple[str, str]]) -> str:
    return " · ".join(label for label, _ in pairs)


def _in_markdown(url: str) -> str:
    return url.replace("(", "%28").replace(")", "%29").replace("@", "%40").replace("*", "%2A")


CHANNEL: Channel = Mattermost()
