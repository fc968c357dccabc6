"""Senders that retry as the real ones do, each in a thread of its own, over real sockets.

Alertmanager repeats a notification that failed, with back-off, and tells a resolution the same way. Prometheus drops a batch
that failed, but sends all that fires again and again. PagerDuty's clients repeat on 5xx and 429. What is not answered 2xx in
the end was never accepted, and nobody owes it anything.
"""

import http.client
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.faults.house import CHAINS, SECRETS, SERVICES
from tests.faults.ledger import Fate, Ledger, Story
from tests.faults.node import Node

PAGED_FATES = (
    Fate.IGNORED,
    Fate.IGNORED,
    Fate.IGNORED,
    Fate.LINK,
    Fate.CONTROL,
    Fate.RESOLVED,
    Fate.BRIEF,
)
HEARD_WITHIN = 60.0  # a resolution that waits to be heard waits no longer


class Sender(threading.Thread):
    """Makes new stories at about `every` seconds until told to finish, then ends what it began, and ends."""

    fates: Sequence[Fate] = PAGED_FATES

    def __init__(self, name: str, nodes: Sequence[Node], ledger: Ledger, seed: str, every: float) -> None:
        super().__init__(name=name, daemon=True)
        self.nodes = list(nodes)
        self.ledger = ledger
        self.random = random.Random(f"{seed}/{name}")
        self.every = every
        self.finishing = threading.Event()
        self.giving_up = threading.Event()
        self.count = 0
        self.open: deque[Story] = deque()  # not yet resolved by us
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.finishing.is_set():
                self.fire(self.new_story())
                self.end_what_is_over()
                self.finishing.wait(self.random.uniform(0.5, 1.5) * self.every)
            while not self.giving_up.is_set() and (self.open or self.unsaid()):
                self.end_what_is_over()
                self.repeat()
                time.sleep(0.1)
        except BaseException as error:
            self.error = error
            raise

    # --- to be said by each kind -------------------------------------------------------------------------------------

    def fire(self, story: Story) -> None: ...
    def resolve(self, story: Story) -> None: ...
    def repeat(self) -> None:
        """Whatever it sends again and again."""

    def unsaid(self) -> bool:
        """Whether something it repeats was never taken."""
        return False

    def members(self, name: str, labels: dict[str, str]) -> list[dict[str, str]]: ...

    # --- stories -----------------------------------------------------------------------------------------------------

    def new_story(self) -> Story:
        self.count += 1
        name = f"{self.name}-{self.count:05}"
        fate = self.random.choice([*self.fates, Fate.CHAT])
        chain = self.random.choice(CHAINS).name
        labels = {
            "group": chain,
            "severity": "warning" if fate is Fate.CHAT else "critical",
            "service": f"task-api-{self.random.randrange(SERVICES)}",
        }
        story = self.ledger.begin(Story(name, self.name, chain, fate, self.members(name, labels)))
        if fate in (Fate.RESOLVED, Fate.BRIEF):
            self.open.append(story)
        return story

    def end_what_is_over(self) -> None:
        for story in list(self.open):
            if story.fate is Fate.BRIEF:
                over = story.accepted and time.monotonic() - story.born > 0.3
            else:
                over = bool(story.heard_by) or time.monotonic() - story.born > HEARD_WITHIN
            if over:
                self.open.remove(story)
                self.resolve(story)

    # --- the wire ----------------------------------------------------------------------------------------------------

    def post(self, path: str, document: Any) -> int:
        """One try, at any node; the status, 0 when the connection broke or nothing came."""
        node = self.random.choice(self.nodes)
        try:
            status, body = node.post(path, document)
        except (OSError, http.client.HTTPException) as error:
            self.ledger.refuse(type(error).__name__)
            return 0
        if 200 <= status < 300:
            self.ledger.taken()
        else:
            self.ledger.refuse(str(status))
            if 400 <= status < 500 and status != 429:
                raise AssertionError(f"{path} answered {status}: {body[:500]!r}")
        return status

    def until_taken(self, try_once: Callable[[], int]) -> bool:
        """Back-off from a tenth of a second to one."""
        pause = 0.1
        while not 200 <= try_once() < 300:
            if self.giving_up.wait(pause * self.random.uniform(0.5, 1.5)):
                return False
            pause = min(pause * 2, 1.0)
        return True


