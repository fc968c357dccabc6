"""Before a change that gives power, whoever sits there shows once more that it is them. Signing in a moment ago counts."""

import time
from datetime import timedelta

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse

FRESH_FOR = timedelta(minutes=20)


def is_fresh(request: HttpRequest) -> bool:
    records = get_authentication_records(request, request.user)
    return any(time.time() - record["at"] < FRESH_FOR.total_seconds() for record in records[-20:])


def remember(request: HttpRequest, method: str) -> None:
    """They have just shown who they are."""
    record_authentication(request, request.user, method=method, reauthenticated=True)


def ask_first(request: HttpRequest, back_to: str) -> HttpResponse:
    """To the page that asks, and then back to where the button was."""
    if request.method == "POST":
        messages.warning(request, "First confirm that it is you, then do it again.")
    query = QueryDict(mutable=True)
    query["next"] = back_to
    return redirect(f"{reverse('confirm')}?{query.urlencode()}")
