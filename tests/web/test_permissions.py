"""Who may come in where: every page, every operation of the API and every command against one written-out table.

A new address, operation or command without a line here fails. So does one whose line and behaviour differ for any role.
"""

import re
import shlex
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver
from typer.testing import CliRunner

from tests.scenarios.house import House
from tests.web.conftest import BACKEND
from tocsin.apps.api.operations import OPERATIONS, Operation
from tocsin.apps.people.models import Account, ApiToken, Membership
from tocsin.cli import command as commands
from tocsin.cli.main import app
from tocsin.control.authority import NEEDS, OF_TEAMS
from tocsin.control.callers import digest_of
from tocsin.control.requests import PutNoun, Refused, RemoveNoun
from tocsin.core.roles import MAY, Permission, Role
from tocsin.web import api as house_api

P = Permission
PUBLIC = None  # sign-in itself, links that are their own proof
LOCAL = None  # a command that asks no Tocsin

PAGES: dict[str, Permission | None] = {
    "now": P.FOLLOW,
    "incidents": P.FOLLOW,
    "act-on-several": P.RESPOND,
    "report": P.RESPOND,
    "incident": P.FOLLOW,
    "act": P.RESPOND,
    "alerts": P.READ,
    "send-test": P.RESPOND,
    "silences": P.READ,
    "new-silence": P.RESPOND,
    "silence": P.RESPOND,
    "handoffs": P.READ,
    "handoff": P.READ,
    "write-handoff": P.RESPOND,
    "edit-handoff": P.RESPOND,
    "accept-handoff": P.RESPOND,
    "handoff-call": P.READ,
    "pay": P.OWN,
    "pay-csv": P.OWN,
    "close-pay": P.MANAGE,
    "adjust-pay": P.MANAGE,
    "maintenance": P.READ,
    "new-maintenance": P.RESPOND,
    "maintenance-window": P.RESPOND,
    "explain": P.READ,
    "oncall": P.READ,
    "oncall-moved": P.READ,
    "my-shifts": P.READ,
    "swaps": P.READ,
    "swap": P.READ,
    "offer-swap": P.RESPOND,
    "ask-cover": P.RESPOND,
    "schedules": P.READ,
    "new-schedule": P.MANAGE,
    "schedule": P.READ,
    "edit-schedule": P.MANAGE,
    "remove-schedule": P.MANAGE,
    "new-override": P.RESPOND,
    "override": P.RESPOND,
    "fairness": P.READ,
    "health": P.READ,
    "leave": P.READ,
    "end-leave": P.RESPOND,
    "calendars": P.READ,
    "new-calendar": P.MANAGE,
    "calendar": P.READ,
    "edit-calendar": P.MANAGE,
    "remove-calendar": P.MANAGE,
    "read-calendar": P.MANAGE,
    "policies": P.READ,
    "new-policy": P.MANAGE,
    "policy": P.READ,
    "edit-policy": P.MANAGE,
    "remove-policy": P.MANAGE,
    "welcome": PUBLIC,
    "account_login": PUBLIC,
    "sign-in": PUBLIC,
    "mfa_authenticate": PUBLIC,
    "sign-in-passkey": PUBLIC,
    "openid_connect_login": PUBLIC,
    "openid_connect_callback": PUBLIC,
    "sign-out": P.OWN,
    "forgotten": PUBLIC,
    "reset-password": PUBLIC,
    "invitation": PUBLIC,
    "password": P.OWN,
    "confirm": P.OWN,
    "security": P.OWN,
    "add-passkey": P.OWN,
    "add-app": P.OWN,
    "recovery-codes": P.OWN,
    "remove-factor": P.OWN,
    "end-session": P.OWN,
    "unlink-provider": P.OWN,
    "accounts": P.ADMINISTER,
    "invite": P.ADMINISTER,
    "account": P.ADMINISTER,
    "change-account": P.ADMINISTER,
    "profile": P.OWN,
    "test-page": P.OWN,
    "theme": P.OWN,
    "push-subscribe": P.OWN,
    "contact-choose": P.OWN,
    "contact-add": P.OWN,
    "contact": P.OWN,
    "rules": P.OWN,
    "calendar-make": P.OWN,
    "calendar-revoke": P.OWN,
    "calendar-renew": P.OWN,
    "calendar-feed": PUBLIC,
    "person-reach": P.OWN,
    "person-contact-choose": P.OWN,
    "person-contact-add": P.OWN,
    "person-contact": P.OWN,
    "person-rules": P.OWN,
    "service-worker": PUBLIC,
    "manifest": PUBLIC,
    "offline": PUBLIC,
    "insights": P.READ,
    "audit": P.ADMINISTER,
    "audit-export": P.ADMINISTER,
    "webhooks": P.ADMINISTER,
    "new-webhook": P.ADMINISTER,
    "webhook": P.ADMINISTER,
    "edit-webhook": P.ADMINISTER,
    "act-on-webhook": P.ADMINISTER,
    "webhook-delivery": P.ADMINISTER,
    "search": P.FOLLOW,
    "my-tokens": P.OWN,
    "revoke-my-token": P.OWN,
    "tokens": P.ADMINISTER,
    "revoke-token": P.ADMINISTER,
    "api-docs": PUBLIC,
    "openapi": PUBLIC,
    "api-nothing": PUBLIC,
    "services": P.READ,
    "new-service": P.MANAGE,
    "service": P.READ,
    "edit-service": P.MANAGE,
    "remove-service": P.MANAGE,
    "people": P.READ,
    "new-person": P.ADMINISTER,
    "person": P.READ,
    "edit-person": P.ADMINISTER,
    "remove-person": P.ADMINISTER,
    "teams": P.READ,
    "new-team": P.MANAGE,
    "team": P.READ,
    "edit-team": P.MANAGE,
    "remove-team": P.MANAGE,
    "integrations": P.READ,
    "new-integration": P.MANAGE,
    "integration": P.READ,
    "edit-integration": P.MANAGE,
    "remove-integration": P.MANAGE,
    "reveal-integration": P.MANAGE,
    "test-integration": P.RESPOND,
    "new-heartbeat": P.MANAGE,
    "heartbeat": P.READ,
    "edit-heartbeat": P.MANAGE,
    "remove-heartbeat": P.MANAGE,
    "reveal-heartbeat": P.MANAGE,
    "new-chat": P.MANAGE,
    "edit-chat": P.MANAGE,
    "severities": P.READ,
    "edit-severity": P.MANAGE,
    "start": P.ADMINISTER,
    "default-route": P.ADMINISTER,
    "configuration": P.READ,
    "configuration-export": P.ADMINISTER,
    "configuration-import": P.ADMINISTER,
    "configuration-routes": P.READ,
    "configuration-kind": P.READ,
    "configuration-text": P.READ,
    "configuration-remove": P.MANAGE,
    "settings": P.OWN,
    "design": P.ADMINISTER,
}
OPERATIONS_NEED: dict[str, Permission] = {
    "act_on_incident": P.RESPOND,
    "act_on_several": P.RESPOND,
    "apply_configuration": P.ADMINISTER,
    "export_configuration": P.ADMINISTER,
    "get_delivery": P.ADMINISTER,
    "get_webhook": P.ADMINISTER,
    "get_webhook_state": P.ADMINISTER,
    "list_audit_entries": P.ADMINISTER,
    "list_deliveries": P.ADMINISTER,
    "list_on_call_warnings": P.READ,
    "list_webhooks": P.ADMINISTER,
    "make_webhook": P.MANAGE,
    "plan_configuration": P.ADMINISTER,
    "put_webhook": P.MANAGE,
    "remove_webhook": P.MANAGE,
    "resend_delivery": P.ADMINISTER,
    "rotate_webhook_secret": P.MANAGE,
    "send_sample_event": P.RESPOND,
    "send_test_event": P.ADMINISTER,
    "add_maintenance_window": P.RESPOND,
    "add_override": P.RESPOND,
    "add_silence": P.RESPOND,
    "change_end_of_maintenance_window": P.RESPOND,
    "change_end_of_override": P.RESPOND,
    "change_end_of_silence": P.RESPOND,
    "end_maintenance_window": P.RESPOND,
    "end_override": P.RESPOND,
    "end_silence": P.RESPOND,
    "explain": P.READ,
    "get_alert": P.READ,
    "get_chat": P.READ,
    "get_dead_mans_switch": P.READ,
    "get_defaults": P.READ,
    "get_fairness": P.READ,
    "get_health": P.READ,
    "get_heartbeat": P.READ,
    "get_heartbeat_state": P.READ,
    "get_incident": P.FOLLOW,
    "get_inhibition": P.READ,
    "get_integration": P.READ,
    "get_integration_state": P.READ,
    "get_maintenance_window": P.READ,
    "get_me": P.FOLLOW,
    "list_swaps": P.READ,
    "get_swap": P.READ,
    "offer_swap": P.RESPOND,
    "ask_cover": P.RESPOND,
    "accept_swap": P.RESPOND,
    "decline_swap": P.RESPOND,
    "withdraw_swap": P.RESPOND,
    "say_unreachable": P.RESPOND,
    "list_layers": P.READ,
    "list_handoffs": P.READ,
    "get_handoff": P.READ,
    "write_handoff": P.RESPOND,
    "edit_handoff": P.RESPOND,
    "offer_handoff": P.RESPOND,
    "accept_handoff": P.RESPOND,
    "get_pay": P.OWN,
    "get_pay_csv": P.OWN,
    "close_pay": P.MANAGE,
    "adjust_pay": P.MANAGE,
    "list_leaves": P.READ,
    "add_leave": P.RESPOND,
    "get_leave": P.READ,
    "end_leave": P.RESPOND,
    "list_calendars": P.READ,
    "get_calendar": P.READ,
    "put_calendar": P.MANAGE,
    "remove_calendar": P.MANAGE,
    "get_calendar_state": P.READ,
    "read_calendar": P.MANAGE,
    "list_holidays": P.READ,
    "list_my_feeds": P.OWN,
    "make_my_feed": P.OWN,
    "revoke_my_feed": P.OWN,
    "get_on_call": P.READ,
    "get_override": P.READ,
    "get_person": P.READ,
    "get_policy": P.READ,
    "get_routes": P.READ,
    "get_schedule": P.READ,
    "get_service": P.READ,
    "get_severity": P.READ,
    "get_silence": P.READ,
    "get_status": P.READ,
    "get_team": P.READ,
    "get_time_interval": P.READ,
    "get_timeline": P.FOLLOW,
    "list_alerts": P.READ,
    "list_alerts_of_incident": P.FOLLOW,
    "list_changes": P.FOLLOW,
    "list_chats": P.READ,
    "list_contact_methods": P.READ,
    "list_heartbeats": P.READ,
    "list_incidents": P.FOLLOW,
    "list_inhibitions": P.READ,
    "list_integrations": P.READ,
    "list_maintenance": P.READ,
    "list_my_tokens": P.OWN,
    "list_notifications": P.FOLLOW,
    "list_overrides": P.READ,
    "list_pages": P.FOLLOW,
    "list_people": P.READ,
    "list_policies": P.READ,
    "list_schedules": P.READ,
    "list_services": P.READ,
    "list_severities": P.READ,
    "list_shifts": P.READ,
    "list_silences": P.READ,
    "list_teams": P.READ,
    "list_time_intervals": P.READ,
    "list_tokens": P.ADMINISTER,
    "make_my_token": P.OWN,
    "make_service_token": P.ADMINISTER,
    "put_chat": P.MANAGE,
    "put_contact_method": P.OWN,
    "put_dead_mans_switch": P.MANAGE,
    "put_defaults": P.MANAGE,
    "put_heartbeat": P.MANAGE,
    "put_inhibition": P.MANAGE,
    "put_integration": P.MANAGE,
    "put_person": P.MANAGE,
    "put_policy": P.MANAGE,
    "put_preferences": P.OWN,
    "put_routes": P.MANAGE,
    "put_schedule": P.MANAGE,
    "put_service": P.MANAGE,
    "put_severity": P.MANAGE,
    "put_team": P.MANAGE,
    "put_time_interval": P.MANAGE,
    "remove_chat": P.MANAGE,
    "remove_contact_method": P.OWN,
    "remove_heartbeat": P.MANAGE,
    "remove_inhibition": P.MANAGE,
    "remove_integration": P.MANAGE,
    "remove_person": P.MANAGE,
    "remove_policy": P.MANAGE,
    "remove_schedule": P.MANAGE,
    "remove_service": P.MANAGE,
    "remove_severity": P.MANAGE,
    "remove_team": P.MANAGE,
    "remove_time_interval": P.MANAGE,
    "report_incident": P.RESPOND,
    "revoke_my_token": P.OWN,
    "revoke_token": P.ADMINISTER,
    "send_contact_code": P.OWN,
    "send_test_alert": P.RESPOND,
    "send_test_page": P.RESPOND,
    "verify_contact_method": P.OWN,
}

