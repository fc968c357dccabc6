"""Alerts by API: what became of each and why, what would become of one, and a test alert."""

from typing import Annotated, Literal

import msgspec
from django.http import HttpRequest
from ninja import Query, Router

from tocsin.apps.alerts import queries
from tocsin.apps.api.asking import ask
from tocsin.apps.api.cursors import Cursor, Limit, cursor_of, number_after
from tocsin.apps.api.operations import caller, operation
from tocsin.apps.api.parameters import Number, Word
from tocsin.apps.api.problems import Stopped, invalid
from tocsin.apps.paging import Place
from tocsin.control.requests import Accepted, AlertView, Explain, Explanation, SendAlert
from tocsin.core.instants import Aware
from tocsin.core.reasons import Reason
from tocsin.core.roles import Permission

router = Router(tags=["Alerts"])
StatusFilter = Annotated[
    Literal["all", "active", "firing", "source_silent", "resolved"],
    Query(description="`active`: firing, or its sender fell silent.", example="active"),
]
Label = Annotated[str, Query(max_length=500, description="Matchers.", example='alertname="DiskFull"')]
ReasonFilter = Annotated[
    str, Query(max_length=50, description="Why it paged, or did not, such as `silenced`.", example="silenced")
]
Text = Annotated[str, msgspec.Meta(max_length=10_000)]
Labels = Annotated[
    dict[Annotated[str, msgspec.Meta(min_length=1, max_length=200)], Text],
    msgspec.Meta(min_length=1, max_length=100),
]


class Alerts(msgspec.Struct, frozen=True):
    """`next` is the cursor of the following page; null at the end."""

    items: tuple[AlertView, ...]
    next: str | None


class TestAlert(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """It goes the way of every alert. `test` marks it, so that it counts in no statistic."""

    labels: Labels
    annotations: Annotated[dict[str, Text], msgspec.Meta(max_length=100)] = {}
    resolved: bool = False
    test: bool = True


class WouldBe(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What would happen to an alert with these labels, now or at an instant?"""

    labels: Labels
    at: Aware | None = None


@operation(
    router,
    "GET",
    "/alerts",
    needs=Permission.READ,
    summary="Find alerts, the newest first, each with why it paged or did not",
    answers=Alerts,
)
def list_alerts(
    request: HttpRequest,
    status: StatusFilter = "all",
    reason: ReasonFilter = "",
    label: Label = "",
    text: Word = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Alerts:
    """A page may hold less than `limit`, even nothing, and still have a `next`: a filter that no index answers looks at so
    many alerts at a time."""
    if reason and reason not in Reason.__members__.values():
        raise invalid("there is no such reason", parameter="reason")
    wanted = queries.Wanted(status, reason, label, text, Place(before=number_after(cursor)))
    try:
        found = queries.search(wanted, limit)
    except ValueError as error:
        raise invalid(str(error), parameter="label") from None
    older = found.older.before if found.older is not None else None
    return Alerts(tuple(found.items), cursor_of(older) if older is not None else None)


@operation(
    router,
    "GET",
    "/alerts/{int:alert_id}",
    needs=Permission.READ,
    summary="Read one alert",
    answers=AlertView,
    refuses=(404,),
)
def get_alert(request: HttpRequest, alert_id: Number) -> AlertView:
    found = queries.one(alert_id)
    if found is None:
        raise Stopped("not-found", f"there is no alert {alert_id}")
    return found


@operation(
    router,
    "POST",
    "/alerts/test",
    needs=Permission.RESPOND,
    summary="Send a test alert",
    takes=TestAlert,
    answers=Accepted,
    status=202,
    example={"labels": {"alertname": "DiskFull", "severity": "critical", "service": "task-api"}},
)
def send_test_alert(request: HttpRequest, body: TestAlert) -> Accepted:
    """It takes the real way: routes, policy, whoever is on call."""
    accepted: Accepted = ask(
        caller(request), SendAlert(body.labels, body.annotations, body.resolved, body.test)
    )
    return accepted


@operation(
    router,
    "POST",
    "/explain",
    needs=Permission.READ,
    summary="What would happen to an alert with these labels",
    takes=WouldBe,
    answers=Explanation,
    example={"labels": {"alertname": "APIHighLatency", "severity": "critical", "service": "task-api"}},
    once=False,
)
def explain(request: HttpRequest, body: WouldBe) -> Explanation:
    """Routes, severity, group, who would be paged when; nothing is changed."""
    explained: Explanation = ask(caller(request), Explain(body.labels, body.at))
    return explained
