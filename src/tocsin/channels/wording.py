"""What every channel says of an incident in the same words: since when, how many alerts, which rows of facts."""

from datetime import UTC

from tocsin.channels.plain import body, line, web_url
from tocsin.core.respond import compose
from tocsin.core.respond.message import Item, Message
from tocsin.core.severity import Severity

MOST_ITEMS = 10  # shown in one message; the rest is counted

COLOURS: dict[Severity, str] = {
    Severity.SEV1: "#b3261e",
    Severity.SEV2: "#c2410c",
    Severity.SEV3: "#8a6100",
    Severity.SEV4: "#4b5563",
}


def since(item: Item, message: Message) -> str:
    """`2026-06-14 14:32 UTC (16:32 Europe/Berlin), for 4m`; the date is left out while it is today's."""
    told = compose.since(item.since, message.sent_at, message.time_zone)
    return told.removeprefix(f"{message.sent_at.astimezone(UTC):%Y-%m-%d} ")


def facts(item: Item, message: Message) -> list[tuple[str, str]]:
    """Name and value of what a responder asks first, cleaned, in the order of asking."""
    rows = [
        ("Severity", item.severity.value),
        ("Service", line(item.service)),
        ("Since", since(item, message)),
    ]
    rows.append(("State", line(item.state)))
    if item.alerts != 1:
        rows.append(("Alerts", str(item.alerts)))
    return [(name, value) for name, value in rows if value]


def headline(message: Message, limit: int = 200) -> str:
    """The title as one line; a test says so first."""
    title = line(message.title, limit) or "Tocsin"
    return f"[TEST] {title}" if message.test and "TEST" not in title else title


def text_without_title(message: Message, limit: int = 10_000) -> str:
    """The whole text, less a first line that only repeats the title: a lock screen shows both."""
    text = body(message.text, limit) or "\n\n".join(
        sketch(item, message) for item in message.items[:MOST_ITEMS]
    )
    first, _, rest = text.partition("\n")
    return rest.strip() if rest.strip() and first.strip() == line(message.title, limit) else text


def sketch(item: Item, message: Message) -> str:
    """An incident in a few plain lines."""
    lines = [f"#{item.incident} {line(item.title)}", line(item.summary, 500)]
    lines += [f"{name}: {value}" for name, value in facts(item, message)]
    if item.runbook_url:
        lines.append(f"Runbook: {line(item.runbook_url, 500)}")
    lines.append(f"Incident: {web_url(item.url)}")
    return "\n".join(part for part in lines if part)


def links(item: Item) -> list[tuple[str, str]]:
    """Label and URL of where to go on: the incident and, when it is a web link, the runbook."""
    pairs = [("Open incident", web_url(item.url)), ("Runbook", web_url(item.runbook_url))]
    return [(label, url) for label, url in pairs if url]


def answers(message: Message) -> list[tuple[str, str]]:
    """Label and URL of what can be done by a link: each opens a page with a button, nothing acts by being fetched."""
    count = len(message.items)
    all_of_them = f" all {count}" if count > 1 else ""
    pairs = [
        (f"Acknowledge{all_of_them}", web_url(message.acknowledge_url)),
        (f"Resolve{all_of_them}", web_url(message.resolve_url)),
    ]
    pairs += [(line(button.label, 60), web_url(button.url)) for button in message.buttons]
    return [(label, url) for label, url in pairs if url]


def screen(message: Message) -> list[tuple[str, str]]:
    """Label and URL of what a message about no incident is about."""
    url = web_url(message.opens)
    return [("Open in Tocsin", url)] if url else []


def left_out(message: Message) -> str:
    """The sentence that counts what a long bundle does not show, or ""."""
    more = len(message.items) - MOST_ITEMS
    return f"and {more} more" if more > 0 else ""
