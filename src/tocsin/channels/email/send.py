"""E-mail by SMTP. The address is an e-mail address; the server comes from options, the method's own or the house's.

Options: host, port, username, password, from, tls (`yes`: TLS from the first byte, port 465), starttls (`yes`, `no`, or when
not given: whenever the server offers it). No password travels in the clear, unless `starttls: no` says so or the server is
this very host.
"""

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from email.headerregistry import Address
from email.message import EmailMessage

import aiohttp
import aiosmtplib
import msgspec

from tocsin.channels.channel import Channel
from tocsin.channels.email.letter import letter, read_address
from tocsin.channels.http import DEADLINE
from tocsin.channels.plain import line
from tocsin.core.respond.delivery import Delivered, Failed, Outcome, Rejected
from tocsin.core.respond.message import Message

_YES = frozenset({"yes", "true", "on", "1"})
_NO = frozenset({"no", "false", "off", "0"})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_GOODBYE = 1.0  # seconds for QUIT; the letter is taken by then


class Server(msgspec.Struct, frozen=True):
    """Where and how to hand in. `starttls` None: when offered."""

    host: str
    port: int
    username: str
    password: str
    tls: bool
    starttls: bool | None
    sender: Address


class Email:
    name = "email"
    concurrency = 8  # many servers allow about ten connections from one host

    def __init__(self, deadline: float = DEADLINE) -> None:
        self.deadline = deadline

    def check(self, address: str, options: Mapping[str, str]) -> str:
        if read_address(address) is None:
            return "expected an e-mail address like alice@example.com"
        # A server that is not named here is the house's, which is known only where the server runs.
        found = read_server({"host": "house.invalid", "from": "house@house.invalid", **options})
        return found if isinstance(found, str) else ""

    async def send(
        self, message: Message, address: str, options: Mapping[str, str], http: aiohttp.ClientSession
    ) -> Outcome:
        to, server = read_address(address, message.person_name), read_server(options)
        if to is None:
            return Rejected("the address is not an e-mail address")
        if isinstance(server, str):
            return Rejected(server)
        return await hand_in(letter(message, to, server.sender), to, server, self.deadline)


async def hand_in(mail: EmailMessage, to: Address, server: Server, deadline: float = DEADLINE) -> Outcome:
    """Give one letter to the server, and say truthfully what became of it. Never raises for what a server does."""
    host = line(f"{server.host}:{server.port}", 100)
    try:
        async with asyncio.timeout(deadline):
            return await _hand_in(mail, to, server)
    except TimeoutError:
        return Failed(f"{host} did not answer within {deadline:g} s")
    except aiosmtplib.SMTPNotSupported as error:
        return Rejected(f"{host} cannot do what is asked: {line(error.message, 150)}")
    except aiosmtplib.SMTPRecipientsRefused as error:
        return _read(host, error.recipients[0])
    except aiosmtplib.SMTPResponseException as error:
        return _read(host, error)
    except (ssl.SSLError, ssl.CertificateError):
        return Failed(f"the certificate of {host} is not trusted")
    except aiosmtplib.SMTPConnectError as error:
        if isinstance(error.__cause__, ssl.SSLError):
            return Failed(f"the certificate of {host} is not trusted")
        return Failed(f"cannot connect to {host}")
    except (aiosmtplib.SMTPException, OSError) as error:
        return Failed(f"the connection to {host} broke ({type(error).__name__})")
    except ValueError:  # the library's own checks of address syntax
        return Rejected("the address or the server's name is not well formed")


async def _hand_in(mail: EmailMessage, to: Address, server: Server) -> Outcome:
    """Connect, hand in, and say goodbye; once the server took the letter, nothing that follows undoes that."""
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        use_tls=server.tls,
        start_tls=False,  # below, where it is known whether it is offered
        local_hostname=_greeting(server.sender.domain),  # else the library asks the resolver, and blocks
        timeout=None,
    )
    try:
        await client.connect()
        await client.ehlo()
        secure = server.tls
        if not secure and server.starttls is not False:
            if client.supports_extension("starttls"):
                await client.starttls()
                secure = True
            elif server.starttls:
                return Rejected(
                    f"{line(server.host, 80)} does not offer the encryption that starttls demands"
                )
        if server.username:
            if not secure and server.starttls is None and server.host not in _LOOPBACK:
                return Rejected(
                    f"{line(server.host, 80)} offers no encryption, and the password does not go in the clear"
                )
            await client.login(server.username, server.password)
        _, said = await client.send_message(mail, sender=server.sender.addr_spec, recipients=[to.addr_spec])
        with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
            await client.quit(timeout=_GOODBYE)
        return Delivered(line(said, 100))
    finally:
        client.close()


def _greeting(domain: str) -> str:
    try:
        return domain.encode("idna").decode() if "." in domain else "localhost.localdomain"
    except UnicodeError:
        return "localhost.localdomain"


def _read(host: str, error: aiosmtplib.SMTPResponseException) -> Outcome:
    """4yz asks to come back later (RFC 5321, 4.2.1: greylisting, full mailbox); 5yz is final."""
    why = f"{host} answered {error.code}: {line(error.message, 150)}"
    return Rejected(why) if 500 <= error.code < 600 else Failed(why)


def read_server(options: Mapping[str, str]) -> Server | str:
    """The server that the options describe, or what is wrong with them."""
    host = options.get("host", "").strip()
    if not host:
        return "no mail server is known: set the option host, or TOCSIN_EMAIL_HOST for the whole house"
    if any(c.isspace() or ord(c) < 32 for c in host):
        return "host: expected the mail server's name"
    tls, starttls = _flag(options.get("tls", "")), _flag(options.get("starttls", ""))
    if isinstance(tls, str) or isinstance(starttls, str):
        return "tls and starttls: expected yes or no"
    port = options.get("port", "").strip() or ("465" if tls else "587" if options.get("username") else "25")
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        return "port: expected a number from 1 to 65535"
    if tls is None:
        tls = port == "465" and starttls is None
    if tls and starttls:
        return (
            "tls and starttls exclude each other: tls encrypts from the first byte, starttls after a greeting"
        )
    sender = read_address(options.get("from", ""))
    if sender is None:
        return "from: expected the sender's address, like Tocsin <tocsin@example.com>"
    username, password = options.get("username", ""), options.get("password", "")
    return Server(host, int(port), username, password, tls, starttls, sender)


def _flag(text: str) -> bool | str | None:
    word = text.strip().lower()
    if not word:
        return None
    return True if word in _YES else False if word in _NO else word


CHANNEL: Channel = Email()
