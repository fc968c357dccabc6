"""What a new installation still lacks before an alert reaches somebody, in the order in which it is added."""

import msgspec
from django.urls import reverse

from tocsin.core.configuration import Configuration, Route


class Task(msgspec.Struct, frozen=True):
    title: str
    says: str
    address: str
    word: str  # on the button
    done: bool


def tasks(facts: Configuration, alerts: bool) -> list[Task]:
    """`alerts`: whether any alert ever came. The first that is not done is the next."""
    reachable = [person for person in facts.people.values() if person.notify_high]
    unreachable = next((key for key, each in facts.people.items() if not each.notify_high), "")
    return [
        Task(
            "Add two people",
            "Yourself, with the e-mail address you sign in with, and somebody who takes over.",
            reverse("new-person"),
            "Add a person",
            len(facts.people) >= 2,
        ),
        Task(
            "Say how they are reached",
            "A contact method for each: an app that rings, an e-mail address, a webhook.",
            reverse("person", args=(unreachable,)) if unreachable else reverse("people"),
            "Add a contact method",
            bool(facts.people) and len(reachable) == len(facts.people),
        ),
        Task(
            "Make a schedule",
            "Whose turn it is: who, and on which day and at what time they hand over.",
            reverse("new-schedule"),
            "Make a schedule",
            bool(facts.schedules),
        ),
        Task(
            "Write an escalation policy",
            "Whom to page first, how long to wait, whom to page next, and the last resort.",
            reverse("new-policy"),
            "Write a policy",
            bool(facts.policies),
        ),
        Task(
            "Let a sender in",
            "An integration gives your Alertmanager or another tool an address and a key.",
            reverse("new-integration"),
            "Add an integration",
            bool(facts.integrations),
        ),
        Task(
            "Say where alerts go",
            "The default route: which policy is paged for an alert that nothing else matches.",
            reverse("default-route"),
            "Choose the default route",
            _acts(facts.route),
        ),
        Task(
            "Send an alert",
            "The integration's page sends a sample the real way. Acknowledge it, then resolve it.",
            reverse("integration", args=(sorted(facts.integrations)[0],))
            if facts.integrations
            else reverse("integrations"),
            "Send a sample",
            alerts,
        ),
    ]


def unfinished(facts: Configuration) -> bool:
    """Whether anything is missing without which nobody is paged. Asks nothing of the database."""
    return any(not task.done for task in tasks(facts, alerts=True))


def _acts(route: Route) -> bool:
    return bool(route.page or route.chat or route.ticket or route.nothing)
