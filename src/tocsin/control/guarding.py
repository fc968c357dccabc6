"""URLs in requests, judged before they are kept: a clear refusal at the field, not a silent failure at night.

Names are looked up before any transaction begins. They are judged again each time they are used (channels/guard.py).
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tocsin.channels.guard import OWN_SERVER, Guard
from tocsin.config.validate import validate_files
from tocsin.control.actor import Actor
from tocsin.control.requests import (
    ApplyConfiguration,
    PlanConfiguration,
    PutContactMethod,
    PutNoun,
    Refused,
    Request,
)
from tocsin.core.configuration import Origin

WITH_FILES = (ApplyConfiguration, PlanConfiguration)
SERVER = "host"  # the option of a channel that names a server


async def check_urls(request: Request, actor: Actor, guard: Guard) -> None:
    """Raises Refused for one that leads where people may not send. Files are trusted when the operator applies them, as
    Git's: from the machine's own command line or with the installation's token. Those that anybody else brings, by the
    browser or with a token of their own, are judged like what is set on screen; so is their plan, which should say it first.
    """
    if isinstance(request, WITH_FILES) and actor.operator and Origin(request.origin) is Origin.GIT:
        return
    for field, url in await _found(request, urls_of):
        if wrong := await guard.refusal_by_name(url):
            raise Refused("invalid", wrong, field)
    for field, host in await _found(request, servers_of):
        if not guard.allowed.names(host):
            raise Refused("invalid", OWN_SERVER, field)


Finding = Callable[[Request], Iterator[tuple[str, str]]]


async def _found(request: Request, find: Finding) -> list[tuple[str, str]]:
    if isinstance(request, WITH_FILES):  # reading YAML is slow
        return await asyncio.to_thread(lambda: list(find(request)))
    return list(find(request))


def urls_of(request: Request) -> Iterator[tuple[str, str]]:
    """(field, URL) of all that would be posted to."""
    match request:
        case PutContactMethod():
            yield from _if_url("address", getattr(request, "address", None))
        case PutNoun(kind="webhooks" | "dead_mans_switch" | "calendars"):
            yield from _if_url("url", request.noun.get("url"))
        case PutNoun(kind="chats"):
            for name, value in request.noun.items():
                yield from _if_url(name, value)
        case PutNoun(kind="people"):
            for field, method in _contacts(request.noun):
                for name, value in method.items():
                    yield from _if_url(f"{field}.{name}", value)
        case ApplyConfiguration() | PlanConfiguration():
            yield from _urls_in_files(request)


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
        case ApplyConfiguration() | PlanConfiguration():
            yield from _servers_in_files(request)


def _urls_in_files(request: ApplyConfiguration | PlanConfiguration) -> Iterator[tuple[str, str]]:
    """Those of the nouns that these files describe and decisions would send to."""
    facts, _ = validate_files(request.files)
    for key, person in facts.people.items():
        for method in person.contact:
            yield from _if_url(f"people.{key}.contact.{method.name}", method.address)
    for key, chat in facts.chats.items():
        yield from _if_url(f"chats.{key}", chat.address)
    for key, webhook in facts.webhooks.items():
        yield from _if_url(f"webhooks.{key}.url", webhook.url)
    for key, calendar in facts.calendars.items():
        yield from _if_url(f"calendars.{key}.url", calendar.url)
    if facts.dead_mans_switch is not None:
        yield from _if_url("dead_mans_switch.url", facts.dead_mans_switch.url)


def _servers_in_files(request: ApplyConfiguration | PlanConfiguration) -> Iterator[tuple[str, str]]:
    facts, _ = validate_files(request.files)
    for key, person in facts.people.items():
        for method in person.contact:
            yield from _if_server(f"people.{key}.contact.{method.name}.", method.options)
    for key, chat in facts.chats.items():
        yield from _if_server(f"chats.{key}.", chat.options)


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
