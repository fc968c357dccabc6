"""URLs in requests, judged before they are kept: a clear refusal at the field, not a silent failure at night.

Names are looked up before any transaction begins. They are judged again each time they are used (channels/guard.py).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tocsin.channels.guard import OWN_SERVER, Guard
from tocsin.control.requests import PutContactMethod, PutNoun, Refused, Request

SERVER = "host"  # the option of a channel that names a server


async def check_urls(request: Request, guard: Guard) -> None:
    """Raises Refused for one that leads where people may not send. What is applied from files is the operator's."""
    for field, url in urls_of(request):
        if wrong := await guard.refusal_by_name(url):
            raise Refused("invalid", wrong, field)
    for field, host in servers_of(request):
        if not guard.allowed.names(host):
            raise Refused("invalid", OWN_SERVER, field)


def urls_of(request: Request) -> Iterator[tuple[str, str]]:
    """(field, URL) of all that would be posted to."""
    match request:
        case PutContactMethod():
            yield from _if_url("address", getattr(request, "address", None))
        case PutNoun(kind="webhooks" | "dead_mans_switch"):
            yield from _if_url("url", request.noun.get("url"))
        case PutNoun(kind="chats"):
            for name, value in request.noun.items():
                yield from _if_url(name, value)
        case PutNoun(kind="people"):
            for field, method in _contacts(request.noun):
                for name, value in method.items():
                    yield from _if_url(f"{field}.{name}", value)


def servers_of(request: Request) -> Iterator[tuple[str, str]]:
    """(field, host) of servers that are named apart from a URL."""
    match request:
        case PutContactMethod():
            yield from _if_server("", getattr(request, "options", None))
        case PutNoun(kind="chats"):
            yield from _if_server("", request.noun)
        case PutNoun(kind="people"):
            for field, method in _contacts(request.noun):
                yield from _if_server(f"{field}.", method)


def _contacts(noun: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    contact = noun.get("contact")
    if isinstance(contact, Mapping):
        for name, method in contact.items():
            if isinstance(method, Mapping):
                yield f"contact.{name}", method


def _if_url(field: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, str) and "://" in value:
        yield field, value


def _if_server(prefix: str, options: object) -> Iterator[tuple[str, str]]:
    if isinstance(options, Mapping):
        host = options.get(SERVER)
        if isinstance(host, str) and host.strip():
            yield f"{prefix}{SERVER}", host.strip().lower()