COMMANDS: dict[str, Permission | None] = {
    "secrets rotate": P.ADMINISTER,
    "alerts": P.READ,
    "explain": P.READ,
    "who": P.READ,
    "schedule show": P.READ,
    "schedule next": P.READ,
    "schedule gaps": P.READ,
    "schedule fairness": P.READ,
    "schedule health": P.READ,
    "send": P.RESPOND,
    "page": P.RESPOND,
    "validate": LOCAL,
    "plan": P.ADMINISTER,
    "apply": P.ADMINISTER,
    "export": P.ADMINISTER,
    "schema": LOCAL,
    "serve": LOCAL,
    "demo": LOCAL,
    "doctor": P.ADMINISTER,
    "status": P.READ,
    "incidents list": P.FOLLOW,
    "incidents show": P.FOLLOW,
    "incidents ack": P.RESPOND,
    "incidents resolve": P.RESPOND,
    "incidents mitigate": P.RESPOND,
    "incidents snooze": P.RESPOND,
    "incidents escalate": P.RESPOND,
    "incidents reassign": P.RESPOND,
    "incidents pull-in": P.RESPOND,
    "incidents note": P.RESPOND,
    "incidents severity": P.RESPOND,
    "silence add": P.RESPOND,
    "silence list": P.READ,
    "silence end": P.READ,  # it looks the id up before it asks to end it
    "maintenance add": P.RESPOND,
    "maintenance list": P.READ,
    "maintenance end": P.READ,
    "swap list": P.READ,
    "swap offer": P.RESPOND,
    "swap accept": P.RESPOND,
    "swap decline": P.RESPOND,
    "swap withdraw": P.RESPOND,
    "cover ask": P.RESPOND,
    "cover unreachable": P.RESPOND,
    "handoff list": P.READ,
    "handoff show": P.READ,
    "handoff write": P.RESPOND,
    "handoff edit": P.READ,  # it reads what is there first
    "handoff offer": P.RESPOND,
    "handoff accept": P.RESPOND,
    "pay show": P.OWN,
    "pay close": P.MANAGE,
    "pay adjust": P.MANAGE,
    "leave add": P.RESPOND,
    "leave list": P.READ,
    "leave end": P.READ,  # it looks the id up first
    "override add": P.RESPOND,
    "override list": P.READ,
    "override end": P.READ,
}
ENDS_WITH_THE_SESSION = ("sign-out",)
# These look closer than a role: at what Git keeps, at whose it is, at whose person one is. Tests of their own hold them.
LOOKS_CLOSER = re.compile(
    r"(edit|remove|reveal)-.*|person-.*|configuration-(text|remove)|new-(team|heartbeat|chat)|default-route"
)
FILLED = {
    "token_id": "4711",
    "token": "x" * 32,
    "provider_id": "company",
    "path": "x",
    "key": "task-api",
    "name": "hook",
}


