"""The people: they read what arrives at the sink, and some of them act, over a signed link or on the command line."""

import http.client
import random
import re
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.faults.house import SECRETS
from tests.faults.ledger import Fate, Ledger, Story
from tests.faults.node import Node, SinkLog
from tocsin.cli.door import Unreachable, open_door
from tocsin.control.requests import Act, Refused
from tocsin.core.respond.incident import Acknowledge

STORY = re.compile(r"[a-z]+-\d{5}")


class Responders(threading.Thread):
    def __init__(self, nodes: Sequence[Node], log: Path, ledger: Ledger, seed: str) -> None:
        super().__init__(name="responders", daemon=True)
        self.nodes = list(nodes)
        self.ledger = ledger
        self.log = SinkLog(log)
        self.random = random.Random(f"{seed}/responders")
        self.finishing = threading.Event()
        self.todo: list[tuple[float, str, Story, dict[str, Any], int]] = []
        self.messages: list[dict[str, Any]] = []  # everything the sink was asked, in order
        self.error: BaseException | None = None

    @property
    def idle(self) -> bool:
        return not self.todo

    def run(self) -> None:
        try:
            while not self.finishing.is_set():
                self.listen()
                self.act()
                time.sleep(0.02)
        except BaseException as error:
            self.error = error
            raise

    def listen(self) -> None:
        for request in self.log.fresh():
            self.messages.append(request)
            if request["status"] == 200 and request["body"].get("kind") == "page":
                self.heard(request["path"].strip("/"), request["body"])

    def heard(self, person: str, message: dict[str, Any]) -> None:
        for incident in message["incidents"]:
            story = self.ledger.stories.get(story_in(incident))
            if story is None:
                continue
            first = story.heard_at is None
            story.heard_at = story.heard_at or time.monotonic()
            with self.ledger.lock:
                story.heard_by.add(person)
                story.incidents.add(incident["id"])
            if first and story.fate in (Fate.LINK, Fate.CONTROL):
                at = time.monotonic() + self.random.choice((0.0, 0.2, 1.0, 2.5))
                self.todo.append((at, person, story, message, incident["id"]))

    def act(self) -> None:
        """What cannot be done now is tried again, as somebody in a hurry does."""
        now = time.monotonic()
        due = [task for task in self.todo if task[0] <= now]
        for task in due:
            _, person, story, message, incident = task
            done = self.press(message) if story.fate is Fate.LINK else self.type(person, incident)
            self.todo.remove(task)
            if not done:
                self.todo.append((now + 0.3, *task[1:]))

    def press(self, message: dict[str, Any]) -> bool:
        covered = [incident["id"] for incident in message["incidents"]]
        self.ledger.attempted.update(covered)
        node = self.random.choice(self.nodes)
        try:
            status, _ = node.ask("POST", urlsplit(message["acknowledge_url"]).path, wait=12.0)
        except (OSError, http.client.HTTPException):
            return False
        if status == 200:
            self.ledger.acknowledged.update(dict.fromkeys(covered, "link"))
        return status == 200

    def type(self, person: str, incident: int) -> bool:
        self.ledger.attempted.add(incident)
        node = self.random.choice(self.nodes)
        try:
            door = open_door(node.url, SECRETS["TOCSIN_TOKEN"], node.data, None, actor=person)
            (acted,) = door.ask(Act((incident,), Acknowledge(person, via="cli")))
        except Unreachable:
            return False
        except Refused:
            return True
        self.ledger.acknowledged[incident] = "control"
        return acted.incident == incident


def story_in(incident: dict[str, Any]) -> str:
    """The story that an incident of a message belongs to; a PagerDuty event is named by its key, others by alertname."""
    labels = incident["labels"]
    named = labels.get("alertname") or labels.get("dedup_key") or ""
    if not named and (found := STORY.search(incident["title"])):
        named = found.group()
    return str(named)
