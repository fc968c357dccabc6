"""Routes, integrations, chats and the rest of the house's configuration by API."""

from datetime import datetime

import msgspec
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from tocsin.apps.alerts.models import Heartbeat
from tocsin.apps.api.asking import ask
from tocsin.apps.api.operations import Answer, caller, operation
from tocsin.apps.api.parameters import Name
from tocsin.apps.api.problems import Stopped
from tocsin.apps.configuration import noun_operations
from tocsin.apps.configuration.heard import standings
from tocsin.control.requests import Accepted, SendSample
from tocsin.core.roles import Permission

router = Router(tags=["Configuration"])
noun_operations.many(
    router,
    "/integrations",
    "integrations",
    "integration",
    {"type": "alertmanager", "key": "a long random text", "service": "task-api"},
)
noun_operations.many(
    router, "/chats", "chats", "chat", {"slack": "https://hooks.slack.example/services/T000/B000/XXXX"}
)
noun_operations.many(
    router,
    "/heartbeats",
    "heartbeats",
    "heartbeat",
    {"every": "1h", "grace": "5m", "key": "a long random text"},
)
noun_operations.many(
    router, "/severities", "severities", "severity", {"title": "Critical", "ack_target": "5m"}
)
noun_operations.many(
    router,
    "/time-intervals",
    "time_intervals",
    "time interval",
    {"weekdays": ["saturday", "sunday"], "location": "Europe/Berlin"},
)
noun_operations.many(
    router,
    "/inhibitions",
    "inhibitions",
    "inhibition",
    {
        "source_matchers": ['alertname="ClusterDown"'],
        "target_matchers": ['severity="critical"'],
        "equal": ["cluster"],
    },
)
noun_operations.single(
    router,
    "/routes",
    "routes",
    {
        "group_by": ["alertname"],
        "chat": "alerts",
        "routes": [{"matchers": ['severity="critical"'], "severity": "SEV2", "page": "platform"}],
    },
)
noun_operations.single(router, "/defaults", "defaults", {"flap_window": "30m"})
noun_operations.single(
    router,
    "/dead-mans-switch",
    "dead_mans_switch",
    {"url": "https://watch.example.com/tocsin", "every": "1m"},
)


@operation(
    router,
    "POST",
    "/integrations/{key}/test",
    needs=Permission.RESPOND,
    summary="Send an integration's sample event",
    answers=Accepted,
    status=202,
    refuses=(404,),
)
def send_sample_event(request: HttpRequest, key: Name) -> Answer:
    """As its sender would write it, marked as a test, on the real way: it opens an incident and pages. A type without a
    sample is a 422."""
    if key not in caller(request).facts.integrations:
        raise Stopped("not-found", f"there is no integration {key!r}")
    return Answer(ask(caller(request), SendSample(key)), 202)


class IntegrationState(msgspec.Struct, frozen=True):
    """`last_event_at` is null while nothing was heard; noted once a minute. `silent`: for longer than is usual for it."""

    key: str
    last_event_at: datetime | None
    silent: bool


@operation(
    router,
    "GET",
    "/integrations/{key}/state",
    needs=Permission.READ,
    summary="When an integration was last heard",
    answers=IntegrationState,
    refuses=(404,),
)
def get_integration_state(request: HttpRequest, key: Name) -> IntegrationState:
    configuration = caller(request).facts
    if key not in configuration.integrations:
        raise Stopped("not-found", f"there is no integration {key!r}")
    standing = standings(configuration, timezone.now()).get(key)
    return IntegrationState(key, standing.last if standing else None, bool(standing and standing.silent))


class HeartbeatState(msgspec.Struct, frozen=True):
    """`last_seen` is null while nothing was heard."""

    key: str
    last_seen: datetime | None
    missed: bool


@operation(
    router,
    "GET",
    "/heartbeats/{key}/state",
    needs=Permission.READ,
    summary="When something was last heard from",
    answers=HeartbeatState,
    refuses=(404,),
)
def get_heartbeat_state(request: HttpRequest, key: Name) -> HeartbeatState:
    if key not in caller(request).facts.heartbeats:
        raise Stopped("not-found", f"there is no heartbeat {key!r}")
    row = Heartbeat.objects.filter(key=key).first()
    return HeartbeatState(key, row.last_seen if row else None, bool(row and row.missed))
