"""A page in a frame, as a terminal shows it. Loaded with the first page: few servers print any."""

import io

from rich.console import Console, Group
from rich.panel import Panel
from rich.text import Text

from tocsin.channels.plain import line, web_url
from tocsin.channels.wording import MOST_ITEMS, facts, headline, left_out, text_without_title
from tocsin.core.respond.delivery import Purpose
from tocsin.core.respond.message import Item, Message
from tocsin.core.severity import Severity

_STYLES = {Severity.SEV1: "bold red", Severity.SEV2: "red", Severity.SEV3: "yellow", Severity.SEV4: "cyan"}
_WIDEST = 100  # columns; wider lines are harder to read


def painted(console: Console, message: Message, address: str) -> str:
    """As that console would print it, but on paper: at a broken pipe rich itself would end the program."""
    width = min(console.width, _WIDEST)
    paper = io.StringIO()
    Console(
        file=paper,
        width=width,
        force_terminal=console.is_terminal,
        color_system="auto" if console.color_system else None,
    ).print(panel(message, address, width))
    return paper.getvalue()


def panel(message: Message, address: str, width: int) -> Panel:
    """The page in a frame. Everything is `Text`: rich's own markup in a label stays letters."""
    shown = message.items[:MOST_ITEMS] if message.purpose is Purpose.PAGE else ()
    style = _STYLES[min((i.severity for i in shown), key=lambda s: s.rank)] if shown else "blue"
    parts = [_item(item, message, alone=len(message.items) == 1) for item in shown]
    if not parts:
        parts = [Text(text_without_title(message) or headline(message))]
    parts += [Text(f"{line(button.label, 60)}: {web_url(button.url)}") for button in message.buttons]
    if more := left_out(message):
        parts.append(Text(more, style="dim"))
    whom = line(message.person_name or address, 60)
    return Panel(
        Group(*parts),
        title=Text(headline(message, max(width - 6, 20)), style=f"{style} bold"),
        title_align="left",
        subtitle=Text(f"to {whom} at {message.sent_at:%H:%M:%S} UTC", style="dim") if whom else None,
        subtitle_align="right",
        border_style=style,
        width=width,
        padding=(0, 1),
    )


def _item(item: Item, message: Message, alone: bool) -> Text:
    text = Text()
    if not alone:
        text.append(f"#{item.incident} {line(item.title)}\n", style="bold")
    if summary := line(item.summary, 500):
        text.append(f"{summary}\n")
    for name, value in facts(item, message):
        text.append(f"{name:<9}", style="dim").append(f" {value}\n")
    if runbook := line(item.runbook_url, 300):
        text.append(f"{'Runbook':<9}", style="dim").append(f" {runbook}\n")
    text.append(f"{'Incident':<9}", style="dim").append(f" {web_url(item.url) or f'#{item.incident}'}")
    return text if alone else text.append("\n")
