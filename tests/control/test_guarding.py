"""URLs in requests: refused at their field before anything is kept."""

from typing import Any

import pytest

from tocsin.channels.guard import Allowed, Guard, allowed_in
from tocsin.config.answers import ConfigFile
from tocsin.control.actor import Actor
from tocsin.control.guarding import check_urls
from tocsin.control.requests import (
    ApplyConfiguration,
    PlanConfiguration,
    PutContactMethod,
    PutNoun,
    Refused,
    Request,
)

INSIDE = "http://169.254.169.254/latest"
WEB, CLI = Actor("alice", "web"), Actor("root", "cli", operator=True)


async def refused(request: Request, actor: Actor = WEB, guard: Guard | None = None) -> str:
    """The field, or "" when it is taken."""
    try:
        await check_urls(request, actor, guard or Guard(Allowed()))
    except Refused as error:
        assert error.code == "invalid" and error.message
        return error.field
    return ""


def of_person(**method: Any) -> PutNoun:
    return PutNoun("people", "alice", {"name": "Alice", "contact": {"hook": method}})


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (PutNoun("webhooks", "w", {"url": INSIDE}), "url"),
        (PutNoun("dead_mans_switch", "", {"url": INSIDE}), "url"),
        (PutNoun("calendars", "hr", {"url": INSIDE, "for": "leave"}), "url"),
        (PutNoun("calendars", "hr", {"url": INSIDE.replace("http", "webcal"), "for": "leave"}), "url"),
        (PutNoun("chats", "ops", {"mattermost": INSIDE}), "mattermost"),
        (of_person(webhook=INSIDE), "contact.hook.webhook"),
        (of_person(email="a@example.com", host="10.0.0.1"), "contact.hook.host"),
        (PutContactMethod("alice", "hook", "webhook", INSIDE), "address"),
        (PutContactMethod("alice", "mail", "email", "a@example.com", {"host": "mx"}), "host"),
    ],
)
async def test_a_url_that_leads_inside_is_refused_at_its_field(request_: Request, field: str) -> None:
    assert await refused(request_) == field
    assert await refused(request_, CLI) == field


async def test_what_is_no_url_or_kept_elsewhere_is_not_the_guards_affair() -> None:
    assert await refused(PutNoun("webhooks", "w", {"url": {"env": "HOOK"}})) == ""
    assert await refused(PutNoun("webhooks", "w", {"url": 7})) == ""
    assert await refused(PutNoun("people", "alice", {"contact": [1]})) == ""
    assert await refused(PutNoun("services", "s", {"runbook_url": INSIDE})) == ""


async def test_what_the_operator_allows_is_taken() -> None:
    guard = Guard(allowed_in({"TOCSIN_ALLOWED_PRIVATE": "169.254.169.254 mx"}))
    assert await refused(PutNoun("webhooks", "w", {"url": INSIDE}), guard=guard) == ""
    assert (
        await refused(PutContactMethod("a", "m", "email", "a@b.example", {"host": "mx"}), guard=guard) == ""
    )


CHAT = (ConfigFile("a.yaml", f"chats:\n  ops: {{webhook: '{INSIDE}'}}\n"),)
SERVER = (
    ConfigFile("a.yaml", "people:\n  al: {contact: {mail: {email: al@example.com, host: 10.0.0.1}}}\n"),
)
TOKEN, SERVICE = Actor("alice", "api"), Actor("service:pipeline", "api")
OPERATORS_TOKEN = Actor("token", "api", operator=True)


@pytest.mark.parametrize("request_", [PlanConfiguration, ApplyConfiguration])
@pytest.mark.parametrize(
    ("actor", "trusted"),
    [(CLI, True), (OPERATORS_TOKEN, True), (WEB, False), (TOKEN, False), (SERVICE, False)],
)
async def test_files_are_trusted_from_the_operator_alone(request_: Any, actor: Actor, trusted: bool) -> None:
    assert await refused(request_(CHAT), actor) == ("" if trusted else "chats.ops")
    assert await refused(request_(SERVER), actor) == ("" if trusted else "people.al.contact.mail.host")


async def test_what_the_operator_brings_in_as_the_peoples_own_is_judged_as_theirs() -> None:
    assert await refused(ApplyConfiguration(CHAT, origin="people"), CLI) == "chats.ops"
