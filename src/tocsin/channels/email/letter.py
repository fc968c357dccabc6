"""The letter itself: headers, plain text and a simple HTML part. Pure; send.py carries it.

Headers are set through the library's own header types after every foreign word became one line: no label can begin a header.
"""

import base64
import hashlib
import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from pathlib import Path
from string import Template

from tocsin.channels.plain import body, line, web_url
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
from tocsin.core.respond.delivery import Purpose
from tocsin.core.respond.message import Item, Message
from tocsin.core.severity import Urgency

LONGEST_TEXT = 20_000  # characters
_TEMPLATES = Path(__file__).parent / "templates"
_PAGE, _INCIDENT = (
    Template((_TEMPLATES / name).read_text(encoding="utf-8")) for name in ("page.html", "incident.html")
)
_DOT_ATOM = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
# One address, plain or behind a name. Quoted local parts are left out: they are legal, unused, and a way in.
_ADDRESS = re.compile(
    r"""(?:(?P<name>[^<>\x00-\x1f\x7f]*)<(?=[^<>]+>$))?(?P<address>[^\s\x00-\x1f\x7f@,;:<>"()\[\]\\]+@[^\s\x00-\x1f\x7f@,;:<>"()\\]+)>?"""
)
_CALM = "#1f4e79"  # the bar of what is not about one incident
_FILETIME_EPOCH = 11_644_473_600  # seconds from 1601 to 1970


def letter(message: Message, to: Address, sender: Address) -> EmailMessage:
    """The whole letter, ready to be sent. The same message gives the same letter, byte for byte but for MIME boundaries."""
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = headline(message, 180)
    mail["From"] = sender
    mail["To"] = to
    mail["Date"] = format_datetime(message.sent_at)
    mail["Message-ID"] = f"<{_token(message.key)}@{sender.domain}>"
    _thread(mail, message, sender.domain)
    # Vacation responders and list robots must not answer (RFC 3834); Exchange wants its own word.
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    if message.urgency is Urgency.HIGH and message.purpose is Purpose.PAGE:
        mail["Importance"] = "high"
        mail["X-Priority"] = "1"
    mail.set_content(plain_part(message))
    mail.add_alternative(html_part(message), subtype="html")
    return mail


def _thread(mail: EmailMessage, message: Message, domain: str) -> None:
    """All letters about one incident in one thread: each refers to a first letter that was never sent.

    Clients join what shares a reference (RFC 5322, 3.6.4), whether or not they hold it. Outlook goes by its own two headers.
    """
    if len(message.items) != 1:
        return
    incident = message.items[0].incident
    root = f"<incident.{incident}.0@{domain}>"
    mail["In-Reply-To"] = root
    mail["References"] = root
    mail["Thread-Topic"] = f"Incident #{incident}"
    mail["Thread-Index"] = _thread_index(root, message.items[0].since)


def _thread_index(root: str, since: datetime) -> str:
    """Outlook's thread id: five bytes of time in 1.6 s steps behind 0x01, and sixteen that name the conversation."""
    ticks = (int(since.timestamp()) + _FILETIME_EPOCH) * 10_000_000
    head = (ticks >> 16).to_bytes(6)[-6:]
    return base64.b64encode(head + hashlib.sha256(root.encode()).digest()[:16]).decode()


def _token(key: str) -> str:
    """The idempotency key as the left half of a Message-ID (RFC 5322 dot-atom); any other key is hashed."""
    if _DOT_ATOM.fullmatch(key) and len(key) <= 100:
        return f"tocsin.{key}"
    return f"tocsin.{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()[:32]}"


def plain_part(message: Message) -> str:
    """The text, then the links, each on a line of its own so that no client breaks them."""
    parts = [text_without_title(message, LONGEST_TEXT) or headline(message)]
    can = [(label, url) for label, url in answers(message) if url not in message.text]
    parts += [f"{label} (opens a page with a button):\n{url}" for label, url in can]
    if message.acknowledge_url and len(message.items) > 1:
        parts.append(f"Acknowledging covers these {len(message.items)} incidents and no others.")
    return "\n\n".join(parts) + "\n"


