"""What happens when somebody follows a signed link: `/r/<token>`, bare ASGI.

Only POST acts. GET and HEAD show a page with one button, because mail scanners, link previews and prefetching browsers fetch
every link they see. ntfy's button posts from the phone and gets a line of text. This module parses and shows; the injected
`act` submits.
"""

import base64
import hashlib
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from string import Template
from typing import Any

import msgspec

from tocsin.channels.links import LinkClaims, LinkError, verify
from tocsin.channels.plain import body, line, web_url

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PREFIX = "/r/"
_SHOWN = 20  # incidents named on the page

_TEMPLATES = Path(__file__).parent / "templates"
_PAGE = Template((_TEMPLATES / "reply.html").read_text(encoding="utf-8"))
_STYLE = (_TEMPLATES / "reply.css").read_text(encoding="utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

_POLICY = "; ".join(
    (
        "default-src 'none'",
        f"style-src 'sha256-{_STYLE_HASH}'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = [
    (b"content-security-policy", _POLICY.encode()),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),  # the address is the right itself
    (b"x-content-type-options", b"nosniff"),
    (b"x-robots-tag", b"noindex, nofollow"),
]


class Listed(msgspec.Struct, frozen=True):
    """An incident as the page names it. `state` is a few words: `acknowledged by bob`."""

    incident: int
    title: str
    state: str = ""
    url: str = ""


class Question(msgspec.Struct, frozen=True):
    """What the page of a link about no incident asks before its button is pressed. Without a button it is over already."""

    title: str
    told: str
    button: str = ""


class NotTaken(Exception):
    """`act` could not carry it out; the text is a sentence for the person. `again`: it may work if they try again."""

    def __init__(self, said: str, again: bool = True) -> None:
        super().__init__(said)
        self.again = again


Act = Callable[[LinkClaims], Awaitable[str]]
Describe = Callable[[tuple[int, ...]], Awaitable[Sequence[Listed]]]
Ask = Callable[[LinkClaims], Awaitable[Question]]


class Replies:
    """The ASGI app. `act` carries out what a genuine link grants and answers one sentence (or raises NotTaken); `describe`
    names incidents for the page; `ask` says what a link about no incident asks; `home` is where "open Tocsin" leads; `now`
    is the engine's clock.
    """

    def __init__(
        self,
        secret: bytes,
        act: Act,
        now: Callable[[], datetime],
        describe: Describe | None = None,
        home: str = "/",
        ask: Ask | None = None,
    ) -> None:
        self.ask = ask
        self.secret, self.act, self.now, self.describe, self.home = secret, act, now, describe, home

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method: str = scope["method"]
        wants_html = method in ("GET", "HEAD") or _accepts_html(scope["headers"])
        answer = await self._answer(method, str(scope["path"]), wants_html)
        await _respond(send, answer, wants_html, head_only=method == "HEAD")

    async def _answer(self, method: str, path: str, wants_html: bool) -> "_Answer":
        if method not in ("GET", "HEAD", "POST"):
            return _Answer(405, "Not that way", "This link is opened, and then confirmed by its button.")
        token = path.rpartition(PREFIX)[2] if PREFIX in path else ""
        claims = verify(self.secret, token, self.now())
        if claims is LinkError.EXPIRED:
            return self._refusal(
                410,
                "This link has expired",
                "Nothing was changed. The incident itself can still be opened in Tocsin.",
            )
        if not isinstance(claims, LinkClaims):
            return self._refusal(
                404,
                "This link is not valid",
                "Nothing was changed. Perhaps it was cut when copied: follow it from the message itself, or open Tocsin.",
            )
        if method == "POST":
            return await self._act(claims, wants_html)
        if claims.subject:
            return await self._question(claims)
        verb = claims.action.capitalize()
        count = len(claims.incidents)
        return _Answer(
            200,
            f"{verb} incident #{claims.incidents[0]}?" if count == 1 else f"{verb} these {count} incidents?",
            "" if count == 1 else f"This covers these {count} incidents and no others.",
            items=await self._list(claims),
            button=verb if count == 1 else f"{verb} all {count}",
            kind=claims.action,
            foot=f"As {line(claims.person, 80)}. Nothing happens until you press the button."
            if claims.person
            else "",
        )

    async def _question(self, claims: LinkClaims) -> "_Answer":
        if self.ask is None:
            return self._refusal(404, "This link is not valid", "Nothing was changed.")
        asked = await self.ask(claims)
        foot = f"As {line(claims.person, 80)}. Nothing happens until you press the button."
        return _Answer(
            200,
            line(asked.title),
            body(asked.told, 1000),
            button=line(asked.button, 60),
            kind="acknowledge",
            foot=foot if asked.button else "",
            way_out="" if asked.button else self.home,
        )

    async def _act(self, claims: LinkClaims, wants_html: bool) -> "_Answer":
        try:
            sentence = await self.act(claims)
        except NotTaken as refusal:
            if not refusal.again:
                return self._refusal(409, "Nothing was changed", body(str(refusal), 1000))
            return _Answer(
                503, "Not done yet", body(str(refusal), 1000), button="Try again", kind=claims.action
            )
        items = await self._list(claims) if wants_html else ()
        return _Answer(200, body(sentence, 1000), "", items=items, foot="You can close this page.")

    async def _list(self, claims: LinkClaims) -> Sequence[Listed]:
        """Named when somebody can name them, else by number."""
        shown = claims.incidents[:_SHOWN]
        named = {listed.incident: listed for listed in await self.describe(shown)} if self.describe else {}
        items = [named.get(incident, Listed(incident, "")) for incident in shown]
        more = len(claims.incidents) - len(shown)
        return [*items, Listed(0, f"and {more} more")] if more else items

    def _refusal(self, status: int, title: str, told: str) -> "_Answer":
        return _Answer(status, title, told, way_out=self.home)


class _Answer(msgspec.Struct, frozen=True):
    status: int
    title: str
    told: str
    items: Sequence[Listed] = ()
    button: str = ""
    kind: str = ""
    way_out: str = ""
    foot: str = ""


def _accepts_html(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(name == b"accept" and b"text/html" in value for name, value in headers)


async def _respond(send: Send, answer: _Answer, html: bool, head_only: bool) -> None:
    content = (_html(answer) if html else _text(answer)).encode()
    kind = b"text/html; charset=utf-8" if html else b"text/plain; charset=utf-8"
    headers = [(b"content-type", kind), (b"content-length", str(len(content)).encode()), *_HEADERS]
    if answer.status == 405:
        headers.append((b"allow", b"GET, HEAD, POST"))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head_only else content})


