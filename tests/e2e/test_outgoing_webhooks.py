"""Webhooks by a real `tocsin serve` to a real receiver: signed, in order, again after a kill -9, and guarded."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.programs import clean_environment
from tests.e2e.tocsin import Tocsin
from tests.scenarios.house import configured
from tocsin.cli.door import open_door
from tocsin.control.requests import Act, PutNoun, Refused, SendAlert, SendTestEvent
from tocsin.core.respond.incident import AddNote

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="


class Receiver:
    """Takes everything; `holding` it answers nothing, as one that hangs."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.holding = threading.Event()
        self.over = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.heard.append(({k.lower(): v for k, v in self.headers.items()}, body))
                if receiver.holding.is_set():
                    receiver.over.wait(30)
                    return
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def events(self) -> list[str]:
        return [json.loads(body)["type"] for _, body in self.heard]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.over.set()
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def tocsin(tmp_path: Path, receiver: Receiver) -> Iterator[Tocsin]:
    file = tmp_path / "house.yaml"
    file.write_text(configured(webhooks={"ops": {"url": receiver.url, "secret": SECRET}}))
    running = Tocsin(tmp_path / "data", clean_environment())
    running.start()
    try:
        running.await_ready()
        running.command("apply", str(file), "--yes")
        yield running
    finally:
        running.stop()


def ask(tocsin: Tocsin, request: Any) -> Any:
    return open_door(None, None, tocsin.data, None, actor="dan").ask(request)


def fire(tocsin: Tocsin, name: str = "DiskFull") -> None:
    ask(tocsin, SendAlert({"alertname": name, "severity": "critical", "service": "task-api"}))


def genuine(headers: dict[str, str], body: bytes) -> bool:
    """As docs/webhooks.md tells receivers to check."""
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(expected, given) for given in headers["webhook-signature"].split(" "))


def test_events_arrive_signed_and_in_order(tocsin: Tocsin, receiver: Receiver) -> None:
    fire(tocsin)
    tocsin.await_that(lambda: "incident.opened" in receiver.events(), "tells of the incident")
    ask(tocsin, Act((1,), AddNote("", "looking")))
    tocsin.await_that(lambda: "incident.note_added" in receiver.events(), "tells of the note")
    assert all(genuine(*each) for each in receiver.heard)
    entries = [json.loads(body)["data"]["change"]["entry"] for _, body in receiver.heard]
    assert entries == sorted(set(entries))
    about = json.loads(receiver.heard[0][1])["data"]["incident"]
    assert about["url"].startswith("http") and about["url"].endswith("/incidents/1")


def test_after_a_kill_what_was_on_its_way_is_sent_again_under_the_same_id(
    tocsin: Tocsin, receiver: Receiver
) -> None:
    receiver.holding.set()
    fire(tocsin)
    tocsin.await_that(lambda: bool(receiver.heard), "sends the first event")
    tocsin.kill()
    before = receiver.heard[0][0]["webhook-id"]
    held = len(receiver.heard)
    receiver.holding.clear()
    receiver.over.set()
    tocsin.start()
    tocsin.await_ready()
    tocsin.await_that(lambda: len(receiver.heard) > held, "sends it again")
    headers, body = receiver.heard[held]
    assert headers["webhook-id"] == before and genuine(headers, body)
    assert json.loads(body)["type"] == "incident.opened"


def test_on_screen_a_url_that_leads_inside_is_refused_at_its_field(
    tocsin: Tocsin, receiver: Receiver
) -> None:
    for url in (receiver.url, "http://localhost:9190/", "http://169.254.169.254/"):
        with pytest.raises(Refused) as refused:
            ask(tocsin, PutNoun("webhooks", "mine", {"url": url, "secret": SECRET}))
        assert refused.value.field == "url" and "not public" in refused.value.message


def test_what_the_operator_trusts_is_reached_and_its_test_arrives(tocsin: Tocsin, receiver: Receiver) -> None:
    ask(tocsin, SendTestEvent("ops"))
    tocsin.await_that(lambda: "webhook.test" in receiver.events(), "sends the test")