class AlertmanagerWebhook(Sender):
    """Version 4 of the webhook: a group of one to four alerts in each message."""

    def members(self, name: str, labels: dict[str, str]) -> list[dict[str, str]]:
        return [
            {"alertname": name, "instance": f"i{n}", **labels}
            for n in range(self.random.choice((1, 1, 2, 4)))
        ]

    def fire(self, story: Story) -> None:
        message = self.message(story, "firing")
        if self.until_taken(lambda: self.post(f"/in/alertmanager/{SECRETS['PROM_KEY']}", message)):
            self.ledger.accept(story)

    def resolve(self, story: Story) -> None:
        story.resolution_asked = True
        message = self.message(story, "resolved")
        story.resolution_accepted = self.until_taken(
            lambda: self.post(f"/in/alertmanager/{SECRETS['PROM_KEY']}", message)
        )

    def message(self, story: Story, status: str) -> dict[str, Any]:
        since = datetime.now(UTC)
        return {
            "version": "4",
            "groupKey": f'{{}}:{{alertname="{story.name}"}}',
            "truncatedAlerts": 0,
            "status": status,
            "receiver": "tocsin",
            "groupLabels": {"alertname": story.name},
            "commonLabels": {},
            "commonAnnotations": {},
            "externalURL": "http://alertmanager.example",
            "alerts": [
                {
                    "status": status,
                    "labels": labels,
                    "annotations": {"summary": f"{story.name} is broken"},
                    "startsAt": stamp(since),
                    "endsAt": stamp(since) if status == "resolved" else "0001-01-01T00:00:00Z",
                    "generatorURL": "http://prometheus.example/graph",
                }
                for labels in story.members
            ],
        }


class Prometheus(Sender):
    """API v2: everything that fires, again in every round; a batch that fails is dropped."""

    ROUND = 1.0
    MOST = 24

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.firing: dict[str, tuple[Story, str]] = {}
        self.over: dict[str, tuple[Story, str, str]] = {}
        self._last_round = 0.0

    def members(self, name: str, labels: dict[str, str]) -> list[dict[str, str]]:
        return [{"alertname": name, "instance": "i0", **labels}]

    def fire(self, story: Story) -> None:
        self.firing[story.name] = (story, stamp(datetime.now(UTC)))
        self.send_round()

    def resolve(self, story: Story) -> None:
        _, since = self.firing.pop(story.name, (story, stamp(datetime.now(UTC))))
        self.over[story.name] = (story, since, stamp(datetime.now(UTC)))
        self.send_round()

    def send_round(self) -> None:
        self._last_round = time.monotonic()
        until = stamp(datetime.now(UTC) + timedelta(minutes=10))
        batch = [(s, since, until, False) for s, since in list(self.firing.values())[-self.MOST :]]
        batch += [(s, since, end, True) for s, since, end in list(self.over.values())[-self.MOST :]]
        if not batch:
            return
        for story, _, _, over in batch:
            story.resolution_asked |= over
        status = self.post(
            f"/am/{SECRETS['PROM_KEY']}/api/v2/alerts",
            [
                {
                    "labels": labels,
                    "annotations": {"summary": f"{story.name} is broken"},
                    "startsAt": since,
                    "endsAt": end,
                    "generatorURL": "http://prometheus.example/graph",
                }
                for story, since, end, _ in batch
                for labels in story.members
            ],
        )
        if 200 <= status < 300:
            for story, _, _, over in batch:
                if over:
                    story.resolution_accepted = True
                    self.over.pop(story.name, None)
                else:
                    self.ledger.accept(story)

    def repeat(self) -> None:
        if time.monotonic() - self._last_round > self.ROUND:
            self.send_round()

    def unsaid(self) -> bool:
        recent = list(self.firing.values())[-self.MOST :]
        return bool(self.over) or any(not story.accepted for story, _ in recent)


class PagerDuty(Sender):
    """Events v2, and now and then a change event."""

    fates = (*PAGED_FATES, Fate.EVENT)

    def members(self, name: str, labels: dict[str, str]) -> list[dict[str, str]]:
        return [
            {
                "source": "task-api",
                "severity": labels["severity"],
                "group": labels["group"],
                "component": labels["service"],
                "dedup_key": name,
            }
        ]

    def new_story(self) -> Story:
        story = super().new_story()
        if story.fate is Fate.EVENT:
            self.open.append(story)
        return story

    def fire(self, story: Story) -> None:
        (labels,) = story.members
        event = {
            "routing_key": SECRETS["PD_KEY"],
            "event_action": "trigger",
            "dedup_key": story.name,
            "payload": {
                "summary": f"{story.name} is broken",
                **{name: value for name, value in labels.items() if name != "dedup_key"},
            },
        }
        if self.until_taken(lambda: self.post("/v2/enqueue", event)):
            self.ledger.accept(story)
        if self.random.random() < 0.1:
            self.change()

    def resolve(self, story: Story) -> None:
        if story.fate is Fate.EVENT:
            story.event_acknowledged = self.act(story, "acknowledge")
            return
        story.resolution_asked = True
        story.resolution_accepted = self.act(story, "resolve")

    def act(self, story: Story, action: str) -> bool:
        event = {"routing_key": SECRETS["PD_KEY"], "event_action": action, "dedup_key": story.name}
        return self.until_taken(lambda: self.post("/v2/enqueue", event))

    def change(self) -> None:
        summary = f"deploy {self.name}-{self.count}"
        event = {
            "routing_key": SECRETS["PD_KEY"],
            "payload": {"summary": summary, "source": "ci", "timestamp": stamp(datetime.now(UTC))},
        }
        if self.until_taken(lambda: self.post("/v2/change/enqueue", event)):
            with self.ledger.lock:
                self.ledger.changes.append(summary)


def stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
