"""The door for requests: whatever comes, a clear answer; never a traceback, never a half-done thing."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.config.answers import ConfigFile
from tocsin.config.load import load
from tocsin.config.perform import apply_view
from tocsin.control.actor import Actor
from tocsin.control.callers import Caller, operator
from tocsin.control.http import PATH, Door, Perform, PublicDoor
from tocsin.control.perform import Performer, status
from tocsin.control.requests import ApplyConfiguration, Request, SendAlert
from tocsin.core.instants import micros
from tocsin.engine.clock import VirtualClock
from tocsin.engine.simulated import SimulatedWorld
from tocsin.engine.store.memory.store import MemoryStore
from tocsin.ingest.registry import replay
from tocsin.web.links import house_links

NOW = datetime(2026, 6, 14, 14, 32, tzinfo=UTC)
HOUSE = Path(__file__).parents[1] / "scenarios" / "house.yaml"
TAGS = [
    "act",
    "list_incidents",
    "show_incident",
    "list_alerts",
    "send_alert",
    "test_page",
    "explain",
    "who",
    "add_silence",
    "add_maintenance",
    "add_override",
    "list_operational",
    "end_operational",
    "plan",
    "apply",
    "export",
    "status",
]


class Desk:
    """A door to a house with one open incident."""

    def __init__(self) -> None:
        self.clock = VirtualClock(NOW)
        self.store = MemoryStore(lambda: micros(self.clock.now()))
        files = (ConfigFile("house.yaml", HOUSE.read_text()),)
        self.store.run(lambda tx: apply_view(tx, ApplyConfiguration(files), "tests", NOW))
        self.world = SimulatedWorld(
            self.store,
            load,
            self.clock,
            lambda facts: house_links(facts, b"s", NOW),
            replay,
            ["webhook", "email"],
        )
        self.performer = Performer(self.world.engine, lambda departures: None, status("0", "test", "memory"))
        self.perform(SendAlert({"alertname": "DiskFull", "severity": "critical"}), Actor("alice", "cli"))
        self.world.settle()

    def perform(self, request: Request, actor: Actor) -> object:
        return self.performer.perform(request, actor, self.clock.now())

    def post(self, body: bytes, token: str | None = None, **scope: Any) -> tuple[int, Any]:
        async def perform(request: Request, actor: Actor) -> object:
            return self.perform(request, actor)

        headers = [(b"authorization", f"Bearer {token}".encode())] if token is not None else []
        door = self._public(perform, scope.pop("secret")) if "secret" in scope else Door(perform)
        return asyncio.run(_call(door, body, headers, scope))

    def _public(self, perform: Perform, secret: str) -> PublicDoor:
        async def identify(token: str, address: str) -> Caller | None:
            return operator(token, secret, address)

        return PublicDoor(perform, identify, lambda: self.world.engine.facts.current)


async def _call(
    door: Callable[..., Awaitable[None]],
    body: bytes,
    headers: list[tuple[bytes, bytes]],
    scope: dict[str, Any],
) -> tuple[int, Any]:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await door({"type": "http", "path": PATH, "method": "POST", "headers": headers, **scope}, receive, send)
    return sent[0]["status"], json.loads(sent[1]["body"])


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk()


def test_a_request_is_performed_and_answered(desk: Desk) -> None:
    status_code, answer = desk.post(b'{"type": "list_incidents"}')
    assert status_code == 200
    assert [incident["title"] for incident in answer] == ["DiskFull"]


def test_the_actor_is_who_came_through_the_door_whatever_the_request_says(desk: Desk) -> None:
    request = {"type": "act", "incidents": [1], "command": {"type": "add_note", "actor": "bob", "text": "hm"}}
    scope = {"headers": [(b"x-tocsin-actor", b"alice"), (b"x-tocsin-via", b"web")]}
    desk.post(json.dumps(request).encode(), **scope)
    last = desk.store.read(lambda tx: tx.timeline.of(1))[-1]
    assert (last.actor, last.via) == ("alice", "web")


@pytest.mark.parametrize(
    ("headers", "operator"),
    [
        ([], True),  # the command line: it says who it is, and no door
        ([(b"x-tocsin-via", b"web")], False),
        ([(b"x-tocsin-via", b"api")], False),
        ([(b"x-tocsin-via", b"api"), (b"x-tocsin-operator", b"yes")], True),
    ],
)
def test_on_the_socket_the_command_line_is_the_operators_and_people_are_not(
    headers: list[tuple[bytes, bytes]], operator: bool
) -> None:
    actors: list[Actor] = []

    async def perform(request: object, actor: Actor) -> object:
        actors.append(actor)
        return []

    asyncio.run(_call(Door(perform), b'{"type": "list_incidents"}', headers, {}))
    assert [actor.operator for actor in actors] == [operator]


def test_without_the_token_nothing_is_answered(desk: Desk) -> None:
    for given_token in (None, "", "wrong", "Ünicode"):
        status_code, answer = desk.post(b'{"type": "status"}', token=given_token, secret="right")
        assert (status_code, answer["field"]) == (401, "authorization")


def test_with_the_token_it_is(desk: Desk) -> None:
    assert desk.post(b'{"type": "status"}', token="right", secret="right")[0] == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"type": "show_incident", "incident": "x"}', "incident"),
        (b'{"type": "show_incident", "incident": 99999999999999999999999}', "incident"),
        (b'{"type": "explain", "labels": {"a": "b"}, "at": "2026-06-14T14:00:00"}', "at"),
        (b'{"type": "add_silence", "matchers": ["a=b"], "ends_at": "2026-06-14T14:00:00"}', "ends_at"),
        (
            b'{"type": "add_silence", "matchers": ["a=~\\"(\\""], "ends_at": "2026-06-15T14:00:00Z"}',
            "matchers",
        ),
        (b'{"type": "add_silence", "matchers": ["a=b"], "ends_at": "2025-06-15T14:00:00Z"}', "ends_at"),
        (
            b'{"type": "add_override", "schedule": "x", "person": "alice", "ends_at": "2026-06-15T14:00:00Z"}',
            "schedule",
        ),
        (b'{"type": "add_maintenance", "services": ["x"], "ends_at": "2026-06-15T14:00:00Z"}', "services"),
        (b'{"type": "list_operational", "kind": "people"}', "kind"),
        (b'{"type": "send_alert", "labels": {}}', "labels"),
        (b'{"type": "test_page", "person": "nobody"}', "person"),
        (b'{"type": "who", "schedule": "nope"}', "schedule"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(desk: Desk, body: bytes, field: str) -> None:
    status_code, answer = desk.post(body)
    assert 400 <= status_code < 500
    assert answer["field"] == field, answer
    assert answer["message"]


@pytest.mark.parametrize(
    "body", [b"", b"[", b"null", b'{"type": "nope"}', b"\xff\xfe", b"[" * 100_000, b'{"type": "a\\u0000"}']
)
def test_what_cannot_be_read_is_refused(desk: Desk, body: bytes) -> None:
    status_code, answer = desk.post(body)
    assert (status_code, answer["code"]) == (400, "invalid")


def test_another_path_or_method_is_refused(desk: Desk) -> None:
    assert desk.post(b"{}", path="/api/v1/other")[0] == 404
    assert desk.post(b"{}", method="GET")[0] == 405


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["alice", "1", "silences"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from(
    [
        "incidents",
        "command",
        "incident",
        "labels",
        "annotations",
        "person",
        "schedule",
        "at",
        "kind",
        "id",
        "matchers",
        "services",
        "ends_at",
        "starts_at",
        "files",
        "states",
        "severities",
        "text",
        "before",
        "limit",
        "reason",
        "statuses",
        "comment",
        "replaces",
        "prune",
    ]
)
requests = st.builds(
    lambda tag, rest: {**rest, "type": tag},
    st.sampled_from(TAGS),
    st.dictionaries(fields, values, max_size=5),
)


@settings(max_examples=400, deadline=None)
@given(requests)
def test_no_request_whatever_makes_it_stumble(request: dict[str, Any]) -> None:
    status_code, answer = SHARED.post(json.dumps(request).encode())
    assert status_code < 500
    assert status_code == 200 or answer["message"]


SHARED = Desk()
