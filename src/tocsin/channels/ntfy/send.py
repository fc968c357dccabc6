"""ntfy (ntfy.sh or one's own server): a push that rings, with a button that acknowledges without opening anything.

Publishing is JSON to the server's root: the same JSON posted to the topic would be shown as text.
"""

from collections.abc import Mapping

import aiohttp
import msgspec

from tocsin.channels.channel import Channel
from tocsin.channels.http import DEADLINE, Answer, check_url, outcome, post, retry_after
from tocsin.channels.plain import host_of, line, web_url, within_bytes
from tocsin.channels.wording import headline, text_without_title
from tocsin.core.respond.delivery import Failed, Outcome, Purpose
from tocsin.core.respond.message import Message
from tocsin.core.severity import Severity, Urgency

LONGEST_MESSAGE = 4096  # bytes; a longer one becomes an attachment, which a lock screen does not show
LONGEST_TITLE = 250  # characters; servers refuse titles over 1 KB
LONGEST_BODY = 8192  # bytes of the whole JSON document: twice the message limit
MOST_ACTIONS = 3  # ntfy refuses more
LONGEST_URL = 1500  # characters; four of them must leave room for the text

# ntfy's own codes under 429, with seconds to wait where it sends no Retry-After: one request every 5 s, quotas daily.
_TOO_MANY = {42901: 5.0, 42905: 600.0, 42908: 600.0}
_TAGS = {
    Severity.SEV1: "rotating_light",
    Severity.SEV2: "rotating_light",
    Severity.SEV3: "warning",
    Severity.SEV4: "information_source",
}


class Action(msgspec.Struct, frozen=True, omit_defaults=True):
    action: str
    label: str
    url: str
    method: str = ""
    clear: bool = False


class Publish(msgspec.Struct, frozen=True, omit_defaults=True):
    topic: str
    message: str
    title: str
    priority: int
    tags: tuple[str, ...] = ()
    click: str = ""
    actions: tuple[Action, ...] = ()


class Said(msgspec.Struct, frozen=True):
    """ntfy's answer, good or bad; every field may be missing."""

    id: str = ""
    code: int = 0
    error: str = ""


class Ntfy:
    name = "ntfy"
    concurrency = 16

    def __init__(self, deadline: float = DEADLINE) -> None:
        self.deadline = deadline

    def check(self, address: str, options: Mapping[str, str]) -> str:
        if wrong := check_url(address):
            return wrong
        _, topic = server_and_topic(address)
        if (
            not topic
            or len(topic) > 64
            or not topic.replace("-", "").replace("_", "").isalnum()
            or not topic.isascii()
        ):
            return "expected https://server/topic, the topic of letters, digits, - and _, 64 at most"
        if any(not "!" <= c <= "~" for c in options.get("token", "").strip()):
            return "the token holds characters that no token has"
        return ""

    async def send(
        self, message: Message, address: str, options: Mapping[str, str], http: aiohttp.ClientSession
    ) -> Outcome:
        root, topic = server_and_topic(address)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Tocsin",
            "Idempotency-Key": line(message.key),
        }
        if token := options.get("token", "").strip():
            headers["Authorization"] = f"Bearer {token}"
        answer = await post(http, root, encode(message, topic), headers, self.deadline)
        return _read(answer, host_of(root))


def server_and_topic(address: str) -> tuple[str, str]:
    """`https://ntfy.example/alice` as (`https://ntfy.example/`, `alice`)."""
    server, _, topic = address.rstrip("/").rpartition("/")
    return f"{server}/", topic


def encode(message: Message, topic: str) -> bytes:
    """The document, its text cut until ntfy takes it: 4,096 bytes of text, 8,192 in all."""
    text = text_without_title(message, LONGEST_MESSAGE) or headline(message, LONGEST_TITLE)
    room = LONGEST_MESSAGE
    while True:
        content = msgspec.json.encode(_publish(message, topic, within_bytes(text, room)))
        over = len(content) - LONGEST_BODY
        if over <= 0 or room <= 256:
            return content
        room = max(
            room - max(over // 2, 64), 256
        )  # a byte of text may be two of JSON, so half, and look again


def _publish(message: Message, topic: str, text: str) -> Publish:
    first = message.items[0] if message.items else None
    worst = min((item.severity for item in message.items), key=lambda s: s.rank, default=None)
    tags = [_TAGS[worst]] if worst else []
    if message.test:
        tags.append("test_tube")
    if first and len(message.items) == 1 and first.service:
        tags.append(line(first.service.replace(",", " "), 60))
    return Publish(
        topic=topic,
        title=headline(message, LONGEST_TITLE),
        message=text,
        priority=priority(message),
        tags=tuple(tags),
        click=_link(first.url) if first else _link(message.opens),
        actions=_actions(message),
    )


def priority(message: Message) -> int:
    """5 rings through do-not-disturb: for what wakes people and nothing else."""
    if message.purpose is Purpose.STATUS:
        return 3
    return 5 if message.urgency is Urgency.HIGH else 3


def _actions(message: Message) -> tuple[Action, ...]:
    """Three at most. The first posts from the phone itself, and the notification goes away once it was taken."""
    count = len(message.items)
    actions: list[Action] = []
    if url := _link(message.acknowledge_url):
        label = "Acknowledge" if count < 2 else f"Acknowledge all {count}"
        actions.append(Action("http", label, url, method="POST", clear=True))
    if count and (url := _link(message.items[0].url)):
        actions.append(Action("view", "Open" if count < 2 else "Open first", url))
    if count == 1 and (url := _link(message.items[0].runbook_url)):
        actions.append(Action("view", "Runbook", url))
    for button in message.buttons:  # opened, not posted: each asks once more
        if url := _link(button.url):
            actions.append(Action("view", line(button.label, 40), url))
    return tuple(actions[:MOST_ACTIONS])


def _link(text: str) -> str:
    url = web_url(text)
    return url if len(url) <= LONGEST_URL else ""


def _read(answer: Answer | Outcome, host: str) -> Outcome:
    if not isinstance(answer, Answer):
        return answer
    said = Said()
    try:
        if answer.body:
            said = msgspec.json.decode(answer.body, type=Said, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError):
        if 200 <= answer.status < 300:  # a captive portal or some other server
            return Failed(f"{host} answered {answer.status} but not as ntfy does: is the address right?")
    why = f"{line(said.error, 150)} ({said.code})" if said.error else ""
    found = outcome(answer, host, why, line(said.id, 64))
    if answer.status == 429 and isinstance(found, Failed):
        return Failed(found.detail, retry_after(answer, default=_TOO_MANY.get(said.code, 5.0)))
    return found


CHANNEL: Channel = Ntfy()