# --- the walk --------------------------------------------------------------------------------------------------------


def addresses(resolver: Any = None, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for each in (resolver or get_resolver()).url_patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from addresses(each, route)
        else:
            yield route, each


def filled(route: str) -> str:
    """A route with something in each of its places."""
    if route.startswith("^"):
        return "/api/nothing-here"

    def value(match: re.Match[str]) -> str:
        kind, _, name = match[1].rpartition(":")
        return FILLED.get(name, "1" if kind == "int" else "x")

    return "/" + re.sub(r"<([^>]+)>", value, route)


def pages() -> Iterator[tuple[str, str]]:
    """The name and an example of each address that is no operation of the API."""
    for route, pattern in addresses():
        if not route.startswith("api/v1/") or pattern.name == "openapi":
            yield str(pattern.name), filled(route)


@pytest.fixture
def of_role(house: House) -> Callable[[Role], Account]:
    """An account with nothing but this role; those of teams have it in team platform."""
    house.fires("DiskFull", severity="critical", service="task-api")

    def make(role: Role) -> Account:
        login = f"{role.value}@elsewhere.example"
        account = Account(
            login=login, name=role.value, is_admin=role is Role.ADMIN, created_at=datetime.now(UTC)
        )
        account.save()
        if role not in (Role.ADMIN, Role.STAKEHOLDER):
            Membership(account=account, team="platform", role=role.value).save()
        return account

    return make


def signed_in(account: Account) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(account, BACKEND)
    return client


def test_every_address_has_a_name_and_a_line_here() -> None:
    assert {name for name, _ in pages()} == set(PAGES)


def test_every_view_says_what_it_needs_as_it_stands_here() -> None:
    for route, pattern in addresses():
        if str(pattern.name) in PAGES and not route.startswith("api/v1/"):
            assert getattr(pattern.callback, "permission", "undeclared") == PAGES[str(pattern.name)], route


def test_nobody_sees_a_page_before_signing_in(house: House) -> None:
    client = Client(raise_request_exception=False)
    for name, address in pages():
        for response in (client.get(address), client.post(address)):
            if PAGES[name] is PUBLIC:
                assert response.status_code < 500, (name, response.status_code)
            else:
                assert response.status_code == 302 and response["location"].startswith("/sign-in"), name


@pytest.mark.parametrize("role", Role)
def test_each_role_comes_in_where_the_table_says_and_nowhere_else(
    role: Role, of_role: Callable[[Role], Account]
) -> None:
    account = of_role(role)
    client = signed_in(account)
    for name, address in pages():
        needs = PAGES[name]
        for method in ("GET", "POST"):
            if needs is not PUBLIC and needs not in MAY[role]:
                assert client.generic(method, address).status_code == 403, (name, method)
                continue
            if method == "POST" and name in ENDS_WITH_THE_SESSION:
                continue
            response = client.generic(method, address, content_type="application/x-www-form-urlencoded")
            assert response.status_code < 500, (name, method, response.status_code)
            if method == "GET" and not LOOKS_CLOSER.fullmatch(name):
                assert response.status_code != 403, (name, method)
        if not Account.objects.filter(id=account.id).exists() or "_auth_user_id" not in client.session:
            client = signed_in(
                of_role(role) if not Account.objects.filter(id=account.id).exists() else account
            )


# --- the API ---------------------------------------------------------------------------------------------------------


def call(said: Operation, secret: str = "") -> HttpResponse:
    address = "/api/v1" + re.sub(
        r"\{(?:(\w+):)?(\w+)\}", lambda m: FILLED.get(m[2], "1" if m[1] == "int" else "x"), said.path
    )
    headers = {"HTTP_AUTHORIZATION": f"Bearer {secret}"} if secret else {}
    client = Client(raise_request_exception=False)
    response: Any = client.generic(
        said.method, address, data="{}", content_type="application/json", **headers
    )
    return response


def token_of(account: Account | None, scopes: frozenset[Permission], team: str | None = None) -> str:
    secret = f"tocsin_{account.login if account else team}{'-'.join(sorted(scopes))}"
    ApiToken(
        digest=digest_of(secret),
        account=account,
        name="walk",
        scopes=" ".join(scopes),
        team=team,
        created_at=datetime.now(UTC),
    ).save()
    return secret


assert house_api.urlpatterns  # it registers every operation


def test_every_operation_has_a_line_here() -> None:
    assert {name: said.needs for name, said in OPERATIONS.items()} == OPERATIONS_NEED


def test_no_operation_answers_without_a_token(browser: Client, house: House) -> None:
    """A session is none: no page of another site can make a browser call the API."""
    for name, said in OPERATIONS.items():
        assert call(said).status_code in (401, 429), name


@pytest.mark.parametrize("role", Role)
def test_each_roles_token_may_call_what_the_table_says(
    role: Role, of_role: Callable[[Role], Account]
) -> None:
    secret = token_of(of_role(role), frozenset(Permission))
    for name, said in OPERATIONS.items():
        status = call(said, secret).status_code
        if OPERATIONS_NEED[name] in MAY[role]:
            assert status not in (401, 429) and status < 500, (name, status)
        else:
            assert status == 403, (name, status)


def test_a_token_reaches_as_far_as_its_scopes(of_role: Callable[[Role], Account]) -> None:
    secret = token_of(of_role(Role.ADMIN), frozenset({P.FOLLOW}))
    for name, said in OPERATIONS.items():
        status = call(said, secret).status_code
        assert (status == 403) == (OPERATIONS_NEED[name] is not P.FOLLOW), (name, status)


def test_the_token_of_a_closed_account_opens_nothing(of_role: Callable[[Role], Account]) -> None:
    account = of_role(Role.ADMIN)
    secret = token_of(account, frozenset(Permission))
    Account.objects.filter(id=account.id).update(is_active=False)
    assert call(OPERATIONS["list_incidents"], secret).status_code == 401


# --- the command line ------------------------------------------------------------------------------------------------


def leaves(known: Any = None, before: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    known = known or typer.main.get_command(app)
    for name, inside in known.commands.items():
        if hasattr(inside, "commands"):
            yield from leaves(inside, (*before, name))
        else:
            yield " ".join((*before, name)), inside


class Closed:
    """A door that remembers what it was asked and refuses it."""

    where = "a closed door"

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def ask(self, request: Any) -> Any:
        self.asked.append(request)
        raise Refused("forbidden", "this needs more")


def test_every_command_has_a_line_here() -> None:
    assert {name for name, _ in leaves()} == set(COMMANDS)


def test_every_command_asks_for_what_the_table_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each is run as its own help shows it."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "house.yaml").write_text("teams: {platform: {}}\n")
    monkeypatch.chdir(tmp_path)
    for name, known in leaves():
        needs = COMMANDS[name]
        if needs is LOCAL:
            continue
        door = Closed()
        monkeypatch.setattr(commands, "open_door", lambda *args, door=door, **kwargs: door)
        line = [line for line in (known.epilog or "").splitlines() if line.strip().startswith("tocsin ")][-1]
        words = shlex.split(line.replace("\\[", "[").partition(" > ")[0])[1:]
        done = CliRunner().invoke(app, words)
        assert door.asked, (name, done.output, done.exception)
        assert done.exit_code == 1, (name, done.output)
        assert NEEDS[type(door.asked[0])] is needs, name


def test_what_changes_the_configuration_is_looked_at_noun_by_noun() -> None:
    assert {kind for kind, needs in NEEDS.items() if needs is P.MANAGE} >= {PutNoun, RemoveNoun}
    assert set(OF_TEAMS) == {"teams", "schedules", "policies", "services", "integrations", "calendars"}