def _text(answer: _Answer) -> str:
    return f"{answer.title}\n{answer.told}\n" if answer.told else f"{answer.title}\n"


def _html(answer: _Answer) -> str:
    form = ""
    if answer.button:  # no action: it posts to the address of the page, whatever stands in front of us
        form = f'<form method="post"><button class="{escape(answer.kind)}">{escape(answer.button)}</button></form>'
    home = web_url(answer.way_out) or ("/" if answer.way_out else "")
    return _PAGE.substitute(
        style=_STYLE,
        title=escape(answer.title),
        told=f"<p>{escape(answer.told)}</p>" if answer.told else "",
        items=f"<ul>{''.join(_listed(item) for item in answer.items)}</ul>" if answer.items else "",
        form=form,
        way_out=f'<p><a class="plain" href="{escape(home)}">Open Tocsin</a></p>' if home else "",
        foot=f'<p class="foot">{escape(answer.foot)}</p>' if answer.foot else "",
    )


def _listed(item: Listed) -> str:
    if not item.incident:
        return f"<li>{escape(line(item.title))}</li>"
    name = f"#{item.incident} {line(item.title)}".strip()
    url = web_url(item.url)
    shown = f'<a href="{escape(url)}">{escape(name)}</a>' if url else f"<b>{escape(name)}</b>"
    return f"<li>{shown}{f'<br><span>{escape(line(item.state, 120))}</span>' if item.state else ''}</li>"