def html_part(message: Message) -> str:
    """Tables and inline styles: mail clients know little else. Everything foreign is escaped here."""
    shown = message.items[:MOST_ITEMS] if message.purpose is Purpose.PAGE else ()
    colour = COLOURS[min((i.severity for i in shown), key=lambda s: s.rank)] if shown else _CALM
    blocks = [_incident(item, message) for item in shown]
    if not blocks:
        blocks = [_prose(text_without_title(message, LONGEST_TEXT))]
        if len(message.items) == 1:
            blocks.append(_prose_links(links(message.items[0])))
        blocks.append(_prose_links(screen(message)))
    if more := left_out(message):
        blocks.append(_prose(f"… {more}. Open Tocsin to see them all."))
    buttons = "".join(
        _button(label, url, colour, first=n == 0) for n, (label, url) in enumerate(answers(message))
    )
    if len(shown) > 1 and buttons:  # a long list must not push them off the first screen
        blocks, buttons = [f'<div class="buttons">{buttons}</div>', *blocks], ""
    return _PAGE.substitute(
        title=escape(headline(message)),
        preheader=escape(line(shown[0].summary or shown[0].title if shown else message.text, 120)),
        colour=colour,
        label=escape(_label(message)),
        blocks="".join(blocks),
        buttons=buttons,
        note=escape(_note(message)),
    )


def _label(message: Message) -> str:
    words = ["TEST"] if message.test else []
    if message.purpose is Purpose.PAGE and message.items:
        worst = min((i.severity for i in message.items), key=lambda s: s.rank).value
        words.append(worst if len(message.items) == 1 else f"{len(message.items)} incidents, worst {worst}")
    else:
        words.append("Update" if message.purpose is not Purpose.ADMIN else "On-call itself needs attention")
    return " · ".join(words)


def _note(message: Message) -> str:
    if not message.acknowledge_url and not message.buttons:
        return "Sent by Tocsin."
    if (count := len(message.items)) > 1:
        return (
            f"The buttons cover these {count} incidents and no others. Each opens a page that asks once more."
        )
    return "Each button opens a page that asks once more; opening it changes nothing."


def _incident(item: Item, message: Message) -> str:
    rows = "".join(
        f'<tr><td class="name">{escape(name)}</td><td class="value">{escape(value)}</td></tr>'
        for name, value in facts(item, message)
    )
    runbook = line(item.runbook_url, 300)
    if runbook and not web_url(item.runbook_url):  # a path in a repository, or worse: shown, never linked
        rows += f'<tr><td class="name">Runbook</td><td class="value">{escape(runbook)}</td></tr>'
    heading = f"<h2>{escape(f'#{item.incident} {line(item.title)}')}</h2>"
    if len(message.items) == 1:  # the letter's own title has said it
        heading = ""
        rows += f'<tr><td class="name">Incident</td><td class="value">#{item.incident}</td></tr>'
    return _INCIDENT.substitute(
        heading=heading,
        summary=escape(body(item.summary, 2000)).replace("\n", "<br>"),
        rows=rows,
        links=_anchors(links(item)),
    )


def _anchors(pairs: list[tuple[str, str]]) -> str:
    return " &nbsp;·&nbsp; ".join(
        f'<a href="{escape(url)}" style="color:#0b57d0;font-weight:600">{escape(label)}</a>'
        for label, url in pairs
    )


def _prose(text: str) -> str:
    return f'<p class="prose">{escape(text).replace(chr(10), "<br>")}</p>' if text else ""


def _prose_links(pairs: list[tuple[str, str]]) -> str:
    return f'<p class="prose">{_anchors(pairs)}</p>' if pairs else ""


def _button(label: str, url: str, colour: str, first: bool) -> str:
    paint = f"background:{colour};color:#ffffff" if first else "background:#ffffff;color:#1f2933"
    return (
        f'<a class="button" href="{escape(url)}" style="{paint};border:2px solid {colour if first else "#9aa5b1"}">'
        f"{escape(label)}</a>"
    )


def read_address(text: str, name: str = "") -> Address | None:
    """`alice@example.com` or `Alice <alice@example.com>`, or None when it is not one address."""
    found = _ADDRESS.fullmatch(text)
    if found is None:
        return None
    user, _, domain = found["address"].rpartition("@")
    try:
        return Address(line(name or found["name"] or "", 100), user, domain)
    except ValueError:  # the library's own idea of what may stand in an address
        return None
