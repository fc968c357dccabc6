"""`{% subscribe "schedule" schedule.key %}`: the reader's own calendar feeds of something, and how to get another."""

from typing import Any

import msgspec
from django import template
from django.template import Context

from tocsin.apps.configuration.queries import facts
from tocsin.apps.people.models import Account
from tocsin.apps.profile.calendar import REMINDERS
from tocsin.apps.profile.feed import PERSON, SCHEDULE, exists, layers_of, title_of
from tocsin.apps.profile.feed import Wish as FeedWish
from tocsin.apps.profile.models import Feed

register = template.Library()


class Shown(msgspec.Struct, frozen=True):
    feed: Feed
    title: str
    reminder: str


@register.inclusion_tag("profile/subscribe.html", takes_context=True)
def subscribe(context: Context, kind: str, subject: str = "") -> dict[str, Any]:
    """`kind` is person (the reader), schedule or team. One query."""
    request, configuration = context["request"], facts()
    account = request.user
    mine = Feed.objects.filter(account=account).order_by("id") if isinstance(account, Account) else ()
    shown = [
        Shown(each, _title(each), REMINDERS.get(each.reminder, "") if each.reminder else "")
        for each in mine
        if kind == PERSON or (each.kind, each.subject) == (kind, subject)
    ]
    return {
        "csrf_token": context.get("csrf_token"),
        "kind": kind,
        "subject": subject,
        "feeds": shown,
        "layers": layers_of(configuration, subject) if kind == SCHEDULE else [],
        "reminders": REMINDERS.items(),
        "gaps": kind != PERSON,
        "back": request.path,
        "id": f"subscribe-{kind}",
    }


def _title(feed: Feed) -> str:
    configuration = facts()
    if feed.kind == PERSON:
        return "Your shifts"
    wish = FeedWish(feed.kind, feed.subject, feed.layer)
    if not exists(configuration, wish):
        return f"{feed.subject} (gone)"
    return title_of(configuration, wish).removeprefix("On call: ") + (", with gaps" if feed.gaps else "")
