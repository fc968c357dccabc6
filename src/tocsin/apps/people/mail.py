"""Letters about accounts: invitations and new passwords, by the house's own mail server, the e-mail channel's.

Where none is set, nothing is sent and pages say so; a link is then shown once, to be handed over.
"""

import asyncio
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from functools import cache

from django.utils import timezone

from tocsin.channels.email.letter import read_address
from tocsin.channels.email.send import Server, hand_in, read_server
from tocsin.channels.registry import house_options
from tocsin.core.respond.delivery import Delivered, Outcome

log = logging.getLogger(__name__)


def house_server() -> Server | None:
    """None when no mail server is set, or its setting is wrong."""
    try:
        found = read_server(house_options("email", os.environ))
    except OSError as error:
        log.error("the mail server's password cannot be read: %s", error)
        return None
    return None if isinstance(found, str) else found


def send(to: str, subject: str, text: str) -> str:
    """Send and wait. "" when the server took it, else why it did not."""
    server, address = house_server(), read_address(to)
    if server is None:
        return "no mail server is set"
    if address is None:
        return "the address is not one that mail can be sent to"
    outcome = asyncio.run(hand_in(_letter(address, server.sender, subject, text), address, server))
    return "" if isinstance(outcome, Delivered) else _why(outcome)


def send_later(to: str, subject: str, text: str) -> None:
    """Send in the background: how long it takes tells nobody whether the address is known."""
    _senders().submit(_send_and_log, to, subject, text)


def _send_and_log(to: str, subject: str, text: str) -> None:
    if why := send(to, subject, text):
        log.error("a letter about an account was not sent: %s", why)


@cache
def _senders() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(2, thread_name_prefix="letters")


def _why(outcome: Outcome) -> str:
    return getattr(outcome, "detail", "") or type(outcome).__name__


def _letter(to: Address, sender: Address, subject: str, text: str) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = subject
    mail["From"] = sender
    mail["To"] = to
    mail["Date"] = format_datetime(timezone.now())
    mail["Message-ID"] = make_msgid(domain=sender.domain)
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text)
    return mail
