"""Calendar feeds by API: one's own, each with an address that is answered once."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from ninja import Router

from tocsin.apps.api.callers import Caller
from tocsin.apps.api.operations import Answer, caller, operation
from tocsin.apps.api.parameters import Number
from tocsin.apps.api.problems import Stopped, Wrong
from tocsin.apps.people.models import Account
from tocsin.apps.profile import actions
from tocsin.apps.profile.calendar import REMINDERS, wish_of
from tocsin.apps.profile.feed import PERSON, SCHEDULE, exists
from tocsin.apps.profile.models import Feed
from tocsin.apps.profile.views import house_url
from tocsin.core.roles import Permission

router = Router(tags=["On-call"])
Kind = Literal["person", "schedule", "team"]


class FeedView(msgspec.Struct, frozen=True):
    """`url` is answered when the feed is made and never again."""

    id: int
    kind: str
    subject: str
    layer: str
    reminder: int
    gaps: bool
    created_at: datetime
    read_at: datetime | None
    url: str | None = None


class Feeds(msgspec.Struct, frozen=True):
    items: tuple[FeedView, ...]


class NewFeed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The shifts of yourself (`person`, without a subject), of a schedule or of a team; of one `layer` of a schedule alone.
    `reminder` is minutes before a shift: 0, 15, 60 or 1440. With `gaps` hours without anybody are events, too."""

    kind: Kind
    subject: Annotated[str, msgspec.Meta(max_length=64, pattern=r"^[^\0]*$")] = ""
    layer: Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[^\0]*$")] = ""
    reminder: int = 0
    gaps: bool = False


@operation(
    router,
    "GET",
    "/me/feeds",
    needs=Permission.OWN,
    summary="List your calendar feeds",
    answers=Feeds,
    refuses=(409,),
)
def list_my_feeds(request: HttpRequest) -> Feeds:
    mine = Feed.objects.filter(account=_account(caller(request))).order_by("id")
    return Feeds(tuple(map(_view, mine)))


@operation(
    router,
    "POST",
    "/me/feeds",
    needs=Permission.OWN,
    summary="Make a calendar feed",
    takes=NewFeed,
    answers=FeedView,
    status=201,
    example={"kind": "schedule", "subject": "platform-primary", "reminder": 60},
    refuses=(404, 409),
    once=False,
)
def make_my_feed(request: HttpRequest, body: NewFeed) -> Answer:
    """Its `url` is in this answer and nowhere else. Whoever has it reads these shifts without a token."""
    asking = caller(request)
    account = _account(asking)
    if body.reminder not in REMINDERS:
        raise _invalid("reminder", "expected 0, 15, 60 or 1440")
    if body.layer and body.kind != SCHEDULE:
        raise _invalid("layer", "only a schedule has layers")
    if body.kind == PERSON:
        if asking.person is None:
            raise Stopped("conflict", "nobody in the configuration is you, so you have no shifts")
        if body.subject not in ("", asking.person.key):
            raise _invalid("subject", "only your own shifts; leave it out")
    elif not asking.grants.allow(Permission.READ):
        raise Stopped("forbidden", f"this needs the permission to {Permission.READ.value}")
    subject = asking.person.key if body.kind == PERSON and asking.person else body.subject
    wanted = actions.WantedFeed(body.kind, subject, body.layer, body.reminder, body.gaps)
    if not exists(asking.facts, wish_of(wanted)):
        raise Stopped(
            "not-found", f"there is no {body.kind} {subject!r}{' with that layer' if body.layer else ''}"
        )
    try:
        made, token = actions.make_feed(account, wanted, asking.actor.name, timezone.now())
    except actions.TooMany:
        raise Stopped("conflict", f"{actions.MOST_FEEDS} at most; revoke one first") from None
    url = house_url(request) + reverse("calendar-feed", args=(token,))
    return Answer(msgspec.structs.replace(_view(made), url=url), 201)


@operation(
    router,
    "DELETE",
    "/me/feeds/{number}",
    needs=Permission.OWN,
    summary="Revoke a calendar feed",
    refuses=(404, 409),
)
def revoke_my_feed(request: HttpRequest, number: Number) -> None:
    asking = caller(request)
    mine = Feed.objects.filter(account=_account(asking)).select_related("account")
    found = mine.filter(pk=number).first()
    if found is None:
        raise Stopped("not-found", f"you have no feed {number}")
    actions.revoke_feed(found, asking.actor.name, timezone.now())


def _account(asking: Caller) -> Account:
    if asking.account is None:
        raise Stopped("conflict", "a service's token has no account, and feeds belong to one")
    return asking.account


def _invalid(field: str, said: str) -> Stopped:
    return Stopped("invalid", f"{field}: {said}", (Wrong(said, pointer=f"#/{field}"),))


def _view(feed: Feed) -> FeedView:
    return FeedView(
        feed.pk, feed.kind, feed.subject, feed.layer, feed.reminder, feed.gaps, feed.created_at, feed.read_at
    )
