"""What the world outside knows: which alerts were answered 2xx, what was heard at the sink, what people were told was done.

It is written by senders and people only, and never asks Tocsin: the verdict holds Tocsin against it.
"""

import threading
import time
from dataclasses import dataclass, field
from enum import StrEnum


class Fate(StrEnum):
    IGNORED = "ignored"  # nobody ever acts: the whole chain is owed
    LINK = "link"  # somebody presses the button in the message
    CONTROL = "control"  # somebody acknowledges on the command line
    EVENT = "event"  # PagerDuty's acknowledge event
    RESOLVED = "resolved"  # its sender resolves it once it was heard
    BRIEF = "brief"  # its sender resolves it almost at once
    CHAT = "chat"  # a warning: a message to a chat, nobody is paged


@dataclass
class Story:
    """One group of alerts. `name` is found again in labels and titles; `members` are its alerts' label sets."""

    name: str
    source: str
    chain: str
    fate: Fate
    members: list[dict[str, str]]
    born: float = field(default_factory=time.monotonic)
    accepted: bool = False  # some request that said it fires was answered 2xx
    accepted_at: float | None = None  # the first such answer
    heard_at: float | None = None  # its first page was read at the sink
    resolution_asked: bool = False  # a request that says it is over was at least tried
    resolution_accepted: bool = False
    heard_by: set[str] = field(default_factory=set)
    incidents: set[int] = field(default_factory=set)
    event_acknowledged: bool = False


class Ledger:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.stories: dict[str, Story] = {}
        self.changes: list[str] = []  # summaries of change events that were taken
        self.requests = 0  # answered 2xx
        self.refused: dict[str, int] = {}  # other answers, and connections that broke
        self.acknowledged: dict[int, str] = {}  # incident -> how; the person was told that it was done
        self.attempted: set[int] = set()  # an acknowledgement was at least tried

    def begin(self, story: Story) -> Story:
        with self.lock:
            self.stories[story.name] = story
        return story

    def accept(self, story: Story) -> None:
        story.accepted = True
        if story.accepted_at is None:
            story.accepted_at = time.monotonic()

    def delays(self) -> list[float]:
        """Seconds from the 2xx to the first page, of each alert that was heard of; shortest first."""
        return sorted(
            max(0.0, story.heard_at - story.accepted_at)
            for story in self.all()
            if story.heard_at is not None and story.accepted_at is not None
        )

    def taken(self, requests: int = 1) -> None:
        with self.lock:
            self.requests += requests

    def refuse(self, how: str) -> None:
        with self.lock:
            self.refused[how] = self.refused.get(how, 0) + 1

    def all(self) -> list[Story]:
        with self.lock:
            return list(self.stories.values())

    @property
    def alerts(self) -> int:
        return sum(len(story.members) for story in self.all() if story.accepted)
