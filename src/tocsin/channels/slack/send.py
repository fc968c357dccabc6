"""Slack incoming webhooks: a room, or one person's own. Blocks for reading, a plain text for the push on the phone.

Buttons are links: a real button from a webhook without an app behind it shows a warning when pressed, and whoever previews a
link only fetches it.
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
from tocsin.core.severity import Severity

LONGEST_SECTION = 2900  # characters, escaped; Slack refuses more than 3,000
LONGEST_FALLBACK = 3900  # recommended to stay below 4,000

_MARKS = {
    Severity.SEV1: ":rotating_light:",
    Severity.SEV2: ":rotating_light:",
    Severity.SEV3: ":warning:",
    Severity.SEV4: ":information_source:",
}
# Slack itself pings only by <!channel>, which escaping disarms; others that take its format read these words in plain text.
_CALLS = re.compile(r"@(?=channel|here|everyone|all|group)", re.IGNORECASE)

Block = dict[str, Any]


class Slack:
    name = "slack"
    concurrency = 8

    def __init__(self, deadline: float = DEADLINE) -> None:
        self.deadline = deadline

    def check(self, address: str, options: Mapping[str, str]) -> str:
        return check_url(address)

    async def send(
        self, message: Message, address: str, options: Mapping[str, str], http: aiohttp.ClientSession
    ) -> Outcome:
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Tocsin",
            "Idempotency-Key": line(message.key),
        }
        answer = await post(http, address, msgspec.json.encode(payload(message)), headers, self.deadline)
        return read(answer, host_of(address))


def payload(message: Message) -> dict[str, Any]:
    """The document for the webhook. Nothing in it is parsed for mentions, names or links but what is written here."""
    return {
        "text": _fit(escape(headline(message)), LONGEST_FALLBACK),
        "blocks": _blocks(message),
        "link_names": False,
        "parse": "none",
        "unfurl_links": False,
        "unfurl_media": False,
    }


def escape(text: str) -> str:
    """Text that Slack shows as it is: `<!channel>` and `<@U1>` are only letters."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _CALLS.sub("@\u200b", escaped)


def _fit(escaped: str, limit: int) -> str:
    """Cut escaped text without cutting an entity in two."""
    if len(escaped) <= limit:
        return escaped
    return re.sub(r"&[a-z]{0,3}$", "", escaped[: limit - 1]) + "…"


def _blocks(message: Message) -> list[Block]:
    mark = _MARKS[min((i.severity for i in message.items), key=lambda s: s.rank)] if message.items else ""
    blocks = [_section(f"{mark} *{escape(headline(message))}*".strip())]
    shown = message.items[:MOST_ITEMS]
    if message.purpose is Purpose.PAGE and shown:
        for item in shown:
            blocks += _item(item, message, alone=len(message.items) == 1)
    else:
        text = text_without_title(message, LONGEST_SECTION)
        if text and text != line(message.title):
            blocks.append(_section(escape(text)))
        if len(message.items) == 1:
            blocks.append(_context(_joined(links(message.items[0]))))
        blocks.append(_context(_joined(screen(message))))
    if more := left_out(message):
        blocks.append(_context(more))
    if can := answers(message):
        blocks.append(_section(_joined(can, bold=True)))
    return [block for block in blocks if block]


def _item(item: Item, message: Message, alone: bool) -> list[Block]:
    """One incident: its summary, what is asked first, where to go on."""
    told = "" if alone else f"*#{item.incident} {escape(line(item.title))}*\n"
    told += escape(line(item.summary, 1500))
    rows = [_text(f"*{name}*\n{escape(value)}") for name, value in facts(item, message)]
    block: Block = {"type": "section", "fields": rows[:10]}
    if told.strip():
        block["text"] = _text(told.strip())
    return [block, _context(_joined(links(item)))]


def _section(text: str) -> Block:
    return {"type": "section", "text": _text(text)} if text else {}


def _context(text: str) -> Block:
    return {"type": "context", "elements": [_text(text)]} if text else {}


def _text(text: str) -> Block:
    """`verbatim` keeps Slack from making links and mentions of what looks like one."""
    return {"type": "mrkdwn", "text": _fit(text, LONGEST_SECTION), "verbatim": True}


def _joined(pairs: list[tuple[str, str]], bold: bool = False) -> str:
    star = "*" if bold else ""
    return "   ·   ".join(
        f"{star}<{url.replace('&', '&amp;')}|{escape(label)}>{star}" for label, url in pairs
    )


CHANNEL: Channel = Slack()
