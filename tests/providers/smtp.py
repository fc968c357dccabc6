"""A fake mail server (aiosmtpd, in a thread of its own) that keeps the letters and can be told to refuse them.

`with SmtpSink() as smtp`: `smtp.options` is what the e-mail channel needs to reach it.
"""

import asyncio
import ssl
import threading
import time
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session


class _OnAnyPort(Controller):
    """The library finds out whether it listens by connecting to its port, so it has to know the real one."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@dataclass
class Letter:
    at: float
    sender: str
    recipients: list[str]
    raw: bytes
    secure: bool
    username: str | None

    @property
    def mail(self) -> EmailMessage:
        found = message_from_bytes(self.raw, policy=default)
        assert isinstance(found, EmailMessage)
        return found

    @property
    def key(self) -> str:
        return str(self.mail["Message-ID"])

    def part(self, kind: str) -> str:
        """The text of the `plain` or `html` part."""
        found = self.mail.get_body((kind,))
        assert found is not None
        return str(found.get_content())


@dataclass
class SmtpSink:
    """`passwords`: when given, signing in is required. `tls`: offers STARTTLS."""

    passwords: dict[str, str] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    letters: list[Letter] = field(default_factory=list)
    replies: dict[str, str] = field(
        default_factory=dict
    )  # "RCPT", "DATA" or "MAIL" -> what is answered instead
    wait: float = 0.0
    _controller: Controller | None = None
    _restored: threading.Event = field(default_factory=threading.Event)

    @property
    def port(self) -> int:
        assert self._controller is not None
        return int(self._controller.port)

    @property
    def options(self) -> dict[str, str]:
        return {"host": "127.0.0.1", "port": str(self.port), "from": "Tocsin <tocsin@example.com>"}

    # --- what it is told ---------------------------------------------------------------------------------------------

    def fail(self, reply: str = "451 4.3.0 try again later", at: str = "RCPT") -> None:
        self.replies[at] = reply

    def reject(self, reply: str = "550 5.1.1 no such user", at: str = "RCPT") -> None:
        self.replies[at] = reply

    def hang(self) -> None:
        """Take the letter and never answer, until `restore`."""
        self.wait = float("inf")

    def late(self, seconds: float) -> None:
        self.wait = seconds

    def restore(self) -> None:
        self.replies.clear()
        self.wait = 0.0
        self._restored.set()
        self._restored = threading.Event()

    def wait_for(self, count: int = 1, within: float = 5.0) -> list[Letter]:
        until = time.monotonic() + within
        while len(self.letters) < count:
            if time.monotonic() > until:
                raise AssertionError(f"{len(self.letters)} of {count} letters came")
            time.sleep(0.005)
        return self.letters

    # --- aiosmtpd's hooks --------------------------------------------------------------------------------------------

    async def handle_MAIL(
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if reply := self.replies.get("MAIL"):
            return reply
        if self.passwords and not session.authenticated:
            return "530 5.7.0 authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if reply := self.replies.get("RCPT"):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        restored, until = self._restored, time.monotonic() + self.wait
        while time.monotonic() < until and not restored.is_set():  # noqa: ASYNC110
            await asyncio.sleep(0.01)  # restored from another thread
        if reply := self.replies.get("DATA"):
            return reply
        content = envelope.original_content or b""
        login = session.auth_data.login.decode() if isinstance(session.auth_data, LoginPassword) else None
        self.letters.append(
            Letter(
                time.time(),
                envelope.mail_from or "",
                list(envelope.rcpt_tos),
                content,
                session.ssl is not None,
                login,
            )
        )
        return f"250 OK queued as {len(self.letters)}"

    def _authenticate(
        self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any
    ) -> AuthResult:
        known = (
            isinstance(data, LoginPassword)
            and self.passwords.get(data.login.decode()) == data.password.decode()
        )
        return AuthResult(success=known, handled=False, auth_data=data if known else None)

    def __enter__(self) -> Self:
        wanted = bool(self.passwords)
        self._controller = _OnAnyPort(
            self,
            hostname="127.0.0.1",
            server_hostname="sink.example.com",  # else it asks the resolver
            port=0,
            ready_timeout=10,
            tls_context=self.tls,
            authenticator=self._authenticate if wanted else None,
            auth_require_tls=False,
        )
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.restore()
        if self._controller is not None:
            self._controller.stop()
